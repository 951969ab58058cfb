/// A fraction of two integers, as libav keeps frame rates and time bases.
package struct Rational: Hashable, Codable, Sendable {
    package var numerator: Int
    package var denominator: Int

    package init(_ numerator: Int, _ denominator: Int) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// For display and for model fits only; NaN-free: a zero denominator reads as 0.
    package var value: Double {
        denominator == 0 ? 0 : Double(numerator) / Double(denominator)
    }

    package var isPositive: Bool {
        numerator > 0 && denominator > 0
    }
}

/// Width and height in pixels.
package struct PixelSize: Hashable, Codable, Sendable, CustomStringConvertible {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    package var pixels: Int { width * height }
    package var shortSide: Int { min(width, height) }
    package var longSide: Int { max(width, height) }
    package var transposed: PixelSize { PixelSize(width: height, height: width) }
    package var description: String { "\(width)×\(height)" }

    /// The largest size of the same shape whose short side has at most `lines`, both sides even
    /// (4:2:0 needs that), never larger than this one but for the rounding up of a single pixel.
    package func fitted(shortSide lines: Int) -> PixelSize {
        // An odd cap is kept by the even number below it.
        let cap = lines < shortSide ? max(2, lines - lines % 2) : shortSide
        func scaled(_ side: Int) -> Int {
            // Round to the nearest even number; shapes stay within half a pixel.
            let exact = shortSide == 0 ? 0 : (side * cap * 2 + shortSide) / (shortSide * 2)
            return max(2, exact % 2 == 0 ? exact : (exact < side ? exact + 1 : exact - 1))
        }
        return PixelSize(width: scaled(width), height: scaled(height))
    }
}

/// How stored pixels become upright ones: the eight rotations and mirrorings of a display matrix.
package struct Orientation: Hashable, Codable, Sendable {
    /// Clockwise turn that makes the picture upright: 0, 90, 180 or 270 degrees.
    package var clockwiseDegrees: Int
    /// Whether the picture is mirrored left to right after the turn.
    package var isMirrored: Bool

    package init(clockwiseDegrees: Int = 0, isMirrored: Bool = false) {
        self.clockwiseDegrees = clockwiseDegrees
        self.isMirrored = isMirrored
    }

    package var isUpright: Bool { clockwiseDegrees == 0 && !isMirrored }
    package var swapsSides: Bool { clockwiseDegrees % 180 == 90 }
}

/// The colour description that a stream carries, in libav's own names; nil where it says nothing.
package struct Colour: Hashable, Codable, Sendable {
    package var primaries: String?
    package var transfer: String?
    package var matrix: String?
    package var isFullRange: Bool

    package init(
        primaries: String? = nil,
        transfer: String? = nil,
        matrix: String? = nil,
        isFullRange: Bool = false
    ) {
        self.primaries = primaries
        self.transfer = transfer
        self.matrix = matrix
        self.isFullRange = isFullRange
    }

    /// PQ or HLG: shown as it is on an ordinary screen, such a picture is grey.
    package var isHighDynamicRange: Bool {
        transfer == "smpte2084" || transfer == "arib-std-b67"
    }

    /// The primaries that the numbers are meant in, where they are not BT.709's: named ones, or
    /// those that always go with the matrix.
    ///
    /// Nil also for names that no converter knows.
    package var foreignPrimaries: String? {
        let known = [
            "bt470m", "bt470bg", "smpte170m", "smpte240m", "bt2020", "smpte431", "smpte432",
        ]
        if let primaries { return known.contains(primaries) ? primaries : nil }
        if isHighDynamicRange { return "bt2020" }
        switch matrix {
        case "bt2020nc", "bt2020c": return "bt2020"
        case "smpte170m", "bt470bg": return matrix
        default: return nil
        }
    }

    /// Colours that BT.709 has not: on a screen that takes them for BT.709's, they are pale.
    package var isWideGamut: Bool {
        ["bt2020", "smpte431", "smpte432"].contains(foreignPrimaries)
    }
}

/// Which of a frame's two fields is shown first.
package enum FieldOrder: String, Hashable, Codable, Sendable {
    /// As each frame itself says.
    case asFlagged
    case topFirst
    case bottomFirst
}

