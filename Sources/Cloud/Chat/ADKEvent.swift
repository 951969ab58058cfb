/// Events as Google's Agent Development Kit writes them (§4.4), in either casing.
enum ADKEvent {
    /// Nil if the object is not of this family.
    static func decode(_ event: JSONValue) -> [AgentEvent]? {
        let marks = [
            "author", "invocationId", "invocation_id", "errorCode", "error_code", "actions",
        ]
        let content = event["content"]
        guard content?.kind == .object || marks.contains(where: { event[$0] != nil }) else {
            return nil
        }
        let author = event["author"]?.string
        let isPartial = event["partial"]?.bool == true
        let changed = changesState(event)
        var texts: [AgentEvent] = []
        var others: [AgentEvent] = []
        for part in content?["parts"]?.array ?? [] {
            if part["thought"]?.bool == true {
                others.append(.thought)
            } else if let call = part["functionCall"] ?? part["function_call"] {
                // The arguments of a call may come in increments too; the whole call follows.
                if !isPartial { others.append(.toolCall(name: call["name"]?.string ?? "")) }
            } else if let result = part["functionResponse"] ?? part["function_response"] {
                others.append(
                    .toolResult(name: result["name"]?.string ?? "", stateHint: changed)
                )
            } else if let text = part["text"]?.string, author != "user", !text.isEmpty {
                texts.append(
                    .text(
                        text,
                        partial: isPartial,
                        author: author,
                        id: event["id"]?.text
                    )
                )
            }
        }
        if let failure = systemError(author: author, texts: texts) { texts = [.error(failure)] }
        // Texts go first: a call would end the increments that this very text repeats.
        var events = texts + others
        if changed, !events.contains(where: \.isToolResult) { events.append(.stateChanged) }
        if let failure = failure(in: event) { events.append(.error(failure)) }
        if events.isEmpty, !isPartial { events.append(.empty) }
        return events
    }

    /// Whether the event reports a change of what the project consists of; other keys of a session
    /// are the agent's own notes.
    private static func changesState(_ event: JSONValue) -> Bool {
        let actions = event["actions"]
        guard let delta = actions?["stateDelta"] ?? actions?["state_delta"] else { return false }
        return ["draft", "video_infos", "generated_media", "canvas_config"]
            .contains { delta[$0] != nil }
    }

    private static func failure(in event: JSONValue) -> AgentFailure? {
        let code = (event["errorCode"] ?? event["error_code"])?.text
        let message = (event["errorMessage"] ?? event["error_message"])?.string
        // Older servers report a model that stopped in order, without a word, as an error "STOP".
        guard code != nil || message != nil, code != "STOP" else { return nil }
        return AgentFailure(code: code, message: message ?? "")
    }

    /// Version 1.23 reported errors as words of an author named "system" (§4.6, S2).
    private static func systemError(author: String?, texts: [AgentEvent]) -> AgentFailure? {
        guard author == "system", case .text(let text, _, _, _) = texts.first,
            text.hasPrefix("Error:")
        else { return nil }
        let message = text.dropFirst("Error:".count).drop { $0 == " " }
        return AgentFailure(message: String(message))
    }
}

extension AgentEvent {
    fileprivate var isToolResult: Bool {
        if case .toolResult = self { true } else { false }
    }
}

/// Flat events with a `type` (§4.7).
enum FlatEvent {
    /// Nil if the type is not of this family.
    static func decode(_ event: JSONValue, type: String) -> [AgentEvent]? {
        let words = event["content"]?.string ?? event["text"]?.string
        let name =
            event["name"]?.string ?? event["tool"]?.string
            ?? event["tool_name"]?.string ?? ""
        switch type.lowercased() {
        case "text", "message": return whole(words)
        case "chunk", "text_chunk", "delta":
            return words.map { [.text($0, partial: true)] } ?? []
        case "ask_question", "question": return whole(words ?? event["question"]?.string)
        case "tool_call", "tool_start", "toolcall_start": return [.toolCall(name: name)]
        case "tool_result", "tool_end": return [.toolResult(name: name, stateHint: false)]
        // The arguments of a call are complete; its result has an event of its own.
        case "toolcall_end": return []
        case "heartbeat", "ping", "status": return [.heartbeat]
        case "done": return whole(words) + [.done]
        case "error":
            let source = event["error"] ?? event
            let code = event["code"]?.text ?? event["error_code"]?.text ?? source["code"]?.text
            return [
                .error(AgentFailure(code: code, message: source.message ?? event.message ?? ""))
            ]
        case let other:
            return other.hasPrefix("thinking") || other == "thought" ? [.thought] : nil
        }
    }

    private static func whole(_ words: String?) -> [AgentEvent] {
        guard let words, !words.isEmpty else { return [] }
        return [.text(words, partial: false)]
    }
}
