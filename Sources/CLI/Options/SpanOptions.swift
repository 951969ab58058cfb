import ArgumentParser
import Core
import Jobs

/// Which part of the input is kept.
struct SpanOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where the part to keep begins: 12.5, 1:02.5; -10: before the end.",
            valueName: "time"
        )
    )
    var start: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where it ends.", valueName: "time")
    )
    var end: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long it is, instead of where it ends.", valueName: "time")
    )
    var duration: String?

    @Flag(help: "Make as few files as look good at --to, each of that size.")
    var split = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Make so many files, each as large as --to says.", valueName: "number")
    )
    var parts: String?

    /// Nil: one file.
    func partsWish() throws(Failure) -> PartsWish? {
        if let parts {
            let count = try Reading.count(parts, option: "--parts", upTo: Partition.mostParts)
            return .count(count)
        }
        return split ? .fewest : nil
    }

    /// Nil: all of it.
    func span() throws(Failure) -> Span? {
        guard start != nil || end != nil || duration != nil else { return nil }
        if let end, duration != nil {
            throw Failure(
                .usage,
                "--end and --duration say two ends",
                why: "--end is \(end)",
                advice: "Leave one of them out."
            )
        }
        return Span(
            start: try start.map { text throws(Failure) in try Reading.moment(text, "--start") }
                ?? .afterStart(0),
            end: try end.map { text throws(Failure) in try Reading.moment(text, "--end") },
            length: try duration.map { text throws(Failure) in
                try Reading.length(text, "--duration")
            }
        )
    }
}

extension Reading {
    private static let times = "seconds or a time: 12, 12.5, 1:02.5 or 00:01:02.500"

    /// A moment; with a dash before it, so long before the end.
    static func moment(_ text: String, _ option: String) throws(Failure) -> Span.Moment {
        try value(text, option: option, examples: times + "; -10 is ten seconds before the end") {
            text in
            let isBeforeEnd = text.hasPrefix("-")
            let digits = isBeforeEnd ? String(text.dropFirst()) : text
            return Span.microseconds(parsing: digits).map {
                isBeforeEnd ? .beforeEnd($0) : .afterStart($0)
            }
        }
    }

    /// A length of time, which is more than nothing.
    static func length(_ text: String, _ option: String) throws(Failure) -> Int {
        try value(text, option: option, examples: times) { text in
            Span.microseconds(parsing: text).flatMap { $0 > 0 ? $0 : nil }
        }
    }
}
