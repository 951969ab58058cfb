package import Core
import Foundation
import Synchronization
package import SystemPackage

/// A hidden folder beside the destination: everything that a run writes is in it until the finished
/// file is renamed out of it.
///
/// The folder's name follows from the destination's, and the run that works in it holds a lock. So
/// two runs on one output exclude each other, and what a killed run left is found and swept.
struct Workspace: ~Copyable {
    let folder: FilePath
    private let lock: FileDescriptor
    /// What the work is on: nothing is placed that was made of a file which changed meanwhile.
    private let input: HeldInput?

    /// Folders of this process, for the exit that cannot wait (`abandonAll`).
    private static let live = Locked<Set<FilePath>>([])
    private static let prefix = ".cinch-"

    /// Makes and locks the folder for a destination, and sweeps what killed runs left beside it.
    init(for destination: FilePath, of input: HeldInput? = nil) throws(Failure) {
        let parent = Self.parent(of: destination)
        let kind = InputFile.kind(of: parent)
        guard kind == .typeDirectory else {
            throw Failure(
                .output,
                "Cannot write to \(parent.string)",
                why: kind == nil ? "there is no such folder" : "it is not a folder",
                advice: "Make the folder first, or name another place with -o."
            )
        }
        Self.sweep(parent)
        let folder = Self.folder(for: destination)
        let lock = try Self.acquire(folder, for: destination)
        do throws(Failure) {
            try Self.tryName(of: destination, in: folder)
        } catch {
            try? FileManager.default.removeItem(atPath: folder.string)
            try? lock.close()
            throw error
        }
        Self.live.withLock { _ = $0.insert(folder) }
        self.folder = folder
        self.lock = lock
        self.input = input
    }

    deinit {
        // While the lock is held nobody else takes the folder for a leftover. Where it was abandoned,
        // another run's may stand in its place: that one has a lock of its own.
        let lockPath = folder.appending("lock")
        if Self.isSameFile(lock, lockPath)
            || !FileManager.default.fileExists(atPath: lockPath.string)
        {
            try? FileManager.default.removeItem(atPath: folder.string)
            Self.live.withLock { _ = $0.remove(folder) }
        }
        try? lock.close()
    }

    /// A file in the folder.
    func file(_ name: String) -> FilePath {
        folder.appending(name)
    }

    /// Renames a finished file to the destination, which appears whole or not at all.
    ///
    /// Without `overwrites` a file that appeared there meanwhile is kept, and the result is not published.
    func place(
        _ name: String,
        at destination: FilePath,
        overwrites: Bool
    ) throws(Failure) {
        try input?.check()
        let from = file(name).string
        let to = destination.string
        if overwrites {
            if unsafe rename(from, to) == 0 { return }
        } else {
            // link() fails where the name exists, in one step; rename() would replace.
            if unsafe link(from, to) == 0 {
                _ = unsafe unlink(from)
                return
            }
            if errno == EPERM || errno == ENOTSUP || errno == EOPNOTSUPP {
                // File systems without hard links (exFAT) get the check that leaves a gap of microseconds.
                if !FileManager.default.fileExists(atPath: to), unsafe rename(from, to) == 0 {
                    return
                }
            }
        }
        let code = errno
        if code == EEXIST || FileManager.default.fileExists(atPath: to), !overwrites {
            throw Failure.exists(destination)
        }
        throw Failure(
            .output,
            "Cannot put the result at \(to)",
            why: String(Errno(rawValue: code)),
            advice: "Name another place with -o."
        )
    }

