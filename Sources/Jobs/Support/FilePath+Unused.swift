import Foundation
package import SystemPackage

extension FilePath {
    /// The name itself, or with a number before its extension where it is taken.
    package var unused: FilePath {
        var candidate = self
        var number = 2
        while FileManager.default.fileExists(atPath: candidate.string) {
            let stem = stem ?? "video"
            let kind = self.extension ?? "mp4"
            candidate = removingLastComponent().appending("\(stem)-\(number).\(kind)")
            number += 1
        }
        return candidate
    }
}
