package import Core
import Foundation
import SystemPackage

extension Request {
    /// The same with the folder that results go to, where nothing names the output.
    package func placed(by settings: Settings) -> Request {
        guard output == nil, folder == nil, let text = settings[.outputFolder] else { return self }
        var request = self
        // No shell has seen a setting.
        request.folder = FilePath(NSString(string: text).expandingTildeInPath)
        return request
    }

    /// Makes the folder that results go to, where it is wanted and not there.
    ///
    /// A folder that cannot be made is told by whoever writes into it.
    package func makeFolder() {
        guard output == nil, let folder else { return }
        try? FileManager.default.createDirectory(
            atPath: folder.string,
            withIntermediateDirectories: true
        )
    }
}
