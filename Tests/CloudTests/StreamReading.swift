@testable import Cloud

/// What a stream came to, read to its end.
struct StreamReading: Equatable {
    var items: [StreamItem] = []
    var isTruncated = false

    /// Reads the chunks one after the other.
    init(_ chunks: [some Sequence<UInt8>], limit: Int = 16 << 20) {
        var stream = EventStream(limit: limit)
        for chunk in chunks { items += stream.feed(chunk) }
        items += stream.finish()
        isTruncated = stream.isTruncated
    }

    init(_ text: String) { self.init([Array(text.utf8)]) }

    var events: [AgentEvent] { items.flatMap(AgentEvent.decode) }

    /// The tools that were called, in order.
    var tools: [String] {
        events.compactMap { if case .toolCall(let name) = $0 { name } else { nil } }
    }

    /// Whether an event said that the project changed.
    var hintsChange: Bool {
        events.contains { event in
            if case .toolResult(_, let stateHint) = event { return stateHint }
            return event == .stateChanged
        }
    }

    /// How many payloads could not be read.
    var unreadable: Int { events.count { $0 == .unreadable } }

    /// Everything put together, as a person would read it.
    var text: AgentText {
        var text = AgentText()
        for event in events { _ = text.take(event) }
        _ = text.end()
        return text
    }
}
