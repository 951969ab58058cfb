import Core
import Synchronization

extension CloudClient {
    /// The token to use now: given, saved, or acquired (§2.2).
    func token(
        for step: CloudError.Step,
        _ action: UserAction
    ) async throws(CloudError) -> Token {
        if let given = identity.environmentToken {
            guard Attribution.headerValue(given.secret.exposed, longest: 8192) != nil else {
                throw CloudError(.tokenRejected(isFromEnvironment: true), step)
            }
            return given
        }
        if let saved = usableToken() { return saved }
        return try await acquireToken(instead: nil, for: step)
    }

    /// Gets a new token in place of one that the service did not accept.
    func renewToken(instead token: Token, for step: CloudError.Step) async throws(CloudError) {
        _ = try await acquireToken(instead: token, for: step)
    }

    /// The saved token, also where this machine's clock calls it too old.
    ///
    /// The service knows better, and to be told so costs nothing, while it gives few new ones (§2.3).
    private func usableToken() -> Token? {
        guard let saved = identity.savedToken else { return nil }
        note(saved)
        return saved
    }

    private func note(_ token: Token) {
        account.withLock {
            $0.hasAnonymousToken = true
            $0.bindID = $0.bindID ?? token.userID
        }
    }

    /// Acquires a token, unless another process has done so meanwhile: the service gives few.
    private func acquireToken(
        instead refused: Token?,
        for step: CloudError.Step
    ) async throws(CloudError) -> Token {
        // Before anything is sent: a token that cannot be kept is a lock-out for a week (§2.4).
        try await consent.require(.network, for: step)
        let lock = try await StateLock("token", in: configuration.folder, step: step)
        defer { lock.release() }
        if let saved = usableToken(), saved.secret != refused?.secret { return saved }
        do throws(CloudError) {
            let token = try await grantedToken(step)
            note(token)
            // It may be another user's than the last one (§2.4).
            if refused != nil { learn(bindID: token.userID) }
            return token
        } catch { throw told(error) }
    }

    /// Calls §2.1: a new id once for a 400, 30 seconds once for a 429, two tries for a failing
    /// network; the id stays the same for everything else.
    private func grantedToken(_ step: CloudError.Step) async throws(CloudError) -> Token {
        var id = try identity.clientID()
        var mayRenewID = true
        var mayWait = true
        var tries = 2
        while true {
            do throws(CloudError) {
                let token = try await askForToken(clientID: id, step)
                try identity.save(token, clientID: id)
                return token
            } catch {
                switch error.kind {
                case .refused(code: 400), .clientIDRejected:
                    guard mayRenewID else {
                        throw CloudError(.clientIDRejected, step, detail: error.detail)
                    }
                    mayRenewID = false
                    id = try identity.renewClientID()
                case .rateLimited:
                    guard mayWait else {
                        throw CloudError(.rateLimited(isToken: true), step, detail: error.detail)
                    }
                    mayWait = false
                    try await waitForLimit(step)
                case _ where error.isTransient && tries > 1:
                    tries -= 1
                    try await wait(Self.backoff[0], step)
                default: throw error
                }
            }
        }
    }

    private func askForToken(
        clientID: String,
        _ step: CloudError.Step
    ) async throws(CloudError) -> Token {
        let call = Call(
            method: .post,
            path: "/api/auth/anonymous-token",
            step: step,
            limits: Self.limits()
        )
        var request = request(call, token: nil)
        request.headers.append(("X-Client-Id", clientID))
        let answer = try Answer(try await send(request, step), for: step)
        guard let text = answer.payload["token"]?.string ?? answer.root["token"]?.string,
            Attribution.headerValue(text, longest: 8192) != nil
        else { throw CloudError(.malformed, step) }
        let now = clock.unixSeconds()
        let expires = answer.payload["expires_at"].flatMap(ServiceDate.seconds)
        // A date in the past would have every call ask for another token.
        let isSensible = expires.map { $0 > now } ?? false
        return Token(
            secret: Secret(text),
            isFromEnvironment: false,
            userID: answer.payload["bind_id"]?.text ?? answer.payload["user_id"]?.text,
            expires: isSensible ? expires ?? now : now + Identity.lifetime
        )
    }
}
