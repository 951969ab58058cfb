extension PlainWords {
    /// Edits that nobody here makes, and what a file is that shall not have them.
    fileprivate static let leftUndone: [(meaning: String, deeds: [String])] = [
        ("not cropped", ["crop", "cropping", "cropped", "裁剪", "裁切", "裁掉"]),
        ("not rotated", ["rotate", "rotating", "rotated", "旋转"]),
        ("not mirrored", ["flip", "flipping", "flipped", "mirror", "mirroring", "翻转", "镜像"]),
        ("nothing added", ["add", "adding", "insert", "inserting", "添加", "加上", "加入", "加", "配"]),
        (
            "as fast as it is",
            ["speed", "speeding", "slow", "slowing", "加速", "减速", "变速", "慢放", "加快", "放慢"]
        ),
        ("not zoomed", ["zoom", "zooming", "放大"]),
        ("not blurred", ["blur", "blurring", "blurred", "模糊", "打码"]),
        ("not reversed", ["reverse", "reversing", "reversed", "倒放"]),
        (
            "nothing else changed",
            [
                "edit", "editing", "edited", "change", "changing", "alter", "altering", "touch",
                "touching", "编辑", "改变", "更改", "改动", "修改", "改", "动",
            ]
        ),
    ]

    /// What such a deed may be done to, and words that add nothing to it.
    ///
    /// Any other may say how, when or how far, and then something is to be done all the same. What
    /// a smaller file may change, such as its size and its colours, is none of them.
    fileprivate static let undoneTo = [
        "it", "this", "that", "the", "my", "a", "an", "any", "anything", "anything else", "else",
        "video", "clip", "picture", "image", "film", "movie", "recording", "of", "to", "in", "on",
        "up", "down", "at all", "please", "or", "nor", "be", "get",
        "music", "a song", "subtitle", "subtitles", "caption", "captions", "text",
        "title", "titles", "watermark", "watermarks", "logo", "logos", "effects", "filters",
        "transitions", "stickers", "border", "borders", "intro", "outro", "faces", "background",
        "speed", "aspect ratio", "content",
        "contents", "order", "sides", "edges",
        "画面", "视频", "影片", "片子", "它", "这个", "任何", "东西", "内容", "字幕", "文字", "标题", "水印",
        "音乐", "配乐", "歌", "特效", "滤镜", "转场", "贴纸", "片头", "片尾", "边框", "速度", "其他",
        "其它", "别的", "什么", "的", "了", "或", "或者", "也",
    ]
}

extension PlainReader {
    /// "Don't crop it", "without adding music", "不要加字幕": what shall not be done needs nobody.
    ///
    /// Only of clauses that deny it and say nothing else of it.
    mutating func readDenials() {
        let deeds = PlainWords.leftUndone.flatMap(\.deeds)
        for clause in clauses {
            guard let deed = text.firstPlace(of: deeds, in: clause),
                let denial = denial(of: deed), clause.contains(denial),
                isPlain(before: denial, deed, in: clause),
                let meanings = leftUndone(in: deed.lowerBound..<clause.upperBound)
            else { continue }
            take(denial..<clause.upperBound, meanings)
        }
    }

    /// Whether nothing before a deed says more than that it shall not be.
    private func isPlain(before denial: Int, _ deed: Range<Int>, in clause: Range<Int>) -> Bool {
        var lead = MaskedText(String(text.characters[clause.lowerBound..<denial]), covering: [])
        lead.cover(PlainWords.harmless)
        var gap = MaskedText(String(text.characters[denial..<deed.lowerBound]), covering: [])
        // "Why don't you" and "can't you" ask for it.
        let isAsked = gap.contains(["you"]) && !gap.contains(["want"])
        gap.cover(["it", "be", "this", "the video", "the picture", "画面", "视频"])
        return !isAsked && !lead.hasWords && PlainWords.isPlainGap(String(gap.characters))
    }

    /// What a clause's end leaves undone; nil where it says anything else.
    private func leftUndone(in range: Range<Int>) -> String? {
        var rest = MaskedText(String(text.characters[range]), covering: [])
        guard !rest.characters.contains(MaskedText.cover) else { return nil }
        var meanings: [String] = []
        while let deed = rest.firstPlace(of: PlainWords.leftUndone.flatMap(\.deeds)) {
            let word = rest.text(deed).lowercased()
            meanings += PlainWords.leftUndone.filter { $0.deeds.contains(word) }.map(\.meaning)
            rest.cover(deed)
        }
        rest.cover(PlainWords.undoneTo)
        return rest.hasWords ? nil : meanings.joined(separator: ", ")
    }
}

extension MaskedText {
    /// Whether anything is left in it that could mean something.
    var hasWords: Bool { characters.contains { $0.isLetter || $0.isNumber } }
}
