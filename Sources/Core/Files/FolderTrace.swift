package import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What is remembered of a private folder, so that it is found again by a process that comes later.
package struct FolderTrace: Codable, Hashable, Sendable {
    /// Its path, whole.
    package var path: String
    /// Nil as long as it is about to be made, and nothing is in it.
    package var identity: FileIdentity?

    /// Of a folder that is about to be made at a path that holds in every folder.
    package init(planned path: FilePath) { self.path = path.string }

    /// `path`: the folder's own, in a form that holds in every folder.
    package init(of folder: borrowing PrivateFolder, at path: FilePath) {
        (self.path, identity) = (path.string, folder.identity)
    }

    /// Opens the very folder.
    ///
    /// Throws: `.noSuchFileOrDirectory` where it was not made yet, and what
    /// `PrivateFolder.init(opening:expecting:)` throws.
    package func open() throws(Errno) -> PrivateFolder {
        guard let identity else { throw Errno.noSuchFileOrDirectory }
        return try PrivateFolder(opening: FilePath(path), expecting: identity)
    }

    /// Removes it with all that is in it, while it is this very folder; one that was only planned, if it
    /// is empty.
    package func remove() {
        guard identity == nil else {
            try? open().remove()
            return
        }
        _ = unsafe rmdir(path)
    }
}
