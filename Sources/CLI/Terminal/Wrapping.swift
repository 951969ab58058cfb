import Jobs

/// Breaks texts into lines between words, and between the characters of scripts without blanks.
enum Wrapping {
    private static let units: Set<String> = [
        "bytes", "kB", "MB", "GB", "TB", "%", "fps", "kbit/s", "Mbit/s", "s", "min", "h", "kHz",
    ]
    /// No line begins with one of these, and none ends with one of the others.
    private static let closing = Set<Character>("，。！？、；：”’」』）》…")
    private static let opening = Set<Character>("“‘「『（《")

    /// The lines of a text; a number is never torn from its digits or its unit.
    ///
    /// The lines after the first are set in by `hang`.
    static func lines(_ text: String, width: Int, hang: Int = 0) -> [String] {
        var lines: [String] = []
        var line = ""
        var columns = 0
        for (piece, hasBlank) in pieces(text) {
            let blank = hasBlank && !line.isEmpty ? 1 : 0
            if !line.isEmpty, columns + blank + piece.columns > width {
                lines.append(line)
                line = String(repeating: " ", count: hang) + piece
                columns = hang + piece.columns
            } else {
                line += (blank == 1 ? " " : "") + piece
                columns += blank + piece.columns
            }
        }
        return lines + (line.isEmpty && !lines.isEmpty ? [] : [line])
    }

    /// The lines of a text that has line breaks of its own.
    static func paragraphs(_ text: String, width: Int) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
            let indent = line.prefix { $0 == " " }
            let lines = Self.lines(
                String(line.dropFirst(indent.count)),
                width: max(8, width - indent.count)
            )
            return lines.map { $0.isEmpty ? "" : indent + $0 }
        }
    }

    /// A remark in passing, dim and with a dot before it.
    static func note(_ text: String, _ output: Output) -> String {
        let width = output.isLive ? min(100, output.columns) : 100
        return lines(text.withoutControls, width: width - 3).enumerated()
            .map { output.style.dim(($0 == 0 ? "· " : "  ") + $1) }.joined(separator: "\n")
    }

    /// What must stay together, and whether a blank stands before it.
    private static func pieces(_ text: String) -> [(String, hasBlank: Bool)] {
        var words: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            let bare = word.filter { !",;.)".contains($0) }
            if let last = words.last, last.last?.isNumber == true,
                units.contains(bare) || word.first?.isNumber == true
            {
                words[words.count - 1] = last + " " + word
            } else {
                words.append(word)
            }
        }
        return words.flatMap { word in
            parts(of: word).enumerated().map { ($1, hasBlank: $0 == 0) }
        }
    }

    /// A word cut before and after its wide characters, but for punctuation.
    private static func parts(of word: String) -> [String] {
        guard word.columns > word.count else { return [word] }
        var parts: [String] = []
        var part = ""
        for character in word {
            if let last = part.last, character.columns > 1 || last.columns > 1,
                !closing.contains(character), !opening.contains(last)
            {
                parts.append(part)
                part = ""
            }
            part.append(character)
        }
        return parts + [part]
    }
}

extension Character {
    /// The columns that a terminal gives it: two for Chinese and for most emoji.
    var columns: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if unicodeScalars.count > 1, unicodeScalars.contains(where: { $0.value == 0xFE0F }) {
            return 2
        }
        switch first.value {
        case 0x20..<0x300: return 1
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        default: break
        }
        if first.properties.isEmojiPresentation { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: return 1
        }
    }
}

extension StringProtocol {
    /// The columns that a terminal gives it; escape sequences count too.
    var columns: Int { reduce(0) { $0 + $1.columns } }

    /// As much of the beginning as fits, with an ellipsis where something is missing.
    func fitted(columns limit: Int) -> String {
        guard columns > limit else { return String(self) }
        var text = ""
        var used = 1
        for character in self {
            used += character.columns
            if used > limit { break }
            text.append(character)
        }
        return limit > 0 ? text + "…" : ""
    }
}

extension String {
    /// The same with the ellipsis in the middle: of names the ends tell one from another.
    func fittedInMiddle(columns limit: Int) -> String {
        guard columns > limit, limit >= 8 else { return fitted(columns: limit) }
        var end = ""
        for character in reversed() {
            guard end.columns + character.columns <= limit / 2 else { break }
            end.insert(character, at: end.startIndex)
        }
        return fitted(columns: limit - end.columns) + end
    }
}
