import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

@testable import Engine

/// Opening a file takes little computing, or comes to an end.
@Suite(.timeLimit(.minutes(5))) struct OpeningTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func probe(_ path: FilePath, _ limits: InputLimits) async throws(Failure) -> Source {
        try await offload(path.string, limits) { flag in
            do throws(MediaError) {
                return .success(try Prober.probe(path: path.string, bytes: 1, flag: flag))
            } catch {
                return .failure(Failure(error, input: path.string, flag: flag))
            }
        }
    }

    @Test("a file whose tags alone would take a long time is refused as one that demands too much")
    func tags() async throws {
        var file = Matroska()
        file.tags = (0..<40_000).map { ("K\($0)", "v") }
        let path = folder.file("clip.mkv")
        try path.write(file.data)
        let limits = InputLimits(waitSeconds: 12)
        #expect(limits.openingSeconds == 1)
        let failure = await #expect(throws: Failure.self) { try await probe(path, limits) }
        #expect(failure?.kind == .unreadable)
        #expect(failure?.what == "\(path) demands too much")
        #expect(failure?.why.contains("1 second") == true)
        #expect(failure?.advice.contains("--max-stall") == true)
        #expect(failure?.comesOfCaughtThread(reading: path.string, limits) == true)
    }

    @Test("a disk that is slow is not taken for a file that demands too much")
    func slowDisk() async throws {
        let path = folder.file("clip.mkv")
        try #require(unsafe mkfifo(path.string, 0o600) == 0)
        let bytes = [UInt8](Matroska().data)
        let thread = Thread {
            guard let writer = try? FileDescriptor.open(path, .writeOnly) else { return }
            // Longer than the computing that opening may take.
            Thread.sleep(forTimeInterval: 1.6)
            _ = try? writer.writeAll(bytes)
            try? writer.close()
        }
        thread.start()
        let source = try await probe(path, InputLimits(waitSeconds: 12))
        #expect(source.video.codedSize == PixelSize(width: 16, height: 16))
    }

    @Test("a wait that a person allows allows more computing too")
    func allowed() {
        #expect(InputLimits().openingSeconds == 5)
        #expect(InputLimits(waitSeconds: 600).openingSeconds == 50)
        #expect(InputLimits(waitSeconds: 1).openingSeconds == 1)
    }
}
