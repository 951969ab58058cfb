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
        let names = rows.map(\.name.count).max() ?? 0
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
                let padding = String(repeating: " ", count: names - name.count + 2)
                lines.append("  " + style.dim(name) + padding + text)
            }
        }
        return lines
    }
}

/// Breaks texts into lines between words.
enum Wrapping {
    private static let units: Set<String> = [
        "bytes", "kB", "MB", "GB", "TB", "%", "fps", "kbit/s", "Mbit/s", "s", "min", "h", "kHz",
    ]

    /// The lines of a text; a number is never torn from its digits or its unit.
    ///
    /// The lines after the first are set in by `hang`.
    static func lines(_ text: String, width: Int, hang: Int = 0) -> [String] {
        var words: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            let bare = word.filter { !",;.)".contains($0) }
            if let last = words.last, last.last?.isNumber == true,
                units.contains(bare) || word.first?.isNumber == true
            {
                words[words.count - 1] = last + " " + word
            } else {
                words.append(word)
            }
        }
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: hang) + word
            } else {
                line = line.isEmpty ? word : line + " " + word
            }
        }
        return lines + (line.isEmpty && !lines.isEmpty ? [] : [line])
    }
}

extension String {
    /// The text without what a terminal would obey: names of files may contain anything.
    var withoutControls: String {
        var clean = ""
        for scalar in unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            clean.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return clean
    }
}
