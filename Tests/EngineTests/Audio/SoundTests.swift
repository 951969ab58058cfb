import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Sound as it comes out of a whole run, heard by another decoder.
@Suite(
    .enabled(if: FFmpeg.isInstalled),
    .timeLimit(.minutes(10))
) struct SoundTests {
    /// A picture with sound tracks that ffmpeg makes of these sources, in Matroska.
    static func run(
        _ sounds: [String],
        codec: String = "pcm_s16le",
        options: [String] = [],
        seconds: Double = 2
    ) throws -> Run {
        var run = try Run(
            Clip(width: 160, height: 90, frames: Int(seconds * 25)),
            name: "picture.mp4",
            quality: 8
        )
        let result = run.folder.file("in.mkv")
        var arguments = ["-i", run.input.string]
        for sound in sounds { arguments += ["-f", "lavfi", "-i", sound] }
        for index in 0...sounds.count { arguments += ["-map", "\(index)"] }
        arguments += ["-c:v", "copy", "-c:a", codec] + options + [result.string]
        try FFmpeg.run(arguments)
        try FileManager.default.removeItem(atPath: run.input.string)
        run.input = result
        return run
    }

    static func sine(_ hertz: Int, seconds: Double = 2, rate: Int = 48_000) -> String {
        "sine=f=\(hertz):d=\(seconds):r=\(rate),volume=7,aformat=channel_layouts=stereo"
    }

    /// How much of a pitch is in some samples, 0 to about 1 (Goertzel's algorithm).
    static func strength(of hertz: Double, in samples: [Float], rate: Double) -> Double {
        let step = 2 * cos(2 * .pi * hertz / rate)
        var (last, before) = (0.0, 0.0)
        for sample in samples { (last, before) = (Double(sample) + step * last - before, last) }
        let power = last * last + before * before - step * last * before
        return power.squareRoot() * 2 / Double(max(1, samples.count))
    }

    static func left(_ samples: [Float]) -> [Float] {
        stride(from: 0, to: samples.count - 1, by: 2).map { samples[$0] }
    }

    @Test(
        "full channels are mixed to fewer without clipping, and stay loud",
        arguments: [
            ("5.1", "c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0", 96),
            ("7.1", "c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0|c6=c0|c7=c0", 96),
            ("5.1", "c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0", 32),
            ("stereo", "c0=c0|c1=c0", 32),
        ]
    )
    func downmix(_ layout: String, _ channels: String, _ kilobits: Int) async throws {
        let run = try Self.run([
            "sine=f=300:d=2:r=48000,volume=7,aformat=sample_fmts=fltp,pan=\(layout)|\(channels)"
        ])
        let ask = run.request(
            to: run.input.byteCount / 2,
            audio: .bitsPerSecond(kilobits * 1000)
        )
        _ = try await run.perform(ask)
        let samples = try FFmpeg.samples(of: run.output)
        let peak = samples.map(abs).max() ?? 0
        // At 32 kbit/s AAC itself adds 3 dB to a lone pitch; an unchecked mix would be above 1.6.
        #expect(peak <= (kilobits < 40 ? 1.4 : 1.0), "\(peak)")
        #expect(peak > 0.7, "\(peak)")
        let channelCount = try FFprobe.facts(run.output).audio?.channels
        #expect(channelCount == (kilobits < 40 ? 1 : 2))
    }

    @Test("sound of any sample rate comes out at its pitch", arguments: [8000, 22_050, 96_000])
    func sampleRates(_ rate: Int) async throws {
        let run = try Self.run([Self.sine(500, rate: rate)])
        _ = try await run.perform(
            run.request(to: run.input.byteCount / 2, audio: .bitsPerSecond(64_000))
        )
        let stream = try #require(try FFprobe.facts(run.output).audio)
        let expected = rate == 22_050 ? 44_100 : 48_000
        #expect(stream.sampleRate == "\(expected)")
        let samples = try FFmpeg.samples(of: run.output)
        let channel = stream.channels == 2 ? Self.left(samples) : samples
        #expect(Self.strength(of: 500, in: channel, rate: Double(expected)) > 0.3)
        #expect(Self.strength(of: 700, in: channel, rate: Double(expected)) < 0.05)
    }

    @Test(
        "the length is right to the sample, priming and padding are not heard",
        arguments: [1.0, 2.0, 2.345]
    )
    func length(_ seconds: Double) async throws {
        let run = try Self.run([Self.sine(440, seconds: seconds)], seconds: 3)
        _ = try await run.perform(
            run.request(to: run.input.byteCount / 2, audio: .bitsPerSecond(64_000))
        )
        let stream = try #require(try FFprobe.facts(run.output).audio)
        #expect(abs(try #require(stream.seconds) - seconds) < 0.001)
        #expect(abs(try #require(stream.startTime.flatMap(Double.init))) < 0.001)
        let samples = try FFmpeg.samples(of: run.output)
        let count = samples.count / (stream.channels ?? 1)
        // A last block may come out whole: a decoder does not know where the sound ends in it.
        let exact = Int((seconds * 48_000).rounded())
        #expect(count >= exact - 1 && count <= exact + 1024, "\(count) for \(exact)")
        // The first sample is the first: no block of silence before it.
        let first = try #require(samples.firstIndex { abs($0) > 0.05 })
        #expect(first < 200, "\(first)")
    }

    @Test("two channels that say the same become one, and the receipt's plan says so")
    func sameChannels() async throws {
        let run = try Self.run([Self.sine(400)])
        let request = run.request(to: run.input.byteCount / 2)
        let plan = try #require(try await Compressor().plan(request).video?.plan)
        #expect(plan.reasons.contains { $0.contains("say the same") })
        _ = try await run.perform(request)
        #expect(try FFprobe.facts(run.output).audio?.channels == 1)
        #expect(try Self.heard(run.output) == [true, false, false])
    }

    @Test(
        "channels that cancel each other are still heard where bytes are few, also of a track that is chosen"
    )
    func opposedChannels() async throws {
        let opposed = Self.sine(1100) + ",pan=stereo|c0=c0|c1=-1*c0"
        let run = try Self.run([Self.sine(400), opposed])
        var request = run.request(to: 40_000)
        request.audioTrack = .number(2)
        let plan = try #require(try await Compressor().plan(request).video?.plan)
        #expect(plan.reasons.contains { $0.contains("cancel each other") })
        _ = try await run.perform(request)
        #expect(try FFprobe.facts(run.output).audio?.channels == 2)
        #expect(try Self.heard(run.output) == [false, false, true])
    }

    static let tracks = [sine(400), sine(700), sine(1100)]
    static let languages = [
        "-metadata:s:a:0", "language=fre", "-metadata:s:a:1", "language=eng",
        "-metadata:s:a:1", "title=As it was", "-metadata:s:a:2", "language=eng",
        "-disposition:a:0", "comment", "-disposition:a:1", "default", "-disposition:a:2", "0",
    ]

    static func heard(_ path: FilePath, track: Int = 0) throws -> [Bool] {
        let tracks = (try FFprobe.facts(path).streams ?? []).filter { $0.codecType == "audio" }
        let both = try FFmpeg.samples(of: path, track: track)
        let samples = tracks[track].channels == 1 ? both : Self.left(both)
        return [400.0, 700, 1100].map { strength(of: $0, in: samples, rate: 48_000) > 0.1 }
    }

    @Test("of several tracks the default one is kept, a commentary never")
    func defaultTrack() async throws {
        let run = try Self.run(Self.tracks, options: Self.languages)
        let report = try await run.perform(run.request(to: run.input.byteCount / 3))
        let answer = try FFprobe.facts(run.output)
        #expect(answer.streams?.count == 2)
        #expect(answer.audio?.tags?["language"] == "eng")
        #expect(try Self.heard(run.output) == [false, true, false])
        #expect(report.notes.contains { $0.contains("number 2") && $0.contains("--audio-track") })
    }

    @Test("a track is chosen by its number", arguments: [1, 3])
    func numbered(_ number: Int) async throws {
        let run = try Self.run(Self.tracks, options: Self.languages)
        var request = run.request(to: run.input.byteCount / 3)
        request.audioTrack = .number(number)
        _ = try await run.perform(request)
        #expect(try Self.heard(run.output) == [number == 1, false, number == 3])
    }

    @Test("a track that is not there is refused before any work")
    func noSuchTrack() async throws {
        let run = try Self.run([Self.sine(400)])
        var request = run.request(to: 100_000)
        request.audioTrack = .number(2)
        let asked = request
        let failure = await #expect(throws: Failure.self) { try await run.perform(asked) }
        #expect(failure?.kind == .usage)
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test("all tracks are mixed into one, without clipping")
    func mixed() async throws {
        let run = try Self.run(Self.tracks, options: Self.languages)
        var request = run.request(to: run.input.byteCount / 3)
        request.audioTrack = .mixed
        _ = try await run.perform(request)
        let answer = try FFprobe.facts(run.output)
        #expect(answer.streams?.count == 2)
        #expect(try Self.heard(run.output) == [true, true, true])
        let peak = try FFmpeg.samples(of: run.output).map(abs).max() ?? 0
        #expect(peak <= 1.0, "\(peak)")
        #expect(abs(try #require(answer.audio?.seconds) - 2) < 0.001)
    }

    @Test("all tracks are kept, each with its language, within the size")
    func kept() async throws {
        let run = try Self.run(Self.tracks, options: Self.languages)
        let target = run.input.byteCount / 3
        var request = run.request(to: target)
        request.audioTrack = .keep
        let report = try await run.perform(request)
        #expect(run.output.byteCount <= target)
        #expect(report.bytes == run.output.byteCount)
        let sounds = try #require(try FFprobe.facts(run.output).streams)
            .filter { $0.codecType == "audio" }
        // The main one comes first.
        #expect(sounds.map { $0.tags?["language"] } == ["eng", "eng", "fre"])
        #expect(try Self.heard(run.output) == [false, true, false])
        #expect(try Self.heard(run.output, track: 1) == [false, false, true])
        #expect(try Self.heard(run.output, track: 2) == [true, false, false])
    }

    @Test("several tracks that play everywhere are copied, all of them where that was asked for")
    func copied() async throws {
        let run = try Self.run(Self.tracks, codec: "aac", options: Self.languages)
        var request = run.request(to: run.input.byteCount + 20_000)
        request.audioTrack = .keep
        let report = try await run.perform(request)
        #expect(report.method == .remux)
        #expect(try Self.heard(run.output, track: 2) == [true, false, false])
        let sounds = try #require(try FFprobe.facts(run.output).streams)
            .filter { $0.codecType == "audio" }
        for sound in sounds { #expect(abs(try #require(sound.seconds) - 2) < 0.03) }
    }

    @Test("sound of which nothing decodes is left out, and that is said", arguments: [0.5, 1.2])
    func undecodable(_ share: Double) async throws {
        let run = try Run(
            Clip(width: 160, height: 90, frames: 50),
            quality: 8,
            tone: Tone(seconds: 2)
        )
        var data = try run.input.contents()
        for packet in try FFprobe.packets(run.input, of: "a:0") {
            let start = try #require(packet.pos.flatMap { Int($0) })
            let count = try #require(packet.size.flatMap { Int($0) })
            // To a decoder of AAC that is a block without any channel.
            data.replaceSubrange(start..<(start + count), with: Data(repeating: 0xFF, count: count))
        }
        try run.input.write(data)
        var request = run.request(to: Int(Double(data.count) * share))
        request.audio = .copy
        let report = try await run.perform(request)
        #expect(try FFprobe.facts(run.output).audio == nil)
        #expect(report.audioBytes == 0)
        #expect(
            report.notes.contains { $0.contains("nothing of the source's sound can be decoded") }
        )
    }
}
