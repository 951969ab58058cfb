/// What the events, the timers and the readings of the state mean for one message (§4.8 to §4.10).
///
/// A pure machine: it is told what happened and when, and says what to do next. It never says
/// `send` a second time but for a message that the service cannot have taken, after the state was read
/// and had not changed, or may not have taken, after it had not changed for as long as work may last.
///
/// After the stream is over, or seems to be, everything is a list of readings of the state: what
/// to wait before each, and what it means if one shows a change or none does. The connection stays
/// open meanwhile, because closing it may stop paid work (§20); what still comes on it counts.
package struct AgentRun: Sendable {
    package struct Limits: Sendable {
        /// Of the whole run.
        package var whole = Duration.seconds(900)
        /// Nothing but heartbeats for this long is a time-out.
        package var heartbeatsOnly = Duration.seconds(600)
        /// Not one byte for this long is a dead connection.
        package var silence = Duration.seconds(120)
        /// Between two notes that the work goes on.
        package var note = Duration.seconds(120)
        /// Between the service's word that it is done and the end of the stream, which alone is the end.
        package var farewell = Duration.seconds(5)
        /// Waits before the readings after a silent end: the service may write late.
        package var settling: [Duration] = [.zero, .seconds(3), .seconds(3)]
        /// Waits before the readings after a lost connection.
        package var ladder: [Duration] = [30, 60, 60, 60, 60].map { .seconds($0) }

        package init() {}
    }

    package enum Input: Sendable, Equatable {
        /// The message was sent.
        case sent
        /// Bytes came, whatever they say.
        case bytes
        /// An event that is more than a heartbeat.
        case activity
        /// Text for the user came.
        case text
        /// The service reported an error.
        case error
        /// The service said that it is done; the end of the stream should follow (§4.3).
        case done
        /// The stream ended: whole, or torn off.
        case ended(isWhole: Bool)
        /// Not one byte of an answer came, or a 5xx in its place; certain when the request cannot
        /// have reached the service.
        case neverBegan(isCertain: Bool)
        /// What a reading of the state showed, compared with the one before the message.
        case state(Reading)
        case time
    }

    package enum Reading: Sendable, Equatable {
        case changed
        case unchanged
        case unreadable
    }

    package enum Action: Sendable, Equatable {
        case send
        /// Wait for the stream or until that time, whichever is first.
        case wait(until: Duration)
        case readState
        case finish(Outcome)
    }

    package enum Outcome: Sendable, Equatable {
        /// Text came and the stream ended as it should.
        case answered
        /// No text, but the timeline changed (§4.10).
        case edited
        /// No text, no change.
        case nothing
        /// The service reported an error.
        case failed
        /// The connection was lost and the timeline changed.
        case recovered
        /// The connection was lost and the timeline did not change.
        case lost
        /// The service never took the message.
        case neverBegan
    }

    /// Readings to come and what they will mean.
    private struct Recovery {
        var waits: ArraySlice<Duration>
        var ifChanged: Outcome
        var ifUnchanged: Outcome
        /// Whether the message may be sent once more when nothing changed.
        var maySend = false
        /// Whether the service may be at work although it never said so.
        var isInDoubt = false
        /// What on the open connection shows that the run goes on after all.
        var revivedBy: Input?
        /// When to read next.
        var readAt = Duration.zero
    }

    private let limits: Limits
    private let started: Duration
    private var lastBytes: Duration
    private var lastActivity: Duration
    private var nextNote: Duration
    /// When the stream is taken for ended although it stays open.
    private var endBy: Duration?
    private var hasText = false
    private var hasError = false
    private var wasSentTwice = false
    private var recovery: Recovery?
    private var outcome: Outcome?

    /// A run that is about to begin; times are those of one clock that never goes back.
    package init(at now: Duration, limits: Limits = Limits()) {
        self.limits = limits
        (started, lastBytes, lastActivity) = (now, now, now)
        nextNote = now + limits.note
    }

    /// Whether the note that the work goes on is due; true once for each time.
    package mutating func noteIsDue(at now: Duration) -> Bool {
        guard now >= nextNote, outcome == nil else { return false }
        // After a long sleep one note is enough.
        nextNote = now + limits.note
        return true
    }

    /// Whether the service has said that it is done, and nothing since.
    package var expectsEnd: Bool { endBy != nil }

    /// Whether the end that the service spoke of has not come in time.
    package func endIsDue(at now: Duration) -> Bool { endBy.map { now >= $0 } ?? false }

    /// Whether it is not known any more if the service works: the state has to tell.
    package var isRecovering: Bool { recovery?.ifUnchanged == .lost }

    /// Whether it is not known if the service took the message; the state has to tell.
    package var isInDoubt: Bool { recovery?.isInDoubt == true }

    /// Whether the message is sent once more if nothing changes.
    package var maySendAgain: Bool { recovery?.maySend == true }

    /// Takes what happened and says what to do next.
    package mutating func take(_ input: Input, at now: Duration) -> Action {
        if let outcome { return .finish(outcome) }
        switch input {
        case .sent: (lastBytes, lastActivity) = (now, now)
        case .bytes: lastBytes = now
        // A word that was no farewell after all, but the end of a step: the work goes on.
        case .activity: (lastActivity, endBy) = (now, nil)
        case .text:
            (lastActivity, endBy) = (now, nil)
            nextNote = now + limits.note
            hasText = true
        case .error:
            (lastActivity, endBy) = (now, nil)
            hasError = true
        case .done: (lastActivity, endBy) = (now, now + limits.farewell)
        case .ended(let isWhole): return end(isWhole: isWhole, at: now)
        // The one connection that could say so is gone already.
        case .neverBegan where isInDoubt: break
        case .neverBegan(let isCertain):
            // A gateway's "too late" says nothing of the work behind it, which may take minutes and
            // would be paid twice.
            return recover(
                isCertain ? [.zero] : limits.ladder,
                .recovered,
                .neverBegan,
                maySend: !wasSentTwice,
                isInDoubt: !isCertain,
                at: now
            )
        case .state(let reading): return read(reading, at: now)
        case .time: break
        }
        if let revivedBy = recovery?.revivedBy, input == revivedBy || isLouder(input, revivedBy) {
            recovery = nil
        }
        return next(at: now)
    }

    private mutating func next(at now: Duration) -> Action {
        if let recovery {
            guard now >= recovery.readAt else {
                return .wait(until: min(recovery.readAt, nextNote))
            }
            return .readState
        }
        if now >= started + limits.whole {
            return recover(limits.ladder, .recovered, .lost, at: now)
        }
        if now >= lastBytes + limits.silence {
            return recover(limits.ladder, .recovered, .lost, revivedBy: .bytes, at: now)
        }
        if now >= lastActivity + limits.heartbeatsOnly {
            return recover(limits.ladder, .recovered, .lost, revivedBy: .activity, at: now)
        }
        return .wait(
            until: min(
                started + limits.whole,
                lastBytes + limits.silence,
                lastActivity + limits.heartbeatsOnly,
                nextNote,
                endBy ?? nextNote
            )
        )
    }

    private mutating func end(isWhole: Bool, at now: Duration) -> Action {
        endBy = nil
        if hasError { return recover([.zero], .failed, .failed, at: now) }
        // The connection that was being waited for is gone: the readings go on as they are.
        if !isWhole, let recovery, recovery.ifUnchanged == .lost {
            self.recovery?.revivedBy = nil
            return next(at: now)
        }
        if !isWhole { return recover(limits.ladder, .recovered, .lost, at: now) }
        // The reading tells what changed and is the newest state for what comes next (§4.11).
        if hasText { return recover([.zero], .answered, .answered, at: now) }
        return recover(limits.settling + limits.ladder, .edited, .nothing, at: now)
    }

    private mutating func recover(
        _ waits: [Duration],
        _ ifChanged: Outcome,
        _ ifUnchanged: Outcome,
        maySend: Bool = false,
        isInDoubt: Bool = false,
        revivedBy: Input? = nil,
        at now: Duration
    ) -> Action {
        recovery = Recovery(
            waits: waits[...],
            ifChanged: ifChanged,
            ifUnchanged: ifUnchanged,
            maySend: maySend,
            isInDoubt: isInDoubt,
            revivedBy: revivedBy
        )
        return climb(at: now)
    }

    /// Goes to the next reading, or to the end.
    private mutating func climb(at now: Duration) -> Action {
        guard let wait = recovery?.waits.popFirst() else {
            return finish(recovery?.ifUnchanged ?? .lost)
        }
        recovery?.readAt = now + wait
        return next(at: now)
    }

    private mutating func read(_ reading: Reading, at now: Duration) -> Action {
        // A reading that was ordered before the run came back to life says nothing any more.
        guard let recovery else { return next(at: now) }
        if reading == .changed { return finish(recovery.ifChanged) }
        if recovery.waits.isEmpty, recovery.maySend, reading == .unchanged {
            self.recovery = nil
            wasSentTwice = true
            return .send
        }
        return climb(at: now)
    }

    private mutating func finish(_ outcome: Outcome) -> Action {
        self.outcome = outcome
        return .finish(outcome)
    }

    private func isLouder(_ input: Input, _ needed: Input) -> Bool {
        switch (input, needed) {
        case (.text, .activity), (.error, .activity), (.done, .activity): true
        default: false
        }
    }
}
