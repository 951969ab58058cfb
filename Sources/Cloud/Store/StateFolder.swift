import Core
import Foundation
package import SystemPackage

/// Where the client keeps what must outlive a run: client id, token, consent, sessions, jobs.
///
/// Folders are 0700 and files 0600, replaced whole by a rename and read only if they are plain
/// files of a sensible size: a link (but for the client id), a pipe or a megabyte in their place
/// counts as nothing there.
/// The token is such a file on macOS too; what the keychain would add is not provable here.
package struct StateFolder: Sendable {
    /// Everything but the client id.
    package let path: FilePath
    /// Shared with the vendor's other tools, so it holds the client id alone (§2.2).
    package let sharedPath: FilePath

    /// A file in one of the folders, there or not.
    package struct File: Sendable {
        // Text, because files are looked at before every request and paths are slow to take apart.
        fileprivate let folder: String
        fileprivate let name: String
        /// Nil where the folder is one of the two, which may be links.
        fileprivate let root: String?
        /// Whether a link to a file is as good as the file.
        fileprivate var mayBeLink = false

        fileprivate var text: String { "\(folder)/\(name)" }
        package var path: FilePath { FilePath(text) }
    }

    /// The folders that an environment asks for.
    ///
    /// `CINCH_STATE_DIR` takes everything, the client id too; else `XDG_STATE_HOME` and
    /// `XDG_CONFIG_HOME` are honoured where they are absolute.
    package init(environment: [String: String], home: String = NSHomeDirectory()) {
        func absolute(_ name: String) -> FilePath? {
            guard let value = environment[name], value.hasPrefix("/") else { return nil }
            return FilePath(value)
        }
        let home = FilePath(absolute("HOME")?.string ?? home)
        if let own = absolute("CINCH_STATE_DIR") {
            path = own
            sharedPath = own.appending("nemovideo")
            return
        }
        #if os(macOS)
        path =
            absolute("XDG_STATE_HOME")?.appending("cinch")
            ?? home.appending("Library/Application Support/cinch")
        #else
        path = (absolute("XDG_STATE_HOME") ?? home.appending(".local/state")).appending("cinch")
        #endif
        sharedPath = (absolute("XDG_CONFIG_HOME") ?? home.appending(".config"))
            .appending("nemovideo")
    }

    /// A file by its name, in the folder itself or in one below it.
    package func file(_ name: String, in place: String? = nil) -> File {
        guard let place else { return File(folder: path.string, name: name, root: nil) }
        return File(folder: "\(path.string)/\(place)", name: name, root: path.string)
    }

    /// The client id's place.
    ///
    /// It may be a link, as people who keep their settings elsewhere make them: a new id in its
    /// stead would cost one of the few tokens of this address (§2.3).
    package var clientIDFile: File {
        File(folder: sharedPath.string, name: "client_id", root: nil, mayBeLink: true)
    }

    /// The bytes of a plain file of at most `limit` bytes; nil for anything else.
    package func read(_ file: File, limit: Int = 1 << 20) -> [UInt8]? {
        guard Self.isThere(file) else { return nil }
        return try? RegularFile.contents(
            of: file.path,
            for: file.mayBeLink ? .reading : .readingOwn,
            mostBytes: limit
        )
    }

    /// Replaces a file whole: other processes see the old bytes or the new ones.
    package func write(_ bytes: [UInt8], to file: File) throws(CloudError) {
        try makeFolder(of: file)
        do throws(Errno) {
            do throws(Errno) {
                try RegularFile.replace(file.path, with: bytes)
            } catch {
                // A folder in its place goes if it is empty; with anything in it, it is not ours.
                guard error == .isDirectory, unsafe rmdir(file.text) == 0 else { throw error }
                try RegularFile.replace(file.path, with: bytes)
            }
        } catch {
            throw CloudError(
                .storage,
                .remembering,
                detail: error.description.lowercased()
            )
        }
    }

    /// Removes a file; one that is not there is removed already.
    package func remove(_ file: File) {
        if Self.isThere(file) { _ = unsafe unlink(file.text) }
    }

    /// Names of the files in a folder of ours, sorted, hidden ones left out.
    package func names(in place: String) -> [String] {
        let folder = file("", in: place)
        guard Self.isThere(folder) else { return [] }
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.folder)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// A file name for an id from outside: the id itself where it is harmless, else a hash of it.
    package static func fileName(for id: String) -> String {
        let isPlain =
            (1...80).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        if isPlain { return id }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "id-" + String(hash, radix: 16)
    }

    /// Makes the folder of a file for us alone, and the folders above it.
    func makeFolder(of file: File) throws(CloudError) {
        if Self.isThere(file) { return }
        if let root = file.root {
            try makeFolder(of: File(folder: root, name: "", root: nil))
        } else {
            try? FileManager.default.createDirectory(
                atPath: FilePath(file.folder).removingLastComponent().string,
                withIntermediateDirectories: true
            )
        }
        // Another process may be as quick.
        if unsafe mkdir(file.folder, 0o700) == 0 || Self.isThere(file) { return }
        let words = Errno(rawValue: errno).description.lowercased()
        throw CloudError(.storage, .remembering, detail: "\(file.folder): \(words)")
    }

    /// Whether a file's folder is a real one: a link below our folders would lead out of them.
    ///
    /// The two folders themselves may be links, as people who keep their settings elsewhere make them.
    private static func isThere(_ file: File) -> Bool {
        var info = stat()
        let found =
            file.root == nil ? unsafe stat(file.folder, &info) : unsafe lstat(file.folder, &info)
        return found == 0 && (info.st_mode & S_IFMT) == S_IFDIR
    }
}
