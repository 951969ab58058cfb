import ArgumentParser
import Core
import Foundation
import Testing

@testable import CLI

/// A sentence among the arguments becomes the options that say the same.
@Suite struct PlainCallTests {
    private static let files: Set<String> = ["wedding.mp4", "my clip.mp4", "压缩.mp4"]

    private func reading(_ arguments: [String]) -> PlainCall? {
        PlainCall(arguments, isFile: { Self.files.contains($0) })
    }

    @Test(
        "a sentence becomes options, wherever it stands",
        arguments: [
            (
                [
                    "compress this video to under 50MB without losing too much quality",
                    "wedding.mp4",
                ],
                ["wedding.mp4", "--to", "50MB"]
            ),
            (["wedding.mp4", "把这个视频压到8MB"], ["wedding.mp4", "--to", "8MB"]),
            (["wedding.mp4", "压到8MB", "--json"], ["wedding.mp4", "--json", "--to", "8MB"]),
            (
                ["cut the first 10 seconds off and mute it", "wedding.mp4", "-o", "a b.mp4"],
                [
                    "wedding.mp4", "-o", "a b.mp4", "--audio", "none", "--start", "10",
                ]
            ),
            (
                ["plan", "export 720p at 30 fps", "wedding.mp4"],
                ["plan", "wedding.mp4", "--max-height", "720", "--fps", "30"]
            ),
            (
                ["compress wedding.mp4 for discord, without the last 1.5 seconds"],
                ["wedding.mp4", "--for", "discord", "--end", "-1.5"]
            ),
            (["make it smaller", "wedding.mp4"], ["wedding.mp4"]),
            (["wedding.mp4", "8MB"], ["wedding.mp4", "--to", "8MB"]),
            (["plan", "smaller", "wedding.mp4"], ["plan", "wedding.mp4"]),
            (["send it by whatsapp", "wedding.mp4"], ["wedding.mp4", "--for", "whatsapp"]),
            (
                ["under 25 MB for discord", "wedding.mp4"], ["wedding.mp4", "--for", "discord"]
            ),
            (["under 8,5MB or 10MB", "wedding.mp4"], ["wedding.mp4", "--to", "8.5MB"]),
            (
                ["keep the frame rate, 8MB", "wedding.mp4"],
                ["wedding.mp4", "--to", "8MB", "--fps", "source"]
            ),
            (
                ["to 8MB", "--force", "--", "wedding.mp4"],
                ["--force", "--to", "8MB", "--", "wedding.mp4"]
            ),
            (
                ["my clip.mp4", "keep the first minute", "--force"],
                ["my clip.mp4", "--force", "--duration", "60"]
            ),
        ]
    )
    func becomesOptions(_ arguments: [String], _ options: [String]) throws {
        let call = try #require(reading(arguments))
        #expect(call.arguments == options)
        #expect(throws: Never.self) { try call.checkEdits() }
        // What comes out is read as options are.
        #expect(throws: Never.self) { try Session.parse(call.arguments) }
    }

    @Test(
        "names, values of options and other commands are no sentences",
        arguments: [
            ["my clip.mp4", "--to", "8MB"], ["压缩.mp4"], ["wedding.mp4", "-o", "under 8MB.mp4"],
            ["wedding.mp4", "--to", "8 MB"], ["missing clip.mp4"], ["probe", "make it smaller"],
            ["chat", "wedding.mp4", "-m", "compress to 8MB"], ["dir/压到8MB.mp4"],
            ["wedding.mp4", "hello"], ["--", "my clip.mp4"], ["8MB"], ["wedding.mp4", "other.mp4"],
            [],
        ]
    )
    func leavesOthers(_ arguments: [String]) {
        #expect(reading(arguments) == nil)
    }

