import SystemPackage

/// How a recording is divided into files that each have a size of their own.
package struct Partition: Hashable, Codable, Sendable {
    /// One after the other, in the whole file's time; nothing lies between them.
    package var spans: [Span]
    /// How long each is.
    package var seconds: [Double]
    /// What is expected of the picture at that size; nil where no samples were taken.
    package var quality: Quality?
    /// Why so many, in sentences for a person.
    package var reasons: [String]

    package init(spans: [Span], seconds: [Double], quality: Quality?, reasons: [String]) {
        self.spans = spans
        self.seconds = seconds
        self.quality = quality
        self.reasons = reasons
    }

    /// More files than this are no answer.
    package static let mostParts = 99
    /// Nobody watches pieces of less.
    package static let leastSeconds = 1.0
}

extension Partition {
    /// The fewest files of a size in which a plan's picture is expected to be good, and the similarity there.
    ///
    /// By the samples of the whole clip; where there were none, by what constant quality would need.
    package static func fewest(
        _ plan: Plan,
        limitBytes: Int
    ) -> (count: Int, similarity: Double?) {
        guard plan.method == .fit else { return (1, nil) }
        guard let content = plan.content, limitBytes > 0 else {
            return (max(1, (plan.expectedBytes + limitBytes - 1) / max(1, limitBytes)), nil)
        }
        let others = plan.budget.audioBytes + plan.budget.containerBytes
        func similarity(_ count: Int) -> Double {
            let bytes = max(1, count * limitBytes - others)
            return content.best(
                within: content.full,
                bitsPerFrame: Double(bytes) * 8 / Double(max(1, plan.frames))
            ).similarity
        }
        let seconds = Double(plan.frames) / max(1, plan.picture.frameRate.value)
        let most = max(1, min(mostParts, Int(seconds / leastSeconds)))
        var best = (count: 1, similarity: similarity(1))
        for count in 1...most {
            let found = similarity(count)
            // What never gets good is made as good as more files make it.
            if found > best.similarity + 0.002 { best = (count, found) }
            if found >= Quality.good.leastSimilarity { return (count, found) }
        }
        return best
    }

    /// Where to look for the cuts: frames around even points, none of them near another's.
    package static func windows(frames: Int, count: Int, rate: Rational) -> [Range<Int>] {
        guard count > 1, frames >= count else { return [] }
        let length = Double(frames) / Double(count)
        let reach = max(0, min(Int(length * 0.15), Int(rate.value * 6)))
        return (1..<count).map { index in
            let even = Int((length * Double(index)).rounded())
            return max(1, even - reach)..<min(frames, even + reach + 1)
        }
    }

    /// The frame in a window that a file begins with: where the picture changes most, the nearer to the
    /// middle the better, and the middle itself where nothing changes.
    ///
    /// `scores`: how much each frame of the window differs from the one before, 0 to 100.
    package static func cut(in window: Range<Int>, scores: [Double]) -> Int {
        let middle = (window.lowerBound + window.upperBound - 1) / 2
        let reach = Double(max(1, window.count / 2))
        var best = (place: middle, worth: leastChange)
        for (index, score) in scores.prefix(window.count).enumerated() where score >= leastChange {
            let place = window.lowerBound + index
            // The first frame has nothing before it to differ from.
            guard index > 0 else { continue }
            let worth = score * (1 - 0.4 * Double(abs(place - middle)) / reach)
            if worth > best.worth { best = (place, worth) }
        }
        return best.place
    }

    /// libavfilter's own idea of a change of scene (`scdet`).
    private static let leastChange = 8.0

    /// The spans between cuts, of a source that may be a part itself.
    package static func spans(
        of source: some Recording,
        cuts: [Int],
        rate: Rational
    ) -> (spans: [Span], seconds: [Double]) {
        let base = source.part?.startMicroseconds ?? 0
        let times = cuts.map { cut in
            base + Int((Double(cut) * 1_000_000 / rate.value).rounded())
        }
        let end = base + Int((source.durationSeconds * 1_000_000).rounded())
        let last = source.part?.endMicroseconds.map { Span.Moment.afterStart($0) }
        var spans: [Span] = []
        var seconds: [Double] = []
        var start = base
        for time in times {
            spans.append(Span(start: .afterStart(start), end: .afterStart(time)))
            seconds.append(Double(time - start) / 1_000_000)
            start = time
        }
        spans.append(Span(start: .afterStart(start), end: last))
        seconds.append(Double(end - start) / 1_000_000)
        return (spans, seconds)
    }
}

extension Request {
    /// The request for one of several files: its part, and a name with its number, `clip-8MB-1of3.mp4`.
    package func part(_ index: Int, of partition: Partition) -> Request {
        var part = self
        part.span = partition.spans[index]
        guard partition.spans.count > 1 else { return part }
        let whole = destination
        let suffix = "-\(index + 1)of\(partition.spans.count)"
        var stem = whole.stem ?? "video"
        let kind = whole.extension.map { "." + $0 } ?? ""
        while stem.utf8.count + suffix.utf8.count + kind.utf8.count > 255 { stem.removeLast() }
        part.output = whole.removingLastComponent().appending(stem + suffix + kind)
        return part
    }
}

extension Plan {
    /// What would look good in the bytes there are, where the whole does not: a length or several files.
    ///
    /// Nil where the picture is expected to look good, and where nothing is known of it.
    package func lengthAdvice(for source: Source) -> String? {
        guard let prospect, method == .fit, targetBytes != nil,
            Quality(similarity: prospect.similarity) < .good
        else { return nil }
        let best = outlooks.filter { $0.goodSeconds != nil }
            .max { ($0.goodSeconds ?? 0) < ($1.goodSeconds ?? 0) }
        guard let best, let good = best.goodSeconds, good >= 1,
            good < source.durationSeconds * 0.98
        else { return nil }
        let whole = good < 10 ? (good * 10).rounded(.down) / 10 : good.rounded(.down)
        let start = source.part?.startMicroseconds ?? 0
        let end = Span.text(microseconds: start + Int(whole * 1_000_000))
        return
            "\(durationText(whole)) would look good at \(best.size) in \(ByteSize.text(limitBytes)), "
            + "and this is \(durationText(source.durationSeconds)): --end \(end), or --split"
    }
}
