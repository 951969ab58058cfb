/// How one request is met: what happens first, whether the work is done, what is answered, and how
/// bytes travel in both directions.
package struct Behaviour: Sendable {
    /// What happens to the service before it looks at the request.
    package var deeds: [Deed] = []
    /// Whether the service does what it was asked, whatever it then answers.
    package var works = true
    /// When a message's work is to be seen, where its answer says something else.
    package var shows = Turn.When.now
    package var reply: Reply = .usual
    package var reading: Reading = .whole
    package var delivery = Delivery()
    /// Changes to the payload of a usual answer, before its envelope.
    package var edits: [Edit] = []
    /// What is done with the bytes of a usual answer.
    package var spoiling: Spoiling?
    /// How many requests are met like this; nil for all that follow.
    package var times: Int? = 1

    /// Something that happens to the service, seen by the client only through what follows.
    package enum Deed: Sendable {
        /// Every token given out so far stops to be valid.
        case expireTokens
        /// The next token of each client is a new user's, who owns no session.
        case forgetUsers
        case forgetSessions
        /// The credits that are left.
        case setCredits(Int)
        /// Waits, in the service's time, before anything is answered.
        case wait(Duration)
    }

    package enum Reply: Sendable {
        /// What the work gave.
        case usual
        case refusal(Refusal)
        case bytes(status: Int, type: String, [UInt8], headers: [(String, String)] = [])
        /// The connection ends without a byte.
        case close(resetting: Bool)
        /// No byte, the connection open until the client leaves.
        case silence
    }

    /// How a request's body is taken.
    package enum Reading: Sendable {
        case whole
        /// At most so many bytes each second of the service's time.
        case throttled(bytesPerSecond: Int)
        /// The connection ends when this part of the announced length has come.
        case cut(at: Double, resetting: Bool)
        /// The answer is sent when so many bytes have come, the rest is thrown away.
        case early(after: Int)
        /// The answer is sent when so many bytes have come, and nothing is read any more.
        case deaf(after: Int)
    }

    /// How the bytes of an answer travel.
    package struct Delivery: Sendable {
        /// The connection ends after this part of the body.
        package var cutAt: Double?
        package var resetting = false
        /// Added to the true `Content-Length`.
        package var lengthError = 0
        /// At most so many bytes each second of the service's time.
        package var bytesPerSecond: Int?
        /// The body in so many bytes a write.
        package var pieces: Int?
        /// A byte order mark before the body.
        package var mark = false

        package init() {}
    }

    /// A member of the payload set, or taken out where there is no value.
    package struct Edit: Sendable {
        package var path: [String]
        package var value: JSON?

        package static func set(_ path: String..., to value: JSON) -> Edit {
            Edit(path: path, value: value)
        }

        package static func remove(_ path: String...) -> Edit { Edit(path: path, value: nil) }
    }

    /// What is wrong with an answer that says 200 (§19, 17).
    package enum Spoiling: Sendable, CaseIterable {
        case truncated
        case wrongTypes
        case null
        case emptyArray
        case html
        case empty
        case duplicateKeys
    }

    package init() {}
}

/// A refusal of the service: its own code, the status that goes with it, and words.
package struct Refusal: Error, Sendable, Equatable {
    /// 1001 and so on, or the HTTP status where the service has no code of its own.
    package var code: Int
    package var message: String

    package init(_ code: Int, _ message: String? = nil) {
        self.code = code
        self.message = message ?? Self.words[code] ?? "request failed"
    }

    /// The status that says the same without a code (§10.1).
    package var status: Int { Self.statuses[code] ?? code }

    private static let statuses = [
        1001: 401, 1002: 404, 2001: 402, 4001: 415, 4002: 413, 1010: 401, 1011: 401,
    ]

    private static let words = [
        1001: "token expired", 1002: "session not found", 2001: "insufficient credits",
        4001: "unsupported file type", 4002: "file too large", 400: "X-Client-Id is required",
        401: "unauthorized", 402: "export is not available on the free plan",
        403: "missing scope: render", 404: "not found", 409: "already exists",
        413: "payload too large", 415: "unsupported media type", 422: "validation failed",
        429: "too many requests", 500: "internal server error", 502: "bad gateway",
        503: "service unavailable", 504: "gateway timeout",
    ]
}

