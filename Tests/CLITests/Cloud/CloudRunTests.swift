import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Cloud commands against the simulated service")
    struct CloudRunTests {
        /// What a witness who knows nothing of this project sees in a file.
        private func look(at path: String) throws -> FFprobe.Answer {
            try FFprobe.describe(FilePath(path))
        }

        @Test(
            "from nothing to a real MP4, one command a step, in both profiles and languages",
            .enabled(if: Allowed.has("ffprobe", "-version")),
            arguments: [
                ("clideo", "C.UTF-8", "compress this video to under 50MB"),
                ("8mb", "zh_CN.UTF-8", "把这个视频压缩到 8MB"),
            ]
        )
        func stepByStep(profile: String, locale: String, message: String) async throws {
            try await CloudStage.with(environment: ["LC_ALL": locale]) {
                $0.product = .transcoded
            } _: { stage in
                let end = ["--profile", profile]
                let login = try await stage.succeed(["cloud", "login", "--cloud"] + end)
                let isChinese = locale.hasPrefix("zh")
                #expect(login.messages.contains(isChinese ? "正在连接…" : "Connecting…"))
                #expect(login.messages.contains(isChinese ? "准备就绪！" : "Ready!"))
                let clip = try stage.clip()
                try await stage.succeed(["cloud", "upload", clip, "--cloud"] + end)
                let reply = try await stage.succeed(["cloud", "send", message] + end)
                #expect(reply.output.contains("Timeline (1 track): 1. Video: clip.mp4 (0-1"))
                let state = try await stage.succeed(["cloud", "state"] + end)
                #expect(state.output.hasPrefix("Timeline (1 track): 1. Video: clip.mp4"))
                let export = try await stage.succeed(["cloud", "export", "-o", "out.mp4"] + end)
                #expect(export.output.hasPrefix("✓ out.mp4\n"))

                let witness = try look(at: stage.folder.path("out.mp4"))
                #expect(witness.video?.codecName == "h264")
                #expect(witness.video?.width == 192 && witness.video?.height == 108)
                #expect(witness.audio?.codecName == "aac")
                #expect(stage.names == ["clip.mp4", "out.mp4"])
                let source = stage.simulator.requests.compactMap { $0["x-skill-source"] }
                #expect(Set(source) == ["video-compressor-\(profile)"])
                // One of each, however many programs took part.
                #expect(stage.simulator.count(.anonymousToken) == 1)
                #expect(stage.simulator.count(.withSession) == 1)
                #expect(stage.simulator.count(.runSSE) == 1)
            }
        }

        @Test("without -o the file is named after the clip and its lines, and nothing is replaced")
        func names() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                try await stage.succeed(["cloud", "export"])
                #expect(stage.names == ["clip-108p.mp4", "clip.mp4"])
                let before = try Data(contentsOf: stage.folder.url.appending(path: "clip-108p.mp4"))
                try await stage.fail(73, ["cloud", "export"], saying: "exists already", "--force")
                try await stage.fail(
                    73,
                    ["cloud", "export", "-o", "clip.mp4", "--force"],
                    saying: "the input is never written to"
                )
                #expect(stage.simulator.count(.renderSubmit) == 1)
                try await stage.succeed(["cloud", "export", "--force", "-q"])
                let after = try Data(contentsOf: stage.folder.url.appending(path: "clip-108p.mp4"))
                #expect(before == after)
                try await stage.fail(64, ["cloud", "export", "-o", "out.mkv"], saying: ".mkv")
            }
        }

        @Test("credits, status and logout say what they should and nothing else")
        func account() async throws {
            try await CloudStage.with { stage in
                let none = try await stage.succeed(["cloud", "status"])
                #expect(none.output.contains("to nothing yet"))
                #expect(stage.simulator.requests.isEmpty)
                try await stage.succeed(["cloud", "login", "--cloud", "-q"])
                let credits = try await stage.succeed(["cloud", "credits"])
                #expect(credits.output == "Credits: 100 available, 0 reserved, 100 in all\n")
                let status = try await stage.succeed(["cloud", "status"])
                #expect(status.output.contains("saved on this machine, until 20"))
                let doctor = try await stage.succeed(["doctor"])
                #expect(doctor.output.contains("libcurl "))
                #expect(doctor.output.contains("token: saved on this machine"))
                try await stage.succeed(["cloud", "logout"])
                let after = try await stage.succeed(["cloud", "status"])
                #expect(after.output == none.output)
                try await stage.fail(77, ["cloud", "credits"], saying: "nobody has agreed")
            }
        }

        @Test("scenario 50b: a file larger than was asked for is fitted here, from the original")
        func tooLarge() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                try await stage.succeed(["cloud", "send", "compress this video to under 20kB"])
                let result = try await stage.succeed(["cloud", "export", "-o", "out.mp4"])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("more than the 20 kB you asked for"))
                #expect(words.contains("It is fitted here, from clip.mp4."))
                #expect(result.output.contains("under the 20 kB you asked for"))
                #expect(result.output.contains("this machine, from the original file"))
                let bytes = FilePath(stage.folder.path("out.mp4")).byteCount
                #expect(bytes <= 20_000 && bytes > 10_000)
                #expect(try look(at: stage.folder.path("out.mp4")).video?.codecName == "h264")
                #expect(stage.names == ["clip.mp4", "out.mp4"])
            }
        }

        @Test("scenario 50b: after another edit it is the cloud's file that is fitted")
        func tooLargeAfterEdits() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline("add the title \"Hi\"")
                let result = try await stage.succeed([
                    "cloud", "export", "-o", "out.mp4", "--to", "20kB", "--json",
                ])
                let last = try #require(try result.objects().last)
                #expect(last["madeBy"] as? String == "hereFromResult")
                #expect(last["wishedBytes"] as? Int == 20_000)
                #expect(last["cloudBytes"] as? Int == CloudStage.clip.byteCount)
                #expect((last["bytes"] as? Int).map { $0 <= 20_000 } == true)
                #expect(stage.names == ["clip.mp4", "out.mp4"])
            }
        }

        @Test("a size that no file can have leaves the cloud's file and says what could be")
        func unreachable() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                try await stage.fail(
                    3,
                    ["cloud", "export", "-o", "out.mp4", "--to", "500"],
                    saying: "more than the 500 bytes you asked for",
                    "could not be made smaller",
                    "The cloud's file stays where it is."
                )
                #expect(stage.names == ["clip.mp4", "out.mp4"])
                #expect(
                    FilePath(stage.folder.path("out.mp4")).byteCount == CloudStage.clip.byteCount
                )
            }
        }

        @Test(
            "scenario 50b: a file that is empty or no video is made here instead",
            arguments: [[], Array("no video at all".utf8)]
        )
        func unusable(bytes: [UInt8]) async throws {
            try await CloudStage.with {
                $0.product = .bytes(bytes)
            } _: { stage in
                try await stage.prepareTimeline("compress this video to under 30kB")
                let result = try await stage.succeed(["cloud", "export", "-o", "out.mp4"])
                #expect(result.messages.contains("The cloud's file cannot be used"))
                #expect(result.messages.contains("It is made here, from clip.mp4."))
                #expect(FilePath(stage.folder.path("out.mp4")).byteCount <= 30_000)
                #expect(stage.names == ["clip.mp4", "out.mp4"])
                // What was edited there cannot be made here.
                try await stage.succeed(["cloud", "send", "add the title \"Hi\"", "-q"])
                try await stage.fail(
                    69,
                    ["cloud", "export", "-o", "other.mp4"],
                    saying: "The downloaded file cannot be used"
                )
                #expect(stage.names == ["clip.mp4", "out.mp4"])
            }
        }

        @Test("a render that was killed in the middle is listed and fetched later")
        func jobs() async throws {
            try await CloudStage.with {
                $0.script.usualRender.course = .timed(seconds: 300)
            } _: { stage in
                try await stage.prepareTimeline()
                let simulator = stage.simulator
                let killed = try await stage.interrupt(
                    ["cloud", "export", "-o", "out.mp4"],
                    signal: SIGKILL
                ) { simulator.count(.renderPoll) > 0 }
                #expect(killed.exitCode == 1000 + SIGKILL)
                let list = try await stage.succeed(["cloud", "jobs"])
                #expect(list.output.contains("clip.mp4 to "))
                #expect(list.messages.contains("cinch jobs --resume"))
                try await stage.succeed(["cloud", "jobs", "--fetch", "-q"])
                #expect(stage.names == ["clip.mp4", "out.mp4"])
                let none = try await stage.succeed(["cloud", "jobs"])
                #expect(none.output == "No exports were left behind.\n")
                #expect(simulator.count(.renderSubmit) == 1)
            }
        }
    }
}
