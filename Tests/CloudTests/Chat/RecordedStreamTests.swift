import Testing

@testable import Cloud

/// What servers of Google's Agent Development Kit really sent, through the whole reader.
@Suite struct RecordedStreamTests {
    private func read(_ version: String, _ name: String) throws -> StreamReading {
        let recording = try Recording(fixture: "adk-\(version).txt")
        let body = try #require(recording.bodies[name])
        let reading = StreamReading([body])
        #expect(!reading.isTruncated)
        #expect(reading.unreadable == 0)
        return reading
    }

    private static let runs = Recording.versions.flatMap { version in
        [(version, "streaming=false"), (version, "streaming=true")]
    }

    @Test("an edit is two texts, one call and a hint, with increments or without", arguments: runs)
    func edit(version: String, mode: String) throws {
        let run = try read(version, "add title \(mode)")
        #expect(run.text.paragraphs == ["On it…", "Title added ✅ 标题已添加。Click \"Export\" to save."])
        #expect(run.tools == ["edit_multitrack"])
        #expect(run.hintsChange)
        #expect(run.text.failures == [])
    }

    @Test("a silent edit ends without a word about what it did", arguments: runs)
    func silentEdit(version: String, mode: String) throws {
        let run = try read(version, "silent edit \(mode)")
        #expect(run.text.paragraphs == ["On it…"])
        #expect(run.hintsChange)
    }

    @Test("a thought is not shown", arguments: runs)
    func thought(version: String, mode: String) throws {
        #expect(try read(version, "think \(mode)").text.paragraphs == ["visible"])
    }

    @Test("a refusal of the model is an error with its code", arguments: runs)
    func refusal(version: String, mode: String) throws {
        let run = try read(version, "safety \(mode)")
        #expect(run.text.failures == [AgentFailure(code: "SAFETY", message: "blocked")])
        #expect(run.text.paragraphs == [])
    }

    @Test("an exception is one error with its whole message, escaped or not", arguments: runs)
    func exception(version: String, mode: String) throws {
        let code = version == "2.13.0" ? "RuntimeError" : nil
        let expected = AgentFailure(code: code, message: "bad \"quote\"\nnewline 错误")
        #expect(try read(version, "boom \(mode)").text.failures == [expected])
    }

    @Test("an exception of version 1.23 comes as the words of the system, and is an error")
    func systemWords() throws {
        let alone = try read("1.23.0", "raise")
        let message = "bad \"quote\"\nnewline 错误 \\ and a tab\there"
        #expect(alone.text.failures == [AgentFailure(message: message)])
        #expect(alone.text.paragraphs == [])
        let later = try read("1.23.0", "raise after text")
        #expect(later.text.failures.map(\.message) == ["it's gone:\n\ntwo lines \"below\""])
        #expect(later.text.paragraphs == ["On it…"])
        #expect(later.hintsChange)
    }

    @Test("a refusal to start is JSON with a detail and no stream", arguments: Recording.versions)
    func noStream(version: String) throws {
        let recording = try Recording(fixture: "adk-\(version).txt")
        let body = try #require(recording.bodies["missing session"])
        let detail = try JSONDocument(body).root["detail"]?.string
        #expect(detail?.hasPrefix("Session not found") == true)
        let list = try JSONDocument(try #require(recording.bodies["422"])).root["detail"]?.array
        #expect(list?.first?["type"]?.string == "missing")
    }

    @Test("a recorded run is the same however its bytes are cut", arguments: Recording.versions)
    func anyCut(version: String) throws {
        let recording = try Recording(fixture: "adk-\(version).txt")
        var dice = Dice(seed: 3)
        for (name, body) in recording.bodies where name.contains("streaming") {
            let whole = StreamReading([body])
            #expect(StreamReading(body.map { [$0] }) == whole)
            for _ in 0..<20 {
                var chunks: [ArraySlice<UInt8>] = []
                var rest = body[...]
                while !rest.isEmpty {
                    chunks.append(rest.prefix(dice.number(1..<200)))
                    rest = rest.dropFirst(chunks.last?.count ?? 0)
                }
                #expect(StreamReading(chunks) == whole)
            }
        }
    }
}
