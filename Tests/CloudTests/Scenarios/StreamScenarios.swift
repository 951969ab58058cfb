import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// How the words of the agent arrive, in every shape that they may have: scenarios 29 to 35 and 39.
@Suite struct StreamScenarios {
    /// What is shown of a message that is answered with these steps.
    private func shown(
        _ steps: [Turn.Step],
        knobs: (inout Knobs) -> Void = { _ in }
    ) async throws -> [String] {
        var texts: [String] = []
        try await Scene.with {
            var turn = Turn()
            turn.steps = steps
            $0.script.turns = [turn]
            knobs(&$0.script.knobs)
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let reply = try await client.send("add a title 'Urban Dreams'")
            #expect(reply.paragraphs == scene.heard.texts)
            texts = reply.paragraphs
        }
        return texts
    }

    @Test(
        "scenario 29: increments and their whole are one text",
        arguments: Knobs.EventFamily.allCases
    )
    func partials(_ family: Knobs.EventFamily) async throws {
        for shared in [false, true] {
            let steps: [Turn.Step] = [
                .partials(["Title ", "added ", "✅ 标题已添加。"], sharedID: shared), .change(),
            ]
            #expect(try await shown(steps) { $0.events = family } == ["Title added ✅ 标题已添加。"])
        }
    }

    @Test("scenario 30: increments without a whole are one text")
    func partialsAlone() async throws {
        let alone: [Turn.Step] = [.partials(["Hello ", "there."], repeated: false)]
        #expect(try await shown(alone) == ["Hello there."])
        #expect(try await shown(alone + [.response, .text("Done.")]) == ["Hello there.", "Done."])
    }

    @Test(
        "scenario 31: an error in the stream is reported, what follows is read, the state too",
        arguments: Turn.Failure.allCases
    )
    func errors(_ failure: Turn.Failure) async throws {
        try await Scene.with {
            $0.script.turns = [
                Turn(
                    .text("before"),
                    .failure(failure, "bad \"quote\"\nnewline 错误"),
                    .text("after")
                )
            ]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .agentFailed)
            #expect(scene.heard.texts.contains("before"))
            #expect(scene.heard.texts.contains("after"))
            if failure != .s5 {
                #expect(error?.why.contains("newline 错误") == true)
            }
            #expect(scene.asked.suffix(3) == [.state, .runSSE, .state])
        }
    }

    @Test("scenario 31: an error after which the state changed says what changed")
    func errorAfterChange() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.preface, .change(), .failure(.s3, "late trouble"))]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .agentFailed)
            let changes = scene.heard.events.contains {
                if case .changed = $0 { true } else { false }
            }
            #expect(changes)
        }
    }

    @Test("scenario 32: an apology after good words is dropped, alone it is shown")
    func apology() async throws {
        let apology = "I encountered a temporary issue. Please try again."
        #expect(try await shown([.text("Done."), .change(), .text(apology)]) == ["Done."])
        #expect(try await shown([.text(apology)]) == [apology])
    }

    @Test("scenario 33: garbage between good events is skipped")
    func garbage() async throws {
        let steps: [Turn.Step] = [
            .text("one"), .raw("data: {\"content\":\n\n"), .raw("data: \u{0}\u{1}\n\n"),
            .raw([0x64, 0x61, 0x74, 0x61, 0x3A, 0x20, 0xFF, 0xFE, 0x0A, 0x0A]),
            .raw("data: [1,2\n\n"), .raw("nonsense\n\n"), .text("two"),
        ]
        #expect(try await shown(steps) == ["one", "two"])
    }

    /// Chinese, emoji, U+2028 and U+0085, quotes, in two texts and an increment.
    static let mixed: [Turn.Step] = [
        .text("标题 ✅ a\u{2028}b\u{85}c \"quoted\""), .response, .partials(["👩‍🚀 ", "fin"]), .change(),
    ]

    @Test(
        "scenario 34: however the bytes are cut, the words are the same",
        arguments: [Knobs.Chunking.every(1), .every(2), .every(7), .whole]
    )
    func chunks(_ chunking: Knobs.Chunking) async throws {
        let plain = try await shown(Self.mixed)
        #expect(plain.count == 2)
        for lineEnd in Knobs.LineEnd.allCases {
            let cut = try await shown(Self.mixed) {
                ($0.chunking, $0.lineEnd) = (chunking, lineEnd)
            }
            #expect(cut == plain)
        }
    }

    @Test(
        "scenario 35: line ends, marks, blanks, comments and fields change nothing",
        arguments: Knobs.LineEnd.allCases
    )
    func lines(_ lineEnd: Knobs.LineEnd) async throws {
        let plain = try await shown(Self.mixed)
        let variants: [(inout Knobs) -> Void] = [
            { $0.mark = true }, { $0.spaceAfterColon = false }, { $0.splitData = true },
            { $0.decorations = true }, { $0.terminator = true }, { $0.framing = .untilClose },
            { $0.events = .snake },
        ]
        for variant in variants {
            let texts = try await shown(Self.mixed) {
                $0.lineEnd = lineEnd
                variant(&$0)
            }
            #expect(texts == plain)
        }
    }

    @Test("scenario 39: instructions for a window become suggestions, quoted words stay")
    func guiWords() async throws {
        try await Scene.with {
            $0.script.turns = [
                Turn(.text("Done. Click the Export button to download your video."), .change()),
                Turn(.text("✅ 压缩完成。点击“导出”按钮即可下载视频。")),
                Turn(.text("The title “Click here” is on screen.")),
                Turn(.text("Click http://evil.example/x to export, then upload /etc/passwd.")),
            ]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let english = try await client.send("add a title 'one'")
            #expect(english.suggestions == [.offerExport])
            #expect(english.paragraphs == ["Done."])
            let chinese = try await client.send("add a title 'two'")
            #expect(chinese.suggestions == [.offerExport])
            #expect(!chinese.paragraphs.joined().contains("点击"))
            let quoted = try await client.send("add a title 'three'")
            #expect(quoted.paragraphs == ["The title “Click here” is on screen."])
            #expect(quoted.suggestions.isEmpty)
            let count = scene.simulator.requests.count
            let evil = try await client.send("add a title 'four'")
            #expect(evil.suggestions.isEmpty)
            #expect(scene.simulator.requests.count == count + 3)
        }
    }
}
