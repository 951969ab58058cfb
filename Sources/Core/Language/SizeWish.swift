/// The size that a person's words ask for, as in "under 50MB" and "压缩到 8MB 以下".
///
/// A size that describes the source ("a 500MB MP4 wedding video") is no wish.
package enum SizeWish {
    /// The last size that is asked for; of those that are merely mentioned the last, if they
    /// describe nothing.
    package static func of(_ text: String) -> ByteSize? {
        let masked = MaskedText(text, covering: [.addresses, .fileNames, .quotes])
        let mentions = SizeMention.all(in: masked)
        return (mentions.last { $0.role == .asked } ?? mentions.last { $0.role == .open })?.size
    }

    /// Whether the words ask for nothing but a smaller file: then the source is as good to work on as
    /// what the service made of it.
    ///
    /// Every word must be known to be harmless; one that is not may be an edit.
    package static func isAll(of text: String) -> Bool {
        var masked = MaskedText(text, covering: [.addresses, .fileNames])
        for mention in SizeMention.all(in: masked) { masked.cover(mention.range) }
        masked.cover(PlainWords.heights + SizeMention.harmless)
        return !masked.characters.contains { $0.isLetter || $0.isNumber || $0 == "\"" }
    }
}

/// A number with a unit of size, and what the words around it make of it.
struct SizeMention {
    enum Role {
        /// "under 8MB", "8MB or less".
        case asked
        /// "a 500MB MP4".
        case described
        /// "over 8MB", and what is not wanted.
        case refused
        /// Neither.
        case open
    }

    var size: ByteSize
    var range: Range<Int>
    var role: Role

    static func all(in text: MaskedText) -> [SizeMention] {
        var found: [SizeMention] = []
        var place = 0
        while place < text.characters.count {
            guard let (size, range) = size(at: place, in: text) else {
                place += 1
                continue
            }
            found.append(SizeMention(size: size, range: range, role: role(of: range, in: text)))
            place = range.upperBound
        }
        return found
    }

    /// A number that begins here, blanks, and a unit: `8MB`, `7.5 MiB`, `50兆`.
    private static func size(at start: Int, in text: MaskedText) -> (ByteSize, Range<Int>)? {
        let characters = text.characters
        guard let (number, numberEnd) = number(at: start, in: characters) else { return nil }
        var place = numberEnd
        while place < characters.count, characters[place] == " " { place += 1 }
        let isLarge = place < characters.count && text.original[place] == "M"
        guard
            let (name, unit) = units.first(where: { name, _ in
                let end = place + name.count
                return characters[place...].starts(with: name) && (name != "m" || isLarge)
                    && !(MaskedText.isLatin(name.last ?? " ") && end < characters.count
                        && MaskedText.isLatin(characters[end]))
            }), let size = try? ByteSize(parsing: number + unit)
        else { return nil }
        return (size, start..<place + name.count)
    }

    /// Digits, with a point or a comma among them, or a Chinese numeral; and where they end.
    private static func number(at start: Int, in characters: [Character]) -> (String, Int)? {
        let before: Character = start > 0 ? characters[start - 1] : " "
        if HanNumber.isPart(characters[start]) {
            guard !HanNumber.isPart(before) else { return nil }
            let text = characters[start...].prefix { HanNumber.isPart($0) }
            return HanNumber.value(text).map { (String($0), text.endIndex) }
        }
        func isDigit(_ place: Int) -> Bool {
            place < characters.count && characters[place].isASCII && characters[place].isNumber
        }
        guard isDigit(start), !MaskedText.isLatin(before), before != "." else { return nil }
        // "1,5" is not "5".
        if before == ",", start > 1, isDigit(start - 2) { return nil }
        var place = start
        while isDigit(place) || place < characters.count && characters[place] == "." { place += 1 }
        var number = String(characters[start..<place])
        guard place < characters.count, characters[place] == ",", before != ":",
            !number.contains(".")
        else { return (number, place) }
        var groups: [String] = []
        while place < characters.count, characters[place] == ",", isDigit(place + 1) {
            let digits = characters[(place + 1)...].prefix { $0.isASCII && $0.isNumber }
            groups.append(String(digits))
            place = digits.endIndex
        }
        if groups.count == 1, let fraction = groups.first, fraction.count < 3 {
            number += "." + fraction
        } else if !groups.isEmpty, groups.allSatisfy({ $0.count == 3 }) {
            number += groups.joined()
        } else {
            return nil
        }
        return (number, place)
    }

    /// Longest first; `k` alone means lines as often as not, and a small `m` alone minutes.
    private static let units: [(String, String)] = [
        ("megabytes", "MB"), ("gigabytes", "GB"), ("kilobytes", "kB"), ("megabyte", "MB"),
        ("gigabyte", "GB"), ("megs", "MB"), ("gigs", "GB"), ("meg", "MB"), ("mib", "MiB"),
        ("gib", "GiB"), ("kib", "KiB"), ("mb", "MB"), ("gb", "GB"), ("kb", "kB"), ("兆字节", "MB"),
        ("千字节", "kB"), ("兆", "MB"),
        ("m", "MB"),
    ]

