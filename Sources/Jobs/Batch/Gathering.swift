package import Core
import Foundation
package import SystemPackage

/// The files that the arguments of a batch name: themselves, those in folders, and those of patterns that
/// no shell has seen.
package enum Gathering {
    /// What was found.
    package struct Found {
        package var inputs: [BatchNames.Found]
        package var leftOut: [LeftOut]
    }

    /// A file in a folder that is not made, and why.
    package struct LeftOut: Sendable {
        package enum Reason: String, Sendable, Encodable {
            /// It looks like what an earlier run has made of another.
            case result
            /// It is media by its name, but not what is made here.
            case other
        }

        package var path: FilePath
        package var reason: Reason
    }

    /// Whether an argument can only mean several files.
    package static func isSeveral(_ argument: String) -> Bool {
        let path = FilePath(argument)
        if path.isStandardStream { return false }
        if isFolder(path) { return true }
        return isPattern(argument)
    }

    /// The inputs, each once, in the order of the arguments, those of a folder by their names.
    ///
    /// `readPath`: makes a path of an argument, which may have come from a terminal in some disguise.
    /// Throws: `Failure` where a folder or a pattern holds nothing, or standard input is named.
    package static func inputs(
        _ arguments: [String],
        isRecursive: Bool,
        purpose: String,
        format: Format?,
        readPath: (String) throws(Failure) -> FilePath = { FilePath($0) }
    ) throws(Failure) -> Found {
        var all: [BatchNames.Found] = []
        var others: [FilePath] = []
        for argument in arguments {
            let path = try readPath(argument)
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
                let (found, rest) = contents(of: one, isRecursive: isRecursive, format: format)
                guard !found.isEmpty else {
                    throw nothing(in: one, isRecursive: isRecursive, format: format)
                }
                all += found
                others += rest
            }
        }
        var seen: Set<String> = []
        func isNew(_ path: FilePath) -> Bool {
            seen.insert(path.lexicallyNormalized().string).inserted
        }
        let inputs = BatchNames.withoutResults(all, purpose: purpose).filter { isNew($0.path) }
        let results = all.map(\.path).filter(isNew).map { LeftOut(path: $0, reason: .result) }
        let rest = others.filter(isNew).map { LeftOut(path: $0, reason: .other) }
        return Found(inputs: inputs, leftOut: results + rest)
    }

    package static func isFolder(_ path: FilePath) -> Bool {
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

    /// Files in a folder that may be what is wanted, by their names, and other media; hidden ones and links
    /// to folders are left alone.
    private static func contents(
        of folder: FilePath,
        isRecursive: Bool,
        format: Format?
    ) -> (found: [BatchNames.Found], others: [FilePath]) {
        var found: [BatchNames.Found] = []
        var others: [FilePath] = []
        var folders = [folder]
        while let next = folders.popLast() {
            let names = try? FileManager.default.contentsOfDirectory(atPath: next.string)
            var below: [FilePath] = []
            for name in (names ?? []).sorted(by: isBefore) where !name.hasPrefix(".") {
                let path = next.appending(name)
                let facts = try? FileManager.default.attributesOfItem(atPath: path.string)
                if facts?[.type] as? FileAttributeType == .typeDirectory {
                    if isRecursive { below.append(path) }
                } else if isFolder(path) {
                    continue
                } else if isTaken(path, for: format) {
                    found.append(BatchNames.Found(path, root: folder))
                } else if isMedia(path) {
                    others.append(path)
                }
            }
            folders += below.reversed()
        }
        return (found, others)
    }

    /// `clip 2` before `clip 10`.
    private static func isBefore(_ one: String, _ other: String) -> Bool {
        one.compare(other, options: [.numeric, .caseInsensitive]) == .orderedAscending
    }

    /// Whether a watch takes it: videos, unless the format says otherwise.
    package static func isWanted(_ path: FilePath, for format: Format?) -> Bool {
        isTaken(path, for: format ?? .mp4)
    }

    /// Whether a folder's file is made: all that can be, unless the format says otherwise.
    private static func isTaken(_ path: FilePath, for format: Format?) -> Bool {
        let kind = path.extension.flatMap { Material.likelyKind(fileExtension: $0) }
        return switch format {
        case nil: kind != nil
        case .mp4?: kind == .video
        case .m4a?: kind == .video || kind == .sound
        case .jpeg?, .webp?: kind == .still
        }
    }

    /// Whether its owner would miss it among the results.
    private static func isMedia(_ path: FilePath) -> Bool {
        guard let end = path.extension else { return false }
        return Material.likelyKind(fileExtension: end) != nil
            || strangers.contains(end.lowercased())
    }

    /// Media that a folder of them may have, and that are only tried where they are named.
    private static let strangers: Set<String> = [
        "heic", "heif", "avif", "jxl", "dng", "cr2", "cr3", "nef", "arw", "raf", "orf", "rw2",
        "psd", "svg", "rm", "rmvb", "divx", "m2v", "f4v", "insv", "r3d", "braw", "ac3", "ape",
        "mid",
    ]

    private static func nothing(
        in folder: FilePath,
        isRecursive: Bool,
        format: Format?
    ) -> Failure {
        let kinds =
            switch format {
            case nil: "video, sound or picture"
            case .mp4?: "video"
            case .m4a?: "video or sound"
            case .jpeg?, .webp?: "picture"
            }
        return Failure(
            .missing,
            "There is no \(kinds) in \(folder)",
            why: "nothing there is named like one",
            advice: isRecursive
                ? "Name the files themselves, if they are called otherwise."
                : "Folders in it are looked into with --recursive."
        )
    }
}
