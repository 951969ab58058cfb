import Foundation

/// Paths as they are typed.
package enum Shell {
    /// A path from the current folder, if it is below it.
    package static func relative(_ path: String) -> String {
        let folder = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }

    /// A path that a shell takes for one word.
    package static func quoted(_ path: String) -> String {
        // A dash in front would make an option of it.
        word(path.hasPrefix("-") ? "./" + path : path)
    }

    /// Anything that a shell takes for one word.
    package static func word(_ text: String) -> String {
        let isPlain = text.allSatisfy {
            $0.isLetter || $0.isNumber || "._-/+,:@%=".contains($0)
        }
        return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}
