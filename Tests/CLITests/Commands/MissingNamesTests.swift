import Foundation
import Testing

@testable import CLI

@Suite("Names as they are pasted")
struct PastedNamesTests {
    @Test(
        "a name that leads nowhere is read as terminals and file managers paste it",
        arguments: [
            ("file:///v/a%20b.mp4", "/v/a b.mp4"), ("'/v/a b.mp4'", "/v/a b.mp4"),
            ("\"/v/a b.mp4\"", "/v/a b.mp4"), ("/v/a\\ b.mp4", "/v/a b.mp4"),
            (" /v/a b.mp4\n", "/v/a b.mp4"), ("'a b.mp4'", "a b.mp4"), ("a\\ b.mp4", "a b.mp4"),
            ("~/a.mov", "/home/u/a.mov"), ("a b.mp4 ", "a b.mp4"),
        ]
    )
    func reads(pasted: String, path: String) {
        #expect(DroppedPaths.pasted(pasted, home: "/home/u") { $0 == path } == path)
    }

    @Test("a name that is there is taken as it is, and one that nothing leads to as well")
    func leaves() {
        #expect(DroppedPaths.pasted("'a b.mp4'") { $0 == "'a b.mp4'" } == "'a b.mp4'")
        #expect(DroppedPaths.pasted("'a b.mp4'") { _ in false } == "'a b.mp4'")
        #expect(DroppedPaths.pasted("") { _ in false } == "")
        #expect(DroppedPaths.pasted("file:///v/a%20b.mp4") { _ in false } == "/v/a b.mp4")
    }
}

extension BuiltProgram {
    @Suite("Names that are not there, and what was meant")
    struct MissingNamesTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        @Test(
            "a near name is offered",
            arguments: [("flim.mp4", "film.mp4"), ("film", "film.mp4"), ("Film.mp4", "film.mp4")]
        )
        func near(name: String, meant: String) async throws {
            _ = try folder.clip(as: "film.mp4")
            let result = try await Program.run(["probe", name], in: folder.url)
            #expect(result.exitCode == 66)
            #expect(result.messages.contains("Did you mean '\(meant)'?"))
        }

        @Test("a file that is not there is told at once, also in a log")
        func atOnce() async throws {
            let result = try await Program.run(["nothere.mov", "--to", "8MB"], in: folder.url)
            #expect(result.exitCode == 66)
            #expect(result.messages.hasPrefix("cinch: Cannot find nothere.mov"))
        }

        @Test("an address in the network is no file, and what can be done with one is told")
        func network() async throws {
            let address = "https://example.com/clip.mp4"
            let result = try await Program.run([address, "--to", "8MB"], in: folder.url)
            #expect(result.exitCode == 66)
            #expect(result.messages.contains("Nothing is fetched from the network"))
        }

        @Test("a name like no other is not explained by one")
        func far() async throws {
            _ = try folder.clip(as: "film.mp4")
            let result = try await Program.run(["probe", "holiday.mp4"], in: folder.url)
            #expect(result.messages.contains("Check the name and the folder."))
            #expect(!result.messages.contains("Did you mean"))
        }

        @Test("an address of a file is opened, and one that leads nowhere keeps its slashes")
        func address() async throws {
            let url = URL(fileURLWithPath: try folder.clip(as: "my film.mp4"))
            let found = try await Program.run(["probe", url.absoluteString], in: folder.url)
            #expect(found.exitCode == 0, "\(found.messages)")
            let missing = try await Program.run(["probe", "file:///no/such%20film.mp4"])
            #expect(missing.exitCode == 66)
            #expect(missing.messages.contains("Cannot find /no/such film.mp4"))
        }

        @Test(
            "an option or a size among names stops the call before anything is made",
            arguments: [
                (["film.mp4", "--", "--to", "300k"], "What follows -- is a name"),
                (["--", "film.mp4", "300k"], "Did you mean --to 300k?"),
                (["film.mp4", "discord"], "Did you mean --for discord?"),
            ]
        )
        func options(arguments: [String], advice: String) async throws {
            _ = try folder.clip(as: "film.mp4")
            let result = try await Program.run(arguments, in: folder.url)
            #expect(result.exitCode == 64)
            #expect(result.messages.contains(advice), "\(result.messages)")
            #expect(folder.names == ["film.mp4"])
        }

        @Test("a size beside a name is the size that is meant")
        func size() async throws {
            _ = try folder.clip(as: "film.mp4")
            let result = try await Program.run(["film.mp4", "5MB"], in: folder.url)
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(result.messages.contains("understood: at most 5MB"))
            #expect(folder.names == ["film-5MB.mp4", "film.mp4"])
        }

        @Test("a name that is not there is told before the first is begun; the others are made")
        func toldFirst() async throws {
            _ = try folder.clip(as: "film.mp4")
            let result = try await Program.run(
                ["film.mp4", "flam.mp4", "--to", "1MB"],
                in: folder.url
            )
            #expect(folder.names.contains("film-1MB.mp4"))
            let first = result.messages.split(separator: "\n").first ?? ""
            #expect(first.contains("flam.mp4 is not there. Did you mean 'film.mp4'?"))
        }

        @Test("a file that is named like an option is told from one")
        func hyphen() async throws {
            _ = try folder.clip(as: "-odd.mp4")
            let result = try await Program.run(["-odd.mp4", "--to", "5MB"], in: folder.url)
            #expect(result.exitCode == 64)
            #expect(result.messages.contains("./-odd.mp4"))
        }

        @Test("a number that forgot its unit, and one with a comma, are told what they may be")
        func numbers() async throws {
            _ = try folder.clip(as: "film.mp4")
            let bare = try await Program.run(["film.mp4", "--to", "8"], in: folder.url)
            #expect(bare.messages.contains("Did you mean 8MB?"), "\(bare.messages)")
            let comma = try await Program.run(["film.mp4", "--to", "8,5MB"], in: folder.url)
            #expect(comma.exitCode == 64)
            #expect(comma.messages.contains("Write 8.5MB."), "\(comma.messages)")
        }

        @Test("who wants to set something is told where it is written")
        func settings() async throws {
            let path = folder.path("config.toml")
            let result = try await Program.run(
                ["config", "set", "max-height", "720"],
                environment: ["CINCH_CONFIG": path]
            )
            #expect(result.exitCode == 64)
            #expect(result.messages.contains("max-height = 720"), "\(result.messages)")
            #expect(result.messages.contains(path))
        }

        @Test("what no library can read is told without an address in memory")
        func libraryWords() async throws {
            let file = folder.path("broken.mkv")
            try Data([0x1A, 0x45, 0xDF, 0xA3] + [UInt8](repeating: 0xFF, count: 400))
                .write(to: URL(fileURLWithPath: file))
            let result = try await Program.run(["probe", file])
            #expect(result.exitCode != 0)
            #expect(!result.messages.contains("@ 0x"), "\(result.messages)")
        }
    }
}
