import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The destination appears whole or not at all, and nobody's file is lost.
@Suite(.timeLimit(.minutes(10))) struct DestinationTests {
    static let mine = Data("mine".utf8)

    @Test("an existing file is kept without --force, and replaced with it")
    func existing() async throws {
        let run = try Run(Clip(frames: 50))
        try run.output.write(Self.mine)
        let failure = await #expect(throws: Failure.self) {
            try await run.perform(run.request(to: 30_000))
        }
        #expect(failure?.kind == .output)
        #expect(failure?.advice.contains("--force") == true)
        #expect(try run.output.contents() == Self.mine)
        #expect(run.folder.names == run.namesAfterSuccess)

        let report = try await run.perform(run.request(to: 30_000, overwrites: true))
        #expect(run.output.byteCount == report.bytes)
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test(
        "a file that appears during the run is kept as well",
        arguments: [30_000, nil, 100_000_000]
    )
    func appears(_ target: Int?) async throws {
        let run = try Run(Clip(frames: 50))
        let output = run.output
        let failure = await #expect(throws: Failure.self) {
            try await run.perform(run.request(to: target)) { event in
                guard case .progress(let progress) = event, progress.phase == .verifying else {
                    return
                }
                try? output.write(Self.mine)
            }
        }
        #expect(failure?.kind == .output)
        #expect(try run.output.contents() == Self.mine)
        #expect(run.folder.names == run.namesAfterSuccess)
    }

    @Test(
        "the input is refused as the output, by any name",
        arguments: [
            "itself", "a detour", "a symbolic link", "a hard link",
        ]
    )
    func inputAsOutput(_ way: String) async throws {
        let run = try Run(Clip(frames: 25))
        let before = try run.input.digest()
        let link = run.folder.file("link.mp4")
        var request = run.request(to: 20_000, overwrites: true)
        switch way {
        case "itself":
            request.output = run.input
        case "a detour":
            request.output = FilePath(
                run.folder.path.string + "/./../"
                    + (run.folder.path.lastComponent?.string ?? "") + "/in.mp4"
            )
        case "a symbolic link":
            try FileManager.default.createSymbolicLink(
                atPath: link.string,
                withDestinationPath: run.input.string
            )
            request.output = link
        default:
            try FileManager.default.linkItem(atPath: run.input.string, toPath: link.string)
            request.output = link
        }
        let asked = request
        let failure = await #expect(throws: Failure.self) { try await run.perform(asked) }
        #expect(failure?.kind == .output)
        #expect(try run.input.digest() == before)
        #expect(!run.folder.names.contains { $0.hasPrefix(".cinch") })
    }

    @Test("an input that is a link is read, and stays a link")
    func linkedInput() async throws {
        let run = try Run(Clip(frames: 25))
        let link = run.folder.file("link.mp4")
        try FileManager.default.createSymbolicLink(
            atPath: link.string,
            withDestinationPath: run.input.string
        )
        var request = run.request(to: 20_000)
        request.input = link
        _ = try await run.perform(request)
        #expect(run.folder.names == ["in.mp4", "link.mp4", "out.mp4"])
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: link.string)
                == run.input.string
        )
    }

    @Test("what cannot be an output is refused before any work")
    func impossible() async throws {
        let run = try Run(Clip(frames: 10))
        try FileManager.default.createDirectory(
            atPath: run.folder.file("folder.mp4").string,
            withIntermediateDirectories: false
        )
        let cases: [(FilePath, Failure.Kind)] = [
            (run.folder.file("out.mkv"), .usage), (run.folder.file("folder.mp4"), .output),
            (run.folder.file("none").appending("out.mp4"), .output),
            (run.input.appending("out.mp4"), .output),
        ]
        for (output, kind) in cases {
            var request = run.request(to: 20_000, overwrites: true)
            request.output = output
            let asked = request
            let failure = await #expect(throws: Failure.self) { try await run.perform(asked) }
            #expect(failure?.kind == kind, "\(output)")
        }
        #expect(run.folder.names == ["folder.mp4", "in.mp4"])
    }

    @Test(
        "what cannot be an input says why",
        arguments: [
            ("none.mp4", Failure.Kind.missing), ("folder", .unreadable), ("empty.mp4", .unreadable),
            ("text.mp4", .unreadable), ("sound.wav", .usage), ("list.mp4", .unreadable),
            ("cut.mp4", .unreadable),
        ]
    )
    func inputs(_ name: String, _ kind: Failure.Kind) async throws {
        let run = try Run(Clip(frames: 10))
        let input = run.folder.file(name)
        switch name {
        case "folder":
            try FileManager.default.createDirectory(
                atPath: input.string,
                withIntermediateDirectories: false
            )
        case "empty.mp4": try input.write(Data())
        case "text.mp4": try input.write(Data("no video".utf8))
        case "sound.wav": try input.write(Tone(seconds: 0.3).wave)
        case "list.mp4": try input.write(Data("#EXTM3U\n#EXTINF:9,\nin.mp4\n".utf8))
        case "cut.mp4": try input.write(try run.input.contents().prefix(600))
        default: break
        }
        let before = run.folder.names
        var request = run.request(to: 20_000)
        request.input = input
        let asked = request
        let failure = await #expect(throws: Failure.self) { try await run.perform(asked) }
        #expect(failure?.kind == kind)
        #expect(failure?.advice.isEmpty == false)
        #expect(run.folder.names == before)
    }

    @Test(
        "hostile files end a run with a result or a failure that is not our defect",
        arguments: Fixture.hostileNames
    )
    func hostile(_ name: String) async throws {
        let run = try Run(fixture: name)
        for target in [nil, 20_000] {
            do {
                var request = run.request(to: target, overwrites: true)
                // What is made of it depends on what is left of it.
                request.output = nil
                let report = try await run.perform(request)
                let bytes = FilePath(report.output).byteCount
                #expect(bytes == report.bytes)
                #expect(bytes <= target ?? run.input.byteCount)
            } catch let failure as Failure {
                #expect(failure.kind == .unreadable || failure.kind == .unreachable)
            }
            #expect(!run.folder.names.contains { $0.hasPrefix(".cinch") })
        }
    }

    @Test("two runs on one output exclude each other")
    func exclusion() async throws {
        let run = try Run(Clip(width: 640, height: 360, frames: 75))
        async let one = Result { try await run.perform(run.request(to: 90_000)) }
        async let other = Result { try await run.perform(run.request(to: 90_000)) }
        let results = await [one, other]
        let failures = results.compactMap { result in
            if case .failure(let error) = result { error as? Failure } else { nil }
        }
        #expect(failures.count == 1)
        #expect(failures.first?.kind == .output)
        #expect(run.folder.names == run.namesAfterSuccess)
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous call came to.
    init(_ call: () async throws -> Success) async {
        do {
            self = .success(try await call())
        } catch {
            self = .failure(error)
        }
    }
}
