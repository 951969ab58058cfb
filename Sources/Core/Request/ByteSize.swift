/// A count of bytes as people write it: `8MB` is 8 000 000, `8MiB` is 8 388 608.
package struct ByteSize: Hashable, Comparable, Codable, Sendable {
    package var bytes: Int

    package init(bytes: Int) {
        self.bytes = bytes
    }

    package static func < (left: ByteSize, right: ByteSize) -> Bool {
        left.bytes < right.bytes
    }

    /// Why a text is not a size.
    ///
    /// The message names what would be one.
    package struct ParseError: Error, Equatable, Sendable, CustomStringConvertible {
        package var description: String
    }

    // Upload forms write MB for 10⁶ as often as for 2²⁰; the smaller reading is the one that is
    // never refused, so the plain units are decimal everywhere.
    private static let units: [String: Int] = [
        "": 1, "b": 1, "byte": 1, "bytes": 1,
        "k": 1000, "kb": 1000, "kib": 1 << 10,
        "m": 1_000_000, "mb": 1_000_000, "mib": 1 << 20,
        "g": 1_000_000_000, "gb": 1_000_000_000, "gib": 1 << 30,
        "t": 1_000_000_000_000, "tb": 1_000_000_000_000, "tib": 1 << 40,
    ]

    private static let examples = "write 8MB, 7.5MiB, 900k or 8000000"

    /// Reads `8MB`, `8 MiB`, `1.5GB`, `900k` or `8000000`; the unit's case is ignored.
    ///
    /// - Throws: `ParseError` for anything else: zero, a sign, an unknown unit, part of a byte,
    ///   or more than 1 PB.
    package init(parsing text: String) throws(ParseError) {
        let trimmed = String(text.drop { $0 == " " })
        let number = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = trimmed.dropFirst(number.count).filter { $0 != " " }.lowercased()

        if trimmed.hasPrefix("-") || trimmed.hasPrefix("+") {
            throw ParseError(
                description: "a size has no sign, and '\(text)' has one; \(Self.examples)"
            )
        }
        guard !number.isEmpty else {
            throw ParseError(
                description: "'\(text)' does not begin with a number; \(Self.examples)"
            )
        }
        if unit.hasPrefix(","), unit.dropFirst().first?.isNumber == true {
            let digits = trimmed.dropFirst(number.count + 1).prefix { $0.isNumber }
            throw ParseError(
                description: digits.count == 3
                    ? "'\(text)' has a comma in its number; write it without one"
                    : "'\(text)' has a comma in its number; write \(text.replacing(",", with: "."))"
            )
        }
        guard let factor = Self.units[unit] else {
            throw ParseError(
                description: "'\(unit)' is not a unit of size; \(Self.examples)"
            )
        }
        // Decimal digits by hand: a Double would round 8.3MB, and Foundation stays out of Core.
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, !(whole.isEmpty && parts.count == 1),
            parts.count == 1 || !(parts[0].isEmpty && parts[1].isEmpty)
        else {
            throw ParseError(description: "'\(number)' is not a number; \(Self.examples)")
        }
        let limit = 1_000_000_000_000_000
        let tooLarge = ParseError(
            description: "'\(text)' is more than 1 PB, larger than any video; \(Self.examples)"
        )
        guard whole.count <= 16, let wholeUnits = whole.isEmpty ? 0 : Int(whole) else {
            throw tooLarge
        }
        let (wholeBytes, overflow) = wholeUnits.multipliedReportingOverflow(by: factor)
        guard !overflow, wholeBytes <= limit else { throw tooLarge }

        // The fraction's digits times the unit, over ten to their number, in 128 bits: exact, and
        // what falls below a byte is cut off, so that the result is never more than was written.
        let digits = parts.count == 2 ? parts[1].prefix(15) : ""
        let scale = digits.reduce(into: 1) { scale, _ in scale *= 10 }
        let fraction = Int(digits) ?? 0
        let fractionBytes = scale.dividingFullWidth(factor.multipliedFullWidth(by: fraction))
            .quotient
        bytes = wholeBytes + fractionBytes
        guard bytes <= limit else { throw tooLarge }
        guard bytes > 0 else {
            throw ParseError(description: "a size of zero fits nothing; \(Self.examples)")
        }
    }
}

extension ByteSize: CustomStringConvertible {
    /// `7.99 MB`, `480 kB`, `512 bytes`: three significant digits, decimal units.
    package var description: String {
        Self.text(bytes)
    }

    /// The decimal text for a count of bytes.
    package static func text(_ bytes: Int) -> String {
        let steps: [(Int, String)] = [
            (1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB"),
        ]
        for (factor, unit) in steps where bytes >= factor {
            let hundredths = bytes / (factor / 100)
            if hundredths >= 10_000 { return "\(hundredths / 100) \(unit)" }
            if hundredths >= 1000 { return "\(hundredths / 100).\(hundredths / 10 % 10) \(unit)" }
            let cents = hundredths % 100
            return "\(hundredths / 100).\(cents < 10 ? "0" : "")\(cents) \(unit)"
        }
        return "\(bytes) bytes"
    }

    /// All digits in groups of three, as a receipt shows them: `7 995 123`.
    package static func grouped(_ bytes: Int) -> String {
        var text = ""
        let digits = String(bytes.magnitude)
        for (offset, digit) in digits.enumerated() {
            if offset > 0, (digits.count - offset) % 3 == 0 { text.append(" ") }
            text.append(digit)
        }
        return bytes < 0 ? "-" + text : text
    }

    /// The form for a file name: `8MB`, `7.5MiB`, `900kB`, `8123456B`.
    package var fileNameText: String {
        let units: [(Int, String)] = [
            (1 << 30, "GiB"), (1_000_000_000, "GB"), (1 << 20, "MiB"), (1_000_000, "MB"),
            (1 << 10, "KiB"), (1000, "kB"),
        ]
        for (factor, unit) in units where bytes >= factor {
            if bytes % factor == 0 { return "\(bytes / factor)\(unit)" }
            let (tenths, overflow) = bytes.multipliedReportingOverflow(by: 10)
            if !overflow, tenths % factor == 0 {
                return "\(bytes / factor).\(tenths / factor % 10)\(unit)"
            }
        }
        return "\(bytes)B"
    }
    /// A size as it was asked for: `8 MB`, `7.5 MiB`, `8 123 456 bytes`.
    package static func askedText(_ bytes: Int) -> String {
        let text = ByteSize(bytes: bytes).fileNameText
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count)
        return unit == "B" ? "\(grouped(bytes)) bytes" : "\(number) \(unit)"
    }
}
