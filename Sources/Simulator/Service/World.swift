import Core
import Foundation
import SystemPackage

/// Everything the service knows, as one value; its functions decide, nothing here waits.
struct World: Sendable {
    let options: SimulatorOptions
    var scenario: Scenario
    var journal = Journal()

    var tokens: [String: Token] = [:]
    var clients: [String: Client] = [:]
    var users: [String: User] = [:]
    var sessions: [String: Session] = [:]
    var renders: [String: Render] = [:]
    var tokensGiven = 0
    /// Counts everything that needs a name of its own.
    var serial = 0
    /// What each text asked by `/run_sse` of the same media came to last (§4.9).
    var messages: [String: MessageFate] = [:]
    /// Paths of the file host and the uploads behind them.
    var hosted: [String: FilePath] = [:]
    /// Where the file host is, without a slash at the end.
    var files = ""

    struct Token: Sendable {
        var userID: String
        var expiresAt: Double
    }

    struct Client: Sendable {
        var userID: String
        var token: String
    }

    struct User: Sendable {
        var id: String
        var available: Int
        var frozen = 0
    }

    struct Session: Sendable {
        var id: String
        var taskID: String
        var taskName: String
        var userID: String
        var media: [Media] = []
        var generated: [JSON] = []
        var draft: Draft?
        var waiting: [WaitingChange] = []
        /// The bytes of every draft that was served, the newest last.
        var served: [[UInt8]] = []
        var isRunning = false
        /// What the newest message wished for, for `honoursSizeWish`.
        var target: ByteSize?
        var lines: Int?
        /// Which of `media` the messages are about.
        var current: Int?
        /// Whether the next change begins a new timeline with `current`.
        var freshTimeline = false
    }

    /// A change that is not to be seen yet.
    struct WaitingChange: Sendable {
        var change: Answer.Change
        var readsLeft: Int?
        var at: Duration?
    }

    struct Media: Sendable {
        var name: String
        var kind: String
        /// Nil for what is only an address.
        var path: FilePath?
        var address: String
        var bytes: Int
        var hash: String
        var seconds: Double?
        var size: PixelSize?
        var rate: Double?
    }

    init(_ options: SimulatorOptions) {
        self.options = options
        scenario = options.script
        for account in options.accounts {
            users[account.userID] = User(id: account.userID, available: account.credits)
            tokens[account.token] = Token(userID: account.userID, expiresAt: .infinity)
            journal.hide(account.token, as: "token")
        }
    }

    mutating func next() -> Int {
        serial += 1
        return serial
    }

    // MARK: Accounts (§2, §6)

    /// A token for a client id, or the refusal of a second one in its window.
    mutating func anonymousToken(
        clientID: String?,
        now: Double
    ) throws(Refusal) -> JSON {
        guard let clientID, (1...64).contains(clientID.utf8.count) else { throw Refusal(400) }
        let known = clients[clientID]
        if let known, let token = tokens[known.token], token.expiresAt > now { throw Refusal(429) }
        guard tokensGiven < options.tokensPerAddress else { throw Refusal(429) }
        tokensGiven += 1
        let userID: String
        if let known, !scenario.knobs.renewalMakesNewUser {
            userID = known.userID
        } else {
            userID = "anon_" + Self.random(16)
            users[userID] = User(id: userID, available: options.creditsAtStart)
        }
        let token = "nmv_usr_" + Self.random(32)
        journal.hide(token, as: "token")
        let expiry = now + options.tokenLifetimeSeconds
        tokens[token] = Token(userID: userID, expiresAt: expiry)
        clients[clientID] = Client(userID: userID, token: token)
        var data: JSON = ["token": .string(token)]
        if scenario.knobs.optionalFields {
            data = data.setting(["user_id"], to: .string(userID))
            let date = Date(timeIntervalSince1970: expiry).formatted(.iso8601)
            data = data.setting(["expires_at"], to: .string(date))
        }
        return data.setting(["credits"], to: .number(users[userID]?.available ?? 0))
    }

    /// Whose call it is.
    func user(_ head: RequestHead, now: Double) throws(Refusal) -> String {
        guard let value = head["authorization"], value.hasPrefix("Bearer ") else {
            throw Refusal(1001, "missing bearer token")
        }
        guard let token = tokens[String(value.dropFirst("Bearer ".count))],
            token.expiresAt > now
        else { throw Refusal(1001) }
        return token.userID
    }

    func credits(of userID: String) -> JSON {
        let user = users[userID] ?? User(id: userID, available: 0)
        return [
            "available": .number(user.available), "frozen": .number(user.frozen),
            "total": .number(user.available + user.frozen),
        ]
    }

    // MARK: Sessions (§3)

    mutating func newSession(_ body: JSON, userID: String) -> JSON {
        let number = next()
        let id = String(5_529_798_706_024_415_232 + number * 4_096 + Int.random(in: 0..<4_096))
        let session = Session(
            id: id,
            taskID: "task_\(number)",
            taskName: body["task_name"]?.string ?? "project",
            userID: userID
        )
        sessions[id] = session
        var data: JSON = [
            "task_id": .string(session.taskID),
            "session_id": scenario.knobs.numericSessionID ? .number(id) : .string(id),
        ]
        if scenario.knobs.optionalFields {
            data = data.setting(["user_id"], to: .string(userID))
        }
        if scenario.knobs.bindID {
            data = data.setting(["bind_id"], to: .string("bind_\(number)"))
        }
        return data
    }

    func session(_ id: String, of userID: String) throws(Refusal) -> Session {
        guard let session = sessions[id], session.userID == userID else { throw Refusal(1002) }
        return session
    }

    mutating func claim(_ body: JSON, userID: String) throws(Refusal) -> JSON {
        guard scenario.knobs.claimTokens else { throw Refusal(404) }
        let id = body["session_id"]?.string ?? ""
        guard try session(id, of: userID).taskID == body["task_id"]?.string else {
            throw Refusal(404)
        }
        let token = "clm_" + Self.random(24)
        journal.hide(token, as: "claim token")
        return ["claim_token": .string(token), "expires_in": 604_800]
    }

    // MARK: Deeds of a scenario

    /// Does what a behaviour does to the service; the waits among them are the caller's.
    mutating func perform(_ deed: Behaviour.Deed) {
        switch deed {
        case .expireTokens: for token in tokens.keys { tokens[token]?.expiresAt = 0 }
        case .forgetUsers: clients = [:]
        case .forgetSessions: sessions = [:]
        case .setCredits(let count): for id in users.keys { users[id]?.available = count }
        case .wait: break
        }
    }

    private static func random(_ digits: Int) -> String {
        (0..<digits).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
    }
}
