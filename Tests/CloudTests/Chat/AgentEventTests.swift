import Testing

@testable import Cloud

@Suite struct AgentEventTests {
    private func decode(_ payload: String, name: String? = nil) -> [AgentEvent] {
        AgentEvent.decode(.event(StreamEvent(name: name, data: payload)))
    }

    private func failure(_ code: String?, _ message: String) -> [AgentEvent] {
        [.error(AgentFailure(code: code, message: message))]
    }

    @Test("every word of the flat family has its meaning")
    func flatFamily() {
        let text: [AgentEvent] = [.text("Hi", partial: false)]
        #expect(decode(#"{"type":"text","content":"Hi"}"#) == text)
        #expect(decode(#"{"type":"text","text":"Hi"}"#) == text)
        #expect(decode(#"{"type":"ask_question","question":"Hi"}"#) == text)
        #expect(decode(#"{"type":"ask_question","content":"Hi"}"#) == text)
        #expect(decode(#"{"type":"chunk","text":"H"}"#) == [.text("H", partial: true)])
        #expect(decode(#"{"type":"chunk","content":" "}"#) == [.text(" ", partial: true)])
        for type in ["thinking_start", "thinking_chunk", "thinking_end", "thinking"] {
            #expect(decode(#"{"type":"\#(type)","content":"secret"}"#) == [.thought])
        }
        for type in ["tool_call", "tool_start", "toolcall_start"] {
            #expect(decode(#"{"type":"\#(type)","name":"cut"}"#) == [.toolCall(name: "cut")])
        }
        for type in ["tool_result", "tool_end"] {
            let expected = AgentEvent.toolResult(name: "cut", stateHint: false)
            #expect(decode(#"{"type":"\#(type)","name":"cut","result":{"a":1}}"#) == [expected])
        }
        #expect(decode(#"{"type":"toolcall_end"}"#) == [])
        #expect(decode(#"{"type":"status","text":"busy"}"#) == [.heartbeat])
        #expect(decode(#"{"type":"done"}"#) == [.done])
        #expect(decode(#"{"type":"brand_new","content":"x"}"#) == [])
    }

    @Test("an error has its code and words wherever the service puts them")
    func errors() {
        #expect(decode(#"{"type":"error","message":"m"}"#) == failure(nil, "m"))
        #expect(decode(#"{"type":"error","content":"m","code":2001}"#) == failure("2001", "m"))
        #expect(
            decode(#"{"type":"error","error":{"code":"x","message":"m"}}"#) == failure("x", "m")
        )
        #expect(decode(#"{"type":"error","error":"m"}"#) == failure(nil, "m"))
        #expect(decode(#"{"error":"m"}"#) == failure(nil, "m"))
        #expect(decode(#"{"error":{"code":5,"message":"m"}}"#) == failure("5", "m"))
        #expect(decode(#"{"code":2001,"message":"No credits"}"#) == failure("2001", "No credits"))
        #expect(decode(#"{"code":"2001","msg":"No credits"}"#) == failure("2001", "No credits"))
        #expect(decode(#"{"success":false,"error":"m"}"#) == failure(nil, "m"))
        #expect(decode(#"{"success":false,"detail":"m"}"#) == failure(nil, "m"))
        #expect(decode(#"{"message":"m"}"#, name: "error") == failure(nil, "m"))
        #expect(decode("[1]", name: "error") == failure(nil, "[1]"))
        #expect(decode("plain words", name: "error") == failure(nil, "plain words"))
        #expect(decode(#"{"error_code":"SAFETY","author":"a"}"#) == failure("SAFETY", ""))
    }

    @Test("what looks like an error but says that there is none is none")
    func noErrors() {
        for payload in [
            #"{"code":0}"#, #"{"code":"0","data":{}}"#, #"{"error":null}"#, #"{"error":""}"#,
            #"{"error":false,"x":1}"#, #"{"success":true}"#, #"{"x":1}"#, "{}", "[]", "1", "\"a\"",
        ] {
            #expect(decode(payload) == [], "\(payload)")
        }
        #expect(
            decode(#"{"author":"a","errorCode":"STOP","content":{"parts":[]}}"#) == [.empty]
        )
    }

    @Test("an error whose message is not escaped keeps its message")
    func unescapedErrors() {
        #expect(decode(#"{"error": "bad "quote" here"}"#) == failure(nil, #"bad "quote" here"#))
        #expect(decode("{\"error\": \"tab\there\"}") == failure(nil, "tab\there"))
        #expect(decode(#"{"error":"cut"#) == failure(nil, "cut"))
        #expect(decode(#"{"error": "C:\dir"}"#) == failure(nil, #"C:\dir"#))
        #expect(decode(#"{"errors": "x"#) == [.unreadable])
    }

    @Test("an envelope that says success is looked into")
    func envelope() {
        let inner = #"{"type":"text","content":"Hi"}"#
        #expect(decode(#"{"code":0,"data":\#(inner)}"#) == [.text("Hi", partial: false)])
    }

    @Test("the kind may stand in the event's name")
    func namedEvents() {
        #expect(decode(#"{"content":"Hi"}"#, name: "text") == [.text("Hi", partial: false)])
        #expect(decode(#"{"x":1}"#, name: "Heartbeat") == [.heartbeat])
        #expect(decode("", name: "done") == [.done])
        #expect(decode("[DONE]") == [.done])
        #expect(
            decode(#"{"type":"text","content":"Bye"}"#, name: "done")
                == [.text("Bye", partial: false), .done]
        )
    }

    @Test(
        "the end of a step is not the end of the run",
        arguments: ["end", "complete", "completed", "finished"]
    )
    func endsOfSteps(_ word: String) {
        #expect(!decode("{}", name: word).contains(.done))
        #expect(!decode(word).contains(.done))
        #expect(!decode(#"{"type":"\#(word)"}"#).contains(.done))
    }

    @Test("texts of one event come before its calls")
    func order() {
        let parts = #"[{"functionCall":{"name":"cut"}},{"text":"Hi"},{"text":"Ho"}]"#
        #expect(
            decode(#"{"content":{"parts":\#(parts)}}"#)
                == [
                    .text("Hi", partial: false), .text("Ho", partial: false),
                    .toolCall(name: "cut"),
                ]
        )
    }

    @Test("parts of other kinds, echoes of the person and increments of calls are not shown")
    func otherParts() {
        let parts =
            #"[{"inlineData":{"data":"AA","mimeType":"image/png"}},{"executableCode":{}},{}]"#
        #expect(decode(#"{"content":{"parts":\#(parts),"role":"model"}}"#) == [.empty])
        #expect(decode(#"{"author":"user","content":{"parts":[{"text":"my words"}]}}"#) == [.empty])
        let call = #"{"content":{"parts":[{"functionCall":{"name":"cut"}}]},"partial":true}"#
        #expect(decode(call) == [])
    }

    @Test("a change of the project without a tool's result is a hint of its own")
    func stateHints() {
        func event(_ delta: String) -> String {
            #"{"author":"a","actions":{"stateDelta":\#(delta)}}"#
        }
        #expect(decode(event(#"{"draft":{}}"#)) == [.stateChanged])
        #expect(decode(event(#"{"video_infos":[]}"#)) == [.stateChanged])
        #expect(decode(event(#"{"temp:note":1}"#)) == [.empty])
        #expect(decode(event("{}")) == [.empty])
    }
}
