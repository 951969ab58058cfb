/// Times as people say them: `10 seconds`, `1m30s`, `0:45`, `十秒`, `1分30秒`.
enum PlainTime {
    static let number =
        #"(?:\d+(?:\.\d+)?|half an?|half|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|an|a|半|[一二两三四五六七八九十]+)"#
    private static let second = "(?:seconds?|secs?|s|秒钟|秒)"
    private static let minute = "(?:minutes?|mins?|m|分钟|分)"
    private static let hour = "(?:hours?|hrs?|h|个小时|小时)"
    private static let joint = "(?:,? and |, | )?"
    private static let spoken =
        "(?:\(number)[ -]?\(hour)(?:\(joint)\(number)[ -]?\(minute))?(?:\(joint)\(number)[ -]?\(second))?"
        + "|\(number)[ -]?\(minute)(?:\(joint)\(number)[ -]?\(second))?|\(number)[ -]?\(second))"
    static let clock = #"\d+:\d{2}(?::\d{2})?(?:\.\d+)?"#
    /// A moment or a length.
    static let any = "(?:\(clock)|\(spoken))"
    /// "The first minute" too.
    static let bare = "(?:\(any)|second|minute|hour)"

    /// Microseconds of what `any` or `bare` found; a number alone is in seconds.
    static func microseconds(_ text: String) -> Int? {
        if text.contains(":") { return Span.microseconds(parsing: text) }
        var total = 0.0
        var count: Double?
        for token in tokens(text) {
            if let value = value(token) {
                count = value
            } else if let factor = factor(token) {
                total += (count ?? 1) * factor
                count = nil
            }
        }
        if let count { total += count }
        guard total > 0, total < 1e6 else { return nil }
        return Int((total * 1_000_000).rounded())
    }

    private static func tokens(_ text: String) -> [String] {
        enum Kind { case digit, letter, number, unit, other }
        func kind(_ character: Character) -> Kind {
            if character.isASCII && character.isNumber || character == "." { return .digit }
            if character.isASCII && character.isLetter { return .letter }
            if digits[character] != nil { return .number }
            return "秒分小时钟个".contains(character) ? .unit : .other
        }
        var tokens: [String] = []
        var last = Kind.other
        for character in text {
            let own = kind(character)
            if own != .other {
                if own == last, let word = tokens.popLast() {
                    tokens.append(word + String(character))
                } else {
                    tokens.append(String(character))
                }
            }
            last = own
        }
        return tokens
    }

    private static func factor(_ token: String) -> Double? {
        switch token.first {
        case "s", "秒": 1
        case "m", "分": 60
        case "h", "小", "个": 3600
        default: nil
        }
    }

    /// The number that a word stands for.
    static func value(_ token: String) -> Double? {
        if let number = Double(token) { return number }
        if let number = words[token] { return number }
        guard !token.isEmpty, token.allSatisfy({ digits[$0] != nil }) else { return nil }
        if token == "半" { return 0.5 }
        // Up to 99: 十, 十五, 二十, 二十五.
        var total = 0.0
        for character in token {
            let digit = digits[character] ?? 0
            total = digit == 10 ? max(1, total) * 10 : total + digit
        }
        return total
    }

    private static let digits: [Character: Double] = [
        "半": 0.5, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
        "十": 10,
    ]
    private static let words: [String: Double] = [
        "half": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
        "six": 6,
        "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15,
        "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90,
    ]
}

