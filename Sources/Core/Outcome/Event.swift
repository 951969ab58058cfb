/// The stages of a run, in order; each owns a share of the progress bar.
package enum Phase: String, Sendable, Codable, CaseIterable {
    case probing
    /// Looking at samples, for the plan.
    case sampling
    case audio
    case analysing
    case encoding
    case verifying
    /// Of `compare` alone.
    case comparing
}

/// What one phase of a run took.
package struct PhaseCost: Sendable, Equatable, Codable {
    package var phase: Phase
    package var wallSeconds: Double
    /// Of all threads of the process; over `wallSeconds`, it is the cores that were busy.
    package var cpuSeconds: Double

    package init(phase: Phase, wallSeconds: Double, cpuSeconds: Double) {
        self.phase = phase
        self.wallSeconds = wallSeconds
        self.cpuSeconds = cpuSeconds
    }
}

/// What a run tells while it goes on, in order and never concurrently.
package enum Event: Sendable, Equatable, Codable {
    /// What the input is, and where the result will be.
    case identified(Material.Kind, output: String)
    /// What will be done, and why.
    case planned(Plan)
    /// The same for sound alone.
    case plannedSound(SoundPlan)
    /// The same for a picture.
    case plannedStill(StillPlan)
    /// Where the prepared frames are kept between the passes.
    case keepingFrames(FrameKeeping)
    case progress(Progress)
    /// A finished attempt at the size, accepted or not.
    case attempted(Attempt)
    /// Something a person should know: a track left out, a size that stops at the quality ceiling.
    case noted(String)
}

/// How far a run is.
///
/// `fraction` never goes back.
package struct Progress: Sendable, Equatable, Codable {
    package var phase: Phase
    /// Of the whole run, 0 to 1.
    package var fraction: Double
    package var frames: Int
    package var framesPerSecond: Double
    /// Seconds that remain, once there is something to judge by.
    package var remainingSeconds: Double?
    /// What the file will weigh at this rate, once pass 2 has produced enough to tell.
    package var projectedBytes: Int?
    /// 1 for the first encode of the picture; more for a correction.
    package var attempt: Int
    /// What has come on standard input so far, while it is read.
    package var receivedBytes: Int?

    package init(
        phase: Phase,
        fraction: Double,
        frames: Int = 0,
        framesPerSecond: Double = 0,
        remainingSeconds: Double? = nil,
        projectedBytes: Int? = nil,
        attempt: Int = 1,
        receivedBytes: Int? = nil
    ) {
        self.phase = phase
        self.fraction = fraction
        self.frames = frames
        self.framesPerSecond = framesPerSecond
        self.remainingSeconds = remainingSeconds
        self.projectedBytes = projectedBytes
        self.attempt = attempt
        self.receivedBytes = receivedBytes
    }
}

/// One encode of the picture and what came out.
package struct Attempt: Sendable, Equatable, Codable {
    package var number: Int
    package var mode: Mode
    /// What the encoder was asked for; nil for constant quality.
    package var videoBitsPerSecond: Int?
    /// The same for sound alone.
    package var audioBitsPerSecond: Int?
    /// Of a picture, 1 to 100.
    package var quality: Double?
    /// The whole file; nil where the attempt was given up before its end.
    package var bytes: Int?
    /// The mean quantizer of what was encoded, 0 (best) to 51.
    package var averageQuantizer: Double?
    package var isAccepted: Bool
    package var reason: String

    package enum Mode: String, Sendable, Codable {
        case onePassConstantQuality
        /// Pass 2 over the whole clip, or over all but what the next two stand for.
        case secondPass
        /// Pass 2 over the frames before the last stretch, which make up for what came before.
        case middleStretch
        /// Pass 2 over the last stretch of the clip alone, to land on the limit.
        case lastStretch
        case remux
        /// Sound at an average rate.
        case averageRate
        /// A picture at a size and a quality.
        case quality
    }

    package init(
        number: Int,
        mode: Mode,
        videoBitsPerSecond: Int? = nil,
        audioBitsPerSecond: Int? = nil,
        quality: Double? = nil,
        bytes: Int? = nil,
        averageQuantizer: Double? = nil,
        isAccepted: Bool,
        reason: String
    ) {
        self.number = number
        self.mode = mode
        self.videoBitsPerSecond = videoBitsPerSecond
        self.audioBitsPerSecond = audioBitsPerSecond
        self.quality = quality
        self.bytes = bytes
        self.averageQuantizer = averageQuantizer
        self.isAccepted = isAccepted
        self.reason = reason
    }
}
