import Core
import Jobs
import Synchronization

/// The one line that says how far a batch is.
enum BatchLine {
    /// A file that is being made.
    struct Running: Equatable, Sendable {
        var number: Int
        var name: String
        var fraction: Double
        /// What is done in the cloud; nil for work on this machine.
        var label: String?
    }

    /// All that is drawn.
    struct State: Equatable, Sendable {
        /// True while files are only looked at, for the division of a total.
        var isLooking = false
        /// Made, failed or left out.
        var finished = 0
        var files: Int
        var running: [Running] = []
        /// Of all files, 0 to 1.
        var fraction = 0.0
        var elapsedSeconds = 0.0
        /// What a watch does while nothing is to be made, which has no number of files.
        var waiting: String?

        /// How far a file is, and what is done with it in the cloud.
        mutating func change(_ number: Int, _ fraction: Double, _ label: String? = nil) {
            guard let index = running.firstIndex(where: { $0.number == number }) else { return }
            (running[index].fraction, running[index].label) = (fraction, label)
        }
    }

    private static let mostBar = 40

    /// Draws the line for a terminal of that width, which it never fills to the last column.
    ///
    /// The names of what is being made take what room there is; where there is little, the bar goes first.
    static func draw(_ state: State, width: Int, style: Style = .plain) -> String {
        let room = max(1, width - 1)
        if let waiting = state.waiting, state.running.isEmpty {
            let made = state.finished > 0 ? ", \(state.finished) finished" : ""
            return waiting.fitted(columns: max(1, room - made.count))
                + (room > made.count + 8 ? style.dim(made) : "")
        }
        let count =
            "\(min(state.files, state.finished + (state.running.isEmpty ? 0 : 1)))/\(state.files)"
        let percent = "\(Int(min(1, max(0, state.fraction)) * 100)) %"
        let head = (state.isLooking ? "Looking " : "") + count
        guard room >= head.count + 1 + percent.count + 12 else {
            return String("\(head) \(percent)".prefix(room))
        }
        var left = room - head.count - 1 - 5
        var line = style.bold(head) + " "
        if room >= 70 {
            let bar = min(mostBar, room / 4)
            line += Bar.text(state.fraction, columns: bar, style: style) + " "
            left -= bar + 1
        }
        line += String(repeating: " ", count: max(0, 5 - percent.count)) + percent
        let time = remaining(state).map { Clock.text($0) + " left" } ?? ""
        if !time.isEmpty, left >= time.count + 2 + 8 {
            line += "  " + time
            left -= time.count + 2
        }
        let names = names(state.running, columns: left - 2)
        return names.isEmpty ? line : line + "  " + style.dim(names)
    }

    /// At the pace so far, once there is something to judge by.
    private static func remaining(_ state: State) -> Double? {
        guard !state.isLooking, state.waiting == nil, state.fraction > 0.02, state.fraction < 1,
            state.elapsedSeconds > 2
        else { return nil }
        return state.elapsedSeconds * (1 - state.fraction) / state.fraction
    }

    /// As many as fit, the last of them shortened; with how far each is where there are several.
    private static func names(_ running: [Running], columns: Int) -> String {
        guard columns >= 6 else { return "" }
        var text = ""
        for (index, one) in running.enumerated() {
            let percent = running.count > 1 ? " \(Int(min(1, one.fraction) * 100)) %" : ""
            let gap = index == 0 ? "" : ", "
            let left = columns - text.columns - gap.count - percent.count
            guard left >= 6 else { break }
            let doing = one.label.map { ": " + $0.prefix(1).lowercased() + $0.dropFirst() } ?? ""
            let hasRoom = left - doing.columns >= min(12, one.name.columns)
            let name = one.name.fitted(columns: hasRoom ? left - doing.columns : left)
            text += gap + name + (hasRoom ? doing : "") + percent
        }
        return text
    }
}

/// Shows a batch on standard error: a line at the foot of a terminal, and a line for each file that is finished.
final class BatchRenderer: Sendable {
    private let output: Output
    private let live: LiveLine<BatchLine.State>
    private let state: Locked<BatchLine.State>
    /// Nothing but failures is told.
    private let isQuiet: Bool
    /// The columns for names.
    private let nameColumns: Int

    init(_ output: Output, files: Int, names: [String], isQuiet: Bool) {
        self.output = output
        self.isQuiet = isQuiet
        state = Locked(BatchLine.State(files: files))
        // Of a watch nobody knows them before.
        nameColumns = names.map(\.columns).max() ?? 24
        live = LiveLine(output) { line, seconds, width, style in
            var line = line
            line.elapsedSeconds = seconds
            return BatchLine.draw(line, width: width, style: style)
        }
    }

    func begin() { if !isQuiet { state.withLock { live.begin($0) } } }

    /// Changes what the line says.
    func update(_ change: @Sendable (inout BatchLine.State) -> Void) {
        state.withLock { state in
            change(&state)
            live.update(state)
        }
    }

    /// Says what became of a file.
    func finish(_ file: BatchFile) {
        if isQuiet, file.failure == nil { return }
        let width = output.isTerminal ? max(20, output.columns - 1) : .max
        live.interrupt {
            output.line(
                BatchFacts.line(file, nameColumns: nameColumns, width: width, style: output.style)
            )
        }
    }

    /// A remark on a file.
    func note(_ text: String, of name: String) {
        if isQuiet { return }
        live.interrupt {
            output.line(Wrapping.note("\(name): \(text)".withoutControls, output))
        }
    }

    func end() { live.end() }
    func pause() { live.pause() }
    func restoreNow() { live.restoreNow() }
}
