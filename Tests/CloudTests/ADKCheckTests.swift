import Foundation
import Testing

@testable import Cloud

/// Streams that `scripts/adk-check` has just recorded from real servers; skipped without them.
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
    }

    private struct Outcome: Encodable {
        var file: String
        var bytes: Int
        var events: Int
        var texts: Int
        var calls: Int
        var errors: Int
        var verdict: String
    }

    /// What the reading has otherwise than the stub meant; "same" if nothing.
    private func verdict(_ reading: StreamReading, _ run: Run) -> String {
        let text = reading.text
        let results = reading.events.compactMap { event -> String? in
            if case .toolResult(let name, _) = event { name } else { nil }
        }
        var differences: [String] = []
        func compare<Value: Equatable>(_ name: String, _ found: Value, _ meant: Value) {
            if found != meant { differences.append("\(name): \(found), meant \(meant)") }
        }
        compare("texts", text.paragraphs, run.paragraphs)
        compare("calls", text.tools, run.tools)
        compare("results", results, run.results)
        compare("hint", text.hintsChange, run.hint)
        compare("errors", text.failures.map(\.message), run.errors)
        compare("unreadable", text.unreadable, 0)
        compare("truncated", reading.isTruncated, false)
        return differences.isEmpty
            ? "same" : String(differences.joined(separator: "; ").prefix(600))
    }

    @Test(
        "real servers' streams are read as their model meant them",
        .enabled(if: folder != nil, "needs recordings, see scripts/adk-check")
    )
    func recordings() throws {
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
            outcomes.append(
                Outcome(
                    file: run.file,
                    bytes: bytes.count,
                    events: reading.events.count,
                    texts: reading.text.paragraphs.count,
                    calls: reading.text.tools.count,
                    errors: reading.text.failures.count,
                    verdict: verdict
                )
            )
        }
        try JSONEncoder().encode(outcomes)
            .write(to: folder.appendingPathComponent("outcome.json"))
    }
}
