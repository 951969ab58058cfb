import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Damaged sources: what can be saved is saved, what was lost is said, and `--strict` refuses.
@Suite(.enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10))) struct DamageTests {
    /// Ten seconds with a keyframe each second, and a tone.
    private static let painting = "testsrc2=s=320x180:r=25:d=10"

    private static func run(
        _ name: String,
        _ options: [String] = [],
        sound: Bool = true,
        then damage: (FilePath) throws -> Void = { _ in }
    ) throws -> Run {
        try Run(folder: Folder(), name: name) { path in
            let tone = sound ? ["-f", "lavfi", "-i", "sine=d=10", "-c:a", "aac"] : []
            try FFmpeg.make(
                painting,
                tone + ["-c:v", "libx264", "-g", "25", "-b:v", "600k", "-pix_fmt", "yuv420p"]
                    + options,
                at: path
            )
            try damage(path)
        }
    }

    /// Copies with a bitstream filter that breaks packets, as in `-bsf:v noise=amount=…`.
    private static func filtered(_ path: FilePath, _ filter: [String]) throws {
        let broken = FilePath(path.string + "." + (path.extension ?? ""))
        try FFmpeg.run(["-i", path.string, "-c", "copy"] + filter + [broken.string])
        try path.write(broken.contents())
        try FileManager.default.removeItem(atPath: broken.string)
    }

    private func expectRefusal(_ run: Run, _ request: Request) async {
        var request = request
        request.isStrict = true
        let asked = request
        let failure = await #expect(throws: Failure.self) { try await run.perform(asked) }
        #expect(failure?.kind == .unreadable)
        #expect(failure?.advice.contains("--strict") == true, "\(failure as Any)")
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test(
        "a download that broke off gives what is there of it, encoded or copied",
        arguments: ["in.mp4", "in.mkv"],
        [0.5, 2, nil]
    )
    func cutOff(_ name: String, _ share: Double?) async throws {
        let run = try Self.run(name, name == "in.mp4" ? ["-movflags", "+faststart"] : []) {
            try MP4.cut($0, to: $0.byteCount * 6 / 10)
        }
        let target = share.map { Int(Double(run.input.byteCount) * $0) }
        await expectRefusal(run, run.request(to: target))
        let report = try await run.perform(run.request(to: target))
        if let target { #expect(report.bytes <= target) }
        let damage = try #require(report.damage)
        #expect(abs((damage.statedSeconds ?? 0) - 10) < 0.2)
        let reached = try #require(damage.reachedSeconds)
        #expect(reached > 4.5 && reached < 7.5)
        let answer = try FFprobe.describe(run.output)
        let frames = try #require(answer.video?.nbReadFrames.flatMap { Int($0) })
        #expect(frames == report.frames)
        #expect(abs(Double(frames) / 25 - reached) < 0.25)
        #expect(abs((answer.audio?.seconds ?? 0) - reached) < 0.6)
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test("a recording that says nothing of its length is as long as what is there")
    func cutStream() async throws {
        let run = try Self.run("in.ts") { try MP4.cut($0, to: $0.byteCount * 6 / 10 + 100) }
        let report = try await run.perform(run.request(to: 150_000))
        #expect(report.damage?.statedSeconds == nil)
        #expect(report.durationSeconds > 4.5 && report.durationSeconds < 7.5)
    }

    @Test("an MP4 cut off before its index is refused, and the index is named as the reason")
    func noIndex() async throws {
        let run = try Self.run("in.mp4") { try MP4.cut($0, to: $0.byteCount * 8 / 10) }
        let failure = await #expect(throws: Failure.self) {
            try await run.perform(run.request(to: 100_000))
        }
        #expect(failure?.kind == .unreadable)
        #expect(failure?.why.contains("index (moov)") == true)
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test(
        "broken pictures in the middle keep their time, and are told with their place",
        arguments: [
            ("in.mkv", "libx264"), ("in.mp4", "libx265"), ("in.avi", "mpeg4"),
            ("in.webm", "libvpx-vp9"), ("in.mkv", "mpeg2video"),
        ]
    )
    func brokenPictures(_ name: String, _ codec: String) async throws {
        let sound = name == "in.webm" ? ["-c:a", "libvorbis"] : []
        let run = try Self.run(name, ["-c:v", codec] + sound) {
            // Of a few wrong bits an arithmetic coder notices nothing: it shows something else.
            let amount = ["libx265", "libvpx-vp9"].contains(codec) ? 2 : 40
            let filter = "noise=amount='if(between(n,100,105),\(amount),0)'"
            try Self.filtered($0, ["-bsf:v", filter])
        }
        await expectRefusal(run, run.request(to: 150_000))
        let report = try await run.perform(run.request(to: 150_000))
        let damage = try #require(report.damage)
        #expect(damage.picture.count > 0)
        #expect(damage.sound.count == 0)
        let span = try #require(damage.picture.spans.first)
        #expect(span.startSeconds > 3.3 && span.startSeconds < 5.2, "\(damage)")
        #expect(damage.statedSeconds == nil)
        // What could not be shown is held: the end comes when it should.
        #expect(abs(report.frames - 250) <= 2)
        #expect(try FFprobe.describe(run.output).video?.nbReadFrames == "\(report.frames)")
    }

    @Test(
        "a small target's copy is not taken from broken pictures: they are encoded with their gaps filled"
    )
    func brokenCopy() async throws {
        let run = try Self.run("in.mkv") {
            try Self.filtered($0, ["-bsf:v", "noise=amount='if(between(n,100,105),40,0)'"])
        }
        let report = try await run.perform(run.request(to: 10_000_000))
        #expect(report.method != .remux)
        #expect(report.damage?.picture.count ?? 0 > 0)
    }

    @Test(
        "broken sound leaves the picture alone, encoded or copied",
        arguments: [60_000, 10_000_000]
    )
    func brokenSound(_ target: Int) async throws {
        let run = try Self.run("in.mkv") {
            try Self.filtered($0, ["-bsf:a", "noise=amount='if(between(n,200,205),3,0)'"])
        }
        await expectRefusal(run, run.request(to: target))
        let report = try await run.perform(run.request(to: target))
        let damage = try #require(report.damage)
        #expect(damage.sound.count > 0)
        #expect(damage.picture.count == 0)
        let span = try #require(damage.sound.spans.first)
        #expect(span.startSeconds > 4 && span.startSeconds < 5.5, "\(damage)")
        #expect(abs(report.frames - 250) <= 1)
        let answer = try FFprobe.describe(run.output)
        #expect(abs((answer.audio?.seconds ?? 0) - 10) < 0.2)
    }

    @Test(
        "pictures before the first keyframe are replaced by the first that can be decoded",
        arguments: [80_000, 10_000_000]
    )
    func noFirstKeyframe(_ target: Int) async throws {
        let run = try Self.run("in.mkv") {
            try Self.filtered($0, ["-bsf:v", "noise=drop='lt(n,12)'"])
        }
        await expectRefusal(run, run.request(to: target))
        let report = try await run.perform(run.request(to: target))
        let late = try #require(report.damage?.lateSeconds)
        #expect(late > 0.3 && late < 0.7)
        // The sound is there from the beginning, and the picture from its own place in it.
        #expect(abs(report.durationSeconds - 10) < 0.2)
        #expect(abs(report.frames - 250) <= 2)
    }

    @Test("a picture shorter than its sound stays until the sound ends, for no bytes")
    func heldPicture() async throws {
        let run = try Run(folder: Folder(), name: "in.mkv") { path in
            try FFmpeg.make(
                "testsrc2=s=320x180:r=25:d=3",
                [
                    "-f", "lavfi", "-i", "sine=d=9", "-c:v", "libx264", "-c:a", "aac",
                    "-pix_fmt", "yuv420p",
                ],
                at: path
            )
        }
        for target in [60_000, nil] {
            let report = try await run.perform(run.request(to: target, overwrites: true))
            #expect(report.damage == nil)
            // Matroska begins with AAC's priming, half a picture before the first.
            #expect(abs(report.frames - 75) <= 1)
            let answer = try FFprobe.describe(run.output)
            #expect(answer.video?.nbReadFrames == "\(report.frames)")
            #expect(abs((answer.video?.seconds ?? 0) - 9) < 0.2, "\(answer)")
            #expect(abs((answer.audio?.seconds ?? 0) - 9) < 0.2)
            if let target {
                #expect(report.bytes <= target)
                #expect(report.bytes > target * 9 / 10)
            }
        }
    }

    @Test("sound shorter than its picture is no damage")
    func shortSound() async throws {
        let run = try Run(folder: Folder(), name: "in.mkv") { path in
            try FFmpeg.make(
                "testsrc2=s=320x180:r=25:d=6",
                ["-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264", "-c:a", "aac"],
                at: path
            )
        }
        let report = try await run.perform(run.request(to: 60_000))
        #expect(report.damage == nil)
        #expect(abs(report.frames - 150) <= 1)
    }

    @Test("a copy out of Matroska has all its pictures, those without a decode time too")
    func copiesAll() async throws {
        let run = try Self.run("in.mkv")
        let report = try await run.perform(run.request(to: 10_000_000))
        #expect(report.method == .remux)
        #expect(report.damage == nil)
        let frames = try FFprobe.describe(run.output).video?.nbReadFrames
        #expect(frames == "250")
    }

    @Test(
        "a whole file is not taken for a damaged one, whatever made it",
        arguments: Fixture.names
    )
    func whole(_ name: String) async throws {
        let run = try Run(fixture: name)
        var request = run.request(to: max(40_000, run.input.byteCount / 3), heightCap: .lines(144))
        request.isStrict = true
        let report = try await run.perform(request)
        #expect(report.damage == nil)
    }
}
