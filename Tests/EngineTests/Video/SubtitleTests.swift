import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Text that is shown with the picture, read by another program.
@Suite(
    .enabled(if: FFmpeg.isInstalled),
    .timeLimit(.minutes(10))
) struct SubtitleTests {
    static let english = """
        1
        00:00:00,500 --> 00:00:01,200
        Where is the <i>dog</i>?

        2
        00:00:02,000 --> 00:00:02,700
        In the car — 在车里.

        """

    static let german = """
        1
        00:00:00,500 --> 00:00:01,200
        Wo ist der Hund?

        """

    /// A clip with both as subtitles of a codec, in Matroska or MP4.
    static func run(_ codec: String, _ name: String, hasSound: Bool = true) throws -> Run {
        var run = try Run(
            Clip(width: 320, height: 180, frames: 75),
            name: "picture.mp4",
            quality: 8,
            tone: hasSound ? Tone(seconds: 3) : nil
        )
        let texts = [("a.srt", english), ("b.srt", german)]
        for (file, text) in texts { try run.folder.file(file).write(Data(text.utf8)) }
        let result = run.folder.file(name)
        try FFmpeg.run([
            "-i", run.input.string, "-i", run.folder.file("a.srt").string,
            "-i", run.folder.file("b.srt").string, "-map", "0", "-map", "1", "-map", "2", "-c",
            "copy", "-c:s", codec, "-metadata:s:s:0", "language=eng", "-metadata:s:s:1",
            "language=ger", result.string,
        ])
        for file in ["a.srt", "b.srt", "picture.mp4"] {
            try FileManager.default.removeItem(atPath: run.folder.file(file).string)
        }
        run.input = result
        return run
    }

    @Test(
        "text subtitles of every kind come out as mov_text, at their time, in their language",
        arguments: [
            ("srt", "in.mkv"), ("ass", "in.mkv"), ("webvtt", "in.mkv"), ("mov_text", "in.mp4"),
        ],
        [0.4, 1.2]
    )
    func translates(_ kind: (codec: String, name: String), _ share: Double) async throws {
        let run = try Self.run(kind.codec, kind.name)
        let target = Int(Double(run.input.byteCount) * share)
        let report = try await run.perform(run.request(to: target))
        #expect(report.method == (share < 1 ? .fit : .remux))
        #expect(run.output.byteCount <= target)
        let streams = try #require(try FFprobe.facts(run.output).streams)
            .filter { $0.codecType == "subtitle" }
        #expect(streams.map(\.codecName) == ["mov_text", "mov_text"])
        #expect(streams.map { $0.tags?["language"] } == ["eng", "ger"])
        let text = String(
            decoding: try FFmpeg.run(["-i", run.output.string, "-map", "0:s:0", "-f", "srt", "-"]),
            as: UTF8.self
        )
        // Matroska begins with AAC's priming, 21 ms before the picture: all is later by that.
        let isLate = text.contains(",521")
        #expect(text.contains(isLate ? "00,521 --> 00:00:01,221" : "00,500 --> 00:00:01,200"))
        #expect(!text.contains("Hund"))
        #expect(text.contains("dog"))
        #expect(text.contains(isLate ? "02,021 --> 00:00:02,721" : "02,000 --> 00:00:02,700"))
        #expect(text.contains("In the car — 在车里."), "\(text)")
    }

    @Test(
        "a picture that is cut off is said to be, copied or encoded, whatever its text says",
        arguments: [0.5, 2]
    )
    func cutOff(_ share: Double) async throws {
        var run = try Run(Clip(.noise, width: 320, height: 180, frames: 250), name: "picture.mp4")
        let text = run.folder.file("sign.srt")
        // One line for all of its time.
        try text.write(Data("1\n00:00:00,000 --> 00:00:10,000\nA sign.\n\n".utf8))
        let whole = run.folder.file("in.mkv")
        try FFmpeg.run([
            "-i", run.input.string, "-i", text.string, "-map", "0", "-map", "1", "-c:v", "copy",
            "-c:s", "srt", whole.string,
        ])
        let contents = try whole.contents()
        try whole.write(contents.prefix(contents.count / 2))
        run.input = whole
        let request = run.request(to: Int(Double(contents.count / 2) * share))
        let report = try await run.perform(request)
        let damage = try #require(report.damage)
        #expect(abs((damage.statedSeconds ?? 0) - 10) < 0.2)
        #expect(abs((damage.reachedSeconds ?? 0) - 5) < 1)
    }

    @Test("a clip with subtitles and no sound has no sound")
    func noSound() async throws {
        let run = try Self.run("srt", "in.mkv", hasSound: false)
        let report = try await run.perform(run.request(to: run.input.byteCount / 2))
        #expect(report.audioBytes == 0)
        let kinds = try FFprobe.facts(run.output).streams?.map(\.codecType)
        #expect(kinds == ["video", "subtitle", "subtitle"])
    }
}
