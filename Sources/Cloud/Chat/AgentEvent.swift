/// One thing that the agent said or did, whichever family of events it came in.
package enum AgentEvent: Sendable, Equatable {
    /// Words for the person. A `partial` one is an increment; a whole one repeats and replaces the
    /// increments before it (§4.5).
    case text(String, partial: Bool, author: String? = nil, id: String? = nil)
    /// Hidden reasoning: never shown, so its words are not even kept.
    case thought
    case toolCall(name: String)
    /// A tool is done; `stateHint` when the event also says that the project changed.
    case toolResult(name: String, stateHint: Bool)
    /// The project changed; a hint, the state is the proof (§4.10).
    case stateChanged
    case error(AgentFailure)
    /// The service is alive.
    case heartbeat
    /// A whole event with nothing to show, such as an empty last step of a model.
    case empty
    /// A payload that could not be read; the run goes on.
    case unreadable
    /// The service says that the run is over; the end of the stream alone is its end.
    case done
}

/// What went wrong during a run, in the service's words; untrusted, like all text from it.
package struct AgentFailure: Error, Sendable, Equatable {
    /// `2001`, `SAFETY`, `RuntimeError`; nil where the service gave none.
    package var code: String?
    /// May be empty, and may hold anything: cleaned before it is shown (`PlainText`).
    package var message: String

    /// A failure as the service reports it.
    package init(code: String? = nil, message: String) {
        (self.code, self.message) = (code, message)
    }
}

extension AgentEvent {
    /// Reads what one item of the stream means; unknown objects mean nothing.
    package static func decode(_ item: StreamItem) -> [AgentEvent] {
        switch item {
        case .liveness: [.heartbeat]
        case .oversized: [.unreadable]
        case .event(let event): decode(event)
        }
    }

    private static let heartbeatWords: Set<String> = [
        "heartbeat", "ping", "keepalive", "keep-alive", "keep_alive",
    ]
    private static let doneWords: Set<String> = ["done", "[done]"]

    private static func decode(_ event: StreamEvent) -> [AgentEvent] {
        let name = event.name?.lowercased() ?? ""
        if heartbeatWords.contains(name) { return [.heartbeat] }
        let events = decodePayload(event, name: name)
        if doneWords.contains(name) { return events.filter { $0 != .heartbeat } + [.done] }
        guard name == "error", !events.contains(where: \.isError) else { return events }
        let message = String(decoding: event.data, as: UTF8.self)
        return [.error(AgentFailure(message: message))]
    }

    private static func decodePayload(_ event: StreamEvent, name: String) -> [AgentEvent] {
        guard let document = try? JSONDocument(event.data) else {
            return decodePlain(event)
        }
        if let word = document.root.string?.lowercased() {
            if heartbeatWords.contains(word) { return [.heartbeat] }
            return doneWords.contains(word) ? [.done] : []
        }
        return decode(object: document.root, name: name, mayUnwrap: true)
    }

    /// A payload that is not JSON.
    private static func decodePlain(_ event: StreamEvent) -> [AgentEvent] {
        let payload = event.data.drop(while: JSONString.isBlank)
        if payload.isEmpty { return [.heartbeat] }
        if let message = UnescapedError.message(in: payload, stray: event.stray) {
            return [.error(AgentFailure(message: message))]
        }
        guard payload.count < 32 else { return [.unreadable] }
        let word = String(decoding: payload, as: UTF8.self).lowercased().filter { $0 != " " }
        if heartbeatWords.contains(word) { return [.heartbeat] }
        return doneWords.contains(word) ? [.done] : [.unreadable]
    }

    /// §4.7: a string `type` is the flat family, an author or content ADK's, else it may be an error.
    private static func decode(
        object: JSONValue,
        name: String,
        mayUnwrap: Bool
    ) -> [AgentEvent] {
        guard object.kind == .object else { return [] }
        if let type = object["type"]?.string, let events = FlatEvent.decode(object, type: type) {
            return events
        }
        if let events = ADKEvent.decode(object) { return events }
        if let failure = failure(in: object) { return [.error(failure)] }
        // An envelope that says success, with the event inside (§1.5, E1).
        if mayUnwrap, let data = object["data"], data.kind == .object {
            return decode(object: data, name: name, mayUnwrap: false)
        }
        // The kind may stand in `event:` instead of in the object.
        if object["type"] == nil, let events = FlatEvent.decode(object, type: name) {
            return events
        }
        return []
    }

    /// An error outside both families: `{"error":…}` (S3, S4) or an envelope with a code (S6).
    private static func failure(in object: JSONValue) -> AgentFailure? {
        if let error = object["error"], error.isFailure {
            let details = object["error_details"]
            let code =
                details?["error_type"]?.text ?? error["code"]?.text ?? error["type"]?.text
                ?? object["code"]?.text
            let message = details?["error_message"]?.string ?? error.message ?? object.message ?? ""
            return AgentFailure(code: code, message: message)
        }
        guard let code = object["code"]?.text, code != "0" else {
            guard object["success"]?.bool == false else { return nil }
            return AgentFailure(message: object.message ?? "")
        }
        return AgentFailure(code: code, message: object.message ?? "")
    }

    private var isError: Bool {
        if case .error = self { true } else { false }
    }
}

extension JSONValue {
    /// Whether an `error` member says that there is one.
    fileprivate var isFailure: Bool { !isNull && bool != false && text != "" && text != "0" }

    /// The words of an error: itself, or a member of any of the names that occur (§1.5).
    var message: String? {
        if let string { return string }
        for key in ["message", "msg", "detail", "error", "content", "text"] {
            if let text = self[key]?.text { return text }
        }
        return nil
    }
}

/// Errors of older ADK servers, whose message is put into JSON without escaping (§4.6, S1).
enum UnescapedError {
    /// The message, if the payload begins like such an error.
    static func message(in payload: ArraySlice<UInt8>, stray: [UInt8]) -> String? {
        guard payload.starts(with: #"{"error""#.utf8) else { return nil }
        var rest = payload.dropFirst(8)
        for expected in [UInt8(ascii: ":"), UInt8(ascii: "\"")] {
            rest = rest.drop(while: JSONString.isBlank)
            if rest.first == expected { rest = rest.dropFirst() }
        }
        // A line break in the message pushed the rest onto lines that are no field.
        var message = Array(rest)
        if !stray.isEmpty { message += [0x0A] + stray }
        if message.suffix(2).elementsEqual(#""}"#.utf8) { message.removeLast(2) }
        return String(decoding: message, as: UTF8.self)
    }
}
