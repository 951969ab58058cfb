import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A part is exact to the frame and to the sample, as ffmpeg decodes source and result.
@Suite(.enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10))) struct PartTests {
    static let side = 48

    /// The pictures of a file, small and grey.
    static func pictures(of path: FilePath) throws -> [[UInt8]] {
        let bytes = [UInt8](
            try FFmpeg.run([
                "-i", path.string, "-vf", "scale=\(side):\(side)", "-fps_mode", "passthrough",
                "-pix_fmt", "gray", "-f", "rawvideo", "-",
            ])
        )
        let size = side * side
        return stride(from: 0, to: bytes.count - size + 1, by: size).map {
            Array(bytes[$0..<$0 + size])
        }
    }

    /// Which of the pictures one is most like.
    static func place(of picture: [UInt8], in pictures: [[UInt8]]) -> Int? {
        func distance(_ other: [UInt8]) -> Int {
            zip(picture, other).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        }
        return pictures.indices.min { distance(pictures[$0]) < distance(pictures[$1]) }
    }

    static func run(_ name: String, _ options: [String], seconds: Int = 6) throws -> Run {
        try Run(folder: Folder(), name: name) { path in
            try FFmpeg.run(
                [
                    "-f", "lavfi", "-i", "testsrc2=s=192x108:r=30000/1001:d=\(seconds)", "-f",
                    "lavfi", "-i", "aevalsrc='0.4*sin(2*PI*(200+100*t)*t)':s=48000:d=\(seconds)",
                ] + options + [path.string]
            )
        }
    }

    static let h264 = [
        "-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-bf", "3", "-crf", "14",
    ]

    @Test(
        "the first picture shown is exactly the one at --start, and none is missing or too many",
        arguments: [
            ("in.mp4", h264 + ["-c:a", "aac"]),
            ("in.mkv", h264 + ["-an"]),
            ("in.ts", h264 + ["-x264-params", "open-gop=1", "-an"]),
            ("in.avi", ["-c:v", "mpeg4", "-q:v", "3", "-an"]),
        ],
        [40, 74]
    )
    func isFrameExact(_ file: (name: String, options: [String]), first: Int) async throws {
        let run = try Self.run(file.name, file.options)
        var request = run.request(heightCap: .source)
        request.span = Span(
            start: .afterStart(first * 1_001_000_000 / 30_000),
            length: 30 * 1_001_000_000 / 30_000
        )
        let report = try await run.perform(request)
        #expect(report.frames == 30)
        #expect((report.ssim ?? 0) > 0.9)
        let source = try Self.pictures(of: run.input)
        let result = try Self.pictures(of: run.output)
        #expect(result.count == 30)
        let places = [0, 1, 15, 29].map { Self.place(of: result[$0], in: source) }
        #expect(places == [0, 1, 15, 29].map { $0 + first })
    }

    @Test("a part to a size fits it, ends where it should and says so")
    func fits() async throws {
        let run = try Self.run("in.mp4", Self.h264 + ["-c:a", "aac"])
        var request = run.request(to: 60_000, heightCap: .source)
        request.span = Span(start: .afterStart(2_002_000), end: .beforeEnd(1_000_000))
        let report = try await run.perform(request)
        #expect(report.bytes <= 60_000)
        #expect(report.part?.startMicroseconds == 2_002_000)
        #expect(report.inputBytes == run.input.byteCount)
        let source = try Self.pictures(of: run.input)
        let result = try Self.pictures(of: run.output)
        #expect(result.count == 90)
        #expect(Self.place(of: result[0], in: source) == 60)
        #expect(Self.place(of: result[89], in: source) == 149)
    }

    @Test("a picture that stands still for seconds is there when the part begins within it")
    func showsWhatStands() async throws {
        let run = try Self.run(
            "in.mkv",
            ["-vf", "select='not(mod(n,40))'", "-fps_mode", "vfr", "-an"] + Self.h264
        )
        var request = run.request(heightCap: .source)
        request.span = Span(start: .afterStart(2_000_000), length: 1_000_000)
        _ = try await run.perform(request)
        let source = try Self.pictures(of: run.input)
        let result = try Self.pictures(of: run.output)
        // Frames 40 (1.33 s) and 80 (2.67 s) of the painting.
        #expect(result.first.flatMap { Self.place(of: $0, in: source) } == 1)
        #expect(result.last.flatMap { Self.place(of: $0, in: source) } == 2)
    }

    @Test(
        "sound begins at the sample at --start, with a picture and alone",
        arguments: [
            ("in.mp4", h264 + ["-c:a", "aac"]), ("in.m4a", ["-vn", "-c:a", "aac"]),
            ("in.mp3", ["-vn", "-c:a", "libmp3lame"]), ("in.flac", ["-vn", "-c:a", "flac"]),
        ]
    )
    func isSampleExact(_ file: (name: String, options: [String])) async throws {
        let run = try Self.run(file.name, file.options)
        let isSound = !file.name.hasSuffix("mp4")
        let output = run.folder.file(isSound ? "out.m4a" : "out.mp4")
        var request = run.request(to: isSound ? 30_000 : 200_000)
        request.output = output
        request.span = Span(start: .afterStart(2_345_678), length: 2_000_000)
        _ = try await run.perform(request)
        let source = try FFmpeg.samples(of: run.input)
        let result = try FFmpeg.samples(of: output)
        // Packets have 1024 samples each.
        #expect(abs(result.count - 96_000) <= 1024)
        let start = 112_593
        let window = 20_000..<28_000
        func likeness(_ shift: Int) -> Float {
            window.reduce(0) { $0 + result[$1] * source[start + $1 + shift] }
        }
        #expect((-60...60).max { likeness($0) < likeness($1) } == 0)
    }

    @Test("text on the screen when the part begins stays, and moves with it")
    func cutsSubtitles() async throws {
        var run = try SubtitleTests.run("srt", "in.mkv", hasSound: false)
        run.limits.memoryBytes = 0
        var request = run.request()
        request.span = Span(start: .afterStart(800_000), end: .afterStart(2_400_000))
        _ = try await run.perform(request)
        let text = try FFmpeg.run(["-i", run.output.string, "-map", "0:s:0", "-f", "srt", "-"])
        let words = String(bytes: text, encoding: .utf8) ?? ""
        #expect(words.contains("00:00:00,000 --> 00:00:00,400\nWhere is the <i>dog</i>?"))
        #expect(words.contains("00:00:01,200 --> 00:00:01,600"))
    }
}