extension PlainReader {
    private static let timeWords = [
        "second", "seconds", "minute", "minutes", "hour", "hours", "秒", "分", "小时",
    ]
    private static let first =
        "(?:first|initial|opening|beginning|leading|前面的?|前|开头的?|最前面的?|最开始的?|片头的?)"
    private static let last =
        "(?:very last|last|final|ending|closing|最后面的?|最后的?|后面的?|后|结尾的?|末尾的?|片尾的?)"
    private static let remove =
        "(?:cut|cutting|trim|trimming|remove|removing|chop|chopping|drop|dropping|skip|skipping|delete|deleting|take|taking|lop|strip|shave|get rid of|lose|losing|ditch|omit|leave out|discard|without|minus)"
    private static let removeChinese =
        "(?:剪掉|剪去|去掉|去除|删掉|删除|删去|裁掉|切掉|砍掉|跳过|不要|掐掉|移除)"
    /// "前10秒不要" removes it, "前10秒不要剪" does not.
    private static let removedChinese =
        "(?:剪掉|剪去|去掉|去除|删掉|删除|删去|裁掉|切掉|砍掉|跳过|\(PlainWords.unwanted)|掐掉|移除)"
    private static let removed =
        "(?:off|away|gone|removed|deleted|dropped|(?:cut|chopped|trimmed|taken)(?: off| out| away)?)"
    private static let cuts = [
        "cut", "cutting", "trim", "trimming", "remove", "removing", "chop", "chopping", "drop",
        "dropping", "skip", "skipping", "delete", "deleting", "take", "taking", "lop", "strip",
        "shave", "get rid of", "lose", "losing", "ditch", "omit", "leave out", "discard", "without",
        "minus", "shorten", "clip", "剪", "去掉", "去除", "删", "裁", "切", "砍", "跳过", "掐", "移除", "缩短",
        "off", "away", "gone", "removed", "deleted", "dropped", "chopped", "trimmed",
    ]
    private static let keep =
        "(?:keep|keeping|only|just|use|using|want|give me|export|compress|convert|shrink|extract|save|to|leave|of)"
    private static let keepChinese =
        "(?:只保留|保留|只要|只留|留下|留|截取|取|剪出|提取|导出|压缩|要)"
    private static let whole =
        "(?: of (?:it|this|that|the video|this video|the clip|this clip|my video|the movie))?"
    private static let to = " ?(?:to|until|till|through|and|-|–|—|~|到|至) ?"

