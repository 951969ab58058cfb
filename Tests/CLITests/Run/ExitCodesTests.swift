import Foundation
import SystemPackage
import Testing

extension BuiltProgram {
    @Suite("The exit codes of the built program")
    struct ExitCodesTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        /// Expects a code, the sentence that explains it, and nothing new in the folder.
        private func expect(
            _ code: Int32,
            _ arguments: [String],
            saying words: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let before = folder.names
            let result = try await Program.run(arguments + ["--quiet"], in: folder.url)
            #expect(result.exitCode == code, sourceLocation: sourceLocation)
            #expect(result.output.isEmpty, sourceLocation: sourceLocation)
            #expect(result.messages.hasPrefix("cinch: "), sourceLocation: sourceLocation)
            #expect(
                result.messages.contains(words),
                "\(result.messages)",
                sourceLocation: sourceLocation
            )
            #expect(folder.names == before, sourceLocation: sourceLocation)
        }

        @Test("66 where there is no such file")
        func missing() async throws {
            try await expect(66, ["nowhere.mp4", "--to", "1MB"], saying: "there is no such file")
        }

        @Test(
            "66 for a folder with nothing to make, 65 for an empty file and text that calls itself one"
        )
        func noVideos() async throws {
            let call = [folder.url.path, "--to", "1MB"]
            try await expect(66, call, saying: "no video, sound or picture in")
            let empty = try folder.write(Data(), "empty.mp4")
            try await expect(65, [empty, "--to", "1MB"], saying: "is empty")
            let text = try folder.write(Data("Not a film.\n".utf8), "text.mp4")
            try await expect(65, [text, "--to", "1MB"], saying: "text.mp4")
        }

        @Test("64 for a format that cannot be made of the input")
        func formats() async throws {
            let path = try folder.write(Self.wave(seconds: 1), "tone.wav")
            try await expect(64, [path, "--format", "webp"], saying: "Cannot make WebP")
            try await expect(64, [path, "-o", folder.path("out.mp4")], saying: "it is sound")
            try await expect(64, [Program.clip.path, "--format", "jpeg"], saying: "a video")
        }

        @Test(
            "65 with --strict for a file that was cut off, wherever",
            arguments: [0.3, 0.6, 0.999]
        )
        func truncated(share: Double) async throws {
            let whole = try Data(contentsOf: Program.clip)
            let cut = try folder.write(
                whole.prefix(Int(Double(whole.count) * share)),
                "cut.mp4"
            )
            try await expect(65, [cut, "--to", "500k", "--strict"], saying: "cut.mp4 is cut off")
        }

        @Test("65 for a damaged file with --strict, and 0 for what can be saved of it without")
        func truncatedFaststart() async throws {
            let whole = folder.path("whole.mp4")
            let made = try await Program.run([
                Program.clip.path, "--to", "600k", "--speed", "fast", "-o", whole, "--max-height",
                "240",
            ])
            try #require(made.exitCode == 0)
            let data = try Data(contentsOf: URL(fileURLWithPath: whole))
            let cut = try folder.write(data.prefix(data.count / 2), "half.mp4")
            let call = [cut, "--to", "200k", "--speed", "fast", "--max-height", "240"]
            try await expect(65, call + ["--strict"], saying: "cut off")
            let saved = try await Program.run(call + ["-o", folder.path("saved.mp4")])
            #expect(saved.exitCode == 0, "\(saved.messages)")
            #expect(saved.output.contains("Damage"))
            #expect(saved.output.contains("are missing"))
            let told = try await Program.run(
                call + ["-o", folder.path("told.mp4"), "--json", "--quiet"]
            )
            let damage = try #require(try told.objects().last?["damage"] as? [String: Any])
            let stated = try #require(damage["statedSeconds"] as? Double)
            let reached = try #require(damage["reachedSeconds"] as? Double)
            #expect(reached < stated - 5)
        }

        @Test("66 where reading is not permitted", .enabled(if: Allowed.unprivileged))
        func unreadable() async throws {
            let path = try folder.clip()
            try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
            let result = try await unprivileged([path, "--to", "1MB", "--quiet"])
            #expect(result.exitCode == 66)
            #expect(result.messages.contains("permission denied"))
        }

        @Test(
            "73 where the folder is missing, or not ours to write",
            .enabled(if: Allowed.unprivileged)
        )
        func folders() async throws {
            try await expect(
                73,
                [Program.clip.path, "--to", "1MB", "-o", folder.path("none/a.mp4")],
                saying: "no such folder"
            )
            let clip = try folder.clip()
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o555],
                ofItemAtPath: folder.url.path
            )
            let result = try await unprivileged([
                clip, "--to", "1MB", "-o", folder.path("a.mp4"), "--quiet",
            ])
            #expect(result.exitCode == 73)
            #expect(result.messages.contains("permission denied"))
            #expect(folder.names == ["clip.mp4"])
        }

        @Test("73 where the output exists, is the input, or is a folder")
        func taken() async throws {
            let clip = try folder.clip()
            let other = try folder.write(Data("mine".utf8), "other.mp4")
            try await expect(73, [clip, "--to", "1MB", "-o", other], saying: "exists already")
            #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == Data("mine".utf8))
            try await expect(
                73,
                [clip, "--to", "1MB", "-o", clip, "--force"],
                saying: "input itself"
            )
            try await expect(
                73,
                ["clip.mp4", "--to", "1MB", "-o", "./../\(folder.url.lastPathComponent)/clip.mp4"],
                saying: "input itself"
            )
            try await expect(
                73,
                [clip, "--to", "1MB", "-o", folder.url.path, "--force"],
                saying: "it is a folder"
            )
        }

        @Test("64 for a container that is not made here, and for sizes that are none")
        func usage() async throws {
            let clip = try folder.clip()
            try await expect(64, [clip, "--to", "1MB", "-o", "out.mkv"], saying: ".mkv")
            for size in ["0", "-1MB", "0MB", "many", "1e99", "99999999999999999999GB", "1XB", ""] {
                try await expect(64, [clip, "--to", size], saying: "--to")
            }
            try await expect(64, [], saying: "Usage: cinch INPUT")
            try await expect(64, [clip, "--wrong"], saying: "--wrong")
        }

        @Test("3 for a size that no clip of that length can have, with the size that it can")
        func unreachable() async throws {
            let clip = try folder.clip()
            let result = try await Program.run([clip, "--to", "10k", "--json"], in: folder.url)
            #expect(result.exitCode == 3)
            let last = try #require(try result.objects().last)
            #expect(last["kind"] as? String == "unreachable")
            let smallest = try #require(last["smallestBytes"] as? Int)
            #expect(smallest > 10_000)
            // The advice holds: asked for what it says, it delivers.
            let again = try await Program.run([
                clip, "--to", "\(smallest)", "--speed", "fast", "--quiet", "-o",
                folder.path("small.mp4"),
            ])
            #expect(again.exitCode == 0, "\(again.messages)")
        }

        @Test("74 where the disk fills up in the middle", .enabled(if: Allowed.mounting))
        func diskFull() async throws {
            let disk = folder.path("disk")
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            let mounted = try await Program.tool(
                "mount",
                ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]
            )
            try #require(mounted.exitCode == 0)
            let call = [
                Program.clip.path, "--to", "2MB", "--speed", "best", "-o", disk + "/a.mp4",
                "--quiet",
                "--disk", "0",
            ]
            let result = try await Program.disturb(call, in: folder, name: "disk", after: 0.3) {
                _ in
                // Until nothing more fits.
                let filler = try FileDescriptor.open(
                    FilePath(disk + "/filler"),
                    .writeOnly,
                    options: [.create],
                    permissions: .ownerReadWrite
                )
                let block = [UInt8](repeating: 0, count: 4096)
                while (try? filler.writeAll(block)) != nil {}
                try filler.close()
            }
            let names = Self.names(disk)
            _ = try await Program.tool("umount", [disk])
            #expect(result.exitCode == 74, "\(result.messages)")
            #expect(result.messages.contains("disk is full"), "\(result.messages)")
            #expect(names == ["filler"])
        }

        @Test(
            "another disk than the input's takes the result like any",
            .enabled(if: Allowed.mounting)
        )
        func otherDisk() async throws {
            let disk = folder.path("disk")
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            let mounted = try await Program.tool(
                "mount",
                ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk]
            )
            try #require(mounted.exitCode == 0)
            let result = try await Program.run([
                Program.clip.path, "--to", "400k", "--speed", "fast", "--max-height", "240", "-o",
                disk + "/a.mp4", "--disk", "0",
            ])
            let names = Self.names(disk)
            _ = try await Program.tool("umount", [disk])
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(names == ["a.mp4"])
        }

        private static func names(_ path: String) -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        }

        /// Runs the program as somebody without rights of their own.
        private func unprivileged(_ arguments: [String]) async throws -> Program.Result {
            guard Allowed.isRoot else { return try await Program.run(arguments) }
            return try await Program.tool(
                "setpriv",
                ["--reuid=65534", "--clear-groups", Program.binary.path] + arguments
            )
        }

        /// A tone as a RIFF file.
        static func wave(seconds: Int) -> Data {
            func bytes(_ value: Int, _ count: Int) -> [UInt8] {
                (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
            }
            let samples = 8000 * seconds
            var data = Data("RIFF".utf8 + bytes(36 + samples * 2, 4) + Array("WAVEfmt ".utf8))
            data += bytes(16, 4) + bytes(1, 2) + bytes(1, 2) + bytes(8000, 4) + bytes(16_000, 4)
            data += bytes(2, 2) + bytes(16, 2) + Array("data".utf8) + bytes(samples * 2, 4)
            for sample in 0..<samples { data += bytes(sample % 40 * 400, 2) }
            return data
        }
    }
}
