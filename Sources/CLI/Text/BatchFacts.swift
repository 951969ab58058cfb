import Core
import Jobs
import SystemPackage

/// What a batch says to a person: a line for each file, and the whole at its end.
enum BatchFacts {
    /// A file in a line; of a failure as much as fits, for all of it comes at the end.
    ///
    /// With a `width` of `.max` nothing is cut.
    static func line(
        _ file: BatchFile,
        nameColumns: Int,
        width: Int,
        style: Style = .plain
    ) -> String {
        let marks = style.usesUnicode ? ("✓", "✗", "–") : ("*", "!", "-")
        let mark =
            switch file.outcome {
            case .done, .before: style.green(marks.0)
            case .failed: style.red(marks.1)
            case .fits, .stopped: style.dim(marks.2)
            }
        let whole = file.name.withoutControls
        // A log has no edge.
        let columns =
            width == .max
            ? max(nameColumns, whole.columns) : max(8, min(nameColumns, (width - 2) / 2))
        let name = whole.fittedInMiddle(columns: columns)
        let padding = String(repeating: " ", count: max(0, columns - name.columns))
        let rest = words(file, columns: max(4, width - columns - 4), style: style)
        return "\(mark) \(name)\(padding)  \(rest)"
    }

    private static func words(_ file: BatchFile, columns: Int, style: Style) -> String {
        switch file.outcome {
        case .done(let report):
            let sizes = sizes(report.inputBytes, report.bytes, style)
            let isCloud = file.way?.isCloud == true
            if sizes.columns > columns {
                let bytes = ByteSize.text(report.bytes)
                let both = bytes + "  cloud"
                return isCloud && both.columns <= columns ? both : bytes.fitted(columns: columns)
            }
            var parts = [sizes]
            if isCloud { parts.append("cloud") }
            if report.damage != nil { parts.append("damaged") }
            if let target = report.targetBytes {
                let share = Double(report.bytes) / Double(max(1, target)) * 100
                let text = Phrase.decimals(share, 1)
                // "100.0" is the longest: in a column of their own.
                parts.append(String(repeating: " ", count: max(0, 5 - text.count)) + text + " %")
            }
            if let ssim = report.ssim { parts.append("SSIM \(Phrase.decimals(ssim, 3))") }
            parts.append(Clock.text(report.elapsedSeconds))
            var text = ""
            for part in parts {
                let next = text.isEmpty ? part : text + "  " + part
                if next.columns > columns { break }
                text = next
            }
            return text
        case .before(let entry):
            let sizes = sizes(entry.inputBytes, entry.bytes, style)
            let text = (sizes.columns > columns ? "" : sizes + "  ") + "made before"
            return text.fitted(columns: columns)
        case .failed(let failure):
            let words = failure.why.isEmpty ? failure.what : failure.why
            return words.withoutControls.fitted(columns: columns)
        case .fits(let bytes):
            return "\(ByteSize.text(bytes)), fits already".fitted(columns: columns)
        case .stopped: return "not made"
        }
    }

    private static func sizes(_ source: Int, _ result: Int, _ style: Style) -> String {
        func padded(_ bytes: Int) -> String {
            let text = ByteSize.text(bytes)
            return String(repeating: " ", count: max(0, 8 - text.count)) + text
        }
        return "\(padded(source)) \(style.usesUnicode ? "→" : "->") \(padded(result))"
    }

    /// The whole: what failed and why, and the sum; with `hasTable` a line for each file before it.
    static func text(
        _ report: BatchReport,
        hasTable: Bool,
        width: Int,
        isCut: Bool = true,
        style: Style = .plain
    ) -> String {
        let width = min(120, max(20, width))
        // Otherwise the lines of the files stand right above.
        var lines = hasTable ? [] : [""]
        if hasTable {
            let names = report.files.map(\.name.columns).max() ?? 0
            lines = report.files.map {
                line($0, nameColumns: names, width: isCut ? width : .max, style: style)
            }
        }
        for words in [troubles(report), ways(report), leftOut(report)] where !words.isEmpty {
            if lines != [""] { lines.append("") }
            for text in words { lines += Wrapping.lines(text, width: width, hang: 2) }
        }
        if lines != [""] { lines.append("") }
        return (lines + Wrapping.lines(sum(report, style), width: width)).joined(separator: "\n")
    }

