/// Puts together what a person may read of a run: each text once, thoughts and tools never (§4.5).
///
/// Increments are held until the whole text replaces them, or until something else shows that
/// none will come. What is kept is bounded, whatever comes.
package struct AgentText: Sendable {
    /// Of the words of one run this much is kept, in bytes of what came; then `…` stands for the rest.
    package static let mostBytes = 1 << 20
    /// Of errors the last few are kept, and of each of them this much.
    package static let mostFailures = 8
    static let mostFailureBytes = 4 << 10

    /// Everything given out so far, in order.
    package private(set) var paragraphs: [String] = []
    /// Each error once, though some servers report one twice (§4.6, S4).
    package private(set) var failures: [AgentFailure] = []
    /// Increments that no whole text has replaced yet.
    private var increments = ""
    /// A text that is dropped if nothing follows it.
    private var held: String?
    private var lastCommitted: String?
    /// How many bytes of text may still come.
    private var room = Self.mostBytes
    private var isFull = false

    /// The start of a run.
    package init() {}

    /// The failure to tell the person about, if there was one.
    package var lastFailure: AgentFailure? { failures.last }

    /// Takes the next event.
    ///
    /// - Returns: the paragraphs that are now certain.
    package mutating func take(_ event: AgentEvent) -> [String] {
        switch event {
        case .text(let text, partial: true, _, _):
            // A character more than there is room for shows that something is left out.
            let left = room + 4 - increments.utf8.count
            if left > 0 { increments += Self.beginning(of: text, bytes: left) }
            return []
        case .text(let text, _, _, _):
            increments = ""
            return commit(text)
        // Thoughts and signs of life may come between increments of one text.
        case .thought, .heartbeat, .unreadable: return []
        case .error(let failure): take(failure)
        case .toolCall, .toolResult, .stateChanged, .empty, .done: break
        }
        return commitIncrements()
    }

    /// The stream is over.
    ///
    /// - Returns: the paragraphs that were waiting for more.
    package mutating func end() -> [String] {
        let last = commitIncrements()
        // After real output, a last apology about a "temporary issue" is noise (§4.5).
        guard let apology = held, paragraphs.isEmpty else { return last }
        held = nil
        paragraphs.append(apology)
        return last + [apology]
    }

    private mutating func take(_ failure: AgentFailure) {
        func cleaned(_ text: String) -> String {
            PlainText.cleaned(Self.beginning(of: text, bytes: Self.mostFailureBytes))
        }
        let clean = AgentFailure(
            code: failure.code.map(cleaned),
            message: cleaned(failure.message)
        )
        if let last = failures.last {
            // "Type: message" after an event with code "Type" and that message.
            let long = last.code.map { cleaned("\($0): \(last.message)") }
            if clean == last || (clean.code == nil && clean.message == long) { return }
        }
        failures.append(clean)
        if failures.count > Self.mostFailures { failures.removeFirst() }
    }

    private mutating func commitIncrements() -> [String] {
        let text = increments
        increments = ""
        return commit(text)
    }

    private mutating func commit(_ text: String) -> [String] {
        guard !isFull else { return [] }
        isFull = text.utf8.count > room
        var clean = PlainText.cleaned(Self.beginning(of: text, bytes: room))
        if isFull { clean += "…" }
        guard !clean.isEmpty, clean != lastCommitted else { return [] }
        room -= min(room, text.utf8.count)
        lastCommitted = clean
        let before = held.map { [$0] } ?? []
        held = nil
        if clean.hasPrefix("I encountered a temporary issue") {
            held = clean
            paragraphs += before
            return before
        }
        paragraphs += before + [clean]
        return before + [clean]
    }

    /// At most so many bytes from the start of a text, whole characters of Unicode.
    private static func beginning(of text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes)
        while String.Index(end, within: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text.unicodeScalars[..<end])
    }
}

/// Untrusted text made safe for a terminal (§16).
package enum PlainText {
    /// The text without escape sequences, control characters, marks that turn the direction of what
    /// follows, and tokens; blanks at both ends are cut.
    ///
    /// Line feeds and tabs stay; CR, CRLF and NEL become LF. Joiners stay: emoji are made with them.
    package static func cleaned(_ text: String) -> String {
        if text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) { return Redaction.withoutTokens(text) }
        var result: [Unicode.Scalar] = []
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar.value {
            case 0x0D:
                if rest.first != "\n" { result.append("\n") }
            case 0x09, 0x0A: result.append(scalar)
            case 0x85: result.append("\n")
            case 0x1B: skipSequence(&rest)
            case 0x9B: skipControl(&rest)
            case 0x90, 0x98, 0x9D, 0x9E, 0x9F: skipString(&rest)
            case 0..<0x20, 0x7F..<0xA0: break
            case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: break
            case 0xFEFF, 0xFFF9...0xFFFB: break
            default: result.append(scalar)
            }
        }
        let blanks: [Unicode.Scalar] = ["\n", " ", "\t"]
        var words = result.drop(while: blanks.contains)
        while let last = words.last, blanks.contains(last) { words.removeLast() }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: words)
        return Redaction.withoutTokens(String(view))
    }

    /// What follows ESC.
    private static func skipSequence(_ rest: inout ArraySlice<Unicode.Scalar>) {
        switch rest.first {
        case "[":
            rest.removeFirst()
            skipControl(&rest)
        case "]", "P", "X", "^", "_":
            rest.removeFirst()
            skipString(&rest)
        default:
            // Two or more characters: intermediates, then a final one.
            while let inner = rest.first, (0x20...0x2F).contains(inner.value) { rest.removeFirst() }
            if let last = rest.first, (0x30...0x7E).contains(last.value) { rest.removeFirst() }
        }
    }

    /// Parameters and intermediates of a control sequence, and its final letter.
    private static func skipControl(_ rest: inout ArraySlice<Unicode.Scalar>) {
        while let inner = rest.first, (0x20...0x3F).contains(inner.value) { rest.removeFirst() }
        if let last = rest.first, (0x40...0x7E).contains(last.value) { rest.removeFirst() }
    }

    /// The words of a title, a link or the like, up to BEL or ST; to the end of the line without.
    private static func skipString(_ rest: inout ArraySlice<Unicode.Scalar>) {
        while let inner = rest.first, inner != "\n", inner != "\r" {
            rest.removeFirst()
            if inner.value == 0x07 || inner.value == 0x9C { return }
            if inner.value == 0x1B {
                if rest.first == "\\" { rest.removeFirst() }
                return
            }
        }
    }
}
