package import Core
import Foundation
import Synchronization
package import SystemPackage

/// A hidden folder beside the destination: everything that a run writes is in it, until the finished file
/// is published from it.
///
/// It has a name that cannot be foretold, belongs to this user alone, and is held open: what is done in it
/// is done in this very folder, whatever its name leads to meanwhile. Its maker removes it; a run in a
/// child process opens the same folder (`Location`). A record in the private state folder says that it is
/// there, so that what a killed run left is found and swept by the next one (`RunRegistry`).
final class Workspace: Sendable {
    /// Which folder it is, for another process.
    struct Location: Codable, Sendable, Equatable {
        var path: FilePath
        var identity: FileIdentity
    }

    /// A finished file in the folder, held open from its check to its publication.
    struct Candidate: Codable, Sendable {
        fileprivate var name: String
        fileprivate var stamp: FileStamp
        /// What leads to this very file as long as it is held.
        fileprivate(set) var path: FilePath

        var bytes: Int { stamp.bytes }
    }

    private struct State {
        var held: [String: FileDescriptor] = [:]
        var submitted: Candidate?
        var isRemoved = false
    }

    private let folder: PrivateFolder
    private let record: RunRegistry.LockedFile?
    private let isMaker: Bool
    /// The mode that a new file has where the folder is.
    private let usualMode: FilePermissions
    private let state = Locked(State())
    /// Sentences on folders of runs that may go on elsewhere.
    let leftovers: [String]

    /// Folders of this process, for the exit that cannot wait (`abandonAll`).
    private static let live = Locked<[ObjectIdentifier: Workspace]>([:])
    private static let prefix = ".cinch-"

    /// Makes the folder for a destination, and sweeps what killed runs of this user left beside it.
    ///
    /// The maker calls `remove`. Throws: `Failure` of kind `.output` or `.storage`.
    init(
        beside destination: FilePath,
        registry: RunRegistry = RunRegistry()
    ) throws(Failure) {
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
        let place = Self.resolved(parent)
        leftovers = registry.sweep(place)
        let path = PrivateFolder.uniquePath(in: place, prefix: Self.prefix)
        let record = registry.record(path)
        do throws(Errno) {
            folder = try PrivateFolder.make(path)
        } catch {
            record?.release()
            throw Self.cannotCreate(destination, error)
        }
        self.record = record
        if let record { RunRegistry.complete(record, folder.path, folder.identity) }
        do throws(Failure) {
            usualMode = try Self.usualMode(in: folder, for: destination)
        } catch {
            try? folder.remove()
            record?.release()
            throw error
        }
        isMaker = true
        Self.live.withLock { $0[ObjectIdentifier(self)] = self }
    }

    /// Opens the folder that another process has made and will remove.
    ///
    /// Throws: `Failure` of kind `.storage` where it is not there any more, or another is in its place.
    init(opening location: Location) throws(Failure) {
        do throws(Errno) {
            folder = try PrivateFolder(opening: location.path, expecting: location.identity)
        } catch {
            throw Failure(
                .storage,
                "Cannot work in \(location.path.string)",
                why: error.words,
                advice: "Check the disk; nothing was left behind."
            )
        }
        (record, isMaker, usualMode, leftovers) = (nil, false, .ownerReadWrite, [])
    }

    var location: Location { Location(path: folder.path, identity: folder.identity) }

    /// What the sandbox lets a run write in.
    var descriptor: FileDescriptor { folder.descriptor }

    /// A file in the folder, there or not.
    func file(_ name: String) -> FilePath { folder.location(of: name) }

    /// Opens a file in the folder to read; the caller closes it.
    func open(_ name: String) throws(Errno) -> FileDescriptor { try folder.openFile(name) }

    /// The name of a file by its usual path; nil for a file elsewhere.
    func name(of path: FilePath) -> String? {
        path.removingLastComponent() == folder.path ? path.lastComponent?.string : nil
    }

    /// The usual path of a file in the folder, for another process.
    func usualPath(_ name: String) -> FilePath { folder.path.appending(name) }

    /// Bytes that are free where the folder is; nil where the system does not say.
    var freeBytes: Int? {
        var facts = statvfs()
        guard unsafe fstatvfs(folder.descriptor.rawValue, &facts) == 0 else { return nil }
        return Int(clamping: UInt64(facts.f_bavail).multipliedFully(by: facts.f_frsize))
    }

    /// Removes the folder and what is in it; only its maker does.
    func remove() {
        guard isMaker else { return }
        let held = state.withLock { state -> [FileDescriptor]? in
            guard !state.isRemoved else { return nil }
            state.isRemoved = true
            defer { state.held = [:] }
            return Array(state.held.values)
        }
        guard let held else { return }
        for file in held { try? file.close() }
        try? folder.remove()
        record?.release()
        Self.live.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(self)) }
    }

    /// Removes what is in the folder, where its maker is gone.
    func empty() { try? folder.removeAll() }

    /// Removes the folders of all runs of this process, for an exit that cannot wait for them.
    static func abandonAll() {
        for workspace in live.withLock({ Array($0.values) }) { workspace.remove() }
    }

    /// The folder that a destination is in.
    static func parent(of destination: FilePath) -> FilePath {
        let parent = destination.removingLastComponent()
        return parent.string.isEmpty ? "." : parent
    }

    private static func resolved(_ folder: FilePath) -> FilePath {
        guard let path = unsafe realpath(folder.string, nil) else { return folder }
        defer { unsafe free(path) }
        return unsafe FilePath(platformString: path)
    }
}

