/// What happened: the receipt of a finished run.
package struct Report: Sendable, Equatable, Codable {
    /// What was made; what has no meaning for it is 0, empty or nil below, and is not shown.
    package var kind: Material.Kind
    package var input: String
    package var output: String
    package var inputBytes: Int
    package var bytes: Int
    package var limitBytes: Int
    /// Nil without `--to`.
    package var targetBytes: Int?
    package var method: Plan.Method
    /// True where the file stops below the limit because more bytes could not be seen.
    package var stoppedAtQualityCeiling: Bool
    package var width: Int
    package var height: Int
    package var frameRate: Double
    package var frames: Int
    /// Of sound alone.
    package var channels: Int
    /// Of sound alone, in hertz.
    package var sampleRate: Int
    /// What a picture is coded as, and how well, 1 to 100; nil where it lost nothing, or was copied.
    package var format: Format?
    package var quality: Double?
    package var durationSeconds: Double
    package var videoBytes: Int
    package var audioBytes: Int
    package var containerBytes: Int
    package var videoBitsPerSecond: Int
    package var audioBitsPerSecond: Int
    package var secondPassRuns: Int
    package var attempts: [Attempt]
    package var keeping: FrameKeeping?
    package var keptFrameBytes: Int
    /// Structural similarity of luma between the source's frames and the result's, 0 to 1,
    /// over evenly spaced frames; nil where nothing was encoded.
    package var ssim: Double?
    package var ssimFrames: Int
    /// The size at which they were compared: that which the source could have been shown in, where it is known.
    package var ssimSize: PixelSize?
    package var elapsedSeconds: Double
    /// What of it went into each phase, in order.
    package var phases: [PhaseCost] = []
    package var notes: [String]
    /// What was kept and what was removed; nil where the source said nothing about itself.
    package var metadata: MetadataOutcome?
    /// What of the source could not be saved; nil where it was whole.
    package var damage: Damage?
    /// What the target was the limit of, where it was given by name.
    package var namedLimit: NamedLimit?
    /// Which part of the input was wanted; nil for all of it.
    package var part: Part?

    /// What became of the source's metadata, by name: never what it said.
    package struct MetadataOutcome: Sendable, Equatable, Codable {
        package var policy: Metadata.Policy
        package var kept: [String]
        package var removed: [String]
        package var removedKeys: [String]

        /// Nil where there was nothing.
        package init?(_ metadata: KeptMetadata) {
            if metadata.isEmpty { return nil }
            policy = metadata.policy
            kept = metadata.kept
            removed = metadata.removed
            removedKeys = metadata.removedKeys
        }
    }

    package init(
        kind: Material.Kind = .video,
        input: String,
        output: String,
        inputBytes: Int,
        bytes: Int,
        limitBytes: Int,
        targetBytes: Int?,
        method: Plan.Method,
        stoppedAtQualityCeiling: Bool,
        width: Int = 0,
        height: Int = 0,
        frameRate: Double = 0,
        frames: Int = 0,
        channels: Int = 0,
        sampleRate: Int = 0,
        format: Format? = nil,
        quality: Double? = nil,
        durationSeconds: Double = 0,
        videoBytes: Int = 0,
        audioBytes: Int = 0,
        containerBytes: Int = 0,
        videoBitsPerSecond: Int = 0,
        audioBitsPerSecond: Int = 0,
        secondPassRuns: Int = 0,
        attempts: [Attempt],
        keeping: FrameKeeping? = nil,
        keptFrameBytes: Int = 0,
        ssim: Double? = nil,
        ssimFrames: Int = 0,
        ssimSize: PixelSize? = nil,
        elapsedSeconds: Double,
        notes: [String],
        metadata: MetadataOutcome? = nil,
        damage: Damage? = nil
    ) {
        self.kind = kind
        self.input = input
        self.output = output
        self.inputBytes = inputBytes
        self.bytes = bytes
        self.limitBytes = limitBytes
        self.targetBytes = targetBytes
        self.method = method
        self.stoppedAtQualityCeiling = stoppedAtQualityCeiling
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.frames = frames
        self.channels = channels
        self.sampleRate = sampleRate
        self.format = format
        self.quality = quality
        self.durationSeconds = durationSeconds
        self.videoBytes = videoBytes
        self.audioBytes = audioBytes
        self.containerBytes = containerBytes
        self.videoBitsPerSecond = videoBitsPerSecond
        self.audioBitsPerSecond = audioBitsPerSecond
        self.secondPassRuns = secondPassRuns
        self.attempts = attempts
        self.keeping = keeping
        self.keptFrameBytes = keptFrameBytes
        self.ssim = ssim
        self.ssimFrames = ssimFrames
        self.ssimSize = ssimSize
        self.elapsedSeconds = elapsedSeconds
        self.notes = notes
        self.metadata = metadata
        self.damage = damage
    }

    /// Share of the target (or of the limit, without one) that the file fills.
    package var fill: Double {
        Double(bytes) / Double(max(1, targetBytes ?? limitBytes))
    }
}
