import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite(
        "Lines of a conversation that need no agent",
        .enabled(if: Allowed.has("script")),
        .disabled(if: Allowed.isDarwin, "its script has other options")
    )
    struct ChatHereTests {
        private func talk(
            _ stage: CloudStage,
            _ dialogue: [(after: String, typed: String)]
        ) async throws -> String {
            let result = try await stage.type(dialogue, at: ["chat", "--cloud"])
            #expect(result.exitCode == 0, "\(result.screen)")
            return result.screen
        }

        private func bytes(_ stage: CloudStage, _ name: String) -> Int {
            FilePath(stage.folder.path(name)).byteCount
        }

        @Test("a size for the file in talk is made here, shown as it was understood, and not sent")
        func madeHere() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                let screen = try await talk(
                    stage,
                    [
                        ("Ctrl-D ends.", "make \(clip) 100kB\r"),
                        // The name goes without saying from now on.
                        ("clip-100kB.mp4", "压到 60kB\r"), ("clip-60kB.mp4", "\u{04}"),
                    ]
                )
                #expect(screen.contains("understood: at most 100kB; done here, nothing is sent"))
                #expect(screen.contains("理解为：at most 60kB"))
                #expect(stage.names == ["clip-100kB.mp4", "clip-60kB.mp4", "clip.mp4"])
                #expect((1000...100_000).contains(bytes(stage, "clip-100kB.mp4")))
                #expect((1000...60_000).contains(bytes(stage, "clip-60kB.mp4")))
                #expect(stage.simulator.count(.upload) == 0 && stage.simulator.count(.runSSE) == 0)
            }
        }

        @Test("of a file that was sent it is made here too, and the same wish again beside it")
        func afterUpload() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                _ = try await talk(
                    stage,
                    [
                        ("Ctrl-D ends.", "\(clip)\r"), ("is uploaded", "make it 100kB\r"),
                        ("clip-100kB.mp4", "make it 100kB\r"),
                        ("clip-100kB-2.mp4", "\u{04}"),
                    ]
                )
                #expect(stage.names == ["clip-100kB-2.mp4", "clip-100kB.mp4", "clip.mp4"])
                #expect(stage.simulator.count(.upload) == 1 && stage.simulator.count(.runSSE) == 0)
            }
        }

        @Test("a line with an edit and a size: the agent does the edit, and its result is fitted")
        func both() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                let screen = try await talk(
                    stage,
                    [
                        // The file is only sent when the agent needs it.
                        ("Ctrl-D ends.", "make \(clip) 100kB\r"),
                        ("clip-100kB.mp4", "add the title \"Hi\" and make it 60kB\r"),
                        // What was edited is what the next size is for.
                        ("clip-108p.mp4", "make it 50kB\r"), ("clip-108p-2.mp4", "\u{04}"),
                    ]
                )
                let words = screen.replacing("\r\n  ", with: " ")
                #expect(words.contains("understood: at most 60kB; the rest is for the agent"))
                #expect(words.contains("what was edited is exported and fitted"))
                #expect((1000...60_000).contains(bytes(stage, "clip-108p.mp4")))
                #expect((1000...50_000).contains(bytes(stage, "clip-108p-2.mp4")))
                #expect(stage.simulator.count(.upload) == 1)
                #expect(stage.simulator.count(.runSSE) == 1)
                let body = stage.simulator.requests.first { $0.endpoint == .runSSE }?.body
                #expect(body?.contains("make it 60kB") == true)
            }
        }

        @Test("what could be meant otherwise goes to the agent as it was said")
        func ambiguous() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                _ = try await talk(
                    stage,
                    [
                        ("Ctrl-D ends.", "\(clip)\r"),
                        ("is uploaded", "make it look like 8MB of fun\r"),
                        ("Say “export”", "\u{04}"),
                    ]
                )
                #expect(stage.names == ["clip.mp4"])
                #expect(stage.simulator.count(.runSSE) == 1)
                #expect(stage.simulator.count(.renderSubmit) == 0)
            }
        }

        @Test("what this machine cannot read goes to the agent after all")
        func strange() async throws {
            try await CloudStage.with { stage in
                var data = try CloudStage.clip.contents()
                while let place = data.firstRange(of: Data("avc1".utf8)) {
                    data.replaceSubrange(place, with: Data("zq01".utf8))
                }
                _ = try stage.folder.write(Data(data), "clip.mp4")
                let screen = try await talk(
                    stage,
                    [
                        ("Ctrl-D ends.", "compress clip.mp4 to 100kB\r"),
                        ("Say “export”", "\u{04}"),
                    ]
                )
                let words = screen.replacing("\u{1B}[0m\r\n\u{1B}[2m  ", with: " ")
                #expect(words.contains("It goes to the cloud instead."))
                #expect(stage.simulator.count(.upload) == 1 && stage.simulator.count(.runSSE) == 1)
            }
        }
    }
}
