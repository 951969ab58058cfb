import ArgumentParser
import Core
import Foundation
import Jobs

/// `cinch manual`: the manual page, made of what the program says of itself.
struct ManualCommand: Errand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        usage: "cinch manual > cinch.1",
        discussion: """
            To read it: cinch manual | man -l -. To keep it: \
            cinch manual > ~/.local/share/man/man1/cinch.1, after which man cinch shows it.
            """
    )

    func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
        session.results.write(try Manual.page())
        return 0
    }
}

/// The page in the macros of man(7).
enum Manual {
    /// What ArgumentParser tells of a command.
    struct Tool: Decodable {
        var command: Described
    }

    /// A command as ArgumentParser tells of it.
    struct Described: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool
        var subcommands: [Described]?
        var arguments: [Argument]?
    }

    /// An argument of it.
    struct Argument: Decodable {
        /// How it is written.
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        var kind: String
        var shouldDisplay: Bool
        var names: [Name]?
        var valueName: String?
        var abstract: String?
    }

    static func page() throws(Failure) -> String {
        guard let tool = try? JSONDecoder().decode(Tool.self, from: Data(Cinch._dumpHelp().utf8))
        else {
            throw Failure(.defect, "Cannot make the manual page", why: "the help has another form")
        }
        var page = Page()
        page.line(".TH CINCH 1 \"\" \"cinch \(programVersion)\" \"User Commands\"")
        page.section("NAME")
        page.text("cinch - makes a video fit a size in bytes")
        page.section("SYNOPSIS")
        page.verbatim(Help.synopsis)
        page.section("DESCRIPTION")
        page.text(Help.introduction)
        let commands = tool.command.subcommands ?? []
        if let compress = commands.first(where: { $0.commandName == "compress" }) {
            page.section("OPTIONS")
            page.options(compress)
        }
        page.section("COMMANDS")
        for command in commands where !["compress", "help"].contains(command.commandName) {
            page.command(command, after: "cinch")
        }
        page.section("SETTINGS")
        page.text(
            "An option goes before a variable of the environment, and that before a key of the file "
                + "of settings; 'cinch config show' tells where each value comes from."
        )
        for setting in Setting.allCases {
            page.entry("\(setting.rawValue), \(setting.variable)", setting.words)
        }
        page.section("EXIT STATUS")
        page.verbatim(Help.exitCodes)
        page.section("FILES")
        page.entry("~/.config/cinch/config.toml", "settings, and limits with names of your own")
        page.entry("~/.local/state/cinch/", "the history, and what batches have made")
        return page.result
    }

    /// Lines of man(7) macros.
    struct Page {
        private(set) var result = ""

        mutating func line(_ text: String) { result += text + "\n" }

        mutating func section(_ name: String) { line(".SH \(name)") }

        /// A paragraph, in which nothing is a macro.
        mutating func text(_ text: String) {
            for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
                line(part.isEmpty ? ".PP" : Self.escaped(String(part)))
            }
        }

        mutating func verbatim(_ text: String) {
            line(".nf")
            for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
                line(Self.escaped(String(part)))
            }
            line(".fi")
        }

        mutating func entry(_ name: String, _ words: String) {
            line(".TP")
            line("\\fB\(Self.escaped(name))\\fR")
            line(Self.escaped(words))
        }

        mutating func options(_ command: Described) {
            for argument in command.arguments ?? [] where argument.shouldDisplay {
                let value = (argument.valueName ?? "value").uppercased()
                guard let names = argument.names, !names.isEmpty else {
                    entry(value, argument.abstract ?? "")
                    continue
                }
                let spelled = names.map { ($0.kind == "long" ? "--" : "-") + $0.name }
                let all = spelled.joined(separator: ", ")
                entry(argument.kind == "option" ? "\(all) \(value)" : all, argument.abstract ?? "")
            }
        }

        mutating func command(_ command: Described, after parent: String) {
            guard command.shouldDisplay else { return }
            let name = "\(parent) \(command.commandName)"
            line(".SS \(Self.escaped(name))")
            text(command.abstract ?? "")
            if let discussion = command.discussion, !discussion.isEmpty {
                line(".PP")
                let isLaidOut = discussion.contains("\n  ")
                isLaidOut ? verbatim(discussion) : text(discussion)
            }
            options(command)
            for one in command.subcommands ?? [] where one.commandName != "help" {
                self.command(one, after: name)
            }
        }

        /// Nothing in it is taken for a macro or for an escape.
        static func escaped(_ text: String) -> String {
            let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
            return text.first.map { ".'".contains($0) } == true ? "\\&" + text : text
        }
    }
}
