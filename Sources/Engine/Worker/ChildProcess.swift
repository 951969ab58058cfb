import Core
package import Foundation
package import SystemPackage

/// A program that waits for a job at its input: how it is started, and how it ends.
package struct ChildProcess {
    /// How a process ended.
    package enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// Takes the job; closed, it is the wish to stop.
    package let input: FileHandle
    /// Gives the answers.
    package let output: FileHandle
    private let program: Process

    var identifier: Int32 { program.processIdentifier }

    /// Starts a program.
    ///
    /// Throws: what `Process.run` throws.
    package init(_ executable: FilePath, _ arguments: [String]) throws {
        let process = Process()
        let (question, answers) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: executable.string)
        process.arguments = arguments
        process.standardInput = question
        process.standardOutput = answers
        // What the runtime prints of a crash is for developers, not for the screen.
        process.standardError = FileHandle.nullDevice
        process.environment = Self.environment(of: ProcessInfo.processInfo.environment)
        try process.run()
        input = question.fileHandleForWriting
        output = answers.fileHandleForReading
        program = process
    }

    /// Waits for the end; to be called once.
    package func wait() -> Ending {
        program.waitUntilExit()
        let status = program.terminationStatus
        return program.terminationReason == .uncaughtSignal ? .signalled(status) : .exited(status)
    }

    /// What a child gets of an environment: languages, places, and what loads and checks programs.
    ///
    /// Tokens, proxies and their passwords stay with the parent: a decoder has no use for them.
    static func environment(of all: [String: String]) -> [String: String] {
        let names: Set = [
            "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "HOME", "LD_LIBRARY_PATH",
            "DYLD_LIBRARY_PATH", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "LLVM_PROFILE_FILE",
        ]
        let prefixes = ["LC_", "ASAN_", "TSAN_", "LSAN_", "UBSAN_", "MALLOC_"]
        var kept = all.filter { name, _ in
            names.contains(name) || prefixes.contains(where: name.hasPrefix)
        }
        // The program that tells of a crash would hold the answers' pipe open, and one of those never ended.
        kept["SWIFT_BACKTRACE"] = "enable=no"
        return kept
    }
}