    /// Cuts: what is removed at the ends, and what is kept.
    mutating func readSpans() {
        readKeeping()
        guard text.characters.contains(where: \.isNumber) || text.contains(Self.timeWords) else {
            return
        }
        let (any, bare) = (PlainTime.any, PlainTime.bare)
        let (first, last) = (Self.first, Self.last)
        let away = "(?: off| out| away)?"
        let ofIt = "(?:视频|影片|片子|它)?(?:里|中)?的?"
        readCuts(
            [
                "\(Self.remove)\(away)(?: the| its)? \(first) (?<t>\(bare))\(Self.whole)\(away)",
                "(?:\(Self.remove)\(away) )?(?:the )?(?<t>\(any))(?: off| of| from| at| out| away)+ (?:the |its )?(?:very )?(?:start|beginning|front|head)",
                "\(Self.removeChinese)\(ofIt)\(first) ?(?<t>\(bare))",
                "(?:把|将)?\(ofIt)\(first) ?(?<t>\(bare))的?(?:内容|部分|片段|画面)?都?\(Self.removedChinese)",
                "(?:the |its )?\(first) (?<t>\(bare))\(Self.whole) \(Self.removed)",
                "(?:start|starting|begin|beginning)(?: it| the video)?(?: at| from| after)? (?<t>\(any))(?: in)?",
                "from (?<t>\(any))(?: on| onwards?| to (?:the |its )?end)",
                "从第?(?<t>\(any))(?:处|那里)?(?:开始|起|往后|之后|以后|到(?:结尾|最后|末尾|结束))",
            ]
        ) { Span(start: .afterStart($0)) }
        readCuts(
            [
                "\(Self.remove)\(away)(?: the| its)? \(last) (?<t>\(bare))\(Self.whole)\(away)",
                "(?:\(Self.remove)\(away) )?(?:the )?(?<t>\(any))(?: off| of| from| at| out| away)+ (?:the |its )?(?:very )?(?:end|ending|back|tail)",
                "\(Self.removeChinese)\(ofIt)\(last) ?(?<t>\(bare))",
                "(?:把|将)?\(ofIt)\(last) ?(?<t>\(bare))的?(?:内容|部分|片段|画面)?都?\(Self.removedChinese)",
                "(?:the |its )?\(last) (?<t>\(bare))\(Self.whole) \(Self.removed)",
            ]
        ) { Span(end: .beforeEnd($0)) }
        if wish.span?.end == nil, wish.span != nil, !isSparing {
            readCuts(["(?:和|以及|与|还有|and the|and) ?\(ofIt)\(last) ?(?<t>\(bare))"]) {
                Span(end: .beforeEnd($0))
            }
        }
        readMiddle()
        readRanges()
        readCuts(
            [
                "\(Self.keep)(?: only| just)?(?: the| its)? \(first) (?<t>\(bare))\(Self.whole)",
                "\(Self.keepChinese)\(ofIt)\(first) ?(?<t>\(bare))",
                "(?:trim|cut|shorten|clip|limit|trimmed|trimming)(?: it| this| that| the video| this video| the clip| my video)?(?: down)? to (?:just |only |exactly |the |under |at most )?(?<t>\(any))(?: long)?",
                "(?:剪|裁|截|缩短|剪辑|截取|裁剪)(?:成|到|至|为)(?<t>\(any))(?:以内|之内)?",
            ]
        ) { Span(length: $0) }
        readCuts(
            [
                "\(Self.keep)(?: only| just)?(?: the| its)? \(last) (?<t>\(bare))\(Self.whole)",
                "\(Self.keepChinese)\(ofIt)\(last) ?(?<t>\(bare))",
            ]
        ) { Span(start: .beforeEnd($0)) }
        readCuts(["(?:the )?\(first) (?<t>\(bare))(?: only| please)?"], isWhole: true) {
            Span(length: $0)
        }
        readCuts(["(?:the )?\(last) (?<t>\(bare))(?: only| please)?"], isWhole: true) {
            Span(start: .beforeEnd($0))
        }
        readCuts(
            [
                "(?:end|ending|stop|stopping|finish)(?: it| the video)?(?: at| by| after)? (?<t>\(any))",
                "(?:from the (?:start|beginning) )?(?:until|till|up to) (?<t>\(any))",
                "到第?(?<t>\(any))(?:为止|结束|停止)",
                "(?:从头|从开头|从开始)到第?(?<t>\(any))",
            ]
        ) { Span(end: .afterStart($0)) }
    }

    /// `isWhole`: only where there is nothing else in the clause.
    private mutating func readCuts(
        _ patterns: [String],
        isWhole: Bool = false,
        _ span: (Int) -> Span
    ) {
        for pattern in patterns {
            for found in places(pattern) {
                if isWhole,
                    isSparing || text.text(found.range) != text.text(clause(of: found.range))
                {
                    continue
                }
                guard let time = found.groups["t"].flatMap(PlainTime.microseconds) else { continue }
                takeSpan(span(time), at: found.range)
            }
        }
    }

    /// What lies in the middle and is not wanted leaves two pieces, which is an edit.
    private mutating func readMiddle() {
        let any = PlainTime.any
        for pattern in [
            "(?:remove|delete|cut out|take out|drop|skip|without|get rid of)(?: the| everything)?(?: part| section| bit)?(?: from| between)? \(any)\(Self.to)\(any)",
            "\(Self.removeChinese)从?第?\(any)\(Self.to)第?\(any)",
            "(?:把|将)?从?第?\(any)\(Self.to)第?\(any)(?:的内容|的部分|之间|这段|的)*\(Self.removeChinese)",
        ] {
            for found in places(pattern) { refuse(found.range) }
        }
    }

    private mutating func readRanges() {
        let any = PlainTime.any
        let end = "(?:的内容|的部分|的片段|之间|这段|这一段|的)*"
        for pattern in [
            "(?:from |between |keep |keeping |trim |use |从第?|第|保留|截取|只要)(?<t>\\d+(?:\\.\\d+)?)\(Self.to)第?(?<u>\(any))\(end)",
            "(?:from |between |从)?第?(?<t>\(any))\(Self.to)第?(?<u>\(any))\(end)",
        ] {
            for found in places(pattern) {
                guard let from = found.groups["t"].flatMap(PlainTime.microseconds),
                    let until = found.groups["u"].flatMap(PlainTime.microseconds), until > from
                else { continue }
                takeSpan(Span(start: .afterStart(from), end: .afterStart(until)), at: found.range)
            }
        }
    }