/// Several files made of one hold each picture of it once.
@Suite(.enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10))) struct SplitTests {
    @Test("each picture is in one of the files, and they begin where the scene changes")
    func keepsEveryPicture() async throws {
        let run = try Run(folder: Folder(), name: "in.mkv") { path in
            try FFmpeg.run([
                "-f", "lavfi", "-i", "testsrc2=s=192x108:r=30000/1001:d=3.2", "-f", "lavfi", "-i",
                "testsrc2=s=192x108:r=30000/1001:d=2.8", "-filter_complex",
                "[1:v]negate,hue=h=120[b];[0:v][b]concat=n=2:v=1[v]", "-map", "[v]", "-c:v",
                "libx264", "-preset", "veryfast", "-crf", "14", path.string,
            ])
        }
        var request = run.request(to: 120_000, heightCap: .source)
        let partition = try await Compressor(limits: run.limits).split(request, .count(2))
        let source = try PartTests.pictures(of: run.input)
        var places: [Int?] = []
        for index in partition.spans.indices {
            request.overwrites = true
            let part = request.part(index, of: partition)
            let report = try await run.perform(part)
            #expect(report.bytes <= 120_000)
            for picture in try PartTests.pictures(of: part.destination) {
                places.append(PartTests.place(of: picture, in: source))
            }
            if index == 0 { #expect(places.count == 96) }
        }
        #expect(places == Array(source.indices))
    }

    @Test("as few files are made as look good, and that is said")
    func countsByQuality() async throws {
        let run = try Run(Clip(width: 512, height: 288, frames: 150), quality: 12)
        let compressor = Compressor(limits: run.limits)
        let few = try await compressor.split(run.request(to: run.input.byteCount * 2), .fewest)
        #expect(few.spans.count == 1)
        let tight = try await compressor.split(run.request(to: 12_000), .fewest)
        #expect(tight.spans.count > 1)
        #expect(tight.reasons.count == 1)
    }
}
