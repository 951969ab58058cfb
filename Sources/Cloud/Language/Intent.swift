import Core

/// What a person wants with a sentence: something the client does itself, something the agent does,
/// or both (§14).
package struct Intent: Sendable, Equatable {
    /// What the client does without asking the agent, in the order in which the first match wins.
    package enum Action: Sendable, Equatable {
        case export
        /// "Export SRT": read from the state, not rendered (§8).
        case subtitles(Subtitles.Format)
        case credits
        case state
        case upload
    }

    /// What the client does; nil if nothing.
    package var action: Action?
    /// What goes to the agent, in the person's words; nil if nothing does.
    ///
    /// It is sent before the action, but after an upload.
    package var message: String?
    /// For an export, the height that was asked for, as in "export 720p MP4".
    package var height: Int?

    /// An intent by its parts.
    package init(action: Action? = nil, message: String? = nil, height: Int? = nil) {
        (self.action, self.message, self.height) = (action, message, height)
    }

    /// Reads a sentence; files that come with it are an upload unless it asks for something else.
    package static func of(_ text: String, hasFiles: Bool = false) -> Intent {
        guard text.utf8.count <= MaskedText.mostBytes else {
            return Intent(action: hasFiles ? .upload : nil, message: text)
        }
        var masked = MaskedText(text, covering: [.addresses, .fileNames, .quotes])
        masked.cover(IntentWords.otherMeanings)
        var unfilled = masked
        unfilled.cover(IntentWords.filler)
        var intent = Intent()
        var wishes: [Range<Int>?] = []
        for clause in IntentClauses.split(masked) {
            if let action = IntentClauses.action(of: clause, in: masked) {
                if action.rank < intent.action?.rank ?? .max { intent.action = action }
                wishes.append(nil)
            } else if !IntentClauses.isFiller(clause, in: masked, without: unfilled) {
                wishes.append(clause)
            }
        }
        intent.message =
            intent.action == nil
            ? masked.text(0..<masked.characters.count) : IntentClauses.message(wishes, in: masked)
        if intent.message?.isEmpty ?? false { intent.message = nil }
        if hasFiles, intent.action == nil { intent.action = .upload }
        if intent.action == .export { intent.height = IntentWords.height(in: masked) }
        return intent
    }
}

extension Intent.Action {
    fileprivate var rank: Int {
        switch self {
        case .export, .subtitles: 0
        case .credits: 1
        case .state: 2
        case .upload: 3
        }
    }
}

/// Sentences cut where one wish ends and another begins.
private enum IntentClauses {
    /// The ranges between commas, full stops, "and", "then" and the like; none is empty.
    static func split(_ text: MaskedText) -> [Range<Int>] {
        var cuts = IntentWords.separators.flatMap { text.places(of: $0) }
        for (place, character) in text.characters.enumerated() {
            let next = place + 1 < text.characters.count ? text.characters[place + 1] : " "
            let isEnd = ".,;:".contains(character) && next.isWhitespace
            if isEnd || "!?\n，。；！？、".contains(character) { cuts.append(place..<place + 1) }
        }
        // A purpose is a wish of its own: "for download", "压缩后导出", "压缩导出".
        for word in IntentWords.export {
            cuts += text.places(of: "for \(word)").map { $0.lowerBound..<$0.lowerBound + 3 }
            guard let first = word.first, !MaskedText.isLatin(first) else { continue }
            for place in text.places(of: word) where !isNoun(place, in: text) {
                let after = place.lowerBound > 0 && text.characters[place.lowerBound - 1] == "后"
                let start = after ? place.lowerBound - 1 : place.lowerBound
                if !isNegated(place, in: text) { cuts.append(start..<place.lowerBound) }
            }
        }
        var clauses: [Range<Int>] = []
        var start = 0
        for cut in cuts.sorted(by: { $0.lowerBound < $1.lowerBound }) where cut.lowerBound >= start
        {
            clauses.append(start..<cut.lowerBound)
            start = cut.upperBound
        }
        clauses.append(start..<text.characters.count)
        return clauses.filter { !text.text($0).isEmpty }
    }

