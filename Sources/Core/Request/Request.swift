package import SystemPackage

/// What a person asks for: the file, the limit and the constraints, before anything is known of the source.
package struct Request: Sendable, Equatable, Codable {
    package var input: FilePath
    /// Nil: beside the input, named after the target.
    package var output: FilePath?
    /// Where it goes by its own name instead of beside the input.
    package var folder: FilePath?
    /// That name but for its extension; nil: after the input and the target.
    package var stem: String?
    /// What is expected to look worse, as SSIM at full size, is refused before it is made.
    package var leastSimilarity: Double?
    /// Nil: what suits the input, unless the output's name says.
    package var format: Format?
    /// Nil: no limit, constant quality.
    package var target: ByteSize?
    /// What the target is the limit of, where it was given by name.
    package var namedLimit: NamedLimit?
    package var heightCap: HeightCap
    package var frameRateCap: FrameRateCap
    package var speed: Speed
    package var audio: AudioWish
    package var audioTrack: AudioTrackWish
    package var metadata: Metadata.Policy
    /// The part that is kept; nil: all of it.
    package var span: Span?
    package var overwrites: Bool
    /// Whether a source that is damaged is refused instead of saved as far as it can be.
    package var isStrict: Bool
    /// Whether the result is an MP4 in fragments, which can be played while it comes through a pipe.
    package var isFragmented: Bool

    package init(
        input: FilePath,
        output: FilePath? = nil,
        format: Format? = nil,
        target: ByteSize? = nil,
        heightCap: HeightCap = .automatic,
        frameRateCap: FrameRateCap = .automatic,
        speed: Speed = .balanced,
        audio: AudioWish = .automatic,
        audioTrack: AudioTrackWish = .automatic,
        metadata: Metadata.Policy = .private,
        overwrites: Bool = false,
        isStrict: Bool = false,
        isFragmented: Bool = false,
        namedLimit: NamedLimit? = nil,
        span: Span? = nil
    ) {
        self.input = input
        self.output = output
        self.format = format
        self.target = target
        self.heightCap = heightCap
        self.frameRateCap = frameRateCap
        self.speed = speed
        self.audio = audio
        self.audioTrack = audioTrack
        self.metadata = metadata
        self.overwrites = overwrites
        self.isStrict = isStrict
        self.isFragmented = isFragmented
        self.namedLimit = namedLimit
        self.span = span
    }
}

/// How many lines the short side of the picture may have.
package enum HeightCap: Sendable, Equatable, Codable {
    /// 1080, and less where the bytes are few.
    case automatic
    case lines(Int)
    /// Neither more nor fewer, unless the source has fewer.
    case exactly(Int)
    case source

    /// The most that is allowed; nil for no limit.
    package var lines: Int? {
        switch self {
        case .automatic: 1080
        case .lines(let lines), .exactly(let lines): lines
        case .source: nil
        }
    }

    /// A size as this limit lets it be.
    package func fitted(_ size: PixelSize) -> PixelSize {
        size.fitted(shortSide: lines ?? Int.max)
    }

    /// The size that a result is compared with: what the source could have been shown in.
    package func compared(_ size: PixelSize) -> PixelSize {
        guard case .exactly(let lines) = self else { return fitted(size) }
        return size.fitted(shortSide: max(lines, HeightCap.automatic.lines ?? lines))
    }

    /// Whether the bytes have no say in the frame size.
    package var isExact: Bool {
        if case .exactly = self { true } else { false }
    }

    /// Reads `720`, `720p`, `1080P` or `source`; nil for anything else.
    package init?(parsing text: String) {
        let lowered = text.lowercased()
        if lowered == "source" {
            self = .source
            return
        }
        if lowered == "auto" {
            self = .automatic
            return
        }
        guard let lines = Self.lines(parsing: text) else { return nil }
        self = .lines(lines)
    }

    /// Reads `720`, `720p` or `1080P`, from 16 to 8640; nil for anything else.
    package static func lines(parsing text: String) -> Int? {
        let digits = text.lowercased().hasSuffix("p") ? String(text.dropLast()) : text
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let lines = Int(digits),
            (16...8640).contains(lines)
        else { return nil }
        return lines
    }
}

