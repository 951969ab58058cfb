import Core
import Foundation
import Synchronization
import SystemPackage

/// What the runs of this user have on disk: in the private state folder, a record of each work folder and
/// a lock for each destination.
///
/// Where there can be no such folder (a home that is read-only), runs work without: two of them on one
/// destination then meet when they publish, and what a killed one leaves stays where it is.
struct RunRegistry: Sendable {
    /// A run's record: enough to find its work folder again, and to know it.
    struct Entry: Codable, Sendable {
        var folder: String
        /// Nil for a folder that is about to be made.
        var identity: FileIdentity?
        var host: String
        /// A process of an earlier start of the machine, or of another machine, cannot be asked after.
        var boot: String
    }

    private let path: FilePath?
    /// State folders that this process has made, which it removes when they are empty again.
    private static let madeFolders = Locked<Set<FilePath>>([])

    /// The registry of this user.
    init() {
        let environment = ProcessInfo.processInfo.environment
        path = StatePath.folder(environment: environment, home: NSHomeDirectory())?
            .appending("runs")
    }

    init(path: FilePath) { self.path = path }

    /// Whether records can be kept.
    var isUsable: Bool { (try? folder()) != nil }

    private func folder() throws(Errno) -> PrivateFolder {
        guard let path else { throw .noSuchFileOrDirectory }
        var failure = Errno.noSuchFileOrDirectory
        let state = path.removingLastComponent()
        if (try? state.stat()) == nil { Self.madeFolders.withLock { _ = $0.insert(state) } }
        // A run that ends removes the folder if it is empty.
        for _ in 0..<10 where failure == .noSuchFileOrDirectory {
            // What cannot be made cannot be opened.
            try? FileManager.default.createDirectory(
                atPath: path.string,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            do throws(Errno) { return try PrivateFolder(opening: path) } catch { failure = error }
        }
        throw failure
    }

    /// A file of the registry that this process has locked; the system lets go of it when the process dies.
    final class LockedFile: Sendable {
        private let folder: PrivateFolder
        private let name: String
        let descriptor: FileDescriptor
        private let isHeld = Locked(true)

        fileprivate init(_ folder: consuming PrivateFolder, _ name: String, _ file: FileDescriptor)
        {
            self.folder = folder
            self.name = name
            descriptor = file
        }

        deinit { release() }

        /// Removes the file and lets go of it.
        func release() {
            isHeld.withLock { isHeld in
                guard isHeld else { return }
                isHeld = false
                try? folder.remove(name)
                try? descriptor.close()
                // Removed if it is empty.
                _ = unsafe rmdir(folder.path.string)
                let state = folder.path.removingLastComponent()
                if RunRegistry.madeFolders.withLock({ $0.contains(state) }) {
                    _ = unsafe rmdir(state.string)
                }
            }
        }
    }

    // MARK: Destinations

    /// Locks a destination for one run.
    ///
    /// - Returns: nil where locks cannot be kept.
    /// Throws: `Failure` of kind `.output` where another run of this user makes it.
    func lock(_ destination: FilePath, in parent: FileIdentity) throws(Failure) -> LockedFile? {
        let name = destination.lastComponent?.string ?? ""
        let hash = Self.hash("\(parent.device) \(parent.inode) \(name)")
        let file = "\(String(hash, radix: 16)).lock"
        // A finishing run removes the file between opening and locking: then start again.
        for _ in 0..<100 {
            guard let folder = try? folder() else { return nil }
            guard
                let descriptor =
                    (try? folder.makeFile(file)) ?? (try? folder.openFile(file, .readWrite))
            else { continue }
            guard Self.tryLock(descriptor) else {
                try? descriptor.close()
                throw Failure(
                    .output,
                    "Cannot write \(destination.string)",
                    why: "another run of cinch is making this file",
                    advice: "Wait until it has finished, or name another output with -o."
                )
            }
            if let opened = try? descriptor.stat(), let named = try? folder.identity(of: file),
                FileIdentity(opened) == named
            {
                return LockedFile(folder, file, descriptor)
            }
            try? descriptor.close()
        }
        return nil
    }

    private static func tryLock(_ file: FileDescriptor) -> Bool {
        flock(file.rawValue, LOCK_EX | LOCK_NB) == 0
    }

    /// FNV-1a: a name of any length gives one that every file system takes.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    // MARK: Work folders

    /// Records a folder that is about to be made, until the record is released.
    ///
    /// - Returns: nil where records cannot be kept.
    func record(_ folder: FilePath) -> LockedFile? {
        guard let records = try? self.folder() else { return nil }
        let name = UUID().uuidString
        guard let file = try? records.makeFile(name + ".new") else { return nil }
        // Only what is locked and whole gets the name that others look for.
        let isWhole = Self.tryLock(file) && Self.write(Self.entry(folder, nil), to: file)
        guard isWhole,
            (try? records.move(name + ".new", to: records.path.appending(name + ".json"))) != nil
        else {
            try? records.remove(name + ".new")
            try? file.close()
            return nil
        }
        return LockedFile(records, name + ".json", file)
    }

    /// Completes a record: this is the folder that was made.
    static func complete(_ record: LockedFile, _ folder: FilePath, _ identity: FileIdentity) {
        _ = write(entry(folder, identity), to: record.descriptor)
    }

    private static func entry(_ folder: FilePath, _ identity: FileIdentity?) -> Entry {
        Entry(
            folder: folder.string,
            identity: identity,
            host: Machine.hostName,
            boot: Machine.bootIdentifier
        )
    }

    private static func write(_ entry: Entry, to file: FileDescriptor) -> Bool {
        guard let text = try? JSONEncoder().encode(entry),
            (try? file.writeAll(toAbsoluteOffset: 0, text)) != nil
        else { return false }
        return ftruncate(file.rawValue, off_t(text.count)) == 0
    }

    /// Removes the work folders in `parent` whose run was killed on this machine since it was started.
    ///
    /// - Returns: sentences on those whose run may go on elsewhere, which stay.
    func sweep(_ parent: FilePath) -> [String] {
        guard let records = try? folder(), let names = try? records.names() else { return [] }
        var others: [String] = []
        for name in names where name.hasSuffix(".json") {
            guard let file = try? records.openFile(name, .readWrite) else { continue }
            defer { try? file.close() }
            guard Self.tryLock(file) else { continue }
            guard let entry = Self.entry(in: file) else {
                try? records.remove(name)
                continue
            }
            let path = FilePath(entry.folder)
            guard path.removingLastComponent() == parent else { continue }
            if entry.boot == Machine.bootIdentifier {
                Self.remove(path, entry.identity)
                try? records.remove(name)
            } else if (try? path.stat(followTargetSymlink: false)) == nil {
                try? records.remove(name)
            } else {
                others.append(
                    "a run on \(entry.host) left \(entry.folder): if it has ended, remove that folder"
                )
            }
        }
        return others
    }

    private static func entry(in file: FileDescriptor) -> Entry? {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = unsafe try? bytes.withUnsafeMutableBytes {
            unsafe try file.read(fromAbsoluteOffset: 0, into: $0)
        }
        return try? JSONDecoder().decode(Entry.self, from: Data(bytes.prefix(count ?? 0)))
    }

    /// Removes a folder if it is the one that was recorded; of one that was not known yet, only an empty one.
    private static func remove(_ path: FilePath, _ identity: FileIdentity?) {
        guard let folder = try? PrivateFolder(opening: path, expecting: identity) else { return }
        guard identity != nil || (try? folder.names())?.isEmpty == true else { return }
        try? folder.remove()
    }
}
