import Cloud
import Core
import Engine
import Foundation
import SystemPackage

extension JobsCommand {
    private struct Payload: Encodable {
        var jobs: [JobPayload]
        var fetched: [DeliveredPayload]
        var forgotten: Int
    }

    func perform(at desk: CloudDesk) async throws(Failure) {
        let all = await desk.leftJobs()
        let chosen = try chosen(of: all)
        var fetched: [DeliveredPayload] = []
        var forgotten = 0
        if fetch {
            fetched = try await desk.finish(chosen, overwrites: force).map(DeliveredPayload.init)
        } else if forget {
            for job in chosen where await !desk.isActive(job) {
                await desk.forget(job)
                forgotten += 1
            }
        }
        var left: [JobPayload] = []
        for (index, job) in await desk.leftJobs().enumerated() {
            left.append(
                JobPayload(
                    number: index + 1,
                    source: job.source,
                    destination: job.destination,
                    submittedUnixSeconds: job.began,
                    stage: job.stage,
                    isActive: await desk.isActive(job)
                )
            )
        }
        let payload = Payload(jobs: left, fetched: fetched, forgotten: forgotten)
        desk.finish("cloud jobs", payload) { width, style in
            if left.isEmpty {
                if forgotten > 0 { return "Forgotten: \(forgotten)." }
                return fetched.isEmpty ? "No exports were left behind." : ""
            }
            return Self.list(left, width: width, style: style)
        }
        if left.contains(where: { !$0.isActive }), !fetch {
            desk.console.suggest("Next: cinch jobs --resume, or cinch jobs --forget")
        }
    }

    private static func list(_ jobs: [JobPayload], width: Int, style: Style) -> String {
        var columns = Columns()
        for job in jobs {
            let stage =
                job.isActive
                ? "at work, \(job.stage.rawValue)" : "stopped while \(job.stage.rawValue)"
            columns.add(
                "\(job.number)  \(CloudFacts.date(job.submittedUnixSeconds))",
                "\(job.source.withoutControls) to "
                    + "\(Shell.relative(job.destination).withoutControls), \(stage)",
                hang: 2
            )
        }
        return columns.lines(width: width, style: style).joined(separator: "\n")
    }

    private func chosen(of all: [LeftJob]) throws(Failure) -> [LeftJob] {
        guard !numbers.isEmpty else { return all }
        var chosen: [LeftJob] = []
        for number in numbers {
            guard all.indices.contains(number - 1) else {
                throw Failure(
                    .usage,
                    "There is no job \(number)",
                    why: all.isEmpty ? "nothing was left" : "there are \(all.count)",
                    advice: "'cinch jobs' lists them."
                )
            }
            chosen.append(all[number - 1])
        }
        return chosen
    }
}

extension CloudDesk {
    /// What runs have left, oldest first; each once, however far it has come.
    func leftJobs() async -> [LeftJob] {
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
    func isActive(_ job: LeftJob) async -> Bool {
        switch job {
        case .render(let job): await session.isBeingExported(job)
        case .routed(let job, _): await RoutedJobs(configuration).isHeld(job)
        }
    }

    /// Forgets it, and asks the service to stop what it may be rendering.
    func forget(_ job: LeftJob) async {
        switch job {
        case .render(let job): await session.forget(job, stops: session.status.mayBeAsked)
        case .routed(let job, _):
            let before = assume(job)
            defer { console.agreed = before }
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

    /// What was agreed to for a job holds where it is gone on with.
    ///
    /// - Returns: what was agreed to before, to be set again after it.
    private func assume(_ job: RoutedJob) -> Set<Consent.Subject> {
        let before = console.agreed
        if job.isAgreed == true { console.agreed.formUnion(Consent.Subject.allCases) }
        return before
    }

    /// Goes on with each to its file; one that fails does not keep the others.
    ///
    /// - Throws: the last failure, after everything was tried.
    func finish(_ jobs: [LeftJob], overwrites: Bool) async throws(Failure) -> [Delivered] {
        var files: [Delivered] = []
        var failures: [Failure] = []
        for job in jobs {
            do throws(Failure) {
                guard let file = try await finish(job, overwrites: overwrites) else {
                    console.end()
                    let path = Shell.relative(job.destination)
                    console.note(console.words.takenElsewhere(path))
                    continue
                }
                files.append(file)
                show(file)
            } catch {
                console.end()
                if error.kind == .interrupted { throw error }
                // The only one is told as the end of the call.
                if jobs.count > 1 { tell(error, of: job.destination) }
                failures.append(error)
            }
        }
        guard let last = failures.last else { return files }
        if jobs.count == 1 || console.isQuiet { throw last }
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
        let before = assume(job)
        defer { console.agreed = before }
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
                agrees: console.agrees || job.isAgreed == true
            ),
            limits: Compressor.Limits(),
            console: console,
            profile: profile,
            runHere: { request throws(Failure) in try await compress(request) },
            onRun: onRun
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

/// A word for whoever sits at a terminal, after another command: something waits in the cloud.
extension Session {
    /// Says so in a line, if it is so; nothing is sent, and nobody waits for it.
    func tellWhatWasLeft() async {
        guard messages.isTerminal else { return }
        let folder = StateFolder(environment: environment)
        guard !folder.names(in: "jobs").isEmpty || !folder.names(in: "routed").isEmpty else {
            return
        }
        let console = CloudConsole(
            results: results,
            messages: messages,
            json: nil,
            words: CloudWords(environment: environment)
        )
        guard let desk = try? CloudDesk(environment: environment, console: console) else { return }
        var left: [LeftJob] = []
        for job in await desk.leftJobs() where await !desk.isActive(job) { left.append(job) }
        guard let first = left.first else { return }
        let what =
            left.count == 1
            ? "The cloud job for \(first.source.withoutControls) was left unfinished"
            : "\(left.count) cloud jobs were left unfinished"
        messages.line(Wrapping.note("\(what): 'cinch jobs --resume' goes on with it.", messages))
    }
}
