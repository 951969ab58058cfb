/// How long a transfer may go on: a pure machine over what has moved so far and the time.
///
/// Time is that of a clock which stands still while the machine sleeps. Time in which this process
/// did not run (it was stopped, the machine was overloaded) is not held against the other side.
struct Patience {
    enum Verdict: Equatable {
        /// Look again after this long at the latest.
        case wait(Duration)
        case stalled
        case timedOut
    }

    /// What moved so far; any change of any number is life.
    struct Counts: Equatable {
        var header: Int64 = 0
        var down: Int64 = 0
        var up: Int64 = 0
        /// Handed to the system, not yet acknowledged by the other side.
        var inFlight: Int64 = 0
    }

    /// The longest wait between two looks.
    static let longestWait = Duration.seconds(1)
    /// A look that comes this much later than it was asked for means that the process stood still.
    static let oversleeping = Duration.seconds(2)

    let idle: Duration
    /// How long an upload may stand still that has got its answer already.
    let afterAnswer: Duration
    let total: Duration?
    private var start: Duration
    private var lastMove: Duration
    private var lastLook: Duration
    private var lastCounts = Counts()

    /// Limits in real time; `now` as for `look`.
    init(idle: Duration, afterAnswer: Duration, total: Duration?, now: Duration) {
        (self.idle, self.afterAnswer, self.total) = (idle, afterAnswer, total)
        (start, lastMove, lastLook) = (now, now, now)
    }

    /// What to do at `now`; `isPaused` while the reader of the answer is the one who is waited for.
    mutating func look(
        _ counts: Counts,
        isPaused: Bool,
        isAnswered: Bool = false,
        now: Duration
    ) -> Verdict {
        let idle = isAnswered ? afterAnswer : idle
        let late = now - lastLook - Self.longestWait
        if late > Self.oversleeping {
            start += late
            lastMove += late
        }
        lastLook = now
        if counts != lastCounts || isPaused {
            (lastCounts, lastMove) = (counts, now)
        }
        if let total, now - start >= total { return .timedOut }
        if now - lastMove >= idle { return .stalled }
        var wait = min(Self.longestWait, idle - (now - lastMove))
        if let total { wait = min(wait, total - (now - start)) }
        return .wait(wait)
    }
}

/// What of a body the other side has received, as it is told to whoever asked.
struct UploadMeter {
    private var last = TransferProgress(bytes: 0, total: nil)

    /// Nil where there is nothing new; never goes back.
    mutating func read(_ counts: Patience.Counts, of total: Int64, atEnd: Bool) -> TransferProgress?
    {
        // In flight are encrypted bytes and headers too: near enough until the end.
        let bytes = atEnd ? counts.up : counts.up - counts.inFlight
        let now = TransferProgress(bytes: max(last.bytes, bytes), total: total > 0 ? total : nil)
        guard now != last else { return nil }
        last = now
        return now
    }
}
