import ArgumentParser
import Core
import Foundation
import Jobs
import SystemPackage

extension Session {
    /// Keeps a receipt of a file that was made, unless the user does not want any.
    func remember(
        _ report: Report,
        route: History.Entry.Route = .local,
        settings: Settings
    ) {
        guard settings.isOn(.history) else { return }
        History(environment)?.add(report, route: route)
    }
}

/// `cinch history`: what was made.
struct HistoryCommand: Errand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what was made, when, how, and how well.",
        usage: "cinch history [-n NUMBER] [--json]\n       cinch history --forget",
        discussion: """
            Receipts are kept on this machine alone, in a file that only you can read. \
            CINCH_HISTORY=off, or 'history = false' in the file of settings, keeps none.
            """
    )

    @Option(
        name: [.customShort("n"), .customLong("number")],
        help: ArgumentHelp("The latest so many; 20 if not given.", valueName: "number")
    )
    var number: String?

    @Flag(help: "Remove all of it.")
    var forget = false

    @Flag(help: "One JSON object on standard output, described in JSON.md.")
    var json = false

    func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
        let most = try number.map { text throws(Failure) in
            try Reading.count(text, option: "-n", upTo: 1_000_000)
        }
        let history = History(session.environment)
        if forget { try history?.forget() }
        let all = history?.entries ?? []
        let shown = Array(all.suffix(most ?? 20))
        let result = HistoryResult(path: history?.path, count: all.count, receipts: shown)
        let hasForgotten = forget
        session.finish("history", result, json: json) { width, style in
            if hasForgotten { return "The history is empty now." }
            return HistoryFacts.text(shown, of: all.count, width: width, style: style)
        }
        return 0
    }
}

/// What `history` ends with.
struct HistoryResult: Encodable {
    var path: String?
    /// Of all that are kept.
    var count: Int
    var receipts: [History.Entry]
}

/// What `history` says to a person.
enum HistoryFacts {
    static func text(
        _ entries: [History.Entry],
        of count: Int,
        width: Int,
        style: Style = .plain
    ) -> String {
        guard !entries.isEmpty else {
            return "Nothing yet: what Cinch makes from now on is listed here."
        }
        let arrow = style.usesUnicode ? "→" : "->"
        var columns = Columns()
        for entry in entries {
            let name = entry.output == "-" ? "standard output" : entry.output
            columns.add(time(entry.when), name.withoutControls)
            var parts = [
                "\(ByteSize.text(entry.inputBytes)) \(arrow) \(ByteSize.text(entry.bytes))"
            ]
            if let target = entry.targetBytes {
                let share = Double(entry.bytes) / Double(max(1, target)) * 100
                parts.append(
                    "\(Phrase.decimals(share, 1)) % of \(entry.limitName ?? ByteSize.askedText(target))"
                )
            }
            if let ssim = entry.ssim { parts.append("SSIM \(Phrase.decimals(ssim, 4))") }
            parts.append(
                "\(Clock.text(entry.seconds)) \(entry.route == .local ? "here" : "in the cloud")"
            )
            columns.add("", parts.joined(separator: ", "))
        }
        var lines = columns.lines(width: min(120, width), style: style)
        if entries.count < count {
            let words = "The latest \(entries.count) of \(count); -n \(count) shows all."
            lines += [""] + Wrapping.lines(words, width: max(20, width))
        }
        return lines.joined(separator: "\n")
    }

    /// As clocks here show it: `2026-11-21 22:04`.
    private static func time(_ text: String) -> String {
        guard let date = try? Date(text, strategy: .iso8601) else { return text.withoutControls }
        let parts = Calendar.current.dateComponents(
            [.year, .month, .day, .hour, .minute],
            from: date
        )
        func two(_ number: Int?) -> String {
            let number = number ?? 0
            return number < 10 ? "0\(number)" : "\(number)"
        }
        return
            "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day)) \(two(parts.hour)):\(two(parts.minute))"
    }
}
