import Foundation
import Synchronization
import SystemPackage

/// Lines of standard input, one whenever somebody asks for it.
///
/// Reading blocks a thread of its own, so that a wait for a person can be given up: the thread stays
/// behind in its read, and the process ends without it.
final class LineReader: Sendable {
    private struct State {
        var waiting: CheckedContinuation<String?, Never>?
        var isCancelled = false
        var hasThread = false
        /// A line that came after its asker had left.
        var unclaimed: [String] = []
        var isOver = false
    }

    /// A line that is longer than any list of paths is cut here.
    private static let longest = 1 << 20

    private let descriptor: FileDescriptor
    private let state = Mutex(State())
    private let wish = DispatchSemaphore(value: 0)

    init(_ descriptor: FileDescriptor = .standardInput) { self.descriptor = descriptor }

    /// Whether a person can be asked something.
    var isTerminal: Bool { Terminal.isTerminal(descriptor) }

    /// The next line without its break; nil at the end, and where the task was cancelled.
    func next() async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> String?? in
                    if state.isCancelled { return .some(nil) }
                    if !state.unclaimed.isEmpty { return state.unclaimed.removeFirst() }
                    if state.isOver { return .some(nil) }
                    state.waiting = continuation
                    if !state.hasThread {
                        state.hasThread = true
                        start()
                    }
                    return nil
                }
                if let answer { continuation.resume(returning: answer) } else { wish.signal() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.isCancelled = true
                return state.waiting.take()
            }
            waiting?.resume(returning: nil)
        }
    }

    private func start() {
        let thread = Thread { [self] in
            var buffer: [UInt8] = []
            while true {
                wish.wait()
                let line = read(&buffer)
                let waiting = state.withLock { state in
                    if let line, state.waiting == nil { state.unclaimed.append(line) }
                    state.isOver = line == nil
                    return state.waiting.take()
                }
                waiting?.resume(returning: line)
                if line == nil { return }
            }
        }
        thread.name = "cinch.input"
        thread.start()
    }

    /// Reads up to the next line break; what came behind it stays in the buffer.
    private func read(_ buffer: inout [UInt8]) -> String? {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                buffer.removeFirst(line.count + 1)
                return text(line)
            }
            searched = buffer.count
            let count =
                buffer.count > Self.longest
                ? 0
                : unsafe (try? chunk.withUnsafeMutableBytes {
                    unsafe try descriptor.read(into: $0)
                }) ?? 0
            guard count > 0 else {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : text(buffer[...])
            }
            buffer += chunk[..<count]
        }
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        let line = String(decoding: bytes, as: UTF8.self)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }
}
