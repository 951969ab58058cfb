import Core
import Foundation
import Synchronization
import SystemPackage

/// One child process, from its start to its end.
final class Child: Sendable {
    private struct State {
        /// Where its input is written; closed when it shall stop.
        var input: FileHandle?
        var isCancelled = false
    }

    private let job: Job
    private let state = Locked(State())

    /// The children that run, for the exit that cannot wait.
    private static let live = Locked<Set<Int32>>([])

    init(_ job: Job) { self.job = job }

    /// Asks it to stop; it tidies up and says that it was interrupted.
    func cancel() {
        let input = state.withLock { state in
            state.isCancelled = true
            return state.input.take()
        }
        try? input?.close()
    }

    /// Starts the child and hears it to its end; blocks.
    func perform<Value: Codable & Sendable>(
        _ executable: FilePath,
        _ arguments: [String],
        events: (Event) -> Void
    ) -> Result<Value, Failure> {
        let process: ChildProcess
        do {
            process = try start(executable, arguments)
        } catch {
            return .failure(
                Failure(
                    .unavailable,
                    "Cannot start the process that reads \(job.input)",
                    why: "\(error)",
                    advice: "Try again when fewer programs run."
                )
            )
        }
        let pid = process.identifier
        Self.live.withLock { _ = $0.insert(pid) }
        begin(process.input)

        var phase = Phase.probing
        var fraction = 0.0
        var result: Result<Value, Failure>?
        var lines = JSONLinePipe(FileDescriptor(rawValue: process.output.fileDescriptor))
        while result == nil, let line = lines.next() {
            switch JSONLinePipe.decode(Reply<Value>.self, from: line) {
            case .event(let event):
                if case .progress(let progress) = event {
                    (phase, fraction) = (progress.phase, progress.fraction)
                }
                events(event)
            case .value(let value): result = .success(value)
            case .failure(let failure): result = .failure(failure)
            case nil: result = .failure(Failure(.defect, "A worker's answer makes no sense"))
            }
        }
        let ending = process.wait()
        let wasCancelled = state.withLock(\.isCancelled)
        cancel()
        Self.live.withLock { _ = $0.remove(pid) }
        if let result { return result }
        return .failure(wasCancelled ? .interrupted : death(ending, phase, fraction))
    }

    /// Starts the program and gives it the job.
    ///
    /// From the thread that waits for it: the child ends with this one.
    private func start(_ executable: FilePath, _ arguments: [String]) throws -> ChildProcess {
        let process = try ChildProcess(executable, arguments)
        let input = FileDescriptor(rawValue: process.input.fileDescriptor)
        // A child that died at once is seen by its silence.
        try? JSONLinePipe.write(job, to: input)
        return process
    }

    /// From now on it can be asked to stop; whoever asked before is heard now.
    private func begin(_ input: FileHandle) {
        let isLate = state.withLock { state in
            state.input = input
            return state.isCancelled
        }
        if isLate { cancel() }
    }

    /// Why a child that said nothing is no more.
    private func death(
        _ ending: ChildProcess.Ending,
        _ phase: Phase,
        _ fraction: Double
    ) -> Failure {
        let how: String
        switch ending {
        case .signalled(SIGKILL), .signalled(SIGTERM):
            return Failure(
                .unavailable,
                "The work on \(job.input) was killed from outside",
                why: "the system may have run out of memory",
                advice: "Close other programs, or make it smaller with --max-height. "
                    + "Nothing was left behind."
            )
        case .exited(Worker.memoryExitCode):
            return Failure(
                .unreadable,
                "\(job.input) demands too much",
                why:
                    "the work on it took more than \(ByteSize.text(job.limits.input.memoryBytes)) of memory",
                advice: "If you trust it, allow more with \(InputLimits.Name.memory.option); "
                    + "'cinch doctor' tells the limits. Nothing was left behind."
            )
        case .signalled(let signal): how = Self.name(of: signal)
        case .exited(let code): how = "its process ended with code \(code)"
        }
        let place = fraction > 0 ? " at \(Int(fraction * 100)) %" : ""
        return Failure(
            .unreadable,
            "The decoder crashed on \(job.input)",
            why: "\(how) while \(phase.rawValue)\(place)",
            advice: "The file is damaged, or was made to do this. Nothing was left behind."
        )
    }

    private static func name(of signal: Int32) -> String {
        let known = [
            SIGSEGV: "a segmentation fault", SIGBUS: "a bus error", SIGABRT: "an abort",
            SIGFPE: "an arithmetic error", SIGILL: "an illegal instruction", SIGTRAP: "a trap",
            SIGXCPU: "the limit of processor time",
        ]
        return known[signal] ?? "signal \(signal)"
    }

    // MARK: - All of them

    /// Kills all, and waits a second at the most until they are dead: they write no more then.
    static func abandonAll() {
        let children = live.withLock { $0 }
        signalAll(SIGKILL)
        for _ in 0..<100 where children.contains(where: { kill($0, 0) == 0 }) { usleep(10_000) }
    }

    static func signalAll(_ signal: Int32) {
        for pid in live.withLock({ $0 }) { _ = kill(pid, signal) }
    }
}
