import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// What a file is, read without decoding it to the end.
@Suite struct ProberTests {
    struct Facts: Sendable {
        var name: String
        var codec: String
        var coded: String
        var displayed: String
        var seconds: Double
        var sound: String?
    }

    static let fixtures = [
        Facts(
            name: "traffic-432p.mp4",
            codec: "h264",
            coded: "768×432",
            displayed: "768×432",
            seconds: 30.2,
            sound: "aac"
        ),
        Facts(
            name: "variable-rate-518x488.mp4",
            codec: "h264",
            coded: "518×488",
            displayed: "518×488",
            seconds: 5.59,
            sound: "aac"
        ),
        Facts(
            name: "starts-at-10s-oblong-pixels.mp4",
            codec: "h264",
            coded: "800×640",
            displayed: "1137×640",
            seconds: 4,
            sound: nil
        ),
        Facts(
            name: "late-sound.mp4",
            codec: "h264",
            coded: "400×300",
            displayed: "400×300",
            seconds: 2.4,
            sound: "aac"
        ),
        Facts(
            name: "hdr10-256x144.mkv",
            codec: "hevc",
            coded: "256×144",
            displayed: "256×144",
            seconds: 10.8,
            sound: nil
        ),
        Facts(
            name: "h263-amr.3gp",
            codec: "h263",
            coded: "352×288",
            displayed: "504×288",
            seconds: 5.58,
            sound: "amr_nb"
        ),
        Facts(
            name: "xvid-mp3.avi",
            codec: "mpeg4",
            coded: "960×400",
            displayed: "960×400",
            seconds: 4.09,
            sound: "mp3"
        ),
        Facts(
            name: "vp9-642x642.webm",
            codec: "vp9",
            coded: "642×642",
            displayed: "642×642",
            seconds: 2.97,
            sound: nil
        ),
    ]

    @Test("real files are read as what they are", arguments: fixtures)
    func fixture(_ facts: Facts) throws {
        let source = try Studio.probe(Fixture.path(facts.name))
        #expect(source.video.codec == facts.codec)
        #expect(source.video.codedSize.description == facts.coded)
        #expect(source.video.displaySize.description == facts.displayed)
        #expect(source.audio.first?.codec == facts.sound)
        #expect(source.bytes == Fixture.path(facts.name).byteCount)
        #expect(abs(source.durationSeconds - facts.seconds) < 0.1)
    }

    @Test("a PQ picture is HDR with 10 bits")
    func highDynamicRange() throws {
        let video = try Studio.probe(Fixture.path("hdr10-256x144.mkv")).video
        #expect(video.colour.isHighDynamicRange)
        #expect(video.bitDepth == 10)
        #expect(video.pixelFormat == "yuv420p10le")
    }

    @Test("a full-range picture says so")
    func fullRange() throws {
        let video = try Studio.probe(Fixture.path("variable-rate-518x488.mp4")).video
        #expect(video.colour.isFullRange)
        #expect(video.hasVariableFrameRate || video.frameRate.value > 29)
    }

    @Test(
        "oblong pixels are made square by enlarging one side",
        arguments: [
            (Rational(2, 1), "640×180"), (Rational(1, 2), "320×360"), (Rational(1, 1), "320×180"),
            (Rational(64, 45), "455×180"), (Rational(0, 0), "320×180"),
            (Rational(1000, 1), "320×180"),
        ] as [(Rational, String)]
    )
    func aspect(_ aspect: Rational, _ displayed: String) throws {
        let folder = try Folder()
        try Clip(frames: 2, aspect: aspect).writeRaw(to: folder.file("clip.y4m"))
        let video = try Studio.probe(folder.file("clip.y4m")).video
        #expect(video.displaySize.description == displayed)
        #expect(video.codedSize.description == "320×180")
    }