    private static func role(of range: Range<Int>, in text: MaskedText) -> Role {
        let before = String(text.characters[..<range.lowerBound])
        let after = String(text.characters[range.upperBound...])
        let lead = withoutTail(before, vague)
        let start = lead.lastIndex { ",;!?，。；！？\n".contains($0) } ?? lead.startIndex
        let isNegated = PlainWords.isNegated(lead[start...])
        if ends(lead, ownNegations) { return .asked }
        // "Not over 8MB" is a limit, "over 8MB" is none.
        if ends(lead, floors) { return isNegated ? .asked : .refused }
        if isNegated { return .refused }
        if follows(after, limits) { return .asked }
        if follows(after, leasts) { return .refused }
        if ends(lead, bounds) { return .asked }
        let noun = follows(after, nouns)
        if ends(lead, articles) {
            let further = articles.first { ends(lead, [$0]) }.map { withoutTail(lead, [$0]) } ?? ""
            return ends(further, makers) ? .asked : .described
        }
        if ends(lead, origins) { return .described }
        return noun ? .described : .open
    }

    static let ownNegations = [
        "no more than", "not more than", "no larger than", "no bigger than", "no greater than",
        "not exceed", "not exceeding", "not over", "not above", "don't exceed", "不超过", "不大于", "不高于",
        "不要超过", "别超过", "不能超过", "不得超过", "不多于",
    ]
    static let floors = [
        "over", "above", "more than", "larger than", "bigger than", "greater than", "at least",
        "minimum", "minimum of", "exceed", "exceeding", "exceeds", "超过", "大于", "高于", "多于", "至少",
        "不小于", "不低于", "不少于", "最少", "最小",
    ]
    private static let leasts = ["or more", "or larger", "or bigger", "以上"]
    static let bounds = [
        "under", "below", "to", "into", "within", "less than", "smaller than", "lower than",
        "at most", "up to", "max", "maximum", "maximum of", "limit of", "limit is",
        "target", "beneath", "fit", "fit in", "fits in", "<", "<=", "≤", "到", "至", "成", "为",
        "小于", "低于", "少于", "控制在", "限制在", "最大", "最多", "压",
    ]
    static let limits = [
        "or less", "or smaller", "or under", "or below", "max", "maximum", "limit", "以下", "以内",
        "之内", "内", "左右",
    ]
    static let vague = [
        "about", "around", "roughly", "just", "only", "exactly", "approximately", "大约", "约",
    ]
    static let articles = ["a", "an", "my", "this", "the", "our", "that", "一个", "这个"]
    static let makers = [
        "into", "to", "make", "create", "as", "want", "need", "me", "给我", "要", "做",
    ]
    static let origins = ["from", "of", "is", "was", "has", "从", "是", "有"]
    static let nouns = [
        "mp4", "mov", "avi", "webm", "mkv", "video", "file", "clip", "recording", "movie",
        "footage", "wedding", "phone", "screen", "的",
    ]

    static func ends(_ text: String, _ words: [String]) -> Bool {
        let text = trimmed(text)
        return words.contains { word in
            guard text.hasSuffix(word) else { return false }
            guard let first = word.first, MaskedText.isLatin(first) else { return true }
            return text.dropLast(word.count).last.map { !MaskedText.isLatin($0) } ?? true
        }
    }

    static func follows(_ text: String, _ words: [String]) -> Bool {
        let text = text.drop { $0.isWhitespace }
        return words.contains { word in
            guard text.hasPrefix(word) else { return false }
            guard let last = word.last, MaskedText.isLatin(last) else { return true }
            return text.dropFirst(word.count).first.map { !MaskedText.isLatin($0) } ?? true
        }
    }

    static func withoutTail(_ text: String, _ words: [String]) -> String {
        let text = trimmed(text)
        guard let word = words.first(where: { ends(text, [$0]) }) else { return text }
        return trimmed(String(text.dropLast(word.count)))
    }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// Words that change nothing but size and shape of the file.
    static let harmless = [
        "compress", "compressing", "shrink", "reduce", "reducing", "make", "get", "convert",
        "smaller", "small", "size", "file", "files", "video", "videos", "clip", "clips", "it",
        "this", "the", "my", "that", "a", "an", "into", "to", "down", "under", "below", "within",
        "less", "than", "smaller than", "at most", "up to", "max", "maximum", "about", "around",
        "as", "of", "or", "and", "for", "with", "without", "losing", "loss", "too", "much",
        "quality",
        "keep", "keeping", "good", "high", "possible", "please", "pls", "can", "you", "could",
        "just",
        "mp4", "sharing", "uploading", "upload", "share", "discord", "email", "whatsapp", "target",
        "fit", "in", "limit", "export", "then", "download", "ok", "want", "i", "need", "me",
        "把", "将", "这个", "我的", "视频", "文件", "压缩", "压", "缩小", "减小", "变小", "大小", "体积", "画质", "质量",
        "清晰度", "不要", "损失", "太多", "尽量", "保持", "到", "至", "成", "为", "小于", "低于", "不超过", "控制在", "以下",
        "以内", "之内", "左右", "大约", "请", "帮我", "一下", "一点", "一些", "的", "了", "吧", "再", "然后", "导出", "下载",
        "方便", "分享", "上传",
    ]
}
