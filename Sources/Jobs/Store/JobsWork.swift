import Cloud
package import Core
import Engine
import Foundation
import SystemPackage

extension CloudDesk {
    /// What runs have left, oldest first; each once, however far it has come.
    package func leftJobs() async -> [LeftJob] {
        let jobs = RoutedJobs(configuration)
        let renders = session.jobs()
        var left: [LeftJob] = []
        var own: Set<String> = []
        for job in jobs.all {
            let record = jobs.session(of: job)
            let ids = Set([job.sessionID, record?.sessionID].compactMap { $0 })
            own.formUnion(ids)
            let isRendering = renders.contains { ids.contains($0.sessionID) }
            let stage: LeftJob.Stage =
                isRendering || job.isEdited
                ? .rendering : record?.uploads.isEmpty == false ? .editing : .uploading
            left.append(.routed(job, stage))
        }
        left += renders.filter { !own.contains($0.sessionID) }.map(LeftJob.render)
        return left.sorted { $0.began < $1.began }
    }

    /// Whether another run of the program is at work on it.
    package func isActive(_ job: LeftJob) async -> Bool {
        switch job {
        case .render(let job): await session.isBeingExported(job)
        case .routed(let job, _): await RoutedJobs(configuration).isHeld(job)
        }
    }

    /// Forgets it, and asks the service to stop what it may be rendering.
    package func forget(_ job: LeftJob) async {
        switch job {
        case .render(let job): await session.forget(job, stops: session.status.mayBeAsked)
        case .routed(let job, _):
            let before = consent.assume(job)
            defer { consent.restore(before) }
            let stops =
                session.status.mayBeAsked || job.isAgreed == true && !configuration.isOffline
            let jobs = RoutedJobs(configuration)
            let ids = [job.sessionID, jobs.session(of: job)?.sessionID].compactMap { $0 }
            for render in session.jobs() where ids.contains(render.sessionID) {
                await session.forget(render, stops: stops)
            }
            jobs.forget(job)
        }
    }

    /// Goes on with each to its file; one that fails does not keep the others.
    ///
    /// `isQuiet`: what becomes of each is not heard of.
    /// - Throws: the last failure, after everything was tried.
    package func finish(
        _ jobs: [LeftJob],
        overwrites: Bool,
        isQuiet: Bool = false
    ) async throws(Failure) -> [Delivered] {
        var files: [Delivered] = []
        var failures: [Failure] = []
        for job in jobs {
            do throws(Failure) {
                guard let file = try await finish(job, overwrites: overwrites) else {
                    events(.activityEnded)
                    events(.takenElsewhere(destination: job.destination))
                    continue
                }
                files.append(file)
                events(.delivered(file))
            } catch {
                events(.activityEnded)
                if error.kind == .interrupted { throw error }
                // The only one is told as the end of the call.
                if jobs.count > 1 {
                    events(.notFetched(destination: job.destination, because: error))
                }
                failures.append(error)
            }
        }
        guard let last = failures.last else { return files }
        if jobs.count == 1 || isQuiet { throw last }
        throw Failure(
            last.kind,
            "\(failures.count) of \(jobs.count) jobs could not be finished",
            advice: "'cinch jobs' lists what is left."
        )
    }

    private func finish(_ job: LeftJob, overwrites: Bool) async throws(Failure) -> Delivered? {
        switch job {
        case .render(let job):
            return try await delivery(of: job, overwrites: overwrites).resume(job)
        case .routed(let job, _):
            guard await !RoutedJobs(configuration).isHeld(job) else { return nil }
            return try await finish(job, overwrites: overwrites)
        }
    }

    /// Goes on with a file's way; where the cloud fails it is made here, as it would have been then.
    private func finish(_ job: RoutedJob, overwrites: Bool) async throws(Failure) -> Delivered {
        guard job.input.isUnchanged else {
            throw Failure(
                .missing,
                "\(job.input.path) is not what it was",
                why: "it has changed or is gone since the job was begun",
                advice: "Forget the job with 'cinch jobs --forget'."
            )
        }
        let before = consent.assume(job)
        defer { consent.restore(before) }
        var request = job.request
        request.overwrites = request.overwrites || overwrites
        var policy = RouteFacts.Policy()
        (policy.route, policy.isOffline) = (.cloud, configuration.isOffline)
        let routing = Routing(
            scout: RouteScout(
                configuration: configuration,
                request: request,
                policy: policy,
                edit: job.isEdit ? job.message : nil,
                agrees: consent.isGiven || job.isAgreed == true
            ),
            limits: Compressor.Limits(),
            consent: consent,
            events: events,
            profile: profile,
            runHere: { request throws(Failure) in try await compress(request) }
        )
        let start = ContinuousClock.now
        let outcome = try await routing.run().outcome
        history?.add(outcome, of: request)
        if let key = job.key {
            // The batch that it was a part of need not make it again.
            let report: Report =
                switch outcome {
                case .local(let report): report
                case .cloud(let file): Report(file, of: request)
                }
            Ledger(configuration.environment).add(LedgerEntry(key, of: report))
        }
        switch outcome {
        case .cloud(let file): return file
        case .local(let report):
            // The file is there: nobody waits for what the service may still make.
            await forget(.routed(job, .rendering))
            let path = FilePath(report.output)
            var file = Delivered(
                path: path,
                source: try await Compressor().probeVideo(path),
                wish: request.target
            )
            file.maker = .hereFromOriginal
            file.elapsedSeconds = start.duration(to: .now).inSeconds
            return file
        }
    }
}

extension CloudStatus {
    /// Whether anything may be sent at all.
    fileprivate var mayBeAsked: Bool { !isOffline && agreed.contains(.network) }
}
