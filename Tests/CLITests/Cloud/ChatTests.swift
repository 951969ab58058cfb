import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Conversations with the built program")
    struct ChatTests {
        @Test("lines of a pipe are a conversation: files, edits, status, credits, exports")
        func piped() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip(as: "My Clip (1).mp4")
                let folder = stage.folder.url.path
                let result = try await stage.succeed(
                    ["chat", "--cloud"],
                    input: """
                        credits
                        \(folder)/My\\ Clip\\ \\(1\\).mp4
                        compress this video to under 50MB without losing too much quality

                        add the title "Urban Dreams"
                        show tracks
                        export
                        add music, then export
                        quit
                        never said
                        """
                )
                let messages = result.messages
                let connecting = try #require(messages.range(of: "Connecting…\nReady!\n"))
                let trying = try #require(messages.range(of: "Try saying:\n"))
                #expect(connecting.upperBound < trying.lowerBound)
                for line in [
                    "  - \"compress a 500MB MP4 wedding video into a 1080p MP4\"\n",
                    "  - \"compress this video to under 50MB without losing too much quality\"\n",
                ] { #expect(messages.contains(line)) }
                #expect(!messages.contains("›"))
                let output = result.output
                #expect(output.hasPrefix("Credits: 100 available"))
                #expect(output.contains("✓ My Clip (1).mp4 is uploaded\n"))
                #expect(
                    output.contains(
                        "Timeline (2 tracks): 1. Video: My Clip (1).mp4 (0-1s) "
                            + "2. Title: \"Urban Dreams\" (0-1s)\n"
                    )
                )
                // What the agent said about a button is not repeated.
                #expect(!output.contains("Export button"))
                #expect(stage.simulator.count(.runSSE) == 3)
                #expect(stage.simulator.count(.renderSubmit) == 2)
                #expect(
                    stage.names == [
                        "My Clip (1)-108p-2.mp4", "My Clip (1)-108p.mp4", "My Clip (1).mp4",
                    ]
                )
            }
        }

        @Test("a conversation in Chinese, from the service's first words to the file")
        func chinese() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                let result = try await stage.succeed(
                    ["chat", clip, "--profile", "8mb", "--cloud"],
                    environment: ["LC_ALL": "zh_CN.UTF-8"],
                    input: "把这个视频压缩到 8MB\n状态\n余额\n导出 720p MP4\n退出\n"
                )
                #expect(result.messages.contains("正在连接…\n准备就绪！\n"))
                #expect(result.messages.contains("可以试着说：\n  - “压缩我的视频文件”\n"))
                #expect(result.output.contains("✓ clip.mp4 已上传\n"))
                #expect(result.output.contains("积分：可用 95，冻结 0，总计 95\n"))
                #expect(result.output.contains("比您要求的 8 MB 少"))
                #expect(stage.names == ["clip-108p.mp4", "clip.mp4"])
                let opening = stage.simulator.requests.first { $0.endpoint == .withSession }
                #expect(opening?.body?.contains("zh-CN") == true)
            }
        }

        @Test("an English locale and Chinese words: the answers are Chinese from there on")
        func change() async throws {
            try await CloudStage.with { stage in
                let result = try await stage.succeed(
                    ["chat", try stage.clip(), "--cloud"],
                    input: "credits\n压缩我的视频文件\ncredits\n"
                )
                #expect(result.messages.contains("Ready!"))
                #expect(result.output.contains("Credits: 100 available"))
                #expect(result.output.contains("积分：可用 95"))
            }
        }

        @Test("-m says something without a prompt, as often as it is given")
        func messages() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                let result = try await stage.succeed([
                    "chat", clip, "--cloud", "-m", "compress this video down to 8MB", "-m", "导出",
                ])
                #expect(result.output.contains("8 MB"))
                #expect(!result.messages.contains("Try saying") && !result.messages.contains("试着说"))
                #expect(stage.names == ["clip-108p.mp4", "clip.mp4"])
                // The next call begins anew unless it is told to go on.
                try await stage.fail(65, ["chat", "-m", "export"], saying: "nothing to export")
                try await stage.succeed(["chat", clip, "--cloud", "-m", "compress it"])
                try await stage.succeed(["chat", "--continue", "-m", "export", "-q"])
                #expect(stage.names == ["clip-108p-2.mp4", "clip-108p.mp4", "clip.mp4"])
                #expect(stage.simulator.count(.anonymousToken) == 1)
            }
        }

        @Test("several files in one session, each worked on and rendered by itself")
        func severalFiles() async throws {
            try await CloudStage.with { stage in
                let one = try stage.clip(as: "one.mp4")
                let two = try stage.clip(as: "two.mp4", isAnother: true)
                try await stage.succeed(
                    ["chat", one, "--cloud"],
                    input: """
                        compress it to 8MB
                        export
                        file://\(stage.folder.path(two)) compress two.mp4 to 8MB
                        export

                        """
                )
                #expect(
                    stage.names == ["one-108p.mp4", "one.mp4", "two-108p.mp4", "two.mp4"]
                )
                #expect(stage.simulator.count(.withSession) == 1)
                #expect(stage.simulator.count(.renderSubmit) == 2)
            }
        }

        @Test("an edit without a word is described, one that changed nothing is said so")
        func silence() async throws {
            try await CloudStage.with {
                $0.script.turns = [Turn(.silentAnswer), Turn(.call, .response)]
            } _: { stage in
                let result = try await stage.succeed([
                    "chat", try stage.clip(), "--cloud", "-m", "add the title \"Hi\"", "-m",
                    "add music",
                ])
                #expect(result.output.contains("Hi"))
                #expect(result.output.contains("no change to the timeline was seen"))
                #expect(stage.simulator.count(.runSSE) == 2)
            }
        }

        @Test("long work is accompanied by a note every two minutes")
        func notes() async throws {
            try await CloudStage.with {
                $0.script = .turn(.heartbeats(.comment, for: .seconds(270)), .answer)
            } _: { stage in
                try await stage.prepare()
                let result = try await stage.succeed(["cloud", "send", "compress this video"])
                let notes =
                    result.messages.components(separatedBy: "⏳ Still working...\n").count - 1
                // Two where the machine is not too busy to wake up in time.
                #expect((1...2).contains(notes))
            }
        }

        @Test("an error ends a pipe with its code, and what comes after it is not said")
        func errors() async throws {
            try await CloudStage.with {
                $0.script[.runSSE] = [.refuse(2001)]
            } _: { stage in
                let result = try await stage.run(
                    ["chat", try stage.clip(), "--cloud"],
                    input: "add music\nadd a title\n"
                )
                #expect(result.exitCode == 77)
                #expect(stage.simulator.count(.runSSE) == 1)
                try await stage.fail(
                    66,
                    ["chat", "--continue", "-m", "/nowhere/at all.mp4 '/nowhere/a.mp4'"],
                    saying: "Cannot find /nowhere/a.mp4"
                )
            }
        }

        @Test("instructions for a window are not shown, and nothing else is done for them")
        func windowWords() async throws {
            try await CloudStage.with {
                $0.script = Scenario.numbered(39) ?? Scenario()
            } _: { stage in
                let result = try await stage.succeed([
                    "chat", try stage.clip(), "--cloud", "-m", "add the title \"click here\"",
                ])
                #expect(result.output.contains("The title “click here” is set."))
                #expect(!result.output.contains("Export button"))
                #expect(!result.output.contains("点击"))
                #expect(stage.simulator.count(.renderSubmit) == 0)
                #expect(stage.simulator.count(.file) == 0)
            }
        }

        @Test("--simulate needs no account, touches nobody's state, and leaves nothing behind")
        func simulated() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                let result = try await stage.succeed(
                    [
                        "chat", clip, "--simulate", "--speed", "300", "--offline", "-m",
                        "compress this video to under 20kB", "-m", "export",
                    ],
                    environment: ["NEMO_TOKEN": "nmv_usr_not_to_be_used", "CINCH_OFFLINE": "1"]
                )
                #expect(result.messages.contains("nothing leaves this machine"))
                #expect(result.output.contains("under the 20 kB you asked for"))
                #expect(stage.folder.names == ["clip-108p.mp4", "clip.mp4", "tmp"])
                #expect(stage.temporaryNames.isEmpty)
                #expect(stage.simulator.requests.isEmpty)
                let empty = try await stage.succeed(["chat", "--simulate"], input: "")
                #expect(empty.messages.contains("Try saying"))
                try await stage.fail(
                    64,
                    ["chat", "--simulate", "--scenario", "99"],
                    saying: "1 to 64"
                )
                try await stage.fail(64, ["chat", "--simulate", "--speed", "0"], saying: "--speed")
            }
        }

        @Test("subtitles are saved, not rendered")
        func subtitles() async throws {
            try await CloudStage.with { stage in
                try await stage.succeed([
                    "chat", try stage.clip(), "--cloud", "-m", "add the title \"Urban Dreams\"",
                    "-m", "export SRT",
                ])
                #expect(stage.names == ["clip-108p.srt", "clip.mp4"])
                let text = try String(
                    contentsOfFile: stage.folder.path("clip-108p.srt"),
                    encoding: .utf8
                )
                #expect(text == "1\n00:00:00,000 --> 00:00:01,000\nUrban Dreams\n")
                #expect(stage.simulator.count(.renderSubmit) == 0)
            }
        }
    }
}
