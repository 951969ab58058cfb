import Cloud
import Core
import Synchronization

/// What was agreed to for a call, and who is asked for the rest.
package final class JobConsent: Sendable {
    /// Whether the call itself agrees to what is then only told.
    let isGiven: Bool
    /// Whether that lasts, for contacting the service: the steps of a session are one thing.
    ///
    /// To send files is agreed to for the call alone.
    private let keepsContact: Bool
    /// Nothing leaves this machine, so there is nothing to agree to.
    private let isSimulated: Bool
    let answerer: any JobAnswerer
    private let events: @Sendable (JobEvent) -> Void
    private let agreed = Locked<Set<Consent.Subject>>([])

    package init(
        isGiven: Bool = false,
        keepsContact: Bool = false,
        isSimulated: Bool = false,
        answerer: any JobAnswerer = UnattendedAnswerer(),
        events: @escaping @Sendable (JobEvent) -> Void = { _ in }
    ) {
        (self.isGiven, self.keepsContact) = (isGiven, keepsContact)
        (self.isSimulated, self.answerer, self.events) = (isSimulated, answerer, events)
    }

    /// Answers for the call where it has agreed, and asks otherwise.
    func ask(_ question: Consent.Question) async -> Consent.Answer {
        if isSimulated { return .always }
        if agreed.withLock({ $0.contains(question.subject) }) { return .once }
        if isGiven {
            agreed.withLock { _ = $0.insert(question.subject) }
            events(.agreedBeforehand(question))
            return keepsContact && question.subject == .network ? .always : .once
        }
        switch await answerer.answer(.consent(question)) {
        case .no: return .no
        case .yes:
            agreed.withLock { _ = $0.insert(question.subject) }
            return .once
        case .always: return .always
        }
    }

    /// What was agreed to for a job holds where it is gone on with.
    ///
    /// - Returns: what was agreed to before, to be set again after it.
    func assume(_ job: RoutedJob) -> Set<Consent.Subject> {
        agreed.withLock { agreed in
            let before = agreed
            if job.isAgreed == true { agreed.formUnion(Consent.Subject.allCases) }
            return before
        }
    }

    func restore(_ before: Set<Consent.Subject>) { agreed.withLock { $0 = before } }
}
