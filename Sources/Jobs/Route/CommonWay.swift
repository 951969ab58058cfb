import Cloud
import Core
import Foundation
import Synchronization

/// What the files of one call have in common on their way through the cloud: one agreement, one look at
/// the service and the balance, and one ceiling of credits.
final class CommonWay: Sendable {
    private struct State {
        /// Taken from the balance since it was first read.
        var spent = 0.0
        /// What files that are there now may still take.
        var reserved = 0.0
        /// The balance with what is frozen, as last read.
        var balance: Double?
        /// When the service last answered.
        var met: ContinuousClock.Instant?
        /// How the last look at it failed.
        var failed: (error: WayFailure, at: ContinuousClock.Instant)?
    }

    /// So many are in the cloud at once: the service limits what one user asks of it.
    static let mostAtOnce = 3

    /// How long one answer stands for the next file too.
    private static let acquaintance = Duration.seconds(300)

    /// What all files together may cost; nil: whatever it takes.
    let mostCredits: Double?
    /// Those that are in the cloud.
    let places = Turnstile(places: mostAtOnce)
    private let door = Turnstile()
    private let state = Locked(State())

    init(mostCredits: Double?) { self.mostCredits = mostCredits }

    // MARK: Credits

    /// What files before have taken.
    var spent: Double { state.withLock(\.spent) }

    /// Keeps credits for a file; waits while others may give theirs back.
    ///
    /// - Returns: whether they are to be had.
    func reserve(_ credits: Double) async -> Bool {
        guard let mostCredits else { return true }
        while !Task.isCancelled {
            let isOver = state.withLock { state -> Bool? in
                if state.spent + state.reserved + credits <= mostCredits {
                    state.reserved += credits
                    return true
                }
                return state.reserved > 0 ? nil : false
            }
            if let isOver { return isOver }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    /// Ends a reservation: what is gone from the balance was spent.
    ///
    /// Where the balance is not to be had all of it counts as spent.
    func settle(_ credits: Double, with session: CloudSession?) async {
        guard mostCredits != nil else { return }
        let now = try? await session?.credits()
        if let now { note(now) }
        state.withLock { state in
            state.reserved = max(0, state.reserved - credits)
            if session != nil, now == nil { state.spent += credits }
        }
    }

    /// Takes a reading of the balance; only what is gone counts, as one may be topped up meanwhile.
    private func note(_ credits: Credits) {
        let balance = credits.available + credits.frozen
        state.withLock { state in
            if let before = state.balance, balance < before { state.spent += before - balance }
            state.balance = balance
        }
    }

    // MARK: Meeting

    /// Meets the service, once for all: one file after the other, and those after the first only where
    /// that is long ago.
    ///
    /// `since`: when it was decided to go there. What has failed since then is not tried again.
    func meet(
        since decided: ContinuousClock.Instant,
        agree: () async throws(WayFailure) -> Void,
        look: () async throws(WayFailure) -> Credits
    ) async throws(WayFailure) {
        guard await door.enter() else { throw WayFailure(.interrupted, nil) }
        defer { door.leave() }
        let (failed, met) = state.withLock { ($0.failed, $0.met) }
        if let failed, failed.at > decided { throw failed.error }
        do throws(WayFailure) {
            try await agree()
            let now = ContinuousClock.now
            if let met, met.duration(to: now) < Self.acquaintance { return }
            let credits = try await look()
            note(credits)
            state.withLock { $0.met = now }
        } catch {
            if error.failure.kind != .interrupted {
                state.withLock { $0.failed = (error, .now) }
            }
            throw error
        }
    }
}
