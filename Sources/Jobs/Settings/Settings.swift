package import Core
import Foundation
import SystemPackage

/// What a user has set once for all calls: in `config.toml` and in variables of the environment.
package struct Settings: Sendable, Equatable {
    /// Where a value comes from.
    package enum Origin: Sendable, Equatable {
        case variable(String)
        /// The line is nil where it was not found.
        case file(String, line: Int?)
    }

    /// A value and where it comes from.
    package struct Given: Sendable, Equatable {
        package var text: String
        package var origin: Origin
    }

    /// Limits of their own, in the order of their names.
    package var limits: [NamedLimit] = []
    /// What is set; all of it can be read.
    package private(set) var given: [Setting: Given] = [:]

    /// The names that `for` and `--for` know.
    package var allLimits: NamedLimits { NamedLimits.builtIn.adding(limits) }

    /// What holds for a setting; nil where nothing was said.
    package subscript(setting: Setting) -> String? { given[setting]?.text }

    /// Whether a setting of yes and no is on.
    package func isOn(_ setting: Setting) -> Bool {
        Setting.truth(of: self[setting] ?? setting.usual) ?? false
    }

    /// The settings of the file that the environment names, or of the usual one, and of the environment.
    ///
    /// `CINCH_CONFIG` names a file, which then must be there; otherwise it is `cinch/config.toml` in
    /// `XDG_CONFIG_HOME` or `~/.config`, if it is there.
    ///
    /// Throws: `Failure` of kind `.usage` with the place in the file, or of kind `.missing`.
    package static func read(_ environment: [String: String]) throws(Failure) -> Settings {
        var settings = try readFile(environment)
        try settings.take(environment)
        return settings
    }

    /// The file that would be read, there or not; nil where the environment names no place for it.
    package static func path(_ environment: [String: String]) -> String? {
        environment["CINCH_CONFIG"].flatMap { $0.isEmpty ? nil : $0 } ?? usualPath(environment)
    }

    private static func readFile(_ environment: [String: String]) throws(Failure) -> Settings {
        let named = environment["CINCH_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = path(environment) else { return Settings() }
        // A way to say none.
        if path == "/dev/null" { return Settings() }
        let bytes: [UInt8]
        do throws(FileRefusal) {
            bytes = try RegularFile.contents(
                of: FilePath(path),
                for: .reading,
                mostBytes: mostBytes
            )
        } catch {
            switch error {
            case .system(.noSuchFileOrDirectory), .system(.notDirectory):
                guard named != nil else { return Settings() }
                throw Failure(
                    .missing,
                    "Cannot find \(path)",
                    why: "CINCH_CONFIG names it, and there is no such file",
                    advice: "Correct CINCH_CONFIG, or unset it."
                )
            case .tooLarge: throw malformed(path, error.words)
            case .kind, .system:
                throw Failure(
                    .missing,
                    "Cannot read \(path)",
                    why: error.words,
                    advice: "It should be a text file with your settings."
                )
            }
        }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw malformed(path, "it is not a text of settings in UTF-8")
        }
        return try Settings(parsing: text, path: path)
    }

    /// More than anybody writes by hand.
    private static let mostBytes = 1 << 20

    private static func usualPath(_ environment: [String: String]) -> String? {
        // A relative one is to be ignored, by the specification of base directories.
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            return folder + "/cinch/config.toml"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.config/cinch/config.toml"
    }

    /// The settings in a text.
    ///
    /// Throws: `Failure` of kind `.usage` that says where, and what would be right.
    package init(parsing text: String, path: String) throws(Failure) {
        switch SettingsText.read(text) {
        case .value(.table(let file)):
            if let value = file["limits"] { limits = try Self.limits(in: value, path: path) }
            try take(file, from: text, path: path)
        case .malformed(let line, let column, let words):
            throw Self.malformed(path, "line \(line), column \(column): \(words.withoutControls)")
        case .value, nil: throw Self.malformed(path, "it is not TOML")
        }
    }

    package init() {}

    /// Takes what the file sets.
    private mutating func take(
        _ file: [String: SettingsText.Value],
        from text: String,
        path: String
    ) throws(Failure) {
        for (key, value) in file.sorted(by: { $0.key < $1.key }) where key != "limits" {
            let line = SettingsText.line(of: key, in: text)
            let place = line.map { "line \($0): " } ?? ""
            guard let setting = Setting(rawValue: key) else {
                let nearest =
                    Setting.nearest(to: key).map { "; did you mean \($0.rawValue)?" } ?? ""
                throw Self.malformed(
                    path,
                    "\(place)nothing is called '\(key.withoutControls)' there\(nearest)"
                )
            }
            guard let words = value.words, setting.isFlag || !value.isFlag else {
                throw Self.malformed(path, "\(place)\(key) is not a text or a number")
            }
            do throws(Failure) {
                try setting.check(words, limits: allLimits)
            } catch {
                throw Failure(
                    .usage,
                    "Cannot understand \(path)",
                    why: "\(place)\(key): \(Self.told(error))",
                    advice: error.advice
                )
            }
            given[setting] = Given(text: words, origin: .file(path, line: line))
        }
        if let to = given[.to], let name = given[.limitName] {
            throw Self.malformed(path, "to and for say two sizes: \(to.text) and \(name.text)")
        }
    }

    /// Takes what variables of the environment set, which goes before what the file says.
    private mutating func take(_ environment: [String: String]) throws(Failure) {
        // A size goes before a name and the other way round, whichever is said nearer to the call.
        let sizes = [Setting.to, Setting.limitName].filter {
            environment[$0.variable]?.isEmpty == false
        }
        if sizes.count == 2 {
            throw Failure(
                .usage,
                "CINCH_TO and CINCH_FOR say two sizes",
                why: "CINCH_FOR is a size by name",
                advice: "Unset one of them."
            )
        }
        if !sizes.isEmpty { (given[.to], given[.limitName]) = (nil, nil) }
        for setting in Setting.allCases {
            guard let text = environment[setting.variable], !text.isEmpty else { continue }
            // Whatever it says but no, as it always did: what forbids something is not to be mistyped.
            if setting == .offline {
                let isOn = !["0", "no", "false"].contains(text)
                given[setting] = Given(text: "\(isOn)", origin: .variable(setting.variable))
                continue
            }
            do throws(Failure) {
                try setting.check(text, limits: allLimits)
            } catch {
                throw Failure(
                    .usage,
                    "Cannot understand \(setting.variable)",
                    why: Self.told(error),
                    advice: error.advice
                )
            }
            given[setting] = Given(text: text, origin: .variable(setting.variable))
        }
    }

    /// What is wrong with a value, without the option that it would be on the command line.
    private static func told(_ error: Failure) -> String {
        error.why.isEmpty
            ? error.what.prefix(1).lowercased() + error.what.dropFirst() : error.why
    }

    private static func limits(
        in value: SettingsText.Value,
        path: String
    ) throws(Failure) -> [NamedLimit] {
        guard case .table(let entries) = value else {
            throw malformed(path, "limits is not a table")
        }
        var limits: [NamedLimit] = []
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            limits.append(try limit(name, entry, path: path))
        }
        return limits
    }

    /// One entry: `school = "12MB"`, or a table of `size` and, where wanted, `title` and `note`.
    private static func limit(
        _ name: String,
        _ value: SettingsText.Value,
        path: String
    ) throws(Failure) -> NamedLimit {
        let letters = name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-" || $0 == "_"
        }
        guard letters, (1...40).contains(name.count), name.first != "-" else {
            throw malformed(
                path,
                "'\(name.withoutControls)' cannot be the name of a limit: small letters, digits and hyphens can"
            )
        }
        let known = NamedLimits.builtIn.all.first { $0.name == name }?.title
        var (title, note) = (known ?? name, String?.none)
        var size: SettingsText.Value? = value
        if case .table(let table) = value {
            for key in table.keys.sorted() where !["size", "title", "note"].contains(key) {
                throw malformed(
                    path,
                    "a limit has size, title and note, and \(name) has '\(key.withoutControls)'"
                )
            }
            func words(_ key: String) throws(Failure) -> String? {
                switch table[key] {
                case nil: return nil
                case .text(let text): return text
                default: throw malformed(path, "the \(key) of \(name) is not a text")
                }
            }
            title = try words("title") ?? title
            note = try words("note")
            size = table["size"]
        }
        let words: String
        switch size {
        case .text(let text): words = text
        // A bare number is a count of bytes, as it is after --to.
        case .number(let bytes): words = "\(bytes)"
        default: throw malformed(path, "the limit \(name) has no size")
        }
        do {
            return NamedLimit(
                name,
                title,
                .file(bytes: try ByteSize(parsing: words).bytes),
                .exact,
                remarks: note.map { [$0] } ?? [],
                source: path
            )
        } catch {
            throw malformed(path, "the limit \(name): \(error.description)")
        }
    }

    private static func malformed(_ path: String, _ why: String) -> Failure {
        Failure(
            .usage,
            "Cannot understand \(path)",
            why: why,
            advice: "Write, for example:\nspeed = \"best\"\n[limits]\nschool = \"12MB\""
        )
    }
}
