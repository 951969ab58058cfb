import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

@testable import Engine

/// A file that never gives an answer does not keep anybody waiting.
@Suite(.timeLimit(.minutes(5))) struct StallTests {
    @Test("a file that keeps a call from returning ends in a failure that says so")
    func stalls() async throws {
        let folder = try Folder()
        // Nobody writes into it: opening it waits for ever, and no flag reaches that call.
        let path = folder.file("clip.mp4")
        let status = unsafe mkfifo(path.string, 0o600)
        try #require(status == 0)
        let failure = await #expect(throws: Failure.self) { try await probe(path) }
        #expect(failure == .stalled(path.string, after: 1))
        #expect(failure?.kind == .unreadable)
        #expect(failure?.advice.contains("--max-stall") == true)
        // Lets the thread that was left behind come to its end.
        let writer = try FileDescriptor.open(path, .writeOnly, options: .nonBlocking)
        try writer.close()
    }

    @Test("work that is slow between two calls is left alone")
    func slow() async throws {
        let seconds = try await offload("clip.mp4", InputLimits(waitSeconds: 1)) { _ in
            Thread.sleep(forTimeInterval: 2)
            return Result<Int, Failure>.success(2)
        }
        #expect(seconds == 2)
    }

    @Test("the folder of a run that cannot tidy up is removed in its stead")
    func abandons() throws {
        let folder = try Folder()
        let destination = folder.file("out.mp4")
        let workspace = try Workspace(beside: destination)
        try workspace.file("frames").write(Data(count: 10))
        workspace.remove()
        #expect(folder.names == [])
        // What the next run has in its place is not the first one's to remove.
        let next = try Workspace(beside: destination)
        let name = next.location.path.lastComponent?.string ?? ""
        workspace.remove()
        #expect(folder.names == [name])
        next.remove()
        #expect(folder.names == [])
    }

    private func probe(_ path: FilePath) async throws(Failure) -> Source {
        try await offload(path.string, InputLimits(waitSeconds: 1)) { flag in
            do throws(MediaError) {
                return .success(try Prober.probe(path: path.string, bytes: 1, flag: flag))
            } catch {
                return .failure(Failure(error, input: path.string, flag: flag))
            }
        }
    }
}
