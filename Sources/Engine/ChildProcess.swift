import Core
package import Foundation
import Synchronization
package import SystemPackage

/// A process that waits for a job at its input: where it came from, and how it ends.
package struct ChildProcess {
    /// How a process ended.
    package enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    let identifier: Int32
    /// Takes the job; closed, it is the wish to stop.
    package let input: FileHandle
    /// Gives the answers.
    package let output: FileHandle
    /// Nil for a copy of this process.
    private let program: Process?

    /// Starts a program.
    ///
    /// - Throws: what `Process.run` throws.
    package init(_ executable: FilePath, _ arguments: [String]) throws {
        let process = Process()
        let (question, answers) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: executable.string)
        process.arguments = arguments
        process.standardInput = question
        process.standardOutput = answers
        // What the runtime prints of a crash is for whoever looks for its cause, not for the screen.
        process.standardError = FileHandle.nullDevice
        // Nor may the program that tells of it hold the answers' pipe open: one of those never ended.
        var environment = ProcessInfo.processInfo.environment
        environment["SWIFT_BACKTRACE"] = "enable=no"
        process.environment = environment
        try process.run()
        identifier = process.processIdentifier
        input = question.fileHandleForWriting
        output = answers.fileHandleForReading
        program = process
    }

    private init(copy identifier: Int32, input: FileDescriptor, output: FileDescriptor) {
        self.identifier = identifier
        self.input = FileHandle(fileDescriptor: input.rawValue, closeOnDealloc: true)
        self.output = FileHandle(fileDescriptor: output.rawValue, closeOnDealloc: true)
        program = nil
    }

    /// Waits for the end; to be called once.
    package func wait() -> Ending {
        if let program {
            program.waitUntilExit()
            let status = program.terminationStatus
            return program.terminationReason == .uncaughtSignal
                ? .signalled(status) : .exited(status)
        }
        var status: Int32 = 0
        while unsafe waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        // WIFSIGNALED, WTERMSIG and WEXITSTATUS are macros.
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    // MARK: - The copy that waits

    private static let spare = Locked<ChildProcess?>(nil)

    /// The copy that `copyThisProcess` made, for whoever asks first; nil for all others.
    static func takeSpare() -> ChildProcess? {
        spare.withLock { $0.take() }
    }

    /// Copies this process by `fork`, while it has one thread and has done nothing.
    ///
    /// To start a program costs the loading of FFmpeg's two hundred libraries anew; a copy has them
    /// already. With more threads than one a copy would be half a process (fork(2)), so then none is
    /// made, nor on macOS, whose frameworks do not work in a copy.
    ///
    /// - Returns: true in the copy, whose input and output are the two pipes.
    static func copyThisProcess() -> Bool {
        #if os(Linux)
        let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        guard threads?.count == 1, let question = try? FileDescriptor.pipe(),
            let answers = try? FileDescriptor.pipe()
        else { return false }
        let ours = [question.writeEnd, answers.readEnd]
        let theirs = [question.readEnd, answers.writeEnd]
        let identifier = fork()
        if identifier == 0 {
            for descriptor in ours { try? descriptor.close() }
            become(input: question.readEnd, output: answers.writeEnd)
            return true
        }
        for descriptor in theirs { try? descriptor.close() }
        guard identifier > 0 else {
            for descriptor in ours { try? descriptor.close() }
            return false
        }
        // No other child may hold them open.
        for descriptor in ours { _ = fcntl(descriptor.rawValue, F_SETFD, FD_CLOEXEC) }
        spare.withLock {
            $0 = ChildProcess(
                copy: identifier,
                input: question.writeEnd,
                output: answers.readEnd
            )
        }
        #endif
        return false
    }

    /// In the copy: nothing of the terminal, and no handlers of crashes, which would report to it.
    private static func become(input: FileDescriptor, output: FileDescriptor) {
        let silence = try? FileDescriptor.open(FilePath("/dev/null"), .writeOnly)
        for (from, to) in [
            (input, FileDescriptor.standardInput), (output, .standardOutput),
            (silence ?? output, .standardError),
        ] { _ = try? from.duplicate(as: to) }
        for descriptor in [input, output, silence] { try? descriptor?.close() }
        for number in [SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP] {
            _ = signal(number, SIG_DFL)
        }
    }
}
