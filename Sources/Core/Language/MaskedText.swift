/// A text in which words are looked for, with what must not be read covered: addresses, file names
/// and quoted words.
///
/// Latin phrases match whole words in any case, all others anywhere. Places are counted in
/// characters and are those of the original text.
package struct MaskedText: Sendable {
    package let original: [Character]
    /// In lower case; covered characters are `cover`.
    package private(set) var characters: [Character]
    /// The characters once more, as numbers, which are compared far faster; 0 for all that consist
    /// of several code points, which no phrase contains.
    private var codes: [UInt32]

    package static let cover: Character = "\u{FFFC}"

    /// What the names of media files end with.
    private static let fileExtensions: Set<String> = [
        "mp4", "mov", "avi", "webm", "mkv", "jpg", "jpeg", "png", "gif", "webp", "mp3", "wav",
        "m4a",
        "aac", "m4v", "flv", "wmv", "mts", "m2ts", "mpg", "mpeg", "3gp", "ogv", "flac", "ogg",
        "opus",
        "tiff", "bmp", "heic", "srt",
    ]

    /// In a longer text nobody looks for words: what long texts say is no command.
    package static let mostBytes = 20_000

    /// What is quoted is not longer than this many characters; so that a text of nothing but
    /// opening marks takes no time.
    private static let longestQuote = 300

    /// What is covered from the beginning.
    package struct Parts: OptionSet, Sendable {
        package let rawValue: Int
        package static let addresses = Parts(rawValue: 1)
        package static let fileNames = Parts(rawValue: 2)
        package static let quotes = Parts(rawValue: 4)

        package init(rawValue: Int) { self.rawValue = rawValue }
    }

    /// A text with those parts covered.
    package init(_ text: String, covering parts: Parts) {
        original = Array(text)
        characters = original.map { character in
            if character == "’" { return "'" }
            let lower = character.lowercased()
            return lower.count == 1 ? lower.first ?? character : character
        }
        codes = characters.map(Self.code)
        if parts.contains(.quotes) { coverQuotes() }
        coverTokens(parts)
    }

    /// The places of a phrase; a blank in it stands for any number of them.
    package func places(of phrase: String, in range: Range<Int>? = nil) -> [Range<Int>] {
        let range = range ?? 0..<characters.count
        let wanted = phrase.unicodeScalars.map(\.value)
        var found: [Range<Int>] = []
        var place = range.lowerBound
        while place < range.upperBound {
            guard codes[place] == wanted.first,
                let end = end(of: wanted, at: place, before: range.upperBound)
            else {
                place += 1
                continue
            }
            found.append(place..<end)
            place = max(end, place + 1)
        }
        return found
    }

    /// The first place of any of the phrases, of those at one place the longest.
    package func firstPlace(of phrases: [String], in range: Range<Int>? = nil) -> Range<Int>? {
        phrases.flatMap { places(of: $0, in: range) }
            .min { ($0.lowerBound, -$0.count) < ($1.lowerBound, -$1.count) }
    }

    /// Whether any of the phrases is there.
    package func contains(_ phrases: [String], in range: Range<Int>? = nil) -> Bool {
        phrases.contains { !places(of: $0, in: range).isEmpty }
    }

    /// Hides phrases from later searches.
    package mutating func cover(_ phrases: [String]) {
        for range in phrases.flatMap({ places(of: $0) }) { cover(range) }
    }

    /// Hides a place from later searches.
    package mutating func cover(_ range: Range<Int>) {
        for place in range {
            characters[place] = Self.cover
            codes[place] = 0
        }
    }

    /// The original words of a range, without blanks at its ends.
    package func text(_ range: Range<Int>) -> String {
        let slice = original[range].drop(while: \.isWhitespace)
        return String(
            slice[..<(slice.lastIndex { !$0.isWhitespace }.map { $0 + 1 } ?? slice.startIndex)]
        )
    }

    private func end(of wanted: [UInt32], at start: Int, before limit: Int) -> Int? {
        var place = start
        for code in wanted {
            guard place < limit else { return nil }
            if code == 0x20 {
                guard characters[place].isWhitespace else { return nil }
                while place < limit, characters[place].isWhitespace { place += 1 }
            } else {
                guard codes[place] == code else { return nil }
                place += 1
            }
        }
        // A Latin phrase is no part of a longer word.
        if Self.isLatin(characters[start]), start > 0,
            Self.isLatin(characters[start - 1]) || characters[start - 1] == Self.cover
        {
            return nil
        }
        if Self.isLatin(characters[place - 1]), place < characters.count,
            Self.isLatin(characters[place])
        {
            return nil
        }
        return place
    }

    private static func code(_ character: Character) -> UInt32 {
        let scalars = character.unicodeScalars
        return scalars.count == 1 ? scalars.first?.value ?? 0 : 0
    }

    /// Whether a character can be part of a Latin word.
    package static func isLatin(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first else { return false }
        return character == "-" || character == "_"
            || (scalar.value < 0x250 && (character.isLetter || character.isNumber))
    }

    private static let quotes: [Character: Character] = [
        "\"": "\"", "“": "”", "‘": "’", "'": "'", "`": "`", "「": "」", "『": "』", "《": "》",
    ]

    private mutating func coverQuotes() {
        var place = 0
        while place < original.count {
            // An apostrophe is no quote: one opens before a word and closes after one.
            guard let close = Self.quotes[original[place]],
                original[place] != "'" || place == 0 || !Self.isLatin(original[place - 1]),
                let end = original[(place + 1)...].prefix(Self.longestQuote)
                    .firstIndex(where: { $0 == close || $0 == "\n" }),
                original[end] == close
            else {
                place += 1
                continue
            }
            cover(place..<end + 1)
            place = end + 1
        }
    }

    private mutating func coverTokens(_ parts: Parts) {
        var place = 0
        while place < original.count {
            let end = original[place...].firstIndex { $0.isWhitespace } ?? original.count
            if let range = Self.address(in: original, place..<end), parts.contains(.addresses) {
                cover(range)
            } else if parts.contains(.fileNames), let range = fileName(place..<end) {
                cover(range)
            }
            place = end + 1
        }
    }

    /// `https://…`, `www.…`, up to what can be no part of an address.
    private static func address(in text: [Character], _ token: Range<Int>) -> Range<Int>? {
        let word = String(text[token]).lowercased()
        guard let found = word.firstRange(of: "://") ?? word.firstRange(of: "www.") else {
            return nil
        }
        var start = token.lowerBound + word.distance(from: word.startIndex, to: found.lowerBound)
        while start > token.lowerBound, isLatin(text[start - 1]) { start -= 1 }
        let tail = text[start..<token.upperBound]
        let end = tail.firstIndex { $0.unicodeScalars.contains { $0.value > 0x2E7F } || $0 == "\"" }
        var last = end ?? token.upperBound
        while last > start, ".,;:!?)".contains(text[last - 1]) { last -= 1 }
        return start..<last
    }

    /// A path, or a name with an extension of letters; without the punctuation around it.
    private func fileName(_ token: Range<Int>) -> Range<Int>? {
        var range = token
        let marks: Set<Character> = ["(", ")", ",", ";", ":", "!", "?", ".", "，", "。", "；"]
        while let last = range.last, marks.contains(original[last]) {
            range = range.lowerBound..<last
        }
        // Han characters run on without blanks: the name begins after the last of them.
        let stem = original[range].lastIndex(of: ".") ?? range.upperBound
        if let han = original[range.lowerBound..<stem].lastIndex(where: { character in
            character.unicodeScalars.contains { $0.value > 0x2E7F }
        }) {
            range = han + 1..<range.upperBound
        }
        let word = original[range]
        if word.contains("\\") || word.first == "~" || (word.first == "/" && word.count > 1) {
            return range
        }
        guard let dot = word.lastIndex(of: "."), dot > word.startIndex else { return nil }
        let suffix = word[(dot + 1)...]
        guard 2...5 ~= suffix.count,
            suffix.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }),
            suffix.contains(where: \.isLetter),
            Self.fileExtensions.contains(String(suffix).lowercased())
        else { return nil }
        return range
    }
}
