import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Cloud commands that are stopped")
    struct CloudStoppingTests {
        private func expectClean(
            _ stage: CloudStage,
            _ result: Program.Result,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(result.exitCode == 130, "\(result.messages)", sourceLocation: sourceLocation)
            #expect(
                result.messages.hasSuffix("cinch: Stopped.\n"),
                "\(result.messages)",
                sourceLocation: sourceLocation
            )
            #expect(stage.names == ["clip.mp4"], sourceLocation: sourceLocation)
        }

        @Test("Ctrl-C during an upload ends with 130 and leaves nothing")
        func upload() async throws {
            try await CloudStage.with {
                $0.receiveBuffer = 4096
                $0.script[.upload] = [.normal.reading(.throttled(bytesPerSecond: 20))]
            } _: { stage in
                let clip = try stage.clip()
                let simulator = stage.simulator
                let result = try await stage.interrupt(["cloud", "upload", clip, "--cloud"]) {
                    simulator.count(.upload) > 0
                }
                expectClean(stage, result)
            }
        }

        @Test("Ctrl-C while the agent works ends with 130")
        func message() async throws {
            try await CloudStage.with(speed: 20) {
                $0.script = .turn(.preface, .stall)
            } _: { stage in
                try await stage.prepare()
                let simulator = stage.simulator
                let result = try await stage.interrupt(["chat", "--continue", "-m", "add music"]) {
                    simulator.count(.runSSE) > 0
                }
                expectClean(stage, result)
            }
        }

        @Test("Ctrl-C during a render asks the service to stop it, and leaves nothing")
        func render() async throws {
            try await CloudStage.with {
                $0.script.usualRender.course = .stuck
            } _: { stage in
                try await stage.prepareTimeline()
                let simulator = stage.simulator
                let result = try await stage.interrupt(["cloud", "export", "-o", "out.mp4"]) {
                    simulator.count(.renderPoll) > 0
                }
                expectClean(stage, result)
                #expect(simulator.count(.renderCancel) == 1)
            }
        }

        @Test("Ctrl-C during the download leaves no part of the file", arguments: [1, 5])
        func download(signals: Int) async throws {
            try await CloudStage.with {
                $0.script[.file] = [.normal.delivered { $0.bytesPerSecond = 20 }]
            } _: { stage in
                try await stage.prepareTimeline()
                let running = try stage.start(["cloud", "export", "-o", "out.mp4"])
                try await stage.wait { stage.names.contains { $0.hasPrefix(".cinch-download-") } }
                for _ in 0..<signals {
                    running.send(SIGINT)
                    try await Task.sleep(for: .milliseconds(3))
                }
                let result = await running.result()
                expectClean(stage, result)
                // It is rendered all the same, and can be had later.
                let jobs = try await stage.succeed(["cloud", "jobs", "--json"])
                #expect((try jobs.objects().last?["jobs"] as? [Any])?.count == 1)
            }
        }

        @Test("Ctrl-C while a conversation waits for its next line ends it")
        func waiting() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                let pipe = stage.folder.path("pipe")
                #expect(unsafe mkfifo(pipe, 0o600) == 0)
                // Opened for both, so that it neither waits for the other side nor ends.
                let shell = "exec \"$0\" chat --cloud 0<>pipe"
                let running = try Running(
                    URL(fileURLWithPath: "/bin/sh"),
                    ["-c", shell, Program.binary.path],
                    environment: stage.variables,
                    in: stage.folder.url
                )
                try await stage.wait { stage.simulator.count(.withSession) > 0 }
                try await Task.sleep(for: .milliseconds(200))
                running.send(SIGINT)
                let result = await running.result()
                try FileManager.default.removeItem(atPath: pipe)
                expectClean(stage, result)
            }
        }

        @Test("a simulated service and its folder are gone when it is stopped", arguments: [1, 4])
        func simulator(signals: Int) async throws {
            try await CloudStage.with { stage in
                let running = try stage.start(["cloud", "simulate", "--json"])
                try await stage.wait { !stage.temporaryNames.isEmpty }
                try await Task.sleep(for: .milliseconds(100))
                for _ in 0..<signals { running.send(SIGINT) }
                let result = await running.result()
                #expect(result.exitCode == 130)
                #expect(try result.objects().last?["kind"] as? String == "interrupted")
                #expect(stage.temporaryNames.isEmpty)
            }
        }

        @Test(
            "a simulated conversation that is stopped leaves no folder either",
            arguments: [1, 4]
        )
        func simulatedChat(signals: Int) async throws {
            try await CloudStage.with { stage in
                let arguments = ["chat", try stage.clip(), "--simulate", "-m", "make it better"]
                let running = try stage.start(arguments + ["--scenario", "25"])
                try await stage.wait { !stage.temporaryNames.isEmpty }
                try await Task.sleep(for: .milliseconds(200))
                for _ in 0..<signals { running.send(SIGINT) }
                expectClean(stage, await running.result())
                #expect(stage.temporaryNames.isEmpty)
            }
        }
    }
}
