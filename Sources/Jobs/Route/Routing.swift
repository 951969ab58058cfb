import Cloud
package import Core
import Engine
import Foundation
import SystemPackage

/// A way that came to nothing: what a person is told, and what it means for the other ways.
struct WayFailure: Error {
    var failure: Failure
    /// Nil where no other way would do better.
    var trouble: RouteTrouble?
    /// Where a person could sign in, after which it may be another matter; nil where that would not help.
    var signInAddress: String?

    init(_ failure: Failure, _ trouble: RouteTrouble?) {
        (self.failure, self.trouble) = (failure, trouble)
    }

    /// How a run of this machine ended.
    init(here failure: Failure) {
        let trouble: RouteTrouble? =
            switch failure.kind {
            case .unreadable: .cannotDecode
            case .unavailable, .defect: .crashed
            case .storage: .diskFull
            default: nil
            }
        self.init(failure, trouble)
    }

    init(_ error: CloudError) {
        self.init(error.failure, error.trouble)
        signInAddress = error.link
    }
}

/// Takes one way after the other until one of them has made the file, as `RoutePlanner` says.
package struct Routing: Sendable {
    package enum Outcome: Sendable {
        case local(Report)
        case cloud(Delivered)
    }

    /// A file that was made, and why there.
    struct Taken: Sendable {
        var outcome: Outcome
        /// A clause; empty where this machine made it and nobody could have thought otherwise.
        var why = ""
    }

    let scout: RouteScout
    let limits: Compressor.Limits
    let consent: JobConsent
    let events: @Sendable (JobEvent) -> Void
    /// Whether the choice is told also where it is the usual one.
    var tells = false
    /// The profile that the service is spoken to as.
    var profile = Profile.clideo
    /// A run on this machine, told of as the caller tells of such.
    let runHere: @Sendable (Request) async throws(Failure) -> Report
    /// The signal that asked for the end.
    var stopSignal: @Sendable () -> Int32? = { nil }
    /// What the file shares with others of its call; nil for a file alone.
    var common: CommonWay?
    /// What tells the next run of its batch that it has been made.
    var key: LedgerKey?
    /// This machine is left: what the file had of it can be had by others.
    var onLeave: @Sendable () -> Void = {}

    var configuration: CloudConfiguration { scout.configuration }
    var store: RouteStore { RouteStore(scout.configuration) }

    /// Makes the file, one way or another.
    ///
    /// - Throws: the failure that says most, where no way made it.
    func run() async throws(Failure) -> Taken {
        let decided = ContinuousClock.now
        var facts = scout.facts()
        var (isFirst, hasAskedToSignIn) = (true, false)
        var failures: [(way: RouteWay, failure: Failure)] = []
        if let failure = try await study(&facts) { failures.append((.local, failure)) }
        var request = scout.request
        while true {
            facts.policy.spentCredits = common?.spent ?? 0
            let decision = RoutePlanner.decide(facts)
            guard let attempt = decision.first else {
                throw Self.refusal(decision, failures, edit: scout.edit)
            }
            if attempt.way.usesCloud {
                onLeave()
                guard try await enter(attempt) else { continue }
            }
            defer { if attempt.way.usesCloud { common?.places.leave() } }
            tell(decision, attempt, isFirst: isFirst)
            isFirst = false
            do throws(WayFailure) {
                guard attempt.way.usesCloud else {
                    let report = try await here(request, facts)
                    return Taken(outcome: .local(report), why: whyHere(decision, facts))
                }
                let isLast = decision.attempts.count == 1
                let work = CloudWay(
                    routing: self,
                    attempt: attempt,
                    request: request,
                    isLast: isLast,
                    decided: decided
                )
                let why = attempt.reasons.filter { $0.code != .newToken }.map(\.text)
                    .joined(separator: ", ")
                return Taken(outcome: .cloud(try await work.run()), why: why)
            } catch {
                guard let trouble = error.trouble, error.failure.kind != .interrupted else {
                    throw error.failure
                }
                events(.activityEnded)
                if !hasAskedToSignIn, let address = error.signInAddress, scout.mayAsk {
                    hasAskedToSignIn = true
                    let question = JobQuestion.signIn(address: address, refusal: error.failure.why)
                    // The same way again: it may be open now.
                    if await consent.answerer.answer(question) != .no { continue }
                }
                failures.append((attempt.way, error.failure))
                facts.tried.append(RouteFacts.Tried(attempt.way, trouble))
                if attempt.way.usesCloud {
                    let api = configuration.api
                    await store.change { $0.note(trouble, of: api, at: $1) }
                    // What it has made so far is no better than what is made now.
                    if trouble == .worse { request.overwrites = true }
                } else if error.failure.kind == .unreadable {
                    _ = try? scout.note(error.failure, in: &facts)
                }
                if let next = RoutePlanner.decide(facts).first {
                    events(.changedRoute(to: next.way, because: error.failure))
                }
            }
        }
    }

    /// Waits for a place in the cloud among the files of a call, and for the credits.
    ///
    /// - Returns: whether the ceiling still allows it.
    private func enter(_ attempt: RouteAttempt) async throws(Failure) -> Bool {
        guard let common else { return true }
        guard await common.places.enter() else { throw .interrupted }
        guard await common.reserve(attempt.creditsAtMost) else {
            common.places.leave()
            if Task.isCancelled { throw .interrupted }
            return false
        }
        return true
    }

    /// Why this machine made what somebody could have expected from the cloud; empty otherwise.
    private func whyHere(_ decision: RouteDecision, _ facts: RouteFacts) -> String {
        guard facts.policy.route == .cloud || facts.tried.contains(where: { $0.way.usesCloud }),
            let there = decision[.cloud] ?? decision[.shrinkThenCloud]
        else { return "" }
        return there.obstaclesText
    }

    /// What the choice needs to know of the input; read only where it could change the choice.
    ///
    /// - Returns: why this machine cannot do it.
    private func study(_ facts: inout RouteFacts) async throws(Failure) -> Failure? {
        guard !facts.input.isPiped else { return nil }
        if facts.policy.mostSeconds != nil, facts.policy.route == .automatic, scout.edit == nil {
            let compressor = Compressor(limits: limits)
            do throws(Failure) {
                let planned = try await compressor.plan(scout.request)
                let time = try await compressor.expectedTime(planned)
                scout.note(planned, time, in: &facts)
                return nil
            } catch { return try scout.note(error, in: &facts) }
        }
        if facts.policy.route == .cloud || scout.edit != nil {
            return try await scout.look(&facts, limits: limits)
        }
        return nil
    }

    private func here(_ request: Request, _ facts: RouteFacts) async throws(WayFailure) -> Report {
        do throws(Failure) {
            let report = try await runHere(request)
            if let planned = facts.machine.plannedSeconds {
                await store.change { memory, _ in
                    memory.noteRun(planned: planned, took: report.elapsedSeconds)
                }
            }
            return report
        } catch { throw WayFailure(here: error) }
    }

    // MARK: Telling

    private func tell(_ decision: RouteDecision, _ attempt: RouteAttempt, isFirst: Bool) {
        guard tells || attempt.way.usesCloud || !isFirst else { return }
        // Whoever rules the cloud out need not be told why it is not used.
        let isKeptHere = scout.policy.isOffline || scout.policy.route == .local
        events(.route(decision, isExplained: isFirst && !isKeptHere))
    }

    /// Nothing is left: what of it says most.
    private static func refusal(
        _ decision: RouteDecision,
        _ failures: [(way: RouteWay, failure: Failure)],
        edit: String?
    ) -> Failure {
        let there = decision.excluded.first { $0.way.usesCloud }
        // An edit is nothing that this machine could have made.
        let main = failures.first { $0.way.usesCloud == (edit != nil) } ?? failures.last
        guard var failure = main?.failure else {
            let here = decision.excluded.first { !$0.way.usesCloud }
            let isDenied = there?.obstacles.contains { $0.code == .consent } == true
            let isTooSmall = here?.obstacles.contains { $0.code == .tooSmall } == true
            return Failure(
                isTooSmall ? .unreachable : isDenied ? .denied : .unavailable,
                edit == nil ? "There is no way to make it" : "The edit cannot be made",
                why: [here, there].compactMap { $0?.obstaclesText }.joined(separator: "; "),
                advice: isDenied
                    ? "Add --cloud: it agrees, for the call that has it." : "See 'cinch plan'."
            )
        }
        if let last = failures.last, last.way.usesCloud, main?.way.usesCloud == false {
            let why = last.failure.why.isEmpty ? "" : ": \(last.failure.why)"
            let words = "The cloud came to nothing either: \(last.failure.what)\(why)."
            failure.advice += failure.advice.isEmpty ? words : "\n\(words)"
        }
        // Where the cloud was tried too, it has been said what came of it.
        if let there, !there.obstacles.contains(where: { $0.code == .tried }) {
            let words = "The cloud is not used: \(there.obstaclesText)."
            failure.advice += failure.advice.isEmpty ? words : "\n\(words)"
        }
        return failure
    }
}
