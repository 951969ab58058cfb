package import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Why a file was not read or written.
package enum FileRefusal: Error, Equatable, Sendable {
    /// It is a folder, a pipe, a device or a socket.
    case kind(FileType)
    /// It has more bytes than such a file may have.
    case tooLarge(mostBytes: Int)
    case system(Errno)

    /// For a person, after "because".
    package var words: String {
        switch self {
        case .kind(.directory): "it is a folder"
        case .kind(.fifo): "it is a pipe"
        case .kind(.socket): "it is a socket"
        case .kind: "it is a device"
        case .tooLarge(let bytes): "it has more than \(ByteSize.grouped(bytes)) bytes"
        // What the system says of a link that was not to be followed means something else to people.
        case .system(.tooManySymbolicLinkLevels): "it is a link"
        case .system(let error): error.description.lowercased()
        }
    }
}

/// An ordinary file that is open: what waits when it is opened or read, such as a pipe, is refused.
package struct RegularFile: ~Copyable, Sendable {
    /// What it is opened for.
    package enum Use: Sendable {
        /// Reading what a person named: links are followed.
        case reading
        /// Reading what this program wrote, which is no link and no other user's.
        case readingOwn
        /// Writing at its end, and reading; made (0600) where it is not there.
        case adding
        /// Holding a lock on it; made (0600) where it is not there.
        case locking
    }

    package let descriptor: FileDescriptor

    /// Opens it without waiting.
    ///
    /// Throws: `.kind` for what is no file, `.system(.tooManySymbolicLinkLevels)` for a link that is not to be
    /// followed, and what the system says.
    package init(_ path: FilePath, for use: Use) throws(FileRefusal) {
        // Looked at before, because devices do things when they are opened.
        if let facts = try? path.stat(followTargetSymlink: use == .reading) {
            try Self.check(facts, use)
        }
        let flags =
            switch use {
            case .reading: O_RDONLY
            case .readingOwn: O_RDONLY | O_NOFOLLOW
            case .adding: O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW
            case .locking: O_RDWR | O_CREAT | O_NOFOLLOW
            }
        let number = unsafe path.withPlatformString {
            unsafe FolderCall.call($0, AT_FDCWD, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        }
        guard number >= 0 else { throw .system(Errno(rawValue: errno)) }
        let opened = FileDescriptor(rawValue: number)
        do throws(FileRefusal) {
            try Self.check(try Self.facts(of: opened), use)
        } catch {
            try? opened.close()
            throw error
        }
        descriptor = opened
    }

    deinit { try? descriptor.close() }

    private static func check(_ facts: Stat, _ use: Use) throws(FileRefusal) {
        if facts.type == .symbolicLink { throw .system(.tooManySymbolicLinkLevels) }
        guard facts.type == .regular else { throw .kind(facts.type) }
        // What another user planted says nothing of what this one wants; the administrator's own files have
        // other owners on disks of the network.
        guard use == .reading || facts.userID.rawValue == geteuid() || geteuid() == 0 else {
            throw .system(.permissionDenied)
        }
    }

    private static func facts(of descriptor: FileDescriptor) throws(FileRefusal) -> Stat {
        do throws(Errno) { return try descriptor.stat() } catch { throw .system(error) }
    }

    // MARK: Reading

    /// Its size in bytes now.
    package var byteCount: Int {
        get throws(FileRefusal) { Int(try Self.facts(of: descriptor).size) }
    }

    /// Its bytes from a place on, at most so many; fewer where it ends.
    package func bytes(from offset: Int = 0, atMost count: Int) throws(FileRefusal) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: max(0, min(count, 64 << 10)))
        while bytes.count < count {
            let read: Int
            do {
                read = try unsafe chunk.withUnsafeMutableBytes {
                    try unsafe descriptor.read(
                        fromAbsoluteOffset: Int64(offset + bytes.count),
                        into: $0
                    )
                }
            } catch { throw .system((error as? Errno) ?? .ioError) }
            if read == 0 { break }
            bytes += chunk[..<min(read, count - bytes.count)]
        }
        return bytes
    }

    /// All bytes of a file that has at most so many.
    ///
    /// Throws: `.tooLarge`, and what opening throws.
    package static func contents(
        of path: FilePath,
        for use: Use = .readingOwn,
        mostBytes: Int
    ) throws(FileRefusal) -> [UInt8] {
        let file = try RegularFile(path, for: use)
        guard try file.byteCount <= mostBytes else { throw .tooLarge(mostBytes: mostBytes) }
        // It may grow while it is read.
        let bytes = try file.bytes(atMost: mostBytes + 1)
        guard bytes.count <= mostBytes else { throw .tooLarge(mostBytes: mostBytes) }
        return bytes
    }

    // MARK: Writing

    /// Replaces a file whole (0600): others see the old bytes or the new ones, also after a loss of power.
    ///
    /// A link in its place is replaced itself. Throws: `.isDirectory` where a folder is, and what the system says.
    package static func replace(_ path: FilePath, with bytes: [UInt8]) throws(Errno) {
        guard let name = path.lastComponent, name.kind == .regular else {
            throw Errno.invalidArgument
        }
        let above = path.removingLastComponent()
        let folder = try FolderCall.openParent(above.isEmpty ? "." : above)
        defer { try? folder.close() }
        let temporary = try FolderCall.component(".cinch-" + FolderCall.randomName())
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = try FolderCall.open(temporary, in: folder, flags)
        do throws(Errno) {
            try fill(file, with: bytes)
            let status = unsafe temporary.withPlatformString { temporary in
                unsafe name.withPlatformString {
                    unsafe renameat(folder.rawValue, temporary, folder.rawValue, $0)
                }
            }
            guard status == 0 else { throw Errno(rawValue: errno) }
        } catch {
            try? FolderCall.unlink(FolderCall.EntryName(temporary), in: folder)
            throw error
        }
    }

    /// Writes all bytes to the disk and closes.
    private static func fill(
        _ file: FileDescriptor,
        with bytes: [UInt8]
    ) throws(Errno) {
        do {
            _ = try file.closeAfter {
                try file.writeAll(bytes)
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch { throw (error as? Errno) ?? .ioError }
    }
}
