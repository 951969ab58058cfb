package import Core
import Foundation
import Synchronization
import SystemPackage

/// The folders that a call makes for its results, which go again where nothing came into them.
package struct NewFolders {
    /// Those that were not there before, the innermost first.
    private let paths: [FilePath]
    /// Of this process, for the exit that cannot wait (`removeAllEmpty`).
    private static let made = Locked<Set<FilePath>>([])

    /// Makes the folders of some requests.
    package init(for requests: [Request]) {
        var paths: Set<FilePath> = []
        for request in requests {
            guard request.output == nil, var folder = request.folder else { continue }
            while !folder.isEmpty, folder.lastComponent != nil,
                !FileManager.default.fileExists(atPath: folder.string)
            {
                paths.insert(folder)
                folder.removeLastComponent()
            }
        }
        self.paths = Self.innermostFirst(paths)
        Self.made.withLock { $0.formUnion(paths) }
        for request in requests { request.makeFolder() }
    }

    /// Removes those that are empty.
    package func removeEmpty() { Self.removeEmpty(paths) }

    /// Removes all that this process has made, where they are empty.
    package static func removeAllEmpty() { removeEmpty(innermostFirst(made.withLock { $0 })) }

    private static func removeEmpty(_ paths: [FilePath]) {
        for path in paths { _ = unsafe rmdir(path.string) }
    }

    private static func innermostFirst(_ paths: Set<FilePath>) -> [FilePath] {
        paths.sorted { $0.components.count > $1.components.count }
    }
}
