import Core
import SystemPackage

/// What became of a file of a batch.
enum BatchOutcome: Sendable {
    case done(Report)
    /// By an earlier run of this batch.
    case before(LedgerEntry)
    /// Left as it is, for it has no more bytes than wanted.
    case fits(Int)
    case failed(Failure)
    /// Not begun, or not finished, when the batch was stopped.
    case stopped
}

/// A file of a batch at its end.
struct BatchFile: Sendable {
    /// From 1, in the order of the inputs.
    var number: Int
    var input: String
    /// As people are told of it: short, and not the same as another's.
    var name: String
    var outcome: BatchOutcome
    /// Nil where it had no choice, or was not made.
    var way: FileWay?

    /// Of the source and of the result; nil where nothing was made.
    var bytes: (source: Int, result: Int)? {
        switch outcome {
        case .done(let report): (report.inputBytes, report.bytes)
        case .before(let entry): (entry.inputBytes, entry.bytes)
        case .fits, .failed, .stopped: nil
        }
    }

    /// Where the result is; nil where nothing was made.
    var output: String? {
        switch outcome {
        case .done(let report): Ledger.whole(report.output)
        case .before(let entry): entry.output
        case .fits, .failed, .stopped: nil
        }
    }

    var damage: Damage? { if case .done(let report) = outcome { report.damage } else { nil } }

    var failure: Failure? { if case .failed(let failure) = outcome { failure } else { nil } }
}

/// What a batch came to.
struct BatchReport: Sendable {
    var files: [BatchFile]
    var jobs: Int
    /// What all may weigh together; nil where each has its own limit, or none.
    var totalBytes: Int?
    var elapsedSeconds: Double
    /// What stopped it.
    var stop: Failure?
    /// What was in the folders too.
    var leftOut: [Gathering.LeftOut] = []

    func count(_ isMeant: (BatchOutcome) -> Bool) -> Int { files.count { isMeant($0.outcome) } }

    var done: Int { count { if case .done = $0 { true } else { false } } }
    var before: Int { count { if case .before = $0 { true } else { false } } }
    var fitting: Int { count { if case .fits = $0 { true } else { false } } }
    var failed: Int { count { if case .failed = $0 { true } else { false } } }
    var stopped: Int { count { if case .stopped = $0 { true } else { false } } }

    var inputBytes: Int { files.reduce(0) { $0 + ($1.bytes?.source ?? 0) } }
    var bytes: Int { files.reduce(0) { $0 + ($1.bytes?.result ?? 0) } }

    /// The worst that happened.
    var exitCode: Int32 {
        let kinds = files.compactMap { $0.failure?.kind } + (stop.map { [$0.kind] } ?? [])
        return kinds.max { $0.severity < $1.severity }?.exitCode ?? 0
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
