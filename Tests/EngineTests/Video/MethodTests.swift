import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Engine

/// Copying, constant quality, and the ceiling beyond which bytes buy nothing.
@Suite(.timeLimit(.minutes(10))) struct MethodTests {
    @Test("a file that fits is copied, picture and sound packet for packet")
    func remux() async throws {
        let run = try Run(Clip(frames: 75), tone: Tone(seconds: 3))
        let report = try await run.perform(run.request(to: run.input.byteCount + 5000))
        #expect(report.method == .remux)
        #expect(report.secondPassRuns == 0)
        #expect(report.ssim == nil)
        #expect(report.frames == 75)
        #expect(run.output.byteCount <= run.input.byteCount + 5000)
        let before = try FFprobe.packets(run.input).map(\.size)
        let after = try FFprobe.packets(run.output).map(\.size)
        #expect(before == after)
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test("a copied portrait keeps its display matrix")
    func remuxTurned() async throws {
        let run = try Run(Clip(frames: 25))
        try MP4.setMatrix([0, 1, -1, 0], of: run.input)
        let report = try await run.perform(run.request(to: 50_000_000))
        #expect(report.method == .remux)
        #expect(try Studio.probe(run.output).video.orientation.clockwiseDegrees == 90)
    }

    @Test("a copy without the sound has none")
    func remuxMute() async throws {
        let run = try Run(Clip(frames: 25), tone: Tone(seconds: 1))
        let report = try await run.perform(run.request(to: 50_000_000, audio: .none))
        #expect(report.method == .remux)
        #expect(report.audioBytes == 0)
        #expect(try Studio.probe(run.output).audio.isEmpty)
    }

    @Test("a target of exactly the source's size is met")
    func exactSize() async throws {
        let run = try Run(Clip(frames: 50), tone: Tone(seconds: 2))
        let target = run.input.byteCount
        _ = try await run.perform(run.request(to: target))
        #expect(run.output.byteCount <= target)
    }

    @Test(
        "without a target the result is never larger than the source",
        arguments: [8.0, 23, 35, 48]
    )
    func neverLarger(_ quality: Double) async throws {
        let run = try Run(
            Clip(width: 320, height: 180, frames: 50),
            quality: quality,
            tone: Tone(seconds: 2)
        )
        let report = try await run.perform(run.request())
        #expect(run.output.byteCount <= run.input.byteCount)
        #expect(report.targetBytes == nil)
        #expect(report.limitBytes == run.input.byteCount)
        #expect(report.frames == 50)
    }

    @Test(
        "without a target files of other codecs are not inflated either",
        arguments: [
            "xvid-mp3.avi", "vp9-642x642.webm", "h263-amr.3gp", "hdr10-256x144.mkv",
            "variable-rate-518x488.mp4", "picture-starts-at-1s.mp4", "late-sound.mp4",
        ]
    )
    func neverLargerFixtures(_ name: String) async throws {
        let run = try Run(fixture: name)
        _ = try await run.perform(run.request())
        #expect(run.output.byteCount <= run.input.byteCount)
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test("a target far above what can be seen stops at the ceiling, below the source")
    func ceiling() async throws {
        let run = try Run(
            Clip(.slides(framesEach: 1000), width: 640, height: 360, frames: 75),
            name: "in.y4m"
        )
        let report = try await run.perform(run.request(to: 2_000_000))
        #expect(report.stoppedAtQualityCeiling)
        #expect(report.bytes < 1_000_000)
        #expect(try #require(report.ssim) > 0.95)
    }

    @Test(
        "slides land or stop at the ceiling, and never go over",
        arguments: [25_000, 45_000, 90_000]
    )
    func slides(_ target: Int) async throws {
        let run = try Run(
            Clip(.slides(framesEach: 50), width: 640, height: 360, frames: 200),
            name: "in.y4m"
        )
        do {
            let report = try await run.perform(run.request(to: target))
            #expect(run.output.byteCount <= target)
            #expect(report.fill > 0.9 || report.stoppedAtQualityCeiling, "\(report.attempts)")
        } catch let failure as Failure {
            // Pages full of writing may need more than that; then nothing is written.
            #expect(failure.kind == .unreachable)
            #expect(try #require(failure.smallestBytes) > target)
            #expect(run.folder.names == run.namesAfterFailure)
        }
    }

    @Test("the report and the events tell the same story")
    func story() async throws {
        let run = try Run(Clip(width: 320, height: 180, frames: 75), tone: Tone(seconds: 3))
        let log = EventLog()
        let report = try await run.perform(run.request(to: 70_000)) { log.add($0) }
        #expect(log.plans.count == 1)
        #expect(log.plans.first?.method == report.method)
        #expect(log.attempts == report.attempts)
        let fractions = log.progress.map(\.fraction)
        #expect(zip(fractions, fractions.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(fractions.allSatisfy { (0...1).contains($0) })
        #expect(log.progress.first?.phase == .probing)
        #expect(log.progress.last?.phase == .verifying)
        #expect(Set(log.progress.map(\.phase)).count == Phase.allCases.count - 1)
        let told = log.all.filter { if case .progress = $0 { false } else { true } }
        guard case .progress = log.all.first,
            case .identified(.video, report.output) = told.first,
            case .planned = told.dropFirst().first
        else {
            Issue.record("a run begins with progress, what the input is, and its plan")
            return
        }
    }

    @Test("a report says what each phase took, and together they are the whole run")
    func phaseCosts() async throws {
        let run = try Run(Clip(width: 640, height: 360, frames: 75), tone: Tone(seconds: 3))
        let report = try await run.perform(run.request(to: 150_000))
        #expect(
            report.phases.map(\.phase) == [
                .probing, .sampling, .audio, .analysing, .encoding, .verifying,
            ]
        )
        let wall = report.phases.reduce(0) { $0 + $1.wallSeconds }
        #expect(abs(wall - report.elapsedSeconds) < 0.1)
        #expect(report.phases.allSatisfy { $0.wallSeconds > 0 && $0.cpuSeconds > 0 })
    }

    @Test("a clip too short for samples is planned without, and expects nothing of them")
    func tooShortForSamples() async throws {
        let run = try Run(Clip(width: 640, height: 360, frames: 15))
        let planned = try await Compressor().plan(run.request(to: 20_000))
        let plan = try #require(planned.video?.plan)
        #expect(plan.method == .fit)
        #expect(plan.content == nil)
        #expect(plan.prospect == nil)
    }

    @Test(
        "samples are fewer where they are large or the clip is short, and none where memory has no room",
        arguments: [(1080, 6), (2160, 2), (4320, 0)]
    )
    func sampledPlaces(_ lines: Int, _ places: Int) {
        let full = PixelSize(width: lines * 16 / 9, height: lines)
        func found(_ seconds: Double, _ frames: Int) -> Int {
            ContentStudy.places(seconds: seconds, frames: frames, full: full)
        }
        #expect(found(3600, 90_000) == places)
        #expect(found(1, 30) == min(2, places))
        // Half a minute of a camera that sees twelve pictures a second.
        #expect(found(30, 375) == min(2, places))
        #expect(found(30, 900) == min(4, places))
    }

    @Test("a plan is what the run then does")
    func plan() async throws {
        let run = try Run(Clip(width: 640, height: 360, frames: 75), tone: Tone(seconds: 3))
        let log = EventLog()
        let (source, plan) = try #require(
            try await Compressor().plan(run.request(to: 70_000)).video
        )
        let probed = try await Compressor().probeVideo(run.input)
        #expect(probed == source)
        #expect(run.folder.names == run.namesAfterFailure)
        let report = try await run.perform(run.request(to: 70_000)) { log.add($0) }
        var planned = try #require(log.plans.first)
        // libx264 does not make the same of the samples to the last bit.
        let (before, after) = (plan.prospect?.similarity, planned.prospect?.similarity)
        #expect(abs(try #require(before) - #require(after)) < 0.005)
        (planned.content, planned.prospect) = (plan.content, plan.prospect)
        #expect(planned == plan)
        #expect(report.width == plan.picture.size.width)
        #expect(report.frames == plan.frames)
    }
}