/// What a file's video track is, read without decoding it to the end.
package struct VideoTrack: Hashable, Codable, Sendable {
    package var streamIndex: Int
    package var codec: String
    package var profile: String?
    package var level: Int?
    /// Stored size in pixels, before the sample aspect ratio and the display matrix.
    package var codedSize: PixelSize
    /// Size as it should be seen: square pixels, upright.
    package var displaySize: PixelSize
    package var orientation: Orientation
    package var sampleAspectRatio: Rational
    package var frameRate: Rational
    package var hasVariableFrameRate: Bool
    package var isInterlaced: Bool
    /// Anything but `asFlagged` was seen in the picture, and goes for every frame.
    package var fieldOrder: FieldOrder
    package var pixelFormat: String
    package var bitDepth: Int
    package var isRGB: Bool
    /// Whether there is a plane of transparency, used or not.
    package var hasAlpha: Bool
    package var colour: Colour
    package var bitsPerSecond: Int?

    package init(
        streamIndex: Int,
        codec: String,
        profile: String? = nil,
        level: Int? = nil,
        codedSize: PixelSize,
        displaySize: PixelSize? = nil,
        orientation: Orientation = Orientation(),
        sampleAspectRatio: Rational = Rational(1, 1),
        frameRate: Rational,
        hasVariableFrameRate: Bool = false,
        isInterlaced: Bool = false,
        fieldOrder: FieldOrder = .asFlagged,
        pixelFormat: String = "yuv420p",
        bitDepth: Int = 8,
        isRGB: Bool = false,
        hasAlpha: Bool = false,
        colour: Colour = Colour(),
        bitsPerSecond: Int? = nil
    ) {
        self.streamIndex = streamIndex
        self.codec = codec
        self.profile = profile
        self.level = level
        self.codedSize = codedSize
        self.displaySize = displaySize ?? codedSize
        self.orientation = orientation
        self.sampleAspectRatio = sampleAspectRatio
        self.frameRate = frameRate
        self.hasVariableFrameRate = hasVariableFrameRate
        self.isInterlaced = isInterlaced
        self.fieldOrder = fieldOrder
        self.pixelFormat = pixelFormat
        self.bitDepth = bitDepth
        self.isRGB = isRGB
        self.hasAlpha = hasAlpha
        self.colour = colour
        self.bitsPerSecond = bitsPerSecond
    }
}

/// What one of a file's audio tracks is.
package struct AudioTrack: Hashable, Codable, Sendable {
    package var streamIndex: Int
    package var codec: String
    package var profile: String?
    package var channels: Int
    package var sampleRate: Int
    package var bitsPerSecond: Int?
    package var language: String?
    /// Its place among the file's sound tracks, from 1.
    package var number: Int
    package var title: String?
    package var isDefault: Bool
    /// A commentary, or a version for those who see or hear less.
    package var isSecondary: Bool
    /// False where this build has no decoder for the codec, or the track describes no sound.
    package var isDecodable: Bool
    /// What was heard in it; nil for ordinary sound, and where nobody listened.
    package var character: SoundCharacter?

    package init(
        streamIndex: Int,
        codec: String,
        profile: String? = nil,
        channels: Int,
        sampleRate: Int,
        bitsPerSecond: Int? = nil,
        language: String? = nil,
        number: Int = 1,
        title: String? = nil,
        isDefault: Bool = false,
        isSecondary: Bool = false,
        isDecodable: Bool = true
    ) {
        self.streamIndex = streamIndex
        self.codec = codec
        self.profile = profile
        self.channels = channels
        self.sampleRate = sampleRate
        self.bitsPerSecond = bitsPerSecond
        self.language = language?.clipped(to: ToldText.longestLanguage)
        self.number = number
        self.title = title?.clipped(to: ToldText.longestName)
        self.isDefault = isDefault
        self.isSecondary = isSecondary
        self.isDecodable = isDecodable
    }
}

/// What one of a file's subtitle tracks is.
package struct SubtitleTrack: Hashable, Codable, Sendable {
    package var streamIndex: Int
    package var codec: String
    package var language: String?
    package var title: String?
    /// False for pictures of letters, which cannot become text.
    package var isText: Bool

    package init(
        streamIndex: Int,
        codec: String,
        language: String? = nil,
        title: String? = nil,
        isText: Bool = true
    ) {
        self.streamIndex = streamIndex
        self.codec = codec
        self.language = language?.clipped(to: ToldText.longestLanguage)
        self.title = title?.clipped(to: ToldText.longestName)
        self.isText = isText
    }
}

/// Facts about an input: what a probe yields and a plan starts from.
package struct Source: Hashable, Codable, Sendable {
    package var path: String
    package var bytes: Int
    /// libav's short name of the container, as in `mov,mp4,m4a,3gp,3g2,mj2`.
    package var container: String
    /// Presentation time from the first to the last sample, in seconds; an estimate by
    /// `bytes` where the container states none (then `durationIsEstimated`); of what is there, where
    /// the file is cut off.
    package var durationSeconds: Double
    package var durationIsEstimated: Bool
    /// Presentation time of the earliest sample in the container's own time; the result begins at 0.
    package var startMicroseconds: Int
    package var video: VideoTrack
    /// In the order of preference: the first is the one that is kept.
    package var audio: [AudioTrack]
    package var subtitles: [SubtitleTrack]
    package var metadata: Metadata
    /// Nil where the file is as long as its own index says, or has none.
    package var cut: Cut?
    /// Which part of the file it is; nil for all of it.
    package var part: Part?

    package init(
        path: String,
        bytes: Int,
        container: String,
        durationSeconds: Double,
        durationIsEstimated: Bool = false,
        startMicroseconds: Int = 0,
        video: VideoTrack,
        audio: [AudioTrack] = [],
        subtitles: [SubtitleTrack] = [],
        metadata: Metadata = Metadata(),
        cut: Cut? = nil
    ) {
        self.path = path
        self.bytes = bytes
        self.container = container
        self.durationSeconds = durationSeconds
        self.durationIsEstimated = durationIsEstimated
        self.startMicroseconds = startMicroseconds
        self.video = video
        self.audio = audio
        self.subtitles = subtitles
        self.metadata = metadata
        self.cut = cut
    }
}
