/// Where prepared frames wait for pass 2, chosen before the first frame.
package struct FrameKeeping: Sendable, Equatable, Codable {
    package enum Place: String, Sendable, Codable {
        case memory
        case memoryAndFile
        /// In a file, coded without any loss.
        case coded
        case decodeAgain
    }

    package var place: Place
    package var memoryLimitBytes: Int
    package var fileLimitBytes: Int
    /// Of all frames at the place; raw where they are decoded again.
    package var estimatedBytes: Int

    package init(place: Place, memoryLimitBytes: Int, fileLimitBytes: Int, estimatedBytes: Int) {
        self.place = place
        self.memoryLimitBytes = memoryLimitBytes
        self.fileLimitBytes = fileLimitBytes
        self.estimatedBytes = estimatedBytes
    }

    /// Chooses by size and then by cost: memory while it fits, then memory and a file; else in coded
    /// form where that fits and costs less than decoding again.
    ///
    /// Parameters:
    ///   - frameBytes: one frame, width × height × 1.5.
    ///   - frames: how many are expected.
    ///   - costs: of keeping a frame in coded form, and of decoding it again.
    ///   - memoryLimitBytes, fileLimitBytes: what may be used of each.
    package static func choose(
        frameBytes: Int,
        frames: Int,
        costs: Costs,
        memoryLimitBytes: Int,
        fileLimitBytes: Int
    ) -> FrameKeeping {
        let (bytes, overflow) = frameBytes.multipliedReportingOverflow(by: max(1, frames))
        let raw = overflow ? Int.max : bytes
        let coded = Int(Double(raw) * Costs.codedShare)
        let place: Place =
            if raw <= memoryLimitBytes {
                .memory
            } else if raw - memoryLimitBytes <= fileLimitBytes {
                .memoryAndFile
            } else if coded <= fileLimitBytes, costs.coded < costs.decodedAgain {
                .coded
            } else {
                .decodeAgain
            }
        return FrameKeeping(
            place: place,
            memoryLimitBytes: memoryLimitBytes,
            fileLimitBytes: fileLimitBytes,
            estimatedBytes: place == .coded ? coded : raw
        )
    }
}

extension FrameKeeping {
    /// What it takes to hand a frame to pass 2 that raw frames have no room for, in nanoseconds of one core.
    ///
    /// Measured with FFmpeg 5.1, x264 164 and libdav1d on one machine; only their proportions matter.
    package struct Costs: Sendable, Equatable {
        /// To code it without loss, and to decode that.
        package var coded: Double
        /// To read the source once more: decoded, and prepared as before.
        package var decodedAgain: Double

        package init(coded: Double, decodedAgain: Double) {
            self.coded = coded
            self.decodedAgain = decodedAgain
        }

        /// The costs of one frame of the result.
        package init(_ picture: Picture, of video: VideoTrack) {
            // Pictures of the source for each of the result's; one that is repeated is coded once.
            let ratio = video.frameRate.value / max(1e-9, picture.frameRate.value)
            let pictures = ratio.isFinite && ratio > 0 ? min(16, ratio) : 1
            let output = Double(picture.size.pixels)
            let source = Double(video.codedSize.pixels)
            var again = Self.decoding(video)
            if video.displaySize != picture.size { again += source * Self.scaling }
            if picture.deinterlaces { again += source * Self.deinterlacing }
            if picture.toneMaps { again += output * Self.toneMapping }
            coded = output * Self.coding * min(1, pictures)
            decodedAgain = again * pictures * Self.readings
        }

        /// How often pass 2 reads the source where nothing is kept: some 0.8 to 2.8 times of four clips.
        ///
        /// A further try at the end of a clip, which most runs make, decodes from the beginning.
        private static let readings = 1.8
        /// Bytes of coded frames over those of raw ones; only a game had more.
        static let codedShare = 0.25
        /// For a pixel: x264 without loss and the decoding of it, of film (4 to 8 of animation and
        /// screens, 20 of a game).
        private static let coding = 14.0
        /// For a pixel of the source: libzimg.
        private static let scaling = 0.4
        /// For a pixel of the source: `bwdif`.
        private static let deinterlacing = 1.5
        /// For a pixel of the result: linear light and back.
        private static let toneMapping = 25.0

        /// Of one picture: so much for a pixel, and so much for a byte where bits are coded by arithmetic.
        ///
        /// 1080p H.264 took 10.6 ms at 30 Mbit/s, 4K took 10.4 at 3, and 18.4 as HEVC of 10 bits.
        private static func decoding(_ video: VideoTrack) -> Double {
            let (forPixel, forByte) =
                switch video.codec {
                case "h264": (1.1, 120.0)
                case "hevc", "av1", "vvc": (video.bitDepth > 8 ? 2.5 : 1.5, 120.0)
                case "vp9": (1.5, 120.0)
                default: (0.8, 10.0)
                }
            let pixels = Double(video.codedSize.pixels)
            let bytes = Double(video.bitsPerSecond ?? 0) / 8 / video.frameRate.value
            // A rate that means nothing says nothing of the bytes, and no picture has more than raw ones.
            let isKnown = bytes.isFinite && bytes > 0
            return pixels * forPixel + (isKnown ? min(bytes, pixels * 3) : pixels * 0.01) * forByte
        }
    }
}
