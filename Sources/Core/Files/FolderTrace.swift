package import SystemPackage

/// What is remembered of a private folder, so that it is found again by a process that comes later.
package struct FolderTrace: Codable, Hashable, Sendable {
    /// Its path, whole.
    package var path: String
    package var identity: FileIdentity

    /// `path`: the folder's own, in a form that holds in every folder.
    package init(of folder: borrowing PrivateFolder, at path: FilePath) {
        (self.path, identity) = (path.string, folder.identity)
    }

    /// Opens the very folder.
    ///
    /// Throws: what `PrivateFolder.init(opening:expecting:)` throws.
    package func open() throws(Errno) -> PrivateFolder {
        try PrivateFolder(opening: FilePath(path), expecting: identity)
    }

    /// Removes it with all that is in it, while it is this very folder.
    package func remove() { try? open().remove() }
}
