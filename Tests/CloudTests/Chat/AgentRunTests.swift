import Testing

@testable import Cloud

/// One message's life as a dialogue: what happened, when, and what is to be done next.
@Suite struct AgentRunTests {
    /// A run sent at zero, with the specification's limits.
    private func running() -> AgentRun {
        var run = AgentRun(at: .zero)
        _ = run.take(.sent, at: .zero)
        return run
    }

    @Test("a run with text reads the state once and has been answered")
    func answered() {
        var run = running()
        #expect(run.take(.bytes, at: .seconds(1)) == .wait(until: .seconds(120)))
        #expect(run.take(.text, at: .seconds(1)) == .wait(until: .seconds(121)))
        #expect(run.take(.ended(isWhole: true), at: .seconds(5)) == .readState)
        #expect(run.take(.state(.unchanged), at: .seconds(6)) == .finish(.answered))
        #expect(run.take(.time, at: .seconds(900)) == .finish(.answered))
    }

    @Test("a silent edit reads at once, then after 3 and 3 seconds, then climbs the ladder")
    func silentEditReadings() {
        var run = running()
        var now = Duration.seconds(10)
        var waits: [Duration] = []
        var action = run.take(.ended(isWhole: true), at: now)
        while true {
            #expect(action == .readState)
            action = run.take(.state(.unchanged), at: now)
            if action == .finish(.nothing) { break }
            let start = now
            while case .wait(let until) = action {
                now = until
                _ = run.noteIsDue(at: now)
                action = run.take(.time, at: now)
            }
            waits.append(now - start)
            guard waits.count < 20 else { return }
        }
        #expect(waits == [3, 3, 30, 60, 60, 60, 60].map { .seconds($0) })
    }

    @Test("a silent edit whose change shows late was an edit")
    func silentEditLate() {
        var run = running()
        #expect(run.take(.ended(isWhole: true), at: .seconds(10)) == .readState)
        #expect(run.take(.state(.unchanged), at: .seconds(10)) == .wait(until: .seconds(13)))
        #expect(run.take(.time, at: .seconds(13)) == .readState)
        #expect(run.take(.state(.changed), at: .seconds(13)) == .finish(.edited))
    }

    @Test("a cut reads after 30, 60, 60, 60 and 60 seconds and is lost after five unchanged ones")
    func cutIsLost() {
        var run = running()
        _ = run.take(.text, at: .seconds(2))
        var action = run.take(.ended(isWhole: false), at: .seconds(10))
        var now = Duration.seconds(10)
        var readAt: [Duration] = []
        while true {
            switch action {
            case .wait(let until):
                now = until
                _ = run.noteIsDue(at: now)
                action = run.take(.time, at: now)
            case .readState:
                readAt.append(now)
                action = run.take(.state(readAt.count == 2 ? .unreadable : .unchanged), at: now)
            default:
                #expect(action == .finish(.lost))
                #expect(readAt == [40, 100, 160, 220, 280].map { .seconds($0) })
                return
            }
            guard readAt.count < 10 else { return }
        }
    }

    @Test("a cut whose work goes on is recovered at the reading that shows the change")
    func cutIsRecovered() {
        var run = running()
        #expect(run.take(.ended(isWhole: false), at: .seconds(10)) == .wait(until: .seconds(40)))
        #expect(run.take(.time, at: .seconds(40)) == .readState)
        #expect(run.take(.state(.changed), at: .seconds(41)) == .finish(.recovered))
    }

    @Test("heartbeats hold off silence for ten minutes, then the ladder begins")
    func heartbeatsOnly() {
        var run = running()
        var now = Duration.zero
        var notes = 0
        while now < .seconds(599) {
            now += .seconds(15)
            if run.noteIsDue(at: now) { notes += 1 }
            guard case .wait = run.take(.bytes, at: now) else { break }
        }
        #expect(now == .seconds(600))
        #expect(notes == 5)
        #expect(run.take(.time, at: .seconds(630)) == .readState)
    }

    @Test("an event on the open connection brings a timed-out run back")
    func revived() {
        var run = running()
        #expect(run.take(.time, at: .seconds(120)) == .wait(until: .seconds(120)))
        #expect(run.noteIsDue(at: .seconds(120)) == true)
        #expect(run.take(.time, at: .seconds(121)) == .wait(until: .seconds(150)))
        #expect(run.take(.bytes, at: .seconds(140)) == .wait(until: .seconds(240)))
        #expect(run.take(.text, at: .seconds(141)) == .wait(until: .seconds(260)))
        #expect(run.take(.ended(isWhole: true), at: .seconds(150)) == .readState)
    }

    @Test("after fifteen minutes nothing brings it back")
    func hardLimit() {
        var run = running()
        var now = Duration.zero
        var action = AgentRun.Action.wait(until: .zero)
        while now < .seconds(900) {
            now += .seconds(60)
            _ = run.noteIsDue(at: now)
            _ = run.take(.activity, at: now)
            action = run.take(.bytes, at: now)
        }
        #expect(action == .wait(until: .seconds(930)))
        #expect(run.take(.text, at: .seconds(910)) == .wait(until: .seconds(930)))
        #expect(run.take(.time, at: .seconds(930)) == .readState)
    }

