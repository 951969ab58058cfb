/// A token, as a value that does not print.
///
/// Everything that describes a value, interpolation, `dump`, test failures and reflection, shows
/// `…` in its place (§16).
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself: for the header that carries it, and for its file.
    package let exposed: String

    package init(_ text: String) { exposed = text }

    package var description: String { "…" }
    package var debugDescription: String { "…" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Text from outside made fit to be shown or logged: no secrets, no control characters, short.
package enum Redaction {
    /// Text without secrets: tokens by their prefix, and whatever follows the names that carry one.
    package static func text(_ text: String) -> String {
        var text = text
        for prefix in tokenPrefixes { text = hide(after: prefix, in: text, keeping: "") }
        for name in secretNames { text = hide(after: name, in: text, keeping: name) }
        return text
    }

    /// Text for people without tokens, by their prefix alone; nothing else of it is touched, because
    /// it may be a person's own.
    static func withoutTokens(_ text: String) -> String {
        var text = text
        for prefix in tokenPrefixes where text.lowercased().contains(prefix) {
            text = hide(after: prefix, in: text, keeping: "")
        }
        return text
    }

    private static let tokenPrefixes = ["nmv_usr_", "clm_"]

    /// One short line of redacted text, for the reason in a message.
    package static func line(_ text: String, limit: Int = 300) -> String {
        // Cut before redacting, so that megabytes cost nothing; cut again where it shows.
        let start = String(text.unicodeScalars.prefix(limit * 8))
        var line = ""
        var spaced = true
        for scalar in Self.text(start).unicodeScalars {
            let isBlank = isControl(scalar) || scalar.properties.isWhitespace
            if isBlank && spaced { continue }
            spaced = isBlank
            line.unicodeScalars.append(isBlank ? " " : scalar)
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line.count > limit ? line.prefix(limit) + "…" : line
    }

    /// Whether a scalar would steer a terminal or reverse what is read: controls and bidirectional
    /// overrides.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// In lower case; the value begins after the name and one of `: = " ` blanks.
    private static let secretNames = [
        "authorization", "bearer", "x-client-id", "client_id", "claim_token", "nemo_token", "token",
        "ct", "bind",
    ]

    private static func hide(after name: String, in text: String, keeping kept: String) -> String {
        var result: [Character] = []
        let characters = Array(text)
        let lowered = characters.map { $0.lowercased() }
        let pattern = name.map { $0.lowercased() }
        var index = 0
        while index < characters.count {
            guard lowered[index...].starts(with: pattern) else {
                result.append(characters[index])
                index += 1
                continue
            }
            let end = index + pattern.count
            if kept.isEmpty {
                // The prefix is the secret's own beginning.
                result.append("…")
                index = skipValue(characters, from: end)
                continue
            }
            result.append(contentsOf: characters[index..<end])
            index = end
            let startsWord = end == pattern.count || !isWord(characters[end - pattern.count - 1])
            guard startsWord else { continue }
            var value = end
            while value < characters.count, isJoint(characters[value]) { value += 1 }
            let joint = characters[end..<value]
            // A word in a sentence ("the token is old") is not an assignment; the scheme of a header is.
            guard joint.contains(where: { $0 == ":" || $0 == "=" }) || name == "bearer",
                !joint.isEmpty
            else { continue }
            result.append(contentsOf: joint)
            let stop = skipValue(characters, from: value)
            if String(lowered[value..<stop].joined()) == "bearer" {
                index = value
                continue
            }
            if stop > value { result.append("…") }
            index = stop
        }
        return String(result)
    }

    private static func skipValue(_ characters: [Character], from start: Int) -> Int {
        var index = start
        while index < characters.count, isValue(characters[index]) { index += 1 }
        return index
    }

    private static func isJoint(_ character: Character) -> Bool { ":=\"' ".contains(character) }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber
    }

    private static func isValue(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_-.~+/%".contains(character)
    }
}
