import Core
import SystemPackage

/// A source as a phone makes it: 1080p30 H.264 with stereo AAC, 60 s, 60 MB; each test bends one thing.
func phoneClip(
    bytes: Int = 60_000_000,
    seconds: Double = 60,
    video: VideoTrack = phoneVideo(),
    audio: [AudioTrack] = [phoneAudio()]
) -> Source {
    Source(
        path: "/videos/clip.mp4",
        bytes: bytes,
        container: "mov,mp4,m4a,3gp,3g2,mj2",
        durationSeconds: seconds,
        video: video,
        audio: audio
    )
}

func phoneVideo(
    codec: String = "h264",
    profile: String? = "High",
    level: Int? = 40,
    size: PixelSize = PixelSize(width: 1920, height: 1080),
    displaySize: PixelSize? = nil,
    orientation: Orientation = Orientation(),
    aspect: Rational = Rational(1, 1),
    rate: Rational = Rational(30, 1),
    isInterlaced: Bool = false,
    pixelFormat: String = "yuv420p",
    isRGB: Bool = false,
    colour: Colour = Colour()
) -> VideoTrack {
    VideoTrack(
        streamIndex: 0,
        codec: codec,
        profile: profile,
        level: level,
        codedSize: size,
        displaySize: displaySize,
        orientation: orientation,
        sampleAspectRatio: aspect,
        frameRate: rate,
        isInterlaced: isInterlaced,
        pixelFormat: pixelFormat,
        isRGB: isRGB,
        colour: colour
    )
}

func phoneAudio(
    codec: String = "aac",
    profile: String? = "LC",
    channels: Int = 2,
    sampleRate: Int = 48_000,
    bitsPerSecond: Int? = 128_000,
    isDecodable: Bool = true
) -> AudioTrack {
    AudioTrack(
        streamIndex: 1,
        codec: codec,
        profile: profile,
        channels: channels,
        sampleRate: sampleRate,
        bitsPerSecond: bitsPerSecond,
        isDecodable: isDecodable
    )
}

func request(
    to target: Int? = nil,
    heightCap: HeightCap = .automatic,
    speed: Speed = .balanced,
    audio: AudioWish = .automatic
) -> Request {
    Request(
        input: "/videos/clip.mp4",
        target: target.map { ByteSize(bytes: $0) },
        heightCap: heightCap,
        speed: speed,
        audio: audio
    )
}
