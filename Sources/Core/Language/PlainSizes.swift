extension PlainReader {
    /// "under 50MB", "压到8MB".
    mutating func readSizes() {
        let all = SizeMention.all(in: text)
        let asked = all.filter { $0.role == .asked }
        let wished =
            asked.isEmpty
            ? all.filter { $0.role == .open }
            // "500MB to 8MB" asks for one, "to 8MB or 10MB" for two.
            : all.filter { mention in
                mention.role == .asked
                    || mention.role == .open
                        && mention.range.lowerBound > asked[asked.count - 1].range.upperBound
            }
        for mention in all {
            switch mention.role {
            case .refused: refuse(mention.range)
            case .asked, .open:
                guard wished.contains(where: { $0.range == mention.range }) else {
                    take(mention.range, nil)
                    continue
                }
                hideBounds(before: mention.range)
            case .described: take(mention.range, nil)
            }
        }
        takeSizes(wished)
    }

    /// Of two sizes the smaller: it is no more than either.
    private mutating func takeSizes(_ wished: [SizeMention]) {
        guard let least = wished.min(by: { $0.size < $1.size }) else { return }
        wish.target = least.size
        var isSaid = false
        var isAlternative = true
        for (mention, next) in zip(wished, wished.dropFirst()) {
            let gap = mention.range.upperBound..<next.range.lowerBound
            let either =
                text.places(of: "or", in: gap) + text.places(of: "或者", in: gap)
                + text.places(of: "或", in: gap) + text.places(of: "还是", in: gap)
            isAlternative = isAlternative && !either.isEmpty
            for place in either { take(place, nil) }
        }
        for mention in wished {
            let isLeast = mention.size == least.size && !isSaid
            isSaid = isSaid || isLeast
            let isOne = wished.allSatisfy { $0.size == least.size }
            take(
                mention.range,
                isLeast
                    ? "at most \(least.size.fileNameText)" + (isOne ? "" : ", the smaller size")
                    : nil
            )
            if !isLeast, !isAlternative, mention.size != least.size {
                contradict("the size", "the smaller counts")
            }
        }
    }

    /// "Don't go over", of which each word would say something else.
    private mutating func hideBounds(before range: Range<Int>) {
        let lead = min(range.lowerBound, clause(of: range).lowerBound)..<range.lowerBound
        let words =
            SizeMention.ownNegations + SizeMention.floors + [
                "don't", "do not", "does not", "doesn't", "should not", "shouldn't", "must not",
                "mustn't", "cannot", "can't", "not", "go", "get", "getting", "going", "grow",
                "must",
                "should", "不要", "别", "不能", "必须",
            ]
        for place in words.flatMap({ text.places(of: $0, in: lead) }) { take(place, nil) }
    }

    private static let shareWords = ["percent", "half", "halve", "一半", "减半"]

    /// "half the size", "30% smaller".
    mutating func readShares() {
        guard text.characters.contains("%") || text.contains(Self.shareWords) else { return }
        let percent = #"(?<n>\d{1,2}(?:\.\d+)?) ?(?:%|percent)"#
        for (pattern, isLoss) in [
            ("(?:by|缩小|减小|压缩|减少)了? ?\(percent)", true), ("\(percent) smaller", true),
            (
                "(?:at most|no more than|under|below|within|max|about|around|to|到|成|为)(?:原来的)? ?\(percent)(?: of (?:the |its )?(?:original )?(?:file )?size)?",
                false
            ),
        ] {
            for found in places(pattern) {
                guard let number = found.groups["n"].flatMap(Double.init), number > 0,
                    isAboutSize(found.range)
                else { continue }
                let share = isLoss ? 1 - number / 100 : number / 100
                takeShare(share, at: found.range)
            }
        }
        let half =
            "half (?:of )?(?:the |its )?(?:original )?(?:file )?size|(?:by|to) half|half as (?:big|large)|halve(?: the| its)?(?: file)? size|(?:原来的?)?一半(?:大小|体积)?|减半"
        for found in places("(?:\(half))") where isAboutSize(found.range) {
            takeShare(0.5, at: found.range)
        }
    }

    private func isAboutSize(_ range: Range<Int>) -> Bool {
        !isNegated(range)
            && !text.contains(
                [
                    "quality", "volume", "brightness", "speed", "length", "duration", "bitrate",
                    "画质", "音量", "亮度", "速度", "长度", "时长",
                ],
                in: clause(of: range)
            )
    }

    private mutating func takeShare(_ share: Double, at range: Range<Int>) {
        set(\.share, share, "the size", at: range)
        take(range, "at most \(Int((share * 100).rounded())) % of its size")
    }
}
