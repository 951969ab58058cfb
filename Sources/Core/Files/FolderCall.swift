import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// System calls on names in a folder that is open; none follows a link but `openParent`.
enum FolderCall {
    /// A name as the disk has it, text or not, with the zero at its end.
    struct EntryName {
        var characters: [CChar]

        init(_ component: FilePath.Component) {
            characters = component.string.utf8.map { CChar(bitPattern: $0) } + [0]
        }

        init(characters: [CChar]) { self.characters = characters }

        var bytes: some Collection<UInt8> {
            characters.lazy.dropLast().map { UInt8(bitPattern: $0) }
        }
    }

    /// Opens a folder whose names this user may know without being allowed to list them: O_PATH, which the C
    /// library shows to C alone.
    static var lookingUpOnly: Int32 {
        #if os(Linux)
        0o10_000_000
        #else
        O_RDONLY
        #endif
    }

    /// A folder to look names up in: its owner may be another, and it may be reached by a link.
    static func openParent(_ path: FilePath) throws(Errno) -> FileDescriptor {
        let flags = lookingUpOnly | O_DIRECTORY | O_CLOEXEC
        let number = unsafe path.withPlatformString { unsafe Self.call($0, AT_FDCWD, flags) }
        guard number >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: number)
    }

    /// The folder itself once more, as the parent of one in it.
    static func holder(of folder: FileDescriptor) throws(Errno) -> FileDescriptor {
        let number = unsafe call(".", folder.rawValue, lookingUpOnly | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: number)
    }

    static func openFolder(
        _ name: FilePath.Component,
        in parent: FileDescriptor
    ) throws(Errno) -> FileDescriptor {
        try open(name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }

    static func open(
        _ name: FilePath.Component,
        in folder: FileDescriptor,
        _ flags: Int32
    ) throws(Errno) -> FileDescriptor {
        let number = unsafe name.withPlatformString {
            unsafe Self.call($0, folder.rawValue, flags)
        }
        guard number >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: number)
    }

    /// Opens a name, once more where a signal came between.
    static func call(
        _ name: UnsafePointer<CChar>,
        _ folder: Int32,
        _ flags: Int32
    ) -> Int32 {
        while true {
            let number = unsafe openat(folder, name, flags, 0o600)
            if number >= 0 || errno != EINTR { return number }
        }
    }

    static func facts(
        of name: FilePath.Component,
        in folder: FileDescriptor
    ) throws(Errno) -> Stat {
        try FilePath(root: nil, [name]).stat(relativeTo: folder, flags: .symlinkNoFollow)
    }

    /// A name that stays in the folder.
    static func component(_ name: String) throws(Errno) -> FilePath.Component {
        guard !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }),
            let component = FilePath.Component(name), component.kind == .regular
        else { throw Errno.invalidArgument }
        return component
    }

    /// Sixteen letters and digits that cannot be foretold.
    static func randomName() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func unlink(_ name: EntryName, in folder: FileDescriptor) throws(Errno) {
        guard unsafe unlinkat(folder.rawValue, name.characters, 0) == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    static func names(in folder: FileDescriptor) throws(Errno) -> [EntryName] {
        // A descriptor of its own, because reading moves its place.
        let number = unsafe call(".", folder.rawValue, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        guard let stream = unsafe fdopendir(number) else {
            let failure = Errno(rawValue: errno)
            _ = close(number)
            throw failure
        }
        defer { unsafe closedir(stream) }
        var names: [EntryName] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) ?? 0
            let start = unsafe UnsafeRawPointer(entry).advanced(by: offset)
                .assumingMemoryBound(to: CChar.self)
            let length = unsafe strlen(start)
            let characters = unsafe Array(UnsafeBufferPointer(start: start, count: length + 1))
            let dot = CChar(bitPattern: UInt8(ascii: "."))
            if characters != [dot, 0], characters != [dot, dot, 0] {
                names.append(EntryName(characters: characters))
            }
        }
        guard errno == 0 else { throw Errno(rawValue: errno) }
        return names
    }
}
