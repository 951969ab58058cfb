/// What a person is told when a run cannot go on: what failed, why, and what to do next.
///
/// The exit codes follow sysexits.h where it has a name for the case.
package struct Failure: Error, Equatable, Sendable, Codable, CustomStringConvertible {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// The size cannot be met; `smallestBytes` says what could.
        case unreachable
        /// The call itself makes no sense.
        case usage
        /// Not a video, damaged, no video track.
        case unreadable
        /// The input is absent or not permitted.
        case missing
        /// Something the program needs from outside is not there.
        case unavailable
        /// An invariant of ours broke, or the finished file failed its check.
        case defect
        /// The destination cannot be created, or exists.
        case output
        /// The disk is full, or reading or writing failed.
        case storage
        /// The service refused: credentials, plan, credits, or consent that was not given.
        case denied
        /// Interrupted by SIGINT or cancelled by the caller.
        case interrupted
        /// Ended by SIGTERM.
        case terminated

        /// The process exit code, stable for scripts.
        package var exitCode: Int32 {
            switch self {
            case .unreachable: 3
            case .usage: 64
            case .unreadable: 65
            case .missing: 66
            case .unavailable: 69
            case .defect: 70
            case .output: 73
            case .storage: 74
            case .denied: 77
            case .interrupted: 130
            case .terminated: 143
            }
        }
    }

    package var kind: Kind
    package var what: String
    package var why: String
    package var advice: String
    /// For `.unreachable`: the smallest size that this clip can be made, with what was asked.
    package var smallestBytes: Int?

    package init(
        _ kind: Kind,
        _ what: String,
        why: String = "",
        advice: String = "",
        smallestBytes: Int? = nil
    ) {
        self.kind = kind
        self.what = what
        self.why = why
        self.advice = advice
        self.smallestBytes = smallestBytes
    }

    package var description: String {
        var text = what
        if !why.isEmpty { text += ": \(why)" }
        text += "."
        if !advice.isEmpty { text += " \(advice)" }
        return text
    }

    /// The run was stopped on request; nothing is left behind.
    package static let interrupted = Failure(
        .interrupted,
        "Stopped",
        why: "interrupted before the file was finished",
        advice: "Nothing was written; run the command again to start over."
    )
}
