// libm's `exp` alone: pure arithmetic, which the standard library does not have.
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The rule that lands a file on its limit: measured bytes in, the next step out.
///
/// Pass 2 goes over the clip in stretches where keyframes allow it: the body, a middle, and the last
/// few hundredths, the end. x264 misses by the same factor each time it encodes the same frames (0
/// to 2.5 % too much on ordinary clips, 14 to 55 % on static ones), and by up to a tenth on a short
/// stretch. So each stretch is asked for what those before it left, by what they taught; the middle
/// makes up for the body, the end for the middle, and what the end misses by is little of the whole.
/// Only the end is encoded again, which costs a small part of a pass.
///
/// A pure machine, so that its promise can be tested in milliseconds: it never accepts a file over
/// the limit, and it ends after a bounded number of encodes. It knows nothing of encoders; whoever
/// holds one performs the action and reports what came out.
package struct SizeController: Sendable {
    package enum Action: Equatable, Sendable {
        /// Run pass 2 over a stretch that others follow, counted from 0.
        case encode(stretch: Int, videoBytes: Int)
        /// Run pass 2 over the last stretch (the whole clip where it was not divided).
        case encodeEnd(videoBytes: Int)
        /// Publish the other stretches with the attempt at the end of this number, counted from 1.
        case accept(end: Int)
        /// Nothing that fits came out; the smallest file was about so large.
        case refuse(smallestFileBytes: Int)
    }

    /// More of the limit than this left unused is worth another attempt at the end.
    package static let acceptedFill = 0.995
    /// Runs of pass 2 over a stretch, or over the whole clip where it was not divided.
    package static let maximumRuns = 3
    /// Further ones over a clip in one piece of which nothing fits, and little is too much.
    package static let furtherRunsBeforeFit = 1
    /// Bytes of the file over the limit that count as little: one frame alone steps by some 4 % a quantizer.
    private static let littleExcess = 0.1
    /// Attempts at the end of a divided clip.
    package static let maximumEndRuns = 4
    /// Further ones where those left much unused, or more than there is.
    package static let furtherEndRuns = 2
    /// Less than this of the limit is worth the further ones.
    package static let tolerableFill = 0.99

    /// Less than this is worth another run over a clip in one piece.
    package static let tolerableFillInOnePiece = 0.98

    private let limit: Int
    /// Sound and container.
    private let fixed: Int
    /// Shares of the picture's bytes that belong to the stretches; one where the clip is not divided.
    private let shares: [Double]
    private var stretch = 0
    private var runs = 0
    /// Bytes of the stretches that are done.
    private var done = 0
    private var asked = 0
    /// What came out over what was asked, as the last encode showed it.
    private var factor: Double
    private var ends: [End] = []
    private var smallest = Int.max

    private struct End {
        var asked: Int
        var got: Int
        var fits: Bool

        /// What to ask for to get `wanted`, on a line through this attempt; slope in bytes got a byte asked.
        func asked(for wanted: Double, slope: Double) -> Double {
            Double(asked) + (wanted - Double(got)) / max(0.05, slope)
        }

        func slope(to other: End) -> Double {
            asked == other.asked ? 1 : Double(got - other.got) / Double(asked - other.asked)
        }
    }

    /// A short stretch overshoots more: x264 has less of it left to make up in.
    private static let shortStretchFactor = 1.01
    /// x264's usual overshoot in these short distances of its rate control.
    private static let usualFactor = 1.004
    /// Bytes by which an end that overshot gets smaller a byte that is asked less of it (measured: 0.69 to 0.93).
    private static let overshootSlope = 0.75
    /// Share of the room that an attempt leaves free: the first, and each further one, which
    /// knows better.
    ///
    /// For a clip in one piece a second miss costs a whole pass, so it aims lower.
    private var caution: Double {
        switch (isDivided, ends.count) {
        // The shorter the end, the less of the file its miss is.
        case (true, 0): endShare < 0.045 ? 0.0012 : 0.002
        case (true, let count): 0.0006 * Double(count)
        case (false, 0): 0.0025
        case (false, 1): 0.003
        // The last chance has to fit; a handful of frames comes out by the hundredth. Between one that
        // fits and one that does not, there is something to lean on.
        case (false, let count): isBracketed ? 0.01 : 0.03 + 0.05 * Double(count - 2)
        }
    }

    /// - Parameters:
    ///   - limitBytes: what the file may weigh; not one byte more.
    ///   - fixedBytes: sound and container, counted.
    ///   - shares: of the picture's bytes, foretold by pass 1, one a stretch, together 1.
    package init(limitBytes: Int, fixedBytes: Int, shares: [Double] = [1]) {
        limit = limitBytes
        fixed = fixedBytes
        self.shares = shares.isEmpty ? [1] : shares
        factor = Self.usualFactor
    }

    private var isBracketed: Bool { ends.contains(where: \.fits) && !ends.allSatisfy(\.fits) }
    private var isDivided: Bool { shares.count > 1 }
    private var isAtEnd: Bool { stretch == shares.count - 1 }
    private var endShare: Double { shares[shares.count - 1] }
    private var room: Double { Double(limit - fixed) }
    private var left: Double { room - Double(done) }

    /// The end's share of what the last two stretches have, where it came out so much coarser that they
    /// should be made again; nil where it did not.
    ///
    /// Pass 1 sees a small copy, and takes a page of new text for little. Quantizers that differ by less
    /// are not seen, and x264 takes some 11 % fewer bits a step of the quantizer (rate-control
    /// measurements: 10 to 16 %).
    package static func endShare(
        before: (bytes: Int, quantizer: Double),
        end: (bytes: Int, quantizer: Double)
    ) -> Double? {
        let steps = end.quantizer - before.quantizer
        guard steps > visibleSteps, before.bytes > 0, end.bytes > 0 else { return nil }
        // What the end would take as fine as what comes before it, of what both would take then.
        let wanted = Double(end.bytes) * exp(bitsPerStep * steps)
        return wanted / (Double(before.bytes) + wanted)
    }

    private static let visibleSteps = 4.0
    private static let bitsPerStep = 0.11

    /// The first step.
    package mutating func start() -> Action { ask() }

    /// A stretch that others follow is done, or was given up because it alone passed the limit.
    ///
    /// Parameters:
    ///   - videoBytes: its payload; for one given up, what it would have become.
    ///   - isSaturated: every picture is already as good as the encoder makes it, or as bad.
    package mutating func record(videoBytes: Int, isSaturated: Bool = false) -> Action {
        let got = max(1, videoBytes)
        runs += 1
        factor = learned(got: got) * Self.shortStretchFactor
        let foretold = shares[...stretch].reduce(0, +)
        smallest = min(smallest, Int(Double(done + got) / max(0.01, foretold)) + fixed)
        let planned = room * (1 - foretold)
        let rest = left - Double(got)
        // What follows may look a little better or worse, within a step that nobody sees.
        let isClose = rest >= planned * 0.75 && rest <= planned * 1.35
        guard isClose || isSaturated && rest > 0 || runs == Self.maximumRuns else { return ask() }
        guard isClose || isSaturated || rest >= planned * 0.3 else { return finish() }
        done += got
        stretch += 1
        runs = 0
        return ask()
    }

    /// An attempt at the end is done, or was given up because the file passed the limit.
    ///
    /// Parameters:
    ///   - videoBytes: its payload; for one given up, what it would have become.
    ///   - fits: whether the whole file is within the limit.
    package mutating func recordEnd(
        videoBytes: Int,
        fits: Bool,
        isSaturated: Bool = false
    ) -> Action {
        let got = max(1, videoBytes)
        ends.append(End(asked: asked, got: got, fits: fits))
        let file = done + got + fixed
        smallest = min(smallest, file)
        if fits, isSaturated || Double(file) >= Double(limit) * Self.acceptedFill {
            return .accept(end: ends.count)
        }
        factor = learned(got: got)
        return mayTryAgain ? ask() : finish()
    }

    private var mayTryAgain: Bool {
        let best = ends.filter(\.fits).map(\.got).max()
        guard isDivided else {
            if best == nil, ends.count < Self.maximumRuns + Self.furtherRunsBeforeFit {
                return ends.count < Self.maximumRuns
                    || Double(smallest) <= Double(limit) * (1 + Self.littleExcess)
            }
            // One more where there is something on both sides to lean on, for a clip of a few seconds.
            return ends.count < Self.maximumRuns
                || ends.count == Self.maximumRuns && isBracketed
                    && Double((best ?? 0) + fixed) < Double(limit) * Self.tolerableFillInOnePiece
        }
        if ends.count < Self.maximumEndRuns { return true }
        guard ends.count < Self.maximumEndRuns + Self.furtherEndRuns else { return false }
        return best.map { Double(done + $0 + fixed) < Double(limit) * Self.tolerableFill } ?? true
    }

    private mutating func ask() -> Action {
        guard left > 0 else { return finish() }
        if isAtEnd {
            asked = Int(endBytes())
        } else {
            asked = Int(left * shares[stretch] / shares[stretch...].reduce(0, +) / factor)
        }
        guard asked > 0 else { return finish() }
        return isAtEnd
            ? .encodeEnd(videoBytes: asked) : .encode(stretch: stretch, videoBytes: asked)
    }

    private func endBytes() -> Double {
        let wanted = left - room * caution
        let below = ends.filter(\.fits).max(by: { $0.got < $1.got })
        let above = ends.filter({ !$0.fits }).min(by: { $0.got < $1.got })
        if let below, let above {
            // Between one that fits and one that does not, a straight line finds the place.
            return below.asked(for: wanted, slope: above.slope(to: below))
        }
        if isDivided, let above {
            // Keyframes and the quiet do not shrink as fast as what is asked.
            let slope =
                ends.count > 1
                ? ends[ends.count - 1].slope(to: ends[ends.count - 2]) : Self.overshootSlope
            var asked = above.asked(for: wanted, slope: min(1, max(0.5, slope)))
            // A handful of frames may come out larger at a lower rate: never up again before one fits.
            if ends.count > 1, let lowest = ends.min(by: { $0.asked < $1.asked }) {
                let safety = room * 0.01 * Double(max(0, ends.count - 2))
                asked = min(
                    asked,
                    lowest.asked(
                        for: min(wanted, Double(lowest.got)) - safety,
                        slope: Self.overshootSlope
                    )
                )
            }
            return max(asked, Double(above.asked) * 0.4)
        }
        return wanted / factor
    }

    private func learned(got: Int) -> Double {
        min(4, max(0.25, Double(got) / Double(max(1, asked))))
    }

    /// The fullest attempt that fits, or the refusal.
    private func finish() -> Action {
        let fitting = ends.enumerated().filter(\.element.fits)
        if let best = fitting.max(by: { $0.element.got < $1.element.got }) {
            return .accept(end: best.offset + 1)
        }
        return .refuse(smallestFileBytes: smallest == Int.max ? fixed : smallest)
    }
}
