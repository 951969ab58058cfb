import Core
import Dispatch
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Files of sound alone, made into M4A and judged by another reader.
@Suite(
    .enabled(if: FFmpeg.isInstalled),
    .timeLimit(.minutes(10))
) struct SoundFileTests {
    /// A pitch that swells, in two channels that differ, over a hiss.
    private static func music(_ seconds: Double) -> String {
        let mono = "aformat=sample_fmts=fltp:channel_layouts=mono"
        return "sine=f=500:r=44100:d=\(seconds),volume=3,tremolo=f=0.5:d=0.8,\(mono)[a];"
            + "anoisesrc=r=44100:d=\(seconds):a=0.5:seed=1,\(mono)[b];"
            + "[a][b]join=inputs=2:channel_layout=stereo,pan=stereo|c0=c0+c1|c1=0.7*c0+0.5*c1"
    }

    private struct Song: Sendable {
        let folder: Folder
        let input: FilePath

        init(_ name: String, _ painting: String, _ options: [String] = []) throws {
            folder = try Folder()
            input = folder.file(name)
            try FFmpeg.make(painting, options, at: input)
        }

        /// With a picture as its cover.
        init(covered name: String, side: Int, _ painting: String, _ options: [String]) throws {
            folder = try Folder()
            input = folder.file(name)
            let bare = folder.file("bare.wav")
            let cover = folder.file("cover.png")
            try FFmpeg.make(painting, at: bare)
            try FFmpeg.make(
                "testsrc2=s=\(side)x\(side):d=1,noise=alls=100",
                ["-frames:v", "1"],
                at: cover
            )
            try FFmpeg.run(
                ["-i", bare.string, "-i", cover.string, "-map", "0", "-map", "1", "-c:v", "copy"]
                    + options + ["-disposition:v", "attached_pic", input.string]
            )
            for file in [bare, cover] { try FileManager.default.removeItem(atPath: file.string) }
        }

        func run(
            to target: Int? = nil,
            _ change: (inout Request) -> Void = { _ in }
        ) async throws -> Report {
            var request = Request(input: input, target: target.map { ByteSize(bytes: $0) })
            change(&request)
            let report = try await Compressor().run(request) { _ in }
            #expect(!folder.names.contains { $0.hasPrefix(".cinch") })
            let path = FilePath(report.output)
            #expect(path.byteCount == report.bytes)
            #expect(report.bytes <= target ?? input.byteCount)
            #expect(report.kind == .sound)
            #expect(report.audioBytes + report.containerBytes == report.bytes)
            return report
        }
    }

    /// One container and codec that people have.
    struct Kind: Sendable, CustomTestStringConvertible {
        var name: String
        var options: [String]
        var testDescription: String { name }
    }

    static let kinds = [
        Kind(name: "song.mp3", options: ["-b:a", "256k"]), Kind(name: "song.wav", options: []),
        Kind(name: "song.m4a", options: ["-c:a", "aac", "-b:a", "256k"]),
        Kind(name: "song.aac", options: ["-c:a", "aac", "-b:a", "256k"]),
        Kind(name: "song.flac", options: []),
        Kind(name: "song.ogg", options: ["-c:a", "libvorbis", "-q:a", "8"]),
        Kind(name: "song.opus", options: ["-c:a", "libopus", "-b:a", "192k"]),
        Kind(name: "song.mka", options: ["-c:a", "ac3", "-b:a", "256k"]),
    ]

    @Test(
        "each kind of sound becomes an M4A that fills its target and never passes it",
        arguments: kinds
    )
    func each(_ kind: Kind) async throws {
        let song = try Song(kind.name, Self.music(12), kind.options)
        let own = try FFmpeg.samples(of: song.input).count / 2
        for target in [60_000, 180_000] {
            let report = try await song.run(to: target) { $0.overwrites = true }
            #expect(report.output.hasSuffix("-\(target / 1000)kB.m4a"))
            #expect(report.fill > 0.99, "\(report.fill)")
            let answer = try FFprobe.facts(FilePath(report.output))
            let stream = try #require(answer.audio)
            #expect(answer.streams?.count == 1)
            #expect(stream.codecName == "aac" && stream.profile == "LC")
            #expect(answer.format?.tags?["major_brand"] == "M4A ")
            #expect(stream.channels == (target < 100_000 ? 1 : 2))
            // Right to the sample, priming and padding left out.
            let rate = try #require(stream.sampleRate.flatMap(Double.init))
            let source: Double = kind.name == "song.opus" ? 48_000 : 44_100
            let seconds = try #require(stream.seconds)
            #expect(abs(seconds - Double(own) / source) <= 1.5 / rate, "\(seconds)")
            #expect(stream.startTime.flatMap(Double.init) == 0)
            let samples = try FFmpeg.samples(of: FilePath(report.output))
            let channel = stream.channels == 2 ? SoundTests.left(samples) : samples
            #expect(SoundTests.strength(of: 500, in: channel, rate: rate) > 0.05)
            #expect(SoundTests.strength(of: 900, in: channel, rate: rate) < 0.02)
        }
    }

    @Test(
        "odd sounds are no matter: a second, a sample, silence, 8 kHz, 96 kHz in six channels",
        arguments: [
            ("anoisesrc=d=1:r=48000:a=0.4", 12_000, 0.97),
            ("sine=f=440:r=48000,atrim=end_sample=1", 5000, 0),
            ("anullsrc=r=48000:cl=stereo,atrim=duration=20", 200_000, 0),
            ("anoisesrc=d=20:r=8000:a=0.4", 30_000, 0.985),
            (
                "anoisesrc=d=6:r=96000:a=0.1,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0", 100_000,
                0.985
            ),
        ]
    )
    func odd(_ painting: String, _ target: Int, _ fill: Double) async throws {
        let song = try Song("in.wav", painting)
        let report = try await song.run(to: target)
        #expect(report.fill >= fill, "\(report.fill)")
        #expect(report.stoppedAtQualityCeiling == (fill == 0))
        let stream = try #require(try FFprobe.facts(FilePath(report.output)).audio)
        let own = try #require(try FFprobe.facts(song.input).audio?.seconds)
        #expect(abs(try #require(stream.seconds) - own) < 0.0005)
        #expect((stream.channels ?? 0) <= 2)
    }

    @Test("beyond what AAC makes better the bytes are left over, and that is said")
    func ceiling() async throws {
        let song = try Song("in.wav", Self.music(5))
        let report = try await song.run(to: 600_000)
        #expect(report.stoppedAtQualityCeiling)
        #expect(report.audioBitsPerSecond < 262_000)
        #expect(report.audioBitsPerSecond > 200_000)
    }

    @Test("without a target the rate is a usual one; what is small already stays as it is")
    func usual() async throws {
        let song = try Song("in.wav", Self.music(5))
        let report = try await song.run()
        #expect(report.output.hasSuffix("in-small.m4a"))
        #expect(abs(report.audioBitsPerSecond - 128_000) < 5000)
        #expect(report.method == .constantQuality)
        let small = try Song("in.m4a", Self.music(5), ["-c:a", "aac", "-b:a", "96k"])
        let copy = try await small.run { $0.output = small.folder.file("out.m4a") }
        #expect(copy.method == .remux)
        let lossy = try Song("in.mp3", Self.music(5), ["-b:a", "64k"])
        #expect(try await lossy.run().bytes <= lossy.input.byteCount)
    }

    @Test("AAC that fits is copied, packet by packet", arguments: ["in.m4a", "in.aac"])
    func copied(_ name: String) async throws {
        let song = try Song(name, Self.music(5), ["-c:a", "aac", "-b:a", "160k"])
        let report = try await song.run(to: 150_000)
        #expect(report.method == .remux)
        #expect(report.attempts.map(\.mode) == [.remux])
        let before = try FFmpeg.samples(of: song.input)
        let after = try FFmpeg.samples(of: FilePath(report.output))
        // ADTS does not say that its first block primes the decoder; nor can a copy of it.
        #expect(abs(before.count - after.count) <= 2048)
        let common = min(before.count, after.count)
        #expect(zip(before[..<common], after[..<common]).allSatisfy { abs($0 - $1) < 0.001 })
    }

    @Test("a song keeps its name and its cover; its cover goes first where bytes are short")
    func cover() async throws {
        let tags = [
            "-metadata", "title=Song", "-metadata", "artist=Band", "-metadata", "album=Record",
            "-metadata", "date=1999", "-metadata", "comment=private", "-metadata", "track=3/12",
        ]
        for name in ["in.mp3", "in.flac"] {
            let song = try Song(covered: name, side: 80, Self.music(10), tags)
            let report = try await song.run(to: 300_000)
            let answer = try FFprobe.facts(FilePath(report.output))
            let kept = answer.format?.tags ?? [:]
            let found = try await Compressor().probe(song.input)
            guard case .sound(let source) = found, let cover = source.metadata.cover else {
                Issue.record("it has no cover to keep")
                return
            }
            #expect((11_000..<29_000).contains(cover.bytes))
            #expect(kept["title"] == "Song" && kept["artist"] == "Band")
            #expect(kept["album"] == "Record" && kept["date"] == "1999")
            #expect(kept["track"] == "3/12" && kept["comment"] == nil)
            #expect(answer.video?.disposition?["attached_pic"] == 1)
            #expect(answer.video?.codecName == "png")
            #expect(report.metadata?.kept.contains("cover") == true)
            #expect(report.fill > 0.99 || report.stoppedAtQualityCeiling)

            let short = try await song.run(to: 100_000)
            #expect(try FFprobe.facts(FilePath(short.output)).video == nil)
            #expect(short.metadata?.removed.contains { $0.contains("cover") } == true)
            let none = try await song.run(to: 310_000) { $0.metadata = .none }
            let bare = try FFprobe.facts(FilePath(none.output))
            #expect(bare.video == nil)
            #expect(bare.format?.tags?["title"] == nil)
        }
    }

    @Test("chapters stay")
    func chapters() async throws {
        let song = try Song("in.wav", Self.music(6))
        let list = song.folder.file("list.txt")
        try list.write(
            Data(
                ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=3000\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=3000\nEND=6000\ntitle=Two\n"
                    .utf8
            )
        )
        let book = song.folder.file("book.m4b")
        try FFmpeg.run([
            "-i", song.input.string, "-i", list.string, "-map_chapters", "1", "-c:a", "aac",
            "-b:a", "192k", "-f", "ipod", book.string,
        ])
        let request = Request(input: book, target: ByteSize(bytes: 60_000))
        let report = try await Compressor().run(request) { _ in }
        #expect(report.bytes <= 60_000)
        let found = try FFprobe.facts(FilePath(report.output)).chapters ?? []
        #expect(found.map { $0.tags?["title"] } == ["One", "Two"])
    }

    @Test("a size that is too small is refused before any work, and the one it names is possible")
    func smallest() async throws {
        let song = try Song("in.wav", Self.music(10))
        let failure = await #expect(throws: Failure.self) { try await song.run(to: 5000) }
        #expect(failure?.kind == .unreachable)
        let smallest = try #require(failure?.smallestBytes)
        #expect(song.folder.names == ["in.wav"])
        let report = try await song.run(to: smallest)
        #expect(report.fill > 0.9)
    }

    @Test("a wrong extension works and is told")
    func misnamed() async throws {
        let song = try Song("in.mp3", Self.music(3), ["-b:a", "192k"])
        for name in ["song.mov", "song.jpg", "song.wav", "song"] {
            let path = song.folder.file(name)
            try path.write(try song.input.contents())
            let request = Request(input: path, target: ByteSize(bytes: 30_000), overwrites: true)
            let report = try await Compressor().run(request) { _ in }
            #expect(report.output.hasSuffix("song-30kB.m4a"))
            #expect(
                report.notes.contains { $0.hasSuffix("but is MP3 sound") } == (name != "song")
            )
        }
    }

    @Test("of several tracks one is kept, all are, or they are mixed")
    func tracks() async throws {
        let run = try SoundTests.run(SoundTests.tracks, options: SoundTests.languages)
        func made(_ wish: AudioTrackWish) async throws -> FilePath {
            let path = run.folder.file("out.m4a")
            var request = run.request(to: 60_000, overwrites: true)
            request.output = path
            request.audioTrack = wish
            let report = try await run.perform(request)
            #expect(report.kind == .sound && report.bytes <= 60_000)
            return path
        }
        #expect(try SoundTests.heard(try await made(.automatic)) == [false, true, false])
        #expect(try SoundTests.heard(try await made(.number(3))) == [false, false, true])
        #expect(try SoundTests.heard(try await made(.mixed)) == [true, true, true])
        let kept = try await made(.keep)
        #expect(try FFprobe.facts(kept).streams?.count == 3)
        // The one that would be kept alone comes first, a commentary last.
        #expect(try SoundTests.heard(kept, track: 0) == [false, true, false])
        #expect(try SoundTests.heard(kept, track: 2) == [true, false, false])
    }

    @Test("the sound of a video is made where M4A is asked for, and a silent one has none")
    func ofVideo() async throws {
        let run = try Run(Clip(frames: 50), tone: Tone(seconds: 2))
        var request = run.request()
        request.output = nil
        request.format = .m4a
        let report = try await run.perform(request)
        #expect(report.output.hasSuffix("in-small.m4a"))
        let answer = try FFprobe.facts(FilePath(report.output))
        #expect(answer.streams?.map(\.codecName) == ["aac"])
        let silent = try Run(Clip(frames: 10))
        var ask = silent.request()
        ask.output = nil
        ask.format = .m4a
        let asked = ask
        let failure = await #expect(throws: Failure.self) { try await silent.perform(asked) }
        #expect(failure?.kind == .usage)
    }

    @Test("a run that is stopped leaves nothing behind")
    func stopped() async throws {
        let song = try Song("in.wav", Self.music(10))
        let input = song.input
        let (began, begin) = AsyncStream.makeStream(of: Void.self)
        let requested = DispatchSemaphore(value: 0)
        let task = Task {
            try await Compressor().run(
                Request(input: input, target: ByteSize(bytes: 100_000))
            ) { event in
                guard case .progress(let progress) = event, progress.phase == .encoding else {
                    return
                }
                begin.yield()
                // It goes on only when the request has arrived, however busy the machine is.
                _ = requested.wait(timeout: .now() + 60)
                requested.signal()
            }
        }
        for await _ in began { break }
        task.cancel()
        requested.signal()
        let result = await task.result
        #expect(throws: Failure.interrupted) { try result.get() }
        #expect(song.folder.names == ["in.wav"])
    }
}