    @Test("an orderly end during the readings counts as the end that it is")
    func orderlyEndWhileReading() {
        var run = running()
        #expect(run.noteIsDue(at: .seconds(125)) == true)
        #expect(run.take(.time, at: .seconds(125)) == .wait(until: .seconds(155)))
        _ = run.take(.text, at: .seconds(130))
        #expect(run.take(.ended(isWhole: true), at: .seconds(131)) == .readState)
        #expect(run.take(.state(.changed), at: .seconds(131)) == .finish(.answered))
    }

    @Test("a cut during the readings does not start them again")
    func cutWhileReading() {
        var run = running()
        _ = run.noteIsDue(at: .seconds(125))
        #expect(run.take(.time, at: .seconds(125)) == .wait(until: .seconds(155)))
        #expect(run.take(.ended(isWhole: false), at: .seconds(150)) == .wait(until: .seconds(155)))
        #expect(run.take(.bytes, at: .seconds(151)) == .wait(until: .seconds(155)))
        #expect(run.take(.time, at: .seconds(155)) == .readState)
    }

    @Test("an end that is spoken of is waited for, and is none when something follows it")
    func farewell() {
        var run = running()
        _ = run.take(.text, at: .seconds(1))
        #expect(run.take(.done, at: .seconds(2)) == .wait(until: .seconds(7)))
        #expect(run.expectsEnd && !run.endIsDue(at: .seconds(6)) && run.endIsDue(at: .seconds(7)))
        #expect(run.take(.activity, at: .seconds(4)) == .wait(until: .seconds(120)))
        #expect(!run.expectsEnd && !run.endIsDue(at: .seconds(100)))
        #expect(run.take(.done, at: .seconds(50)) == .wait(until: .seconds(55)))
        #expect(run.take(.ended(isWhole: true), at: .seconds(55)) == .readState)
        #expect(!run.expectsEnd)
    }

    @Test("an error is reported after the state was read")
    func failed() {
        var run = running()
        _ = run.take(.error, at: .seconds(3))
        #expect(run.take(.ended(isWhole: false), at: .seconds(3)) == .readState)
        #expect(run.take(.state(.changed), at: .seconds(4)) == .finish(.failed))
    }

    @Test(
        "a message in doubt is sent again once, after the whole ladder, and given up after another"
    )
    func sentOnceMore() {
        var run = running()
        var now = Duration.seconds(1)
        var action = run.take(.neverBegan(isCertain: false), at: now)
        #expect(run.isInDoubt && run.maySendAgain && !run.isRecovering)
        var readAt: [Duration] = []
        var sentAt: [Duration] = []
        while readAt.count < 20 {
            switch action {
            case .wait(let until):
                now = until
                _ = run.noteIsDue(at: now)
                action = run.take(.time, at: now)
            case .readState:
                readAt.append(now)
                action = run.take(.state(.unchanged), at: now)
            case .send:
                sentAt.append(now)
                #expect(!run.isInDoubt)
                _ = run.take(.sent, at: now)
                action = run.take(.neverBegan(isCertain: false), at: now)
                #expect(run.isInDoubt && !run.maySendAgain)
            case .finish(let outcome):
                #expect(outcome == .neverBegan)
                #expect(sentAt == [.seconds(271)])
                #expect(
                    readAt == [31, 91, 151, 211, 271, 301, 361, 421, 481, 541].map { .seconds($0) }
                )
                return
            }
        }
        Issue.record("it never ends")
    }

    @Test("a message that never left is sent again at once, if a reading shows no change")
    func sentAgainAtOnce() {
        var run = running()
        #expect(run.take(.neverBegan(isCertain: true), at: .seconds(1)) == .readState)
        #expect(!run.isInDoubt)
        #expect(run.take(.state(.unchanged), at: .seconds(2)) == .send)
        #expect(run.take(.sent, at: .seconds(2)) == .wait(until: .seconds(120)))
    }

    @Test("a message whose state cannot be read is not sent again")
    func notSentBlindly() {
        var run = running()
        #expect(run.take(.neverBegan(isCertain: true), at: .seconds(1)) == .readState)
        #expect(run.take(.state(.unreadable), at: .seconds(2)) == .finish(.neverBegan))
    }

    @Test("a message that never began, yet changed the state, is not sent again")
    func changedAfterAll() {
        var run = running()
        #expect(run.take(.neverBegan(isCertain: true), at: .seconds(1)) == .readState)
        #expect(run.take(.state(.changed), at: .seconds(2)) == .finish(.recovered))
    }

    @Test("no dialogue makes the machine send a message more than twice, or run for ever")
    func randomDialogues() {
        var generator = SystemRandomNumberGenerator()
        let inputs: [AgentRun.Input] = [
            .bytes, .activity, .text, .error, .ended(isWhole: true), .ended(isWhole: false),
            .neverBegan(isCertain: true), .neverBegan(isCertain: false), .time, .state(.unchanged),
        ]
        for _ in 0..<200 {
            var run = running()
            var now = Duration.zero
            var sends = 1
            var isOver = false
            for _ in 0..<400 where !isOver {
                now += .seconds(Int.random(in: 0...30, using: &generator))
                _ = run.noteIsDue(at: now)
                var action = run.take(inputs.randomElement(using: &generator) ?? .time, at: now)
                if action == .readState { action = run.take(.state(.unchanged), at: now) }
                if action == .send { sends += 1 }
                if case .finish = action { isOver = true }
            }
            #expect(sends <= 2)
            // 400 inputs of 15 seconds on average are far beyond every limit.
            #expect(isOver || now < .seconds(2000))
        }
    }
}