// MARK: - The result

extension Workspace {
    /// Opens a finished file to be checked by its `path`, and keeps it open.
    ///
    /// Throws: `Failure` of kind `.storage`.
    func candidate(_ name: String) throws(Failure) -> Candidate {
        do throws(Errno) {
            let file = try folder.openFile(name)
            let stamp: FileStamp
            do throws(Errno) {
                stamp = try FileStamp(of: file)
            } catch {
                try? file.close()
                throw error
            }
            let replaced = state.withLock { state in state.held.updateValue(file, forKey: name) }
            try? replaced?.close()
            #if os(Linux)
            let path = FilePath("/proc/self/fd/\(file.rawValue)")
            #else
            let path = file(name)
            #endif
            return Candidate(name: name, stamp: stamp, path: path)
        } catch {
            throw Failure(
                .storage,
                "Cannot check the result",
                why: error.words,
                advice: "Check the disk; nothing was left behind."
            )
        }
    }

    /// Says that a candidate was checked and is the result.
    ///
    /// Throws: `Failure` of kind `.defect` where it was written to meanwhile.
    func submit(_ candidate: Candidate) throws(Failure) {
        let held = state.withLock { $0.held[candidate.name] }
        guard let held, (try? FileStamp(of: held)) == candidate.stamp else {
            throw Failure.failedCheck("it changed while it was checked")
        }
        state.withLock { $0.submitted = candidate }
    }

    /// What a run has submitted.
    var submitted: Candidate? { state.withLock(\.submitted) }

    /// Reads the very file that was checked, in this process or in another one; for as long as the folder is held.
    ///
    /// Throws: `Failure` of kind `.output` where it is not that file any more.
    func checkedFile(_ candidate: Candidate) throws(Failure) -> FileDescriptor {
        let held = state.withLock { $0.held[candidate.name] }
        let opened = held ?? (try? folder.openFile(candidate.name))
        if held == nil, let opened {
            state.withLock { $0.held[candidate.name] = opened }
        }
        guard let opened, (try? FileStamp(of: opened)) == candidate.stamp else {
            throw Failure(
                .output,
                "Cannot publish the result",
                why: "it was changed after it was checked",
                advice: "See which other program works in \(folder.path.string), and run it again."
            )
        }
        return opened
    }

    /// Gives the checked file its name beside the folder, where it appears whole or not at all.
    ///
    /// Without `overwrites` a file that appeared there meanwhile is kept, and the result is not published.
    /// Throws: `Failure` of kind `.output`.
    func publish(
        _ candidate: Candidate,
        at destination: FilePath,
        overwrites: Bool
    ) throws(Failure) {
        let file = try checkedFile(candidate)
        // Until now it was for this user alone.
        _ = fchmod(file.rawValue, mode_t(usualMode.rawValue))
        do throws(Errno) {
            try folder.publish(
                file,
                named: candidate.name,
                as: destination.lastComponent?.string ?? "",
                replacing: overwrites
            )
        } catch {
            if error == .fileExists, !overwrites { throw Failure.exists(destination) }
            throw Failure(
                .output,
                "Cannot put the result at \(destination.string)",
                why: error.words,
                advice: "Name another place with -o."
            )
        }
    }
}

// MARK: - Refusals

extension Workspace {
    /// The mode that files get there, found by making one of the destination's name for a moment.
    ///
    /// Throws: `Failure` of kind `.output` where the disk does not take that name.
    private static func usualMode(
        in folder: borrowing PrivateFolder,
        for destination: FilePath
    ) throws(Failure) -> FilePermissions {
        let name = destination.lastComponent?.string ?? "result"
        do {
            let file = try FileDescriptor.open(
                folder.location(of: name),
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: [
                    .ownerReadWrite, .groupReadWrite, .otherReadWrite,
                ]
            )
            defer {
                try? file.close()
                try? folder.remove(name)
            }
            return try file.stat().permissions
        } catch {
            // What else is wrong shows when it matters.
            guard let error = error as? Errno,
                [.invalidArgument, .illegalByteSequence, .fileNameTooLong].contains(error)
            else { return [.ownerReadWrite, .groupRead, .otherRead] }
            throw refused(destination, error)
        }
    }

    /// What a disk says that has rules for names, as those of cameras and of Windows have.
    static func refused(_ destination: FilePath, _ error: Errno) -> Failure {
        Failure(
            .output,
            "Cannot write \(destination.string)",
            why: "this disk does not take its name (\(error.words))",
            advice: "Name it with -o, shorter and without any of : ? * < > | \"."
        )
    }

    private static func cannotCreate(_ destination: FilePath, _ error: Errno) -> Failure {
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
            why: error.words,
            advice: "Name a folder that you may write to with -o."
        )
    }
}

extension Errno {
    /// The system's words for an error number.
    var words: String { description.lowercased() }
}

extension UInt64 {
    /// The product, as large as it can be told.
    fileprivate func multipliedFully(by other: some BinaryInteger) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: UInt64(clamping: other))
        return overflow ? .max : product
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
