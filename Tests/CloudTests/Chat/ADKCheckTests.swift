import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Streams that `scripts/adk-check` has just recorded from real servers, and the client against these
/// servers while they run; skipped without them.
@Suite struct ADKCheckTests {
    private static let folder = ProcessInfo.processInfo.environment["CINCH_ADK_RECORDINGS"]
        .map { URL(fileURLWithPath: $0) }

    private struct Run: Decodable {
        var file: String
        var paragraphs: [String]
        var tools: [String]
        var results: [String]
        var hint: Bool
        var errors: [String]
        /// Where the client can send the same message itself.
        var live: Live?
        var name: String
    }

    private struct Live: Decodable {
        var url: String
        /// One for the stream alone, one for a whole conversation.
        var sessions: [String]
    }

    private struct Outcome: Encodable {
        var file: String
        var bytes: Int
        var events: Int
        var texts: Int
        var calls: Int
        var errors: Int
        var verdict: String
        var live: String?
    }

    /// What the reading has otherwise than the stub meant; "same" if nothing.
    private func verdict(_ reading: StreamReading, _ run: Run) -> String {
        let text = reading.text
        let results = reading.events.compactMap { event -> String? in
            if case .toolResult(let name, _) = event { name } else { nil }
        }
        var differences = Differences()
        differences.compare("texts", text.paragraphs, run.paragraphs)
        differences.compare("calls", reading.tools, run.tools)
        differences.compare("results", results, run.results)
        differences.compare("hint", reading.hintsChange, run.hint)
        differences.compare("errors", text.failures.map(\.message), run.errors)
        differences.compare("unreadable", reading.unreadable, 0)
        differences.compare("truncated", reading.isTruncated, false)
        return differences.verdict
    }

    private struct Differences {
        private var list: [String] = []

        mutating func compare<Value: Equatable>(_ name: String, _ found: Value, _ meant: Value) {
            if found != meant { list.append("\(name): \(found), meant \(meant)") }
        }

        var verdict: String {
            list.isEmpty ? "same" : String(list.joined(separator: "; ").prefix(600))
        }
    }

    // MARK: The client itself

    /// The message sent twice as the client sends it, to a server that runs.
    private func verdict(_ live: Live, _ run: Run) async throws -> String {
        let folder = try Folder()
        let told = Locked<[CloudEvent]>([])
        let configuration = try CloudConfiguration(
            profile: .clideo,
            environment: [
                "NEMO_API_URL": live.url, "NEMO_TOKEN": "any",
                "CINCH_STATE_DIR": folder.file("state").string,
            ]
        )
        let client = CloudClient(
            configuration,
            ask: { _ in .always },
            events: { event in told.withLock { $0.append(event) } }
        )
        try #require(live.sessions.count == 2)
        let streamed = verdict(try await stream(client, live.sessions[0], run), run)
        guard streamed == "same" else { return "stream: \(streamed)" }

        var conversation = Conversation(client, sessionID: live.sessions[1], UserAction())
        let result: Result<Reply, CloudError>
        do throws(CloudError) {
            result = .success(try await conversation.send(run.name))
        } catch { result = .failure(error) }
        let talked = verdict(result, told.withLock { $0 }, run)
        return talked == "same" ? talked : "conversation: \(talked)"
    }

    /// What comes on the connection, in the pieces in which it comes.
    private func stream(
        _ client: CloudClient,
        _ session: String,
        _ run: Run
    ) async throws -> StreamReading {
        let stream = try await client.openRun(run.name, sessionID: session, UserAction())
        var chunks: [[UInt8]] = []
        while let bytes = try await stream.next() { chunks.append(bytes) }
        return StreamReading(chunks)
    }

    /// What a person is told of a conversation.
    private func verdict(
        _ result: Result<Reply, CloudError>,
        _ told: [CloudEvent],
        _ run: Run
    ) -> String {
        // Words about buttons are put into words about commands, whoever said them.
        let words = run.paragraphs.map { GUIWords.translate($0, exportAsked: false).text }
        var differences = Differences()
        differences.compare(
            "texts",
            told.compactMap { if case .text(let text) = $0 { text } else { nil } },
            words
        )
        differences.compare(
            "tools",
            told.compactMap { if case .working(let tool) = $0 { tool } else { nil } },
            run.tools
        )
        let changes = told.contains { if case .changed = $0 { true } else { false } }
        differences.compare("changes", changes, run.hint)
        switch result {
        case .success(let reply):
            differences.compare("failed", false, !run.errors.isEmpty)
            differences.compare("outcome", reply.outcome, words.isEmpty ? .edited : .answered)
        case .failure(let error):
            differences.compare("failure", error.kind, .agentFailed)
            differences.compare("failed", true, !run.errors.isEmpty)
        }
        return differences.verdict
    }

    @Test(
        "real servers' streams are read as their model meant them, recorded and live",
        .enabled(if: folder != nil, "needs recordings, see scripts/adk-check")
    )
    func recordings() async throws {
        let folder = try #require(Self.folder)
        let list = try Data(contentsOf: folder.appendingPathComponent("runs.json"))
        var outcomes: [Outcome] = []
        for run in try JSONDecoder().decode([Run].self, from: list) {
            let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(run.file)))
            let reading = StreamReading([bytes])
            let middle = bytes.count / 2
            #expect(StreamReading([bytes[..<middle], bytes[middle...]]) == reading)
            let verdict = verdict(reading, run)
            #expect(verdict == "same", "\(run.file)")
            var live: String?
            if let place = run.live { live = try await self.verdict(place, run) }
            #expect(live ?? "same" == "same", "\(run.file), live")
            outcomes.append(
                Outcome(
                    file: run.file,
                    bytes: bytes.count,
                    events: reading.events.count,
                    texts: reading.text.paragraphs.count,
                    calls: reading.tools.count,
                    errors: reading.text.failures.count,
                    verdict: verdict,
                    live: live
                )
            )
        }
        try JSONEncoder().encode(outcomes)
            .write(to: folder.appendingPathComponent("outcome.json"))
    }
}
