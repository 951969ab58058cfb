import Core
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// Lines of standard input, one whenever somebody asks for it.
///
/// Reading blocks a thread of its own, so that a wait for a person can be given up: the thread stays
/// behind in its read, and the process ends without it.
final class LineReader: Sendable {
    /// Where a person edits the line, and what stands before it.
    struct Prompt: Sendable {
        var output: Output
        var sign: String
        var columns: Int
    }

    private struct State {
        var waiting: CheckedContinuation<String?, Never>?
        var prompt: Prompt?
        var isCancelled = false
        var hasThread = false
        /// A line that came after its asker had left.
        var unclaimed: [String] = []
        var isOver = false
    }

    /// A line that is longer than any list of paths is cut here.
    private static let longest = 1 << 20

    private let descriptor: FileDescriptor
    private let mode: TerminalMode
    private let state = Locked(State())
    private let editor = Locked(LineEditor())
    /// Where a line is being edited just now.
    private let screen = Locked<Output?>(nil)
    private let wish = DispatchSemaphore(value: 0)

    init(_ descriptor: FileDescriptor = .standardInput) {
        self.descriptor = descriptor
        mode = TerminalMode(descriptor)
    }

    /// Whether a person can be asked something.
    var isTerminal: Bool { Terminal.isTerminal(descriptor) }

    /// The next line without its break; nil at the end, and where the task was cancelled.
    ///
    /// With a prompt, in a terminal, the line can be edited, and earlier ones recalled.
    func next(_ prompt: Prompt? = nil) async -> String? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> String?? in
                    if state.isCancelled { return .some(nil) }
                    if !state.unclaimed.isEmpty { return state.unclaimed.removeFirst() }
                    if state.isOver { return .some(nil) }
                    state.waiting = continuation
                    state.prompt = prompt
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
            release()
            waiting?.resume(returning: nil)
        }
    }

    /// Gives the terminal back as it was, for an exit or while the process is suspended.
    func release() {
        screen.withLock { $0.take() }?.writeIfPossible(Escape.endPaste)
        mode.restore()
    }

    /// Goes on with the line that was being edited.
    func resume() {
        let prompt = state.withLock { $0.waiting == nil ? nil : $0.prompt }
        guard let prompt, begin(on: prompt.output) else { return }
        draw(prompt, editor.withLock { $0 })
    }

    private func begin(on output: Output) -> Bool {
        guard mode.takeKeys() else { return false }
        screen.withLock { $0 = output }
        output.write(Escape.beginPaste)
        return true
    }

    private func start() {
        let thread = Thread { [self] in
            var buffer: [UInt8] = []
            while true {
                wish.wait()
                let prompt = state.withLock(\.prompt)
                let line = prompt.flatMap { edit($0, &buffer) } ?? read(&buffer, unless: prompt)
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

    // MARK: Editing

    /// Lets a person edit a line; nil where that is impossible, or at the end.
    private func edit(_ prompt: Prompt, _ buffer: inout [UInt8]) -> String? {
        guard begin(on: prompt.output) else { return nil }
        defer { release() }
        var keys = KeyReader()
        draw(prompt, editor.withLock { $0 })
        while true {
            // One at a time, so that what comes behind the line stays for the next one.
            while !buffer.isEmpty {
                for key in keys.feed([buffer.removeFirst()]) {
                    let (outcome, after) = editor.withLock { ($0.take(key), $0) }
                    switch outcome {
                    case .goesOn: if buffer.isEmpty { draw(prompt, after) }
                    case .ended: return nil
                    case .entered(let line):
                        // In full, for what is above: only a window of a long one was shown.
                        prompt.output.write(Escape.clearLine + prompt.sign + line + "\n")
                        return line
                    }
                }
            }
            guard let more = chunk() else { return nil }
            buffer += more
        }
    }

    private func draw(_ prompt: Prompt, _ line: LineEditor) {
        let width = prompt.output.columns - prompt.columns - 1
        let (text, column) = line.window(width: width)
        let place = column + prompt.columns
        prompt.output.write(
            Escape.clearLine + prompt.sign + text + "\r"
                + (place > 0 ? "\u{1B}[\(place)C" : "")
        )
    }

    // MARK: Reading

    /// Reads up to the next line break; what came behind it stays in the buffer.
    private func read(_ buffer: inout [UInt8], unless prompt: Prompt?) -> String? {
        // Somebody who could have edited a line has ended the input.
        if prompt != nil, isTerminal { return nil }
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                buffer.removeFirst(line.count + 1)
                return text(line)
            }
            searched = buffer.count
            guard buffer.count <= Self.longest, let more = chunk() else {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : text(buffer[...])
            }
            buffer += more
        }
    }

    /// What is there, at least a byte; nil at the end.
    private func chunk() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count =
            unsafe (try? chunk.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }) ?? 0
        return count > 0 ? Array(chunk[..<count]) : nil
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        let line = String(decoding: bytes, as: UTF8.self)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }
}