    private static let soundsOfIt = [
        "of audio", "of sound", "of music", "of the audio", "of the sound", "的声音", "的音频", "的字幕",
        "的水印", "的音乐", "静音", "消音",
    ]

    /// "Don't trim it", "without cutting anything", "不要剪".
    private mutating func readKeeping() {
        let not = "(?:without|no|don't|do not|dont|never|不要|别|不用|无需|不)"
        let deed = "(?:cut|cutting|trim|trimming|shorten|shortening|cuts|剪辑|剪短|剪切|裁剪|剪|裁)"
        for pattern in [
            "\(not) ?\(deed) (?:anything|any of it)(?: off| out| away)?",
            "\(not) ?\(deed)(?: it| this| that| the video| the clip| my video|视频)?(?: off| out)?(?= *(?:$|[.,;!?，。；！？、]|or |nor |and |but |或))",
        ] {
            for found in places(pattern) {
                take(found.range, "nothing cut off")
                isWhole = true
            }
        }
    }

    /// A cut that the sentence says shall not be: what is left as it is needs nobody.
    private mutating func spare(_ span: Span, at range: Range<Int>, from denial: Int) {
        isSparing = true
        let gap = String(text.original[denial..<range.lowerBound])
        guard text.contains(Self.cuts, in: range), PlainWords.isPlainGap(gap) else {
            return refuse(range)
        }
        let words = span.words
        take(
            denial..<range.upperBound,
            words.hasPrefix("without ") ? "with" + words.dropFirst(7) : "nothing cut off"
        )
    }

    /// A cut, unless the clause says that something happens there, or that it shall not be.
    private mutating func takeSpan(_ span: Span, at range: Range<Int>) {
        var clause = clause(of: range)
        clause = clause.lowerBound..<max(clause.upperBound, range.upperBound)
        var others = text
        others.cover(range)
        guard !others.contains(PlainWords.edits, in: clause), !isAfterDenial(range), !isWhole,
            !SizeMention.follows(tail(of: range), Self.soundsOfIt),
            let joined = wish.span.map({ $0.joined(with: span) }) ?? span
        else { return refuse(range) }
        if let denial = denial(of: range) { return spare(span, at: range, from: denial) }
        wish.span = joined
        take(range, span.words)
    }
}

extension Span {
    /// Both cuts at once; nil where they are about the same end.
    fileprivate func joined(with other: Span) -> Span? {
        let none = Moment.afterStart(0)
        guard start == none || other.start == none,
            end == nil && length == nil || other.end == nil && other.length == nil
        else { return nil }
        return Span(
            start: start == none ? other.start : start,
            end: end ?? other.end,
            length: length ?? other.length
        )
    }

    /// For a person: `without the first 10 s`, `0:10 to 0:20`.
    package var words: String {
        func moment(_ moment: Moment) -> String {
            switch moment {
            case .afterStart(let time): Span.text(microseconds: time)
            case .beforeEnd(let time): seconds(time) + " before the end"
            }
        }
        func seconds(_ time: Int) -> String { durationText(Double(time) / 1_000_000) }
        switch (start, end, length) {
        case (.afterStart(0), nil, let length?): return "the first \(seconds(length))"
        case (.afterStart(0), .beforeEnd(let time)?, nil):
            return "without the last \(seconds(time))"
        case (.afterStart(let time), nil, nil): return "without the first \(seconds(time))"
        case (.beforeEnd(let time), nil, nil): return "the last \(seconds(time))"
        case (_, let end?, _): return "\(moment(start)) to \(moment(end))"
        case (_, _, let length?): return "\(seconds(length)) from \(moment(start))"
        default: return "from \(moment(start))"
        }
    }
}
