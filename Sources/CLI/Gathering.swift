import Core
import Foundation
import SystemPackage

/// The files that the arguments of a batch name: themselves, those in folders, and those of patterns that
/// no shell has seen.
enum Gathering {
    /// Whether an argument can only mean several files.
    static func isSeveral(_ argument: String) -> Bool {
        let path = FilePath(argument)
        if path.isStandardStream { return false }
        if isFolder(path) { return true }
        return isPattern(argument)
    }

    /// The inputs, each once, in the order of the arguments, those of a folder by their names.
    ///
    /// Throws: `Failure` where a folder or a pattern holds nothing, or standard input is named.
    static func inputs(
        _ arguments: [String],
        isRecursive: Bool,
        purpose: String,
        format: Format?
    ) throws(Failure) -> [BatchNames.Found] {
        var all: [BatchNames.Found] = []
        for argument in arguments {
            let path = try Reading.path(argument, name: "INPUT")
            guard !path.isStandardStream else {
                throw Failure(
                    .usage,
                    "Standard input cannot be one of several",
                    why: "it has no name that a result could have",
                    advice: "Give it alone, or save it to a file first."
                )
            }
            for one in isPattern(argument) ? try matches(argument) : [path] {
                guard isFolder(one) else {
                    all.append(BatchNames.Found(one))
                    continue
                }
                let found = contents(of: one, isRecursive: isRecursive, format: format)
                guard !found.isEmpty else { throw nothing(in: one, isRecursive: isRecursive) }
                all += found
            }
        }
        var seen: Set<String> = []
        return BatchNames.withoutResults(all, purpose: purpose).filter {
            seen.insert($0.path.lexicallyNormalized().string).inserted
        }
    }

    static func isFolder(_ path: FilePath) -> Bool {
        var isFolder: ObjCBool = false
        let isThere = unsafe FileManager.default.fileExists(
            atPath: path.string,
            isDirectory: &isFolder
        )
        return isThere && isFolder.boolValue
    }

    /// Whether it is a pattern and no file's name.
    private static func isPattern(_ argument: String) -> Bool {
        argument.contains { "*?[".contains($0) }
            && !FileManager.default.fileExists(atPath: argument)
    }

    /// What a pattern matches, as a shell would have it (glob(3)).
    private static func matches(_ pattern: String) throws(Failure) -> [FilePath] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        var paths: [FilePath] = []
        if unsafe glob(pattern, 0, nil, &found) == 0, let list = unsafe found.gl_pathv {
            for index in 0..<Int(unsafe found.gl_pathc) {
                if let path = unsafe list[index] {
                    paths.append(FilePath(unsafe String(cString: path)))
                }
            }
        }
        guard !paths.isEmpty else {
            throw Failure(
                .missing,
                "Nothing matches \(pattern)",
                why: "there is no such file",
                advice: "Check the pattern and the folder."
            )
        }
        return paths
    }

    /// Files in a folder that may be what is wanted, by their names; hidden ones and links to folders are
    /// left alone.
    private static func contents(
        of folder: FilePath,
        isRecursive: Bool,
        format: Format?
    ) -> [BatchNames.Found] {
        var found: [BatchNames.Found] = []
        var folders = [folder]
        while let next = folders.popLast() {
            let names = try? FileManager.default.contentsOfDirectory(atPath: next.string)
            var below: [FilePath] = []
            for name in (names ?? []).sorted(by: isBefore) where !name.hasPrefix(".") {
                let path = next.appending(name)
                let facts = try? FileManager.default.attributesOfItem(atPath: path.string)
                if facts?[.type] as? FileAttributeType == .typeDirectory {
                    if isRecursive { below.append(path) }
                } else if !isFolder(path), isWanted(path, for: format) {
                    found.append(BatchNames.Found(path, root: folder))
                }
            }
            folders += below.reversed()
        }
        return found
    }

    /// `clip 2` before `clip 10`.
    private static func isBefore(_ one: String, _ other: String) -> Bool {
        one.compare(other, options: [.numeric, .caseInsensitive]) == .orderedAscending
    }

    /// Videos, unless the format says otherwise.
    static func isWanted(_ path: FilePath, for format: Format?) -> Bool {
        let kind = path.extension.flatMap { Material.likelyKind(fileExtension: $0) }
        return switch format {
        case nil, .mp4?: kind == .video
        case .m4a?: kind == .video || kind == .sound
        case .jpeg?, .webp?: kind == .still
        }
    }

    private static func nothing(in folder: FilePath, isRecursive: Bool) -> Failure {
        Failure(
            .missing,
            "There is no video in \(folder)",
            why: "nothing there is named like one",
            advice: isRecursive
                ? "Name the files themselves, if they are called otherwise."
                : "Folders in it are looked into with --recursive."
        )
    }
}
