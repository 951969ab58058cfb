/// The words of wishes, English and Chinese, and how sentences are cut.
package enum PlainWords {
    /// Lines of pictures that people have names for.
    package static let lines = [144, 240, 360, 480, 540, 720, 1080, 1440, 2160]

    static let heights = ["4k"] + lines.map { "\($0)p" }

    static let compressing = [
        "compress", "compressing", "shrink", "shrinking", "smaller", "reduce", "reducing",
        "squeeze",
        "压缩", "压", "缩小", "减小", "变小", "小一点", "小一些",
    ]

    /// What a cut is called, where it was understood which.
    static let cutting = [
        "trim", "trimming", "trimmed", "cut", "cutting", "clip", "shorten", "keep", "keeping",
        "part",
        "section", "only", "剪", "剪辑", "剪切", "截取", "裁剪", "截", "保留", "部分", "片段", "内容", "这段", "切",
    ]

    /// Words that change nothing.
    static let harmless =
        SizeMention.harmless + SizeMention.bounds + SizeMention.limits + SizeMention.vague
        + compressing + [
            "no more than", "not more than", "no larger than", "no bigger than", "no higher than",
            "make sure", "sure", "everything", "so", "that", "be", "is", "its", "his", "our", "hi",
            "hello", "thanks", "thank you",
            "would", "like", "let's", "let", "us", "out", "but", "while", "also", "now", "which",
            "long", "from", "at", "on", "by", "off", "using", "have", "has", "give", "send", "put",
            "movie", "recording", "screen recording", "footage", "film", "wedding", "holiday",
            "phone", "original", "too big", "is too big", "too large", "will", "resolution",
            "format",
            "version", "copy", "friends", "friend", "family", "mail", "online", "web", "website",
            "someone", "somebody", "people", "everyone", "them", "quick", "hey", "yes", "okay",
            "sound", "audio", "with sound", "save", "saved", "file size", "filesize", "fps", "only",
            "turn", "change", "youtube", "instagram", "tiktok", "facebook", "reddit", "linkedin",
            "not too", "when", "it's", "i'd", "i've", "we", "and then", "an email", "attachment",
            "message", "chat", "post", "a bit", "a little", "a little bit", "a tad", "bit",
            "little",
            "slightly", "somewhat", "don't forget to", "do not forget to", "别忘了", "别忘记", "不要忘记",
            "不要忘了", "rather", "enough", "small enough", "posting", "s", "ones",
            "one", "each", "every", "total",
            "从", "最高", "最低", "做", "做成", "它", "这", "那", "那个", "我", "想", "要", "想要", "需要", "可以", "能",
            "并", "并且", "同时", "但", "但是", "而且",
            "画面", "格式", "分辨率", "帧率", "录屏", "录像", "影片", "片子", "电影", "婚礼", "手机", "拍", "给", "朋友", "家人",
            "谢谢", "麻烦", "你", "发", "发给", "用", "在", "和", "与", "及", "里", "上", "下", "让", "使", "后", "之后",
            "转", "转换",
            "转成", "变", "变成", "输出", "只", "就", "行", "个", "那么", "大", "太大", "有点", "声音", "音频", "传", "抖音",
            "朋友圈",
            "邮件", "附件", "群", "看", "好", "都", "会", "不会", "别的", "每秒", "秒", "高", "为了", "能够", "一", "版本",
            "版", "大小",
            "缩", "减", "小", "点", "到", "起来", "降", "降低", "降到", "原", "原来", "件",
        ]

    /// With one of these in its clause, a stretch of time is where something happens, and not a cut.
    static let edits = [
        "add", "adding", "blur", "mute", "silence", "zoom", "speed", "slow", "rotate", "crop",
        "overlay", "insert", "fade", "caption", "captions", "show", "replace", "loop", "reverse",
        "adjust", "title", "text", "music", "subtitle", "subtitles", "brighten", "darken", "voice",
        "transition", "freeze", "split", "swap", "move", "duplicate", "repeat", "highlight",
        "加", "模糊", "静音", "消音", "放大", "加速", "减速", "慢放", "慢动作", "旋转", "字幕", "配乐", "音乐", "打码", "马赛克",
        "变速", "倒放", "黑白", "替换", "循环", "标题", "文字", "转场", "调", "移到", "重复", "水印",
    ]

    private static let negations = [
        "don't", "do not", "dont", "never", "not", "no need to", "doesn't", "shouldn't", "不要", "别",
        "不用", "无需", "不必", "不能", "不想", "needn't", "mustn't", "不需要", "没必要", "不希望", "不应", "不可",
        "不得", "不许", "不准", "请勿", "切勿", "禁止",
    ]
    /// What else says that something shall not be done, though "8MB instead of 10MB" asks for a size.
    private static let denials =
        negations + [
            "avoid", "avoiding", "instead of", "rather than", "can't", "cannot", "won't",
            "wouldn't",
            "避免", "而不是",
        ]
    /// What asks for a deed with a "don't".
    private static let reminders = [
        "don't forget", "do not forget", "dont forget", "never forget", "别忘", "不要忘", "不能忘",
    ]
    /// Before the name of a deed: "without cutting", "no cutting", "不静音".
    private static let barePrefixes = ["without", "no", "不", "勿"]
    /// What a negation may be about instead.
    private static let spared = [
        "lose", "losing", "loss", "quality", "sound", "audio", "too", "only", "画质", "质量", "损失",
        "清晰",
        "声音", "太", "只",
    ]

    /// Whether words turn what follows them into its opposite.
    static func isNegated(_ lead: Substring) -> Bool {
        var text = MaskedText(String(lead), covering: [])
        text.cover(reminders)
        guard let last = negations.flatMap({ text.places(of: $0) }).map(\.upperBound).max() else {
            return false
        }
        return !text.contains(spared, in: last..<text.characters.count)
    }

    /// Where the words begin that say that what follows a text shall not be done; nil where none do.
    ///
    /// `isSound`: the sound is what it is about, and not what is spared.
    static func denial(_ lead: String, next: String, isSound: Bool = false) -> Int? {
        var text = MaskedText(lead, covering: [])
        text.cover(reminders)
        var found = denials.flatMap { text.places(of: $0) }
        for place in barePrefixes.flatMap({ text.places(of: $0) }) {
            let rest = String(text.characters[place.upperBound...]) + next
            let word = rest.drop { $0 == " " }.prefix { MaskedText.isLatin($0) }
            let isHan = text.characters[place.lowerBound].unicodeScalars.contains {
                $0.value > 0x2E7F
            }
            if isHan ? place.upperBound == text.characters.count : word.hasSuffix("ing") {
                found.append(place)
            }
        }
        guard let last = found.max(by: { $0.upperBound < $1.upperBound }) else { return nil }
        let sparing =
            isSound ? spared.filter { !["sound", "audio", "声音"].contains($0) } : spared
        return text.contains(sparing, in: last.upperBound..<text.characters.count)
            ? nil : last.lowerBound
    }

    /// Whether nothing but words without a meaning of their own stand between a denial and the deed.
    static func isPlainGap(_ text: String) -> Bool {
        var rest = MaskedText(text, covering: [])
        rest.cover(denials + barePrefixes + ["want", "to", "you", "please", "me", "把", "将", "给我"])
        return !rest.hasWords
    }

    /// 不要 where it is no "don't": nothing that could be done follows it.
    static let unwanted =
        "不要(?=$|[^\\p{Han}]|了|的|然后|接着|并|同时|再)"

    /// What denies a cut or a mute at the beginning of a clause.
    static let deniedDeeds: [String] = {
        let english = [
            "cut", "trim", "remove", "mute", "silence", "delete", "drop", "strip", "take", "skip",
            "shorten", "crop", "lose", "kill", "ditch", "turn off",
        ]
        let chinese = ["剪", "裁", "去", "删", "静音", "消音", "切", "移除", "跳过", "把"]
        return ["don't", "do not", "dont", "never"].flatMap { no in english.map { no + " " + $0 } }
            + ["不要", "别", "不用", "不", "请勿"].flatMap { no in chinese.map { no + $0 } }
            + ["without muting", "without cutting", "without trimming", "without removing"]
    }()

    private static let separators = [
        "and", "then", "after that", "afterwards", "but", "also", "while", "plus", "&", "然后", "接着",
        "并且", "再把", "同时", "但是", "但", "并", "最后再", "而且",
    ]

    /// Ranges between commas, full stops, "and" and the like; none is empty.
    static func clauses(of text: MaskedText) -> [Range<Int>] {
        var cuts = separators.flatMap { text.places(of: $0) }
        for (place, character) in text.characters.enumerated() {
            let next = place + 1 < text.characters.count ? text.characters[place + 1] : " "
            let isEnd = ".,;:".contains(character) && next.isWhitespace
            if isEnd || "!?\n，。；！？、".contains(character) { cuts.append(place..<place + 1) }
        }
        var clauses: [Range<Int>] = []
        var start = 0
        for cut in cuts.sorted(by: { $0.lowerBound < $1.lowerBound }) where cut.lowerBound >= start
        {
            if cut.lowerBound > start { clauses.append(start..<cut.lowerBound) }
            start = cut.upperBound
        }
        if start < text.characters.count { clauses.append(start..<text.characters.count) }
        return clauses
    }
}
