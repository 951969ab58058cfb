import Core
import Jobs

/// What a finished run says of its file.
enum Receipt {
    /// The text, in lines no wider than `width` but for the path, which stays whole for copying.
    static func text(_ report: Report, width: Int, style: Style = .plain) -> String {
        let mark = style.usesUnicode ? "✓" : "*"
        let output = report.output == "-" ? "standard output" : report.output.withoutControls
        let title = style.green(mark) + " " + style.bold(output)
        let lines = columns(report).lines(width: min(100, width), style: style)
        return ([title, ""] + lines).joined(separator: "\n")
    }

    private static func columns(_ report: Report) -> Columns {
        var columns = Columns()
        columns.add("Size", size(report))
        if let limit = report.namedLimit { columns.add("For", limit.summary.withoutControls) }
        let share = share(report)
        if !share.isEmpty { columns.add("", share) }
        if let part = report.part { columns.add("Part", part.words) }
        if report.stoppedAtQualityCeiling {
            let percent = percent(report.fill)
            columns.add(
                "",
                "as good as it gets: stopped at \(percent) because more bytes could not be "
                    + (report.kind == .sound ? "heard" : "seen")
            )
        }
        switch report.kind {
        case .video:
            columns.add("Picture", picture(report) + ", " + durationText(report.durationSeconds))
            columns.add("Video", "H.264, \(Phrase.rate(report.videoBitsPerSecond))")
            columns.add(
                "Sound",
                report.audioBytes == 0 ? "none" : "AAC, \(Phrase.rate(report.audioBitsPerSecond))"
            )
        case .sound: columns.add("Sound", sound(report))
        case .still: columns.add("Picture", still(report))
        }
        if let metadata = report.metadata {
            for (index, line) in lines(metadata).enumerated() {
                columns.add(index == 0 ? "Metadata" : "", line)
            }
        }
        switch report.kind {
        case .video: columns.add("Passes", passes(report))
        case .sound: columns.add("Encodes", encodes(report))
        case .still:
            if report.method != .remux { columns.add("Encodes", words(report.attempts.count)) }
        }
        columns.add("Time", time(report))
        if let ssim = report.ssim {
            let size = report.ssimSize.map { "\($0)" } ?? "this size"
            let text = "SSIM \(Phrase.decimals(ssim, 4)) against the source at \(size)"
            columns.add(
                "Quality",
                report.kind == .still
                    ? text
                    : "\(Quality(similarity: ssim).words): \(text), over "
                        + count(report.ssimFrames, "frame")
            )
        }
        // The clip and then its last stretch, both at the first try, is how it should go: no word of it.
        let wentAsPlanned = report.secondPassRuns == 1 && ends(report) == 1
        if report.attempts.count > 1, !wentAsPlanned, report.kind != .still {
            for (index, attempt) in report.attempts.enumerated() {
                columns.add(index == 0 ? "Attempts" : "", text(attempt), hang: 3)
            }
        }
        for (index, sentence) in (report.damage?.sentences ?? []).enumerated() {
            columns.add(index == 0 ? "Damage" : "", sentence)
        }
        for (index, note) in report.notes.enumerated() {
            columns.add(index == 0 ? "Notes" : "", note.withoutControls)
        }
        return columns
    }

    private static func picture(_ report: Report) -> String {
        "\(report.width)×\(report.height) at \(Phrase.frameRate(report.frameRate))"
    }

    private static func still(_ report: Report) -> String {
        var text = "\(report.width)×\(report.height)"
        if let format = report.format { text += ", " + format.words }
        if report.method == .remux { return text + ", copied without encoding" }
        guard let quality = report.quality else { return text + ", nothing lost" }
        return text + ", quality \(Phrase.decimals(quality, 1)) of 100"
    }

    private static func sound(_ report: Report) -> String {
        let channels = ["", "mono", "stereo"]
        let count = report.channels
        return [
            "AAC", Phrase.rate(report.audioBitsPerSecond),
            channels.indices.contains(count) ? channels[count] : "\(count) channels",
            Phrase.sampleRate(report.sampleRate),
            durationText(report.durationSeconds),
        ].joined(separator: ", ")
    }

    private static func encodes(_ report: Report) -> String {
        switch report.method {
        case .remux: "none: copied as it is"
        case .constantQuality: "one, at a usual rate"
        case .fit: words(report.attempts.count)
        }
    }

    private static func size(_ report: Report) -> String {
        let size = "\(ByteSize.grouped(report.bytes)) bytes"
        guard report.targetBytes != nil else { return size }
        return size + ", from \(ByteSize.text(report.inputBytes))"
    }

    /// The share of the target and what is left of it; of the source, where there is no target.
    private static func share(_ report: Report) -> String {
        guard let target = report.targetBytes else {
            let share = Double(report.bytes) / Double(max(1, report.inputBytes))
            return "\(percent(share)) of the source's \(ByteSize.text(report.inputBytes))"
        }
        let margin = target - report.bytes
        return "\(percent(report.fill)) of \(ByteSize.askedText(target)), "
            + (margin == 0 ? "to the byte" : "\(ByteSize.grouped(margin)) bytes to spare")
    }