    @Test("options go before words, and that is said")
    func optionsWin() throws {
        let call = try #require(
            reading([
                "compress to 8MB in 720p, no sound", "wedding.mp4", "--to=5MB", "--audio", "copy",
            ])
        )
        #expect(
            call.arguments == [
                "wedding.mp4", "--to=5MB", "--audio", "copy", "--max-height", "720",
            ]
        )
        #expect(call.notes == ["--to goes before the words", "--audio goes before the words"])
    }

    @Test("a share of the size is one of the file that a link leads to")
    func shareOfLinked() throws {
        let folder = try Folder()
        let film = try folder.write(Data(repeating: 7, count: 3_000_000), "wedding.mp4")
        let link = folder.path("link.mp4")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: film)
        let call = try #require(PlainCall(["make it half the size", link]))
        #expect(call.arguments == [link, "--to", "1.5MB"])
    }

    @Test("what the words say twice is said")
    func saysContradictions() throws {
        let call = try #require(reading(["compress to 8MB, no, 10MB", "wedding.mp4"]))
        #expect(call.notes.count == 1)
    }

    @Test("an edit is refused with its name, and with the command that would send it")
    func refusesEdits() throws {
        let call = try #require(reading(["add a title and compress to 8MB", "my clip.mp4"]))
        let failure = #expect(throws: Failure.self) { try call.checkEdits() }
        #expect(failure?.kind == .usage)
        #expect(failure?.what == "Cannot do this here: 'add a title'")
        #expect(
            failure?.advice.contains(
                "cinch chat 'my clip.mp4' -m 'add a title and compress to 8MB'"
            ) == true
        )
        #expect(failure?.advice.contains("cinch 'my clip.mp4' --to 8MB") == true)
    }

    @Test("what words become is an option also where names stand after two dashes")
    func beforeDashes() throws {
        let call = try #require(
            PlainCall(["compress to 8MB", "--", "-odd.mp4"], isFile: { $0 == "-odd.mp4" })
        )
        #expect(call.arguments == ["--to", "8MB", "--", "-odd.mp4"])
    }

    @Test("the commands that are advised can be typed as they are, whatever a file is called")
    func advisesCommands() throws {
        let call = try #require(
            PlainCall(
                ["add a title and compress to 8MB", "--metadata", "", "--", "-odd.mp4"],
                isFile: { $0 == "-odd.mp4" }
            )
        )
        let failure = #expect(throws: Failure.self) { try call.checkEdits() }
        let advice = try #require(failure?.advice)
        #expect(advice.contains("cinch chat ./-odd.mp4 -m "), "\(advice)")
        #expect(advice.contains("--metadata '' "), "\(advice)")
    }

    @Test("an edit goes to the cloud where the call allows it, in the person's own words")
    func sendsEdits() throws {
        let words = "add a title, cut the first 5 seconds and compress to 8MB"
        let call = try #require(reading([words, "wedding.mp4", "--route", "cloud"]))
        #expect(throws: Never.self) { try call.checkEdits() }
        #expect(
            call.arguments == [
                "wedding.mp4", "--route", "cloud", "--edit", words, "--to", "8MB",
            ]
        )
    }

    @Test("all flags are known, so that what follows one is no value")
    func knowsFlags() throws {
        for flag in PlainCall.flags where flag.hasPrefix("--") {
            let call = try #require(reading(["wedding.mp4", flag, "make it smaller"]))
            #expect(call.arguments == ["wedding.mp4", flag])
        }
    }

    @Test("no flag of a command is taken for an option whose value follows")
    func knowsFlagsOfCommands() throws {
        let help = Data(Cinch._dumpHelp().utf8)
        let commands = try JSONDecoder().decode(Manual.Tool.self, from: help).command.subcommands
        for name in ["compress", "plan"] {
            let command = try #require(commands?.first { $0.commandName == name })
            let flags = try #require(command.arguments).filter { $0.kind == "flag" }
            let names = flags.flatMap { $0.names ?? [] }
                .map { ($0.kind == "long" ? "--" : "-") + $0.name }
            #expect(names.contains("--json"))
            // Where one of these stands nothing is made, whatever else is said.
            for flag in names where !["--help", "-h", "--version"].contains(flag) {
                #expect(reading([name, "wedding.mp4", flag, "make it smaller"]) != nil, "\(flag)")
            }
        }
    }

    @Test("names of the user's own are looked for only where there are words to understand")
    func looksForLimits() throws {
        var count = 0
        func limits() -> NamedLimits {
            count += 1
            return .builtIn
        }
        let isFile = { Self.files.contains($0) }
        #expect(
            PlainCall(["wedding.mp4", "--to", "8MB"], limits: limits(), isFile: isFile) == nil
        )
        #expect(count == 0)
        let call = PlainCall(["wedding.mp4", "for discord"], limits: limits(), isFile: isFile)
        #expect(call != nil && count == 1)
    }

    @Test("a sentence in an option's place without a file is a call without an input")
    func needsFile() throws {
        let call = try #require(reading(["compress to 8MB"]))
        #expect(call.files.isEmpty)
        #expect(call.arguments == ["--to", "8MB"])
    }
}