    /// What failed, and what was saved of files that are damaged.
    private static func troubles(_ report: BatchReport) -> [String] {
        report.files.compactMap { file in
            var words = file.failure?.description.replacing("\n", with: " ")
            if let damage = file.damage {
                words = "damaged: " + damage.sentences.joined(separator: "; ")
            }
            return words.map { "\(file.name): \($0)".withoutControls }
        }
    }

    /// What was in the folders too, a sentence for each reason.
    private static func leftOut(_ report: BatchReport) -> [String] {
        [Gathering.LeftOut.Reason.result, .other].compactMap { reason in
            let names = report.leftOut.filter { $0.reason == reason }
                .map { ($0.path.lastComponent?.string ?? "").withoutControls }
            guard !names.isEmpty else { return nil }
            let why =
                reason == .result
                ? "called like results of others there" : "not what is made here"
            return "\(names.count) left out, \(why): \(list(names)). "
                + "Name \(names.count == 1 ? "it" : "them") to take \(names.count == 1 ? "it" : "them")."
        }
    }

    private static func list(_ names: [String]) -> String {
        guard names.count > mostNamed else { return names.joined(separator: ", ") }
        let rest = names.count - mostNamed + 1
        return names.prefix(mostNamed - 1).joined(separator: ", ") + ", \(rest) others"
    }

    /// Where files were made and why, where that is worth a word; a sentence for those with one reason.
    private static func ways(_ report: BatchReport) -> [String] {
        var groups: [(start: String, names: [String])] = []
        for file in report.files {
            guard let way = file.way, !way.why.isEmpty else { continue }
            let place = way.isCloud ? "In the cloud" : "Here and not in the cloud"
            let start = "\(place), because \(way.why.withoutControls)"
            let name = file.name.withoutControls
            if let index = groups.firstIndex(where: { $0.start == start }) {
                groups[index].names.append(name)
            } else {
                groups.append((start, [name]))
            }
        }
        return groups.map { group in
            "\(group.start): \(list(group.names))."
        }
    }

    /// In a sentence; the table has them all.
    private static let mostNamed = 8

    private static func sum(_ report: BatchReport, _ style: Style) -> String {
        var counts: [String] = []
        if report.done > 0 || report.files.isEmpty { counts.append("\(report.done) made") }
        if report.before > 0 { counts.append("\(report.before) made before") }
        if report.fitting > 0 {
            counts.append("\(report.fitting) \(report.fitting == 1 ? "fits" : "fit") already")
        }
        if report.failed > 0 { counts.append("\(report.failed) failed") }
        if report.stopped > 0 { counts.append("\(report.stopped) not made") }
        let files = report.files.count == 1 ? "1 file" : "\(report.files.count) files"
        var text = "\(files): \(counts.joined(separator: ", "))."
        if report.bytes > 0 {
            let share = Double(report.bytes) / Double(max(1, report.inputBytes)) * 100
            let arrow = style.usesUnicode ? "→" : "->"
            text += " \(ByteSize.text(report.inputBytes)) \(arrow) \(ByteSize.text(report.bytes))"
            text += " (\(Phrase.decimals(share, 1)) %)"
            if let total = report.totalBytes {
                text += " of \(ByteSize.askedText(total))"
                text +=
                    report.bytes <= total
                    ? ", \(ByteSize.grouped(total - report.bytes)) bytes to spare" : ""
            }
            text += ", in \(Clock.text(report.elapsedSeconds))."
        }
        if report.stopped > 0 { text += " The same call with --resume goes on." }
        return text
    }
}
