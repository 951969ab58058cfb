import ArgumentParser
import Core
import Foundation
import Jobs

/// `cinch config …`: what is set once for all calls.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show what is set for all calls, and where.",
        usage: "cinch config show|path [--json]",
        discussion: """
            An option of the call goes before a variable of the environment, and that before the \
            file of settings, config.toml:

              speed = "best"
              max-height = 720
              output-folder = "~/small"

            Of yes and no, --no-background and --no-strict undo what is set.
            """,
        subcommands: [Show.self, Place.self, Write.self],
        defaultSubcommand: Show.self
    )

    /// `cinch config show`.
    struct Show: Errand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show each setting, and where its value comes from."
        )

        @Flag(help: "One JSON object on standard output, described in JSON.md.")
        var json = false

        func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
            let settings = try session.settings()
            let path = Settings.path(session.environment)
            let isThere = path.map { FileManager.default.fileExists(atPath: $0) } ?? false
            let result = ConfigResult(settings, path: path, isThere: isThere)
            session.finish("config", result, json: json) { width, style in
                ConfigFacts.text(result, width: width, style: style)
            }
            return 0
        }
    }

    /// `cinch config path`.
    struct Place: Errand {
        static let configuration = CommandConfiguration(
            commandName: "path",
            abstract: "Say where the file of settings is, or would be."
        )

        @Flag(help: "One JSON object on standard output, described in JSON.md.")
        var json = false

        func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
            guard let path = Settings.path(session.environment) else {
                throw Failure(
                    .missing,
                    "There is no place for a file of settings",
                    why: "neither CINCH_CONFIG nor XDG_CONFIG_HOME nor HOME is set",
                    advice: "Set one of them."
                )
            }
            let result = ConfigPathResult(
                path: path,
                exists: FileManager.default.fileExists(atPath: path)
            )
            session.finish("config path", result, json: json) { _, _ in path }
            return 0
        }
    }
}

extension ConfigCommand {
    /// `cinch config set`, which people try: the file is theirs to write.
    struct Write: Errand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Settings are written by hand.",
            shouldDisplay: false
        )

        @Argument(parsing: .captureForPassthrough)
        var words: [String] = []

        var json: Bool { words.contains("--json") }

        func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
            let path = Settings.path(session.environment)
            var line = "speed = \"best\""
            if words.count == 2 {
                let value = Int(words[1]) == nil ? "\"\(words[1])\"" : words[1]
                line = "\(words[0]) = \(value)"
            }
            throw Failure(
                .usage,
                "Settings are not written from here",
                why: "their file is edited by hand",
                advice: "Write a line such as \(line) into \(path ?? "config.toml").\n"
                    + "What can be set: cinch config show"
            )
        }
    }
}

/// What `config path` ends with.
struct ConfigPathResult: Encodable {
    var path: String
    var exists: Bool
}

/// What `config show` ends with.
struct ConfigResult: Encodable {
    /// A setting and where its value comes from.
    struct Row: Encodable {
        /// Where a value comes from.
        enum Origin: String, Encodable {
            case environment
            case file
            case usual
        }

        var name: String
        var value: String
        var origin: Origin
        /// The variable that sets it, or would.
        var variable: String
        /// Of the file, where it was found.
        var line: Int?
    }

    var path: String?
    var exists: Bool
    var settings: [Row]
    /// The names of the user's own limits.
    var limits: [String]

    init(_ settings: Settings, path: String?, isThere: Bool) {
        self.path = path
        exists = isThere
        limits = settings.limits.map(\.name)
        self.settings = Setting.allCases.map { setting in
            let given = settings.given[setting]
            var row = Row(
                name: setting.rawValue,
                value: given?.text ?? setting.usual,
                origin: .usual,
                variable: setting.variable
            )
            switch given?.origin {
            case .variable: row.origin = .environment
            case .file(_, let line): (row.origin, row.line) = (.file, line)
            case nil: break
            }
            return row
        }
    }
}

/// What `config show` says to a person.
enum ConfigFacts {
    static func text(_ result: ConfigResult, width: Int, style: Style = .plain) -> String {
        let width = min(100, width)
        var columns = Columns()
        let most = result.settings.map(\.value.columns).max() ?? 0
        for row in result.settings {
            let from =
                switch row.origin {
                case .environment: row.variable
                case .file: "the file" + (row.line.map { ", line \($0)" } ?? "")
                case .usual: style.dim("as usual")
                }
            let padding = String(repeating: " ", count: max(0, min(most, 16) - row.value.columns))
            columns.add(row.name, "\(row.value.withoutControls)\(padding)  \(from)")
        }
        if !result.limits.isEmpty {
            columns.add("limits", result.limits.joined(separator: ", ").withoutControls)
        }
        let path = result.path?.withoutControls ?? "no file of settings"
        let title = style.bold(path) + (result.exists ? "" : ": not there")
        let note =
            "An option goes before a variable, CINCH_MAX_HEIGHT=720, and that before the file."
        return
            ([title, ""] + columns.lines(width: width, style: style) + [""]
            + Wrapping.lines(note, width: max(20, width))).joined(separator: "\n")
    }
}
