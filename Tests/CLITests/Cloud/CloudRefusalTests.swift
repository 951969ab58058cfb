import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("What the cloud refuses, and what is refused here, with its code on the screen")
    struct CloudRefusalTests {
        /// Cases in which a command after an upload and a message ends in a refusal.
        struct Case: Sendable, CustomTestStringConvertible {
            var code: String
            var exitCode: Int32
            var endpoint: Endpoint
            var arguments: [String]
            var words: [String]
            var testDescription: String { "\(code) at \(endpoint)" }
        }

        static let cases = [
            Case(
                code: "1002",
                exitCode: 69,
                endpoint: .state,
                arguments: ["cloud", "state"],
                words: ["no longer knows the session", "upload the files again"]
            ),
            Case(
                code: "2001",
                exitCode: 77,
                endpoint: .runSSE,
                arguments: ["cloud", "send", "add music"],
                words: ["the credits are used up", "https://nemovideo.com/register?bind=anon_"]
            ),
            Case(
                code: "4001",
                exitCode: 65,
                endpoint: .upload,
                arguments: ["cloud", "upload", "other.mp4", "--cloud"],
                words: ["does not take this kind of file", "Supported: mp4, mov, avi, webm, mkv"]
            ),
            Case(
                code: "4002",
                exitCode: 65,
                endpoint: .upload,
                arguments: ["cloud", "upload", "other.mp4", "--cloud"],
                words: ["too large for the service", "cinch other.mp4 --to 62kB"]
            ),
            Case(
                code: "402",
                exitCode: 77,
                endpoint: .renderSubmit,
                arguments: ["cloud", "export"],
                words: ["does not include export; this is not about credits", "upgrade your plan"]
            ),
            Case(
                code: "403",
                exitCode: 77,
                endpoint: .renderSubmit,
                arguments: ["cloud", "export"],
                words: ["the token or the plan does not allow it", "Register"]
            ),
            Case(
                code: "429",
                exitCode: 77,
                endpoint: .credits,
                arguments: ["cloud", "credits"],
                words: ["In 30 s it is asked once more", "limiting requests", "Wait a minute"]
            ),
            Case(
                code: "503",
                exitCode: 69,
                endpoint: .credits,
                arguments: ["cloud", "credits"],
                words: ["a problem of its own, HTTP 503", "Try again in a few minutes"]
            ),
        ]

        @Test("a code of the service's becomes an exit code, a reason and advice", arguments: cases)
        func refusals(_ refusal: Case) async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                _ = try stage.clip(as: "other.mp4")
                stage.play {
                    $0[refusal.endpoint] = [.refuse(Int(refusal.code) ?? 0).forever]
                }
                let result = try await stage.fail(refusal.exitCode, refusal.arguments)
                for word in refusal.words {
                    #expect(result.messages.contains(word), "\(result.messages)")
                }
                #expect(result.output.isEmpty)
                #expect(stage.names == ["clip.mp4", "other.mp4"])
            }
        }

        @Test("half of what was too large is half of the file that a link leads to")
        func tooLargeLink() async throws {
            try await CloudStage.with { stage in
                try await stage.prepareTimeline()
                try FileManager.default.createSymbolicLink(
                    atPath: stage.folder.path("link.mp4"),
                    withDestinationPath: try stage.clip(as: "other.mp4")
                )
                stage.play { $0[.upload] = [.refuse(4002).forever] }
                try await stage.fail(
                    65,
                    ["cloud", "upload", "link.mp4", "--cloud"],
                    saying: "cinch link.mp4 --to 62kB"
                )
            }
        }

        @Test(
            "an option that would be ignored is refused, and nothing is sent",
            arguments: [
                (["chat", "--cloud", "-m", "credits", "--scenario", "13"], "--simulate"),
                (["chat", "--cloud", "-m", "credits", "--honour-size"], "--simulate"),
                (["chat", "--cloud", "-m", "credits", "--speed", "30"], "--simulate"),
                (["cloud", "jobs", "--force"], "--fetch"),
            ]
        )
        func ignored(_ arguments: [String], _ missing: String) async throws {
            try await CloudStage.with { stage in
                try await stage.fail(
                    64,
                    arguments,
                    saying: "means nothing without \(missing)",
                    "Add \(missing), or leave out --"
                )
                #expect(stage.simulator.requests.isEmpty)
            }
        }

        @Test("1001: a token that expired is replaced without a word, one from outside is not")
        func tokens() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                stage.simulator.perform(.expireTokens)
                let credits = try await stage.succeed(["cloud", "credits"])
                #expect(credits.output.hasPrefix("Credits: "))
                #expect(stage.simulator.count(.anonymousToken) == 2)
                stage.play { $0[.credits] = [.refuse(1001).after(.expireTokens).forever] }
                try await stage.fail(
                    77,
                    ["cloud", "credits"],
                    saying: "does not accept the saved token",
                    "https://nemovideo.com/register?bind="
                )
                try await stage.fail(
                    77,
                    ["cloud", "credits"],
                    environment: ["NEMO_TOKEN": "nmv_usr_00000000000000"],
                    saying: "does not accept the token in NEMO_TOKEN",
                    "Set NEMO_TOKEN to a valid token, or unset it."
                )
            }
        }

        @Test("400 and 429: a client id is made anew once, a limited token waited for once")
        func anonymousTokens() async throws {
            let login = ["cloud", "login", "--cloud"]
            try await CloudStage.with {
                $0.script[.anonymousToken] = [.refuse(400)]
            } _: { stage in
                try await stage.succeed(login)
                #expect(stage.simulator.count(.anonymousToken) == 2)
            }
            try await CloudStage.with {
                $0.script[.anonymousToken] = [.refuse(400).forever]
            } _: { stage in
                try await stage.fail(77, login, saying: "did not accept this machine's client id")
            }
            try await CloudStage.with {
                $0.script[.anonymousToken] = [.refuse(429).forever]
            } _: { stage in
                try await stage.fail(
                    77,
                    login,
                    saying: "one free token a machine in seven days",
                    "https://nemovideo.com/register"
                )
                #expect(stage.simulator.count(.anonymousToken) == 2)
            }
        }

        @Test("2001: who is registered is told to top up")
        func registered() async throws {
            let token = "nmv_usr_registered0123456789"
            try await CloudStage.with(environment: ["NEMO_TOKEN": token]) {
                $0.accounts = [.init(token: token, userID: "user_1", credits: 0)]
            } _: { stage in
                try await stage.prepare()
                let result = try await stage.fail(
                    77,
                    ["cloud", "send", "add music"],
                    saying: "Top up credits in your account."
                )
                #expect(!result.messages.contains("register"))
                #expect(stage.simulator.count(.anonymousToken) == 0)
            }
        }

        @Test("nothing is sent before a yes, and nothing at all with --offline")
        func consent() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                for arguments in [
                    ["cloud", "login"], ["cloud", "credits"], ["cloud", "upload", clip],
                    ["cloud", "send", "hello"], ["chat", "-m", "hello"], ["chat", clip],
                ] {
                    try await stage.fail(
                        77,
                        arguments,
                        saying: "nobody has agreed to contact the service yet",
                        "add --cloud"
                    )
                }
                let offline = ["CINCH_OFFLINE": "1"]
                try await stage.fail(
                    69,
                    ["cloud", "login", "--cloud", "--offline"],
                    saying: "offline"
                )
                try await stage.fail(69, ["chat", "-m", "x", "--cloud", "--offline"])
                try await stage.fail(69, ["cloud", "login", "--cloud"], environment: offline)
                #expect(stage.simulator.requests.isEmpty)

                // A yes to the contact is not one to sending files.
                try await stage.succeed(["cloud", "login", "--cloud", "-q"])
                try await stage.fail(
                    77,
                    ["cloud", "upload", clip],
                    saying: "nobody has agreed to send files",
                    "Add --cloud"
                )
                #expect(stage.simulator.count(.upload) == 0)
                let first = try await stage.succeed(["cloud", "upload", clip, "--cloud"])
                let host = stage.urls.api.dropFirst("http://".count)
                #expect(first.messages.contains("about to send clip.mp4 (1 MB) to \(host)"))
                let second = try stage.clip(as: "second.mp4")
                // Nor is one call's another's.
                try await stage.fail(77, ["cloud", "upload", second], saying: "nobody has agreed")
                #expect(stage.simulator.count(.upload) == 1)
                try await stage.fail(69, ["cloud", "credits", "--offline", "--cloud"])
            }
        }

        /// What a message comes to, with its exit code and the words on the screen.
        struct End: Sendable, CustomTestStringConvertible {
            var number: String
            var turn: Turn
            var exitCode: Int32
            var words: [String]
            var testDescription: String { "scenario \(number)" }
        }

        static let lost = "The connection was lost. The timeline is read now and then"

        static let ends = [
            End(
                number: "25",
                turn: Turn(.preface, .stall),
                exitCode: 69,
                words: [
                    lost, "no change to the timeline was seen for five minutes",
                    "Send the message again if you want it repeated; it may cost credits.",
                ]
            ),
            End(
                number: "28",
                turn: Turn(.preface, .cut(.midEvent), whenLeft: .workStops),
                exitCode: 69,
                words: [lost, "no change to the timeline was seen for five minutes"]
            ),
            End(
                number: "28b",
                turn: Turn(.preface, .change(.atRead(2)), .cut(.midEvent)),
                exitCode: 0,
                words: [lost, "The connection was lost, but the work went on"]
            ),
            End(
                number: "31",
                turn: Turn(.preface, .failure(.s3, "no \"music\" today")),
                exitCode: 69,
                words: ["the service's editor reported an error", "no \"music\" today"]
            ),
            End(
                number: "31",
                turn: Turn(.preface, .failure(.s1, "no \"music\"\ntoday"), .change()),
                exitCode: 69,
                words: ["the service's editor reported an error", "timeline changed all the same"]
            ),
        ]

        @Test(
            "scenarios 25, 28, 28b and 31: what became of a message that ended badly is on the screen",
            arguments: ends
        )
        func badEnds(_ end: End) async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                stage.play { $0.turns = [end.turn] }
                let result = try await stage.run(["cloud", "send", "add the title \"Hi\""])
                #expect(result.exitCode == end.exitCode, "\(result.messages)")
                let screen = (result.output + result.messages).replacing("\n  ", with: " ")
                for word in end.words { #expect(screen.contains(word), "\(screen)") }
                #expect(stage.simulator.count(.runSSE) == 1)
            }
        }

        @Test("where nothing answers, or a network's own page does, the exit code is 69")
        func network() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                stage.play { scenario in
                    scenario[.credits] = [.html(200).forever]
                }
                try await stage.fail(69, ["cloud", "credits"], saying: "sign in to the network")
                try await stage.fail(
                    69,
                    ["cloud", "credits", "--cloud"],
                    environment: ["NEMO_API_URL": "http://127.0.0.1:1"],
                    saying: "the service cannot be reached",
                    "Check the network"
                )
                try await stage.fail(
                    64,
                    ["cloud", "credits", "--cloud"],
                    environment: ["NEMO_API_URL": "http://example.com"],
                    saying: "NEMO_API_URL to an https address"
                )
            }
        }

        @Test("500 MB and one byte are refused at once, with the command that shrinks them")
        func tooLarge() async throws {
            try await CloudStage.with { stage in
                let path = stage.folder.path("big one.mp4")
                let head: [UInt8] = [0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0]
                try Data(head).write(to: URL(fileURLWithPath: path))
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try file.truncate(atOffset: 500_000_001)
                try file.close()
                for arguments in [
                    ["cloud", "upload", "big one.mp4"], ["chat", "big one.mp4"],
                    ["chat", "-m", "'\(path)' compress it"],
                ] {
                    let start = ContinuousClock.now
                    let isLate = arguments.last?.hasPrefix("'") == true
                    if isLate { try await stage.succeed(["cloud", "login", "--cloud", "-q"]) }
                    let result = try await stage.fail(
                        65,
                        arguments,
                        saying: "it has 500 000 001 bytes and the service takes 500 MB at most"
                    )
                    let name = isLate ? path : "big one.mp4"
                    #expect(result.messages.contains("cinch '\(name)' --to 450MB"))
                    #expect(start.duration(to: .now) < .seconds(20))
                }
                #expect(stage.simulator.count(.upload) == 0)
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                try handle.truncate(atOffset: 0)
                try handle.close()
                try await stage.fail(65, ["cloud", "upload", "big one.mp4"], saying: "is empty")
                try await stage.fail(66, ["cloud", "upload", "none.mp4"], saying: "no such file")
                let text = try stage.folder.write(Data("words".utf8), "notes.txt")
                try await stage.fail(65, ["cloud", "upload", text], saying: "Supported: mp4")
            }
        }

        @Test("commands that need a session say so, and an empty timeline exports nothing")
        func nothingThere() async throws {
            try await CloudStage.with { stage in
                try await stage.succeed(["cloud", "login", "--cloud", "-q"])
                try await stage.fail(65, ["cloud", "export"], saying: "nothing to export yet")
                try await stage.fail(
                    65,
                    ["chat", "--profile", "8mb", "-m", "export 720p MP4"],
                    saying: "There is nothing to export yet",
                    "Upload a video and say what to do with it first."
                )
                try await stage.succeed(["cloud", "logout", "-q"])
                try await stage.fail(
                    66,
                    ["cloud", "export", "--cloud"],
                    saying: "No cloud session"
                )
                try await stage.fail(64, ["cloud", "upload"], saying: "nothing was named")
                try await stage.fail(64, ["cloud", "send", " "], saying: "The message is missing")
                try await stage.fail(64, ["chat", "--profile", "9mb"], saying: "clideo or 8mb")
                #expect(stage.simulator.count(.renderSubmit) == 0)
            }
        }
    }
}
