import Foundation
package import SystemPackage

/// A disk in memory that is soon full, where this process may mount one.
package struct SmallDisk: ~Copyable {
    private let folder: Folder
    package var path: FilePath { folder.path }

    /// Whether this process may mount disks.
    package static let isAllowed: Bool = (try? SmallDisk(bytes: 64 << 10)) != nil

    /// Throws: where it cannot be mounted.
    package init(bytes: Int) throws {
        let folder = try Folder()
        let path = folder.path.string
        guard
            Self.succeeds(["mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", path])
        else { throw CocoaError(.fileWriteNoPermission) }
        self.folder = folder
    }

    deinit { _ = Self.succeeds(["umount", "-l", folder.path.string]) }

    private static func succeeds(_ command: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
