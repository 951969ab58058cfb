import Core
import Foundation
import Media
import Synchronization
package import SystemPackage

/// A child process of the same program for each piece of media work.
///
/// A decoder that a broken file crashes takes the child with it, and nothing else: the caller gets a
/// `Failure` of kind `.unreadable` that says what was being done, and sweeps what the child left. The child
/// is asked to stop by the end of its input, which it also sees when this process is killed. The first
/// one costs a copy of this process, made beforehand (`copyThisProcess`), the others a start of the program.
package struct Worker: Sendable {
    private let executable: FilePath
    private let arguments: [String]

    private static let installed = Locked<Worker?>(nil)

    /// Whose children are `executable`, which calls `serve` when it is given `arguments`.
    package init(executable: FilePath, arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }

    /// From now on every `Compressor` of this process that is not told otherwise works in children.
    package func install() {
        Self.installed.withLock { $0 = self }
    }

    /// Makes a copy of this process for the first job; to be called before it has threads.
    ///
    /// - Returns: true in the copy, which shall `serve`.
    package static func copyThisProcess() -> Bool { ChildProcess.copyThisProcess() }

    /// What `install` chose.
    static var usual: Worker? { installed.withLock { $0 } }

    /// Does the work in a child and waits for it.
    func perform<Value: Codable & Sendable>(
        _ job: Job,
        events: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws(Failure) -> Value {
        let child = Child(job)
        let result: Result<Value, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread { [self] in
                    continuation.resume(
                        returning: child.perform(executable, arguments, events: events)
                    )
                }
                thread.name = "cinch child"
                thread.start()
            }
        } onCancel: {
            child.cancel()
        }
        return try result.get()
    }

    /// Stops the children for as long as this process is stopped.
    package static func suspendAll() { Child.signalAll(SIGSTOP) }

    /// Lets them go on.
    package static func resumeAll() { Child.signalAll(SIGCONT) }

    /// The child's side: does the job that comes as the first line of its input.
    ///
    /// - Returns: the exit code.
    package static func serve(
        input: FileDescriptor = .standardInput,
        output: FileDescriptor = .standardOutput
    ) async -> Int32 {
        var lines = JSONLinePipe(input)
        guard let line = lines.next(), let job = JSONLinePipe.decode(Job.self, from: line) else {
            return Failure.Kind.usage.exitCode
        }
        if job.limits.isBackground { Priority.stepBack() }
        if let threads = job.limits.threads { Threads.limit(to: threads) }
        watchMemory(upTo: job.limits)
        let task = Task { await job.answer(on: output) }
        let thread = Thread {
            // Nothing more is said: the end of the input is the wish to stop.
            var rest = JSONLinePipe(input)
            while rest.next() != nil {}
            task.cancel()
        }
        thread.start()
        await task.value
        return 0
    }

    /// How a child ends that needs more memory than it may; between the two processes only.
    static let memoryExitCode: Int32 = 75

    /// Ends this process once it has taken more than allowed, while the machine still has some.
    ///
    /// By what it has touched: a limit on what is reserved (RLIMIT_DATA) makes calls fail in
    /// places where libraries do not look, and then they wait for ever.
    private static func watchMemory(upTo limits: Compressor.Limits) {
        let (most, overflow) = limits.input.memoryBytes.addingReportingOverflow(limits.memoryBytes)
        guard !overflow else { return }
        let thread = Thread {
            while true {
                if ProcessUsage.now.peakMemoryBytes > most { _exit(memoryExitCode) }
                usleep(100_000)
            }
        }
        thread.start()
    }
}

extension Job {
    /// Does the work in this process and says how it went.
    fileprivate func answer(on output: FileDescriptor) async {
        let compressor = Compressor(limits: limits, worker: nil)
        switch work {
        case .probe(let path):
            await say(on: output) { () async throws(Failure) in try await compressor.probe(path) }
        case .inspect(let path):
            await say(on: output) { () async throws(Failure) in try await compressor.inspect(path) }
        case .plan(let request):
            await say(on: output) { () async throws(Failure) in
                try await compressor.plan(request)
            }
        case .split(let request, let wish):
            await say(on: output) { () async throws(Failure) in
                try await compressor.split(request, wish)
            }
        case .expectedTime(let planned):
            await say(on: output) { () async throws(Failure) in
                try await compressor.expectedTime(planned)
            }
        case .run(let request):
            await say(on: output) { () async throws(Failure) in
                try await compressor.run(request) { event in
                    try? JSONLinePipe.write(Reply<Report>.event(event), to: output)
                }
            }
        case .compare(let request):
            await say(on: output) { () async throws(Failure) in
                try await compressor.compare(request) { event in
                    try? JSONLinePipe.write(Reply<Comparison>.event(event), to: output)
                }
            }
        }
    }

    private func say<Value: Codable & Sendable>(
        on output: FileDescriptor,
        _ work: () async throws(Failure) -> Value
    ) async {
        let answer: Reply<Value>
        do {
            answer = .value(try await work())
        } catch {
            answer = .failure(error)
        }
        // Whoever does not listen any more does not need it.
        try? JSONLinePipe.write(answer, to: output)
    }
}
