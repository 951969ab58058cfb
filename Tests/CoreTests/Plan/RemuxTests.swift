import Core
import Testing

/// When a file is copied as it is: each condition by itself.
@Suite struct RemuxTests {
    /// Small enough for its target, and plays everywhere.
    static let easy = phoneClip(bytes: 5_000_000)

    struct Obstacle: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var video: VideoTrack
    }

    static let obstacles = [
        Obstacle(testDescription: "another codec", video: phoneVideo(codec: "hevc")),
        Obstacle(
            testDescription: "10 bits",
            video: phoneVideo(profile: "High 10", pixelFormat: "yuv420p10le")
        ),
        Obstacle(testDescription: "4:2:2", video: phoneVideo(pixelFormat: "yuv422p")),
        Obstacle(
            testDescription: "a professional profile",
            video: phoneVideo(profile: "High 4:2:2")
        ),
        Obstacle(testDescription: "no known profile", video: phoneVideo(profile: nil)),
        Obstacle(testDescription: "level 5.1", video: phoneVideo(level: 51)),
        Obstacle(testDescription: "no known level", video: phoneVideo(level: nil)),
        Obstacle(
            testDescription: "1440 lines",
            video: phoneVideo(size: PixelSize(width: 2560, height: 1440))
        ),
        Obstacle(
            testDescription: "a long side above 1920",
            video: phoneVideo(size: PixelSize(width: 2048, height: 1080))
        ),
        Obstacle(testDescription: "120 frames a second", video: phoneVideo(rate: Rational(120, 1))),
        Obstacle(testDescription: "interlaced", video: phoneVideo(isInterlaced: true)),
        Obstacle(testDescription: "oblong pixels", video: phoneVideo(aspect: Rational(64, 45))),
        Obstacle(
            testDescription: "PQ",
            video: phoneVideo(colour: Colour(transfer: "smpte2084"))
        ),
        Obstacle(
            testDescription: "HLG",
            video: phoneVideo(colour: Colour(transfer: "arib-std-b67"))
        ),
    ]

    @Test("a file that fits and plays everywhere is copied")
    func copies() throws {
        let plan = try Plan.make(for: Self.easy, request: request(to: 8_000_000))
        #expect(plan.method == .remux)
        #expect(plan.limitBytes == 8_000_000)
        #expect(plan.targetBytes == 8_000_000)
        #expect(plan.expectedBytes == 5_000_000)
        #expect(plan.sound == .copy(streamIndex: 1, bitsPerSecond: 128_000, sampleRate: 48_000))
        #expect(plan.frames == 1800)
        #expect(!plan.reasons.isEmpty)
        #expect(Plan.obstacleToPlayingEverywhere(Self.easy) == nil)
    }

    @Test("one obstacle is enough to encode", arguments: obstacles)
    func obstacle(_ obstacle: Obstacle) throws {
        let source = phoneClip(bytes: 5_000_000, video: obstacle.video)
        #expect(Plan.obstacleToPlayingEverywhere(source) != nil)
        #expect(try Plan.make(for: source, request: request(to: 8_000_000)).method == .fit)
    }

    @Test("what plays everywhere is no obstacle")
    func noObstacle() {
        for profile in ["Baseline", "Constrained Baseline", "Main", "High"] {
            let source = phoneClip(video: phoneVideo(profile: profile, level: 42))
            #expect(Plan.obstacleToPlayingEverywhere(source) == nil)
        }
        let others = [
            phoneVideo(pixelFormat: "yuvj420p"), phoneVideo(rate: Rational(60, 1)),
            phoneVideo(size: PixelSize(width: 1080, height: 1920)),
            phoneVideo(orientation: Orientation(clockwiseDegrees: 90)),
        ]
        for video in others {
            #expect(Plan.obstacleToPlayingEverywhere(phoneClip(video: video)) == nil)
        }
    }

    @Test("a file of exactly the target's size is copied, one byte more is not")
    func boundary() throws {
        let ask = request(to: 5_000_000)
        #expect(try Plan.make(for: phoneClip(bytes: 5_000_000), request: ask).method == .remux)
        #expect(try Plan.make(for: phoneClip(bytes: 5_000_001), request: ask).method == .fit)
    }

    @Test("without a target nothing is copied")
    func withoutTarget() throws {
        #expect(try Plan.make(for: Self.easy, request: request()).method == .constantQuality)
    }

    @Test("a lower cap on the lines is a reason to encode; the automatic one is not")
    func heightCap() throws {
        let low = request(to: 8_000_000, heightCap: .lines(720))
        #expect(try Plan.make(for: Self.easy, request: low).method == .fit)
        for cap in [HeightCap.lines(1080), .source, .automatic] {
            let ask = request(to: 8_000_000, heightCap: cap)
            #expect(try Plan.make(for: Self.easy, request: ask).method == .remux)
        }
    }

    @Test("after a copy that came out too large the file is encoded")
    func mayNotCopy() throws {
        let plan = try Plan.make(
            for: Self.easy,
            request: request(to: 8_000_000),
            mayRemux: false
        )
        #expect(plan.method == .fit)
    }

    @Test(
        "sound that not everything plays is a reason to encode",
        arguments: [
            phoneAudio(codec: "opus", profile: nil), phoneAudio(profile: "HE-AAC"),
            phoneAudio(channels: 6), phoneAudio(sampleRate: 96_000), phoneAudio(sampleRate: 22_050),
        ]
    )
    func foreignSound(_ track: AudioTrack) throws {
        let source = phoneClip(bytes: 5_000_000, audio: [track])
        #expect(!track.playsEverywhere)
        #expect(try Plan.make(for: source, request: request(to: 8_000_000)).method == .fit)
        // Left out, it is none.
        let silent = try Plan.make(for: source, request: request(to: 8_000_000, audio: .none))
        #expect(silent.method == .remux)
        #expect(silent.sound == .none)
    }

    @Test("a wish for a rate is a reason to encode, unless there is no sound")
    func wishedRate() throws {
        let ask = request(to: 8_000_000, audio: .bitsPerSecond(96_000))
        #expect(try Plan.make(for: Self.easy, request: ask).method == .fit)
        let mute = phoneClip(bytes: 5_000_000, audio: [])
        let plan = try Plan.make(for: mute, request: ask)
        #expect(plan.method == .remux)
        #expect(plan.sound == .none)
    }
}
