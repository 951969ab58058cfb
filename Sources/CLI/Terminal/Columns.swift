/// Rows of a name and its text, aligned, and wrapped where the terminal is narrow.
struct Columns {
    private struct Row {
        var name: String
        var text: String
        var hang: Int
    }

    private var rows: [Row] = []

    /// Adds a row; one without a name continues the one above.
    ///
    /// Its second line and those after it are set in by `hang`.
    mutating func add(_ name: String, _ text: String, hang: Int = 0) {
        rows.append(Row(name: name, text: text, hang: hang))
    }

    /// The rows as lines, none of them wider than `width` unless a single word is.
    func lines(width: Int, style: Style) -> [String] {
        let names = rows.map(\.name.columns).max() ?? 0
        let indent = 2 + names + 2
        let isStacked = width < indent + 24
        var lines: [String] = []
        for row in rows {
            if isStacked {
                if !row.name.isEmpty { lines.append("  " + style.dim(row.name)) }
                lines += Wrapping.lines(row.text, width: width - 4, hang: row.hang)
                    .map { "    " + $0 }
                continue
            }
            let wrapped = Wrapping.lines(row.text, width: width - indent, hang: row.hang)
            for (number, text) in wrapped.enumerated() {
                let name = number == 0 ? row.name : ""
                let padding = String(repeating: " ", count: names - name.columns + 2)
                lines.append("  " + style.dim(name) + padding + text)
            }
        }
        return lines
    }
}