/// How many frames a second the picture may have.
package enum FrameRateCap: Sendable, Equatable, Codable {
    /// 60: what every screen shows, and no form asks for more.
    case automatic
    case perSecond(Rational)
    case source

    /// Reads `30`, `29.97`, `30000/1001` or `source`, from 1 to 240; nil for anything else.
    package init?(parsing text: String) {
        switch text.lowercased() {
        case "source": self = .source
        case "auto": self = .automatic
        case let number:
            guard let rate = Self.rate(number), rate.value >= 1, rate.value <= 240 else {
                return nil
            }
            self = .perSecond(rate)
        }
    }

    private static func rate(_ text: String) -> Rational? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2,
            text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "/") }),
            text.count <= 16
        else { return nil }
        if parts.count == 2 {
            guard let above = Int(parts[0]), let below = Int(parts[1]), above > 0, below > 0
            else { return nil }
            return Rational(above, below)
        }
        guard let value = Double(text), value.isFinite, value > 0 else { return nil }
        // 23.976, 29.97 and 59.94 are short for fractions of 1001.
        for nominal in [24, 30, 48, 60, 120]
        where abs(value - Double(nominal) * 1000 / 1001) < 0.006 {
            return Rational(nominal * 1000, 1001)
        }
        return Rational(Int((value * 1000).rounded()), 1000)
    }

    /// The most that is allowed; nil for no limit.
    package var rate: Rational? {
        switch self {
        case .automatic: Rational(60, 1)
        case .perSecond(let rate): rate
        case .source: nil
        }
    }

    /// Whether a rate is within the limit; cameras' clocks are a little fast.
    package func allows(_ own: Rational) -> Bool {
        guard let rate else { return true }
        return own.value <= rate.value * 1.01
    }

    /// The rate that a picture keeps under this limit.
    ///
    /// A whole fraction of its own rate keeps the motion even (240 → 60, 100 → 50, 59.94 → 29.97),
    /// and is taken where it loses less than a fifth of what is allowed.
    package func kept(of own: Rational) -> Rational {
        guard let rate, !allows(own) else { return own }
        let divisor = max(2, Int((own.value / (rate.value * 1.01)).rounded(.up)))
        let fraction = Rational(own.numerator, own.denominator * divisor)
        return fraction.value >= rate.value * 0.8 ? fraction : rate
    }
}

/// How much time the encoder may take for the same bytes.
package enum Speed: String, Sendable, Codable, CaseIterable {
    case fast
    case balanced
    case best

    /// The libx264 preset.
    ///
    /// `faster` saves little over `medium`, so fast means `veryfast` (rate-control
    /// measurements: 13.9 against 31.3 CPU s, 6 VMAF; slow: a quarter more, 0.5 VMAF).
    package var preset: String {
        switch self {
        case .fast: "veryfast"
        case .balanced: "medium"
        case .best: "slow"
        }
    }
}

/// What happens to the sound.
package enum AudioWish: Sendable, Equatable, Codable {
    case automatic
    case copy
    case none
    case bitsPerSecond(Int)

    /// Reads `auto`, `copy`, `none`, or kilobits per second from 8 to 512 (`96`, `96k`); nil for anything else.
    package init?(parsing text: String) {
        switch text.lowercased() {
        case "auto": self = .automatic
        case "copy": self = .copy
        case "none": self = .none
        case let other:
            let digits = other.hasSuffix("k") ? String(other.dropLast()) : other
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let kilobits = Int(digits),
                (8...512).contains(kilobits)
            else { return nil }
            self = .bitsPerSecond(kilobits * 1000)
        }
    }
}
