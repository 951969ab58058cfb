import Core
import Synchronization

/// One thing that a person asked for, and what may still be done for it behind the scenes.
///
/// One new token and one new session, so that two faults cannot send each other round for ever
/// (§11).
package final class UserAction: Sendable {
    private let spent = Locked((token: false, session: false))

    package init() {}

    /// True the first time.
    func mayRenewToken() -> Bool {
        spent.withLock { spent in
            defer { spent.token = true }
            return !spent.token
        }
    }

    /// True the first time.
    func mayRenewSession() -> Bool {
        spent.withLock { spent in
            defer { spent.session = true }
            return !spent.session
        }
    }
}
