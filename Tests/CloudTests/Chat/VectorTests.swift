import Testing

@testable import Cloud

/// The seventeen vectors of the specification's Appendix A.
///
/// Each is read whole, byte by byte and cut in two at every place, with each of the three line ends.
@Suite struct VectorTests {
    /// The rest of an event after `content`, as the recorded servers write it.
    private static let tail =
        #""invocationId":"e-1","author":"nemo_agent","actions":{"stateDelta":{},"artifactDelta":{},"#
        + #""requestedAuthConfigs":{}},"longRunningToolIds":[],"id":"BbCPHwkD","timestamp":1795224377.33}"#

    private static let first =
        #"{"content":{"parts":[{"text":"On it…"},{"functionCall":{"id":"adk-1","args":"#
        + #"{"title":"Paradise"},"name":"edit_multitrack"}}],"role":"model"},"# + tail

    private static let firstEvents: [AgentEvent] = [
        .text("On it…", partial: false, author: "nemo_agent", id: "BbCPHwkD"),
        .toolCall(name: "edit_multitrack"),
    ]

    /// The reading of a stream given with LF, after all cuts and line ends were seen to agree.
    private func read(_ text: String) throws -> StreamReading {
        let reading = StreamReading(text)
        for end in ["\n", "\r\n", "\r"] {
            let bytes = Array(text.replacing("\n", with: end).utf8)
            #expect(StreamReading([bytes]) == reading)
            #expect(StreamReading(bytes.map { [$0] }) == reading)
            for place in bytes.indices.dropFirst() {
                try #require(StreamReading([bytes[..<place], bytes[place...]]) == reading)
            }
        }
        return reading
    }

    @Test("vector 1: text and a call in one event")
    func vector1() throws {
        let reading = try read("data: \(Self.first)\n\n")
        #expect(reading.events == Self.firstEvents)
        #expect(reading.text.paragraphs == ["On it…"])
        #expect(reading.tools == ["edit_multitrack"])
    }

    @Test("vector 2: snake case means the same")
    func vector2() throws {
        let snake = Self.first.replacing("invocationId", with: "invocation_id")
            .replacing("stateDelta", with: "state_delta")
        #expect(try read("data: \(snake)\n\n").events == Self.firstEvents)
        // A change that the delta holds is read from it too.
        let result = Self.result.replacing("invocationId", with: "invocation_id")
            .replacing("stateDelta", with: "state_delta")
        let reading = try read("data: \(result)\n\n")
        #expect(reading.events == [.toolResult(name: "edit_multitrack", stateHint: true)])
    }

    private static let result =
        #"{"content":{"parts":[{"functionResponse":{"id":"adk-1","name":"edit_multitrack","#
        + #""response":{"status":"ok","标题":"Paradise"}}}],"role":"user"},"invocationId":"e-1","#
        + #""author":"nemo_agent","actions":{"stateDelta":{"draft":{"t":[{"tt":7,"sg":[{"d":3000}]}]}},"#
        + #""artifactDelta":{},"requestedAuthConfigs":{}},"id":"ZDH4TGRL","timestamp":1795224377.34}"#

    @Test("vector 3: a tool's result with a hint that the project changed")
    func vector3() throws {
        let reading = try read("data: \(Self.result)\n\n")
        #expect(reading.events == [.toolResult(name: "edit_multitrack", stateHint: true)])
        #expect(reading.hintsChange)
        #expect(reading.text.paragraphs == [])
    }

    @Test("vector 4: increments and the whole that repeats them are one text")
    func vector4() throws {
        let stream = ["Title added ", "✅ 标题已添加。"].map {
            #"data: {"content":{"parts":[{"text":"\#($0)"}],"role":"model"},"partial":true,"#
                + Self.tail
        }
        let whole =
            #"data: {"content":{"parts":[{"text":"Title added ✅ 标题已添加。"}],"role":"model"},"#
            + Self.tail
        let reading = try read((stream + [whole]).map { $0 + "\n\n" }.joined())
        #expect(reading.events.count == 3)
        #expect(reading.text.paragraphs == ["Title added ✅ 标题已添加。"])
    }

    @Test("vector 5: no parts, nothing to see")
    func vector5() throws {
        let reading = try read(
            #"data: {"content":{"parts":[],"role":"model"},"# + Self.tail + "\n\n"
        )
        #expect(reading.events == [.empty])
        #expect(reading.text.paragraphs == [])
    }

    @Test("vector 6: a thought stays hidden beside a text")
    func vector6() throws {
        let parts = #"[{"text":"hidden","thought":true},{"text":"visible"}]"#
        let reading = try read(
            #"data: {"content":{"parts":\#(parts),"role":"model"},"# + Self.tail + "\n\n"
        )
        #expect(reading.text.paragraphs == ["visible"])
        #expect(reading.events.contains(.thought))
    }

