import Core
import SystemPackage

/// What a run has done so far: it tells of it as it happens, and the receipt is written from it.
struct RunRecord {
    var meter: Meter
    private(set) var attempts: [Attempt] = []
    private(set) var notes: [String] = []
    var keeping: FrameKeeping?
    var keptBytes = 0
    var secondPassRuns = 0
    var stoppedAtCeiling = false
    /// What of the source could not be saved.
    var damage = Damage()

    init(events: @escaping @Sendable (Event) -> Void) {
        meter = Meter(events: events)
    }

    /// Something a person should know; said once.
    mutating func note(_ text: String) {
        guard !notes.contains(text) else { return }
        notes.append(text)
        meter.send(.noted(text))
    }

    /// Numbers an attempt, keeps it for the report and tells of it.
    mutating func add(_ attempt: Attempt) {
        var attempt = attempt
        attempt.number = attempts.count + 1
        attempts.append(attempt)
        meter.send(.attempted(attempt))
    }

    /// Records that what the source has was packed anew.
    mutating func addCopy(bytes: Int) {
        add(
            Attempt(
                number: 0,
                mode: .remux,
                bytes: bytes,
                isAccepted: true,
                reason: "packets copied, nothing encoded"
            )
        )
    }
}

extension Attempt {
    /// How an attempt at a size ended; nil bytes: it was given up.
    static func reason(_ bytes: Int?, limitBytes: Int) -> String {
        guard let bytes else { return "over the limit before its end: given up there" }
        return bytes > limitBytes
            ? "\(ByteSize.grouped(bytes - limitBytes)) bytes over the limit"
            : "\(ByteSize.grouped(limitBytes - bytes)) bytes below the limit"
    }
}

/// A complete file in the workspace, not yet checked.
struct Finished {
    var name: String
    var frames: Int
    var fileBytes: Int
    var pictureBytes: Int
}
