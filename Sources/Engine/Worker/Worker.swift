import Core
import Foundation
import Media
import Synchronization
package import SystemPackage

/// A child process of the same program for each piece of media work.
///
/// A decoder that a broken file crashes takes the child with it, and nothing else: the caller gets a
/// `Failure` of kind `.unreadable` that says what was being done, and removes what the child left. The child
/// works in a sandbox, without the user's environment, and writes into the work folder alone; the parent
/// publishes. It is asked to stop by the end of its input, and ends a second after its parent.
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
    /// To be called first thing in a process: what it gives up then is given up by all its threads.
    /// - Returns: the exit code.
    package static func serve(
        input: FileDescriptor = .standardInput,
        output: FileDescriptor = .standardOutput
    ) async -> Int32 {
        Sandbox.closeInherited()
        var lines = JSONLinePipe(input)
        guard let line = lines.next(), let job = JSONLinePipe.decode(Job.self, from: line),
            getppid() == job.parent
        else { return Failure.Kind.usage.exitCode }
        Sandbox.hideMemory()
        let workspace: Workspace?
        do throws(Failure) {
            workspace = try job.location.map { location throws(Failure) in
                try Workspace(opening: location)
            }
        } catch {
            try? JSONLinePipe.write(Reply<Report>.failure(error), to: output)
            return 0
        }
        // The sandbox lists no threads.
        if job.limits.isBackground { Priority.stepBack() }
        let files = job.inputs.compactMap { try? HeldInput.open($0) }
        Sandbox.enter(reading: files, writing: workspace?.descriptor)
        for file in files { try? file.close() }
        if let threads = job.limits.threads { Threads.limit(to: threads) }
        watchMemory(upTo: job.limits)
        let task = Task { await job.answer(on: output, in: workspace) }
        // A parent that was killed removes nothing.
        let tidy: @Sendable () -> Void = { if getppid() != job.parent { workspace?.empty() } }
        let thread = Thread {
            waitForEnd(of: input, from: job.parent)
            task.cancel()
            // A thread that is caught in a decoder does not hear it.
            usleep(graceMicroseconds)
            tidy()
            _exit(Failure.Kind.interrupted.exitCode)
        }
        thread.start()
        await task.value
        tidy()
        return 0
    }

    /// Returns when the parent says that the work shall stop, by the end of the input, and when it is gone.
    ///
    /// PR_SET_PDEATHSIG would be quicker, and would leave the work folder full.
    private static func waitForEnd(of input: FileDescriptor, from parent: Int32) {
        var byte: UInt8 = 0
        while getppid() == parent {
            var request = pollfd(fd: input.rawValue, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&request, 1, 200) > 0 else { continue }
            let count = unsafe withUnsafeMutableBytes(of: &byte) {
                (try? unsafe input.read(into: $0)) ?? 0
            }
            // Nothing more is said.
            if count == 0 { return }
        }
    }

    /// How long a child goes on after the wish to stop.
    private static let graceMicroseconds: UInt32 = 1_000_000

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
    fileprivate func answer(on output: FileDescriptor, in workspace: Workspace?) async {
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
        case .expectedTime(let planned, _):
            await say(on: output) { () async throws(Failure) in
                try await Compressor.expectedTime(planned, limits, in: workspace)
            }
        case .run(let request, _):
            await say(on: output) { () async throws(Failure) in
                try await Compressor.make(request, limits, in: try workspace.needed()) { event in
                    try? JSONLinePipe.write(Reply<Product>.event(event), to: output)
                }
            }
        case .compare(let request, _):
            await say(on: output) { () async throws(Failure) in
                try await Compressor.compare(request, limits, in: try workspace.needed()) { event in
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
        // A parent that is gone needs no answer.
        try? JSONLinePipe.write(answer, to: output)
    }
}

extension Workspace? {
    fileprivate func needed() throws(Failure) -> Workspace {
        guard let self else { throw Failure(.defect, "A job has no work folder") }
        return self
    }
}
