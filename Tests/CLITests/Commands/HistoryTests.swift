import Core
import Foundation
import Jobs
import SystemPackage
import Testing

@testable import CLI

@Suite("The history of what was made")
struct HistoryTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private var environment: [String: String] { ["CINCH_STATE_DIR": folder.path("state")] }

    private func report(_ number: Int) -> Report {
        Report(
            input: "in-\(number).mov",
            output: "out-\(number).mp4",
            inputBytes: 20_000_000,
            bytes: 7_990_000 + number,
            limitBytes: 8_000_000,
            targetBytes: 8_000_000,
            method: .fit,
            stoppedAtQualityCeiling: false,
            attempts: [],
            ssim: 0.9812,
            elapsedSeconds: 12.5,
            notes: []
        )
    }

    private func session(
        _ arguments: [String],
        columns: Int = 80
    ) async -> (code: Int32, output: String) {
        let results = Output(columns: columns)
        let session = Session(results: results, messages: results, environment: environment)
        return (await session.run(arguments: arguments), results.text)
    }

    @Test("receipts are shown, the latest of them, at every width", arguments: [40, 80, 200])
    func shown(columns: Int) async throws {
        let history = try #require(History(environment))
        for number in 1...30 { history.add(report(number), route: .local) }
        let result = await session(["history", "-n", "3"], columns: columns)
        #expect(result.code == 0)
        let words = result.output.replacing(/\s+/, with: " ")
        #expect(words.contains("out-30.mp4") && words.contains("out-28.mp4"))
        #expect(!words.contains("out-27.mp4") && words.contains("of 30"))
        #expect(words.contains("SSIM 0.9812") && words.contains("99.9 % of 8 MB"))
    }

    @Test("--json has each with what, when, route, bytes, likeness and seconds")
    func json() async throws {
        try #require(History(environment)).add(report(1), route: .local)
        let result = await session(["history", "--json"])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        )
        let receipts = try #require(object["receipts"] as? [[String: Any]])
        let only = try #require(receipts.first)
        #expect(object["command"] as? String == "history" && object["count"] as? Int == 1)
        #expect(only["route"] as? String == "local" && only["bytes"] as? Int == 7_990_001)
        #expect((only["output"] as? String)?.hasPrefix("/") == true)
        #expect((only["when"] as? String)?.hasSuffix("Z") == true)
        #expect(only["ssim"] as? Double == 0.9812 && only["seconds"] as? Double == 12.5)
    }

    @Test("it is for the user's eyes alone, and --forget takes it away")
    func privacy() async throws {
        let history = try #require(History(environment))
        history.add(report(1), route: .local)
        let facts = try FileManager.default.attributesOfItem(atPath: history.path)
        #expect(facts[.posixPermissions] as? Int == 0o600)
        #expect(await session(["history", "--forget"]).code == 0)
        #expect(!FileManager.default.fileExists(atPath: history.path))
        #expect(await session(["history"]).output.contains("Nothing yet"))
        #expect(await session(["history", "--forget"]).code == 0)
    }

    @Test("a run keeps its receipt, or none where that is not wanted or not possible")
    func runs() async throws {
        let clip = try folder.clip()
        func make(_ variables: [String: String]) async throws {
            let result = try await Program.run(
                [clip, "--to", "300k", "--speed", "fast", "--max-height", "144", "--force", "-q"],
                environment: environment.merging(variables) { $1 }
            )
            #expect(result.exitCode == 0 && result.messages.isEmpty)
        }
        let history = try #require(History(environment))
        try await make(["CINCH_HISTORY": "off"])
        #expect(history.entries.isEmpty)
        try await make(["CINCH_HISTORY": "on"])
        #expect(history.entries.map(\.input) == [clip])
        #expect(history.entries.first?.targetBytes == 300_000)
        let blocked = try folder.write(Data(), "file")
        try await make(["CINCH_HISTORY": "on", "CINCH_STATE_DIR": blocked])
    }
}
