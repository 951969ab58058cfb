package import Cloud

/// Something that a job must know before it goes on.
package enum JobQuestion: Sendable, Equatable {
    /// Whether the service may be contacted, or sent files.
    case consent(Consent.Question)
    /// Whether a person has signed in at an address, after which the service may do what it has refused.
    case signIn(address: String, refusal: String)
}

/// What a question comes to.
package enum JobAnswer: Sendable, Equatable {
    /// Also where there is no one to be asked.
    case no
    /// For this job alone.
    case yes
    /// Until it is taken back.
    case always
}

/// Answers what jobs ask: a terminal, a page, an assistant.
package protocol JobAnswerer: Sendable {
    /// Waits for the answer as long as it takes; the job that asks may be cancelled meanwhile.
    func answer(_ question: JobQuestion) async -> JobAnswer
}

/// Says no to everything.
package struct UnattendedAnswerer: JobAnswerer {
    package init() {}

    package func answer(_ question: JobQuestion) async -> JobAnswer { .no }
}
