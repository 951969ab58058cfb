import Core
import Media
import SystemPackage

/// One run, from the plan to the file in its place; blocking, on one thread.
///
/// Each kind of material has its own way of making the file; how a run begins, ends and fails is the
/// same for all of them.
protocol Run {
    var request: Request { get }
    var flag: CancellationFlag { get }
    var record: RunRecord { get set }

    /// Makes the file and puts it in its place.
    ///
    /// Throws: `Failure`, or what libav or the file system says, which `perform` puts into words.
    mutating func make(in workspace: Workspace) throws -> Report

    /// What libav's error means for a person with such a file.
    func failure(of error: MediaError, isDiskFull: Bool) -> Failure
}

extension Run {
    /// Makes the file and puts it in its place, or says why not.
    mutating func perform(in workspace: Workspace) throws(Failure) -> Report {
        do {
            return try make(in: workspace)
        } catch let failure as Failure {
            throw flag.isRaised ? .interrupted : failure
        } catch let error as MediaError {
            // x264 does not say that it could not write its log; the disk does.
            throw failure(of: error, isDiskFull: workspace.isFull)
        } catch {
            throw flag.isRaised
                ? .interrupted
                : Failure(
                    .storage,
                    "Cannot work beside \(request.destination.string)",
                    why: "\(error)",
                    advice: "Check the disk; nothing was left behind."
                )
        }
    }

    func failure(of error: MediaError, isDiskFull: Bool) -> Failure {
        Failure(error, input: request.input.string, flag: flag, isDiskFull: isDiskFull)
    }
}

extension Run {
    /// What every receipt has, of a file that was checked and published.
    func receipt(
        _ kind: Material.Kind,
        inputBytes: Int,
        bytes: Int,
        limitBytes: Int,
        method: Plan.Method,
        metadata: KeptMetadata
    ) -> Report {
        var report = Report(
            kind: kind,
            input: request.input.string,
            output: request.destination.string,
            inputBytes: inputBytes,
            bytes: bytes,
            limitBytes: limitBytes,
            targetBytes: request.target?.bytes,
            method: method,
            stoppedAtQualityCeiling: record.stoppedAtCeiling,
            attempts: record.attempts,
            elapsedSeconds: record.meter.elapsedSeconds,
            notes: record.notes,
            metadata: Report.MetadataOutcome(metadata),
            damage: record.damage.isNone ? nil : record.damage
        )
        report.phases = record.meter.costs
        return report
    }
}

extension Planned {
    /// The run that does it.
    func run(
        limits: Compressor.Limits,
        flag: CancellationFlag,
        record: RunRecord
    ) -> any Run {
        switch self {
        case .video(let source, let plan, let request):
            LocalRun(
                source: source,
                plan: plan,
                request: request,
                limits: limits,
                flag: flag,
                record: record
            )
        case .sound(let source, let plan, let request):
            SoundRun(source: source, plan: plan, request: request, flag: flag, record: record)
        case .still(let source, let plan, let request):
            StillRun(source: source, plan: plan, request: request, flag: flag, record: record)
        }
    }
}
