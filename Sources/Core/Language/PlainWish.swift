import Synchronization

/// What a sentence asks for, as in "compress this video to under 50MB and cut the first 10 seconds off".
///
/// English and Chinese. What is not understood is never guessed: it is an edit for somebody else.
package struct PlainWish: Sendable, Equatable, Codable {
    /// One thing that was understood.
    package struct Meaning: Sendable, Equatable, Codable {
        /// What will be done, in a few words: `at most 50 MB`.
        package var meaning: String
        /// The person's own words for it.
        package var words: String

        package init(_ meaning: String, _ words: String) {
            (self.meaning, self.words) = (meaning, words)
        }
    }

    package var target: ByteSize?
    /// A target as a share of the input's bytes: "half the size".
    package var share: Double?
    /// The name of a limit: "for discord".
    package var limitName: String?
    package var heightCap: HeightCap?
    package var frameRateCap: FrameRateCap?
    package var format: Format?
    package var speed: Speed?
    package var audio: AudioWish?
    package var span: Span?
    package var parts: PartsWish?
    /// Whether it asks for a smaller file, with or without a size.
    package var isCompression = false
    /// What was understood, in the order of the sentence.
    package var understood: [Meaning] = []
    /// What the sentence says twice and differently, and which of both counts.
    package var contradictions: [String] = []
    /// What nobody can do here, in the person's own words, in order.
    package var edits: [String] = []

    package init() {}

    /// Whether something of it can be done without anybody's help.
    package var isUnderstood: Bool { isCompression || !understood.isEmpty }

    /// Reads a sentence.
    ///
    /// `limits`: whose names count as sizes.
    package static func of(_ text: String, limits: NamedLimits = .builtIn) -> PlainWish {
        guard text.count <= PlainReader.mostCharacters else {
            var wish = PlainWish()
            wish.edits = [text]
            return wish
        }
        var reader = PlainReader(text)
        reader.read(limits)
        return reader.wish
    }
}

/// Into how many files a recording is cut.
package enum PartsWish: Sendable, Equatable, Codable {
    /// As few as look good at the size that each may have.
    case fewest
    case count(Int)
}

/// A sentence while it is read: what is understood is covered, and what is left over at the end is not.
struct PlainReader {
    /// No command is longer.
    static let mostCharacters = 2000

    var wish = PlainWish()
    private(set) var text: MaskedText
    /// Quoted words are part of an edit, and are not read.
    private let quoted: Set<Int>
    private var meanings: [(place: Int, PlainWish.Meaning)] = []
    private var refused: [Range<Int>] = []
    /// Where what is set was said.
    private var settings: [AnyKeyPath: Int] = [:]
    /// Where it was said otherwise, which does not count.
    private var overruled: Set<Int> = []
    /// Whether nothing at all shall be cut.
    var isWhole = false
    /// Whether a cut was named that shall not be.
    var isSparing = false
    let clauses: [Range<Int>]

    init(_ text: String) {
        let strict = MaskedText(text, covering: [.addresses, .fileNames, .quotes])
        let open = MaskedText(text, covering: [.addresses, .fileNames])
        quoted = Set(
            strict.characters.indices.filter {
                strict.characters[$0] == MaskedText.cover && open.characters[$0] != MaskedText.cover
            }
        )
        self.text = strict
        clauses = PlainWords.clauses(of: strict)
    }

    mutating func read(_ limits: NamedLimits) {
        readSpans()
        readSizes()
        readShares()
        readHeights()
        readRates()
        readSound()
        readNames(limits)
        readParts()
        readQuality()
        readFormats()
        readDenials()
        finish()
    }

    // MARK: - Taking notes

    /// Remembers what a place means, and hides it from later readers.
    mutating func take(_ range: Range<Int>, _ meaning: String?) {
        if let meaning {
            meanings.append((range.lowerBound, PlainWish.Meaning(meaning, text.text(range))))
        }
        text.cover(range)
    }

    /// Hides a place whose meaning is for somebody else.
    mutating func refuse(_ range: Range<Int>) {
        refused.append(range)
        text.cover(range)
    }

    /// Sets a value that may have been set to another one before; the later in the sentence counts.
    mutating func set<Value: Equatable>(
        _ property: WritableKeyPath<PlainWish, Value?>,
        _ value: Value,
        _ name: String,
        at range: Range<Int>
    ) {
        if let old = wish[keyPath: property], old != value {
            contradict(name, "the last counts")
            let last = settings[property] ?? 0
            overruled.insert(min(last, range.lowerBound))
            guard last < range.lowerBound else { return }
        }
        settings[property] = range.lowerBound
        wish[keyPath: property] = value
    }

    mutating func contradict(_ name: String, _ end: String) {
        wish.contradictions.append("it says two different things about \(name): \(end)")
    }

    /// The clause that a place lies in.
    func clause(of range: Range<Int>) -> Range<Int> {
        clauses.first { $0.contains(range.lowerBound) } ?? range
    }

    /// What stands before a place in its clause.
    func lead(of range: Range<Int>) -> String {
        let start = min(range.lowerBound, clause(of: range).lowerBound)
        return String(text.characters[start..<range.lowerBound])
    }

    func tail(of range: Range<Int>) -> String { String(text.characters[range.upperBound...]) }

