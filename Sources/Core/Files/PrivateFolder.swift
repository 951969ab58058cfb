package import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A folder that this user alone can write into, held by descriptor.
///
/// What is done in it is done in this very folder, whatever its name leads to meanwhile. No link is
/// followed, neither to the folder nor in it, and nothing that exists is taken for what was to be made.
package struct PrivateFolder: ~Copyable, Sendable {
    package let path: FilePath
    package let descriptor: FileDescriptor
    package let identity: FileIdentity
    let parent: FileDescriptor
    private let name: FilePath.Component

    /// More folders than this in each other are none of ours.
    private static let mostLevels = 64

    /// Makes a folder (0700) with a name that cannot be foretold.
    ///
    /// Throws: `.permissionDenied` where another folder came into its place, and what the system says.
    package static func makeUnique(
        in parent: FilePath,
        prefix: String
    ) throws(Errno) -> PrivateFolder {
        try make(uniquePath(in: parent, prefix: prefix))
    }

    /// A place for a folder that is to be noted down before it is made: its name cannot be foretold.
    package static func uniquePath(in parent: FilePath, prefix: String) -> FilePath {
        (parent.isEmpty ? "." : parent).appending(prefix + FolderCall.randomName())
    }

    /// Makes a folder (0700) at a place where nothing is.
    ///
    /// Throws: `.fileExists`, `.permissionDenied` where another folder came into its place, and what the
    /// system says.
    package static func make(_ path: FilePath) throws(Errno) -> PrivateFolder {
        guard let name = path.lastComponent, name.kind == .regular else {
            throw Errno.invalidArgument
        }
        let above = path.removingLastComponent()
        let holder = try FolderCall.openParent(above.isEmpty ? "." : above)
        let folder = try make(name, in: holder, at: path)
        // Another folder of this user's may be moved here; only an empty one can be the one just made.
        guard try folder.names().isEmpty else { throw Errno.permissionDenied }
        return folder
    }

    /// Opens a folder that is there.
    ///
    /// Throws: `.permissionDenied` where it is another user's or others may write into it,
    /// `.noSuchFileOrDirectory` where it is not the expected one, `.notDirectory` or
    /// `.tooManySymbolicLinkLevels` where it is none, and what the system says.
    package init(opening path: FilePath, expecting: FileIdentity? = nil) throws(Errno) {
        guard let name = path.lastComponent, name.kind == .regular else {
            throw Errno.invalidArgument
        }
        let above = path.removingLastComponent()
        let parent = try FolderCall.openParent(above.isEmpty ? "." : above)
        self = try Self.open(name, in: parent, at: path, expecting: expecting)
    }

    private init(
        _ path: FilePath,
        _ name: FilePath.Component,
        parent: FileDescriptor,
        descriptor: FileDescriptor,
        facts: Stat
    ) {
        (self.path, self.name, self.parent) = (path, name, parent)
        (self.descriptor, identity) = (descriptor, FileIdentity(facts))
    }

    deinit {
        try? descriptor.close()
        try? parent.close()
    }

    /// Makes a folder in it (0700), which must not be there.
    package func makeFolder(_ name: String) throws(Errno) -> PrivateFolder {
        let name = try FolderCall.component(name)
        let holder = try FolderCall.holder(of: descriptor)
        return try Self.make(name, in: holder, at: path.appending(name))
    }

    /// Makes a file in it (0600) for reading and writing, which must not be there; the caller closes it.
    package func makeFile(_ name: String) throws(Errno) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return try FolderCall.open(try FolderCall.component(name), in: descriptor, flags)
    }

    /// Opens a regular file in it without waiting; the caller closes it.
    ///
    /// Throws: `.notSupported` for what is no regular file, `.tooManySymbolicLinkLevels` for a link.
    package func openFile(
        _ name: String,
        _ mode: FileDescriptor.AccessMode = .readOnly
    ) throws(Errno) -> FileDescriptor {
        let flags = mode.rawValue | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let component = try FolderCall.component(name)
        // Devices do things when they are opened.
        guard try FolderCall.facts(of: component, in: descriptor).type != .characterSpecial else {
            throw Errno.notSupported
        }
        let file = try FolderCall.open(component, in: descriptor, flags)
        do throws(Errno) {
            guard try file.stat().type == .regular else { throw Errno.notSupported }
            return file
        } catch {
            try? file.close()
            throw error
        }
    }

    /// The identity of what has a name in it, a link itself and not what it leads to.
    package func identity(of name: String) throws(Errno) -> FileIdentity {
        FileIdentity(try FolderCall.facts(of: try FolderCall.component(name), in: descriptor))
    }

    /// The names of what is in it, sorted; one that is no text reads as a similar one.
    package func names() throws(Errno) -> [String] {
        try FolderCall.names(in: descriptor).map { String(decoding: $0.bytes, as: UTF8.self) }
            .sorted()
    }

    /// Gives a file in it a second name elsewhere, which must not be there.
    package func link(_ name: String, to destination: FilePath) throws(Errno) {
        let name = try FolderCall.component(name)
        let status = unsafe name.withPlatformString { name in
            unsafe destination.withPlatformString {
                unsafe linkat(descriptor.rawValue, name, AT_FDCWD, $0, 0)
            }
        }
        guard status == 0 else { throw Errno(rawValue: errno) }
    }

    /// Moves a file in it to another place of the same disk, over what is there; a link there is replaced.
    package func move(_ name: String, to destination: FilePath) throws(Errno) {
        let name = try FolderCall.component(name)
        let status = unsafe name.withPlatformString { name in
            unsafe destination.withPlatformString {
                unsafe renameat(descriptor.rawValue, name, AT_FDCWD, $0)
            }
        }
        guard status == 0 else { throw Errno(rawValue: errno) }
    }

    /// Removes a file or a link in it; `.noSuchFileOrDirectory` where there is none.
    package func remove(_ name: String) throws(Errno) {
        try FolderCall.unlink(FolderCall.EntryName(try FolderCall.component(name)), in: descriptor)
    }

    /// Removes all that is in it, links themselves and never what they lead to, nothing of another disk.
    ///
    /// Throws: the first of what went wrong, after all else was removed.
    package func removeAll() throws(Errno) {
        try Self.empty(descriptor, device: identity.device, levels: Self.mostLevels)
    }

    /// Takes it for this process until it is closed; false where another process has it.
    package func lock() -> Bool { flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 }

    /// Whether its name leads to it still.
    package var isInPlace: Bool {
        guard let named = try? FolderCall.facts(of: name, in: parent) else { return false }
        return FileIdentity(named) == identity
    }

    /// Removes the folder and all that is in it, while its name leads to this very folder.
    ///
    /// Throws: `.noSuchFileOrDirectory` where another has its name or none; then its files are gone all the same.
    package func remove() throws(Errno) {
        var failure = Errno.directoryNotEmpty
        // What still runs may write while it is emptied.
        for _ in 0..<20 {
            try removeAll()
            guard FileIdentity(try FolderCall.facts(of: name, in: parent)) == identity else {
                throw Errno.noSuchFileOrDirectory
            }
            let status = unsafe name.withPlatformString {
                unsafe unlinkat(parent.rawValue, $0, AT_REMOVEDIR)
            }
            if status == 0 { return }
            failure = Errno(rawValue: errno)
            guard [.directoryNotEmpty, .fileExists].contains(failure) else { break }
            usleep(1000)
        }
        throw failure
    }
}

