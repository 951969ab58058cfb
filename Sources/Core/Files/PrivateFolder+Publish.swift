package import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a file was at a moment: which one, how long, and when it changed last.
package struct FileStamp: Hashable, Codable, Sendable {
    package var identity: FileIdentity
    package var bytes: Int
    private var changeSeconds: Int
    private var changeNanoseconds: Int

    /// The stamp of an open file.
    ///
    /// Throws: what fstat(2) says.
    package init(of descriptor: FileDescriptor) throws(Errno) {
        let facts = try descriptor.stat()
        identity = FileIdentity(facts)
        bytes = Int(facts.size)
        changeSeconds = Int(facts.st_ctim.tv_sec)
        changeNanoseconds = Int(facts.st_ctim.tv_nsec)
    }
}

extension PrivateFolder {
    /// A file's path that leads into this very folder, whatever the folder's name leads to meanwhile.
    ///
    /// For libraries that open by name. Only Linux has such paths (proc(5)); elsewhere it is the usual one.
    package func location(of name: String) -> FilePath {
        #if os(Linux)
        FilePath("/proc/self/fd/\(descriptor.rawValue)").appending(name)
        #else
        path.appending(name)
        #endif
    }

    /// Gives an open file of this folder, which has that name in it, its name beside the folder.
    ///
    /// It appears whole or not at all. What is published is the open file itself, whatever its name in the
    /// folder leads to meanwhile.
    /// Throws: `.fileExists` where the name is taken and not to be replaced, `.noSuchFileOrDirectory` where the
    ///   file has no name any more, and what the system says.
    package func publish(
        _ file: FileDescriptor,
        named source: String,
        as name: String,
        replacing: Bool
    ) throws(Errno) {
        let target = try FolderCall.component(name)
        if replacing {
            let spare = FolderCall.randomName()
            do throws(Errno) {
                try link(file, source, to: spare, in: descriptor)
            } catch {
                guard Self.hasNoLinks(error) else { throw error }
                try check(file, isNamed: source)
                return try Self.rename(source, in: descriptor, to: target.string, in: parent)
            }
            do throws(Errno) {
                try Self.rename(spare, in: descriptor, to: target.string, in: parent)
            } catch {
                try? remove(spare)
                throw error
            }
            return
        }
        do throws(Errno) {
            // A link fails where the name is taken, in one step; a rename would replace.
            try link(file, source, to: target.string, in: parent)
        } catch {
            guard Self.hasNoLinks(error) else { throw error }
            // exFAT gets the check that leaves a gap of microseconds.
            try check(file, isNamed: source)
            guard (try? FolderCall.facts(of: target, in: parent)) == nil else { throw .fileExists }
            try Self.rename(source, in: descriptor, to: target.string, in: parent)
        }
    }

    /// Whether an error says that the file system knows no second names.
    private static func hasNoLinks(_ error: Errno) -> Bool {
        error == .notPermitted || error == .notSupported || error == .notSupportedOnSocket
            || error == .noFunction
    }

    private func check(_ file: FileDescriptor, isNamed name: String) throws(Errno) {
        guard FileIdentity(try file.stat()) == (try identity(of: name)) else {
            throw .noSuchFileOrDirectory
        }
    }

    /// Gives an open file a second name: by its descriptor, or where that cannot be by its name in the folder.
    private func link(
        _ file: FileDescriptor,
        _ source: String,
        to name: String,
        in other: FileDescriptor
    ) throws(Errno) {
        #if os(Linux)
        let opened = "/proc/self/fd/\(file.rawValue)"
        if unsafe linkat(AT_FDCWD, opened, other.rawValue, name, AT_SYMLINK_FOLLOW) == 0 { return }
        // Without /proc there is no such path.
        guard errno == ENOENT else { throw Errno(rawValue: errno) }
        #endif
        try check(file, isNamed: source)
        guard unsafe linkat(descriptor.rawValue, source, other.rawValue, name, 0) == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    private static func rename(
        _ name: String,
        in folder: FileDescriptor,
        to other: String,
        in otherFolder: FileDescriptor
    ) throws(Errno) {
        guard unsafe renameat(folder.rawValue, name, otherFolder.rawValue, other) == 0 else {
            throw Errno(rawValue: errno)
        }
    }
}
