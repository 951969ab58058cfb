import Core

/// The table of what would fit, as `plan` shows it.
enum OutlookTable {
    /// A row for each frame size, the chosen one marked; none wider than `width`.
    ///
    /// Columns are left out from the right where the terminal is narrow.
    static func lines(
        _ plan: Plan,
        expectedTime: ExpectedTime,
        width: Int,
        style: Style
    ) -> [String] {
        let outlooks = plan.outlooks
        guard !outlooks.isEmpty else { return [] }
        let heads = ["Frame", "Quality", "SSIM", "Size", "Time", "Good from", "Good up to"]
        let rows = outlooks.map { row($0, plan, expectedTime) }
        let widths = heads.indices.map { column in
            ([heads] + rows).map { $0[column].columns }.max() ?? 0
        }
        let gap = 2
        var shown = heads.count
        while shown > 2, 4 + widths.prefix(shown).reduce(0, { $0 + $1 + gap }) > width {
            shown -= 1
        }
        func line(_ cells: [String]) -> String {
            var text = ""
            for column in 0..<shown {
                let padding = String(
                    repeating: " ",
                    count: max(0, widths[column] - cells[column].columns)
                )
                // Words to the left, numbers to the right.
                text += column < 2 ? cells[column] + padding : padding + cells[column]
                if column < shown - 1 { text += String(repeating: " ", count: gap) }
            }
            while text.last == " " { text.removeLast() }
            return text
        }
        let mark = style.usesUnicode ? "→ " : "> "
        var lines = ["    " + style.dim(line(heads))]
        for (outlook, cells) in zip(outlooks, rows) {
            let text = line(cells)
            lines.append(
                outlook.isChosen
                    ? "  " + style.green(mark) + style.bold(text)
                    : "    " + (outlook.isFeasible ? text : style.dim(text))
            )
        }
        return lines
    }

    private static func row(
        _ outlook: Outlook,
        _ plan: Plan,
        _ expectedTime: ExpectedTime
    ) -> [String] {
        let good = [
            outlook.goodBytes.map { ByteSize.text($0) } ?? "never",
            outlook.goodSeconds.map(durationText) ?? "never",
        ]
        guard outlook.isFeasible else {
            return ["\(outlook.size)", "does not fit", "", "", ""] + good
        }
        let seconds = expectedTime.seconds(at: outlook.size, insteadOf: plan.picture.size)
        return [
            "\(outlook.size)", outlook.quality.words, Phrase.decimals(outlook.similarity, 3),
            ByteSize.text(outlook.expectedBytes), durationText(seconds),
        ] + good
    }
}

extension Quality {
    /// As a table or a receipt has it.
    var words: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}

/// A row of the table in `--json`.
struct OutlookPayload: Encodable {
    var width: Int
    var height: Int
    var isChosen: Bool
    var isFeasible: Bool
    var expectedSSIM: Double
    var expectedQuality: Quality
    var expectedBytes: Int
    var expectedSeconds: Double
    /// Absent where the size itself loses too much to be called good.
    var goodFromBytes: Int?
    var goodUpToSeconds: Double?

    init(_ outlook: Outlook, of plan: Plan, time: ExpectedTime) {
        width = outlook.size.width
        height = outlook.size.height
        isChosen = outlook.isChosen
        isFeasible = outlook.isFeasible
        expectedSSIM = outlook.similarity
        expectedQuality = outlook.quality
        expectedBytes = outlook.expectedBytes
        expectedSeconds = time.seconds(at: outlook.size, insteadOf: plan.picture.size)
        goodFromBytes = outlook.goodBytes
        goodUpToSeconds = outlook.goodSeconds
    }
}