    /// Whether the words before a place turn it into its opposite.
    func isNegated(_ range: Range<Int>) -> Bool { denial(of: range) != nil }

    /// Where the words begin that say that a deed shall not be done; nil where it shall.
    ///
    /// `isSound`: it is one to the sound.
    func denial(of range: Range<Int>, isSound: Bool = false) -> Int? {
        let start = min(range.lowerBound, clause(of: range).lowerBound)
        let next = String(text.characters[range])
        let lead = lead(of: range)
        if let place = PlainWords.denial(lead, next: next, isSound: isSound) {
            return start + place
        }
        // "Don't go over 8MB or mute it", of which the first half was understood.
        let whole = String(text.original[start..<range.lowerBound])
        guard SizeMention.ends(whole, ["or", "nor", "或", "或者"]) else { return nil }
        return PlainWords.denial(whole.lowercased(), next: next, isSound: isSound).map {
            start + $0
        }
    }

    /// Whether "don't trim it and …" stands before a place, which may deny both or one.
    func isAfterDenial(_ range: Range<Int>) -> Bool {
        guard let index = clauses.firstIndex(where: { $0.contains(range.lowerBound) }), index > 0
        else { return false }
        let gap = String(text.original[clauses[index - 1].upperBound..<clauses[index].lowerBound])
        return ["and", "&", "并", "并且"].contains(gap.lowercased())
            && MaskedText(text.text(clauses[index - 1]), covering: []).contains(
                PlainWords.deniedDeeds
            )
    }

    // MARK: - The end

    private mutating func finish() {
        wish.isCompression =
            text.contains(PlainWords.compressing) || wish.target != nil || wish.share != nil
            || wish.limitName != nil
        var rest = text
        rest.cover(PlainWords.harmless)
        if wish.span != nil || wish.parts != nil { rest.cover(PlainWords.cutting) }
        var edits: [Range<Int>] = []
        var before: Int?
        for (index, clause) in clauses.enumerated() {
            let left = clause.filter { place in
                let character = rest.characters[place]
                return character.isLetter || character.isNumber || quoted.contains(place)
                    || refused.contains { $0.contains(place) }
            }
            guard let first = left.first, let last = left.last else { continue }
            let place = place(around: first...last, in: clause)
            // "Black and white" is one thing.
            if let edit = edits.last, before == index - 1,
                !text.characters[edit.upperBound..<place.lowerBound].contains(MaskedText.cover)
            {
                edits[edits.count - 1] = edit.lowerBound..<place.upperBound
            } else {
                edits.append(place)
            }
            before = index
        }
        wish.edits = edits.map { text.text($0) }
        wish.understood = meanings.filter { !overruled.contains($0.place) }.sorted {
            $0.place < $1.place
        }.map(\.1)
    }

    /// From the clause's beginning on, without what was understood of it.
    private func place(around left: ClosedRange<Int>, in clause: Range<Int>) -> Range<Int> {
        var start = left.lowerBound
        while start > clause.lowerBound, text.characters[start - 1] != MaskedText.cover {
            start -= 1
        }
        return start..<min(clause.upperBound, left.upperBound + 1)
    }

    // MARK: - Looking

    struct Found {
        var range: Range<Int>
        var groups: [String: String] = [:]
    }

    /// All places of a pattern, none of them in the middle of a Latin word.
    func places(_ pattern: String) -> [Found] {
        let string = String(text.characters)
        let indices = Array(string.indices)
        guard indices.count == text.characters.count, !string.isEmpty else { return [] }
        let names = ["t", "u", "n"].filter { pattern.contains("(?<\($0)>") }
        return Self.patterns.withLock { patterns in
            // To read a pattern takes longer than to look for it.
            if patterns[pattern] == nil { patterns[pattern] = try? Regex(pattern) }
            guard let regex = patterns[pattern] else { return [] }
            var found: [Found] = []
            var (from, place) = (string.startIndex, 0)
            while from < string.endIndex, let match = try? regex.firstMatch(in: string[from...]) {
                let start = place + string.distance(from: from, to: match.range.lowerBound)
                let end =
                    start
                    + string.distance(
                        from: match.range.lowerBound,
                        to: match.range.upperBound
                    )
                guard end > start, !isInside(start..<end) else {
                    (from, place) = (string.index(after: match.range.lowerBound), start + 1)
                    continue
                }
                var groups: [String: String] = [:]
                for name in names {
                    groups[name] = match.output[name]?.substring.map(String.init)
                }
                found.append(Found(range: start..<end, groups: groups))
                (from, place) = (match.range.upperBound, end)
            }
            return found
        }
    }

    private static let patterns = Locked<[String: Regex<AnyRegexOutput>]>([:])

    private func isInside(_ range: Range<Int>) -> Bool {
        let characters = text.characters
        func joins(_ one: Character, _ other: Character) -> Bool {
            MaskedText.isLatin(one) && MaskedText.isLatin(other)
        }
        return range.lowerBound > 0
            && (joins(characters[range.lowerBound - 1], characters[range.lowerBound])
                || characters[range.lowerBound - 1] == "."
                    && characters[range.lowerBound].isNumber)
            || range.upperBound < characters.count
                && joins(characters[range.upperBound - 1], characters[range.upperBound])
    }
}
