import Core
import Engine
import Foundation
import Jobs
import SystemPackage
import Testing

@testable import CLI

@Suite("What is set once for all calls")
struct SettingsTests {
    private let folder: Folder
    private let path: String

    init() throws {
        folder = try Folder()
        path = folder.path("config.toml")
    }

    private func settings(
        _ text: String,
        _ variables: [String: String] = [:]
    ) throws -> Settings {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try Settings.read(variables.merging(["CINCH_CONFIG": path]) { $1 })
    }

    /// What a session answers.
    private func answer(
        _ arguments: [String],
        _ text: String,
        _ variables: [String: String] = [:],
        columns: Int = 80
    ) async throws -> (code: Int32, output: String, messages: String) {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let (results, messages) = (Output(columns: columns), Output(columns: columns))
        let session = Session(
            results: results,
            messages: messages,
            environment: variables.merging(["CINCH_CONFIG": path]) { $1 }
        )
        return (await session.run(arguments: arguments), results.text, messages.text)
    }

    @Test("an option goes before a variable, and a variable before the file")
    func order() throws {
        let settings = try settings(
            "speed = \"fast\"\nmax-height = 480\nfps = 29.97\nbackground = true",
            ["CINCH_MAX_HEIGHT": "720", "CINCH_FPS": "24"]
        )
        var command = try #require(
            try Session.parse(["a.mov", "--to", "8MB", "--fps", "30"]) as? CompressCommand
        )
        command.fill(from: settings)
        let request = try command.request(settings.allLimits)
        #expect(request.speed == .fast)
        #expect(request.heightCap == .lines(720))
        #expect(request.frameRateCap == .perSecond(Rational(30_000, 1000)))
        #expect(try command.limits().isBackground)
    }

    @Test("what is set to yes can be undone in a call")
    func undone() throws {
        let settings = try settings("background = true\nstrict = true")
        var command = try #require(
            try Session.parse(["a.mov", "--no-background", "--no-strict"]) as? CompressCommand
        )
        command.fill(from: settings)
        #expect(try !command.limits().isBackground && !command.request().isStrict)
    }

    @Test("a size and the name of one stand for each other, and the nearer one holds")
    func sizes() throws {
        let file = "for = \"club\"\n[limits]\nclub = 5000"
        func target(_ arguments: [String], _ variables: [String: String]) throws -> Int? {
            let settings = try settings(file, variables)
            var command = try #require(
                try Session.parse(["a.mov"] + arguments) as? CompressCommand
            )
            command.fill(from: settings)
            return try command.request(settings.allLimits).target?.bytes
        }
        #expect(try target([], [:]) == 5000)
        #expect(try target([], ["CINCH_TO": "8MB"]) == 8_000_000)
        #expect(try target(["--to", "1MB"], ["CINCH_FOR": "discord"]) == 1_000_000)
        #expect(try target(["--for", "mms"], ["CINCH_TO": "8MB"]) == 500_000)
    }

    @Test(
        "what cannot be meant is told with the file and the line, or with the variable",
        arguments: [
            ("a = 1\nspeed = \"fast\"", [:], "line 1: nothing is called 'a'"),
            (
                "# one\n\nsped = \"fast\"", [:],
                "line 3: nothing is called 'sped' there; did you mean speed?"
            ),
            ("speed = \"quick\"", [:], "line 1: speed: 'quick' is none"),
            ("speed = [1, 2]", [:], "line 1: speed is not a text or a number"),
            ("to = true", [:], "to is not a text"),
            ("to = \"12XB\"", [:], "line 1: to: 'xb'"),
            ("background = 7", [:], "background: '7' is neither yes nor no"),
            ("to = 5\nfor = \"discord\"", [:], "to and for say two sizes"),
            ("", ["CINCH_SPEED": "quick"], "Cannot understand CINCH_SPEED: 'quick' is none"),
            ("", ["CINCH_TO": "5", "CINCH_FOR": "discord"], "CINCH_TO and CINCH_FOR"),
            ("", ["CINCH_FOR": "discrod"], "did you mean discord?"),
        ] as [(String, [String: String], String)]
    )
    func refusals(file: String, variables: [String: String], words: String) async throws {
        for arguments in [["config"], ["plan", "a.mov"], ["a.mov"]] {
            let result = try await answer(arguments, file, variables)
            #expect(result.code == 64)
            #expect(result.messages.replacing("\n       ", with: " ").contains(words))
        }
    }

    @Test(
        "config show names every setting with its value and where it comes from",
        arguments: [40, 80, 200]
    )
    func show(columns: Int) async throws {
        let result = try await answer(
            ["config", "show"],
            "speed = \"best\"\n[limits]\nclub = 5000",
            ["CINCH_MAX_HEIGHT": "720"],
            columns: columns
        )
        #expect(result.code == 0)
        for setting in Setting.allCases { #expect(result.output.contains(setting.rawValue)) }
        #expect(result.output.contains("the file, line 1"))
        #expect(result.output.contains("CINCH_MAX_HEIGHT") && result.output.contains("club"))
    }

    @Test("config show --json tells the origin of each value")
    func showJSON() async throws {
        let result = try await answer(
            ["config", "--json"],
            "\nspeed = \"best\"",
            ["CINCH_FPS": "24"]
        )
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        )
        #expect(object["command"] as? String == "config" && object["exists"] as? Bool == true)
        let rows = try #require(object["settings"] as? [[String: Any]])
        func row(_ name: String) -> [String: Any]? { rows.first { $0["name"] as? String == name } }
        #expect(row("speed")?["origin"] as? String == "file" && row("speed")?["line"] as? Int == 2)
        #expect(row("fps")?["origin"] as? String == "environment")
        #expect(row("fps")?["variable"] as? String == "CINCH_FPS")
        #expect(row("audio")?["origin"] as? String == "usual")
        #expect(rows.count == Setting.allCases.count)
    }

    @Test("config path says where the file is, or would be")
    func place() async throws {
        #expect(try await answer(["config", "path"], "").output == path + "\n")
        let results = Output(columns: 80)
        let session = Session(
            results: results,
            messages: results,
            environment: ["HOME": "/home/nobody"]
        )
        #expect(await session.run(arguments: ["config", "path"]) == 0)
        #expect(results.text == "/home/nobody/.config/cinch/config.toml\n")
    }

    @Test("results go into the folder that is set, which is made")
    func outputFolder() async throws {
        let clip = try folder.clip()
        let into = folder.path("small/er")
        let file = "output-folder = \"\(into)\"\nto = \"400k\"\nspeed = \"fast\"\nmax-height = 240"
        try file.write(toFile: path, atomically: true, encoding: .utf8)
        let result = try await Program.run([clip], environment: ["CINCH_CONFIG": path])
        #expect(result.exitCode == 0)
        #expect(FileManager.default.fileExists(atPath: into + "/clip-400kB.mp4"))
    }
}
