/// A key as a terminal sends it.
enum Key: Equatable, Sendable {
    case character(Character)
    case enter
    case backspace
    case delete
    case left, right, wordLeft, wordRight, home, end, up, down
    case killToEnd, killToStart, killWord
    /// Ctrl-D.
    case endOfInput
    case pasteBegins, pasteEnds
    case redraw

    /// What control characters mean, as in every shell.
    fileprivate static let controls: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x04: .endOfInput, 0x05: .end, 0x06: .right, 0x08: .backspace,
        0x0A: .enter, 0x0B: .killToEnd, 0x0C: .redraw, 0x0D: .enter, 0x0E: .down, 0x10: .up,
        0x15: .killToStart, 0x17: .killWord, 0x7F: .backspace,
    ]

    fileprivate static let sequences: [String: Key] = [
        "[A": .up, "[B": .down, "[C": .right, "[D": .left, "[H": .home, "[F": .end,
        "OA": .up, "OB": .down, "OC": .right, "OD": .left, "OH": .home, "OF": .end,
        "[1~": .home, "[4~": .end, "[7~": .home, "[8~": .end, "[3~": .delete,
        "[1;5C": .wordRight, "[1;5D": .wordLeft, "[1;3C": .wordRight, "[1;3D": .wordLeft,
        "f": .wordRight, "b": .wordLeft, "\u{7F}": .killWord,
        "[200~": .pasteBegins, "[201~": .pasteEnds,
    ]
}

/// Takes the bytes of a terminal apart into keys, in whatever pieces they come.
struct KeyReader {
    private var pending: [UInt8] = []

    mutating func feed(_ bytes: some Sequence<UInt8>) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while let (key, length) = next() {
            pending.removeFirst(length)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// The first key and its bytes; nil where more are needed.
    ///
    /// A sequence that means nothing is taken without a key.
    private func next() -> (Key?, Int)? {
        guard let first = pending.first else { return nil }
        if first == 0x1B { return escape() }
        if first < 0x20 || first == 0x7F { return (Key.controls[first], 1) }
        let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard pending.count >= length else { return nil }
        let text = String(decoding: pending.prefix(length), as: UTF8.self)
        // U+0080 to U+009F are commands to some terminals.
        let isControl = text.unicodeScalars.contains { (0x80..<0xA0).contains($0.value) }
        return (isControl ? nil : text.first.map(Key.character), length)
    }

    private func escape() -> (Key?, Int)? {
        guard pending.count > 1 else { return nil }
        var end = 2
        if pending[1] == UInt8(ascii: "[") {
            // Parameters, and then a letter or `~`.
            while end < pending.count, (0x20...0x3F).contains(pending[end]) { end += 1 }
            end += 1
        } else if pending[1] == UInt8(ascii: "O") {
            end = 3
        }
        guard end <= pending.count else { return nil }
        return (Key.sequences[String(decoding: pending[1..<end], as: UTF8.self)], end)
    }
}

/// The line that a person is typing: its text, the cursor, and what was said before.
struct LineEditor: Equatable, Sendable {
    enum Outcome: Equatable {
        case goesOn
        case entered(String)
        /// Ctrl-D on an empty line.
        case ended
    }

    private(set) var characters: [Character] = []
    private(set) var cursor = 0
    private var history: [String] = []
    /// Which line of the history is shown; its count for the new one.
    private var place = 0
    /// The new line, while an old one is shown.
    private var draft: [Character] = []
    private var isPasting = false

    /// Does what a key means.
    mutating func take(_ key: Key) -> Outcome {
        switch key {
        case .character(let character): insert(character)
        // What is pasted is one line, whatever breaks it has.
        case .enter where isPasting: insert(" ")
        case .enter: return .entered(enter())
        case .endOfInput:
            if characters.isEmpty { return .ended }
            remove(cursor..<min(cursor + 1, characters.count))
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(cursor + 1, characters.count))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .up: recall(place - 1)
        case .down: recall(place + 1)
        case .killToEnd: remove(cursor..<characters.count)
        case .killToStart: remove(0..<cursor)
        case .killWord: remove(wordStart..<cursor)
        case .pasteBegins: isPasting = true
        case .pasteEnds: isPasting = false
        case .redraw: break
        }
        return .goesOn
    }

    /// The part of the line that fits, and the column of the cursor in it.
    func window(width: Int) -> (text: String, column: Int) {
        let room = max(1, width)
        var start = 0
        var column = characters[..<cursor].reduce(0) { $0 + $1.columns }
        while column >= room, start < cursor {
            column -= characters[start].columns
            start += 1
        }
        var text = ""
        var used = 0
        for character in characters[start...] {
            used += character.columns
            if used > room { break }
            text.append(character)
        }
        return (text, column)
    }

    /// The whole line.
    var text: String { String(characters) }

    private mutating func insert(_ character: Character) {
        // A mark that combines with what stands before it becomes one character with it.
        if cursor > 0, String([characters[cursor - 1], character]).count == 1 {
            characters[cursor - 1] = Character(String([characters[cursor - 1], character]))
        } else {
            characters.insert(character, at: cursor)
            cursor += 1
        }
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func enter() -> String {
        let line = text
        if !line.allSatisfy(\.isWhitespace), history.last != line { history.append(line) }
        (characters, draft, cursor, place) = ([], [], 0, history.count)
        return line
    }

    private mutating func recall(_ wanted: Int) {
        guard (0...history.count).contains(wanted) else { return }
        if place == history.count { draft = characters }
        place = wanted
        characters = wanted == history.count ? draft : Array(history[wanted])
        cursor = characters.count
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, characters[place - 1].isWhitespace { place -= 1 }
        while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < characters.count, characters[place].isWhitespace { place += 1 }
        while place < characters.count, !characters[place].isWhitespace { place += 1 }
        return place
    }
}
