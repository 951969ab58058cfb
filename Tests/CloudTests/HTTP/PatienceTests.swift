import Testing

@testable import Cloud

@Suite struct PatienceTests {
    private func patience(idle: Duration = .seconds(60), total: Duration? = nil) -> Patience {
        Patience(idle: idle, afterAnswer: .seconds(3), total: total, now: .zero)
    }

    @Test("bytes in any direction, and their acknowledgement, put the stall off")
    func life() {
        var patience = patience()
        var counts = Patience.Counts()
        var now = Duration.zero
        for change in [\Patience.Counts.header, \.down, \.up, \.inFlight] {
            for _ in 0..<59 {
                now += .seconds(1)
                #expect(patience.look(counts, isPaused: false, now: now) != .stalled)
            }
            counts[keyPath: change] += 1
            now += .milliseconds(999)
            #expect(patience.look(counts, isPaused: false, now: now) == .wait(.seconds(1)))
        }
        for _ in 0..<59 {
            now += .seconds(1)
            #expect(patience.look(counts, isPaused: false, now: now) != .stalled)
        }
        now += .seconds(1)
        #expect(patience.look(counts, isPaused: false, now: now) == .stalled)
    }

    @Test("it is looked again when the nearest limit is reached, not later")
    func wait() {
        var patience = patience(idle: .milliseconds(300), total: .milliseconds(400))
        var counts = Patience.Counts()
        #expect(patience.look(counts, isPaused: false, now: .zero) == .wait(.milliseconds(300)))
        counts.down = 1
        let later = Duration.milliseconds(250)
        #expect(patience.look(counts, isPaused: false, now: later) == .wait(.milliseconds(150)))
        let end = Duration.milliseconds(400)
        #expect(patience.look(counts, isPaused: false, now: end) == .timedOut)
    }

    @Test("while the reader is waited for, nobody is late")
    func paused() {
        var patience = patience()
        for second in 1...1000 {
            let verdict = patience.look(.init(), isPaused: true, now: .seconds(second))
            #expect(verdict == .wait(.seconds(1)))
        }
        #expect(patience.look(.init(), isPaused: false, now: .seconds(1001)) != .stalled)
    }

    @Test("scenario 62: time in which this process stood still counts for no limit")
    func stoodStill() {
        var patience = patience(total: .seconds(100))
        _ = patience.look(.init(), isPaused: false, now: .seconds(1))
        // An hour later, before anything could have come.
        let hour = Duration.seconds(3601)
        #expect(patience.look(.init(), isPaused: false, now: hour) == .wait(.seconds(1)))
        var now = hour
        for _ in 0..<57 {
            now += .seconds(1)
            #expect(patience.look(.init(), isPaused: false, now: now) != .stalled)
        }
        now += .seconds(2)
        #expect(patience.look(.init(), isPaused: false, now: now) == .stalled)
    }

    @Test("an upload that has its answer and stands still is given up soon")
    func answered() {
        var patience = patience()
        let first = patience.look(.init(), isPaused: false, isAnswered: true, now: .seconds(2))
        #expect(first == .wait(.seconds(1)))
        let second = patience.look(.init(), isPaused: false, isAnswered: true, now: .seconds(3))
        #expect(second == .stalled)
    }

    @Test("progress counts what was acknowledged, never goes back and ends whole")
    func meter() {
        var meter = UploadMeter()
        func counts(_ up: Int64, _ inFlight: Int64) -> Patience.Counts {
            .init(up: up, inFlight: inFlight)
        }
        #expect(meter.read(counts(0, 200), of: 0, atEnd: false) == nil)
        #expect(
            meter.read(counts(500, 200), of: 900, atEnd: false) == .init(bytes: 300, total: 900)
        )
        #expect(meter.read(counts(500, 200), of: 900, atEnd: false) == nil)
        #expect(meter.read(counts(510, 400), of: 900, atEnd: false) == nil)
        #expect(meter.read(counts(900, 100), of: 900, atEnd: true) == .init(bytes: 900, total: 900))
    }
}
