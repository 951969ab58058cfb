import Core
import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Where it runs when the disk is too small, or the file too large")
    struct RouteRoomTests {
        @Test(
            "a run that this disk has no room for is made in the cloud, if that was agreed to",
            .enabled(if: Allowed.mounting)
        )
        func diskFull() async throws {
            let place = try Folder()
            let (film, product) = (place.path("film.mp4"), place.path("product.mp4"))
            // Twenty seconds, so that the encoder's logs are no trifle beside the result.
            let clip = Clip(.moving, width: 192, height: 108, frames: 500)
            try clip.write(to: FilePath(film), quality: 24, tone: Tone(seconds: 20))
            try clip.write(to: FilePath(product), quality: 34, tone: Tone(seconds: 20))
            let target = FilePath(product).byteCount + 10_000
            try #require(target < FilePath(film).byteCount)
            try await CloudStage.with {
                $0.product = .file(FilePath(product))
            } _: { stage in
                let disk = stage.folder.path("disk")
                try FileManager.default.createDirectory(
                    atPath: disk,
                    withIntermediateDirectories: true
                )
                // Room for the result, but not for what is kept beside it while it is made.
                let size = "size=\((target + 60_000) / 4096 * 4)k"
                let mounted = try await Program.tool(
                    "mount",
                    ["-t", "tmpfs", "-o", size, "tmpfs", disk]
                )
                try #require(mounted.exitCode == 0)
                let call = [film, "--to", "\(target)", "-o", disk + "/small.mp4"]
                let alone = try await stage.run(call)
                let requests = stage.simulator.requests.count
                let result = try await stage.run(call + ["--cloud"])
                let bytes = FilePath(disk + "/small.mp4").byteCount
                let names = try? FileManager.default.contentsOfDirectory(atPath: disk)
                _ = try await Program.tool("umount", [disk])
                #expect(alone.exitCode == 74 && requests == 0, "\(alone.messages)")
                #expect(result.exitCode == 0, "\(result.messages)")
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("this run needs about"), "\(words)")
                #expect(words.contains("It is made in the cloud instead."), "\(words)")
                #expect(stage.simulator.count(.upload) == 1)
                #expect(names == ["small.mp4"] && bytes > 1000 && bytes <= target)
            }
        }

        @Test("a file with more than the service takes is first made smaller here, and then edited")
        func tooLarge() async throws {
            try await CloudStage.with { stage in
                let name = try stage.clip()
                // A film of a second, and after it 501 MB of nothing, which the disk need not keep.
                let file = try FileHandle(
                    forWritingTo: URL(fileURLWithPath: stage.folder.path(name))
                )
                defer { try? file.close() }
                let end = try file.seekToEnd()
                try file.write(contentsOf: Data([0x1D, 0xDC, 0xA1, 0x08] + Array("free".utf8)))
                try file.truncate(atOffset: end + 0x1DDC_A108)
                let result = try await stage.succeed(
                    [name, "--to", "1MB", "--edit", "add the title \"Hi\"", "--cloud"]
                )
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("first made smaller here"), "\(words)")
                #expect(stage.simulator.count(.upload) == 1)
                let bytes = FilePath(stage.folder.path("clip-1MB.mp4")).byteCount
                #expect(bytes > 1000 && bytes <= 1_000_000)
                #expect(stage.names == ["clip-1MB.mp4", "clip.mp4"])
            }
        }
    }
}