extension Behaviour {
    /// As the specification says.
    package static var normal: Behaviour { Behaviour() }

    /// Refused before any work: 1001, 2001, 429, 503 …, in the envelope of the scenario.
    package static func refuse(_ code: Int, _ message: String? = nil) -> Behaviour {
        var behaviour = Behaviour()
        (behaviour.works, behaviour.reply) = (false, .refusal(Refusal(code, message)))
        return behaviour
    }

    /// A status with any body, before any work.
    package static func status(
        _ status: Int,
        type: String = "text/plain",
        _ body: String = ""
    ) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.works = false
        behaviour.reply = .bytes(status: status, type: type, Array(body.utf8))
        return behaviour
    }

    /// A proxy's page, as in a captive portal where the status is 200.
    package static func html(_ status: Int) -> Behaviour {
        .status(
            status,
            type: "text/html",
            "<!DOCTYPE html>\n<html><body><h1>Sign in to Wi-Fi</h1></body></html>\n"
        )
    }

    /// JSON as it is, before any work.
    package static func json(_ status: Int = 200, _ value: JSON) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.works = false
        behaviour.reply = .bytes(status: status, type: "application/json", value.bytes)
        return behaviour
    }

    /// The connection ends without a byte of an answer, and nothing was done.
    package static func close(resetting: Bool = false) -> Behaviour {
        var behaviour = Behaviour()
        (behaviour.works, behaviour.reply) = (false, .close(resetting: resetting))
        return behaviour
    }

    /// No answer, nothing done, the connection open.
    package static var silence: Behaviour {
        var behaviour = Behaviour()
        (behaviour.works, behaviour.reply) = (false, .silence)
        return behaviour
    }

    /// The usual answer, damaged.
    package static func spoiled(_ spoiling: Spoiling) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.spoiling = spoiling
        return behaviour
    }

    /// The usual answer with members changed.
    package static func edited(_ edits: Edit...) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.edits = edits
        return behaviour
    }

    /// The answer's body ends early, its length said in full.
    package static func truncated(at part: Double, resetting: Bool = false) -> Behaviour {
        var behaviour = Behaviour()
        (behaviour.delivery.cutAt, behaviour.delivery.resetting) = (part, resetting)
        return behaviour
    }

    /// A redirection, before any work.
    package static func redirect(to address: String, status: Int = 302) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.works = false
        behaviour.reply = .bytes(
            status: status,
            type: "text/plain",
            [],
            headers: [("Location", address)]
        )
        return behaviour
    }

    /// The same after the work is done, as when a gateway loses the answer.
    package var afterWork: Behaviour { changed { $0.works = true } }

    /// The same with the work going on behind it, to be seen later.
    package func whileWorking(shows: Turn.When) -> Behaviour {
        changed { ($0.works, $0.shows) = (true, shows) }
    }

    /// The same, once something else has happened.
    package func after(_ deeds: Deed...) -> Behaviour { changed { $0.deeds += deeds } }

    /// The same for so many requests.
    package func times(_ count: Int) -> Behaviour { changed { $0.times = count } }

    /// The same for every request that follows.
    package var forever: Behaviour { changed { $0.times = nil } }

    /// The same, the request's body taken in this way.
    package func reading(_ reading: Reading) -> Behaviour { changed { $0.reading = reading } }

    /// The same with another delivery.
    package func delivered(_ change: (inout Delivery) -> Void) -> Behaviour {
        changed { change(&$0.delivery) }
    }

    private func changed(_ change: (inout Behaviour) -> Void) -> Behaviour {
        var copy = self
        change(&copy)
        return copy
    }
}
