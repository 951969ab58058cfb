import Core
import Foundation

/// Turns the work done into progress events: ten a second, and a fraction that never goes back.
struct Meter {
    private let events: @Sendable (Event) -> Void
    private let clock = ContinuousClock()
    let start: ContinuousClock.Instant
    private var phaseStart: ContinuousClock.Instant
    private var lastEvent: ContinuousClock.Instant?
    private var phase = Phase.probing
    private var attempt = 1
    private var fraction = 0.0
    private var base = 0.0
    private var end = 0.0
    // Of the phases that are over, and what the process had used when this one began.
    private var past: [PhaseCost] = []
    private var cpuStart = ProcessUsage.now.cpuSeconds

    init(events: @escaping @Sendable (Event) -> Void) {
        self.events = events
        start = clock.now
        phaseStart = start
    }

    var elapsedSeconds: Double { start.duration(to: clock.now).inSeconds }

    func send(_ event: Event) {
        events(event)
    }

    /// What each phase took up to now; one that came back is counted once.
    var costs: [PhaseCost] {
        let wall = phaseStart.duration(to: clock.now).inSeconds
        let cpu = ProcessUsage.now.cpuSeconds - cpuStart
        var costs = past
        if let index = costs.firstIndex(where: { $0.phase == phase }) {
            costs[index].wallSeconds += wall
            costs[index].cpuSeconds += cpu
        } else {
            costs.append(PhaseCost(phase: phase, wallSeconds: wall, cpuSeconds: cpu))
        }
        return costs
    }

    /// Begins a phase that ends at `end` of the whole bar.
    mutating func begin(_ phase: Phase, until end: Double, attempt: Int = 1) {
        past = costs
        cpuStart = ProcessUsage.now.cpuSeconds
        self.phase = phase
        self.attempt = attempt
        base = fraction
        self.end = max(end, fraction)
        phaseStart = clock.now
        lastEvent = nil
        update(0, frames: 0)
    }

    /// Reports how much of the phase is done, 0 to 1.
    mutating func update(
        _ done: Double,
        frames: Int,
        projectedBytes: Int? = nil,
        attempt number: Int? = nil
    ) {
        if let number { attempt = number }
        let now = clock.now
        if let lastEvent, lastEvent.duration(to: now) < .milliseconds(100) { return }
        lastEvent = now
        let inPhase = min(1, max(0, done.isFinite ? done : 0))
        fraction = max(fraction, base + (end - base) * inPhase)
        let elapsed = elapsedSeconds
        let phaseSeconds = phaseStart.duration(to: now).inSeconds
        events(
            .progress(
                Progress(
                    phase: phase,
                    fraction: fraction,
                    frames: frames,
                    framesPerSecond: phaseSeconds > 0.05 ? Double(frames) / phaseSeconds : 0,
                    // The first moments say nothing about the rest.
                    remainingSeconds: fraction > 0.03 && elapsed > 1
                        ? elapsed / fraction - elapsed : nil,
                    projectedBytes: projectedBytes,
                    attempt: attempt
                )
            )
        )
    }
}

extension Duration {
    /// For display and estimates.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
