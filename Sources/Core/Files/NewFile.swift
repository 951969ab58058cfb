package import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension FileDescriptor {
    /// Makes a file of one's own (0600) for reading and writing, in the place of what has that name.
    ///
    /// What is there is removed and never written to, and a link is not followed.
    /// Throws: `Errno`, as open(2) gives it.
    package static func openNew(_ path: FilePath) throws -> FileDescriptor {
        _ = unsafe path.withPlatformString { unsafe unlink($0) }
        return try open(
            path,
            .readWrite,
            options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: .ownerReadWrite
        )
    }
}

extension FilePath {
    /// Makes a file of one's own with these bytes (`FileDescriptor.openNew`).
    package func writeNew(_ bytes: some Sequence<UInt8>) throws {
        let file = try FileDescriptor.openNew(self)
        _ = try file.closeAfter { try file.writeAll(bytes) }
    }
}
