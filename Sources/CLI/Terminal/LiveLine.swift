import Core
import Jobs
import Synchronization

/// One line at the foot of a terminal, redrawn in place ten times a second; in a log, nothing.
///
/// Whatever else is written meanwhile goes through `interrupt`, so that the line never stands in the
/// middle of it.
final class LiveLine<Content: Equatable & Sendable>: Sendable {
    /// Makes the text: the content, the seconds since it was begun, the width to write for.
    typealias Draw = @Sendable (Content, Double, Int, Style) -> String

    private struct State {
        var content: Content?
        var start: ContinuousClock.Instant
        var isShown = false
        var drawn = ""
        var ticker: Task<Void, Never>?
    }

    private let output: Output
    private let draw: Draw
    private let state: Locked<State>

    init(_ output: Output, draw: @escaping Draw) {
        self.output = output
        self.draw = draw
        state = Locked(State(start: .now))
    }

    /// Shows a content from now on, with a clock that starts at zero.
    func begin(_ content: Content) {
        state.withLock { state in
            state.content = content
            state.start = .now
            redraw(&state)
            guard output.isLive, state.ticker == nil else { return }
            state.ticker = Task.detached { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(100))
                    self?.state.withLock { self?.redraw(&$0) }
                }
            }
        }
    }

    /// Shows another content with the same clock; where it can wait, at the next tick.
    func update(_ content: Content, atOnce: Bool = false) {
        state.withLock { state in
            guard state.content != nil else { return }
            state.content = content
            if atOnce { redraw(&state) }
        }
    }

    /// Lets something be written to the terminal, with the line out of its way.
    func interrupt(_ write: () -> Void) {
        state.withLock { state in
            clear(&state)
            write()
            redraw(&state)
        }
    }

    /// Takes the line away and gives the terminal back.
    func end() {
        state.withLock { state in
            state.content = nil
            state.ticker?.cancel()
            state.ticker = nil
            clear(&state)
        }
    }

    /// Gives the terminal back for a while; the next tick draws again.
    func pause() { state.withLock { clear(&$0) } }

    /// Gives the terminal back without waiting for anybody.
    func restoreNow() {
        if output.isLive { output.writeIfPossible(Escape.clearLine + Escape.showCursor) }
    }

    private func clear(_ state: inout State) {
        guard state.isShown else { return }
        output.write(Escape.clearLine + Escape.showCursor)
        state.isShown = false
        state.drawn = ""
    }

    private func redraw(_ state: inout State) {
        guard output.isLive, let content = state.content else { return }
        let text = draw(
            content,
            state.start.duration(to: .now).inSeconds,
            output.columns,
            output.style
        )
        guard text != state.drawn else { return }
        output.write((state.isShown ? "" : Escape.hideCursor) + Escape.clearLine + text)
        state.drawn = text
        state.isShown = true
    }
}

/// What a terminal is told.
enum Escape {
    static let clearLine = "\r\u{1B}[K"
    static let hideCursor = "\u{1B}[?25l"
    static let showCursor = "\u{1B}[?25h"
    /// What is pasted comes in marks, so that a line break in it is told from Enter.
    static let beginPaste = "\u{1B}[?2004h"
    static let endPaste = "\u{1B}[?2004l"
}