    @Test("vector 7: an unescaped error with a quote and a line break, and the next event")
    func vector7() throws {
        let reading = try read(
            "data: {\"error\": \"bad \"quote\"\nnewline 错误\"}\n\ndata: \(Self.first)\n\n"
        )
        let failure = AgentFailure(message: "bad \"quote\"\nnewline 错误")
        #expect(reading.events == [.error(failure)] + Self.firstEvents)
    }

    @Test("vector 8: an escaped error")
    func vector8() throws {
        let reading = try read(#"data: {"error": "bad \"quote\"\nnewline \u9519\u8bef"}"# + "\n\n")
        #expect(reading.events == [.error(AgentFailure(message: "bad \"quote\"\nnewline 错误"))])
    }

    @Test("vector 9: an error reported twice is one error")
    func vector9() throws {
        let details = #"{"error_type":"RuntimeError","error_message":"x","timestamp":1795224138.2}"#
        let reading = try read(
            #"data: {"errorCode":"RuntimeError","errorMessage":"x","# + Self.tail + "\n\n"
                + #"data: {"error": "RuntimeError: x", "error_details": \#(details)}"# + "\n\n"
        )
        #expect(reading.text.failures == [AgentFailure(code: "RuntimeError", message: "x")])
        let short = try read(
            #"data: {"errorCode":"RuntimeError","errorMessage":"x","# + Self.tail + "\n\n"
                + #"data: {"error": "RuntimeError: x"}"# + "\n\n"
        )
        #expect(short.text.failures == [AgentFailure(code: "RuntimeError", message: "x")])
    }

    @Test("vector 10: an error as the words of an author named system")
    func vector10() throws {
        let reading = try read(
            #"data: {"invocationId":"e-1","author":"system","content":{"role":"model","parts":"#
                + #"[{"text":"Error: boom"}]}}"# + "\n\n"
        )
        #expect(reading.events == [.error(AgentFailure(message: "boom"))])
    }

    @Test("vector 11: a comment is a sign of life")
    func vector11() throws {
        #expect(try read(": ping - 2026-03-20 10:00:00+00:00\n\n").items == [.liveness])
    }

    @Test(
        "vector 12: every form of heartbeat is a sign of life and nothing else",
        arguments: [
            "data:\n\n", "event: heartbeat\ndata: \n\n", "data: heartbeat\n\n",
            "data: {\"type\":\"heartbeat\"}\n\n", "event: heartbeat\n\n", "event: ping\n\n",
            "event: ping\ndata: {}\n\n", ":\n\n", "data: \"ping\"\n\n", "data\n\n",
        ]
    )
    func vector12(stream: String) throws {
        let reading = try read(stream)
        #expect(reading.events == [.heartbeat])
        #expect(!reading.isTruncated)
    }

    @Test("vector 13: flat events")
    func vector13() throws {
        let reading = try read(
            #"data: {"type":"text","content":"Hi"}"# + "\n\n"
                + #"data: {"type":"tool_call","name":"edit_multitrack","args":{}}"# + "\n\n"
        )
        #expect(
            reading.events == [.text("Hi", partial: false), .toolCall(name: "edit_multitrack")]
        )
    }

    @Test("vector 14: several data lines are one payload")
    func vector14() throws {
        let reading = try read("data: {\"a\":\ndata: 1}\n\n")
        #expect(reading.items == [.event(StreamEvent(data: "{\"a\":\n1}"))])
        #expect(reading.events == [])
    }

    @Test("vector 15: without the blank, after a byte order mark")
    func vector15() throws {
        #expect(try read("data:\(Self.first)\n\n").events == Self.firstEvents)
        #expect(try read("\u{FEFF}data: \(Self.first)\n\n").events == Self.firstEvents)
        #expect(try read("\u{FEFF}: ping\n\ndata:\(Self.first)\n\n").events.count == 3)
    }

    @Test("vector 16: a stream that ends inside an event is truncated and has no text")
    func vector16() throws {
        let reading = try read(#"data: {"content":{"parts":[{"text":"half"#)
        #expect(reading.isTruncated)
        #expect(reading.events == [.unreadable])
        #expect(reading.text.paragraphs == [])
    }

    @Test("vector 17: U+2028 inside a text does not end a line")
    func vector17() throws {
        let event = Self.first.replacing("On it…", with: "a\u{2028}b\u{85}c\u{B}d")
        // A raw vertical tab is no JSON; the other two are.
        let allowed = event.replacing("\u{B}", with: "\\u000b")
        let reading = try read("data: \(allowed)\n\n")
        #expect(
            reading.events.first
                == .text(
                    "a\u{2028}b\u{85}c\u{B}d",
                    partial: false,
                    author: "nemo_agent",
                    id: "BbCPHwkD"
                )
        )
        #expect(reading.items.count == 1)
    }
}
