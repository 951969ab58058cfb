import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Limits are for the stranger's file, and not for what is made of it.
@Suite(
    .enabled(if: FFmpeg.isInstalled),
    .timeLimit(.minutes(10))
) struct LimitTests {
    @Test(
        "a file that is just within narrow limits is compressed, whose result is larger in each of them",
        arguments: MetadataTests.targets
    )
    func own(_ share: Double, _ method: Plan.Method) async throws {
        var run = try MetadataTests.phoneRun()
        let streams = try #require(try FFprobe.facts(run.input).streams)
        run.limits.input = InputLimits(
            pixelsPerFrame: 320 * 180,
            frames: 75,
            streams: streams.count
        )
        let report = try await run.perform(
            run.request(to: Int(Double(run.input.byteCount) * share))
        )
        #expect(report.method == method)
        #expect(report.frames == 75)
    }

    @Test("pixels that are made square may be more than the file was allowed to have")
    func square() async throws {
        var run = try Run(folder: Folder(), name: "in.mp4") { path in
            try FFmpeg.make(
                "testsrc2=s=160x96:d=1",
                ["-vf", "setsar=2", "-c:v", "libx264"],
                at: path
            )
        }
        run.limits.input = InputLimits(pixelsPerFrame: 160 * 96)
        let report = try await run.perform(run.request(to: run.input.byteCount))
        #expect(report.width == 320 && report.height == 96)
    }

    @Test(
        "times that no clock shows are forgotten, whichever group of frames they are of",
        arguments: [0, 1, 4],
        ["7fffffffffffff00", "0fffffffffffff00", "8000000000000000", "0000fffffffffff0"]
    )
    func times(_ place: Int, _ time: String) async throws {
        let run = try Self.run(place, time)
        let half = run.input.byteCount / 2
        for target in [half, half * 4] {
            do {
                let request = run.request(to: target, overwrites: true)
                let report = try await run.perform(request)
                #expect(report.durationSeconds < 60)
            } catch let failure as Failure {
                #expect([.unreadable, .unreachable].contains(failure.kind), "\(failure)")
            }
        }
    }

    /// A clip in Matroska, the clock of one of whose clusters shows something else.
    static func run(_ place: Int, _ time: String) throws -> Run {
        var run = try Run(
            Clip(width: 160, height: 96, frames: 100),
            name: "picture.mp4",
            quality: 8,
            tone: Tone(seconds: 4)
        )
        let path = run.folder.file("in.mkv")
        let text = run.folder.file("text.srt")
        try text.write(Data(SubtitleTests.english.utf8))
        try FFmpeg.run([
            "-i", run.input.string, "-i", text.string, "-map", "0", "-map", "1", "-c:v", "copy",
            "-c:a", "copy", "-c:s", "srt", "-f", "matroska", "-live", "1", "-cluster_time_limit",
            "500", path.string,
        ])
        var bytes = [UInt8](try path.contents())
        let clusters = bytes.indices.filter { bytes[$0...].starts(with: [0x1F, 0x43, 0xB6, 0x75]) }
        // Its length unknown, then what was its checksum and its clock.
        let start = try #require(clusters.dropFirst(place).first) + 4
        var end = start + bytes[start].leadingZeroBitCount + 1
        if bytes[end] == 0xBF { end += 2 + Int(bytes[end + 1] & 0x7F) }
        try #require(bytes[end] == 0xE7)
        end += 2 + Int(bytes[end + 1] & 0x7F)
        let number = try #require(UInt64(time, radix: 16))
        let clock = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        bytes.replaceSubrange(
            start..<end,
            with: [0x01] + [UInt8](repeating: 0xFF, count: 7) + [0xE7, 0x88] + clock
        )
        try path.write(Data(bytes))
        for file in [run.input, text] { try FileManager.default.removeItem(atPath: file.string) }
        run.input = path
        return run
    }
}
