import Core
import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("A folder that is watched")
    struct WatchTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
            try FileManager.default.createDirectory(
                atPath: folder.path("in"),
                withIntermediateDirectories: true
            )
        }

        private func start(_ arguments: [String]) throws -> Running {
            try Program.start(
                [
                    "watch", "in", "--to", "200k", "--speed", "fast", "--max-height", "144",
                    "--fps", "10", "--json",
                ] + arguments,
                environment: ["CINCH_STATE_DIR": folder.path("state")],
                in: folder.url
            )
        }

        private func names(_ path: String) -> [String] {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path(path))
            return (names ?? []).sorted()
        }

        /// Waits until something holds, for a minute at most; on a busy machine runs take their time.
        private func wait(until isTrue: @Sendable () -> Bool) async throws {
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            while !isTrue(), ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
            }
        }

        @Test("what comes is made once it is whole, and what was there is left alone")
        func comes() async throws {
            _ = try folder.clip(as: "in/old.mp4")
            let run = try start(["-o", "out"])
            // Until it listens: what comes before that is old.
            try await wait { names("").contains("out") }
            try await Task.sleep(for: .seconds(2))
            let whole = try Data(contentsOf: Program.clip)
            let path = folder.path("in/slow.mp4")
            try Data().write(to: URL(fileURLWithPath: path))
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: whole.prefix(whole.count / 2))
            // Longer than a file stands still that was there before.
            try await Task.sleep(for: .seconds(4))
            #expect(names("out").isEmpty)
            try handle.write(contentsOf: whole.dropFirst(whole.count / 2))
            try handle.close()
            try await wait { names("out") == ["slow-200kB.mp4"] }
            run.send(SIGINT)
            let result = await run.result()
            #expect(result.exitCode == 0 && result.messages.isEmpty)
            #expect(names("out") == ["slow-200kB.mp4"])
            let last = try #require(try result.objects().last)
            #expect(last["command"] as? String == "watch" && last["done"] as? Int == 1)
            #expect(last["failed"] as? Int == 0)
        }

        @Test("results in the same folder are not taken again, nor by the next watch")
        func ownResults() async throws {
            _ = try folder.clip(as: "in/a.mp4")
            for round in 0..<2 {
                let run = try start(["--existing"])
                if round == 0 { try await wait { names("in").count == 2 } }
                try await Task.sleep(for: .seconds(5))
                run.send(SIGTERM)
                let last = try #require(try await run.result().objects().last)
                #expect(last[round == 0 ? "done" : "before"] as? Int == 1)
                #expect(names("in") == ["a-200kB.mp4", "a.mp4"])
            }
        }

        @Test(
            "with --recursive folders in it are watched too, also those that come, and keep their place"
        )
        func recursive() async throws {
            for name in ["in/a", "in/small", "in/a/b"] {
                try FileManager.default.createDirectory(
                    atPath: folder.path(name),
                    withIntermediateDirectories: true
                )
            }
            _ = try folder.clip(as: "in/small/result.mp4")
            // Results below the folder are none of its recordings.
            let run = try start(["--recursive", "--jobs", "2", "-o", "in/small"])
            try await Task.sleep(for: .seconds(2))
            _ = try folder.clip(as: "in/a/b/deep.mp4")
            try FileManager.default.createDirectory(
                atPath: folder.path("later/new"),
                withIntermediateDirectories: true
            )
            _ = try folder.clip(as: "later/new/moved.mp4")
            try FileManager.default.moveItem(
                atPath: folder.path("later"),
                toPath: folder.path("in/later")
            )
            try await wait {
                names("in/small/a/b") == ["deep-200kB.mp4"]
                    && names("in/small/later/new") == ["moved-200kB.mp4"]
            }
            _ = try folder.clip(as: "in/later/new/next.mp4")
            try await wait { names("in/small/later/new").contains("next-200kB.mp4") }
            run.send(SIGINT)
            let last = try #require(try await run.result().objects().last)
            #expect(last["done"] as? Int == 3 && last["failed"] as? Int == 0)
            #expect(last["jobs"] as? Int == 2)
            let files = last["files"] as? [[String: Any]] ?? []
            #expect(files.contains { $0["input"] as? String == "in/later/new/moved.mp4" })
            #expect(names("in/small") == ["a", "later", "result.mp4"])
        }

        @Test("what this machine cannot read goes to the cloud if that was agreed to")
        func routes() async throws {
            try await CloudStage.with { stage in
                var data = try CloudStage.clip.contents()
                while let place = data.firstRange(of: Data("avc1".utf8)) {
                    data.replaceSubrange(place, with: Data("zq01".utf8))
                }
                try FileManager.default.createDirectory(
                    atPath: stage.folder.path("in"),
                    withIntermediateDirectories: true
                )
                _ = try stage.folder.write(Data(data), "in/strange.mp4")
                _ = try stage.clip(as: "in/plain.mp4")
                let call = ["watch", "in", "--existing", "--to", "1MB", "-o", "out", "--json"]
                func made(_ options: [String], _ count: Int) async throws -> [[String: Any]] {
                    let run = try stage.start(call + options)
                    let folder = stage.folder
                    try await stage.wait {
                        let state = try? FileManager.default.contentsOfDirectory(
                            atPath: folder.path("out")
                        )
                        return (state ?? []).filter { $0.hasSuffix("1MB.mp4") }.count == count
                    }
                    try await Task.sleep(for: .seconds(2))
                    run.send(SIGINT)
                    let last = try await run.result().objects().last
                    return last?["files"] as? [[String: Any]] ?? []
                }
                let here = try await made(["--offline", "--cloud"], 1)
                #expect(here.compactMap { $0["error"] as? [String: Any] }.count == 1)
                #expect(stage.simulator.requests.isEmpty)
                let there = try await made(["--cloud"], 2)
                let strange = there.first { ($0["input"] as? String)?.contains("strange") == true }
                #expect(strange?["route"] as? String == "cloud", "\(there)")
                #expect(stage.simulator.count(.upload) == 1)
            }
        }

        @Test("it ends with 66 where the folder goes away, and where there is none")
        func gone() async throws {
            let run = try start([])
            try await Task.sleep(for: .seconds(2))
            try FileManager.default.removeItem(atPath: folder.path("in"))
            let result = await run.result()
            #expect(result.exitCode == 66)
            #expect(try result.objects().last?["type"] as? String == "error")
            #expect(await (try start([])).result().exitCode == 66)
        }
    }
}
