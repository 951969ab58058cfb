import Core
import Foundation
import Media
import Synchronization

/// Runs blocking work on a thread of its own and waits for it.
///
/// Returns after the thread has ended, also when the task is cancelled: cancelling raises the flag
/// that the work polls, so that what the work owns is freed before anybody goes on. The one exception
/// is a thread that a file has caught in a call into libav (`InputLimits.waitSeconds` and
/// `openingSeconds`): the flag is raised for it, and if that does not free it either, it is left behind.
///
/// Parameters:
///   - path: the file that is read, for the message.
func offload<Value: Sendable>(
    _ path: String,
    _ limits: InputLimits = InputLimits(),
    _ work: @escaping @Sendable (CancellationFlag) -> Result<Value, Failure>
) async throws(Failure) -> Value {
    let flag = CancellationFlag(limits: limits)
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            let answer = Answer<Value>(continuation)
            let watchdog = Task.detached {
                await answer.watch(flag, reading: path, limits)
            }
            let thread = Thread {
                Priority.keepBack()
                answer.give(work(flag))
                watchdog.cancel()
            }
            thread.name = "cinch"
            thread.stackSize = 8 << 20
            thread.start()
        }
    } onCancel: {
        flag.raise()
    }
    return try result.get()
}

/// What a thread comes to: given once, by itself or in its stead.
private final class Answer<Value: Sendable>: Sendable {
    private typealias Waiting = CheckedContinuation<Result<Value, Failure>, Never>

    private struct State {
        var waiting: Waiting?
        var caught: Failure?
    }

    private let state: Locked<State>

    init(_ continuation: CheckedContinuation<Result<Value, Failure>, Never>) {
        state = Locked(State(waiting: continuation))
    }

    /// After a halt, an interruption is the halt's doing.
    func give(_ result: Result<Value, Failure>) {
        let (waiting, caught) = state.withLock { state in
            (state.waiting.take(), state.caught)
        }
        if case .failure = result, let caught {
            waiting?.resume(returning: .failure(caught))
        } else {
            waiting?.resume(returning: result)
        }
    }

    /// Gives the answer in the thread's stead if one call into libav lasts too long.
    func watch(_ flag: CancellationFlag, reading path: String, _ limits: InputLimits) async {
        guard let caught = await halt(flag, reading: path, limits) else { return }
        state.withLock { $0.caught = caught.failure }
        flag.raise()
        // Most calls look at the flag; the thread then tidies up by itself.
        try? await Task.sleep(for: caught.patience)
        give(.failure(caught.failure))
    }

    /// Waits for a call that lasts too long; nil where the work ended before.
    ///
    /// Seconds are counted in naps, so that a process that was stopped for an hour has slept once.
    private func halt(
        _ flag: CancellationFlag,
        reading path: String,
        _ limits: InputLimits
    ) async -> (failure: Failure, patience: Duration)? {
        let nap = 0.25
        var last: Int?
        var naps = 0
        while Double(naps) * nap < Double(limits.waitSeconds) {
            try? await Task.sleep(for: .seconds(nap))
            if Task.isCancelled { return nil }
            // Loops that compute look at no flag, and those that read do at once.
            if flag.openingSeconds > Double(limits.openingSeconds) {
                return (.endlessOpening(path, limits), .milliseconds(250))
            }
            let call = flag.callInProgress
            naps = call != nil && call == last ? naps + 1 : 0
            last = call
        }
        return (.stalled(path, after: limits.waitSeconds), .seconds(2))
    }
}
