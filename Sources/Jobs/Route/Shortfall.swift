import Core

/// How a file of the cloud's is less than this machine would make.
package enum Shortfall: Sendable, Equatable {
    case lines(Int, of: Int)
    case moreLines(Int, asked: Int)
    case missing(seconds: Double, of: Double)

    /// A clause without a capital or a full stop.
    package var text: String {
        switch self {
        case .lines(let lines, let wanted): "it has \(lines) lines of \(wanted)"
        case .moreLines(let lines, let asked): "it has \(lines) lines, and \(asked) were asked for"
        case .missing(let missing, let seconds):
            "\(durationText(missing)) of \(durationText(seconds)) are missing"
        }
    }
}
