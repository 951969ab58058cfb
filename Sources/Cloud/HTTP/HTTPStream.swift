import Core
import Synchronization

/// Tells the thread of a transfer, from any other, to stop or to look again.
final class TransferSignal: Sendable {
    private struct State {
        var isRaised = false
        var wakeUp: (@Sendable () -> Void)?
    }

    private let state = Locked(State())

    /// Whether the transfer is to end.
    var isRaised: Bool { state.withLock { $0.isRaised } }

    /// Ends the transfer soon.
    func raise() {
        state.withLock { state in
            state.isRaised = true
            state.wakeUp?()
        }
    }

    /// Lets the thread look again.
    func nudge() {
        state.withLock { $0.wakeUp?() }
    }

    /// Says how the thread is woken; the closure is not called after `detach` has returned.
    func attach(_ wakeUp: @escaping @Sendable () -> Void) {
        state.withLock { $0.wakeUp = wakeUp }
    }

    func detach() {
        state.withLock { $0.wakeUp = nil }
    }
}

/// What the thread of a transfer puts in and its reader takes out: a head, bytes, an end.
final class Handover: Sendable {
    /// With this much waiting for the reader the transfer is paused.
    static let mostBytes = 256 << 10

    private struct State {
        var head: HTTPHead?
        var bytes: [UInt8] = []
        var end: Result<Void, TransferError>?
        var readers: [CheckedContinuation<Void, Never>] = []
    }

    let signal = TransferSignal()
    private let state = Locked(State())

    // MARK: The thread's side

    func put(_ head: HTTPHead) {
        change { $0.head = head }
    }

    /// False where there is no room: the same bytes are to be offered again after a nudge.
    func offer(_ bytes: [UInt8]) -> Bool {
        change { state in
            guard state.bytes.count < Self.mostBytes else { return false }
            state.bytes += bytes
            return true
        }
    }

    func end(_ end: Result<Void, TransferError>) {
        change { $0.end = end }
    }

    private func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let (value, readers) = state.withLock { state in
            let value = body(&state)
            let readers = state.readers
            state.readers = []
            return (value, readers)
        }
        for reader in readers { reader.resume() }
        return value
    }

    // MARK: The reader's side

    /// The head, as soon as it is there; what ended the transfer where none came.
    func takeHead() async throws(TransferError) -> HTTPHead {
        while true {
            let (head, end) = state.withLock { ($0.head, $0.end) }
            if signal.isRaised {
                if end != nil { throw TransferError(.cancelled, "cancelled") }
            } else if let head {
                return head
            } else if let end {
                try end.get()
                throw TransferError(.other, "The answer had no head.")
            }
            await wait { $0.head != nil && !self.signal.isRaised }
        }
    }

    /// All bytes that came since; nil after the last of a whole answer.
    func takeBytes() async throws(TransferError) -> [UInt8]? {
        while true {
            if Task.isCancelled { signal.raise() }
            let isRaised = signal.isRaised
            let (bytes, end) = state.withLock { state in
                let bytes = isRaised ? [] : state.bytes
                state.bytes = []
                return (bytes, state.end)
            }
            if !bytes.isEmpty {
                // There is room again.
                if bytes.count >= Self.mostBytes { signal.nudge() }
                return bytes
            }
            if let end {
                if isRaised { throw TransferError(.cancelled, "cancelled", answerBegan: true) }
                try end.get()
                return nil
            }
            await wait { !$0.bytes.isEmpty && !self.signal.isRaised }
        }
    }

    /// Returns after the thread has finished with the connection.
    func waitForEnd() async {
        while state.withLock({ $0.end == nil }) { await wait { _ in false } }
    }

    /// Suspends until something changed; not at all where `isReady` or the transfer has ended.
    private func wait(unless isReady: (borrowing State) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard state.end == nil, !isReady(state) else { return true }
                    state.readers.append(continuation)
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            signal.raise()
        }
    }
}

/// An answer that is read while it comes.
///
/// The connection is closed when the answer has ended, when the task that reads it is cancelled, and
/// when nobody holds the stream any more. A slow reader slows the sender down; nothing piles up.
package final class HTTPStream: Sendable {
    /// Status and headers, which have come before the stream was handed out.
    package let head: HTTPHead
    private let handover: Handover

    init(head: HTTPHead, handover: Handover) {
        (self.head, self.handover) = (head, handover)
    }

    deinit { handover.signal.raise() }

    /// The bytes that came since the last call, at least one; nil after the orderly end.
    ///
    /// Throws `.cut` where the connection ended early, after all bytes that came were given out.
    package func next() async throws(TransferError) -> [UInt8]? {
        try await handover.takeBytes()
    }
}
