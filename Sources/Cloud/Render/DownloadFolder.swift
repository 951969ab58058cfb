import Core
import Foundation
import Synchronization
import SystemPackage

/// A folder beside a destination, which a download is in until it is whole and checked.
///
/// Its name cannot be foretold and nobody else can write into it, so that what is checked is what was
/// downloaded, also where the destination is in a folder of many users. Removed when it is let go of.
final class DownloadFolder: Sendable {
    /// One download of the file.
    final class File: Sendable {
        let name: String
        let descriptor: FileDescriptor

        fileprivate init(_ name: String, _ descriptor: FileDescriptor) {
            (self.name, self.descriptor) = (name, descriptor)
        }

        deinit { try? descriptor.close() }

        /// Its size in bytes.
        var byteCount: Int64 { facts(of: descriptor)?.byteCount ?? 0 }

        /// Drops what is in it.
        func empty() { try? descriptor.resize(to: 0) }

        /// Its first bytes, at most so many.
        func head(atMost count: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            let read =
                (try? unsafe bytes.withUnsafeMutableBytes {
                    try unsafe descriptor.read(fromAbsoluteOffset: 0, into: $0)
                }) ?? 0
            return Array(bytes.prefix(read))
        }
    }

    private let place: TemporaryFolder
    private let count = Locked(0)

    /// Makes it in the destination's folder.
    ///
    /// `note`: keeps what a later run finds it by, should this one be killed; told before it is made and after.
    init(
        in parent: FilePath,
        note: (FolderTrace) throws(CloudError) -> Void
    ) throws(CloudError) {
        let path = PrivateFolder.uniquePath(in: parent, prefix: ".cinch-download-")
        let whole =
            path.isAbsolute
            ? path : FilePath(FileManager.default.currentDirectoryPath).pushing(path)
        try note(FolderTrace(planned: whole))
        do throws(Errno) {
            place = try TemporaryFolder(at: path)
        } catch {
            throw CloudError(
                .destination(isTaken: false),
                .downloading,
                detail: "\(parent): \(error.description.lowercased())"
            )
        }
        try note(FolderTrace(of: place.folder, at: whole))
    }

    /// A new file in it.
    func makeFile() throws(Errno) -> File {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let name = "part\(number)"
        return File(name, try place.folder.makeFile(name))
    }

    /// Where a file is, for what reads it by its name.
    func path(of file: File) -> FilePath { place.path.appending(file.name) }

    /// Whether what a reader of its path finds is this very file.
    func isInPlace(_ file: File) -> Bool {
        guard let own = facts(of: file.descriptor),
            let named = try? path(of: file).stat(followTargetSymlink: false)
        else { return false }
        return FileIdentity(named) == own.identity
    }

    /// Gives a file its name at the destination, where nothing may be.
    func link(_ file: File, to destination: FilePath) throws(Errno) {
        try place.folder.link(file.name, to: destination)
    }

    /// Moves a file to the destination, over what is there.
    func move(_ file: File, to destination: FilePath) throws(Errno) {
        try place.folder.move(file.name, to: destination)
    }

    /// Removes it with all that is in it.
    func remove() { place.remove() }
}
