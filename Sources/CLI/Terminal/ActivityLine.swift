import Cloud
import Core

/// The one line that says what the cloud is doing.
enum ActivityLine {
    /// All that is drawn.
    struct State: Equatable, Sendable {
        var label: String
        /// 0 to 1; nil where nobody knows.
        var fraction: Double?
        /// `12.3 MB of 27.0 MB`, `may take minutes`.
        var detail = ""
        /// Whether the end can be foretold from the share that is done.
        var isSteady = false
        var words = CloudWords(isChinese: false)
    }

    private static let leastBar = 8
    private static let mostBar = 30
    private static let percentColumns = 5

    /// Draws the line for a terminal of that width, which it never fills to the last column.
    ///
    /// What does not fit is dropped: the bar first, then the time, then the detail; the label is cut.
    static func draw(_ state: State, seconds: Double, width: Int, style: Style = .plain) -> String {
        let room = max(1, width - 1)
        let percent = room < percentColumns + 9 ? nil : state.fraction.map { text($0) }
        let bare = percent == nil ? 0 : percentColumns + 1
        let label = state.label.fitted(columns: room - bare)
        var left = room - label.columns - bare
        var details: [String] = []
        for detail in [state.detail, time(state, seconds)] where !detail.isEmpty {
            guard left >= detail.columns + 2 else { continue }
            left -= detail.columns + 2
            details.append(detail)
        }
        var line = style.bold(label)
        if let fraction = state.fraction, let percent {
            if left > leastBar + 1 {
                line += " " + Bar.text(fraction, columns: min(mostBar, left - 1), style: style)
            }
            line += String(repeating: " ", count: percentColumns + 1 - percent.count) + percent
        }
        for detail in details { line += "  " + style.dim(detail) }
        return line
    }

    /// What a log gets instead of a line that moves.
    static func plain(_ state: State) -> String {
        var line = state.label
        if let fraction = state.fraction { line += " \(text(fraction))" }
        return state.detail.isEmpty ? line : "\(line), \(state.detail)"
    }

    private static func text(_ fraction: Double) -> String {
        "\(Int(min(1, max(0, fraction)) * 100)) %"
    }

    private static func time(_ state: State, _ seconds: Double) -> String {
        if state.isSteady, let fraction = state.fraction, fraction > 0.02, fraction < 1, seconds > 1
        {
            return state.words.left(Clock.text(seconds * (1 - fraction) / fraction))
        }
        return seconds < 1 ? "" : Clock.text(seconds.rounded(.down))
    }
}

/// A bar that fills from the left.
enum Bar {
    /// Fine lines in halves of a column, or ASCII.
    static func text(_ fraction: Double, columns: Int, style: Style) -> String {
        let halves = Int((min(1, max(0, fraction)) * Double(columns * 2)).rounded(.down))
        let full = halves / 2
        guard style.usesUnicode else {
            return String(repeating: "#", count: full)
                + String(repeating: ".", count: columns - full)
        }
        let hasHalf = halves % 2 == 1
        let filled = String(repeating: "━", count: full) + (hasHalf ? "╸" : "")
        let empty = String(repeating: "─", count: columns - full - (hasHalf ? 1 : 0))
        return style.cyan(filled) + style.dim(empty)
    }
}
