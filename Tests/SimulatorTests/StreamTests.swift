import Foundation
import Testing

@testable import Simulator

/// What a run puts on the wire, seen by `curl` (§4, §19).
@Suite struct StreamTests {
    /// Says one message in a session with one file, and looks at the answer.
    private func run(
        _ scenario: Scenario,
        _ message: String = "compress this video to under 50MB",
        _ body: (Curl.Answer, Stage) async throws -> Void
    ) async throws {
        try await Stage.with {
            $0.script = scenario
        } _: { (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            try await body(try await stage.say(message), stage)
        }
    }

    private func draft(_ stage: Stage) async throws -> JSON? {
        try await stage.state().data?["state"]?["draft"]
    }

    /// The payloads of a stream with LF and one `data:` line an event.
    private func payloads(_ text: String) -> [JSON?] {
        text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }
            .map { JSONReader.read(Array($0.dropFirst(6).utf8)) }
    }

    @Test("an event of the first family has the keys of Appendix A")
    func camel() async throws {
        try await run(Scenario(), "加字幕") { (answer: Curl.Answer, _: Stage) async throws in
            let events = payloads(answer.text)
            #expect(events.count == 3)
            let first = try #require(events.first ?? nil)
            #expect(
                first.keys == [
                    "content", "invocationId", "author", "actions", "longRunningToolIds", "id",
                    "timestamp",
                ]
            )
            let parts = first["content"]?["parts"]?.array
            #expect(parts?.first?["text"]?.string == "正在识别语音并添加字幕…")
            #expect(parts?.last?["functionCall"]?["name"]?.string == "edit_multitrack")
            #expect(first["content"]?["role"] == "model")
            #expect(events[1]?["content"]?["role"] == "user")
            #expect(events[1]?["actions"]?["stateDelta"]?["draft"]?["t"]?.array?.count == 2)
            #expect(
                events[2]?["content"]?["parts"]?.array?.first?["text"]?.string?
                    .hasPrefix("✅ 字幕") == true
            )
        }
    }

    @Test("the same run is told in snake case, or as flat objects")
    func families() async throws {
        try await run(Scenario { $0.knobs.events = .snake }) {
            (answer: Curl.Answer, _: Stage) async throws in
            let event = payloads(answer.text)[1]
            #expect(event?["invocation_id"] != nil && event?["invocationId"] == nil)
            #expect(event?["actions"]?["state_delta"]?["draft"] != nil)
            #expect(event?["content"]?["parts"]?.array?.first?["functionResponse"] != nil)
        }
        try await run(Scenario { $0.knobs.events = .flat }) {
            (answer: Curl.Answer, _: Stage) async throws in
            let types = payloads(answer.text).map { $0?["type"]?.string }
            #expect(types == ["text", "tool_call", "tool_result", "text"])
        }
    }

    @Test("lines end as told, with or without a space, a mark, decorations and more lines")
    func spellings() async throws {
        try await run(Scenario.numbered(35) ?? Scenario()) {
            (answer: Curl.Answer, _: Stage) async throws in
            #expect(answer.body.starts(with: [0xEF, 0xBB, 0xBF] + Array(": a comment\r\n".utf8)))
            #expect(answer.text.contains("\r\nid:1\r\nretry:3000\r\n"))
            #expect(answer.text.contains("\r\ndata:{\r\ndata:\"content\""))
        }
        try await run(Scenario { $0.knobs.lineEnd = .cr }) {
            (answer: Curl.Answer, _: Stage) async throws in
            #expect(!answer.body.contains(10))
            #expect(answer.text.components(separatedBy: "\r\r").count == 4)
        }
    }

    @Test("every sign of life is sent as often as told, before the answer")
    func heartbeats() async throws {
        let forms: [(Turn.Heartbeat, String)] = [
            (.comment, ": ping - 2026-03-20 10:00:00+00:00\n\n"), (.emptyData, "data:\n\n"),
            (.dataWord, "data: heartbeat\n\n"), (.eventName, "event: heartbeat\ndata:\n\n"),
            (.eventNameOnly, "event: heartbeat\n\n"),
            (.typed, "data: {\"type\":\"heartbeat\"}\n\n"),
            (.ping, "event: ping\ndata: 1\n\n"),
        ]
        #expect(forms.count == Turn.Heartbeat.allCases.count)
        for (form, bytes) in forms {
            let steps: [Turn.Step] = [
                .heartbeats(form, for: .seconds(2), every: .seconds(1)), .answer,
            ]
            let scenario = Scenario { scenario in
                var turn = Turn()
                turn.steps = steps
                scenario.turns = [turn]
            }
            try await run(scenario) { (answer: Curl.Answer, _: Stage) async throws in
                #expect(answer.text.hasPrefix(bytes))
                #expect(answer.text.contains("Export button"))
            }
        }
    }

    @Test("the error forms S1 to S6 have the bytes of §4.6")
    func errors() async throws {
        func told(_ failure: Turn.Failure) async throws -> String {
            var text = ""
            let message = "bad \"quote\"\nnewline 错误"
            try await run(.turn(.failure(failure, message))) {
                (answer: Curl.Answer, _: Stage) async throws in
                #expect(answer.exit == 0 && answer.status == 200)
                text = answer.text
            }
            return text
        }
        #expect(try await told(.s1) == "data: {\"error\": \"bad \"quote\"\nnewline 错误\"}\n\n")
        #expect(try await told(.s2).contains(#""text":"Error: bad \"quote\"\nnewline 错误""#))
        #expect(try await told(.s2).contains(#""author":"system""#))
        #expect(
            try await told(.s3)
                == #"data: {"error": "bad \"quote\"\nnewline \u9519\u8bef"}"# + "\n\n"
        )
        let s4 = payloads(try await told(.s4))
        #expect(s4.first??["errorCode"]?.string == "RuntimeError")
        #expect(s4.last??["error"]?.string?.hasPrefix("RuntimeError: bad") == true)
        #expect(s4.last??["error_details"]?["error_type"]?.string == "RuntimeError")
        let s5 = payloads(try await told(.s5))
        #expect(s5.count == 1 && s5.first??["errorCode"]?.string == "SAFETY")
        #expect(s5.first??["content"] == nil)
        #expect(payloads(try await told(.s6)).first??["type"]?.string == "error")
        try await run(.turn(.preface, .code(2001))) {
            (answer: Curl.Answer, _: Stage) async throws in
            #expect(payloads(answer.text).last??["code"] == 2001)
        }
    }

    @Test(
        "a stream is cut inside an event, a code point and a chunk's head",
        arguments: [true, false]
    )
    func cuts(_ resetting: Bool) async throws {
        for cut in Turn.Cut.allCases {
            let scenario = Scenario.turn(
                .preface,
                .cut(cut, resetting: resetting),
                .change()
            )
            try await run(scenario) { (answer: Curl.Answer, stage: Stage) async throws in
                // curl tells an early end from a reset.
                #expect(answer.exit == (resetting ? 56 : 18), "\(cut)")
                switch cut {
                case .midEvent: #expect(answer.text.hasSuffix(#"[{"text":"half"#))
                case .midCodePoint:
                    #expect(String(validating: answer.body, as: UTF8.self) == nil)
                case .midChunkHeader, .betweenEvents: #expect(answer.text.hasSuffix("}\n\n"))
                case .beforeHead: break
                }
                // The work goes on without a listener.
                let seen1 = try await draft(stage)
                #expect(seen1?["m"]?["target_bytes"] == 50_000_000)
            }
        }
    }

    @Test("a stream that never began is cut without a byte")
    func cutBeforeHead() async throws {
        try await run(.turn(.change(), .cut(.beforeHead))) {
            (answer: Curl.Answer, _: Stage) async throws in
            #expect(answer.exit == 52 && answer.status == 0)
        }
    }

    @Test("chunks can be of one byte, of the whole stream, or left out")
    func chunking() async throws {
        let turn = Turn(.text("行\u{2028}尾 🎬"))
        for (chunking, framing) in [
            (Knobs.Chunking.every(1), Knobs.StreamFraming.chunked), (.whole, .chunked),
            (.event, .untilClose),
        ] {
            let scenario = Scenario { scenario in
                scenario.turns = [turn]
                (scenario.knobs.chunking, scenario.knobs.framing) = (chunking, framing)
            }
            try await run(scenario) { (answer: Curl.Answer, _: Stage) async throws in
                #expect(answer.exit == 0)
                #expect(answer.text.contains("行\u{2028}尾 🎬"))
                #expect((answer.headers["transfer-encoding"] == nil) == (framing == .untilClose))
            }
        }
    }

    @Test("one-byte chunks are one byte each on the wire")
    func rawChunks() async throws {
        try await Stage.with { options in
            options.script.turns = [Turn(.raw("data: é\n\n"))]
            options.script.knobs.chunking = .every(1)
        } _: { (stage: Stage) async throws in
            let wire = try await Wire(to: stage.urls.api)
            let body =
                #"{"app_name":"nemo_agent","user_id":"me","session_id":"\#(stage.session)","#
                + #""new_message":{"parts":[{"text":"hi"}]}}"#
            try await wire.send(
                "POST /run_sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(stage.token)\r\n"
                    + "Connection: close\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            let all = try await wire.rest()
            #expect(all.hasSuffix("1\r\n\n\r\n1\r\n\n\r\n0\r\n\r\n"))
            #expect(all.components(separatedBy: "\r\n1\r\n").count == 11)
            wire.close()
        }
    }

    @Test("increments come before the whole text, with one id or several")
    func partials() async throws {
        for shared in [true, false] {
            try await run(.turn(.partials(["a", "b"], sharedID: shared))) {
                (answer: Curl.Answer, _: Stage) async throws in
                let events = payloads(answer.text)
                #expect(events.map { $0?["partial"] } == [true, true, nil])
                let texts = events.map { $0?["content"]?["parts"]?.array?.first?["text"]?.string }
                #expect(texts == ["a", "b", "ab"])
                #expect((Set(events.map { $0?["id"]?.string }).count == 1) == shared)
            }
        }
        try await run(.turn(.partials(["a", "b"], repeated: false))) {
            (answer: Curl.Answer, _: Stage) async throws in
            #expect(payloads(answer.text).count == 2)
        }
    }

    @Test("a silent edit tells no text, and its change is seen now or some readings later")
    func silentEdits() async throws {
        try await run(Scenario.numbered(19) ?? Scenario()) {
            (answer: Curl.Answer, stage: Stage) async throws in
            #expect(!answer.text.contains(#""text""#))
            #expect(answer.text.contains(#""functionResponse""#))
            let seen2 = try await draft(stage)
            #expect(seen2?["t"]?.array?.count == 1)
        }
        try await run(Scenario.numbered(20) ?? Scenario()) {
            (answer: Curl.Answer, stage: Stage) async throws in
            #expect(!answer.text.contains(#""text""#))
            let seen3 = try await draft(stage)
            #expect(seen3 == .null)
            let seen4 = try await draft(stage)
            #expect(seen4?["t"]?.array?.count == 1)
        }
        try await run(Scenario.numbered(21) ?? Scenario()) {
            (answer: Curl.Answer, stage: Stage) async throws in
            #expect(answer.exit == 0)
            for _ in 0..<5 {
                let seen = try await draft(stage)
                #expect(seen == .null)
            }
        }
    }

    @Test("a second stage changes the draft again after the first was seen")
    func twoStages() async throws {
        try await run(Scenario.numbered(38) ?? Scenario()) {
            (_: Curl.Answer, stage: Stage) async throws in
            let seen5 = try await draft(stage)
            #expect(seen5?["t"]?.array?.count == 1)
            let seen6 = try await draft(stage)
            #expect(seen6?["t"]?.array?.count == 2)
            let seen7 = try await draft(stage)
            #expect(seen7?["t"]?.array?.count == 2)
        }
    }

    @Test("work goes on or stops when the client leaves", arguments: [true, false])
    func leaving(_ stops: Bool) async throws {
        // Work that is to be stopped would take a minute, however late the leaving is noticed.
        let time = Duration.seconds(stops ? 60_000 : 300)
        let steps: [Turn.Step] = [.preface, .wait(time), .change()]
        try await Stage.with { options in
            var turn = Turn(whenLeft: stops ? .workStops : .workGoesOn)
            turn.steps = steps
            options.script.turns = [turn]
        } _: { (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            let wire = try await Wire(to: stage.urls.api)
            let body =
                #"{"app_name":"nemo_agent","user_id":"me","session_id":"\#(stage.session)","#
                + #""new_message":{"parts":[{"text":"compress it to 8MB"}]}}"#
            try await wire.send(
                "POST /run_sse HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(stage.token)\r\n"
                    + "Content-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            _ = try await wire.until("functionCall")
            wire.close()
            // The answer is noted when the work is over, one way or the other.
            while stage.simulator.requests.last(where: { $0.endpoint == .runSSE })?.status == nil {
                try await Task.sleep(for: .milliseconds(5))
            }
            let seen8 = try await draft(stage)
            #expect((seen8 == .null) == stops)
        }
    }

    @Test("large events and states are sent whole")
    func large() async throws {
        try await run(Scenario.numbered(37) ?? Scenario()) {
            (answer: Curl.Answer, stage: Stage) async throws in
            #expect(answer.body.count > 1_200_000)
            let state = try await stage.state()
            #expect(state.body.count > 8_000_000)
        }
    }
}