    /// Bytes that are free where the folder is; nil where the system does not say.
    var freeBytes: Int? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.string)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }

    /// Removes the folders of all runs of this process, for an exit that cannot wait for them.
    static func abandonAll() {
        for folder in live.withLock({ $0 }) {
            try? FileManager.default.removeItem(atPath: folder.string)
        }
    }

    /// Removes the folder of a run of this process whose thread will not do it.
    static func abandon(for destination: FilePath) {
        let folder = folder(for: destination)
        guard live.withLock({ $0.remove(folder) }) != nil else { return }
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    /// Removes the folder of a run that was killed; whether there is none any more.
    static func sweepLeftover(of destination: FilePath) -> Bool {
        let folder = folder(for: destination)
        sweepFolder(folder)
        return !FileManager.default.fileExists(atPath: folder.string)
    }

    private static func folder(for destination: FilePath) -> FilePath {
        parent(of: destination)
            .appending(prefix + hash(destination.lastComponent?.string ?? ""))
    }

    /// The folder that a destination is in.
    static func parent(of destination: FilePath) -> FilePath {
        let parent = destination.removingLastComponent()
        return parent.string.isEmpty ? "." : parent
    }

    private static func acquire(
        _ folder: FilePath,
        for destination: FilePath
    ) throws(Failure) -> FileDescriptor {
        let lockPath = folder.appending("lock")
        // A finishing run removes the folder between our mkdir and our lock: then start again.
        for _ in 0..<100 {
            if unsafe mkdir(folder.string, 0o700) != 0, errno != EEXIST {
                throw cannotCreate(destination, errno: errno)
            }
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(
                    lockPath,
                    .readWrite,
                    options: [.create, .closeOnExec],
                    permissions: .ownerReadWrite
                )
            } catch {
                if (error as? Errno) == .noSuchFileOrDirectory { continue }
                throw cannotCreate(destination, errno: (error as? Errno)?.rawValue ?? EIO)
            }
            guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                try? descriptor.close()
                throw Failure(
                    .output,
                    "Cannot write \(destination.string)",
                    why: "another run of cinch is making this file",
                    advice: "Wait until it has finished, or name another output with -o."
                )
            }
            guard isSameFile(descriptor, lockPath) else {
                try? descriptor.close()
                continue
            }
            for leftover in contents(of: folder) where leftover != "lock" {
                try? FileManager.default.removeItem(atPath: folder.appending(leftover).string)
            }
            return descriptor
        }
        throw Failure(
            .output,
            "Cannot write \(destination.string)",
            why: "its working folder keeps disappearing",
            advice: "Name another output with -o."
        )
    }

    /// Makes a file of the destination's name for a moment: a disk that does not take it says so before
    /// any work is done.
    private static func tryName(of destination: FilePath, in folder: FilePath) throws(Failure) {
        guard let name = destination.lastComponent else { return }
        let trial = folder.appending(name)
        do {
            try FileDescriptor.open(
                trial,
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite
            ).close()
        } catch {
            // The working files' own names are taken; what else is wrong shows when it matters.
            guard let error = error as? Errno,
                [.invalidArgument, .illegalByteSequence, .fileNameTooLong].contains(error)
            else { return }
            throw refused(destination, error)
        }
        _ = unsafe unlink(trial.string)
    }

    /// What a disk says that has rules for names, as those of cameras and of Windows have.
    static func refused(_ destination: FilePath, _ error: Errno) -> Failure {
        Failure(
            .output,
            "Cannot write \(destination.string)",
            why: "this disk does not take its name (\(String(error)))",
            advice: "Name it with -o, shorter and without any of : ? * < > | \"."
        )
    }

    /// Removes the folders beside ours whose run was killed: their lock is free.
    private static func sweep(_ parent: FilePath) {
        for name in contents(of: parent) where name.hasPrefix(prefix) {
            sweepFolder(parent.appending(name))
        }
    }

    /// Removes a folder whose lock is free.
    private static func sweepFolder(_ folder: FilePath) {
        let lockPath = folder.appending("lock")
        guard
            let descriptor = try? FileDescriptor.open(
                lockPath,
                .readWrite,
                options: [.closeOnExec]
            )
        else { return }
        if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0, isSameFile(descriptor, lockPath) {
            try? FileManager.default.removeItem(atPath: folder.string)
        }
        try? descriptor.close()
    }

    private static func contents(of folder: FilePath) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    }

    private static func isSameFile(_ descriptor: FileDescriptor, _ path: FilePath) -> Bool {
        var open = stat()
        var named = stat()
        guard unsafe fstat(descriptor.rawValue, &open) == 0, unsafe stat(path.string, &named) == 0
        else { return false }
        return open.st_ino == named.st_ino && open.st_dev == named.st_dev
    }

    private static func cannotCreate(_ destination: FilePath, errno code: Int32) -> Failure {
        let error = Errno(rawValue: code)
        if error == .noSpace {
            return Failure(
                .storage,
                "Cannot write \(destination.string)",
                why: "the disk is full",
                advice: "Free some space, or name another place with -o."
            )
        }
        return Failure(
            .output,
            "Cannot write \(destination.string)",
            why: String(error),
            advice: "Name a folder that you may write to with -o."
        )
    }

    /// FNV-1a of the name in hexadecimal: a name of any length gives one that every file system takes.
    private static func hash(_ name: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}

extension String {
    /// The system's words for an error number.
    fileprivate init(_ error: Errno) {
        self = error.description.lowercased()
    }
}

extension Failure {
    /// The destination is taken.
    package static func exists(_ destination: FilePath) -> Failure {
        Failure(
            .output,
            "\(destination.string) exists already",
            advice: "Add --force to replace it, or name another output with -o."
        )
    }
}
