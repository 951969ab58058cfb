import CSandbox
package import SystemPackage

/// What a child process gives up before libav sees a byte of a file: all files but its input, its work
/// folder and the system's own, the network, other processes and other programs.
package enum Sandbox {
    /// What is in force, or could be on this machine.
    package struct Protection: Codable, Sendable, Equatable {
        /// Landlock on Linux, the seatbelt on macOS.
        package var files: Bool
        /// seccomp on Linux, the seatbelt on macOS.
        package var calls: Bool
        /// The version of Landlock's interface; 0 where there is none.
        package var landlockVersion: Int
    }

    /// What this machine offers.
    package static var available: Protection {
        let version = Int(cinch_landlock_version())
        let seatbelt = cinch_has_seatbelt()
        return Protection(
            files: version > 0 || seatbelt,
            calls: cinch_has_call_filter() || seatbelt,
            landlockVersion: version
        )
    }

    /// Gives it all up for good: for the calling thread and those that it starts.
    ///
    /// - Parameters:
    ///   - files: open files that may be opened again to read.
    ///   - folder: an open folder in which files may be made, written and removed.
    /// - Returns: what is in force now.
    @discardableResult
    package static func enter(
        reading files: [FileDescriptor],
        writing folder: FileDescriptor?
    ) -> Protection {
        let inForce = unsafe cinch_enter_sandbox(
            files.map(\.rawValue),
            Int32(files.count),
            folder?.rawValue ?? -1
        )
        func has(_ part: Int) -> Bool { Int(inForce) & part != 0 }
        let seatbelt = has(Int(cinch_sandbox_seatbelt))
        return Protection(
            files: has(Int(cinch_sandbox_files)) || seatbelt,
            calls: has(Int(cinch_sandbox_calls)) || seatbelt,
            landlockVersion: Int(cinch_landlock_version())
        )
    }

    /// Leaves no core file of this process, and shows its memory to no other.
    static func hideMemory() { cinch_hide_memory() }

    /// Closes what a child process has inherited besides its standard streams.
    package static func closeInherited() { cinch_close_from(3) }
}
