import ArgumentParser
import Core
import Jobs

/// `cinch limits [NAME]`: what places take.
struct LimitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Show what places take, by the names that --for knows.",
        usage: "cinch limits [NAME] [--json]",
        discussion: """
            With a name: what its bytes mean, where it is known from and since when. Your own go \
            into ~/.config/cinch/config.toml, or the file that CINCH_CONFIG names:

              [limits]
              school = "12MB"

              [limits.club]
              size = "7.5 MiB"
              note = "the upload form of our club"
            """
    )

    @Argument(
        help: "One of them.",
        completion: .list(NamedLimits.builtIn.all.map(\.name))
    )
    var name: String?

    @Flag(help: "One JSON object on standard output, described in JSON.md.")
    var json = false
}

/// What `limits` says to a person.
enum LimitFacts {
    /// All of them, a line or two each.
    static func text(_ limits: NamedLimits, width: Int, style: Style = .plain) -> String {
        var columns = Columns()
        for limit in limits.all {
            var parts = [limit.stated, limit.title + (limit.isOwn ? " (yours)" : "")]
            if let seconds = limit.mostSeconds {
                parts.append("at most \(durationText(Double(seconds)))")
            }
            columns.add(limit.name, parts.joined(separator: ", ").withoutControls)
        }
        let lines = columns.lines(width: min(100, width), style: style)
        let notes = [
            "Give one to --for, as in 'cinch clip.mov --for discord'. MB are 10⁶ bytes unless a count "
                + "of bytes is known.",
            "Such limits move: 'cinch limits NAME' says where one is known from and since when.",
        ]
        let closing = notes.flatMap { Wrapping.lines($0, width: max(20, min(100, width))) }
        return (lines + [""] + closing).joined(separator: "\n")
    }

    /// One with all that is known of it.
    static func text(_ limit: NamedLimit, width: Int, style: Style = .plain) -> String {
        var columns = Columns()
        columns.add("Limit", limit.stated)
        columns.add("Means", limit.meaning)
        if let seconds = limit.mostSeconds {
            columns.add("Length", "at most \(durationText(Double(seconds)))")
        }
        for (index, remark) in limit.remarks.enumerated() {
            columns.add(index == 0 ? "Notes" : "", remark.withoutControls)
        }
        columns.add("Source", limit.source.withoutControls)
        if let grade = limit.grade {
            columns.add("Sure", "\(grade.rawValue): \(grade.words)")
        } else {
            columns.add("Sure", "it is yours")
        }
        if let checked = limit.checked { columns.add("Checked", checked) }
        return Facts.titled("\(limit.name): \(limit.title)", columns, width: width, style: style)
    }
}

/// A limit in `--json`.
struct LimitPayload: Encodable {
    var name: String
    var title: String
    var bytes: Int
    /// Of the whole message, where a file goes into one in base64.
    var messageBytes: Int?
    var reading: NamedLimit.Reading
    var mostSeconds: Int?
    var remarks: [String]
    var source: String
    var grade: NamedLimit.Grade?
    var checked: String?
    var isOwn: Bool

    init(_ limit: NamedLimit) {
        name = limit.name
        title = limit.title
        bytes = limit.size.bytes
        if case .message(let whole) = limit.measure { messageBytes = whole }
        reading = limit.reading
        mostSeconds = limit.mostSeconds
        remarks = limit.remarks
        source = limit.source
        grade = limit.grade
        checked = limit.checked
        isOwn = limit.isOwn
    }
}

/// What `limits` ends with.
struct LimitsResult: Encodable {
    var limits: [LimitPayload]
}
