import Core

/// What the agent's words about an editor window come to for somebody who has none (§13).
///
/// The agent believes that it talks to a person at a screen. Its instructions are taken out of the
/// text, and what the client can do instead is named by an action of a fixed list: remote words
/// never cause anything else. Quoted words and addresses are left alone.
package struct GUIWords: Sendable, Equatable {
    /// All that remote words can lead to.
    package enum Action: Sendable, Equatable {
        /// The person asked for the export already: go on with it.
        case export
        /// The agent speaks of an export that nobody asked for: ask first.
        case offerExport
        case credits
        /// Read the state and show its data.
        case state
        /// Show the line of tracks.
        case timeline
        /// Ask what is to be changed, and send that as a message.
        case askForEdit
        /// Show the words of the subtitles.
        case subtitles
    }

    /// What is left to show; may be empty.
    package var text: String
    /// Each once, in the order of the text.
    package var actions: [Action]

    /// Translates one paragraph.
    package static func translate(_ text: String, exportAsked: Bool) -> GUIWords {
        guard text.utf8.count <= MaskedText.mostBytes else {
            return GUIWords(text: PlainText.cleaned(text), actions: [])
        }
        var hidden = MaskedText(text, covering: [.addresses, .fileNames, .quotes])
        hidden.cover(GUIInstruction.otherMeanings)
        let readable = MaskedText(text, covering: [.addresses])
        var result = ""
        var actions: [Action] = []
        for sentence in GUISentences.split(hidden) {
            guard let instruction = GUISentences.instruction(in: sentence, of: hidden),
                // An instruction with an address in it is nothing to act on, or to reword.
                !readable.characters[instruction].contains(MaskedText.cover)
            else {
                result += String(hidden.original[sentence])
                continue
            }
            if let action = action(for: instruction, in: readable, exportAsked: exportAsked),
                !actions.contains(action)
            {
                actions.append(action)
            }
            let rest = GUISentences.rest(of: sentence, without: instruction, in: hidden)
            // A line that is gone leaves no empty one.
            if rest != "\n" || !(result.isEmpty || result.hasSuffix("\n")) { result += rest }
        }
        return GUIWords(text: PlainText.cleaned(result), actions: actions)
    }

    private static func action(
        for instruction: Range<Int>,
        in text: MaskedText,
        exportAsked: Bool
    ) -> Action? {
        func says(_ words: String...) -> Bool { text.contains(words, in: instruction) }
        if says("export", "download", "导出", "下载") { return exportAsked ? .export : .offerExport }
        if says("credits", "balance", "billing", "account", "dashboard", "积分", "余额", "账户", "账单") {
            return .credits
        }
        if says("settings", "设置") { return .credits }
        if says("subtitle", "subtitles", "caption", "captions", "burn", "字幕") { return .subtitles }
        if says("preview", "预览") { return .timeline }
        if says(
            "drag",
            "drop",
            "move",
            "adjust",
            "arrange",
            "rearrange",
            "拖",
            "移动",
            "调整",
            "排列"
        ) {
            return .askForEdit
        }
        if says("open", "status", "tracks", "打开", "状态", "轨道") { return .state }
        return nil
    }
}

/// Sentences and the instructions inside them.
private enum GUISentences {
    /// Up to and with the mark that ends each, and the blanks after it.
    static func split(_ text: MaskedText) -> [Range<Int>] {
        var sentences: [Range<Int>] = []
        var start = 0
        var place = 0
        while place < text.characters.count {
            let character = text.characters[place]
            place += 1
            let isEnd =
                "\n。！？".contains(character)
                || (".!?".contains(character)
                    && (place == text.characters.count || text.characters[place].isWhitespace))
            guard isEnd, !isListNumber(start..<place, in: text) else { continue }
            while place < text.characters.count, text.characters[place].isWhitespace { place += 1 }
            sentences.append(start..<place)
            start = place
        }
        if start < text.characters.count { sentences.append(start..<text.characters.count) }
        return sentences
    }

    /// Whether all there is so far is `2.`.
    private static func isListNumber(_ range: Range<Int>, in text: MaskedText) -> Bool {
        let word = text.characters[range].filter { !$0.isWhitespace }
        return word.count > 1 && word.last == "." && word.dropLast().allSatisfy(\.isNumber)
    }

    /// No instruction is as long as this many characters.
    private static let longest = 400

    /// From the words that lead to an instruction to the end of its clause.
    static func instruction(in sentence: Range<Int>, of text: MaskedText) -> Range<Int>? {
        guard sentence.count <= longest else { return nil }
        var begin: Int?
        for rule in GUIInstruction.all {
            for place in text.places(of: rule.verb, in: sentence) {
                let end = endOfClause(from: place.upperBound, in: sentence, of: text)
                let clause = place.lowerBound..<end
                guard
                    rule.objects.isEmpty
                        || rule.objects.contains(where: {
                            !text.places(of: $0, in: clause).isEmpty
                        })
                else { continue }
                let start = beginning(before: place.lowerBound, in: sentence, of: text)
                guard rule.mayStandAnywhere || start.isLed else { continue }
                let first = objectFirst(before: start.place, in: sentence, of: text) ?? start.place
                begin = min(begin ?? first, first)
            }
        }
        guard let begin else { return nil }
        return begin..<endOfClause(from: begin, in: sentence, of: text)
    }

    /// Goes back over "you can", "please", "then" and the like.
    private static func beginning(
        before verb: Int,
        in sentence: Range<Int>,
        of text: MaskedText
    ) -> (place: Int, isLed: Bool) {
        var place = verb
        var isLed = false
        while true {
            var blank = place
            while blank > sentence.lowerBound, text.characters[blank - 1].isWhitespace {
                blank -= 1
            }
            let before = sentence.lowerBound..<blank
            if isMarker(text.characters[before]) || isClauseMark(text.characters[blank - 1]) {
                return (place, true)
            }
            guard
                let word = GUIInstruction.leads.first(where: { lead in
                    blank - lead.count >= sentence.lowerBound
                        && text.places(of: lead, in: blank - lead.count..<blank).count == 1
                })
            else { return (place, isLed) }
            place = blank - word.count
            isLed = true
        }
    }

