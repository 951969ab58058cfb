/// Submitting, polling and giving up one render (§9.2 to §9.4), as a pure machine.
///
/// It is told what the service answered and when, and says what to do next. At most one new id is
/// ever made: for a render that failed, or for a submission that the service turns out not to have
/// seen.
package struct RenderRun: Sendable {
    package struct Limits: Sendable {
        /// Between two polls.
        package var poll = Duration.seconds(30)
        /// Of the wait, after which the job is left to be taken up later.
        package var whole = Duration.seconds(600)
        /// Waits before asking for a job whose submission had no clear answer.
        package var doubt: [Duration] = [.seconds(2), .seconds(10)]
        /// Between the polls of a finished job that has no address yet, and how many.
        package var address = Duration.seconds(5)
        package var addressPolls = 3
        /// How many times in a row a running job may be unknown: the service may look in a copy.
        package var unknownPolls = 2

        package init() {}
    }

    package enum Input: Sendable, Equatable {
        /// The submission was taken; the id if the service named one.
        case accepted(id: String?)
        /// No clear answer to the submission, or the id was said to exist.
        case inDoubt
        case status(RenderStatus)
        /// The service does not know the id.
        case unknownJob
        /// A poll without a usable answer.
        case blip
        case time
    }

    package enum Action: Sendable, Equatable {
        case submit(id: String)
        case wait(until: Duration)
        case poll(id: String)
        /// Fetch the result; without an address by the service's own endpoint.
        case download(id: String, url: String?, byteCount: Int64?)
        case finish(Outcome)
    }

    package enum Outcome: Sendable, Equatable {
        /// The service said so twice, or once for a job that was only taken up; in its words.
        case failed(String, times: Int)
        case cancelled
        case stillRendering
        /// The job is gone.
        case unknown
        /// Two submissions without a clear answer, and neither job exists.
        case neverTaken
    }

    /// The id of the job that is being waited for.
    package private(set) var id: String

    private let limits: Limits
    private let started: Duration
    private let newID: @Sendable () -> String
    private var mayRenew: Bool
    /// It was submitted by a run that is gone, which may have stopped it.
    private var isAdopted = false
    private var pollAt: Duration?
    private var doubts: ArraySlice<Duration> = []
    /// Whether the service has not answered for the job yet: its submission may be on its way, or lost.
    package private(set) var isInDoubt = false
    private var unknowns = 0
    private var addressPolls = 0
    private var failures = 0
    private var outcome: Outcome?

    /// A render that is about to be submitted, under an id of its own.
    package init(
        at now: Duration,
        limits: Limits = Limits(),
        newID: @escaping @Sendable () -> String
    ) {
        (self.limits, self.newID, started) = (limits, newID, now)
        id = newID()
        (mayRenew, isInDoubt) = (true, true)
    }

    /// A render that was submitted before, perhaps by a run that is gone (§9.5).
    package init(resuming id: String, at now: Duration, limits: Limits = Limits()) {
        (self.limits, self.id, started) = (limits, id, now)
        newID = { id }
        mayRenew = false
        pollAt = now
    }

    /// A render that may have been submitted before, and is submitted under a new id if it was not or
    /// came to nothing.
    package init(
        adopting id: String,
        at now: Duration,
        limits: Limits = Limits(),
        newID: @escaping @Sendable () -> String
    ) {
        (self.limits, self.newID, self.id, started) = (limits, newID, id, now)
        (mayRenew, isAdopted, isInDoubt) = (true, true, true)
        (pollAt, doubts) = (now, limits.doubt[...])
    }

    /// The first action.
    package mutating func start(at now: Duration) -> Action {
        pollAt == nil ? .submit(id: id) : next(at: now)
    }

    /// Takes what happened and says what to do next.
    package mutating func take(_ input: Input, at now: Duration) -> Action {
        if let outcome { return .finish(outcome) }
        switch input {
        case .accepted(let given):
            if let given { id = given }
            isInDoubt = false
            return poll(after: limits.poll, at: now)
        case .inDoubt:
            isInDoubt = true
            doubts = limits.doubt[...]
            return doubt(at: now)
        case .unknownJob:
            if isInDoubt { return doubt(at: now) }
            unknowns += 1
            guard unknowns < limits.unknownPolls else { return finish(.unknown) }
            return poll(after: limits.poll, at: now)
        case .blip:
            return poll(after: limits.poll, at: now)
        case .status(let status):
            isInDoubt = false
            unknowns = 0
            return take(status, at: now)
        case .time:
            return next(at: now)
        }
    }

    private mutating func take(_ status: RenderStatus, at now: Duration) -> Action {
        switch status.phase {
        case .running: return poll(after: limits.poll, at: now)
        case .cancelled:
            guard isAdopted, mayRenew else { return finish(.cancelled) }
            return renew()
        case .failed:
            failures += 1
            guard mayRenew else {
                return finish(.failed(status.problem ?? "", times: failures))
            }
            return renew()
        case .completed:
            if status.url == nil, addressPolls < limits.addressPolls {
                addressPolls += 1
                return poll(after: limits.address, at: now)
            }
            return .download(id: id, url: status.url, byteCount: status.byteCount)
        }
    }

    private mutating func renew() -> Action {
        mayRenew = false
        isInDoubt = true
        (unknowns, addressPolls) = (0, 0)
        id = newID()
        return .submit(id: id)
    }

    private mutating func doubt(at now: Duration) -> Action {
        if let wait = doubts.popFirst() { return poll(after: wait, at: now) }
        return mayRenew ? renew() : finish(.neverTaken)
    }

    private mutating func poll(after wait: Duration, at now: Duration) -> Action {
        guard now + wait <= started + limits.whole else { return finish(.stillRendering) }
        pollAt = now + wait
        return next(at: now)
    }

    private mutating func next(at now: Duration) -> Action {
        guard let pollAt else { return .wait(until: started + limits.whole) }
        if now < pollAt { return .wait(until: pollAt) }
        self.pollAt = nil
        return .poll(id: id)
    }

    private mutating func finish(_ outcome: Outcome) -> Action {
        self.outcome = outcome
        return .finish(outcome)
    }
}

/// What a poll says of a render, in the service's many spellings made one (§9.3).
package struct RenderStatus: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        case running
        case completed
        case failed
        case cancelled

        /// Reads a status word; unknown words mean that it goes on.
        package init(_ word: String) {
            switch word.lowercased() {
            case "completed", "complete", "success", "succeeded", "done", "finished":
                self = .completed
            case "failed", "failure", "error": self = .failed
            case "cancelled", "canceled": self = .cancelled
            default: self = .running
            }
        }
    }

    package var phase: Phase
    package var url: String?
    /// 0 to 1; nil where none was told.
    package var fraction: Double?
    /// What the service says went wrong.
    package var problem: String?
    /// The result's size as the service tells it.
    package var byteCount: Int64?

    package init(
        _ phase: Phase,
        url: String? = nil,
        fraction: Double? = nil,
        problem: String? = nil,
        byteCount: Int64? = nil
    ) {
        (self.phase, self.url, self.fraction) = (phase, url, fraction)
        (self.problem, self.byteCount) = (problem, byteCount)
    }
}