    @Test(
        "a constant frame rate is read as it is",
        arguments: [
            Rational(24, 1), Rational(25, 1), Rational(30_000, 1001), Rational(25, 2),
            Rational(60, 1), Rational(120, 1),
        ]
    )
    func rates(_ rate: Rational) throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 64, height: 64, rate: rate, frames: 60).write(to: path)
        let source = try Studio.probe(path)
        #expect(abs(source.video.frameRate.value - rate.value) < 0.001)
        #expect(!source.video.hasVariableFrameRate)
        #expect(abs(source.durationSeconds - 60 / rate.value) < 0.002)
        #expect(!source.durationIsEstimated)
    }

    @Test("an interlaced picture says so")
    func interlaced() throws {
        let folder = try Folder()
        try Clip(frames: 3, isInterlaced: true).writeRaw(to: folder.file("clip.y4m"))
        #expect(try Studio.probe(folder.file("clip.y4m")).video.isInterlaced)
        try Clip(frames: 3).writeRaw(to: folder.file("clip.y4m"))
        #expect(try !Studio.probe(folder.file("clip.y4m")).video.isInterlaced)
    }

    @Test(
        "a recording that stands still for a while keeps the rate at which it moves",
        .enabled(if: FFmpeg.isInstalled)
    )
    func pause() throws {
        let folder = try Folder()
        let path = folder.file("clip.mkv")
        let pause = ["-vf", "select='lt(n,21)+gt(n,80)'", "-vsync", "vfr"]
        try FFmpeg.make("testsrc2=s=64x64:r=30:d=3.4", pause + ["-c:v", "libx264"], at: path)
        let rate = try Studio.probe(path).video.frameRate
        #expect(abs(rate.value - 30) < 0.1, "\(rate)")
    }

    @Test("odd sizes are read as they are")
    func oddSize() throws {
        let folder = try Folder()
        try Clip(width: 35, height: 17, frames: 3).writeRaw(to: folder.file("clip.y4m"))
        #expect(try Studio.probe(folder.file("clip.y4m")).video.codedSize.description == "35×17")
    }

    @Test("our own files play everywhere, sound included")
    func ownFile() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 25).write(to: path, tone: Tone(seconds: 1))
        let source = try Studio.probe(path)
        #expect(Plan.obstacleToPlayingEverywhere(source) == nil)
        #expect(source.audio.first?.playsEverywhere == true)
        #expect(source.video.level.map { $0 <= 42 } == true)
    }

    @Test("an MP4 that is cut off says how long it was and is as long as what is there")
    func cutOff() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(.noise, frames: 25).write(to: path)
        let whole = path.byteCount
        #expect(try Studio.probe(path).cut == nil)
        try MP4.cut(path, to: whole * 6 / 10)
        let source = try Studio.probe(path)
        let cut = try #require(source.cut)
        #expect(cut.statedBytes == whole)
        #expect(abs(cut.statedSeconds - 1) < 0.05)
        #expect(cut.pictureSeconds > 0.3 && cut.pictureSeconds < 0.9)
        #expect(cut.soundSeconds == nil)
        #expect(source.durationSeconds == cut.pictureSeconds)
    }

    @Test("an MP4 that is cut off before its first picture is refused")
    func cutBeforePicture() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(.noise, frames: 25).write(to: path)
        try MP4.cut(path, to: path.byteCount * 25 / 1000)
        let error = #expect(throws: MediaError.self) { try Studio.probe(path) }
        #expect(error?.kind == .invalid)
    }

    @Test("sound alone is no video")
    func soundAlone() throws {
        let folder = try Folder()
        let path = folder.file("tone.wav")
        try path.write(Tone(seconds: 0.5).wave)
        let error = #expect(throws: MediaError.self) { try Studio.probe(path) }
        #expect(error?.kind == .noVideo)
    }

    @Test("a file that is not there is missing")
    func missing() throws {
        let folder = try Folder()
        let error = #expect(throws: MediaError.self) { try Studio.probe(folder.file("none.mp4")) }
        #expect(error?.kind == .missing)
    }
}
