import Core
import Foundation

/// What a user keeps in a file of settings: `config.toml`.
struct Settings: Equatable {
    /// Limits of their own, in the order of their names.
    var limits: [NamedLimit] = []

    /// The settings of the file that the environment names, or of the usual one; none where there is none.
    ///
    /// `CINCH_CONFIG` names a file, which then must be there; otherwise it is `cinch/config.toml` in
    /// `XDG_CONFIG_HOME` or `~/.config`.
    ///
    /// Throws: `Failure` of kind `.usage` with the place in the file, or of kind `.missing`.
    static func read(_ environment: [String: String]) throws(Failure) -> Settings {
        let named = environment["CINCH_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = named ?? usualPath(environment) else { return Settings() }
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            guard named != nil else { return Settings() }
            throw Failure(
                .missing,
                "Cannot find \(path)",
                why: "CINCH_CONFIG names it, and there is no such file",
                advice: "Correct CINCH_CONFIG, or unset it."
            )
        }
        guard !isFolder.boolValue, let data = try? Data(contentsOf: URL(fileURLWithPath: path))
        else {
            throw Failure(
                .missing,
                "Cannot read \(path)",
                why: isFolder.boolValue ? "it is a folder" : "permission denied",
                advice: "It should be a text file with your settings."
            )
        }
        guard data.count <= mostBytes, !data.contains(0),
            let text = String(data: data, encoding: .utf8)
        else {
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
    init(parsing text: String, path: String) throws(Failure) {
        switch SettingsText.read(text) {
        case .value(.table(let file)): limits = try Self.limits(in: file, path: path)
        case .malformed(let line, let column, let words):
            throw Self.malformed(path, "line \(line), column \(column): \(words.withoutControls)")
        case .value, nil: throw Self.malformed(path, "it is not TOML")
        }
    }

    init() {}

    private static func limits(
        in file: [String: SettingsText.Value],
        path: String
    ) throws(Failure) -> [NamedLimit] {
        for key in file.keys.sorted() where key != "limits" {
            throw malformed(path, "nothing is called '\(key.withoutControls)' there")
        }
        guard let value = file["limits"] else { return [] }
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
            advice: "Write, for example:\n[limits]\nschool = \"12MB\""
        )
    }
}
