import Core
import Dispatch
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A run that is stopped leaves nothing, whenever it is stopped.
@Suite(.timeLimit(.minutes(10))) struct CancellationTests {
    /// Moments as shares of a whole run, spread without a pattern.
    static let moments = [0.0, 0.03, 0.13, 0.24, 0.37, 0.52, 0.71, 0.93]

    @Test("cancelling at any moment leaves the input alone")
    func anyMoment() async throws {
        let run = try Run(Clip(frames: 100), tone: Tone(seconds: 4))
        let before = try run.input.digest()
        let request = run.request(to: 60_000, overwrites: true)
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await run.perform(request)
        let whole = start.duration(to: clock.now)
        try FileManager.default.removeItem(atPath: run.output.string)

        for moment in Self.moments {
            let task = Task { try await run.perform(request) }
            try await Task.sleep(for: whole * moment)
            task.cancel()
            let cancelled = clock.now
            switch await task.result {
            case .success:
                // It was done before the request to stop.
                #expect(run.folder.names == run.namesAfterSuccess)
                try FileManager.default.removeItem(atPath: run.output.string)
            case .failure(let error):
                #expect((error as? Failure)?.kind == .interrupted, "at \(moment): \(error)")
                #expect(run.folder.names == run.namesAfterFailure)
            }
            // Other tests hold the threads that this one waits for; how fast a program stops that is
            // alone is for StoppingTests.
            #expect(cancelled.duration(to: clock.now) < .seconds(60))
        }
        #expect(try run.input.digest() == before)
    }

    @Test(
        "cancelling in each phase interrupts the run",
        arguments: Phase.allCases.filter { $0 != .comparing }
    )
    func eachPhase(_ phase: Phase) async throws {
        let run = try Run(Clip(width: 640, height: 360, frames: 100), tone: Tone(seconds: 4))
        let (reached, continuation) = AsyncStream.makeStream(of: Void.self)
        let requested = DispatchSemaphore(value: 0)
        let task = Task {
            try await run.perform(run.request(to: 140_000)) { event in
                guard case .progress(let progress) = event, progress.phase == phase else { return }
                continuation.yield()
                // The phase goes on only when the request has arrived, however busy the machine is.
                _ = requested.wait(timeout: .now() + 60)
                requested.signal()
            }
        }
        for await _ in reached { break }
        task.cancel()
        requested.signal()
        let result = await task.result
        #expect(throws: Failure.interrupted) { try result.get() }
        #expect(run.folder.names == run.namesAfterFailure)
    }

    @Test("a task that is cancelled already does nothing")
    func before() async throws {
        let run = try Run(Clip(frames: 25))
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await run.perform(run.request(to: 20_000))
        }
        task.cancel()
        let result = await task.result
        #expect(throws: Failure.interrupted) { try result.get() }
        #expect(run.folder.names == run.namesAfterFailure)
    }
}
