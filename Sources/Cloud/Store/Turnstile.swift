import Core
import Synchronization

/// Lets one task through at a time, or a few, in the order in which they came.
package final class Turnstile: Sendable {
    private struct State {
        var taken = 0
        var waiting: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var lastNumber = 0
        var leavers: Set<Int> = []
    }

    private let places: Int
    private let state = Locked(State())

    /// `places`: how many are let through at a time.
    package init(places: Int = 1) { self.places = max(1, places) }

    /// Waits for the turn; false when the task was cancelled before it came.
    package func enter() async -> Bool {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Bool? in
                    if state.leavers.remove(number) != nil { return false }
                    if state.taken < places {
                        state.taken += 1
                        return true
                    }
                    state.waiting.append((number, continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let leaver = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                    state.leavers.insert(number)
                    return nil
                }
                return state.waiting.remove(at: place).continuation
            }
            leaver?.resume(returning: false)
        }
    }

    /// Ends a turn that `enter` gave.
    package func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.taken -= 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
