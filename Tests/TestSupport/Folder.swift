package import Foundation
package import SystemPackage

/// A folder of its own for a test, removed with it.
package final class Folder: Sendable {
    package let path: FilePath

    package init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("cinch-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = FilePath(url.path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// A file in the folder, there or not.
    package func file(_ name: String) -> FilePath {
        path.appending(name)
    }

    /// What is in the folder, hidden names too, sorted.
    package var names: [String] { Self.names(in: path) }

    /// What is in any folder, hidden names too, sorted.
    package static func names(in path: FilePath) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []).sorted()
    }
}

extension FilePath {
    /// The file's size; 0 where there is none.
    package var byteCount: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: string)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// The file's bytes.
    package func contents() throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: string))
    }

    /// A sum over the file's bytes, the same for the same bytes in one process.
    ///
    /// An expectation that compares the bytes themselves works for minutes on telling the difference.
    package func digest() throws -> Int {
        var hasher = Hasher()
        let data = try contents()
        unsafe data.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hasher.combine(data.count)
        return hasher.finalize()
    }

    /// Writes a file with these bytes.
    package func write(_ bytes: Data) throws {
        try bytes.write(to: URL(fileURLWithPath: string))
    }

    /// Whether there is a file.
    package var exists: Bool { FileManager.default.fileExists(atPath: string) }
}

/// Real clips that code cannot make; `Fixtures/README.md` says what each is and whose.
package enum Fixture {
    private static let folder: FilePath = {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return FilePath(root.appendingPathComponent("Fixtures").path)
    }()

    /// A clip by its name, as in `traffic-432p.mp4`.
    package static func path(_ name: String) -> FilePath {
        folder.appending(name)
    }

    /// The names of all clips that are whole, sorted.
    package static let names = list(folder).filter { name in
        ![".md", ".csv", ".opus"].contains(where: name.hasSuffix)
            && !["cloud", "hostile"].contains(name)
    }

    /// The names of the damaged and malicious ones, as in `hostile/empty.mp4`.
    package static let hostileNames = list(folder.appending("hostile")).map { "hostile/" + $0 }

    private static func list(_ folder: FilePath) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []).sorted()
    }
}
