import Core
import Media
import SystemPackage
import TestSupport
import Testing

/// What the container costs, and where its index is.
@Suite struct MuxerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var clip: Clip
        var tone: Tone?
        var preset = "veryfast"
        var metadata = KeptMetadata()
    }

    static let cases = [
        Case(testDescription: "picture alone", clip: Clip(frames: 100)),
        Case(
            testDescription: "with sound",
            clip: Clip(frames: 75),
            tone: Tone(seconds: 3, bitsPerSecond: 96_000)
        ),
        Case(
            testDescription: "sound longer than the picture",
            clip: Clip(frames: 20),
            tone: Tone(seconds: 4)
        ),
        Case(
            testDescription: "picture longer than the sound",
            clip: Clip(frames: 100),
            tone: Tone(seconds: 0.7, sampleRate: 44_100, channels: 1, bitsPerSecond: 32_000)
        ),
        Case(
            testDescription: "29.97 frames a second, many B-frames",
            clip: Clip(.slides(framesEach: 40), rate: Rational(30_000, 1001), frames: 200),
            tone: Tone(seconds: 6),
            preset: "medium"
        ),
        Case(
            testDescription: "title, date and chapters",
            clip: Clip(frames: 75),
            tone: Tone(seconds: 3),
            metadata: KeptMetadata(
                tags: [
                    Metadata.Tag("title", "Fünf Tage"),
                    Metadata.Tag("creation_time", "2023-05-01T10:00:00Z"),
                ],
                chapters: [
                    .init(startMicroseconds: 0, endMicroseconds: 1_000_000, title: "One"),
                    .init(startMicroseconds: 1_000_000, endMicroseconds: 9_000_000, title: "Two"),
                ]
            )
        ),
        Case(
            testDescription: "names that MP4 has no place for",
            clip: Clip(frames: 75),
            metadata: KeptMetadata(
                policy: .keep,
                tags: [
                    Metadata.Tag("com.apple.quicktime.model", "Taschenrechner"),
                    Metadata.Tag("location", "+37.7749-122.4194/"),
                ]
            )
        ),
        Case(testDescription: "one frame", clip: Clip(frames: 1)),
        Case(
            testDescription: "noise",
            clip: Clip(.noise, rate: Rational(60, 1), frames: 60),
            tone: Tone(seconds: 1)
        ),
    ]

    @Test("the bytes that are counted are the bytes of a real file", arguments: cases)
    func counts(_ example: Case) throws {
        let folder = try Folder()
        let raw = folder.file("clip.y4m")
        try example.clip.writeRaw(to: raw)
        let source = try Studio.probe(raw)
        let picture = try Studio.picture(of: source)
        let settings = VideoEncoder.Settings(
            size: picture.size,
            frameRate: picture.frameRate,
            matrix: picture.matrix,
            preset: example.preset,
            keyframeIntervalFrames: 250
        )
        var sound = try example.tone?.track(at: folder.file("sound"))
        let trimmings = try Trimmings(
            example.metadata,
            of: source,
            flag: CancellationFlag()
        )
        let output = folder.file("out.mp4")
        let outcome = try Studio.encode(
            source,
            picture: picture,
            settings: settings,
            mode: .constantQuality(24),
            sound: &sound,
            to: output,
            trimmings: trimmings
        )
        let soundBytes = sound?.byteCount ?? 0
        #expect((soundBytes > 0) == (example.tone != nil))
        let encoder = try VideoEncoder(settings, mode: .constantQuality(24))
        let counted = try Muxer.containerBytes(
            video: encoder,
            packets: outcome.timings,
            sound: &sound,
            trimmings: trimmings
        )
        let real = output.byteCount - outcome.videoBytes - soundBytes
        #expect(abs(counted - real) <= 64, "counted \(counted), real \(real)")
        // The sound starts again where it began.
        #expect((sound?.nextSeconds == nil) == (example.tone == nil))
    }

    @Test("the index lies before the pictures, so that a file plays while it loads")
    func fastStart() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 25).write(to: path, tone: Tone(seconds: 1))
        let types = try MP4.topLevelTypes(of: path)
        let index = try #require(types.firstIndex(of: "moov"))
        let data = try #require(types.firstIndex(of: "mdat"))
        #expect(types.first == "ftyp")
        #expect(index < data)
    }

    @Test("picture and sound begin at zero together", .enabled(if: FFprobe.isInstalled))
    func beginsAtZero() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 50).write(to: path, tone: Tone(seconds: 2))
        let answer = try FFprobe.describe(path)
        for start in [answer.video?.startTime, answer.audio?.startTime, answer.format?.startTime] {
            let seconds = try #require(start.flatMap(Double.init))
            #expect(abs(seconds) < 0.03)
        }
        let seconds = try #require(answer.format?.duration.flatMap(Double.init))
        #expect(abs(seconds - 2) < 0.05)
        #expect(answer.audio?.codecName == "aac")
        #expect(answer.audio?.profile == "LC")
    }

    @Test("a folder that is not there is an error")
    func noFolder() throws {
        let folder = try Folder()
        #expect(throws: MediaError.self) {
            let encoder = try VideoEncoder(
                VideoEncoder.Settings(
                    size: PixelSize(width: 64, height: 64),
                    frameRate: Rational(25, 1),
                    matrix: .bt709,
                    preset: "veryfast",
                    keyframeIntervalFrames: 250
                ),
                mode: .constantQuality(30)
            )
            let none: Track? = nil
            _ = try Muxer(
                path: folder.file("none").appending("out.mp4"),
                video: encoder,
                sound: none
            )
        }
    }
}
