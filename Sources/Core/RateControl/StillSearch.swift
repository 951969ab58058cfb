#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// One encode of a picture.
package struct StillTry: Hashable, Codable, Sendable {
    package var size: PixelSize
    package var quality: Double

    package init(size: PixelSize, quality: Double) {
        self.size = size
        self.quality = quality
    }
}

/// Finds the best picture below a limit: quality first, down to where it gets ugly, then the frame
/// size, then quality again until the limit is filled.
///
/// A pure machine: it says what to encode and is told how many bytes came out. The logarithm of the bytes
/// is nearly a straight line over coarseness, and over the logarithm of the pixels.
package struct StillSearch: Sendable {
    package enum Action: Equatable, Sendable {
        case encode(StillTry)
        /// The try of that number is the result, counted from 0.
        case accept(Int)
        /// Nothing fits; the smallest file that came out.
        case refuse(smallestBytes: Int)
    }

    /// What a try came to.
    package struct Outcome: Hashable, Sendable {
        package var done: StillTry
        package var bytes: Int
    }

    package static let mostTries = 12
    /// The share of the limit that is enough.
    package static let enough = 0.996
    /// The share that is aimed at.
    private static let aim = 0.9985
    private static let slope = 0.75
    /// Bytes grow slower than pixels: a smaller frame has more in each of them.
    private static let shrinkage = 0.8
    private static let mostSizes = 4
    /// So close in quality, two files are so far apart in bytes only over a step of the source's own.
    private static let cliffStep = 4.0
    private static let cliffHeight = 1.15
    /// The share of the limit that is filled well enough not to look for more.
    private static let fairShare = 0.97
    /// Shorter sides are no picture any more.
    private static let leastSide = 32

    private let limitBytes: Int
    private let full: PixelSize
    private let format: StillFormat
    private let ceiling: Double
    package private(set) var outcomes: [Outcome] = []
    private var size: PixelSize
    private var sizes = 1

    /// A search below a limit.
    ///
    /// Parameters:
    ///   - full: the largest frame that may be made.
    ///   - ceiling: the quality at which it stops, however many bytes are left.
    package init(
        limitBytes: Int,
        full: PixelSize,
        format: StillFormat,
        ceiling: Double? = nil
    ) {
        self.limitBytes = limitBytes
        self.full = full
        self.format = format
        self.ceiling = ceiling ?? format.ceiling
        size = full
    }

    /// The first try: what a photograph of this size would need.
    package func start() -> Action {
        // A photograph at quality 80 has about a seventh of a byte a pixel.
        let expected = Double(full.pixels) * 0.15
        let above = log(expected / (Double(limitBytes) * Self.aim)) / Self.slope
        let coarseness = format.coarseness(80) + above
        let quality = format.quality(coarseness: coarseness)
        return .encode(StillTry(size: full, quality: min(ceiling, max(format.knee, quality))))
    }

    /// Takes the bytes of the whole file that the last try came to.
    package mutating func record(_ done: StillTry, bytes: Int) -> Action {
        outcomes.append(Outcome(done: done, bytes: bytes))
        size = done.size
        let fits = bytes <= limitBytes
        if fits, done.quality >= ceiling - 0.01, done.size == full {
            return .accept(outcomes.count - 1)
        }
        if fits, Double(bytes) >= Double(limitBytes) * Self.enough, isBalanced(done) {
            return .accept(outcomes.count - 1)
        }
        guard outcomes.count < Self.mostTries else { return finish() }
        return next()
    }

    /// The fullest that fits; those that are out of balance only where there is no other.
    private func finish() -> Action {
        let fitting = outcomes.enumerated().filter { $0.element.bytes <= limitBytes }
        let balanced = fitting.filter { isBalanced($0.element.done) }
        let best = (balanced.isEmpty ? fitting : balanced)
            .max { $0.element.bytes < $1.element.bytes }
        if let best { return .accept(best.offset) }
        return .refuse(smallestBytes: outcomes.map(\.bytes).min() ?? 0)
    }

    /// Whether neither a smaller nor a larger frame would suit so many bytes better.
    private func isBalanced(_ done: StillTry) -> Bool {
        // Nearly the whole frame is not too small for any quality.
        let isSmaller = Double(done.size.pixels) < Double(full.pixels) * 0.9
        if isSmaller, done.quality > format.knee + 25 { return false }
        return done.quality >= format.floor - 2 || isSmallest(done.size)
    }

    private func isSmallest(_ size: PixelSize) -> Bool {
        size.shortSide <= min(full.shortSide, Self.leastSide)
    }

    // MARK: - The next try

    private mutating func next() -> Action {
        let target = log(Double(limitBytes) * Self.aim)
        let here = outcomes.filter { $0.done.size == size }
        // The coarsest that does not fit, and the finest below it that does.
        let above = here.filter { $0.bytes > limitBytes }
            .min { $0.done.quality < $1.done.quality }
        let below = here.filter { outcome in
            outcome.bytes <= limitBytes
                && above.map { outcome.done.quality < $0.done.quality } != false
        }.max { $0.done.quality < $1.done.quality }
        let wanted = coarseness(for: target, among: here, below, above)
        var quality = format.quality(coarseness: wanted)

        if quality < format.floor, below.map({ $0.done.quality < format.floor }) ?? true,
            !isSmallest(size), sizes < Self.mostSizes || quality < format.least
        {
            // Where the line is hardly known yet, the floor itself may do.
            let isKnown = here.contains { $0.done.quality <= format.floor + 1 }
            guard !isKnown, quality > format.floor - 20 else {
                return resize(towards: target, from: here)
            }
            quality = format.floor
        }
        if size != full, quality > format.knee + 15, sizes < Self.mostSizes {
            return resize(towards: target, from: here)
        }
        // A picture that was a JPEG before keeps its old steps: a little more quality, twice the bytes.
        // A slightly smaller frame has none of them.
        if let below, let above, above.done.quality - below.done.quality < Self.cliffStep,
            Double(above.bytes) > Double(below.bytes) * Self.cliffHeight,
            Double(below.bytes) < Double(limitBytes) * Self.fairShare,
            size == full, sizes < Self.mostSizes
        {
            sizes = Self.mostSizes
            size = full.scaled(pixels: Double(full.pixels) * 0.93, leastSide: Self.leastSide)
            if size != full {
                return .encode(StillTry(size: size, quality: min(ceiling, above.done.quality + 4)))
            }
        }
        // Between the two there is nothing left to find.
        if let below, let above, above.done.quality - below.done.quality < 0.02 { return finish() }
        let following = StillTry(
            size: size,
            quality: min(ceiling, max(format.least, quality))
        )
        if outcomes.contains(where: { $0.done == following }) {
            let isHopeless = below == nil && !isSmallest(size)
            return isHopeless ? resize(towards: target, from: here) : finish()
        }
        return .encode(following)
    }

    /// Where the line through what is known meets the target.
    private func coarseness(
        for target: Double,
        among here: [Outcome],
        _ below: Outcome?,
        _ above: Outcome?
    ) -> Double {
        func point(_ outcome: Outcome) -> (x: Double, y: Double) {
            (format.coarseness(outcome.done.quality), log(Double(max(1, outcome.bytes))))
        }
        if let below = below.map(point), let above = above.map(point) {
            let span = below.x - above.x
            let share = (above.y - target) / max(1e-9, above.y - below.y)
            // Where the line leads to the same side twice, the curve has a step: halve instead.
            let sides = here.suffix(2).map { $0.bytes > limitBytes }
            let isStuck = here.count > 2 && sides.first == sides.last
            // Steps of the tables are steps of the bytes: never to an end of the stretch.
            return above.x + span * (isStuck ? 0.5 : min(0.97, max(0.03, share)))
        }
        let sorted = here.map(point).sorted { abs($0.y - target) < abs($1.y - target) }
        guard let nearest = sorted.first else { return format.coarseness(format.knee) }
        var slope = Self.slope
        if sorted.count > 1 {
            let measured = (sorted[1].y - nearest.y) / (nearest.x - sorted[1].x)
            if measured.isFinite { slope = min(1.6, max(0.3, measured)) }
        }
        let step = (nearest.y - target) / slope
        // Beyond what is known, a little further than the line says, to have it between two.
        return nearest.x + step * (here.count > 1 ? 1.15 : 1)
    }

    /// The frame size at which the knee's quality would fill the limit.
    private mutating func resize(towards target: Double, from here: [Outcome]) -> Action {
        sizes += 1
        guard let bytes = bytesAtKnee(of: here) else { return finish() }
        var shrinkage = Self.shrinkage
        // Two sizes tell how this very picture shrinks.
        let elsewhere = outcomes.filter { $0.done.size != size }
        if let other = elsewhere.last,
            let known = bytesAtKnee(of: elsewhere.filter { $0.done.size == other.done.size })
        {
            let span = log(Double(other.done.size.pixels) / Double(size.pixels))
            let measured = (known - bytes) / span
            if measured.isFinite { shrinkage = min(1.1, max(0.3, measured)) }
        }
        let pixels = Double(size.pixels) * exp((target - bytes) / shrinkage)
        let scaled = full.scaled(pixels: pixels, leastSide: Self.leastSide)
        let tried = outcomes.contains { $0.done.size == scaled }
        // Back where it was before: what is left is to find the quality there.
        if tried { sizes = max(sizes, Self.mostSizes) }
        size = scaled
        let following = StillTry(size: scaled, quality: min(ceiling, format.knee))
        return outcomes.contains { $0.done == following } ? next() : .encode(following)
    }

    /// The logarithm of the bytes that these, of one size, would have at the knee.
    private func bytesAtKnee(of outcomes: [Outcome]) -> Double? {
        let knee = format.coarseness(format.knee)
        func distance(_ outcome: Outcome) -> Double {
            abs(format.coarseness(outcome.done.quality) - knee)
        }
        guard let nearest = outcomes.min(by: { distance($0) < distance($1) }) else { return nil }
        let step = knee - format.coarseness(nearest.done.quality)
        return log(Double(max(1, nearest.bytes))) - step * Self.slope
    }
}

extension PixelSize {
    /// The size of the same shape with about so many pixels, never more than this one's.
    package func scaled(pixels wanted: Double, leastSide: Int) -> PixelSize {
        let factor = min(1, (max(1, wanted) / Double(max(1, pixels))).squareRoot())
        let least = min(1, Double(leastSide) / Double(max(1, shortSide)))
        let kept = max(factor, least)
        // Within a thousandth it is the whole.
        if kept > 0.999 { return self }
        return PixelSize(
            width: max(1, Int((Double(width) * kept).rounded())),
            height: max(1, Int((Double(height) * kept).rounded()))
        )
    }
}
