import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What others say of a finished file: ffprobe, and the order of its boxes.
@Suite(.enabled(if: FFprobe.isInstalled), .timeLimit(.minutes(10))) struct WitnessTests {
    @Test("ffprobe agrees with the report", arguments: [true, false])
    func agrees(_ hasSound: Bool) async throws {
        let run = try Run(
            Clip(width: 640, height: 360, frames: 75),
            tone: hasSound ? Tone(seconds: 3) : nil
        )
        let report = try await run.perform(run.request(to: 110_000))
        let answer = try FFprobe.describe(run.output)
        let video = try #require(answer.video)
        #expect(video.codecName == "h264")
        #expect(video.profile == "High")
        #expect(video.pixFmt == "yuv420p")
        #expect(video.width == report.width)
        #expect(video.height == report.height)
        #expect(video.nbReadFrames == "\(report.frames)")
        #expect(video.nbReadFrames == "75")
        #expect(video.avgFrameRate == "25/1")
        #expect((answer.audio != nil) == hasSound)
        #expect(answer.streams?.count == (hasSound ? 2 : 1))
        let seconds = try #require(answer.format?.duration.flatMap(Double.init))
        #expect(abs(seconds - report.durationSeconds) < 0.06)
        #expect(abs(seconds - 3) < 0.06)
        let sizes = try FFprobe.packets(run.output).compactMap { $0.size.flatMap { Int($0) } }
        // A short start code grows by a byte in the file; only a keyframe's packet has one.
        #expect(abs(sizes.reduce(0, +) - report.videoBytes) <= 4)
    }

    @Test(
        "the index lies before the pictures, whatever the method",
        arguments: [
            60_000, nil, 100_000_000,
        ]
    )
    func fastStart(_ target: Int?) async throws {
        let run = try Run(Clip(width: 320, height: 180, frames: 50), tone: Tone(seconds: 2))
        _ = try await run.perform(run.request(to: target))
        let types = try MP4.topLevelTypes(of: run.output)
        let index = try #require(types.firstIndex(of: "moov"))
        let data = try #require(types.firstIndex(of: "mdat"))
        #expect(index < data)
        #expect(types.first == "ftyp")
        #expect(!types.contains("moof"))
    }

    @Test("a turned clip is stored upright")
    func upright() async throws {
        let run = try Run(Clip(width: 320, height: 180, frames: 50))
        try MP4.setMatrix([0, 1, -1, 0], of: run.input)
        let report = try await run.perform(run.request(to: 40_000))
        #expect(report.width < report.height)
        let result = try Studio.probe(run.output)
        #expect(result.video.orientation.isUpright)
        #expect(result.video.codedSize == PixelSize(width: report.width, height: report.height))
    }

    @Test("sound stays with the picture that it belongs to")
    func soundStays() async throws {
        let run = try Run(fixture: "late-sound.mp4")
        let report = try await run.perform(run.request(to: 45_000))
        let answer = try FFprobe.describe(run.output)
        #expect(report.audioBytes > 0)
        let start = try #require(answer.audio?.startTime.flatMap(Double.init))
        let length = try #require(answer.audio?.duration.flatMap(Double.init))
        // Begins at its place, or at zero with silence before it; and ends where it ended.
        #expect(abs(start + length - 3.1) < 0.12)
    }
}
