import Synchronization
package import SystemPackage

/// A private folder for as long as it is needed: removed when it is let go of, or at an exit that waits for
/// nothing (`abandonAll`).
package final class TemporaryFolder: Sendable {
    package let folder: PrivateFolder
    private let trace: FolderTrace

    /// Those of this process.
    private static let live = Locked<Set<FolderTrace>>([])

    /// Makes it, with a name that cannot be foretold.
    ///
    /// Throws: what `PrivateFolder.make` throws.
    package convenience init(in parent: FilePath, prefix: String) throws(Errno) {
        try self.init(at: PrivateFolder.uniquePath(in: parent, prefix: prefix))
    }

    /// Makes it at a place that was noted down.
    ///
    /// Throws: what `PrivateFolder.make` throws.
    package init(at path: FilePath) throws(Errno) {
        folder = try PrivateFolder.make(path)
        trace = FolderTrace(of: folder, at: folder.path)
        Self.live.withLock { [trace] in _ = $0.insert(trace) }
    }

    deinit { remove() }

    package var path: FilePath { folder.path }

    /// Removes it with all that is in it.
    package func remove() {
        try? folder.remove()
        Self.live.withLock { [trace] in _ = $0.remove(trace) }
    }

    /// Removes all of this process.
    package static func abandonAll() {
        for trace in live.withLock({ $0 }) { trace.remove() }
    }
}
