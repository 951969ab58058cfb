import Foundation
package import SystemPackage

/// Where the client keeps what must outlive a run: client id, token, consent, sessions, jobs.
///
/// Folders are 0700 and files 0600, replaced whole by a rename and read only if they are plain
/// files of a sensible size: a link, a pipe or a megabyte in their place counts as nothing there.
/// The token is such a file on macOS too; what the keychain would add is not provable here.
package struct StateFolder: Sendable {
    /// Everything but the client id.
    package let path: FilePath
    /// Shared with the vendor's other tools, so it holds the client id alone (§2.2).
    package let sharedPath: FilePath

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

    /// A file's place by its name, which may have one folder in it, as in `jobs/render_1`.
    package func file(_ name: String) -> FilePath { path.appending(name) }

    /// The client id's place.
    package var clientIDFile: FilePath { sharedPath.appending("client_id") }

    /// The bytes of a plain file of at most `limit` bytes; nil for anything else.
    package func read(_ file: FilePath, limit: Int = 1 << 20) -> [UInt8]? {
        guard isOurs(file.removingLastComponent()),
            let descriptor = try? FileDescriptor.open(
                file,
                .readOnly,
                options: [.noFollow, .nonBlocking, .closeOnExec]
            )
        else { return nil }
        defer { try? descriptor.close() }
        guard Self.isPlainFile(descriptor.rawValue) else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count =
                unsafe (try? chunk.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) })
            guard let count else { return nil }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { return nil }
        }
    }

    /// Replaces a file whole: other processes see the old bytes or the new ones.
    package func write(_ bytes: [UInt8], to file: FilePath) throws(CloudError) {
        let folder = file.removingLastComponent()
        try makeFolder(folder)
        let temporary = folder.appending(".\(UUID().uuidString)")
        do {
            let descriptor = try FileDescriptor.open(
                temporary,
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
            try descriptor.closeAfter {
                try descriptor.writeAll(bytes)
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard unsafe rename(temporary.string, file.string) == 0 else {
                throw Errno(rawValue: errno)
            }
        } catch {
            _ = unsafe unlink(temporary.string)
            throw CloudError(
                .storage,
                .remembering,
                detail: (error as? Errno)?.description.lowercased() ?? "writing failed"
            )
        }
    }

    /// Removes a file; one that is not there is removed already.
    package func remove(_ file: FilePath) {
        guard isOurs(file.removingLastComponent()) else { return }
        _ = unsafe unlink(file.string)
    }

    /// Names of the files in a folder of ours, sorted, hidden ones left out.
    package func names(in folder: String) -> [String] {
        let folder = path.appending(folder)
        guard isOurs(folder) else { return [] }
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.string)
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

    /// Makes a folder for us alone, with the folders above it.
    func makeFolder(_ folder: FilePath) throws(CloudError) {
        if isOurs(folder) { return }
        let parent = folder.removingLastComponent()
        if folder != path, folder != sharedPath, folder.starts(with: path) {
            try makeFolder(parent)
        } else {
            try? FileManager.default.createDirectory(
                atPath: parent.string,
                withIntermediateDirectories: true
            )
        }
        if unsafe mkdir(folder.string, 0o700) != 0, errno != EEXIST || !isOurs(folder) {
            let code = isOurs(folder) ? 0 : errno
            throw CloudError(
                .storage,
                .remembering,
                detail: "\(folder.string): \(Errno(rawValue: code).description.lowercased())"
            )
        }
    }

    /// Whether a folder is a real one: a link below our folders would lead out of them.
    ///
    /// The two folders themselves may be links, as people who keep their settings elsewhere make them.
    private func isOurs(_ folder: FilePath) -> Bool {
        var info = stat()
        let isRoot = folder == path || folder == sharedPath
        let found =
            isRoot ? unsafe stat(folder.string, &info) : unsafe lstat(folder.string, &info)
        return found == 0 && (info.st_mode & S_IFMT) == S_IFDIR
    }

    private static func isPlainFile(_ descriptor: Int32) -> Bool {
        var info = stat()
        return unsafe fstat(descriptor, &info) == 0 && (info.st_mode & S_IFMT) == S_IFREG
    }
}
