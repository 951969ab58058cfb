import Core
import Foundation
import Synchronization

/// Shows a run on standard error: a line that is redrawn in a terminal, a line now and then in a log.
final class Renderer: Sendable {
    private struct State {
        var line = ProgressLine.State()
        var isShown = false
        var isDone = false
        var ticker: Task<Void, Never>?
        var drawn = ""
        var lastPhase: String?
        var lastFraction = 0.0
        var lastTime: ContinuousClock.Instant
    }

    private static let clearLine = "\r\u{1B}[K"
    private static let hideCursor = "\u{1B}[?25l"
    private static let showCursor = "\u{1B}[?25h"

    private let output: Output
    private let state: Mutex<State>
    private let start: ContinuousClock.Instant
    /// Whether notes appear here; false where the receipt, which repeats them, comes to the same terminal.
    private let showsNotes: Bool

    init(_ output: Output, showsNotes: Bool) {
        self.output = output
        self.showsNotes = showsNotes
        start = .now
        state = Mutex(State(lastTime: start))
    }

    /// Draws the first line and keeps the clock in it going.
    func begin(targetBytes: Int?) {
        state.withLock { state in
            state.line.targetBytes = targetBytes
            redraw(&state)
            guard output.isLive else { return }
            state.ticker = Task.detached { [weak self] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(100))
                    self?.tick()
                }
            }
        }
    }

    /// Takes what a run tells.
    func show(_ event: Event) {
        state.withLock { state in
            guard !state.isDone else { return }
            switch event {
            case .planned(let plan):
                for reason in plan.reasons { say(reason, &state) }
            case .keepingFrames, .attempted: break
            case .noted(let text):
                if showsNotes { say(text, &state) }
            case .progress(let progress):
                let isNew =
                    progress.phase != state.line.phase || progress.attempt != state.line.attempt
                state.line.phase = progress.phase
                state.line.fraction = max(state.line.fraction, progress.fraction)
                state.line.framesPerSecond = progress.framesPerSecond
                state.line.remainingSeconds = progress.remainingSeconds
                state.line.projectedBytes = progress.projectedBytes
                state.line.attempt = progress.attempt
                if isNew || !output.isLive { redraw(&state) }
            }
        }
    }

    /// Takes the line away and gives the terminal back; nothing is drawn after that.
    func end() {
        state.withLock { state in
            state.isDone = true
            state.ticker?.cancel()
            state.ticker = nil
            giveBack(&state)
        }
    }

    /// Gives the terminal back for a while; the next tick draws again.
    func pause() {
        state.withLock { giveBack(&$0) }
    }

    /// Gives the terminal back without waiting for anybody.
    func restoreNow() {
        if output.isLive { output.writeIfPossible(Self.clearLine + Self.showCursor) }
    }

    private func tick() {
        state.withLock { state in
            if !state.isDone { redraw(&state) }
        }
    }

    private func giveBack(_ state: inout State) {
        guard state.isShown else { return }
        output.write(Self.clearLine + Self.showCursor)
        state.isShown = false
        state.drawn = ""
    }

    private func redraw(_ state: inout State) {
        let now = ContinuousClock.now
        state.line.elapsedSeconds = seconds(from: start, to: now)
        guard output.isLive else {
            log(&state, now)
            return
        }
        let text = ProgressLine.draw(
            state: state.line,
            width: output.columns,
            style: output.style
        )
        guard text != state.drawn else { return }
        state.drawn = text
        output.write((state.isShown ? "" : Self.hideCursor) + Self.clearLine + text)
        state.isShown = true
    }

    /// A line at the start of a phase, after a quarter of the whole, and after ten seconds.
    private func log(_ state: inout State, _ now: ContinuousClock.Instant) {
        let phase = "\(state.line.phase) \(state.line.attempt)"
        guard
            phase != state.lastPhase || state.line.fraction - state.lastFraction >= 0.25
                || seconds(from: state.lastTime, to: now) >= 10
        else { return }
        state.lastPhase = phase
        state.lastFraction = state.line.fraction
        state.lastTime = now
        output.line(ProgressLine.plain(state.line))
    }

    private func say(_ text: String, _ state: inout State) {
        let width = output.isLive ? min(100, output.columns) : 100
        let lines = Wrapping.lines(text.withoutControls, width: width - 3)
        var block = state.isShown ? Self.clearLine : ""
        for (number, line) in lines.enumerated() {
            block += output.style.dim((number == 0 ? "· " : "  ") + line) + "\n"
        }
        output.write(block + (state.isShown ? state.drawn : ""))
    }

    private func seconds(
        from start: ContinuousClock.Instant,
        to end: ContinuousClock.Instant
    ) -> Double {
        let duration = start.duration(to: end).components
        return Double(duration.seconds) + Double(duration.attoseconds) / 1e18
    }
}
