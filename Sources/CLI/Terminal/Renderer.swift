import Core
import Synchronization

/// Shows a run on standard error: a line that is redrawn in a terminal, a line now and then in a log.
final class Renderer: Sendable {
    private struct State {
        var line = ProgressLine.State()
        var isDone = false
        var lastPhase: String?
        var lastFraction = 0.0
        var lastTime: ContinuousClock.Instant
    }

    private let output: Output
    private let live: LiveLine<ProgressLine.State>
    private let state: Locked<State>
    /// Whether notes appear here; false where the receipt, which repeats them, comes to the same terminal.
    private let showsNotes: Bool

    init(_ output: Output, showsNotes: Bool) {
        self.output = output
        self.showsNotes = showsNotes
        live = LiveLine(output) { line, seconds, width, style in
            var line = line
            line.elapsedSeconds = seconds
            return ProgressLine.draw(state: line, width: width, style: style)
        }
        state = Locked(State(lastTime: .now))
    }

    /// Draws the first line and keeps the clock in it going.
    func begin(targetBytes: Int?) {
        state.withLock { state in
            state.line.targetBytes = targetBytes
            live.begin(state.line)
            log(&state)
        }
    }

    /// Takes what a run tells.
    func show(_ event: Event) {
        state.withLock { state in
            guard !state.isDone else { return }
            switch event {
            case .planned(let plan):
                for reason in plan.reasons { say(reason) }
            case .plannedSound(let plan):
                for reason in plan.reasons { say(reason) }
            case .plannedStill(let plan):
                for reason in plan.reasons { say(reason) }
            case .identified, .keepingFrames, .attempted: break
            case .noted(let text):
                if showsNotes { say(text) }
            case .progress(let progress):
                let isNew =
                    progress.phase != state.line.phase || progress.attempt != state.line.attempt
                state.line.phase = progress.phase
                state.line.fraction = max(state.line.fraction, progress.fraction)
                state.line.framesPerSecond = progress.framesPerSecond
                state.line.remainingSeconds = progress.remainingSeconds
                state.line.projectedBytes = progress.projectedBytes
                state.line.attempt = progress.attempt
                state.line.receivedBytes = progress.receivedBytes
                live.update(state.line, atOnce: isNew)
                log(&state)
            }
        }
    }

    /// Says something beside what the run tells.
    func note(_ text: String) {
        state.withLock { state in if !state.isDone { say(text) } }
    }

    /// Takes the line away and gives the terminal back; nothing is drawn after that.
    func end() {
        state.withLock { state in
            state.isDone = true
            live.end()
        }
    }

    /// Gives the terminal back for a while; the next tick draws again.
    func pause() { live.pause() }

    /// Gives the terminal back without waiting for anybody.
    func restoreNow() { live.restoreNow() }

    /// A line at the start of a phase, after a quarter of the whole, and after ten seconds.
    private func log(_ state: inout State) {
        guard !output.isLive else { return }
        let now = ContinuousClock.now
        let phase = "\(state.line.phase) \(state.line.attempt)"
        guard
            phase != state.lastPhase || state.line.fraction - state.lastFraction >= 0.25
                || state.lastTime.duration(to: now) >= .seconds(10)
        else { return }
        state.lastPhase = phase
        state.lastFraction = state.line.fraction
        state.lastTime = now
        output.line(ProgressLine.plain(state.line))
    }

    private func say(_ text: String) {
        live.interrupt { output.line(Wrapping.note(text, output)) }
    }
}