    /// In Chinese what is dragged may stand before the verb: "将音乐拖拽到…".
    private static func objectFirst(
        before verb: Int,
        in sentence: Range<Int>,
        of text: MaskedText
    ) -> Int? {
        let mark = text.characters[sentence.lowerBound..<verb].lastIndex(where: isClauseMark)
        let clause = (mark.map { $0 + 1 } ?? sentence.lowerBound)..<verb
        return text.firstPlace(of: ["将", "把"], in: clause)?.lowerBound
    }

    private static func endOfClause(
        from place: Int,
        in sentence: Range<Int>,
        of text: MaskedText
    ) -> Int {
        text.characters[place..<sentence.upperBound].firstIndex {
            isClauseMark($0) || ".!?。！？\n".contains($0)
        } ?? sentence.upperBound
    }

    private static func isClauseMark(_ character: Character) -> Bool {
        ",;，；—–:：".contains(character)
    }

    /// Whether this is nothing, or what stands before an item of a list or before bold words.
    private static func isMarker(_ words: ArraySlice<Character>) -> Bool {
        words.allSatisfy { !$0.isLetter && $0 != MaskedText.cover }
            && !words.contains(where: isClauseMark)
    }

    /// The sentence with the instruction taken out.
    static func rest(
        of sentence: Range<Int>,
        without instruction: Range<Int>,
        in text: MaskedText
    ) -> String {
        let marks: Set<Character> = [",", ";", "，", "；", "—", "–", ":", "：", " "]
        var before = text.original[sentence.lowerBound..<instruction.lowerBound]
        while let last = before.last, marks.contains(last) { before.removeLast() }
        var after = text.original[instruction.upperBound..<sentence.upperBound]
        let end = String(after.drop { marks.contains($0) })
        after = after.drop { marks.contains($0) }
        let hasWords = after.contains { $0.isLetter || $0.isNumber }
        // "To save it," and "If you like it," say nothing without what followed.
        let opening = MaskedText(String(before), covering: [])
        let isDangling =
            !before.contains { ",，".contains($0) }
            && opening.firstPlace(of: GUIInstruction.openings)?.lowerBound == 0
        if isMarker(before) || isDangling {
            if hasWords { return capitalised(end) }
            return end.contains("\n") ? "\n" : ""
        }
        if hasWords { return String(before) + ", " + String(after) }
        return String(before) + end
    }

    private static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }
}

/// What makes a clause an instruction to use the window.
private struct GUIInstruction {
    var verb: String
    /// One of these must follow; none needed if empty.
    var objects: [String] = []
    /// Whether it counts without "please" or the start of a clause before it.
    var mayStandAnywhere = false

    private static let surfaces = [
        "panel", "editor", "button", "menu", "tab", "sidebar", "slider", "dashboard", "settings",
        "window", "player", "workspace", "toolbar", "export", "面板", "按钮", "编辑器", "菜单", "设置", "播放器",
        "界面", "工作区", "导出",
    ]
    private static let places =
        surfaces + [
            "timeline", "track", "tracks", "canvas", "library", "clips", "时间线", "时间轴", "轨道", "预览",
        ]
    private static let accounts = ["account", "billing", "账户", "账单", "积分", "余额"]
    private static let exports = [
        "it", "now", "your", "video", "project", "when", "whenever", "button", "mp4",
    ]

    static let all: [GUIInstruction] =
        ["点击", "点一下", "单击", "双击", "拖拽", "拖动", "export button", "download button", "导出按钮", "下载按钮"]
        .map { GUIInstruction(verb: $0, mayStandAnywhere: true) }
        + ["click", "double-click", "right-click", "tap", "drag", "drag-and-drop", "拖到", "导出"]
        .map { GUIInstruction(verb: $0) }
        + ["open", "move", "drop", "preview", "arrange", "rearrange", "打开", "预览", "移动", "排列"]
        .map { GUIInstruction(verb: $0, objects: places) }
        + [
            "press", "hit", "select", "choose", "use", "go to", "head to", "visit", "adjust", "选择",
            "前往", "进入", "调整",
        ].map { GUIInstruction(verb: $0, objects: surfaces) }
        + ["在播放器", "在时间线", "在时间轴", "在编辑器", "在面板"].map {
            GUIInstruction(verb: $0, objects: ["预览", "查看", "调整", "拖", "移动"])
        }
        + ["check", "manage", "查看"].map { GUIInstruction(verb: $0, objects: surfaces + accounts) }
        + ["export", "download"].map { GUIInstruction(verb: $0, objects: exports) }
        + ["burn"].map { GUIInstruction(verb: $0, objects: ["subtitles", "captions", "subtitle"]) }

    /// Words of content that only look like an instruction.
    static let otherMeanings = [
        "点击率", "点击量", "导出完成", "导出成功", "导出失败", "导出中", "导出后",
    ]

    static let leads = [
        "you can", "you may", "you could", "you should", "you'll need to", "you need to", "you",
        "please", "just", "simply", "then", "and", "now", "to", "or", "try", "either", "next",
        "let's",
        "also", "directly", "请", "您可以", "你可以", "可以", "然后", "再", "直接", "并", "您只需", "只需", "现在", "或",
    ]

    static let openings = [
        "to", "if", "when", "once", "for", "whenever", "in case", "如果", "若", "要", "想", "当", "需要",
    ]
}
