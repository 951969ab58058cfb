import ArgumentParser
import Core
import Foundation
import SystemPackage

/// What was made on this machine: a receipt for each file, in the state folder.
struct History: Sendable {
    /// One file that was made.
    struct Entry: Codable, Equatable, Sendable {
        /// How it was made.
        enum Route: String, Codable, Sendable {
            case local
            case cloud
        }

        var version = 1
        /// Its end, as `2026-11-21T22:04:05Z`.
        var when: String
        var route: Route
        var kind: Material.Kind
        var method: Plan.Method
        /// Whole paths, or `-`.
        var input: String
        var output: String
        var inputBytes: Int
        var bytes: Int
        var targetBytes: Int?
        var limitName: String?
        /// Against the source at the size that it could have had.
        var ssim: Double?
        var seconds: Double

        init(_ report: Report, route: Route, at date: Date = Date()) {
            when = date.formatted(.iso8601)
            self.route = route
            kind = report.kind
            method = report.method
            input = Ledger.whole(report.input)
            output = Ledger.whole(report.output)
            inputBytes = report.inputBytes
            bytes = report.bytes
            targetBytes = report.targetBytes
            limitName = report.namedLimit?.name
            ssim = report.ssim
            seconds = report.elapsedSeconds
        }
    }

    private let file: LineFile

    /// The history of whoever the environment belongs to; nil where it names no place for it.
    init?(_ environment: [String: String]) {
        guard let file = LineFile(named: "history.jsonl", in: environment) else { return nil }
        self.file = file
    }

    var path: String { file.path.string }

    /// Keeps a receipt; where that is impossible nothing else is lost.
    func add(_ report: Report, route: Entry.Route) { file.add(Entry(report, route: route)) }

    /// All that is kept, the oldest first.
    var entries: [Entry] { file.values(Entry.self) }

    /// Takes all away.
    func forget() throws(Failure) {
        guard file.remove() else {
            throw Failure(
                .storage,
                "Cannot remove \(path)",
                why: "the system does not allow it",
                advice: "Remove it by hand."
            )
        }
    }
}

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

extension Session {
    /// The same of a file that could have been made elsewhere too.
    func remember(_ outcome: Routing.Outcome, of request: Request, settings: Settings) {
        // What a simulated service made is not worth remembering.
        if isTrial || !settings.isOn(.history) { return }
        History(environment)?.add(outcome, of: request)
    }
}

extension History {
    /// Keeps a receipt of a file, with the way that it took.
    func add(_ outcome: Routing.Outcome, of request: Request) {
        switch outcome {
        case .local(let report): add(report, route: .local)
        case .cloud(let file):
            add(Report(file, of: request), route: file.maker == .cloud ? .cloud : .local)
        }
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
                    "\(Phrase.decimals(share, 1)) % of \(entry.limitName ?? Phrase.target(target))"
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
