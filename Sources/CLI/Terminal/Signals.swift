import Core
import Dispatch
import Engine
import Foundation
import Synchronization

/// The wish to stop, from outside: the first signal asks, the second one insists.
///
/// SIGINT and SIGTERM stop; so does SIGHUP, unless the process was started to outlive its terminal.
/// SIGTSTP (Ctrl-Z) gives the terminal back as it was before the process is suspended.
final class Signals: Sendable {
    private struct State {
        var stopped: Int32?
        var cancel: (@Sendable () -> Void)?
        var insist: (@Sendable (Int32) -> Void)?
        var pause: (@Sendable () -> Void)?
        var resume: (@Sendable () -> Void)?
    }

    private let state = Locked(State())

    /// The signal that asked for the end; nil where none did.
    var stopSignal: Int32? {
        state.withLock(\.stopped)
    }

    /// Starts listening.
    ///
    /// - Returns: what listens; it does so as long as it is kept.
    func listen() -> [any DispatchSourceSignal] {
        // Concurrent handlers would let the second signal wait for the first one's cleaning up.
        let queue = DispatchQueue(label: "cinch.signals", attributes: .concurrent)
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM, SIGHUP, SIGTSTP] {
            if number == SIGHUP || number == SIGTSTP, Terminal.isIgnored(number) { continue }
            Terminal.ignore(number)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { @Sendable [weak self] in self?.received(number) }
            source.resume()
            sources.append(source)
        }
        return sources
    }

    /// Says what a signal does; a signal that came before this call takes effect now.
    ///
    /// - Parameters:
    ///   - cancel: asks the work to end.
    ///   - insist: ends the process, given the exit code.
    ///   - pause: gives the terminal back.
    ///   - resume: takes it again.
    func whenStopped(
        cancel: @escaping @Sendable () -> Void,
        insist: @escaping @Sendable (Int32) -> Void,
        pause: @escaping @Sendable () -> Void,
        resume: @escaping @Sendable () -> Void = {}
    ) {
        let isLate = state.withLock { state in
            state.cancel = cancel
            state.insist = insist
            state.pause = pause
            state.resume = resume
            return state.stopped != nil
        }
        if isLate { cancel() }
    }

    private func received(_ number: Int32) {
        if number == SIGTSTP {
            state.withLock(\.pause)?()
            Worker.suspendAll()
            Terminal.suspend()
            Worker.resumeAll()
            state.withLock(\.resume)?()
            return
        }
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            if state.stopped != nil {
                let insist = state.insist
                return { insist?(number == SIGINT ? 130 : 143) }
            }
            state.stopped = number
            return state.cancel
        }
        action?()
    }
}
