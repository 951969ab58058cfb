import Core
import Jobs
import SystemPackage

/// A decision as programs read it.
struct RoutePayload: Encodable {
    private let decision: RouteDecision

    init(_ decision: RouteDecision) { self.decision = decision }

    private enum CodingKeys: String, CodingKey { case decision, text }

    func encode(to encoder: any Encoder) throws {
        // Not beside the stream's own keys: it has a version too.
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(decision, forKey: .decision)
        try keys.encode(decision.text, forKey: .text)
    }
}

/// The beginning of a batch in `--json`.
struct BatchStartedPayload: Encodable {
    var program = "cinch"
    var programVersion: String
    var files: Int
    var jobs: Int
    var targetBytes: Int?
    var limitName: String?
    var totalBytes: Int?
}

/// A file that is begun.
struct BegunPayload: Encodable {
    var number: Int
    var input: String
    var targetBytes: Int?
}

/// How far a file is.
struct FileProgressPayload: Encodable {
    var number: Int
    var progress: Progress
    /// Of the whole batch, 0 to 1; nil where it has no end.
    var batchFraction: Double?

    enum CodingKeys: CodingKey {
        case number
        case batchFraction
    }

    func encode(to encoder: any Encoder) throws {
        try progress.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encodeIfPresent(batchFraction, forKey: .batchFraction)
    }
}

/// A remark on a file.
struct FileNotePayload: Encodable {
    var number: Int
    var text: String
}

/// What became of a file.
struct FinishedPayload: Encodable {
    /// In a word.
    enum Outcome: String, Encodable {
        case done
        case before
        case fits
        case failed
        case stopped
    }

    var number: Int
    var input: String
    var outcome: Outcome
    var output: String?
    var inputBytes: Int?
    var bytes: Int?
    var targetBytes: Int?
    var ssim: Double?
    var elapsedSeconds: Double?
    var damage: Damage?
    var notes: [String]?
    var route: RouteWish?
    var madeBy: Delivered.Maker?
    var why: String?
    var error: ErrorPayload?

    init(_ file: BatchFile) {
        number = file.number
        input = file.input
        if let way = file.way {
            (route, madeBy) = (way.isCloud ? .cloud : .local, way.madeBy)
            why = way.why.isEmpty ? nil : way.why
        }
        switch file.outcome {
        case .done(let report):
            outcome = .done
            output = report.output
            (inputBytes, bytes) = (report.inputBytes, report.bytes)
            targetBytes = report.targetBytes
            ssim = report.ssim
            elapsedSeconds = report.elapsedSeconds
            damage = report.damage
            notes = report.notes.isEmpty ? nil : report.notes
        case .before(let entry):
            outcome = .before
            output = entry.output
            (inputBytes, bytes) = (entry.inputBytes, entry.bytes)
        case .fits(let bytes):
            outcome = .fits
            inputBytes = bytes
        case .failed(let failure):
            outcome = .failed
            error = ErrorPayload(failure)
        case .stopped: outcome = .stopped
        }
    }
}

/// What a batch ends with.
struct BatchResult: Encodable {
    struct LeftOut: Encodable {
        var input: String
        var reason: Gathering.LeftOut.Reason
    }

    var files: [FinishedPayload]
    var done: Int
    var before: Int
    var fits: Int
    var failed: Int
    var stopped: Int
    var leftOut: [LeftOut]
    var inputBytes: Int
    var bytes: Int
    var totalBytes: Int?
    var jobs: Int
    var elapsedSeconds: Double
    var exitCode: Int32

    init(_ report: BatchReport) {
        files = report.files.map(FinishedPayload.init)
        done = report.done
        before = report.before
        fits = report.fitting
        leftOut = report.leftOut.map { LeftOut(input: $0.path.string, reason: $0.reason) }
        failed = report.failed
        stopped = report.stopped
        inputBytes = report.inputBytes
        bytes = report.bytes
        totalBytes = report.totalBytes
        jobs = report.jobs
        elapsedSeconds = report.elapsedSeconds
        exitCode = report.exitCode
    }
}
