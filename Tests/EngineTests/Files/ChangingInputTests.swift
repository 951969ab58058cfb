import Core
import Engine
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Inputs that somebody touches during a run, and what a run touches of them.
@Suite(.timeLimit(.minutes(10))) struct ChangingInputTests {
    private func run() throws -> Run {
        try Run(Clip(width: 320, height: 180, frames: 75), tone: Tone(seconds: 3))
    }

    /// Does something once, as soon as the run is past its beginning.
    private func perform(
        _ run: Run,
        to target: Int?,
        at phase: Phase,
        _ action: @escaping @Sendable () throws -> Void
    ) async throws -> Report {
        let isDone = Locked(false)
        return try await run.perform(run.request(to: target)) { event in
            guard case .progress(let progress) = event, progress.phase == phase else { return }
            let isFirst = isDone.withLock { done in
                defer { done = true }
                return !done
            }
            if isFirst { try? action() }
        }
    }

    @Test(
        "a file that grows while it is read gives no result",
        arguments: [40_000, nil, 100_000_000],
        [Phase.audio, .verifying]
    )
    func grows(_ target: Int?, _ phase: Phase) async throws {
        let run = try run()
        let input = run.input
        let failure = await #expect(throws: Failure.self) {
            try await perform(run, to: target, at: phase) {
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: input.string))
                try file.seekToEnd()
                try file.write(contentsOf: Data(count: 1000))
                try file.close()
            }
        }
        #expect(failure?.kind == .unreadable)
        #expect(failure?.what.contains("changed while it was read") == true)
        #expect(failure?.why.contains("now it has") == true)
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test("a file that is written over in place gives no result, damaged by that or not")
    func writtenOver() async throws {
        let run = try run()
        let input = run.input
        let failure = await #expect(throws: Failure.self) {
            try await perform(run, to: 40_000, at: .audio) {
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: input.string))
                try file.seek(toOffset: 4000)
                try file.write(contentsOf: Data(count: 2000))
                try file.close()
            }
        }
        #expect(failure?.what.contains("changed while it was read") == true)
        #expect(run.folder.names == run.namesAfterFailure)
    }

    #if os(Linux)
    @Test(
        "a file that is removed or replaced while it is read is finished as it was",
        arguments: [true, false]
    )
    func vanishes(_ isReplaced: Bool) async throws {
        let run = try run()
        let input = run.input
        let other = run.folder.file("other.mp4")
        try Clip(.noise, width: 64, height: 48, frames: 10).write(to: other)
        let report = try await perform(run, to: 40_000, at: .audio) {
            if isReplaced {
                _ = unsafe rename(other.string, input.string)
            } else {
                try FileManager.default.removeItem(atPath: input.string)
            }
        }
        #expect(report.frames == 75)
        #expect(try Studio.probe(run.output).video.codedSize.height == 180)
    }

    @Test(
        "a picture that is removed or replaced while it is read is finished as it was",
        .enabled(if: FFmpeg.isInstalled),
        arguments: [true, false]
    )
    func pictureVanishes(_ isReplaced: Bool) async throws {
        let scene = try StillRunScene("testsrc2=s=320x240")
        let other = try StillRunScene("testsrc2=s=64x48")
        let report = try await scene.run(scene.request(to: 30_000)) { event in
            guard case .progress(let progress) = event, progress.phase == .analysing else { return }
            try? FileManager.default.removeItem(atPath: scene.input.string)
            if isReplaced { _ = unsafe rename(other.input.string, scene.input.string) }
        }
        #expect(report.width == 320)
        #expect(try FFprobe.describe(scene.output).video?.height == 240)
    }
    #endif

    @Test("times, permissions and extended attributes of the input stay as they are")
    func untouched() async throws {
        let run = try run()
        let path = run.input.string
        try FileManager.default.setAttributes(
            [
                .modificationDate: Date(timeIntervalSince1970: 1_000_000_000),
                .posixPermissions: 0o444,
            ],
            ofItemAtPath: path
        )
        // Some disks have none: then there is nothing to compare.
        let attributes = FileAttributeKey(rawValue: "NSFileExtendedAttributes")
        let mine = ["user.cinch-test": Data("mine".utf8)]
        try? FileManager.default.setAttributes([attributes: mine], ofItemAtPath: path)
        let before = try FileManager.default.attributesOfItem(atPath: path)
        _ = try await run.perform(run.request(to: 40_000))
        let after = try FileManager.default.attributesOfItem(atPath: path)
        #expect(after[.modificationDate] as? Date == before[.modificationDate] as? Date)
        #expect(after[.posixPermissions] as? Int == before[.posixPermissions] as? Int)
        #expect(after[.size] as? Int == before[.size] as? Int)
        #expect(after[attributes] as? [String: Data] == before[attributes] as? [String: Data])
    }
}
