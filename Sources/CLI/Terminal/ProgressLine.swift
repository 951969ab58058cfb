import Core
import Jobs

/// The one line that says how far a run is.
enum ProgressLine {
    /// All that is drawn; nil where it is not known yet.
    struct State: Equatable, Sendable {
        var phase = Phase.probing
        /// Of the whole run, 0 to 1.
        var fraction = 0.0
        var framesPerSecond = 0.0
        var remainingSeconds: Double?
        var projectedBytes: Int?
        /// What the file may weigh; nil without a target.
        var targetBytes: Int?
        /// 1 for the first encode of the picture, more for a correction.
        var attempt = 1
        var elapsedSeconds = 0.0
        /// What has come on standard input; nil where nothing is read there now.
        var receivedBytes: Int?
    }

    /// What stands beside the label and the percentage, most wanted first; the last are dropped first.
    enum Detail: CaseIterable {
        case remaining
        case size
        case speed
        case target
        case elapsed

        /// The columns that are kept free for it, so that the bar stands still while numbers change.
        fileprivate func columns(_ state: State) -> Int {
            switch self {
            case .remaining: 10
            case .size: 9
            case .speed: 8
            case .target: text(state).count
            case .elapsed: 12
            }
        }

        fileprivate func text(_ state: State) -> String {
            switch self {
            case .remaining:
                return state.remainingSeconds.map { Clock.text($0) + " left" } ?? ""
            case .size:
                if let received = state.receivedBytes { return ByteSize.text(received) }
                return state.projectedBytes.map { "≈ " + ByteSize.text($0) } ?? ""
            case .speed:
                guard state.phase != .audio, state.framesPerSecond >= 0.05 else { return "" }
                let speed = state.framesPerSecond
                let tenths = Int((min(speed, 9999) * 10).rounded())
                return speed < 9.95 ? "\(tenths / 10).\(tenths % 10) fps" : "\(tenths / 10) fps"
            case .target:
                return state.targetBytes.map { "target " + ByteSize.askedText($0) } ?? ""
            case .elapsed:
                return Clock.text(state.elapsedSeconds) + " spent"
            }
        }
    }

    /// The narrowest bar that still shows something.
    private static let leastBar = 8
    /// Beyond this a bar says no more, only louder.
    private static let mostBar = 60
    private static let labelColumns = 10
    private static let percentColumns = 5

    /// Draws the line for a terminal of that width, which it never fills to the last column.
    ///
    /// What does not fit is dropped, the last of `Detail` first, then the bar, then the percentage.
    static func draw(state: State, width: Int, style: Style = .plain) -> String {
        let room = max(1, width - 1)
        let label = label(of: state)
        let percent = "\(Int(min(1, max(0, state.fraction)) * 100)) %"
        let bare = labelColumns + 1 + percentColumns
        guard room >= bare else {
            let short = "\(label) \(percent)"
            return String((short.count <= room ? short : percent).prefix(room))
        }
        var left = room - bare
        var details: [Detail] = []
        for detail in Detail.allCases {
            let columns = detail.columns(state)
            if columns == 0 { continue }
            // Each detail may squeeze the bar less than the one before.
            let bar = min(20, leastBar + 4 * details.count)
            guard left - columns - 2 >= bar + 1 else { break }
            details.append(detail)
            left -= columns + 2
        }
        var line = style.bold(pad(label, labelColumns)) + " "
        if left > leastBar {
            line += Bar.text(state.fraction, columns: min(mostBar, left - 1), style: style) + " "
        }
        line += String(repeating: " ", count: percentColumns - percent.count) + percent
        var gap = 0
        for detail in details {
            let text = detail.text(state)
            gap += 2
            if !text.isEmpty {
                let fitting = String(text.prefix(detail.columns(state)))
                line += String(repeating: " ", count: gap)
                line += detail == .remaining ? fitting : style.dim(fitting)
                gap = 0
            }
            gap += detail.columns(state) - min(text.count, detail.columns(state))
        }
        return line
    }

    /// What a log gets instead of a line that moves.
    static func plain(_ state: State) -> String {
        if let received = state.receivedBytes {
            return "\(label(of: state)) \(ByteSize.text(received))"
        }
        if state.phase == .probing { return label(of: state) }
        var parts = ["\(label(of: state)) \(Int(min(1, max(0, state.fraction)) * 100)) %"]
        for detail in [Detail.speed, .remaining, .size] {
            let text = detail.text(state)
            if !text.isEmpty { parts.append(text) }
        }
        return parts.joined(separator: ", ")
    }

    private static func label(of state: State) -> String {
        switch state.phase {
        case .probing: state.receivedBytes == nil ? "Reading" : "Receiving"
        case .sampling: "Sampling"
        case .audio: "Sound"
        case .analysing: "Analysing"
        case .encoding: state.attempt > 1 ? "Encoding \(state.attempt)" : "Encoding"
        case .verifying: "Checking"
        case .comparing: "Comparing"
        }
    }

    private static func pad(_ text: String, _ columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - text.count))
    }
}

/// Seconds as a clock shows them.
enum Clock {
    /// `0:07`, `12:34`, `1h02m`, `30 h`: never more than five columns for what a run can take.
    static func text(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e8 else { return "?" }
        let whole = Int(max(0, seconds).rounded(.up))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
        if whole < 36_000 { return "\(whole / 3600)h\(two(whole / 60 % 60))m" }
        return "\(whole / 3600) h"
    }
}
