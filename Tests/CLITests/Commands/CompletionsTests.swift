import ArgumentParser
import Foundation
import Testing

@testable import CLI

@Suite("Completions and the manual page")
struct CompletionsTests {
    @Test(
        "a call without a subcommand is completed as one of compress",
        arguments: CompletionShell.allCases
    )
    func inserted(shell: CompletionShell) {
        let script = Completions.script(for: shell)
        #expect(script.contains("A call that begins with no subcommand"))
        #expect(script.contains("max-height"))
        for name in ["watch", "history", "completions", "manual"] { #expect(script.contains(name)) }
    }

    /// What bash offers for a line.
    private func bash(_ line: String, in folder: Folder) async throws -> [String] {
        let script = try folder.write(Data(Completions.script(for: .bash).utf8), "script")
        let shell = """
            source "$1"
            COMP_LINE="$2"
            COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<< "$COMP_LINE"
            [[ "$COMP_LINE" = *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            COMP_TYPE=9
            compopt() { :; }
            _cinch cinch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let result = try await Running(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["bash", "-c", shell, "bash", script, line],
            environment: [:],
            in: folder.url
        ).result()
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test("bash offers files, options, their values and subcommands where each can stand")
    func bashOffers() async throws {
        let folder = try Folder()
        for name in ["holiday.mov", "plain.mp4", "song.wav"] { _ = try folder.write(Data(), name) }
        #expect(try await bash("cinch hol", in: folder) == ["holiday.mov"])
        #expect(try await bash("cinch hi", in: folder) == ["history"])
        #expect(try await bash("cinch --max-h", in: folder) == ["--max-height"])
        #expect(try await bash("cinch holiday.mov --spe", in: folder) == ["--speed"])
        #expect(try await bash("cinch holiday.mov --to 8MB pl", in: folder) == ["plain.mp4"])
        #expect(try await bash("cinch a.mov --for disc", in: folder).contains("discord"))
        #expect(try await bash("cinch plan so", in: folder) == ["song.wav"])
        #expect(try await bash("cinch completions z", in: folder) == ["zsh"])
        #expect(try await bash("cinch config ", in: folder).contains("show"))
    }

    @Test("a shell that is not known is a usage error")
    func unknown() async {
        let output = Output(columns: 80)
        let session = Session(results: output, messages: output, environment: [:])
        #expect(await session.run(arguments: ["completions", "powershell"]) == 64)
        #expect(await session.run(arguments: ["completions"]) == 64)
    }

    @Test(
        "the manual page has every option, every command and the exit codes, and nothing that is a macro"
    )
    func manual() throws {
        let page = try Manual.page()
        for line in page.split(separator: "\n") where line.first == "." {
            #expect([".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi"].contains(line.prefix(3)))
        }
        for words in [
            "\\-\\-max\\-height LINES", "\\-\\-total SIZE", "cinch watch", "cinch config show",
            "CINCH_MAX_HEIGHT", "130  interrupted", "cinch INPUT", ".SH EXIT STATUS",
        ] {
            #expect(page.contains(words), "\(words)")
        }
    }
}
