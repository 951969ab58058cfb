import Core
import Synchronization

/// Values handed from one task to another, which waits for them no longer than until a time.
final class Mailbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var reader: (number: Int, continuation: CheckedContinuation<Item?, Never>)?
        var lastNumber = 0
        /// Who waits for room.
        var writer: CheckedContinuation<Void, Never>?
    }

    private let state = Locked(State())

    func put(_ item: Item) {
        let reader = state.withLock { state -> CheckedContinuation<Item?, Never>? in
            guard let reader = state.reader else {
                state.items.append(item)
                return nil
            }
            state.reader = nil
            return reader.continuation
        }
        reader?.resume(returning: item)
    }

    /// Puts an item in once fewer than `limit` are waiting; at once where the task is cancelled.
    ///
    /// One such writer at a time. A reader that is busy with something else thereby stops whoever
    /// makes the items, instead of having them pile up.
    func put(_ item: Item, below limit: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasRoom = state.withLock { state in
                    guard state.items.count >= limit, !Task.isCancelled else { return true }
                    state.writer = continuation
                    return false
                }
                if hasRoom { continuation.resume() }
            }
        } onCancel: {
            makeRoom()
        }
        put(item)
    }

    private func makeRoom() {
        state.withLock { $0.writer.take() }?.resume()
    }

    /// The next item; nil when none came in time or the task was cancelled.
    ///
    /// One reader at a time.
    func take(within wait: Duration, clock: CloudClock) async -> Item? {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let timer = Task {
            try? await clock.sleep(for: wait)
            self.giveUp(number)
        }
        defer {
            timer.cancel()
            makeRoom()
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Item?? in
                    if !state.items.isEmpty { return .some(state.items.removeFirst()) }
                    if Task.isCancelled || wait <= .zero || state.lastNumber != number {
                        return .some(nil)
                    }
                    state.reader = (number, continuation)
                    return .none
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    private func giveUp(_ number: Int) {
        let reader = state.withLock { state -> CheckedContinuation<Item?, Never>? in
            guard let reader = state.reader, reader.number == number else {
                // It has not begun to wait: it shall not.
                if state.lastNumber == number { state.lastNumber += 1 }
                return nil
            }
            state.reader = nil
            return reader.continuation
        }
        reader?.resume(returning: nil)
    }
}
