import Core
import Foundation
import Testing

extension BuiltProgram {
    @Suite("Several files in one call")
    struct BatchRunTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
            for name in ["in", "in/deep"] {
                try FileManager.default.createDirectory(
                    atPath: folder.path(name),
                    withIntermediateDirectories: true
                )
            }
        }

        private var environment: [String: String] { ["CINCH_STATE_DIR": folder.path("state")] }

        /// Quick options.
        private let quick = ["--speed", "fast", "--max-height", "144", "--fps", "10"]

        private func run(_ arguments: [String]) async throws -> Program.Result {
            try await Program.run(arguments + quick, environment: environment, in: folder.url)
        }

        private func names(_ path: String) -> [String] {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path(path))
            return (names ?? []).sorted()
        }

        @Test("folders, patterns and files: each is made, and one that fails stops none")
        func all() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            _ = try folder.clip(as: "in/deep/b.mp4")
            _ = try folder.clip(as: "c1.mp4")
            _ = try folder.write(Data("no video".utf8), "in/broken.mov")
            _ = try folder.write(Data("text".utf8), "in/notes.txt")
            let result = try await run([
                "in", "c[12].mp4", "missing.mov", "--recursive", "--to", "200k", "-o", "out",
                "--jobs", "2",
            ])
            #expect(result.exitCode == 66)
            #expect(names("out") == ["a-200kB.mp4", "c1-200kB.mp4", "deep"])
            #expect(names("out/deep") == ["b-200kB.mp4"])
            for name in ["a.mp4", "b.mp4", "c1.mp4", "broken.mov", "missing.mov"] {
                #expect(result.output.contains(name) && result.messages.contains(name))
            }
            #expect(!result.output.contains("notes.txt"))
            #expect(result.output.contains("5 files: 3 made, 2 failed."))
        }

        @Test("a folder's sound and pictures are made too, and what is left out is named")
        func mixed() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            _ = try folder.write(ExitCodesTests.wave(seconds: 4), "in/b.wav")
            _ = try folder.write(Data("P".utf8), "in/c.bmp")
            _ = try folder.write(Data("raw".utf8), "in/d.heic")
            let all = try await run(["in", "--to", "200k", "-o", "out", "--json"])
            let last = try #require(try all.objects().last)
            #expect(last["done"] as? Int == 2 && last["failed"] as? Int == 1)
            #expect(names("out") == ["a-200kB.mp4", "b-200kB.m4a"])
            let left = last["leftOut"] as? [[String: Any]]
            #expect(left?.map { $0["input"] as? String } == ["in/d.heic"])
            let videos = try await run(["in", "--to", "200k", "--format", "mp4", "-o", "out2"])
            #expect(videos.exitCode == 0 && names("out2") == ["a-200kB.mp4"])
            let words = videos.output.replacing(/\s+/, with: " ")
            #expect(words.contains("3 left out, not what is made here: b.wav, c.bmp, d.heic."))
        }

        @Test(
            "what fits already stays, unless there is a folder to be whole; results are no sources"
        )
        func fitting() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            #expect(try await run(["in", "--to", "200k"]).exitCode == 0)
            _ = try folder.write(ExitCodesTests.wave(seconds: 1), "in/b.wav")
            let call = ["in", "--to", "50MB", "--json"]
            let plain = ["--speed", "fast"]
            let here = try await Program.run(
                call + plain,
                environment: environment,
                in: folder.url
            )
            let last = try #require(try here.objects().last)
            #expect(last["fits"] as? Int == 2 && last["done"] as? Int == 0)
            let left = last["leftOut"] as? [[String: Any]]
            #expect(left?.map { $0["reason"] as? String } == ["result"])
            #expect(names("in") == ["a-200kB.mp4", "a.mp4", "b.wav", "deep"])
            let there = try await Program.run(
                call + plain + ["-o", "out"],
                environment: environment,
                in: folder.url
            )
            #expect(there.exitCode == 0 && names("out") == ["a-50MB.mp4", "b-50MB.m4a"])
        }

        @Test("--json has each file's beginning and end, and a result whatever failed")
        func json() async throws {
            _ = try folder.clip(as: "a.mp4")
            _ = try folder.write(Data("no video".utf8), "b.mov")
            let result = try await run(["a.mp4", "b.mov", "--to", "200k", "--json"])
            #expect(result.exitCode == 65 && result.messages.isEmpty)
            let lines = try result.objects()
            #expect(lines.first?["type"] as? String == "started")
            #expect(lines.first?["files"] as? Int == 2 && lines.first?["version"] as? Int == 1)
            let last = try #require(lines.last)
            #expect(last["type"] as? String == "result" && last["command"] as? String == "batch")
            #expect(last["done"] as? Int == 1 && last["failed"] as? Int == 1)
            #expect(last["exitCode"] as? Int == 65)
            let files = try #require(last["files"] as? [[String: Any]])
            #expect(files.map { $0["outcome"] as? String } == ["done", "failed"])
            #expect((files[1]["error"] as? [String: Any])?["kind"] as? String == "unreadable")
            let finished = lines.filter { $0["type"] as? String == "finished" }
            #expect(Set(finished.compactMap { $0["number"] as? Int }) == [1, 2])
            let begun = lines.first { $0["type"] as? String == "begun" }
            #expect(begun?["targetBytes"] as? Int == 200_000)
            #expect(lines.contains { $0["type"] as? String == "progress" && $0["number"] != nil })
        }

        @Test("--resume makes what is missing, whatever it is called by now, and nothing twice")
        func resume() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            let call = ["in", "--to", "200k", "-o", "out/", "--resume"]
            #expect(try await run(call).exitCode == 0)
            try FileManager.default.moveItem(
                atPath: folder.path("in/a.mp4"),
                toPath: folder.path("in/renamed.mp4")
            )
            let again = try await run(call)
            #expect(again.exitCode == 0 && again.output.contains("1 made before"))
            #expect(names("out") == ["a-200kB.mp4"])
            // Another wish, or a result that is gone, is work to do.
            #expect(try await run(["in", "--to", "190k", "-o", "out/", "--resume"]).exitCode == 0)
            try FileManager.default.removeItem(atPath: folder.path("out/a-200kB.mp4"))
            #expect(try await run(call).exitCode == 0)
            #expect(names("out") == ["renamed-190kB.mp4", "renamed-200kB.mp4"])
            // Without it what is there is in the way.
            #expect(try await run(["in", "--to", "190k", "-o", "out/"]).exitCode == 73)
        }

        @Test("of two files with the same content each gets its own result")
        func twins() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            let call = ["in", "--to", "200k", "-o", "out/", "--resume"]
            #expect(try await run(call).exitCode == 0)
            _ = try folder.clip(as: "in/b.mp4")
            #expect(try await run(call).output.contains("1 made, 1 made before"))
            #expect(names("out") == ["a-200kB.mp4", "b-200kB.mp4"])
            #expect(try await run(call).output.contains("2 made before"))
        }

        @Test("a total is divided, and never exceeded")
        func total() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            _ = try folder.clip(as: "in/b.mp4")
            let result = try await run(["in", "--total", "500k", "-o", "out", "--json"])
            #expect(result.exitCode == 0)
            let last = try #require(try result.objects().last)
            let bytes = try #require(last["bytes"] as? Int)
            #expect(bytes <= 500_000 && bytes > 400_000)
            let files = try #require(last["files"] as? [[String: Any]])
            let sizes = files.compactMap { $0["bytes"] as? Int }
            #expect(sizes.count == 2 && abs(sizes[0] - sizes[1]) < 60_000)
            #expect(names("out") == ["a-small.mp4", "b-small.mp4"])
            let small = try await run(["in", "--total", "5k", "-o", "out2"])
            #expect(small.exitCode == 3)
            #expect(small.messages.contains("too small for 2 files together"))
        }

        @Test("Ctrl-C stops all of them, says what was made, and leaves no other trace")
        func interrupted() async throws {
            for number in 1...4 { _ = try folder.clip(as: "in/\(number).mp4") }
            let call = [
                folder.path("in"), "--to", "1MB", "--speed", "best", "-o", folder.path("out"),
                "--jobs", "2", "--json",
            ]
            let result = try await Program.disturb(call, in: folder, name: "out", after: 0.3) {
                $0.send(SIGINT)
            }
            #expect(result.exitCode == 130)
            let last = try #require(try result.objects().last)
            #expect(last["type"] as? String == "result" && last["exitCode"] as? Int == 130)
            #expect((last["stopped"] as? Int ?? 0) > 0)
            #expect(!names("out").contains { $0.hasPrefix(".") })
        }

        @Test("what would look worse than wanted is refused before any work")
        func quality() async throws {
            let clip = try folder.clip()
            let result = try await Program.run(
                [clip, "--to", "200k", "--min-quality", "excellent"],
                environment: environment
            )
            #expect(result.exitCode == 3)
            #expect(result.messages.contains("worse than --min-quality allows"))
            #expect(folder.names == ["clip.mp4", "in"])
            let fine = try await run([clip, "--to", "2MB", "--min-quality", "0.5"])
            #expect(fine.exitCode == 0)
        }

        @Test(
            "a call that cannot be meant is answered with 64, and an empty folder with 66",
            arguments: [
                (["in", "--to", "1MB"], 66, "no video, sound or picture in in"),
                (["no*.mov", "--to", "1MB"], 66, "Nothing matches no*.mov"),
                (["a.mov", "b.mov", "-o", "out.mp4"], 64, "Name a folder"),
                (["a.mov", "-", "--to", "1MB"], 64, "Standard input cannot be one of several"),
                (["a.mov", "b.mov", "--jobs", "0"], 64, "--jobs"),
                (["a.mov", "--total", "lots"], 64, "--total"),
                (["a.mov", "--min-quality", "nice"], 64, "--min-quality"),
                (["plan", "a.mov", "b.mov"], 64, "2 files are named"),
            ] as [([String], Int32, String)]
        )
        func refusals(arguments: [String], code: Int32, words: String) async throws {
            let result = try await Program.run(
                arguments,
                environment: environment,
                in: folder.url
            )
            #expect(result.exitCode == code)
            #expect(result.messages.replacing("\n       ", with: " ").contains(words))
        }

        @Test("a folder for the result of one file is named with a slash at its end")
        func one() async throws {
            let clip = try folder.clip()
            #expect(try await run([clip, "--to", "200k", "-o", "out/"]).exitCode == 0)
            #expect(names("out") == ["clip-200kB.mp4"])
        }
    }
}
