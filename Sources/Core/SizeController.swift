#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The rule that lands a file on its limit: measured bytes in, the next step out.
///
/// A pure machine, so that its promise can be tested in milliseconds: it never accepts a file over
/// the limit, and it ends after at most `maximumAttempts` runs of pass 2. It knows nothing of
/// encoders; whoever holds one performs the action and reports what came out.
package struct SizeController: Sendable {
    package enum Action: Equatable, Sendable {
        /// Run pass 2, asking for so many bytes of video.
        case encode(videoBytes: Int)
        /// Publish the attempt with this number (counted from 1).
        case accept(attempt: Int)
        /// Nothing that fits came out: the limit cannot be met at this frame size.
        case refuse(smallestFileBytes: Int)
    }

    /// A correction costs a whole pass 2, so it runs only where the file is over, or where more
    /// than this share of the limit was left unused.
    package static let acceptedFill = 0.995
    package static let maximumAttempts = 3

    private struct Sample {
        var asked: Int
        var got: Int
        var file: Int
    }

    private let limit: Int
    /// Audio and container: known before the first attempt, refined by what the muxer measured.
    private var fixed: Int
    private let reserve: Double
    private var samples: [Sample] = []
    private var pending = 0

    /// - Parameters:
    ///   - limitBytes: what the file may weigh; not one byte more.
    ///   - fixedBytes: audio and container, counted.
    ///   - reserve: share of the video bytes that the first attempt leaves free, for x264's own
    ///     deviation, which grows as clips shorten.
    package init(limitBytes: Int, fixedBytes: Int, reserve: Double) {
        limit = limitBytes
        fixed = fixedBytes
        self.reserve = reserve
    }

    /// x264's deviation is a matter of a few frames at the end of the clip, so its share falls with their number.
    package static func reserve(forFrames frames: Int) -> Double {
        min(0.01, max(0.0008, 0.6 / Double(max(1, frames))))
    }

    /// The first step.
    package mutating func start() -> Action {
        ask(Double(limit - fixed) * (1 - reserve))
    }

    /// The file that an attempt produced, or what was there when it was given up because it was over already.
    ///
    /// - Parameters:
    ///   - fileBytes: the whole file. For an abandoned attempt: the best guess, above the limit.
    ///   - videoBytes: the payload of the video track in it.
    ///   - isSaturated: every picture is already as good as the encoder makes it, or as bad.
    package mutating func record(fileBytes: Int, videoBytes: Int, isSaturated: Bool) -> Action {
        samples.append(Sample(asked: pending, got: max(1, videoBytes), file: fileBytes))
        if samples.count == 1 { fixed = max(0, fileBytes - videoBytes) }

        let fits = fileBytes <= limit
        let isFull = Double(fileBytes) >= Double(limit) * Self.acceptedFill
        if fits, isFull || isSaturated {
            return .accept(attempt: samples.count)
        }
        guard samples.count < Self.maximumAttempts else { return finish() }
        if fits, samples.contains(where: { $0.file > limit }), samples.count >= 2,
            Double(fileBytes) >= Double(limit) * 0.985
        {
            // One attempt was over and this one is close: a third would risk as much as it could gain.
            return .accept(attempt: samples.count)
        }
        let room = Double(limit - fixed)
        guard room > 0 else { return finish() }
        // After a miss the aim moves away from the limit: a second overshoot costs a whole attempt.
        let caution = fits ? reserve : max(reserve, 0.0012) * Double(samples.count)
        return ask(correction(towards: room * (1 - caution)))
    }

    /// The bytes to ask for, so that `wanted` come out.
    ///
    /// What comes out is nearly proportional to what was asked, with a factor that belongs to the
    /// clip (static ones: 1.14 to 1.55 at any rate), so one sample gives a line through the origin
    /// in logarithms and two give its slope.
    private func correction(towards wanted: Double) -> Double {
        guard let last = samples.last else { return wanted }
        var slope = 1.0
        if samples.count >= 2 {
            let before = samples[samples.count - 2]
            let run = log(Double(last.asked) / Double(max(1, before.asked)))
            let rise = log(Double(last.got) / Double(before.got))
            if abs(run) > 0.001 { slope = min(2, max(0.4, rise / run)) }
        }
        let step = log(max(1, wanted) / Double(last.got)) / slope
        return Double(last.asked) * exp(min(1.5, max(-1.5, step)))
    }

    private mutating func ask(_ bytes: Double) -> Action {
        guard bytes >= 1 else { return finish() }
        pending = Int(bytes)
        return .encode(videoBytes: pending)
    }

    /// The fullest attempt that fits, or the refusal.
    private func finish() -> Action {
        let fitting = samples.enumerated().filter { $0.element.file <= limit }
        if let best = fitting.max(by: { $0.element.file < $1.element.file }) {
            return .accept(attempt: best.offset + 1)
        }
        return .refuse(smallestFileBytes: samples.map(\.file).min() ?? fixed)
    }
}
