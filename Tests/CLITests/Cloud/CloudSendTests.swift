import Foundation
import Simulator
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Messages to the cloud, and what is none")
    struct CloudSendTests {
        @Test(
            "what is done here is not sent to the agent, which could charge for it",
            arguments: [
                ("export", "cinch cloud export"), ("导出", "cinch cloud export"),
                ("credits", "cinch cloud credits"), ("余额", "cinch cloud credits"),
                ("show tracks", "cinch cloud state"),
            ]
        )
        func ownActions(_ message: String, _ command: String) async throws {
            try await CloudStage.with { stage in
                try await stage.succeed(["cloud", "login", "--cloud", "-q"])
                try await stage.fail(64, ["cloud", "send", message], saying: command)
                #expect(stage.simulator.count(.runSSE) == 0)
            }
        }

        @Test("of a message with an export in it the agent gets the edit, and the command is named")
        func mixed() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                let result = try await stage.succeed([
                    "cloud", "send", "add the title \"Hi\", then export",
                ])
                #expect(result.messages.contains("Next: cinch cloud export"))
                let sent = stage.simulator.requests.last { $0.endpoint == .runSSE }
                #expect(sent?.body?.contains("add the title") == true)
                #expect(sent?.body?.contains("then export") == false)
            }
        }

        @Test("a message in doubt is explained on the screen and in JSON, and then sent again")
        func inDoubt() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                stage.play { $0[.runSSE] = [.status(504)] }
                let result = try await stage.succeed(["cloud", "send", "add music"])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("did not say whether it took the message"))
                #expect(words.contains("the message is sent once more"))
                #expect(!words.contains("The connection was lost"))
                stage.play { $0[.runSSE] = [.status(504)] }
                let json = try await stage.succeed(["cloud", "send", "add subtitles", "--json"])
                let doubt = try json.objects().filter { $0["type"] as? String == "inDoubt" }
                #expect(doubt.map { $0["sendsAgain"] as? Bool } == [true])
            }
        }

        @Test("what the service did by itself is told before an export, on the screen and in JSON")
        func meanwhile() async throws {
            try await CloudStage.with {
                $0.script.turns = [
                    Turn(.answer, .secondStage(.atRead(2))),
                    Turn(.answer, .secondStage(.atRead(3))),
                ]
            } _: { stage in
                try await stage.prepareTimeline("add the title \"Hi\"")
                let result = try await stage.succeed(["cloud", "export", "-o", "out.mp4"])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(
                    words.contains("The service has changed the timeline since you last saw it")
                )
                #expect(words.contains("Timeline (3 tracks)"))
            }
        }

        @Test("a session speaks the person's language, with the usual profile too")
        func language() async throws {
            try await CloudStage.with(environment: ["LC_ALL": "zh_CN.UTF-8"]) { stage in
                try await stage.succeed(["cloud", "login", "--cloud", "-q"])
                let opened = stage.simulator.requests.last { $0.endpoint == .withSession }
                #expect(opened?.body?.contains(#""language":"zh-CN""#) == true)
            }
        }
    }
}
