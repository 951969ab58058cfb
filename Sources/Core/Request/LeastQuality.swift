extension Plan {
    /// Why a clip is not made that would look worse than wanted; nil where it would not, or where nobody knows.
    ///
    /// Says from how many bytes on it would do, where some are enough.
    package func objection(
        least: Double,
        source: Source,
        request: Request
    ) -> Failure? {
        guard method == .fit, let content, let prospect,
            (1 - prospect.similarity) / Self.doubt(quantizer: prospect.quantizer) > 1 - least
        else { return nil }
        let enough = Demand.steps(smallest: limitBytes, largest: source.bytes, count: 65)
            .first { Self.similarity(of: source, request, content, bytes: $0) ?? 0 >= least }
            .map(Plan.roundedUp)
        let words = Quality(similarity: prospect.similarity).rawValue
        return Failure(
            .unreachable,
            "\(ByteSize.text(limitBytes)) would look \(words), worse than --min-quality allows",
            why: "an SSIM of \(Self.thousandths(prospect.similarity)) is expected, and "
                + "\(Self.thousandths(least)) is wanted",
            advice: enough.map { "Ask for \(ByteSize.text($0)) or more, or for less quality." }
                ?? "No size up to the source's own would do; ask for less quality"
                + (picture.size.pixels < source.video.displaySize.pixels
                    ? ", or for more lines." : "."),
            smallestBytes: enough
        )
    }

    /// How many times less than expected may be lost.
    ///
    /// Samples are smaller than the result and may be of its worst moments, and of fine quantizers little is lost anyway:
    /// of six seconds of an animation at 2.5 Mbit/s 0.0155 was expected, where 0.0064 was lost. Such a clip is made and
    /// measured rather than refused.
    private static func doubt(quantizer: Double) -> Double {
        1 + 2 * min(1, max(0, (34 - quantizer) / 6))
    }

    /// Why a file that was made is not kept: it looks worse than wanted, although more was expected.
    package func disappointment(similarity: Double, least: Double) -> Failure {
        Failure(
            .unreachable,
            "\(ByteSize.text(limitBytes)) look \(Quality(similarity: similarity).rawValue), worse than --min-quality allows",
            why: "an SSIM of \(Self.thousandths(similarity)) was measured in the result, and "
                + "\(Self.thousandths(least)) is wanted",
            advice: "Ask for more bytes, or for less quality."
        )
    }

    /// What an encode of so many bytes is expected to look like; nil where it cannot be made or told.
    static func similarity(
        of source: Source,
        _ request: Request,
        _ content: Content,
        bytes: Int
    ) -> Double? {
        var request = request
        request.target = ByteSize(bytes: bytes)
        let plan = try? Plan.make(
            for: source,
            request: request,
            content: content,
            mayRemux: false
        )
        return plan?.prospect?.similarity
    }

    /// `0.935`, rounded down: what is just too little must not look like enough.
    private static func thousandths(_ value: Double) -> String {
        let number = Int(max(0, min(1, value)) * 1000)
        let digits = String(number % 1000)
        return "\(number / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

/// The least that is wanted: a word, or an SSIM.
package struct LeastQuality: Sendable, Equatable {
    package var similarity: Double

    /// Reads `good`, `excellent`, `fair`, `0.95` or `95%`; nil for anything else.
    package init?(parsing text: String) {
        if let quality = Quality(rawValue: text.lowercased()) {
            similarity = quality.leastSimilarity
            return
        }
        let isPercent = text.hasSuffix("%")
        let digits = isPercent ? text.dropLast() : text[...]
        guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let value = Double(digits), value > 0
        else { return nil }
        similarity = isPercent ? value / 100 : value
        if similarity >= 1 { return nil }
    }
}
