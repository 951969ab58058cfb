package import SystemPackage

/// What a person asks for: the file, the limit and the constraints, before anything is known of the source.
package struct Request: Sendable, Equatable {
    package var input: FilePath
    /// Nil: beside the input, named after the target.
    package var output: FilePath?
    /// Nil: no limit, constant quality.
    package var target: ByteSize?
    package var heightCap: HeightCap
    package var speed: Speed
    package var audio: AudioWish
    package var audioTrack: AudioTrackWish
    package var metadata: Metadata.Policy
    package var overwrites: Bool

    package init(
        input: FilePath,
        output: FilePath? = nil,
        target: ByteSize? = nil,
        heightCap: HeightCap = .automatic,
        speed: Speed = .balanced,
        audio: AudioWish = .automatic,
        audioTrack: AudioTrackWish = .automatic,
        metadata: Metadata.Policy = .private,
        overwrites: Bool = false
    ) {
        self.input = input
        self.output = output
        self.target = target
        self.heightCap = heightCap
        self.speed = speed
        self.audio = audio
        self.audioTrack = audioTrack
        self.metadata = metadata
        self.overwrites = overwrites
    }

    /// Where the result goes: the named output, or `<name>-8MB.mp4` beside the input
    /// (`<name>-small.mp4` without a target).
    package var destination: FilePath {
        if let output { return output }
        let stem = input.stem ?? "video"
        let suffix = target?.fileNameText ?? "small"
        return input.removingLastComponent().appending("\(stem)-\(suffix).mp4")
    }
}

/// How many lines the short side of the picture may have.
package enum HeightCap: Sendable, Equatable {
    /// 720 for targets up to 20 MB, 1080 above and without a target, and less where the bytes are few.
    case automatic
    case lines(Int)
    case source

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
        let digits = lowered.hasSuffix("p") ? String(lowered.dropLast()) : lowered
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let lines = Int(digits),
            (16...8640).contains(lines)
        else { return nil }
        self = .lines(lines)
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
package enum AudioWish: Sendable, Equatable {
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
