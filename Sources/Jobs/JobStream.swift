package import Core
import Synchronization

/// What a job tells, as a sequence that is iterated once; the last element tells the result.
///
/// The job begins at once. Where the iterating task is cancelled, or the sequence is let go of, it is stopped;
/// `next` throws its failure when it has ended and nothing is left behind.
package final class JobStream<Element: Sendable>: AsyncSequence, Sendable {
    private struct State {
        var elements: [Element] = []
        var end: Result<Void, Failure>?
        var waiting: CheckedContinuation<Void, Never>?
    }

    /// Outlives the stream for as long as the job tells something.
    private final class Queue: Sendable {
        let state = Locked(State())

        func put(_ element: Element) { change { $0.elements.append(element) } }

        func finish(_ end: Result<Void, Failure>) { change { $0.end = end } }

        private func change(_ body: (inout State) -> Void) {
            let waiting = state.withLock { state in
                body(&state)
                return state.waiting.take()
            }
            waiting?.resume()
        }

        /// Returns when there is an element, or the end.
        func wait() async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if !state.elements.isEmpty || state.end != nil { return true }
                    state.waiting = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }

    private let queue = Queue()
    private let task: Task<Void, Never>

    /// Begins the work, which tells what happens to the closure that it is given.
    package init(
        _ work:
            @escaping @Sendable (@escaping @Sendable (Element) -> Void) async throws(Failure) ->
            Void
    ) {
        let queue = queue
        task = Task {
            do throws(Failure) {
                try await work { queue.put($0) }
                queue.finish(.success(()))
            } catch { queue.finish(.failure(error)) }
        }
    }

    deinit { task.cancel() }

    /// Stops the job; what it tells at its end still comes.
    package func cancel() { task.cancel() }

    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Hands over what was told, one after the other.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: JobStream

        package func next() async throws(Failure) -> Element? {
            try await next(isolation: nil)
        }

        package func next(
            isolation actor: isolated (any Actor)?
        ) async throws(Failure) -> Element? {
            let task = stream.task
            await withTaskCancellationHandler {
                await stream.queue.wait()
            } onCancel: {
                task.cancel()
            }
            let next: Result<Element?, Failure> = stream.queue.state.withLock { state in
                if !state.elements.isEmpty { return .success(state.elements.removeFirst()) }
                let end = state.end ?? .success(())
                // A failure is thrown once.
                state.end = .success(())
                return end.map { nil }
            }
            return try next.get()
        }
    }
}