    /// Names alone: a place that was removed is not printed instead.
    private static func lines(_ metadata: Report.MetadataOutcome) -> [String] {
        [("kept: ", metadata.kept), ("removed: ", metadata.removed)].compactMap { word, names in
            guard !names.isEmpty else { return nil }
            let isUsual = word == "removed: " && metadata.policy == .private
            let hint = isUsual ? " (--metadata keep leaves it)" : ""
            return word + names.joined(separator: ", ").withoutControls + hint
        }
    }

    private static func passes(_ report: Report) -> String {
        switch report.method {
        case .remux: return "already fits: copied without encoding"
        case .constantQuality: return "one, at constant quality"
        case .fit:
            var parts = ["one sweep"]
            if report.attempts.contains(where: { $0.mode == .onePassConstantQuality }) {
                parts.append("one pass at constant quality")
            }
            if report.secondPassRuns > 0 {
                parts.append(
                    report.secondPassRuns == 1
                        ? "one second pass" : "\(words(report.secondPassRuns)) second passes"
                )
            }
            if ends(report) > 1 {
                parts.append("its last stretch \(words(ends(report))) times")
            }
            return parts.joined(separator: ", ")
        }
    }

    private static func ends(_ report: Report) -> Int {
        report.attempts.filter { $0.mode == .lastStretch }.count
    }

    private static func time(_ report: Report) -> String {
        let elapsed = max(0.001, report.elapsedSeconds)
        guard report.kind != .still else { return durationText(elapsed) }
        let speed = report.durationSeconds / elapsed
        let relation =
            speed >= 1
            ? "\(Phrase.factor(speed))× faster than it plays"
            : "\(Phrase.factor(1 / speed))× as long as it plays"
        return "\(durationText(elapsed)), \(relation)"
    }

    private static func text(_ attempt: Attempt) -> String {
        var text = attempt.bytes.map { "\(ByteSize.grouped($0)) bytes" } ?? ""
        if let rate = attempt.videoBitsPerSecond ?? attempt.audioBitsPerSecond {
            text += (text.isEmpty ? "at " : " at ") + Phrase.rate(rate)
        }
        return "\(attempt.number). " + text + (text.isEmpty ? "" : ", ") + attempt.reason
    }

    /// Rounded down: what is not full is never called so.
    private static func percent(_ share: Double) -> String {
        let hundredths = Int(share * 10_000)
        if hundredths >= 10_000 { return "\(hundredths / 100) %" }
        return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10) %"
    }

    private static func count(_ number: Int, _ thing: String) -> String {
        number == 1 ? "1 \(thing)" : "\(ByteSize.grouped(number)) \(thing)s"
    }

    private static func words(_ number: Int) -> String {
        let words = ["no", "one", "two", "three", "four"]
        return words.indices.contains(number) ? words[number] : "\(number)"
    }
}

/// Numbers as people read them.
enum Phrase {
    /// `523 kbit/s`, `4.25 Mbit/s`.
    static func rate(_ bitsPerSecond: Int) -> String {
        bitsPerSecond < 10_000_000
            ? "\(ByteSize.grouped((bitsPerSecond + 500) / 1000)) kbit/s"
            : "\(decimals(Double(bitsPerSecond) / 1_000_000, 1)) Mbit/s"
    }

    /// `48 kHz`, `44.1 kHz`.
    static func sampleRate(_ hertz: Int) -> String {
        let digits = hertz % 1000 == 0 ? 0 : hertz % 100 == 0 ? 1 : 2
        return "\(digits == 0 ? "\(hertz / 1000)" : decimals(Double(hertz) / 1000, digits)) kHz"
    }

    /// `25 fps`, `29.97 fps`.
    static func frameRate(_ rate: Double) -> String {
        let rate = min(max(0, rate), 1e6)
        let hundredths = Int((rate * 100).rounded())
        if hundredths % 100 == 0 { return "\(hundredths / 100) fps" }
        return "\(decimals(rate, hundredths % 10 == 0 ? 1 : 2)) fps"
    }

    /// What is said where a sample was asked for, and would show nothing.
    static let unpreviewed =
        "no sample is made first: the whole is hardly longer, or is copied as it is"

    /// What is said of a sample that was made first.
    static func previewed(_ report: Report) -> String {
        let likeness = report.ssim.map { ", \(Quality(similarity: $0).words.lowercased())" } ?? ""
        return "a sample of \(durationText(report.durationSeconds)) is in \(report.output): "
            + "\(report.width)×\(report.height)\(likeness)"
    }

    /// `1.4`, `23`.
    static func factor(_ value: Double) -> String {
        value < 9.95 ? decimals(value, 1) : "\(Int(min(value, 1e9).rounded()))"
    }

    /// A number with so many digits after the point, whatever the locale.
    static func decimals(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "?" }
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return (value < 0 ? "-" : "") + "\(scaled / scale)." + zeros + fraction
    }
}
