import Core
import Foundation
import Synchronization
import SystemPackage

/// Downloads on their way, for an exit that cannot wait for their own cleaning up.
package enum PartialFiles {
    private static let paths = Locked<Set<String>>([])

    /// Removes what downloads of this process have on disk.
    package static func abandonAll() {
        let all = paths.withLock { $0 }
        for path in all { _ = unsafe unlink(path) }
    }

    static func add(_ path: FilePath) { paths.withLock { _ = $0.insert(path.string) } }

    static func remove(_ path: FilePath) { paths.withLock { _ = $0.remove(path.string) } }
}
