/// The rule that lands a file on its limit: measured bytes in, the next step out.
///
/// Pass 2 goes over the clip in two stretches where a keyframe allows it: the body, then the last
/// tenth or so, which gets whatever the body left. x264 misses by the same factor each time it
/// encodes the same frames (0 to 2.5 % too much on ordinary clips, 14 to 55 % on static ones), so
/// what the body taught is applied to the end, and a miss of the end costs a small part of a pass to mend.
///
/// A pure machine, so that its promise can be tested in milliseconds: it never accepts a file over
/// the limit, and it ends after a bounded number of encodes. It knows nothing of encoders; whoever
/// holds one performs the action and reports what came out.
package struct SizeController: Sendable {
    package enum Action: Equatable, Sendable {
        /// Run pass 2 over the frames before the last stretch, asking for so many bytes.
        case encodeBody(videoBytes: Int)
        /// Run pass 2 over the last stretch (the whole clip where it was not divided).
        case encodeEnd(videoBytes: Int)
        /// Publish the body with the attempt at the end of this number, counted from 1.
        case accept(end: Int)
        /// Nothing that fits came out; the smallest file was about so large.
        case refuse(smallestFileBytes: Int)
    }

    /// More of the limit than this left unused is worth another attempt at the end.
    package static let acceptedFill = 0.995
    /// Runs of pass 2 over the body, or over the whole clip where it was not divided.
    package static let maximumRuns = 3
    /// Attempts at the end of a divided clip.
    package static let maximumEndRuns = 4

    private let limit: Int
    /// Sound and container.
    private let fixed: Int
    /// Share of the picture's bytes that belongs to the last stretch; 1 where the clip is not divided.
    private let endShare: Double
    private var bodyRuns = 0
    private var bodyBytes = 0
    private var asked = 0
    /// What came out over what was asked, as the last encode showed it.
    private var factor: Double
    private var ends: [End] = []
    private var smallest = Int.max

    private struct End {
        var asked: Int
        var got: Int
        var fits: Bool
    }

    private static let shortStretchFactor = 1.02
    /// x264's usual overshoot in these short distances of its rate control.
    private static let usualFactor = 1.004
    /// Share of the room that an attempt leaves free: the first, and each further one, which
    /// knows better.
    ///
    /// For a clip in one piece a second miss costs a whole pass, so it aims lower.
    private var caution: Double {
        switch (isDivided, ends.count) {
        case (true, 0): 0.0015
        case (true, let count): 0.0006 * Double(count)
        case (false, 0): 0.0025
        case (false, 1): 0.003
        // The last chance has to fit; a handful of frames comes out by the hundredth.
        case (false, _): 0.03
        }
    }

    /// - Parameters:
    ///   - limitBytes: what the file may weigh; not one byte more.
    ///   - fixedBytes: sound and container, counted.
    ///   - endShare: of the picture's bytes, foretold by pass 1; nil for a clip in one piece.
    package init(limitBytes: Int, fixedBytes: Int, endShare: Double?) {
        limit = limitBytes
        fixed = fixedBytes
        self.endShare = endShare ?? 1
        factor = Self.usualFactor
    }

    private var isDivided: Bool { endShare < 1 }
    private var room: Double { Double(limit - fixed) }

    /// The first step.
    package mutating func start() -> Action {
        isDivided ? askBody() : askEnd()
    }

    /// The body is done, or was given up because it alone passed the limit.
    ///
    /// Parameters:
    ///   - videoBytes: its payload; for one given up, what it would have become.
    ///   - isSaturated: every picture is already as good as the encoder makes it, or as bad.
    package mutating func recordBody(videoBytes: Int, isSaturated: Bool = false) -> Action {
        bodyRuns += 1
        bodyBytes = max(1, videoBytes)
        // A short stretch overshoots more: x264 has less of it left to make up in.
        factor = learned(got: bodyBytes) * Self.shortStretchFactor
        smallest = min(smallest, Int(Double(bodyBytes) / (1 - endShare)) + fixed)
        let planned = room * endShare
        let left = room - Double(bodyBytes)
        // The end may look a little better or worse than the rest, within a step that nobody sees.
        let isClose = left >= planned * 0.75 && left <= planned * 1.35
        if isClose || isSaturated && left > 0 { return askEnd() }
        if bodyRuns < Self.maximumRuns { return askBody() }
        return left >= planned * 0.3 ? askEnd() : finish()
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
        let file = bodyBytes + got + fixed
        smallest = min(smallest, file)
        if fits, isSaturated || Double(file) >= Double(limit) * Self.acceptedFill {
            return .accept(end: ends.count)
        }
        factor = learned(got: got)
        if ends.count < (isDivided ? Self.maximumEndRuns : Self.maximumRuns) { return askEnd() }
        return finish()
    }

    private mutating func askBody() -> Action {
        guard room > 0 else { return finish() }
        asked = Int(room * (1 - endShare) / factor)
        guard asked > 0 else { return finish() }
        return .encodeBody(videoBytes: asked)
    }

    private mutating func askEnd() -> Action {
        let left = room - Double(bodyBytes)
        let wanted = left - room * caution
        var ask = wanted / factor
        if let below = ends.filter(\.fits).max(by: { $0.got < $1.got }),
            let above = ends.filter({ !$0.fits }).min(by: { $0.got < $1.got })
        {
            // Between one that fits and one that does not, a straight line finds the place.
            let slope =
                Double(above.asked - below.asked) / max(1, Double(above.got - below.got))
            ask = Double(below.asked) + (wanted - Double(below.got)) * slope
        }
        asked = Int(ask)
        guard asked > 0 else { return finish() }
        return .encodeEnd(videoBytes: asked)
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
