import Core
import Foundation
import SystemPackage

/// The user's browser.
enum Browser {
    /// Opens an address in it: `$BROWSER` if that is set, else what the system has for it.
    ///
    /// The address is handed over as an argument and never printed.
    @concurrent
    static func open(_ address: String, environment: [String: String]) async throws(Failure) {
        let named = environment["BROWSER"].flatMap { $0.isEmpty ? nil : $0 }
        #if os(macOS)
        let program = named ?? "open"
        #else
        let program = named ?? "xdg-open"
        #endif
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program, address]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let isOpen: Bool
        do {
            try process.run()
            process.waitUntilExit()
            isOpen = process.terminationStatus == 0
        } catch { isOpen = false }
        guard isOpen else {
            throw Failure(
                .unavailable,
                "No browser could be opened",
                why: "'\(program)' did not work",
                advice: "Add -o link.txt to have the link in a file that only you can read."
            )
        }
    }
}

/// A small file for its owner alone.
enum PrivateFile {
    /// Writes a new file; one that is there already is left alone.
    static func write(_ text: String, to path: FilePath) throws(Failure) {
        do {
            let file = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
            try file.closeAfter { _ = try file.writeAll(text.utf8) }
        } catch {
            throw Failure(
                .output,
                "Cannot write \(path.string)",
                why: (error as? Errno)?.description.lowercased() ?? "writing failed",
                advice: "Name another file with -o."
            )
        }
    }
}
