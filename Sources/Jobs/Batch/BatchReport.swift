package import Core
import SystemPackage

/// What became of a file of a batch.
package enum BatchOutcome: Sendable {
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
package struct BatchFile: Sendable {
    /// From 1, in the order of the inputs.
    package var number: Int
    package var input: String
    /// As people are told of it: short, and not the same as another's.
    package var name: String
    package var outcome: BatchOutcome
    /// Nil where it had no choice, or was not made.
    package var way: FileWay?

    package init(
        number: Int,
        input: String,
        name: String,
        outcome: BatchOutcome,
        way: FileWay? = nil
    ) {
        (self.number, self.input, self.name) = (number, input, name)
        (self.outcome, self.way) = (outcome, way)
    }

    /// Of the source and of the result; nil where nothing was made.
    package var bytes: (source: Int, result: Int)? {
        switch outcome {
        case .done(let report): (report.inputBytes, report.bytes)
        case .before(let entry): (entry.inputBytes, entry.bytes)
        case .fits, .failed, .stopped: nil
        }
    }

    /// Where the result is; nil where nothing was made.
    package var output: String? {
        switch outcome {
        case .done(let report): Ledger.whole(report.output)
        case .before(let entry): entry.output
        case .fits, .failed, .stopped: nil
        }
    }

    package var damage: Damage? {
        if case .done(let report) = outcome { report.damage } else { nil }
    }

    package var failure: Failure? {
        if case .failed(let failure) = outcome { failure } else { nil }
    }
}

/// What a batch came to.
package struct BatchReport: Sendable {
    package var files: [BatchFile]
    package var jobs: Int
    /// What all may weigh together; nil where each has its own limit, or none.
    package var totalBytes: Int?
    package var elapsedSeconds: Double
    /// What stopped it.
    package var stop: Failure?
    /// What was in the folders too.
    package var leftOut: [Gathering.LeftOut] = []

    package init(
        files: [BatchFile],
        jobs: Int,
        totalBytes: Int? = nil,
        elapsedSeconds: Double
    ) {
        (self.files, self.jobs) = (files, jobs)
        (self.totalBytes, self.elapsedSeconds) = (totalBytes, elapsedSeconds)
    }

    package func count(_ isMeant: (BatchOutcome) -> Bool) -> Int {
        files.count { isMeant($0.outcome) }
    }

    package var done: Int { count { if case .done = $0 { true } else { false } } }
    package var before: Int { count { if case .before = $0 { true } else { false } } }
    package var fitting: Int { count { if case .fits = $0 { true } else { false } } }
    package var failed: Int { count { if case .failed = $0 { true } else { false } } }
    package var stopped: Int { count { if case .stopped = $0 { true } else { false } } }

    package var inputBytes: Int { files.reduce(0) { $0 + ($1.bytes?.source ?? 0) } }
    package var bytes: Int { files.reduce(0) { $0 + ($1.bytes?.result ?? 0) } }

    /// The worst that happened.
    package var exitCode: Int32 {
        let kinds = files.compactMap { $0.failure?.kind } + (stop.map { [$0.kind] } ?? [])
        return kinds.max { $0.severity < $1.severity }?.exitCode ?? 0
    }
}
