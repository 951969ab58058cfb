import Foundation
import Simulator
import SystemPackage
import Testing

extension BuiltProgram {
    @Suite(
        "Conversations in a terminal",
        .enabled(if: Allowed.has("script")),
        .disabled(if: Allowed.isDarwin, "its script has other options")
    )
    struct TerminalTests {
        @Test("a person is asked before anything is sent, and a no is the end")
        func refused() async throws {
            try await CloudStage.with { stage in
                let result = try await stage.type([("Go ahead? [y/N]", "n\r")], at: ["chat"])
                #expect(result.exitCode == 77)
                #expect(result.screen.contains("is about to contact 127.0.0.1"))
                #expect(stage.simulator.requests.isEmpty)
            }
        }

        @Test(
            "a whole conversation: asked twice, an error in the middle, a line recalled, the file"
        )
        func conversation() async throws {
            try await CloudStage.with {
                $0.script[.credits] = [.refuse(402)]
            } _: { stage in
                let clip = try stage.clip()
                let result = try await stage.type(
                    [
                        ("Go ahead? [y/N]", "y\r"), ("Ctrl-D ends.", "\(clip)\r"),
                        ("about to send clip.mp4", "yes\r"), ("is uploaded", "credits\r"),
                        ("upgrade your plan", "\u{1B}[A\r"), ("100 available", "add music\r"),
                        ("Say “export”", "export\r"), ("Made by", "\u{04}"),
                    ],
                    at: ["chat"]
                )
                #expect(result.exitCode == 0, "\(result.screen)")
                #expect(result.screen.contains("Bye."))
                #expect(stage.names == ["clip-108p.mp4", "clip.mp4"])
                // The cursor is back, and what is pasted is plain again.
                let hidden = result.screen.components(separatedBy: "\u{1B}[?25l").count
                #expect(hidden == result.screen.components(separatedBy: "\u{1B}[?25h").count)
                #expect(result.screen.contains("\u{1B}[?2004l"))
                #expect(!stage.simulator.secrets.contains { result.screen.contains($0) })
            }
        }

        @Test("Ctrl-C at the prompt and at a question ends with 130")
        func stopped() async throws {
            try await CloudStage.with { stage in
                let asked = try await stage.type([("Go ahead?", "\u{03}")], at: ["chat"])
                #expect(asked.exitCode == 130)
                #expect(stage.simulator.requests.isEmpty)
                let prompt = try await stage.type(
                    [("Ctrl-D ends.", "some words\u{03}")],
                    at: ["chat", "--cloud"]
                )
                #expect(prompt.exitCode == 130)
                #expect(prompt.screen.contains("Stopped."))
                #expect(stage.simulator.count(.runSSE) == 0)
            }
        }

        @Test("--route cloud asks before anything is sent, and after a no it is made here")
        func askedForWay() async throws {
            try await CloudStage.with { stage in
                let call = [try stage.clip(), "--to", "100kB", "--route", "cloud"]
                let result = try await stage.type([("Go ahead? [y/N]", "n\r")], at: call)
                #expect(result.exitCode == 0, "\(result.screen)")
                #expect(result.screen.contains("You are asked before"))
                #expect(stage.names == ["clip-100kB.mp4", "clip.mp4"])
                #expect(stage.simulator.requests.isEmpty)
                let yes = try await stage.type(
                    [("Go ahead? [y/N]", "y\r"), ("about to send clip.mp4", "y\r")],
                    at: call + ["--force"]
                )
                #expect(yes.exitCode == 0, "\(yes.screen)")
                #expect(stage.simulator.count(.upload) == 1)
            }
        }

        @Test(
            "for several files somebody is asked once, before anything; after a no all are made here"
        )
        func askedForAll() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip(as: "a.mp4")
                _ = try stage.clip(as: "b.mp4", isAnother: true)
                let call = ["a.mp4", "b.mp4", "--to", "100kB", "--route", "cloud", "-o", "out"]
                let no = try await stage.type([("Go ahead? [y/N]", "n\r")], at: call)
                #expect(no.exitCode == 0, "\(no.screen)")
                #expect(no.screen.contains("Here and not in the cloud, because nobody has agreed"))
                #expect(stage.simulator.requests.isEmpty)
                let yes = try await stage.type(
                    [("Go ahead? [y/N]", "y\r"), ("about to send a.mp4", "y\r")],
                    at: call + ["--force"]
                )
                #expect(yes.exitCode == 0, "\(yes.screen)")
                #expect(yes.screen.contains("b.mp4 (1 MB)"))
                #expect(yes.screen.components(separatedBy: "Go ahead?").count == 3)
                #expect(stage.simulator.count(.upload) == 2)
            }
        }

        @Test("whatever is called next in a terminal says that a job was left in the cloud")
        func left() async throws {
            try await CloudStage.with { stage in
                let call = [try stage.clip(), "--to", "1MB", "--route", "cloud", "--cloud"]
                let simulator = stage.simulator
                _ = try await stage.interrupt(call, signal: SIGKILL) {
                    simulator.count(.renderSubmit) > 0
                }
                let next = try await stage.type([], at: ["limits", "discord"])
                #expect(next.screen.contains("The cloud job for clip.mp4 was left unfinished"))
                #expect(next.screen.contains("cinch jobs --resume"))
                let pipe = try await stage.succeed(["limits", "discord"])
                #expect(pipe.messages.isEmpty)
                try await stage.succeed(["jobs", "--resume"])
                let after = try await stage.type([], at: ["limits", "discord"])
                #expect(!after.screen.contains("unfinished"))
            }
        }
    }
}

extension CloudStage {
    /// Types lines at the program, each after what stands before it has appeared.
    ///
    /// With `script`, which makes a terminal of two pipes: what is written to it is typed.
    func type(
        _ dialogue: [(after: String, typed: String)],
        at arguments: [String]
    ) async throws -> (exitCode: Int32, screen: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let call = ([Program.binary.path] + arguments).joined(separator: " ")
        let log = folder.path("tmp/typescript")
        process.arguments = ["script", "-qefc", "stty cols 80; \(call)", log]
        process.environment = ProcessInfo.processInfo.environment
            .merging(variables) { $1 }.merging(["TERM": "xterm"]) { $1 }
        process.currentDirectoryURL = folder.url
        let keyboard = Pipe()
        process.standardInput = keyboard
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        func screen() -> String {
            let data = FileManager.default.contents(atPath: log) ?? Data()
            return String(decoding: data, as: UTF8.self)
        }
        for (words, typed) in dialogue {
            try await wait { screen().contains(words) }
            // The program may not be ready for keys the moment its prompt is drawn.
            try await Task.sleep(for: .milliseconds(100))
            try keyboard.fileHandleForWriting.write(contentsOf: Data(typed.utf8))
        }
        try await wait { !process.isRunning }
        return (process.terminationStatus, screen())
    }
}
