import Core
import Foundation
import SystemPackage

/// The folders that a call makes for its results, which go again where nothing came into them.
struct NewFolders {
    /// Those that were not there before, the innermost first.
    private let paths: [FilePath]

    /// Makes the folders of some requests.
    init(for requests: [Request]) {
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
        self.paths = paths.sorted { $0.components.count > $1.components.count }
        for request in requests { request.makeFolder() }
    }

    /// Removes those that are empty.
    func removeEmpty() { for path in paths { _ = unsafe rmdir(path.string) } }
}