    /// What a clause asks the client to do; nil if it is for the agent.
    static func action(of clause: Range<Int>, in text: MaskedText) -> Intent.Action? {
        if let place = text.firstPlace(of: IntentWords.export, in: clause),
            isWish(place, in: clause, of: text, weakVerbs: IntentWords.makingVerbs),
            !isNegated(place, in: text), !isNoun(place, in: text)
        {
            if let format = subtitles(after: place, in: clause, of: text) {
                return .subtitles(format)
            }
            // "Download https://…" is about the address, not about the project.
            let rest = place.upperBound..<clause.upperBound
            let isOther = text.characters[rest].contains(MaskedText.cover)
            return isOther && !text.contains(["as", "to"], in: rest) ? nil : .export
        }
        let others: [(Intent.Action, [String])] = [
            (.credits, IntentWords.credits), (.state, IntentWords.state),
            (.upload, IntentWords.upload),
        ]
        for (action, words) in others {
            if let place = text.firstPlace(of: words, in: clause),
                isWish(place, in: clause, of: text, weakVerbs: [])
            {
                return action
            }
        }
        return nil
    }

    /// Whether the word is what the clause wants, and not what an edit is about: "trim the export",
    /// "add a status line", "压缩到可以上传的大小".
    private static func isWish(
        _ place: Range<Int>,
        in clause: Range<Int>,
        of text: MaskedText,
        weakVerbs: [String]
    ) -> Bool {
        let before = clause.lowerBound..<place.lowerBound
        let verbs = IntentWords.editVerbs.filter { !weakVerbs.contains($0) }
        return !text.contains(verbs, in: before)
    }

    private static func isNegated(_ place: Range<Int>, in text: MaskedText) -> Bool {
        let before = max(0, place.lowerBound - 8)..<place.lowerBound
        return text.contains(IntentWords.negations, in: before)
    }

    private static func isNoun(_ place: Range<Int>, in text: MaskedText) -> Bool {
        let after = place.upperBound..<min(place.upperBound + 2, text.characters.count)
        return text.contains(["按钮", "图标", "动画", "进度"], in: after)
    }

    private static func subtitles(
        after place: Range<Int>,
        in clause: Range<Int>,
        of text: MaskedText
    ) -> Subtitles.Format? {
        if text.contains(["vtt", "webvtt"], in: clause) { return .vtt }
        if text.contains(["srt"], in: clause) { return .srt }
        let rest = place.upperBound..<clause.upperBound
        guard let words = text.firstPlace(of: IntentWords.subtitles, in: rest) else { return nil }
        // "Export the subtitles", but not "export the video with subtitles".
        let between = place.upperBound..<words.lowerBound
        let fill = text.text(between).lowercased().split(separator: " ")
        return fill.allSatisfy { ["the", "my", "all", "these"].contains($0) } ? .srt : nil
    }

    /// The clauses for the agent in the person's own words; nil stands for a clause that is not.
    static func message(_ wishes: [Range<Int>?], in text: MaskedText) -> String? {
        let runs = wishes.split(separator: nil).compactMap { run -> String? in
            // What stood together stays together, with the words between.
            guard let first = run.first ?? nil, let last = run.last ?? nil else { return nil }
            return text.text(first.lowerBound..<last.upperBound)
        }
        return runs.isEmpty ? nil : runs.joined(separator: ", ")
    }

    /// Whether a clause only greets, thanks or agrees.
    static func isFiller(
        _ clause: Range<Int>,
        in text: MaskedText,
        without filler: MaskedText
    ) -> Bool {
        !text.characters[clause].contains(MaskedText.cover)
            && filler.characters[clause].allSatisfy {
                $0 == MaskedText.cover || !($0.isLetter || $0.isNumber)
            }
    }
}
