import Foundation
import Jobs
import Testing

@testable import CLI

@Suite("Texts from files and names, before a terminal sees them")
struct ForeignTextTests {
    @Test(
        "what a terminal would obey is replaced",
        arguments: [
            ("a\u{1B}[2Jb", "a\u{FFFD}[2Jb"), ("a\nb\r\tc", "a\u{FFFD}b\u{FFFD}\u{FFFD}c"),
            ("a\u{9B}31mb", "a\u{FFFD}31mb"), ("\u{7F}\u{0}\u{85}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("photo\u{202E}gpj.exe", "photo\u{FFFD}gpj.exe"),
            ("\u{2066}a\u{2069}\u{2028}", "\u{FFFD}a\u{FFFD}\u{FFFD}"),
        ]
    )
    func replaced(text: String, shown: String) {
        #expect(text.withoutControls == shown)
    }

    @Test(
        "what people write is left alone",
        arguments: ["ünï 码 🎬.mp4", "שלום.mp4", "فيلم.mp4", "👩‍👩‍👧.mp4", "a'b\"c $d`e.mp4", "é"]
    )
    func kept(text: String) {
        #expect(text.withoutControls == text)
        #expect(JSONLines.escaped(text) == text)
    }

    @Test("a line of JSON has nothing raw that a terminal obeys, and says the same")
    func json() throws {
        let name = "a\u{1B}\u{9B}\u{7F}\u{202E}\u{2028}\n.mp4"
        let output = Output(columns: 80)
        JSONLines(output).write(.note, NotePayload(text: name))
        let line = output.text.dropLast()
        let isRaw = line.unicodeScalars.contains { $0.isObeyed }
        #expect(!isRaw)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        #expect((object as? [String: Any])?["text"] as? String == name)
    }
}

extension BuiltProgram {
    @Suite("Names that files may have, and the built program")
    struct NamesTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        static let names = [
            "two  blanks .mp4", "a'b\"c`d$e;f&g|h.mp4", "line\nbreak\tand\rreturn.mp4",
            "\u{1B}[2J\u{1B}]0;title\u{7}\u{9B}31m.mp4", "🎬👩‍👩‍👧.mp4", "שלום-\u{202E}4pm.mp4",
            "-o", "--json.mp4", "%s%n%03d.mp4", "http:a.mp4", "wrong-extension.jpg", "no-extension",
            String(repeating: "é", count: 125) + "x.mp4",
        ]

        /// Whether a text may be printed: its own line breaks, and nothing else that is obeyed.
        private func isHarmless(_ text: String) -> Bool {
            !text.unicodeScalars.contains { $0.isObeyed && $0 != "\n" }
        }

        @Test("any name is read, copied beside itself, and told harmlessly", arguments: names)
        func anyName(name: String) async throws {
            #expect(name.utf8.count <= 255)
            _ = try folder.clip(as: name)
            for form in [[], ["--json"]] {
                let result = try await Program.run(
                    ["--to", "5MB", "--force"] + form + ["--", name],
                    in: folder.url
                )
                #expect(result.exitCode == 0, "\(result.messages)")
                #expect(isHarmless(result.output) && isHarmless(result.messages))
                #expect(folder.names.count == 2)
                let output = try #require(folder.names.first { $0 != name })
                #expect(output.hasSuffix("-5MB.mp4") && output.utf8.count <= 255)
            }
        }

        @Test("a name that is not there is told harmlessly", arguments: names)
        func missing(name: String) async throws {
            let result = try await Program.run(["probe", "--", name], in: folder.url)
            #expect(result.exitCode == 66)
            #expect(isHarmless(result.messages))
        }

        @Test("an output whose name the disk does not take is refused before any work")
        func longOutput() async throws {
            let clip = try folder.clip()
            let result = try await Program.run(
                [clip, "--to", "5MB", "-o", String(repeating: "x", count: 260) + ".mp4"],
                in: folder.url
            )
            #expect(result.exitCode == 73)
            #expect(result.messages.contains("its name has 264 bytes"))
            #expect(!result.messages.contains("Checking"))
            #expect(folder.names == ["clip.mp4"])
        }

        @Test(
            "a link is read, a link to nowhere is nobody's place, and a closed input stays as it is"
        )
        func links() async throws {
            let clip = try folder.clip()
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: clip)
            let before = try FileManager.default.attributesOfItem(atPath: clip)
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("link.mp4"),
                withDestinationPath: "clip.mp4"
            )
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("nowhere.mp4"),
                withDestinationPath: "gone.mp4"
            )
            let refused = try await Program.run(
                ["link.mp4", "--to", "5MB", "-o", "nowhere.mp4"],
                in: folder.url
            )
            #expect(refused.exitCode == 73)
            #expect(refused.messages.contains("exists already"))
            #expect(!refused.messages.contains("Checking"))
            let missing = try await Program.run(["nowhere.mp4"], in: folder.url)
            #expect(missing.exitCode == 66)
            let made = try await Program.run(
                ["link.mp4", "--to", "5MB", "-o", "nowhere.mp4", "--force"],
                in: folder.url
            )
            #expect(made.exitCode == 0, "\(made.messages)")
            #expect(folder.names == ["clip.mp4", "link.mp4", "nowhere.mp4"])
            let after = try FileManager.default.attributesOfItem(atPath: clip)
            #expect(before[.modificationDate] as? Date == after[.modificationDate] as? Date)
            #expect(before[.size] as? NSNumber == after[.size] as? NSNumber)
            #expect(after[.posixPermissions] as? NSNumber == 0o444)
        }

        @Test("limits that options lower are kept, and named in the refusal")
        func limits() async throws {
            for (option, code) in [
                (["--max-pixels", "1000"], 65), (["--max-frames", "10"], 65),
                (["--max-streams", "1"], 65), (["--max-stall", "0"], 64),
                (["--max-pixels", "many"], 64),
            ] {
                for command in [["probe"], ["plan", "--to", "1MB"], ["--to", "1MB"]] {
                    let result = try await Program.run(
                        command + option + [Program.clip.path],
                        in: folder.url
                    )
                    #expect(Int(result.exitCode) == code)
                    #expect(result.messages.contains(option[0]), "\(result.messages)")
                }
            }
            #expect(folder.names == [])
            let doctor = try await Program.run(["doctor"])
            #expect(doctor.output.contains("--max-pixels") && doctor.output.contains("--max-stall"))
        }
    }
}
