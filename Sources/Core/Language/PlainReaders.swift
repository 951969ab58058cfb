extension PlainReader {
    /// "720p", "4K", "1280x720".
    mutating func readHeights() {
        let names: [(String, Int)] = [
            ("4k|uhd|ultra hd", 2160), ("2k", 1440), ("full hd|fhd|全高清", 1080), ("in hd|hd", 720),
        ]
        for (pattern, lines) in names {
            for found in places("(?:\(pattern))(?: resolution| quality|分辨率|画质)?") {
                takeHeight(lines, at: found.range)
            }
        }
        for found in places(#"(?<n>\d{3,4}) ?(?:p|lines)(?: resolution| quality|分辨率|画质)?"#) {
            guard let lines = found.groups["n"].flatMap(Int.init), (100...4320).contains(lines)
            else { continue }
            takeHeight(lines, at: found.range)
        }
        for found in places(#"(?<t>\d{3,4}) ?[x×*] ?(?<u>\d{3,4})"#) {
            guard let one = found.groups["t"].flatMap(Int.init),
                let other = found.groups["u"].flatMap(Int.init)
            else { continue }
            takeHeight(min(one, other), at: found.range)
        }
        for found in places(
            "(?:keep |in |at |with )?(?:the )?(?:original|full|same|native|source) (?:resolution|size in pixels)|\(Self.unchanged) ?resolution|(?:保持)?原?(?:始|有)?分辨率(?:不变)|原分辨率|原始分辨率|(?:不要|别|不)(?:改变|更改|改|降低)分辨率|(?:保持|保留)分辨率|(?:don't|do not|without|no) ?(?:downscale|downscaling|rescale|rescaling|resize|resizing|scale|scaling)(?: it| the video)?(?: down)?"
        ) {
            set(\.heightCap, .source, "the resolution", at: found.range)
            take(found.range, "as many lines as the source")
        }
    }

    private static let unchanged =
        "(?:keep(?:ing)?|(?:don't|do not|without|no) ?(?:change|changing|touch|touching|alter|altering|lower|lowering|reduce|reducing))(?: the| its| my| any)?"

    private mutating func takeHeight(_ lines: Int, at range: Range<Int>) {
        switch role(of: range, SizeMention.nouns + ["的", "视频", "录像", "录屏"]) {
        case .described: take(range, nil)
        case .refused: refuse(range)
        case .open
        where lines > 1080
            && SizeMention.follows(tail(of: range), SizeMention.nouns + ["视频", "录像"]):
            // "4K video to 8MB" is what there is.
            take(range, nil)
        case .asked, .open:
            set(\.heightCap, .lines(lines), "the resolution", at: range)
            take(range, "at most \(lines) lines")
        }
    }

    /// "30fps", "每秒30帧".
    mutating func readRates() {
        for found in places(
            "(?:original|same|native|source) (?:frame ?rate|fps)|\(Self.unchanged) (?:frame ?rate|fps)|(?:保持|保留)原?(?:来的|始)?帧率(?:不变)?|(?:不要|别|不)(?:改变|更改|改|降低)帧率|帧率不变"
        ) {
            set(\.frameRateCap, .source, "the frame rate", at: found.range)
            take(found.range, "as many frames as the source")
        }
        guard text.contains(["帧", "frames", "hz", "fps"]) || !places("\\d+ ?fps").isEmpty else {
            return
        }
        for pattern in [
            #"(?<n>\d{1,3}(?:\.\d+)?) ?(?:fps|frames (?:per|a) second|frames/s|hz)"#,
            #"每秒(?<n>\d{1,3}(?:\.\d+)?) ?帧"#, #"(?<n>\d{1,3}(?:\.\d+)?) ?帧(?:每秒)?"#,
        ] {
            for found in places(pattern) {
                guard let text = found.groups["n"], let cap = FrameRateCap(parsing: text) else {
                    continue
                }
                switch role(of: found.range, SizeMention.nouns + ["的", "视频"]) {
                case .described: take(found.range, nil)
                case .refused: refuse(found.range)
                case .asked, .open:
                    set(\.frameRateCap, cap, "the frame rate", at: found.range)
                    take(found.range, "at most \(text) frames a second")
                }
            }
        }
    }

    /// Whether a property is asked for, or describes what there is: "a 4K video".
    private func role(of range: Range<Int>, _ nouns: [String]) -> SizeMention.Role {
        if isNegated(range) { return .refused }
        let before = lead(of: range)
        let wants = [
            "to", "into", "export", "in", "at", "as", "make", "want", "need", "make it", "max",
            "under", "with", "create", "get", "download", "save", "导出", "到", "成", "为", "用", "输出",
            "最高", "最多",
        ]
        let isNoun = SizeMention.follows(tail(of: range), nouns)
        if SizeMention.ends(
            before,
            ["this", "my", "the", "our", "that", "这个", "我的", "把", "将", "这段"]
        ) {
            return isNoun ? .described : .asked
        }
        for article in ["a", "an", "一个"] where SizeMention.ends(before, [article]) {
            let further = SizeMention.withoutTail(before, [article])
            return SizeMention.ends(further, wants) || !isNoun ? .asked : .described
        }
        if SizeMention.ends(before, wants) { return .asked }
        if SizeMention.ends(before, ["from", "is", "was", "从", "是"]) { return .described }
        return .open
    }

    /// "mute it", "no sound", "静音".
    mutating func readSound() {
        let what = "(?:sounds?|audio|sound ?track|audio track|volume)"
        let verbs =
            "(?:without|w/o|no|remove|removing|strip|delete|drop|kill|lose|cut|ditch|get rid of|take out|turn off|leave out|discard|disable)"
        let wished =
            "\(verbs)(?: out| off)?(?: all| any)?(?: the| its| my)? \(what)(?: track)?(?: off| out)?"
            + "|mute(?:d)?(?: it| this| the (?:video|audio|sound|clip|whole (?:video|thing))| the)?"
            + "|muting(?: it)?|silent|soundless"
            + "|静音|消音|无声|(?:去掉|去除|删掉|删除|关掉|关闭|移除|不要|不带|没有)(?:所有)?(?:的)?(?:声音|音频|音轨)"
            + "|(?:把|将)?(?:声音|音频|音轨)(?:都)?(?:去掉|去除|关掉|删掉|删除|移除|\(PlainWords.unwanted))"
        let parts = [
            "loss", "losses", "change", "changes", "compression", "re-encoding", "degradation",
            "problems", "issues", "cuts", "dropouts", "distortion", "lag", "removal", "removed",
            "noise", "of", "effects", "effect", "hum", "hiss", "delay", "glitches", "music",
            "background", "voice", "first", "last", "from", "between", "during", "quality", "part",
            "的", "噪", "部分", "片段",
        ]
        for found in places("(?:\(wished))") {
            let isPart = SizeMention.follows(tail(of: found.range), parts)
            let isSpanned =
                !text.contains(["remove", "cut"], in: found.range)
                && !places(PlainTime.any).filter { clause(of: found.range).overlaps($0.range) }
                    .isEmpty
            if let denial = denial(of: found.range, isSound: true) {
                // "Don't mute it" is what happens anyway.
                keepSound(min(denial, found.range.lowerBound)..<found.range.upperBound)
            } else if isAfterDenial(found.range) {
                refuse(found.range)
            } else if isPart
                && !SizeMention.follows(tail(of: found.range), ["from the video", "from it"])
                || isSpanned
            {
                refuse(found.range)
            } else {
                set(\.audio, .none, "the sound", at: found.range)
                take(found.range, "no sound")
            }
        }
        for found in places(
            "(?:keep(?:ing)?(?: the)? (?:sound|audio)|with (?:the )?(?:sound|audio)|(?:保留|保持|要有|带)(?:声音|音频|原声))"
        ) where !isNegated(found.range) {
            keepSound(found.range)
        }
    }

    private mutating func keepSound(_ range: Range<Int>) {
        if wish.audio == AudioWish.none {
            contradict("the sound", "it is kept")
            wish.audio = nil
        }
        take(range, "with its sound")
    }

    /// "for discord", "发到微信".
    mutating func readNames(_ limits: NamedLimits) {
        for (word, name) in names(limits) where text.contains([word]) {
            let escaped = word.replacing(".", with: "\\.")
            let pattern =
                word.first.map(MaskedText.isLatin) == true
                ? "(?:for|on|to|by|via|onto|into|over|through|fits?|\(word.count > 2 ? "or|and" : "for")|发到|发给|传到|上传到|分享到|用于|适合|发|传)(?: in| into| on| a| my| the)? ?\(escaped)(?:'s)?(?: limits?| message| chat| dm| server| status|的限制|限制|上)?"
                : "\(escaped)(?:上|的限制|群|好友)?"
            for found in places(pattern) where !isNegated(found.range) {
                guard let limit = limits.all.first(where: { $0.name == name }) else { continue }
                takeName(limit, among: limits, at: found.range)
            }
        }
    }

    /// Of places, and of a size that is said besides, the one that takes least.
    private mutating func takeName(
        _ limit: NamedLimit,
        among limits: NamedLimits,
        at range: Range<Int>
    ) {
        let other = limits.all.first { $0.name == wish.limitName }
        let least = [other?.size, wish.target].compactMap(\.self).min()
        if let least, least <= limit.size {
            let size = limit.size.fileNameText
            let said = other?.name == limit.name ? nil : "for \(limit.title), which takes \(size)"
            return take(range, said)
        }
        wish.limitName = limit.name
        wish.target = nil
        take(range, "the size for \(limit.summary)" + (least == nil ? "" : ", the smaller size"))
    }

    private func names(_ limits: NamedLimits) -> [(String, String)] {
        let own = limits.all.map { ($0.name, $0.name) }.sorted { $0.0.count > $1.0.count }
        let aliases = [
            ("twitter", "x"), ("微信", "wechat"), ("推特", "x"), ("email", "outlook"),
            ("e-mail", "outlook"), ("an email", "outlook"), ("邮件", "outlook"), ("电子邮件", "outlook"),
            ("邮箱", "outlook"),
        ]
        return own + aliases.filter { alias in limits.all.contains { $0.name == alias.1 } }
    }

    /// "split it into parts", "分成三段".
    mutating func readParts() {
        guard
            text.contains([
                "split", "divide", "break", "part", "parts", "piece", "pieces", "chunks",
                "segments",
                "files", "clips", "videos", "段", "份", "部分", "文件", "视频", "块",
            ])
        else { return }
        let thing = "(?:parts?|pieces?|chunks?|segments?|files?|clips?|videos?)"
        let count = "(?:(?<n>\(PlainTime.number))|several|multiple|a few|some|equal)"
        let each = "(?:,? ?(?:so (?:that )?)?each(?: one| part| piece| of them)?(?: is| being)?)?"
        for pattern in [
            "(?:split|divide|break)(?: it| this| that| the video| my video| this video| up)*(?: into| in)? \(count)(?: equal)? \(thing)\(each)",
            "(?:split|divide|break)(?: it| this| that| the video| my video| this video| up)*(?: into| in)?(?:[ \u{FFFC}]*\(thing))?(?: of| that are)?\(each)",
            "(?:in|into) (?<n>\(PlainTime.number)) (?:equal )?\(thing)",
            "(?:分割|拆分|切分|分|拆|切)(?:成|为)?(?:(?<n>\(PlainTime.number))|几|多|若干)?(?:段|份|个部分|部分|个文件|个视频|块)(?:，?每(?:段|份|个|个文件|部分|块))?",
            "每(?:段|份|个文件|部分|块)(?:都)?",
        ] {
            for found in places(pattern) where !isNegated(found.range) {
                let isEach = text.original[found.range].first == "每"
                if isEach, wish.parts != nil {
                    take(found.range, nil)
                    continue
                }
                let number = found.groups["n"].flatMap { PlainTime.value($0) }
                let isCounted = number.map { $0 >= 2 && $0 == $0.rounded() && $0 <= 99 } ?? false
                if number != nil, !isCounted {
                    refuse(found.range)
                    continue
                }
                let parts: PartsWish = number.map { .count(Int($0)) } ?? .fewest
                set(\.parts, parts, "the parts", at: found.range)
                take(found.range, number.map { "in \(Int($0)) parts" } ?? "in parts")
            }
        }
    }

    /// "best quality", "as fast as possible", "画质优先".
    mutating func readQuality() {
        let best =
            "(?:the )?(?:best|highest|maximum|max|top)(?: possible)?(?: picture| video)? quality|as good(?: a quality)? as possible|best possible|take your time|quality first|最(?:好|高|佳)的?(?:画质|质量|效果|清晰度)|画质优先|质量优先|尽可能清晰|尽量清晰|越清晰越好"
        let fast =
            "as (?:fast|quick|quickly) as (?:possible|you can)|quickly|asap|in a hurry|fast (?:mode|encode|encoding|compression)|fastest|quality doesn't matter|low quality|speed first|尽快|快一点|快点|快速|速度优先|越快越好|低画质|画质无所谓"
        let good =
            "(?:without|not|don't|no) (?:losing|lose|loss of|loss in|sacrificing|ruining|hurting|losing too much|lose too much|losing much|losing any|visible loss of)(?: too much| much| any| the| noticeable| visible)*(?: in| of)? ?(?:picture |video |image )?quality|(?:good|high|decent|great|same|acceptable|reasonable|nice) (?:picture |video |image )?quality|(?:keep|keeping|maintain|maintaining|preserve|preserving)(?: the| a| good| high)* quality|quality (?:as )?high|looks? good|look(?:ing)? good|(?:画质|质量|清晰度)?(?:尽量)?(?:不要|别|不)(?:太)?(?:损失|下降|降低|变差)(?:太多|太大|画质|质量)*(?:画质|质量)?|(?:保持|保证|保留)(?:较?好的?|较?高的?)?(?:画质|质量|清晰度?)|不(?:影响|损失)(?:画质|质量|清晰度)|画质(?:不要|别)(?:损失|下降|变差)?太?(?:多|差|大)?|高画质|高质量|高清|清晰一点|清楚一点"
        for (pattern, speed) in [(best, Speed.best), (fast, .fast)] {
            for found in places("(?:\(pattern))") where !isNegated(found.range) {
                set(\.speed, speed, "the speed", at: found.range)
                take(found.range, speed == .best ? "best quality, slowly" : "quickly")
            }
        }
        for found in places("(?:\(good))") { take(found.range, "as good as the size allows") }
    }

    /// "export MP4", "audio only", "转成mp3".
    mutating func readFormats() {
        for found in places(
            "(?:audio only|sound only|only (?:the )?(?:audio|sound)|just (?:the )?(?:audio|sound)|extract(?:ing)? (?:the )?(?:audio|sound)|只要(?:声音|音频)|只保留(?:声音|音频)|提取(?:声音|音频)|(?:转|转换|导出)(?:成|为)?音频)"
        ) where !isNegated(found.range) {
            set(\.format, .m4a, "the format", at: found.range)
            take(found.range, "its sound alone, as M4A")
        }
        // Between "export" and "MP4" there may be what was understood already.
        let gap = "[ \u{FFFC}的]*"
        let lead =
            "(?:to|into|as|export|in|format|save|make|be|导出|成|为|转|格式|存|输出)(?: it| this)?(?: an?| the)?\(gap)"
        let names: [(String, Format?)] = [
            ("mp4", .mp4), ("m4a", .m4a), ("jpe?g", .jpeg), ("webp", .webp),
            ("mp3|wav|flac|gif|mov|webm|mkv|avi|hevc|h\\.?265|av1|prores|wmv|flv", nil),
        ]
        for (name, format) in names {
            for found in places("\(lead)\\.?(?:\(name))(?: format| file| video| clip|格式|文件)?") {
                guard let format, !isNegated(found.range) else {
                    refuse(found.range)
                    continue
                }
                set(\.format, format, "the format", at: found.range)
                take(found.range, "as \(format.words)")
            }
            // "This mov file": what it is, not what it shall be.
            let whose = "(?:a|an|this|my|the|from|这个|我的|把)"
            for found in places("\(whose) ?\(gap)\\.?(?:\(name))(?: file| video| clip|文件|视频|的视频)?")
            {
                take(found.range, nil)
            }
        }
    }
}
