import Core
import Synchronization

/// The service's endpoints, one function each, under the rules that hold for all of them.
///
/// Consent before the first byte, the three headers on every request, one new token for an action,
/// thirty seconds once for a 429, and the retries of §11. What the endpoints mean for the work is
/// decided by `Conversation`, `Uploading` and `Export`.
package final class CloudClient: Sendable {
    package let configuration: CloudConfiguration
    package let consent: Consent
    package let identity: Identity
    let transfer: Transfer
    let events: @Sendable (CloudEvent) -> Void
    /// What is known of the user, from whatever answer told it first.
    let account = Locked(Account())

    /// Waits of §11, in the clock's time.
    static let limitedWait = Duration.seconds(30)
    static let backoff: [Duration] = [.seconds(1), .seconds(3)]

    struct Account: Sendable {
        /// For the registration link (§12).
        var bindID: String?
        /// The token was given out without a registration.
        var hasAnonymousToken = false
        /// `.connecting` was told.
        var wasGreeted = false

        var isAnonymous: Bool { hasAnonymousToken || bindID?.hasPrefix("anon_") == true }
    }

    package init(
        _ configuration: CloudConfiguration,
        transfer: Transfer? = nil,
        ask: @escaping Consent.Ask = { _ in .no },
        events: @escaping @Sendable (CloudEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        // Transfers tell from threads of their own, several at once where an export and a message are.
        let turn = Locked(())
        self.events = { event in turn.withLock { _ in events(event) } }
        self.transfer =
            transfer ?? Transfer(environment: configuration.environment)
        consent = Consent(
            folder: configuration.folder,
            host: configuration.host,
            isOffline: configuration.isOffline,
            ask: ask
        )
        identity = Identity(
            folder: configuration.folder,
            environment: configuration.environment,
            api: configuration.api
        )
    }

    var clock: CloudClock { configuration.clock }

    /// One call of an endpoint, before it has a token.
    struct Call {
        var method: HTTPRequest.Method
        var path: String
        var body: HTTPRequest.Body = .none
        var accept: String?
        var step: CloudError.Step
        /// How often it is made while the network or the service fails.
        var tries = 3
        /// Whether a 429 is waited out here.
        var waitsForLimit = true
        /// Whether 404 means that the session is gone.
        var isOfSession = false
        var limits = Limits()
    }

    typealias Limits = HTTPRequest.Limits

    /// The limits of a short call.
    static func limits(total: Duration = .seconds(30)) -> Limits {
        var limits = Limits()
        limits.total = total
        limits.idle = total
        return limits
    }

    // MARK: Sending

    /// Makes a call and returns its answer out of the envelope.
    func answer(
        to call: Call,
        _ action: UserAction,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(CloudError) -> Answer {
        try await underRules(call, action) { token throws(CloudError) in
            let request = self.request(call, token: token)
            let response = try await self.send(request, call.step, progress: progress)
            return try Answer(response, for: call.step)
        }
    }

    /// Repeats an attempt as §11 allows: with a new token once, after 30 seconds once, and as often
    /// as the call says while the network or the service fails.
    func underRules<Value: Sendable>(
        _ call: Call,
        _ action: UserAction,
        _ attempt: (Secret) async throws(CloudError) -> Value
    ) async throws(CloudError) -> Value {
        var tries = call.tries
        var mayWait = call.waitsForLimit
        while true {
            let token = try await token(for: call.step, action)
            do throws(CloudError) {
                return try await attempt(token.secret)
            } catch {
                let error = call.isOfSession ? error.ofSession : error
                switch error.kind {
                case .tokenRejected:
                    guard !token.isFromEnvironment else {
                        throw CloudError(
                            .tokenRejected(isFromEnvironment: true),
                            call.step,
                            detail: error.detail
                        )
                    }
                    guard action.mayRenewToken() else { throw told(error) }
                    try await renewToken(instead: token, for: call.step)
                case .rateLimited where mayWait:
                    mayWait = false
                    try await waitForLimit(call.step)
                case _ where error.isTransient && tries > 1:
                    let place = max(0, call.tries - tries)
                    tries -= 1
                    try await wait(Self.backoff[min(place, Self.backoff.count - 1)], call.step)
                default: throw told(error)
                }
            }
        }
    }

    /// A request of a call, with all that every request carries.
    func request(_ call: Call, token: Secret?) -> HTTPRequest {
        var headers: [(name: String, value: String)] = []
        if let token { headers.append(("Authorization", "Bearer \(token.exposed)")) }
        headers += configuration.attribution.headers
        headers.append(("Accept", call.accept ?? "application/json"))
        return HTTPRequest(
            call.method,
            configuration.api + call.path,
            headers: headers,
            body: call.body,
            limits: call.limits
        )
    }

    /// Sends one request, once, if that was agreed to.
    func send(
        _ request: HTTPRequest,
        _ step: CloudError.Step,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(CloudError) -> HTTPResponse {
        try await pass(request, step)
        do throws(TransferError) {
            return try await transfer.answer(to: request, progress: progress)
        } catch { throw failure(error, of: request, step) }
    }

    /// What the end of a transfer means; an unreachable proxy is not an unreachable service.
    func failure(
        _ error: TransferError,
        of request: HTTPRequest,
        _ step: CloudError.Step
    ) -> CloudError {
        var failure = CloudError(error, step)
        if failure.kind == .connect, let address = try? Address(request.url),
            !transfer.proxy(to: address).proxy.isEmpty
        {
            failure.kind = .proxy
        }
        return failure
    }

    /// The gate of every request to the service: consent, and the three headers (§1.2, §16).
    func pass(_ request: HTTPRequest, _ step: CloudError.Step) async throws(CloudError) {
        try await consent.require(.network, for: step)
        guard Attribution.isComplete(request.headers) else {
            throw CloudError(.defect, step, detail: "a request was to leave without its headers")
        }
        let isFirst = account.withLock { account in
            defer { account.wasGreeted = true }
            return !account.wasGreeted
        }
        if isFirst { events(.connecting) }
    }

    // MARK: Waiting and telling

    func waitForLimit(_ step: CloudError.Step) async throws(CloudError) {
        events(.limited(wait: Self.limitedWait))
        try await wait(Self.limitedWait, step)
    }

    func wait(_ duration: Duration, _ step: CloudError.Step) async throws(CloudError) {
        do { try await clock.sleep(for: duration) } catch { throw .cancelled(step) }
    }

    /// Notes an id that an answer told; a session's or a token's own counts more than one that is
    /// mentioned later (§12).
    func learn(bindID: String?, isMentioned: Bool = false) {
        guard let bindID, !bindID.isEmpty else { return }
        account.withLock {
            if $0.bindID == nil || !isMentioned { $0.bindID = bindID }
        }
    }

    /// Words of the service without this machine's secrets, known by what they are: one that repeats
    /// what it was sent may repeat what has no form of its own.
    func withoutSecrets(_ text: String) -> String { Self.hide(secrets, in: text) }

    /// Read anew each time: another program may have renewed them.
    var secrets: [Secret] {
        [
            identity.savedClientID, configuration.environment["NEMO_CLIENT_ID"],
            identity.savedToken?.secret.exposed, identity.environmentToken?.secret.exposed,
        ].compactMap { $0 }.filter { $0.utf8.count >= 6 }.map { Secret($0) }
    }

    static func hide(_ secrets: [Secret], in text: String) -> String {
        secrets.reduce(text) { $0.replacing($1.exposed, with: "…") }
    }

    /// That the credits do not suffice, as a balance has shown.
    package func outOfCredits() -> CloudError {
        told(CloudError(.outOfCredits(isAnonymous: false), .readingCredits))
    }

    /// An error with what only the client knows: whose credits they are, and where to go (§12).
    func told(_ error: CloudError) -> CloudError {
        var error = error
        error.detail = withoutSecrets(error.detail)
        let account = account.withLock { $0 }
        let registration = configuration.registration(bind: account.bindID)
        switch error.kind {
        case .outOfCredits:
            error.kind = .outOfCredits(isAnonymous: account.isAnonymous)
            if account.isAnonymous { error.link = registration }
        case .planRequired, .forbidden, .tokenRejected(isFromEnvironment: false),
            .rateLimited(isToken: true):
            error.link = registration
        default: break
        }
        return error
    }
}

extension CloudError {
    /// The same at a path that names a session, where "not found" can only be the session.
    var ofSession: CloudError {
        guard kind == .notFound else { return self }
        var error = self
        error.kind = .sessionUnknown
        return error
    }
}
