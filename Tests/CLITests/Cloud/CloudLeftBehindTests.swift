import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Cloud exports that were left behind")
    struct CloudLeftBehindTests {
        /// Exports to a name, killed after the render was submitted.
        private func leave(_ stage: CloudStage, _ name: String = "out.mp4") async throws {
            let simulator = stage.simulator
            let count = simulator.count(.renderSubmit)
            let killed = try await stage.interrupt(
                ["cloud", "export", "-o", name],
                signal: SIGKILL
            ) { simulator.count(.renderSubmit) > count }
            #expect(killed.exitCode == 1000 + SIGKILL)
            // Until it is rendered.
            try await Task.sleep(for: .milliseconds(300))
        }

        @Test(
            "scenario 57: a killed export is there after the next conversation, login or export",
            arguments: [
                ["chat", "--continue"], ["cloud", "login"], ["cloud", "export", "-o", "out.mp4"],
            ]
        )
        func adopted(_ arguments: [String]) async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                try await leave(stage)
                let result = try await stage.succeed(arguments, input: "")
                #expect(result.output.contains("out.mp4\n"))
                #expect(stage.names == ["clip.mp4", "out.mp4"])
                #expect(stage.simulator.count(.renderSubmit) == 1)
                let none = try await stage.succeed(["cloud", "jobs"])
                #expect(none.output == "No exports were left behind.\n")
            }
        }

        @Test("an export that is still being made is named, and the conversation goes on")
        func named() async throws {
            try await CloudStage.with {
                $0.script.usualRender.course = .stuck
            } _: { stage in
                try await stage.prepareTimeline()
                try await leave(stage)
                let result = try await stage.succeed(["chat", "--continue", "-m", "credits"])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("out.mp4, left behind earlier, is still being made"))
                #expect(result.output.contains("Credits: "))
                let json = try await stage.succeed(["cloud", "login", "--json"])
                let notes = try json.objects().compactMap { $0["text"] as? String }
                #expect(notes.contains { $0.contains("cinch jobs --resume") })
            }
        }

        @Test(
            "scenario 57: an export that is not ready when a conversation begins is fetched between turns"
        )
        func betweenTurns() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                try await leave(stage)
                stage.play {
                    $0[.renderPoll] = [.json(200, ["status": "processing"])]
                    $0.turns = [Turn(.wait(.seconds(90)), .answer)]
                }
                let result = try await stage.succeed(["chat", "--continue", "-m", "add music"])
                #expect(result.messages.contains("is still being made"))
                #expect(stage.names == ["clip.mp4", "out.mp4"])
                #expect(stage.simulator.count(.renderSubmit) == 1)
            }
        }

        @Test(
            "an export left behind is measured against what was asked of it, not of the next video"
        )
        func ownWish() async throws {
            // Of the same length, so that only the session tells them apart.
            try await CloudStage.with { stage in
                try await stage.prepare("one.mp4")
                try await stage.succeed(["cloud", "send", "compress to under 20kB", "-q"])
                try await leave(stage, "one-small.mp4")
                let second = try stage.clip(as: "two.mp4", isAnother: true)
                try await stage.succeed(["cloud", "upload", second, "--new", "--cloud", "-q"])
                try await stage.succeed(["cloud", "send", "compress to under 15kB", "-q"])
                let result = try await stage.succeed(["cloud", "jobs", "--fetch"])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("more than the 20 kB you asked for"))
                #expect(words.contains("It is fitted here, from one.mp4."))
                let bytes = FilePath(stage.folder.path("one-small.mp4")).byteCount
                #expect(bytes <= 20_000 && bytes > 15_000)
                #expect(stage.names == ["one-small.mp4", "one.mp4", "two.mp4"])
            }
        }

        @Test("an unusable file left behind is made anew from its own original, or not at all")
        func ownOriginal() async throws {
            try await CloudStage.with {
                $0.product = .bytes([])
            } _: { stage in
                try await stage.prepare("one.mp4")
                try await stage.succeed(["cloud", "send", "add the title \"Hi\"", "-q"])
                try await leave(stage, "edited.mp4")
                let second = try stage.clip(as: "two.mp4", isAnother: true)
                try await stage.succeed(["cloud", "upload", second, "--new", "--cloud", "-q"])
                try await stage.succeed(["cloud", "send", "compress this video", "-q"])
                // What was edited there cannot be made here, and least of all from another clip.
                try await stage.fail(
                    69,
                    ["cloud", "jobs", "--fetch"],
                    saying: "The downloaded file cannot be used"
                )
                #expect(stage.names == ["one.mp4", "two.mp4"])
                try await leave(stage, "small.mp4")
                let third = try stage.clip(as: "three.mp4")
                try await stage.succeed(["cloud", "upload", third, "--new", "--cloud", "-q"])
                let result = try await stage.succeed(["cloud", "jobs", "--fetch"])
                #expect(result.messages.contains("It is made here, from two.mp4."))
                #expect(stage.names == ["one.mp4", "small.mp4", "three.mp4", "two.mp4"])
            }
        }

        @Test("an export that another run is fetching is waited for, and fetched once")
        func fetchedElsewhere() async throws {
            try await CloudStage.with {
                $0.script.usualRender.course = .timed(seconds: 900)
            } _: { stage in
                try await stage.prepareTimeline()
                try await leave(stage)
                let fetch = ["cloud", "jobs", "--fetch"]
                let polls = stage.simulator.count(.renderPoll)
                let running = try stage.start(fetch)
                try await stage.wait { stage.simulator.count(.renderPoll) > polls }
                let second = try await stage.succeed(fetch)
                let first = await running.result()
                #expect(first.exitCode == 0, "\(first.messages)")
                #expect(first.output.contains("out.mp4\n"))
                let words = second.messages.replacing("\n  ", with: " ")
                #expect(words.contains("Another run of cinch is at work on the session"))
                #expect(words.contains("The export to out.mp4 is no longer left behind"))
                #expect(stage.simulator.count(.file) == 1)
                #expect(stage.names == ["clip.mp4", "out.mp4"])
            }
        }

        @Test("an export left behind whose name is taken by now goes beside what has it")
        func nameTaken() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                let mine = try stage.folder.write(Data("mine".utf8), "mine.mp4")
                for arguments in [["cloud", "login"], ["cloud", "jobs", "--fetch"]] {
                    try await leave(stage)
                    try FileManager.default.copyItem(
                        atPath: mine,
                        toPath: stage.folder.path("out.mp4")
                    )
                    let result = try await stage.succeed(arguments)
                    #expect(result.output.contains("out-2.mp4\n"))
                    #expect(FilePath(stage.folder.path("out.mp4")).byteCount == 4)
                    let none = try await stage.succeed(["cloud", "jobs"])
                    #expect(none.output == "No exports were left behind.\n")
                    for name in ["out.mp4", "out-2.mp4"] {
                        try FileManager.default.removeItem(atPath: stage.folder.path(name))
                    }
                }
                try await leave(stage)
                try FileManager.default.copyItem(atPath: mine, toPath: stage.folder.path("out.mp4"))
                try await stage.succeed(["cloud", "jobs", "--fetch", "--force", "-q"])
                #expect(stage.names == ["clip.mp4", "mine.mp4", "out.mp4"])
                #expect(FilePath(stage.folder.path("out.mp4")).byteCount > 4)
            }
        }

        @Test("of several exports left behind one that fails does not keep the others")
        func oneFails() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                try await leave(stage, "first.mp4")
                let second = try stage.clip(as: "two.mp4", isAnother: true)
                try await stage.succeed(["cloud", "upload", second, "--new", "--cloud", "-q"])
                try await stage.succeed(["cloud", "send", "compress this video", "-q"])
                try await leave(stage, "second.mp4")
                stage.play { $0[.renderPoll] = [.json(200, ["status": "failed"])] }
                let result = try await stage.fail(
                    69,
                    ["cloud", "jobs", "--fetch", "--json"],
                )
                let lines = try result.objects()
                let fetched = lines.filter { $0["type"] as? String == "exported" }
                #expect(fetched.map { $0["output"] as? String }.count == 1)
                #expect(stage.names == ["clip.mp4", "second.mp4", "two.mp4"])
                let notes = lines.compactMap { $0["text"] as? String }
                #expect(
                    notes.contains {
                        $0.contains("The export to first.mp4") && $0.contains("Export again")
                    }
                )
                #expect(stage.simulator.count(.renderSubmit) == 2)
            }
        }
    }
}
