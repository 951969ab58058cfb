import Testing

@testable import Cloud

@Suite struct AgentTextTests {
    private func part(_ text: String) -> AgentEvent { .text(text, partial: true) }
    private func whole(_ text: String) -> AgentEvent { .text(text, partial: false) }
    private let call = AgentEvent.toolCall(name: "cut")

    /// What a person reads, and that what was given out bit by bit is the same.
    private func read(_ events: [AgentEvent]) -> [String] {
        var text = AgentText()
        var given: [String] = []
        for event in events { given += text.take(event) }
        given += text.end()
        #expect(given == text.paragraphs)
        return given
    }

    @Test("a whole text replaces the increments before it")
    func replacing() {
        #expect(read([part("Hel"), part("lo"), whole("Hello")]) == ["Hello"])
        #expect(
            read([part("Hel"), .thought, .heartbeat, part("lo"), whole("Hello!")]) == ["Hello!"]
        )
    }

    @Test("increments without a whole text are kept when something else follows, or nothing")
    func incrementsAlone() {
        #expect(read([part("Hel"), part("lo"), call, part("By"), part("e")]) == ["Hello", "Bye"])
        #expect(read([part("Hello"), .done]) == ["Hello"])
        #expect(read([part("Hello"), .error(AgentFailure(message: "x"))]) == ["Hello"])
        #expect(read([part("Hello"), .empty, part("Bye")]) == ["Hello", "Bye"])
    }

    @Test("each whole text is a paragraph, the same one twice in a row is one")
    func paragraphs() {
        #expect(read([whole("A"), call, whole("A"), whole("B"), whole("A")]) == ["A", "B", "A"])
        #expect(read([part("A"), call, whole("A")]) == ["A"])
    }

    @Test("a last apology is dropped after other words, and only then")
    func temporaryIssue() {
        let sorry = "I encountered a temporary issue. Please try again."
        #expect(read([whole("Done."), whole(sorry)]) == ["Done."])
        #expect(read([whole(sorry)]) == [sorry])
        #expect(read([whole("A"), whole(sorry), whole("B")]) == ["A", sorry, "B"])
        #expect(read([part("Done."), call, part(sorry)]) == ["Done."])
        #expect(
            read([whole("Done."), whole(sorry), .error(AgentFailure(message: "x"))]) == ["Done."]
        )
    }

    @Test("only what can be seen counts as words")
    func nothingVisible() {
        #expect(read([whole(" \n"), part("\u{1B}[2J"), .thought, call]) == [])
    }

    @Test("the last of several errors is the one to tell")
    func failures() {
        var text = AgentText()
        for event: AgentEvent in [
            call, .unreadable, .done,
            .error(AgentFailure(code: "1", message: "a")), .error(AgentFailure(message: "b")),
        ] {
            _ = text.take(event)
        }
        #expect(text.failures.map(\.message) == ["a", "b"])
        #expect(text.lastFailure?.message == "b")
    }

    @Test("of a flood of words the beginning is told, and that there was more", arguments: [1, 2])
    func flood(_ form: Int) {
        // Three bytes each, and four to a character at the very end of the room.
        let piece = String(repeating: "错", count: 50_000) + "👩"
        var text = AgentText()
        var given: [String] = []
        for number in 0..<40 {
            let words = "\(number) \(piece)"
            given += text.take(form == 1 ? whole(words) : part(words))
            if form == 2, number % 10 == 9 { given += text.take(call) }
        }
        given += text.end()
        let bytes = given.reduce(0) { $0 + $1.utf8.count }
        #expect((AgentText.mostBytes - 8...AgentText.mostBytes + 8).contains(bytes))
        #expect(given == text.paragraphs)
        #expect(given.first?.hasPrefix("0 错") == true)
        #expect(given.filter { $0.hasSuffix("…") }.count == 1)
        #expect(given.last?.hasSuffix("…") == true)
    }

    @Test("of a flood of errors the last are kept, and of each the beginning")
    func floodOfErrors() {
        var text = AgentText()
        let long = String(repeating: "x", count: 1 << 20)
        for number in 0..<100 {
            _ = text.take(.error(AgentFailure(code: long, message: "\(number) \(long)")))
        }
        #expect(text.failures.count == AgentText.mostFailures)
        #expect(text.lastFailure?.message.hasPrefix("99 x") == true)
        #expect(text.failures.allSatisfy { $0.message.utf8.count < 5_000 })
        #expect(text.failures.allSatisfy { ($0.code?.utf8.count ?? 0) < 5_000 })
    }

    @Test(
        "text is safe for a terminal",
        arguments: [
            ("\u{1B}[31mred\u{1B}[0m", "red"), ("a\u{1B}]0;title\u{7}b", "ab"),
            ("a\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\", "alink"), ("a\u{9B}2Jb", "ab"),
            ("a\u{1B}(Bb\u{1B}7c", "abc"), ("a\u{8}\u{0}\u{7F}b", "ab"),
            ("a\r\nb\rc\u{85}d", "a\nb\nc\nd"),
            ("\u{202E}abc\u{2066}d\u{200F}", "abcd"), ("\u{1B}", ""), ("a\u{1B}\n错", "a\n错"),
            ("👩‍👩‍👧 é ✅\tok", "👩‍👩‍👧 é ✅\tok"), ("\u{1B}]no end\nnext", "next"), ("a\u{1B}P1;2qb", "a"),
        ]
    )
    func cleaned(text: String, expected: String) {
        #expect(Array(PlainText.cleaned(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test("an escape sequence split over increments does not come through")
    func splitEscape() {
        #expect(read([part("a\u{1B}"), part("[31"), part("mb")]) == ["ab"])
    }
}
