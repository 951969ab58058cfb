package import Core

/// Option values as people write them, and what is said where they cannot be read.
package enum Reading {
    /// More files at once serve nobody.
    package static let mostJobs = 64

    /// Refuses an empty path.
    package static func checkPath(_ text: String, name: String) throws(Failure) {
        guard text.isEmpty else { return }
        throw Failure(
            .usage,
            "\(name) is empty",
            why: "it should name a file",
            advice: "If it came from a variable, check that it is set."
        )
    }

    /// A size in bytes.
    package static func size(_ text: String, option: String) throws(Failure) -> ByteSize {
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
    package static func limit(
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
    package static func allowance(_ text: String?, option: String) throws(Failure) -> Int? {
        guard let text else { return nil }
        return text == "0" ? 0 : try size(text, option: option).bytes
    }

    /// A whole number of at least 1, which may end in k, M or G.
    package static func count(_ text: String, option: String, upTo most: Int) throws(Failure) -> Int
    {
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
    package static func value<Value: OptionValue>(_ text: String) throws(Failure) -> Value {
        try value(text, option: Value.option, examples: Value.examples, Value.init(parsing:))
    }

    /// The value of an option; `parse` gives nil for a text that is none.
    package static func value<Value>(
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
package protocol OptionValue {
    /// The option as it is written.
    static var option: String { get }
    /// What can be written after it.
    static var examples: String { get }
    /// Nil for a text that is none.
    init?(parsing text: String)
}

extension OptionValue where Self: RawRepresentable<String> {
    package init?(parsing text: String) { self.init(rawValue: text.lowercased()) }
}

extension Format: OptionValue {
    package static var option: String { "--format" }
    package static var examples: String { "mp4, m4a, jpeg or webp" }
}

extension HeightCap: OptionValue {
    package static var option: String { "--max-height" }
    package static var examples: String { "720, 1080p, any number from 16 to 8640, or source" }
}

extension FrameRateCap: OptionValue {
    package static var option: String { "--fps" }
    package static var examples: String { "30, 29.97, any number from 1 to 240, or source" }
}

extension Speed: OptionValue {
    package static var option: String { "--speed" }
    package static var examples: String { "fast, balanced or best" }
}

extension AudioWish: OptionValue {
    package static var option: String { "--audio" }
    package static var examples: String { "auto, copy, none, or kilobits a second from 8 to 512" }
}

extension AudioTrackWish: OptionValue {
    package static var option: String { "--audio-track" }
    package static var examples: String { "its number from 1, all-mixed, keep or auto" }
}

extension Metadata.Policy: OptionValue {
    package static var option: String { "--metadata" }
    package static var examples: String { "keep, private or none" }
}

extension RouteWish: OptionValue {
    package static var option: String { "--route" }
    package static var examples: String { "auto, local or cloud" }
}

/// How long the whole work may take.
package struct WholeWait: OptionValue {
    package static var option: String { "--max-wait" }
    package static var examples: String { "a time such as 90, 90s, 5m or 1h30m" }

    package var seconds: Double

    /// Reads a number of seconds, or numbers with units, the larger ones first.
    package init?(parsing text: String) {
        let lowered = text.lowercased()
        guard !lowered.isEmpty, lowered.allSatisfy(\.isASCII), lowered.count <= 20 else {
            return nil
        }
        var (total, number) = (0.0, "")
        var units = [("h", 3600.0), ("m", 60.0), ("s", 1.0)][...]
        for character in lowered {
            if character.isNumber || character == "." {
                number.append(character)
                continue
            }
            guard let place = units.firstIndex(where: { $0.0 == String(character) }),
                let value = Double(number)
            else { return nil }
            total += value * units[place].1
            units = units[(place + 1)...]
            number = ""
        }
        if !number.isEmpty {
            // A bare number is seconds, and only where it stands alone.
            guard number.count == lowered.count, let value = Double(number) else { return nil }
            total = value
        }
        guard total > 0, total <= 1e7 else { return nil }
        seconds = total
    }
}

/// What the cloud may cost.
package struct CreditCeiling: OptionValue {
    package static var option: String { "--max-credits" }
    package static var examples: String { "a number of credits, such as 50 or 0" }

    package var credits: Double

    package init?(parsing text: String) {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), text.count <= 12,
            let credits = Double(text)
        else { return nil }
        self.credits = credits
    }
}

extension LeastQuality: OptionValue {
    package static var option: String { "--min-quality" }
    package static var examples: String { "fair, good, excellent, or an SSIM such as 0.95" }
}
