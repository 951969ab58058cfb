import Core
import SystemPackage

/// Option values as people write them, and what is said where they cannot be read.
enum Reading {
    /// More files at once serve nobody.
    static let mostJobs = 64

    /// The video, which must be named.
    static func input(_ text: String?) throws(Failure) -> FilePath {
        guard let text else {
            throw Failure(
                .usage,
                "The input is missing",
                why: "no video was named",
                advice: "\(Help.usage)\nTry:   cinch holiday.mov --to 8MB\nMore:  cinch --help"
            )
        }
        return try path(text, name: "INPUT")
    }

    /// A path, which is never empty.
    static func path(_ text: String, name: String) throws(Failure) -> FilePath {
        guard !text.isEmpty else {
            throw Failure(
                .usage,
                "\(name) is empty",
                why: "it should name a file",
                advice: "If it came from a variable, check that it is set."
            )
        }
        // What is read may be pasted in many ways; what is written is called as it is written.
        let isRead = ["INPUT", "ORIGINAL", "RESULT"].contains(name)
        return FilePath(isRead ? DroppedPaths.pasted(text) : text)
    }

    /// A size in bytes.
    static func size(_ text: String, option: String) throws(Failure) -> ByteSize {
        try checkPresence(text, option: option, examples: "8MB, 7.5MiB, 900k or 8000000")
        do {
            return try ByteSize(parsing: text)
        } catch {
            let parts = error.description.split(separator: ";", maxSplits: 1).map(String.init)
            let advice = parts.count > 1 ? parts[1].trimmingPrefix(" ") : ""
            throw Failure(
                .usage,
                "Cannot read the size after \(option)",
                why: parts.first ?? "",
                advice: advice.isEmpty
                    ? "" : advice.prefix(1).uppercased() + advice.dropFirst() + "."
            )
        }
    }

    /// The value of `--for`; nil where it is absent.
    static func limit(
        _ name: String?,
        among limits: NamedLimits,
        size: String?
    ) throws(Failure) -> NamedLimit? {
        guard let name else { return nil }
        try checkPresence(name, option: "--for", examples: "discord, whatsapp, gmail or another")
        guard size == nil else {
            throw Failure(
                .usage,
                "--to and --for say two sizes",
                why: "--for \(name) is a size by name",
                advice: "Leave one of them out."
            )
        }
        return try limits.named(name)
    }

    /// A size that may be zero; nil where the option is absent.
    static func allowance(_ text: String?, option: String) throws(Failure) -> Int? {
        guard let text else { return nil }
        return text == "0" ? 0 : try size(text, option: option).bytes
    }

    /// A whole number of at least 1, which may end in k, M or G.
    static func count(_ text: String, option: String, upTo most: Int) throws(Failure) -> Int {
        let examples = "a whole number up to \(ByteSize.grouped(most)), such as 500, 20k or 100M"
        return try value(text, option: option, examples: examples) { text in
            let factors: [Character: Int] = ["k": 1000, "M": 1_000_000, "G": 1_000_000_000]
            let factor = text.last.flatMap { factors[$0] }
            let digits = factor == nil ? text[...] : text.dropLast()
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits),
                case (let count, let overflow) = number.multipliedReportingOverflow(
                    by: factor ?? 1
                ),
                !overflow, (1...most).contains(count)
            else { return nil }
            return count
        }
    }

    /// The value of an option that has words of its own.
    static func value<Value: OptionValue>(_ text: String) throws(Failure) -> Value {
        try value(text, option: Value.option, examples: Value.examples, Value.init(parsing:))
    }

    /// The value of an option; `parse` gives nil for a text that is none.
    static func value<Value>(
        _ text: String,
        option: String,
        examples: String,
        _ parse: (String) -> Value?
    ) throws(Failure) -> Value {
        try checkPresence(text, option: option, examples: examples)
        if let value = parse(text) { return value }
        throw Failure(
            .usage,
            "Cannot read the value after \(option)",
            why: "'\(text)' is none",
            advice: "Write \(examples)."
        )
    }

    // Values are taken whatever they begin with, so that `--to -5MB` gets an answer about its sign.
    private static func checkPresence(
        _ text: String,
        option: String,
        examples: String
    ) throws(Failure) {
        guard text.isEmpty || text.hasPrefix("--") else { return }
        throw Failure(
            .usage,
            "\(option) has no value",
            why: text.isEmpty ? "it is empty" : "\(text) follows it",
            advice: "Write \(examples)."
        )
    }
}

/// What an option takes besides sizes, numbers and paths.
protocol OptionValue {
    /// The option as it is written.
    static var option: String { get }
    /// What can be written after it.
    static var examples: String { get }
    /// Nil for a text that is none.
    init?(parsing text: String)
}

extension OptionValue where Self: RawRepresentable<String> {
    init?(parsing text: String) { self.init(rawValue: text.lowercased()) }
}

extension Format: OptionValue {
    static var option: String { "--format" }
    static var examples: String { "mp4, m4a, jpeg or webp" }
}

extension Reading {
    /// What `--max-height` and `--height` say together.
    static func heightCap(most: String?, exact: String?) throws(Failure) -> HeightCap {
        guard let exact else { return try most.map(value) ?? .automatic }
        guard most == nil else {
            throw Failure(
                .usage,
                "--height and --max-height say two sizes",
                why: "--height \(exact) leaves no choice",
                advice: "Leave one of them out."
            )
        }
        let examples = "lines of the short side, from 16 to 8640, such as 720 or 1080p"
        return .exactly(
            try value(exact, option: "--height", examples: examples, HeightCap.lines(parsing:))
        )
    }
}

extension HeightCap: OptionValue {
    static var option: String { "--max-height" }
    static var examples: String { "720, 1080p, any number from 16 to 8640, or source" }
}

extension FrameRateCap: OptionValue {
    static var option: String { "--fps" }
    static var examples: String { "30, 29.97, any number from 1 to 240, or source" }
}

extension Speed: OptionValue {
    static var option: String { "--speed" }
    static var examples: String { "fast, balanced or best" }
}

extension AudioWish: OptionValue {
    static var option: String { "--audio" }
    static var examples: String { "auto, copy, none, or kilobits a second from 8 to 512" }
}

extension AudioTrackWish: OptionValue {
    static var option: String { "--audio-track" }
    static var examples: String { "its number from 1, all-mixed, keep or auto" }
}

extension Metadata.Policy: OptionValue {
    static var option: String { "--metadata" }
    static var examples: String { "keep, private or none" }
}
