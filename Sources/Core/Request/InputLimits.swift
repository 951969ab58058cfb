/// What a file may demand of this machine before it is refused.
///
/// A few bytes can declare a frame of gigabytes or an index of years: without limits such a file ends
/// in an exhausted machine, with them in a sentence. Each is far above what honest files have.
package struct InputLimits: Sendable, Equatable, Codable {
    /// One of the limits, by the option that changes it.
    package enum Name: String, Sendable, Codable, CaseIterable {
        case pixels = "--max-pixels"
        case frames = "--max-frames"
        case streams = "--max-streams"
        case memory = "--max-memory"
        case stall = "--max-stall"

        /// The option of the command line.
        package var option: String { rawValue }
    }

    /// Width times height of a stored frame: 8192 × 8192 is twice an 8K one.
    package var pixelsPerFrame: Int
    /// Frames that a file may declare, and that are decoded of it: 92 hours at 60 a second.
    package var frames: Int
    /// Tracks of any kind.
    package var streams: Int
    /// Memory that the work on a file may take in all, besides frames that are kept.
    ///
    /// Held by a child process alone (`Worker`); 4K takes half a gigabyte, 8K three.
    package var memoryBytes: Int
    /// Seconds that one call for the next packet or frame may take.
    package var waitSeconds: Int
    /// Seconds of computing that opening a file may take: 20 million frames in an MP4 take one.
    ///
    /// A share of the wait, because who trusts a file with the one does with the other.
    package var openingSeconds: Int { max(1, waitSeconds / 12) }

    package init(
        pixelsPerFrame: Int = 8192 * 8192,
        frames: Int = 20_000_000,
        streams: Int = 256,
        memoryBytes: Int = 6_000_000_000,
        waitSeconds: Int = 60
    ) {
        self.pixelsPerFrame = pixelsPerFrame
        self.frames = frames
        self.streams = streams
        self.memoryBytes = memoryBytes
        self.waitSeconds = waitSeconds
    }

    /// The largest single block of memory that reading a file may ask for, in bytes.
    ///
    /// Room for a frame of eight bytes a pixel and for an index of 24 bytes a frame, which is what the
    /// limits allow; never less than the usual ones need, because it holds for the whole process.
    package var blockBytes: Int {
        max(1 << 29, Self.product(pixelsPerFrame, 8), Self.product(frames, 24))
    }

    /// Pixels that a decoder may be asked for: a frame within the limit is stored in whole blocks,
    /// so that one of 1080 lines has 1088.
    package var storedPixelsPerFrame: Int {
        let (most, overflow) = pixelsPerFrame.addingReportingOverflow(pixelsPerFrame / 8 + 4096)
        return overflow ? .max : most
    }

    /// None of them narrower than the usual ones.
    package var atLeastUsual: InputLimits {
        let usual = InputLimits()
        return InputLimits(
            pixelsPerFrame: max(pixelsPerFrame, usual.pixelsPerFrame),
            frames: max(frames, usual.frames),
            streams: max(streams, usual.streams),
            memoryBytes: max(memoryBytes, usual.memoryBytes),
            waitSeconds: max(waitSeconds, usual.waitSeconds)
        )
    }

    private static func product(_ count: Int, _ bytes: Int) -> Int {
        let (product, overflow) = count.multipliedReportingOverflow(by: bytes)
        return overflow ? .max : product
    }
}
