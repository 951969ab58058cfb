import Core
import Foundation
import Jobs
import SystemPackage
import Testing

@testable import CLI

@Suite("Sizes by name")
struct LimitsTests {
    /// What a session does with a file of settings.
    private func run(
        _ arguments: [String],
        settings: String? = nil,
        columns: Int = 80
    ) async throws -> (code: Int32, output: String, messages: String) {
        let folder = try Folder()
        let path = folder.path("config.toml")
        try settings?.write(toFile: path, atomically: true, encoding: .utf8)
        let results = Output(columns: columns)
        let messages = Output(columns: columns)
        let session = Session(
            results: results,
            messages: messages,
            environment: settings == nil ? [:] : ["CINCH_CONFIG": path]
        )
        let code = await session.run(arguments: arguments)
        return (code, results.text, messages.text)
    }

    @Test("--for is a size, and its name goes with it")
    func request() throws {
        let command = try #require(
            try Session.parse(["a.mov", "--for", "discord"]) as? CompressCommand
        )
        let request = try command.request()
        #expect(request.target?.bytes == 20_000_000)
        #expect(request.namedLimit?.summary == "Discord, 20 MB")
        #expect(request.destination == "a-discord.mp4")
    }

    @Test(
        "a call that cannot be meant is answered with 64",
        arguments: [
            (["a.mov", "--for", "discord", "--to", "8MB"], "two sizes"),
            (["a.mov", "--for", "discrod"], "did you mean discord?"),
            (["plan", "a.mov", "--for", "--json"], "no value"),
            (["limits", "nowhere"], "no limit called"),
        ]
    )
    func refusals(arguments: [String], words: String) async throws {
        let result = try await run(arguments)
        #expect(result.code == 64)
        #expect((result.messages + result.output).contains(words))
    }

    @Test(
        "the table keeps to the terminal's width and names every limit",
        arguments: [40, 80, 200]
    )
    func widths(columns: Int) async throws {
        let result = try await run(["limits"], columns: columns)
        #expect(result.code == 0)
        for line in result.output.split(separator: "\n") { #expect(line.count <= columns) }
        for limit in NamedLimits.builtIn.all { #expect(result.output.contains(limit.name)) }
    }

    @Test("one limit is told with its source, its date and what its bytes mean")
    func one() async throws {
        let result = try await run(["limits", "gmail"], columns: 200)
        #expect(result.code == 0)
        for word in ["base64", "Source", "Checked  2026", "35 882 577"] {
            #expect(result.output.contains(word))
        }
    }

    @Test("--json has every limit with its bytes, its source and its date")
    func json() async throws {
        let result = try await run(["limits", "--json"])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        )
        let all = try #require(object["limits"] as? [[String: Any]])
        #expect(object["command"] as? String == "limits" && object["version"] as? Int == 1)
        #expect(all.count == NamedLimits.builtIn.all.count)
        for limit in all {
            #expect(
                limit["bytes"] is Int && limit["source"] is String && limit["checked"] is String
            )
        }
    }

    @Test("a user's own limits are known by their names, come first, and are marked")
    func own() async throws {
        let settings = """
            [limits]
            school = "12MB"
            small = 900_000
            discord = "3 MB"

            [limits.club]
            size = "7.5 MiB"
            title = "Our club"
            note = "its upload form"
            """
        let all = try await run(["limits"], settings: settings, columns: 200)
        #expect(all.output.contains("12 MB, school (yours)"))
        #expect(all.output.contains("3 MB, Discord (yours)"))
        #expect(!all.output.contains("20 MB, Discord"))
        let club = try await run(["limits", "club"], settings: settings, columns: 200)
        #expect(club.output.contains("Our club") && club.output.contains("7 864 320 bytes"))
        #expect(club.output.contains("its upload form"))
        let small = try await run(["limits", "small"], settings: settings, columns: 200)
        #expect(small.output.contains("900 kB"))
    }

    @Test(
        "a file of settings that makes no sense is told with the place, and with what would be right",
        arguments: [
            ("[limits]\na = 1\nb = = 2", "line 3, column 5"), ("[limits]\na = \"12XB\"", "'xb'"),
            ("limits = 3", "not a table"), ("[limit]\na = 1", "'limit'"),
            ("[limits]\nA = 1", "'A' cannot be"), ("[limits]\na = 2.5", "a has no size"),
            ("[limits.a]\nsiz = 1", "'siz'"), ("[limits.a]\nsize = 1\nnote = 2", "note of a"),
            ("[limits]\na = -5", "sign"), ("[limits]\na = 0", "zero"), ("a\u{0}b", "UTF-8"),
        ]
    )
    func malformed(settings: String, words: String) async throws {
        let result = try await run(["limits"], settings: settings)
        #expect(result.code == 64)
        #expect(result.messages.contains("config.toml"))
        #expect(result.messages.replacing("\n       ", with: " ").contains(words))
        #expect(result.messages.contains("[limits]"))
        // A call that names no limit does not need it.
        #expect(try await run(["--version"], settings: settings).code == 0)
    }

    @Test("the usual place of the settings follows XDG_CONFIG_HOME, then HOME, and may be empty")
    func places() throws {
        let folder = try Folder()
        let home = folder.path("home")
        for place in ["/xdg/cinch", "/.config/cinch"] {
            try FileManager.default.createDirectory(
                atPath: home + place,
                withIntermediateDirectories: true
            )
            try "[limits]\na = \(place.count)".write(
                toFile: home + place + "/config.toml",
                atomically: true,
                encoding: .utf8
            )
        }
        func size(_ environment: [String: String]) throws -> Int? {
            try Settings.read(environment).limits.first?.size.bytes
        }
        #expect(try size(["HOME": home, "XDG_CONFIG_HOME": home + "/xdg"]) == 10)
        #expect(try size(["HOME": home]) == 14)
        #expect(try size(["HOME": home, "XDG_CONFIG_HOME": "relative"]) == 14)
        #expect(try size(["HOME": home + "/none"]) == nil)
        #expect(try size([:]) == nil)
        let failure = #expect(throws: Failure.self) {
            try Settings.read(["CINCH_CONFIG": home + "/none"])
        }
        #expect(failure?.kind == .missing)
    }

    @Test("a plan says for whom it is, in words and in JSON")
    func plan() async throws {
        let result = try await Program.run(["plan", Program.clip.path, "--for", "mms", "--json"])
        let object = try #require(try result.objects().last)
        let plan = try #require(object["plan"] as? [String: Any])
        #expect(object["limitName"] as? String == "mms")
        #expect(plan["targetBytes"] as? Int == 500_000)
        let reasons = try #require(plan["reasons"] as? [String])
        #expect(reasons.first == "the size is for MMS (any carrier), 500 kB")
    }

    @Test(
        "a file of settings that is nothing like TOML is an error too, and no crash",
        arguments: [
            "[limits]\na = }", "[[[", "[limits]\na = [1,}}}", "[=]", "{{{{", "[limits]\na = 1",
        ]
    )
    func nonsense(settings: String) async throws {
        let folder = try Folder()
        let path = folder.path("config.toml")
        try settings.write(toFile: path, atomically: true, encoding: .utf8)
        let result = try await Program.run(["limits", "a"], environment: ["CINCH_CONFIG": path])
        if settings.hasSuffix("1") {
            #expect(result.exitCode == 0 && result.output.contains("1 bytes"))
        } else {
            #expect(result.exitCode == 64 && result.messages.contains("Cannot understand"))
        }
    }
}
