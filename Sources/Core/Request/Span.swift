/// Which part of a recording is wanted, in presentation time from its beginning.
package struct Span: Hashable, Codable, Sendable {
    /// A moment of a recording, whose length need not be known yet.
    package enum Moment: Hashable, Codable, Sendable {
        /// Microseconds after its beginning.
        case afterStart(Int)
        /// Microseconds before its end.
        case beforeEnd(Int)
    }

    package var start: Moment
    /// The first moment that is no longer wanted; nil: to the end.
    package var end: Moment?
    /// Microseconds, for a length instead of an end.
    package var length: Int?

    package init(start: Moment = .afterStart(0), end: Moment? = nil, length: Int? = nil) {
        self.start = start
        self.end = end
        self.length = length
    }
}

extension Span {
    /// Reads `12`, `12.5`, `12s`, `1:02.5` or `00:01:02.500` as microseconds; nil for anything else.
    package static func microseconds(parsing text: String) -> Int? {
        var text = text
        if text.last == "s", !text.contains(":") { text.removeLast() }
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(fields.count), text.utf8.count <= 24,
            text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == ":") })
        else { return nil }
        let last = fields[fields.count - 1].split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard last.count <= 2, let seconds = Int(last[0]), seconds < 1_000_000_000 else {
            return nil
        }
        if fields.count > 1, seconds > 59 { return nil }
        var whole = 0
        for (index, field) in fields.dropLast().enumerated() {
            guard let number = Int(field), number < 1_000_000, index == 0 || number < 60 else {
                return nil
            }
            whole = whole * 60 + number
        }
        whole = fields.count > 1 ? whole * 60 + seconds : seconds
        guard last.count == 2 else { return whole * 1_000_000 }
        guard !last[1].isEmpty else { return nil }
        let digits = String(last[1].prefix(6))
        guard let fraction = Int(digits + String(repeating: "0", count: 6 - digits.count)) else {
            return nil
        }
        return whole * 1_000_000 + fraction
    }

    /// `0:10`, `1:02.5`, `1:00:00`: a moment as a person writes it.
    package static func text(microseconds: Int) -> String {
        let thousandths = (max(0, microseconds) + 500) / 1000
        let seconds = thousandths / 1000
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        var text =
            seconds < 3600
            ? "\(seconds / 60):\(two(seconds % 60))"
            : "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        var fraction = String(1000 + thousandths % 1000).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        if !fraction.isEmpty { text += "." + fraction }
        return text
    }
}

/// A stretch of a recording that is treated as if it were the whole of it.
package struct Part: Hashable, Codable, Sendable {
    /// Presentation time after the beginning of the whole.
    package var startMicroseconds: Int
    /// The first moment that no longer belongs to it; nil where it goes on to the end.
    package var endMicroseconds: Int?
    package var wholeSeconds: Double
    package var wholeBytes: Int
    /// Whether the bytes of the part are no more than its share of the time.
    package var bytesAreEstimated = true

    package init(
        startMicroseconds: Int,
        endMicroseconds: Int?,
        wholeSeconds: Double,
        wholeBytes: Int
    ) {
        self.startMicroseconds = startMicroseconds
        self.endMicroseconds = endMicroseconds
        self.wholeSeconds = wholeSeconds
        self.wholeBytes = wholeBytes
    }

    /// How long it is; nil where only the end of the file tells.
    package var lengthMicroseconds: Int? { endMicroseconds.map { $0 - startMicroseconds } }

    /// For a person: `from 0:10 to 0:20.5 of 1 min 1 s`.
    package var words: String {
        let end = endMicroseconds.map { "to \(Span.text(microseconds: $0))" } ?? "to the end"
        return "from \(Span.text(microseconds: startMicroseconds)) \(end) of "
            + durationText(wholeSeconds)
    }
}

extension Recording {
    /// What the whole file weighs.
    package var fileBytes: Int { part?.wholeBytes ?? bytes }

    /// What nobody wants the result to be larger than.
    ///
    /// A part that begins between two keyframes needs one of its own.
    var mostBytes: Int {
        guard let part else { return bytes }
        return part.bytesAreEstimated ? fileBytes : min(fileBytes, bytes + bytes / 10 + 50_000)
    }

    /// Which part of it is there alone, in a sentence for a person.
    var whatIsCutOut: String? { part.map { "only the part \($0.words)" } }

    /// The part of it that a span means; the same where that is all of it.
    ///
    /// Throws: `Failure` of kind `.usage` where nothing lies in it.
    package func part(_ span: Span?) throws(Failure) -> Self {
        guard let span, part == nil else { return self }
        let whole = Int(min(1e9, max(0, durationSeconds)) * 1_000_000)
        func place(_ moment: Span.Moment) -> Int {
            switch moment {
            case .afterStart(let time): time
            case .beforeEnd(let time): max(0, whole - time)
            }
        }
        let start = place(span.start)
        var end = span.end.map(place) ?? span.length.map { start + $0 } ?? whole
        // What has no index may be longer than it was taken for.
        if !durationIsEstimated { end = min(end, whole) }
        guard start < whole || durationIsEstimated && start < end else {
            throw Failure(
                .usage,
                "Nothing of \(path) comes after \(Span.text(microseconds: start))",
                why: "it ends at \(Span.text(microseconds: whole))",
                advice: "Begin earlier with --start."
            )
        }
        guard end > start else {
            throw Failure(
                .usage,
                "The part to keep is empty",
                why: "it ends at \(Span.text(microseconds: end)) and begins at "
                    + Span.text(microseconds: start),
                advice: "Let --end be later than --start."
            )
        }
        let reachesEnd = end >= whole - 1000 && !(durationIsEstimated && span.end != nil)
        if start == 0, reachesEnd { return self }
        return cut(Part(from: start, to: reachesEnd ? nil : end, of: self), until: end)
    }

    private func cut(_ part: Part, until end: Int) -> Self {
        var copy = self
        let start = part.startMicroseconds
        copy.part = part
        copy.startMicroseconds += start
        copy.durationSeconds = Double(end - start) / 1_000_000
        copy.bytes = max(
            1,
            Int(Double(bytes) * min(1, copy.durationSeconds / max(0.001, durationSeconds)))
        )
        copy.metadata.chapters = metadata.chapters.compactMap { chapter in
            guard chapter.endMicroseconds > start, chapter.startMicroseconds < end else {
                return nil
            }
            var moved = chapter
            moved.startMicroseconds = max(0, chapter.startMicroseconds - start)
            moved.endMicroseconds = min(end, chapter.endMicroseconds) - start
            return moved
        }
        if var cut = copy.cut {
            let seconds = Double(start) / 1_000_000
            cut.statedSeconds -= seconds
            cut.pictureSeconds -= seconds
            if let sound = cut.soundSeconds { cut.soundSeconds = sound - seconds }
            // What is missing lies behind the part.
            copy.cut = part.endMicroseconds == nil ? cut : nil
        }
        return copy
    }
}

extension Part {
    fileprivate init(from start: Int, to end: Int?, of source: some Recording) {
        self.init(
            startMicroseconds: start,
            endMicroseconds: end,
            wholeSeconds: source.durationSeconds,
            wholeBytes: source.bytes
        )
    }
}

extension Material {
    /// The part of it that a span means; a picture has none.
    package func part(_ span: Span?) throws(Failure) -> Material {
        switch self {
        case .video(let source): .video(try source.part(span))
        case .sound(let source): .sound(try source.part(span))
        case .still: self
        }
    }
}
