/// What will be done with a still picture, decided before it is decoded.
package struct StillPlan: Hashable, Codable, Sendable {
    package enum Method: String, Codable, Sendable {
        /// The file as it is, byte for byte.
        case copy
        /// The coded picture as it is, without the words that have to go.
        case strip
        /// Decoded, and coded to the limit.
        case encode
    }

    package var method: Method
    package var format: StillFormat
    /// What the file may weigh.
    package var limitBytes: Int
    /// What it should weigh at the most if that costs nothing that is seen: the source's own size.
    package var preferredBytes: Int
    /// What the person asked for; nil without `--to`.
    package var targetBytes: Int?
    /// The largest frame that may be made, upright.
    package var size: PixelSize
    /// The quality at which it stops, however many bytes are left.
    package var ceiling: Double
    package var words: KeptWords
    package var isThorough: Bool
    /// Whether the coded picture could go into the result as it is.
    package var canBeCopied: Bool
    /// Why it is done this way, in sentences for a person.
    package var reasons: [String]

    /// The quality from which on the source's own size is worth keeping to.
    package static let fairQuality = 75.0
}

extension StillPlan {
    /// Decides about a run.
    package static func make(for source: StillSource, request: Request) -> StillPlan {
        let format: StillFormat = request.format == .webp ? .webp : .jpeg
        var reasons: [String] = []
        let target = request.target?.bytes
        let size = size(of: source, cap: request.heightCap, format: format)
        let words = KeptWords.choose(from: source.metadata, policy: request.metadata)
        let limit = target ?? source.bytes
        var plan = StillPlan(
            method: .encode,
            format: format,
            limitBytes: limit,
            preferredBytes: min(limit, source.bytes),
            targetBytes: target,
            size: size,
            ceiling: target == nil ? format.sharing : format.ceiling,
            words: words,
            isThorough: request.speed != .fast,
            canBeCopied: source.showsEverywhere && source.orientation.isUpright
                && source.codec == (format == .webp ? "webp" : "mjpeg")
                && size == source.displaySize,
            reasons: []
        )
        let fits = target.map { source.bytes <= $0 } ?? false
        if plan.canBeCopied, fits {
            plan.method = words.keepsAll ? .copy : .strip
            reasons.append(
                words.keepsAll
                    ? "it is smaller than the target already: it is copied as it is"
                    : "it is smaller than the target already: only what it says of itself is taken out"
            )
        } else {
            if size != source.displaySize {
                reasons.append("at most \(size.shortSide) pixels on the short side: \(size)")
            }
            if !source.orientation.isUpright {
                reasons.append("the picture is turned upright, so that every viewer shows it so")
            }
            if source.colour.isHighDynamicRange {
                reasons.append("the source is HDR: it is tone-mapped")
            }
            if source.hasAlpha, format == .jpeg {
                reasons.append(
                    "what is transparent in the source is shown on \(Picture.background)"
                )
            }
        }
        plan.reasons = reasons
        return plan
    }

    private static func size(
        of source: StillSource,
        cap: HeightCap,
        format: StillFormat
    ) -> PixelSize {
        let full = source.displaySize
        var factor = min(1, Double(format.longestSide) / Double(max(1, full.longSide)))
        if case .lines(let lines) = cap {
            factor = min(factor, Double(lines) / Double(max(1, full.shortSide)))
        }
        guard factor < 1 else { return full }
        return PixelSize(
            width: max(1, Int((Double(full.width) * factor).rounded())),
            height: max(1, Int((Double(full.height) * factor).rounded()))
        )
    }

    /// Nothing that fits came out.
    package func unreachable(smallest: Int) -> Failure {
        Failure(
            .unreachable,
            "\(ByteSize.text(limitBytes)) is too small for this picture",
            why: "the smallest \(format.name) that came out has \(ByteSize.text(smallest))",
            advice: "Ask for \(ByteSize.text(smallest + smallest / 10)) or more.",
            smallestBytes: smallest
        )
    }
}
