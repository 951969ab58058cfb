import Foundation

/// What no client may do, whatever is answered (§19).
extension World {
    /// What a message came to, as far as its sender can know.
    struct MessageFate: Sendable {
        enum End: Sendable {
            /// Refused before anything was begun: it may be sent again (§4.9).
            case refused
            /// Nobody can say whether it was begun: again once, after the state was read.
            case unknown
            /// Begun: never again by itself.
            case begun
            /// Done, with words: saying the same again is the user's own doing.
            case done
        }

        var end = End.begun
        var stateWasRead = false
        var wasRepeated = false
    }

    private static let trio = ["x-skill-source", "x-skill-version", "x-skill-platform"]

    /// Looks at a request to the service.
    mutating func inspect(_ head: RequestHead, _ endpoint: Endpoint?) {
        let place = "\(head.method) \(head.path)"
        guard let endpoint else {
            journal.violate("\(place) is no path of the service")
            return
        }
        for name in Self.trio where (head[name] ?? "").isEmpty {
            journal.violate("\(place) without \(name)")
        }
        if endpoint == .anonymousToken {
            if head["authorization"] != nil { journal.violate("\(place) with a bearer") }
        } else {
            if head["authorization"]?.hasPrefix("Bearer ") != true {
                journal.violate("\(place) without a bearer")
            }
            if head["x-client-id"] != nil { journal.violate("\(place) with x-client-id") }
        }
        if endpoint == .runSSE, head["accept"] != "text/event-stream" {
            journal.violate("\(place) without Accept: text/event-stream")
        }
        inspectAddress(head)
    }

    /// Looks at a request to the file host.
    mutating func inspectFile(_ head: RequestHead) {
        for name in ["authorization", "x-client-id", "cookie"] where head[name] != nil {
            journal.violate("the file host was sent \(name)")
        }
        inspectAddress(head)
    }

    private mutating func inspectAddress(_ head: RequestHead) {
        let target = head.target.removingPercentEncoding ?? head.target
        let isSecret = journal.secrets.contains { target.contains($0) }
        if isSecret || target.contains("nmv_usr_") || target.contains("clm_") {
            journal.violate("a secret in the address of \(head.method) \(head.path)")
        }
    }

    /// Looks at a JSON body's members: those that must be there and those that may.
    private mutating func inspect(
        _ body: JSON?,
        of endpoint: Endpoint,
        needs: Set<String>,
        knows: Set<String>
    ) {
        let keys = Set(body?.keys ?? [])
        for key in needs.subtracting(keys).sorted() {
            journal.violate("\(endpoint.rawValue) without `\(key)`")
        }
        for key in keys.subtracting(needs).subtracting(knows).sorted() {
            journal.violate("\(endpoint.rawValue) with the unknown `\(key)`")
        }
    }

    /// Looks at a JSON body.
    mutating func inspect(_ body: JSON?, of endpoint: Endpoint, head: RequestHead) {
        switch endpoint {
        case .withSession:
            inspect(body, of: endpoint, needs: ["task_name"], knows: ["language"])
        case .claimToken:
            inspect(body, of: endpoint, needs: ["task_id", "session_id"], knows: [])
        case .runSSE:
            inspect(
                body,
                of: endpoint,
                needs: ["app_name", "user_id", "session_id", "new_message"],
                knows: []
            )
            if body?["app_name"]?.string != "nemo_agent" {
                journal.violate("runSSE for another `app_name`")
            }
            if body?["user_id"]?.string != "me" { journal.violate("runSSE for another `user_id`") }
        case .renderSubmit:
            inspect(body, of: endpoint, needs: ["id", "sessionId", "draft"], knows: ["output"])
        case .upload: inspect(body, of: endpoint, needs: ["urls", "source_type"], knows: [])
        case .anonymousToken, .credits, .state, .renderPoll, .renderCancel, .renderDownload, .file:
            if body != nil { journal.violate("\(endpoint.rawValue) with a body") }
            return
        }
        let type = head["content-type"]?.prefix { $0 != ";" }.lowercased()
        if type != "application/json" {
            journal.violate("\(endpoint.rawValue) whose content type is not application/json")
        }
    }

    // MARK: The same message twice

    /// A message arrived.
    mutating func heard(_ message: String, in session: String? = nil) {
        let message = told(message, in: session)
        guard var fate = messages[message] else {
            messages[message] = MessageFate()
            return
        }
        switch fate.end {
        case .refused, .done: fate = MessageFate()
        case .unknown:
            if fate.wasRepeated {
                journal.violate("a message of unknown fate sent a third time")
            } else if !fate.stateWasRead {
                journal.violate("a message of unknown fate sent again without reading the state")
            }
            fate.wasRepeated = true
        case .begun: journal.violate("a message sent again while its work may have begun")
        }
        fate.stateWasRead = false
        messages[message] = fate
    }

    /// What a message came to.
    mutating func settle(
        _ message: String,
        _ end: MessageFate.End,
        in session: String? = nil
    ) {
        let message = told(message, in: session)
        messages[message]?.end = end
        messages[message]?.stateWasRead = false
    }

    /// A message and what it is about: of two files the same may be wanted at once.
    private func told(_ message: String, in session: String?) -> String {
        let media = session.flatMap { sessions[$0]?.media.map(\.name) } ?? []
        return ([message] + media).joined(separator: "\n")
    }

    /// What a reply before any work tells the sender of a message.
    static func fate(after reply: Behaviour.Reply, worked: Bool) -> MessageFate.End {
        let status: Int
        switch reply {
        case .usual: return worked ? .begun : .unknown
        case .refusal(let refusal): status = refusal.status
        case .bytes(let code, _, _, _): status = code
        case .close, .silence: return worked ? .begun : .unknown
        }
        switch status {
        case 400, 401, 404, 422, 429: return worked ? .begun : .refused
        case 408, 500...: return worked ? .begun : .unknown
        default: return .begun
        }
    }
}
