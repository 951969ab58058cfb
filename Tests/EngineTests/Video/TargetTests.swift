import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A file never weighs more than was asked, and fills what was asked where it can.
@Suite(.timeLimit(.minutes(10))) struct TargetTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var clip = Clip(width: 640, height: 360, frames: 100)
        var tone: Tone?
        var target: Int
        var speed = Speed.fast
        var heightCap = HeightCap.automatic
        var least = 0.96

        var testDescription: String {
            "\(clip.scene) \(clip.size) \(clip.frames) frames to \(target) \(speed)"
        }
    }

    @Test("what came out worse than wanted is not kept, although nobody could foretell it")
    func disappoints() async throws {
        // Too small for samples: the plan expects nothing.
        let run = try Run(Clip(.noise, width: 160, height: 90, frames: 75))
        var request = run.request(to: 60_000)
        request.leastSimilarity = 0.985
        let failure = try await #require(throws: Failure.self) {
            _ = try await Compressor().run(request) { _ in }
        }
        #expect(failure.kind == .unreachable && failure.kind.exitCode == 3)
        #expect(failure.what.contains("worse than --min-quality allows"))
        #expect(failure.why.contains("was measured in the result"))
        #expect(run.folder.names == ["in.mp4"])
        request.leastSimilarity = 0.01
        _ = try await run.perform(request)
    }

    static let cases = [
        Case(target: 30_000),
        Case(target: 60_000),
        Case(target: 120_000),
        Case(target: 123_457),
        Case(target: 250_000),
        Case(tone: Tone(seconds: 4), target: 60_000),
        Case(tone: Tone(seconds: 4, bitsPerSecond: 128_000), target: 150_000),
        Case(target: 150_000, speed: .balanced),
        Case(target: 60_000, heightCap: .lines(144)),
        Case(
            clip: Clip(width: 362, height: 202, rate: Rational(30_000, 1001), frames: 200),
            target: 100_000
        ),
        Case(clip: Clip(width: 180, height: 320, frames: 100), target: 50_000),
        Case(clip: Clip(.noise, width: 160, height: 90, frames: 75), target: 60_000),
        Case(clip: Clip(.noise, width: 160, height: 90, frames: 75), target: 300_000),
        Case(
            clip: Clip(width: 320, height: 180, rate: Rational(60, 1), frames: 240),
            tone: Tone(seconds: 4, sampleRate: 44_100, channels: 1),
            target: 80_000
        ),
    ]

    @Test(
        "never over the limit, and nearly full even where a clip lasts only seconds",
        arguments: cases
    )
    func lands(_ example: Case) async throws {
        let run = try Run(example.clip, tone: example.tone)
        try #require(run.input.byteCount > example.target)
        let before = try run.input.digest()
        let request = run.request(
            to: example.target,
            heightCap: example.heightCap,
            speed: example.speed
        )
        let report = try await run.perform(request)

        #expect(run.output.byteCount <= example.target)
        #expect(report.bytes == run.output.byteCount)
        #expect(report.fill <= 1)
        #expect(report.fill >= example.least, "\(report.attempts)")
        #expect(report.frames == example.clip.frames)
        #expect(report.videoBytes + report.audioBytes + report.containerBytes == report.bytes)
        #expect(report.attempts.filter(\.isAccepted).count == 1)
        #expect(try run.input.digest() == before)
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test("a handful of frames fits as well", arguments: [1, 2, 3, 12])
    func fewFrames(_ frames: Int) async throws {
        let run = try Run(Clip(.noise, width: 320, height: 180, frames: frames), quality: 4)
        let target = run.input.byteCount / 2
        let report = try await run.perform(run.request(to: target))
        #expect(run.output.byteCount <= target)
        #expect(report.frames == frames)
    }

    @Test("a limit that cannot be met is refused, with a size that is larger")
    func refuses() async throws {
        let run = try Run(Clip(.noise, width: 320, height: 180, frames: 50))
        let failure = await #expect(throws: Failure.self) {
            try await run.perform(run.request(to: 3000))
        }
        #expect(failure?.kind == .unreachable)
        #expect(try #require(failure?.smallestBytes) > 3000)
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test("pure noise near the floor lands or is refused, and is never called damaged")
    func noiseNearFloor() async throws {
        let run = try Run(Clip(.noise, width: 320, height: 180, frames: 50))
        for target in [4000, 5000, 8000, 20_000] {
            do {
                _ = try await run.perform(run.request(to: target, overwrites: true))
                #expect(run.output.byteCount <= target)
            } catch let failure as Failure {
                #expect(failure.kind == .unreachable, "\(failure)")
                #expect(failure.smallestBytes ?? 0 > target)
            }
        }
    }

    @Test("a limit that leaves less than the frames' headers need is refused, and is no defect")
    func fewerThanHeaders() async throws {
        let run = try Run(fixture: "picture-starts-at-1s.mp4")
        let failure = await #expect(throws: Failure.self) {
            try await run.perform(run.request(to: 18_500, heightCap: .lines(96)))
        }
        #expect(failure?.kind == .unreachable, "\(failure as Any)")
        #expect(try #require(failure?.smallestBytes) > 18_500)
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test("a real camera's clip lands, and looks like its source")
    func realClip() async throws {
        let run = try Run(fixture: "traffic-432p.mp4")
        let report = try await run.perform(run.request(to: 900_000))
        #expect(run.output.byteCount <= 900_000)
        #expect(report.fill >= 0.99)
        #expect(try #require(report.ssim) > 0.85)
        #expect(report.ssimFrames > 3)
        #expect(abs(report.durationSeconds - 30.2) < 0.3)
    }

    @Test(
        "every kind of file at hand becomes an MP4 of the asked size",
        arguments: [
            ("variable-rate-518x488.mp4", 150_000), ("xvid-mp3.avi", 120_000),
            ("vp9-642x642.webm", 120_000), ("h263-amr.3gp", 100_000), ("late-sound.mp4", 40_000),
            ("hdr10-256x144.mkv", 30_000), ("picture-starts-at-1s.mp4", 28_000),
        ]
    )
    func realFiles(_ name: String, _ target: Int) async throws {
        let run = try Run(fixture: name)
        let report = try await run.perform(run.request(to: target))
        #expect(run.output.byteCount <= target)
        #expect(report.fill > 0.97 || report.stoppedAtQualityCeiling, "\(report.attempts)")
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test("a file whose first picture comes late is no damaged file")
    func startsLate() async throws {
        let run = try Run(fixture: "starts-at-10s-oblong-pixels.mp4")
        let report = try await run.perform(run.request(to: 150_000))
        #expect(abs(report.durationSeconds - 4) < 0.1)
    }

    @Test("an interlaced clip keeps its length")
    func interlaced() async throws {
        let run = try Run(
            Clip(width: 320, height: 180, frames: 50, isInterlaced: true),
            name: "in.y4m"
        )
        let report = try await run.perform(run.request(to: 100_000))
        #expect(report.frames == 50)
        #expect(abs(report.durationSeconds - 2) < 0.05)
    }
}
