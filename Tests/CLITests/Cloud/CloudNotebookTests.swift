import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("What is remembered of the files and wishes of a session")
    struct CloudNotebookTests {
        @Test("an unusable file is not made anew from one of two files, although one came first")
        func halfAnUpload() async throws {
            try await CloudStage.with {
                $0.product = .bytes([])
                $0.script[.upload] = [.normal, .refuse(4001)]
            } _: { stage in
                let one = try stage.clip(as: "one.mp4")
                let two = try stage.clip(as: "two.mp4", isAnother: true)
                try await stage.fail(65, ["cloud", "upload", one, two, "--cloud"])
                // What arrived is an input, and none is ever written to.
                try await stage.fail(
                    73,
                    ["cloud", "export", "-o", one, "--force"],
                    saying: "the input is never written to"
                )
                try await stage.succeed(["cloud", "upload", two, "--cloud", "-q"])
                try await stage.succeed(["cloud", "send", "compress this video", "-q"])
                try await stage.fail(
                    69,
                    ["cloud", "export", "-o", "out.mp4"],
                    saying: "The downloaded file cannot be used"
                )
                #expect(stage.names == ["one.mp4", "two.mp4"])
            }
        }

        @Test("an unusable file is not made anew from this machine's where an address was sent too")
        func anAddress() async throws {
            try await CloudStage.with {
                $0.product = .bytes([])
            } _: { stage in
                let one = try stage.clip(as: "one.mp4")
                let both = [one, "https://example.com/two.mp4"]
                try await stage.succeed(["cloud", "upload", "--cloud", "-q"] + both)
                try await stage.succeed(["cloud", "send", "compress this video", "-q"])
                try await stage.fail(
                    69,
                    ["cloud", "export", "-o", "out.mp4"],
                    saying: "The downloaded file cannot be used"
                )
                #expect(stage.names == ["one.mp4"])
            }
        }

        @Test("the size asked for in a conversation holds while another one goes on beside it")
        func twoConversations() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip(as: "one.mp4")
                let two = try stage.clip(as: "two.mp4", isAnother: true)
                let pipe = stage.folder.path("pipe")
                #expect(unsafe mkfifo(pipe, 0o600) == 0)
                // Opened for both, so that it neither waits for the other side nor ends.
                let lines = try FileDescriptor.open(FilePath(pipe), .readWrite)
                defer { try? lines.close() }
                let shell = "exec \"$0\" chat one.mp4 --cloud <pipe"
                let running = try Running(
                    URL(fileURLWithPath: "/bin/sh"),
                    ["-c", shell, Program.binary.path],
                    environment: stage.variables,
                    in: stage.folder.url
                )
                try lines.writeAll("compress this video to under 20kB\n".utf8)
                try await stage.wait { stage.simulator.count(.runSSE) == 1 }
                try await stage.succeed(["chat", two, "--cloud", "-m", "compress it to 8MB", "-q"])
                try lines.writeAll("export\nquit\n".utf8)
                let result = await running.result()
                try FileManager.default.removeItem(atPath: pipe)
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(result.exitCode == 0, "\(result.messages)")
                #expect(words.contains("It is fitted here, from one.mp4."))
                #expect(FilePath(stage.folder.path("one-108p.mp4")).byteCount <= 20_000)
            }
        }
    }
}
