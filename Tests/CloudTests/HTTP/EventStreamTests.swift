import Testing

@testable import Cloud

@Suite struct EventStreamTests {
    private func items(_ text: String) -> [StreamItem] { StreamReading(text).items }

    private func event(_ data: String, name: String? = nil) -> StreamItem {
        .event(StreamEvent(name: name, data: data))
    }

    @Test("fields other than data and event are ignored, and so are lines without a colon")
    func otherFields() {
        #expect(items("id: 7\nretry: 10\nfoo: bar\ndata: x\n\n") == [event("x")])
        #expect(items("nonsense\ndata: x\n\n") == [event("x")])
        #expect(items("DATA: x\n\n") == [])
    }

    @Test("one blank after the colon is cut, no more")
    func blanks() {
        #expect(items("data:  x \n\n") == [event(" x ")])
        #expect(items("data:x\n\n") == [event("x")])
    }

    @Test("data lines are joined with LF, an event's name belongs to one event only")
    func joining() {
        #expect(
            items("event: a\ndata: 1\ndata\ndata: 2\n\ndata: 3\n\n")
                == [event("1\n\n2", name: "a"), event("3")]
        )
    }

    @Test("empty lines alone are nothing, a name without data is an event")
    func emptyLines() {
        #expect(items("\n\n\r\n\r\r") == [])
        #expect(items("event: done\n\n") == [event("", name: "done")])
        #expect(items("event:\n\n") == [.liveness])
    }

    @Test("comments are signs of life wherever they stand, and part no event")
    func comments() {
        #expect(items("data: 1\n: ping\ndata: 2\n\n") == [.liveness, event("1\n2")])
    }

    @Test("mixed line ends in one stream")
    func mixedEnds() {
        #expect(
            items("data: 1\r\ndata: 2\rdata: 3\n\r\ndata: 4\r\rdata: 5\r\n\n")
                == [event("1\n2\n3"), event("4"), event("5")]
        )
    }

    @Test("a byte order mark counts at the very start only")
    func byteOrderMark() {
        #expect(items("\u{FEFF}data: 1\n\n\u{FEFF}data: 2\n\n") == [event("1")])
        #expect(items("\u{FEFF}") == [])
        #expect(!StreamReading("\u{FEFF}").isTruncated)
    }

    @Test("an event that a CR ends is given out without waiting for the next byte")
    func promptAfterCR() {
        var stream = EventStream()
        #expect(stream.feed("data: 1\r\r".utf8) == [event("1")])
        #expect(stream.feed("\ndata: 2\n\n".utf8) == [event("2")])
    }

    @Test(
        "a stream that ends inside an event is truncated",
        arguments: ["data: 1", "data: 1\n", "da", "data: {}\r\n", "event: x\n", "data: 1\n\ndat"]
    )
    func truncated(text: String) {
        #expect(StreamReading(text).isTruncated)
    }

    @Test(
        "a stream that ends between events is whole",
        arguments: ["", "\n", "data: 1\n\n", "data: 1\r\n\r\n", ": ping", "data: 1\n\n: pi"]
    )
    func whole(text: String) {
        #expect(!StreamReading(text).isTruncated)
    }

    @Test("an unterminated event is used if it is whole by itself")
    func unterminated() {
        let reading = StreamReading("data: {\"type\":\"text\",\"content\":\"Hi\"}")
        #expect(reading.events == [.text("Hi", partial: false)])
        #expect(reading.isTruncated)
    }

    @Test("a cut inside a code point is a truncated event without text")
    func cutCodePoint() {
        let bytes = Array("data: {\"type\":\"text\",\"content\":\"标".utf8.dropLast())
        let reading = StreamReading([bytes])
        #expect(reading.isTruncated)
        #expect(reading.text.paragraphs == [])
    }

    @Test("an event beyond the limit is skipped as a whole, the next one is read")
    func limit() {
        let long = String(repeating: "x", count: 100)
        for text in ["data: \(long)\n\n", "data: \(long.prefix(40))\ndata: \(long.prefix(40))\n\n"]
        {
            let bytes = Array("\(text)data: 1\n\n".utf8)
            let whole = StreamReading([bytes], limit: 64)
            #expect(whole.items == [.oversized, event("1")])
            #expect(StreamReading(bytes.map { [$0] }, limit: 64) == whole)
        }
        #expect(AgentEvent.decode(.oversized) == [.unreadable])
    }

    @Test("an event of megabytes passes through small chunks")
    func largeEvent() {
        let text = String(repeating: "字幕 ", count: 300_000)
        let bytes = Array("data: {\"type\":\"text\",\"content\":\"\(text)x\"}\n\n".utf8)
        var stream = EventStream()
        var items: [StreamItem] = []
        for start in stride(from: 0, to: bytes.count, by: 16_384) {
            items += stream.feed(bytes[start..<min(start + 16_384, bytes.count)])
        }
        #expect(items.flatMap(AgentEvent.decode) == [.text(text + "x", partial: false)])
    }
}

/// Streams that nobody would write.
@Suite struct StreamFuzzTests {
    private static let transcript = """
        : ping\r
        data: {"content":{"parts":[{"text":"On it… 😀"},{"functionCall":{"name":"edit"}}]},"author":"a"}

        event: heartbeat
        data:

        data: {"error": "bad "quote"
        rest 错误"}

        data: {"type":"chunk","content":"Hel"}\r\n\r\ndata: {"type":"chunk","text":"lo"}\r\r
        data: {"type":"done"}

        data: [DONE]


        """

    private func cutAnywhere(_ bytes: [UInt8], _ dice: inout Dice) -> [ArraySlice<UInt8>] {
        var chunks: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(dice.number(1..<40))
            chunks.append(chunk)
            rest = rest.dropFirst(chunk.count)
        }
        return chunks
    }

    @Test("a damaged transcript never crashes and reads the same under any cut")
    func damaged() {
        var dice = Dice(seed: 4)
        for _ in 0..<300 {
            var bytes = dice.mutated(Array(Self.transcript.utf8))
            if dice.number(0..<3) == 0 { bytes = dice.mutated(bytes) }
            let whole = StreamReading([bytes])
            _ = whole.text.paragraphs
            #expect(StreamReading(cutAnywhere(bytes, &dice)) == whole)
            #expect(StreamReading(bytes.map { [$0] }) == whole)
        }
    }

    @Test("random bytes never crash and read the same under any cut")
    func random() {
        var dice = Dice(seed: 5)
        let pieces = ["data:", "event:", "\n", "\r", ":", " ", "{", "\"", "error", "}", "\u{FEFF}"]
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<dice.number(0..<120) {
                if dice.number(0..<3) == 0 {
                    bytes.append(UInt8(dice.number(0..<256)))
                } else {
                    bytes += dice.one(of: pieces).utf8
                }
            }
            let whole = StreamReading([bytes], limit: 48)
            _ = whole.text.paragraphs
            #expect(StreamReading(cutAnywhere(bytes, &dice), limit: 48) == whole)
        }
    }

    @Test("damage in one event leaves the others alone")
    func damageIsLocal() {
        let bad = [
            "{", "nonsense", "[1,2", "\"\u{1}\"", "{\"type\":\"text\",\"content\":", "<html>",
        ]
        for payload in bad {
            let reading = StreamReading(
                "data: {\"type\":\"text\",\"content\":\"A\"}\n\ndata: \(payload)\n\n"
                    + "data: {\"type\":\"text\",\"content\":\"B\"}\n\n"
            )
            #expect(reading.text.paragraphs == ["A", "B"])
            #expect(reading.unreadable == 1)
        }
    }
}