// MARK: Making and opening

extension PrivateFolder {
    /// Makes a folder in one that is open, which goes over to it or is closed.
    private static func make(
        _ name: FilePath.Component,
        in parent: FileDescriptor,
        at path: FilePath
    ) throws(Errno) -> PrivateFolder {
        let status = unsafe name.withPlatformString {
            unsafe mkdirat(parent.rawValue, $0, 0o700)
        }
        guard status == 0 else {
            let failure = Errno(rawValue: errno)
            try? parent.close()
            throw failure
        }
        return try open(name, in: parent, at: path, expecting: nil)
    }

    /// Opens a folder in one that is open, which goes over to it or is closed.
    private static func open(
        _ name: FilePath.Component,
        in parent: FileDescriptor,
        at path: FilePath,
        expecting: FileIdentity?
    ) throws(Errno) -> PrivateFolder {
        var opened: FileDescriptor?
        do throws(Errno) {
            let descriptor = try FolderCall.openFolder(name, in: parent)
            opened = descriptor
            let facts = try descriptor.stat()
            if let expecting, expecting != FileIdentity(facts) {
                throw Errno.noSuchFileOrDirectory
            }
            guard try isPrivate(descriptor, facts) else { throw Errno.permissionDenied }
            return PrivateFolder(path, name, parent: parent, descriptor: descriptor, facts: facts)
        } catch {
            try? opened?.close()
            try? parent.close()
            throw error
        }
    }

    /// Whether a folder is this user's, and others cannot write into it.
    ///
    /// Disks of cameras and of Windows keep neither owners nor modes: a folder there is as private as a file
    /// that is made in it.
    private static func isPrivate(_ folder: FileDescriptor, _ facts: Stat) throws(Errno) -> Bool {
        let isOwn = facts.userID.rawValue == geteuid()
        let isClosed = isClosed(facts)
        if isOwn, isClosed { return true }
        let name = try FolderCall.component(".cinch-" + FolderCall.randomName())
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        guard let file = try? FolderCall.open(name, in: folder, flags) else { return false }
        defer {
            try? file.close()
            try? FolderCall.unlink(FolderCall.EntryName(name), in: folder)
        }
        let own = try file.stat()
        return own.userID == facts.userID && (isClosed || !Self.isClosed(own))
    }

    private static func isClosed(_ facts: Stat) -> Bool {
        facts.permissions.isDisjoint(with: [.groupWrite, .otherWrite])
    }
}

// MARK: Removing

extension PrivateFolder {
    private static func empty(
        _ folder: FileDescriptor,
        device: UInt64,
        levels: Int
    ) throws(Errno) {
        var failure: Errno?
        for name in try FolderCall.names(in: folder) {
            do throws(Errno) {
                try removeTree(name, in: folder, device: device, levels: levels)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private static func removeTree(
        _ name: FolderCall.EntryName,
        in folder: FileDescriptor,
        device: UInt64,
        levels: Int
    ) throws(Errno) {
        do throws(Errno) {
            return try FolderCall.unlink(name, in: folder)
        } catch {
            if error == .noSuchFileOrDirectory { return }
            // What the systems say of a folder.
            guard error == .isDirectory || error == .notPermitted else { throw error }
        }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let number = unsafe FolderCall.call(name.characters, folder.rawValue, flags)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        let inner = FileDescriptor(rawValue: number)
        defer { try? inner.close() }
        guard levels > 0 else { throw Errno.fileNameTooLong }
        guard FileIdentity(try inner.stat()).device == device else {
            throw Errno.improperLink
        }
        try empty(inner, device: device, levels: levels - 1)
        guard unsafe unlinkat(folder.rawValue, name.characters, AT_REMOVEDIR) == 0 else {
            throw Errno(rawValue: errno)
        }
    }
}
