import Foundation
package import SystemPackage

/// What an export wrote.
package struct Exported: Sendable, Equatable {
    package var path: FilePath
    /// As measured, whatever was asked for: nothing promises a size (§9.2).
    package var byteCount: Int64
    package var renderID: String
}

/// A render from its submission, or from its job file, to its file (§9).
///
/// Does what `RenderRun` says. The job is written down before it is submitted, so that it can be
/// taken up by a run that starts after this one was killed.
struct Export {
    let client: CloudClient
    let records: Records
    let action: UserAction
    let destination: FilePath
    let overwrites: Bool
    /// The lines that were asked for; nothing promises them.
    var height: Int?
    /// For whoever fetches the file, should this run not come to it.
    var wishedBytes: Int?
    var original: LocalFile?
    /// Told the state that is exported.
    var onState: @Sendable (CloudState) async throws(CloudError) -> Void = { _ in }
    /// Looks at the downloaded file before it is put in its place.
    let verify: @Sendable (FilePath) async throws -> Void

    /// Renders the session's newest draft.
    func run(_ session: SessionRecord) async throws(CloudError) -> Exported {
        try fetching("").checkDestination()
        // The agent may have gone on after its last words: the draft is read now (§4.11).
        let state = try await client.state(sessionID: session.sessionID, action)
        guard state.isReadyForExport, let draft = state.draftBytes else {
            throw CloudError(.nothingToExport, .rendering)
        }
        try await onState(state)
        let unixSeconds = client.clock.unixSeconds
        let newID: @Sendable () -> String = {
            let random = UInt32.random(in: .min ... .max)
            return "render_\(Int64(unixSeconds() * 1000))_\(String(random, radix: 16))"
        }
        var job = JobRecord(
            renderID: "",
            sessionID: session.sessionID,
            submitted: unixSeconds(),
            source: session.uploads.last ?? "",
            destination: absolute(destination).string,
            api: client.configuration.api,
            draft: state.draftFingerprint,
            height: height,
            wishedBytes: wishedBytes,
            original: original
        )
        let limits = client.configuration.renderLimits
        if let left = try await settle(before: job) {
            (job.renderID, job.submitted) = (left.renderID, left.submitted)
            job.download = left.download
            try records.save(job)
            client.events(.adopted)
            let machine = RenderRun(
                adopting: left.renderID,
                at: client.clock.now(),
                limits: limits,
                newID: newID
            )
            return try await drive(machine, job, draft: draft)
        }
        let machine = RenderRun(at: client.clock.now(), limits: limits, newID: newID)
        return try await drive(machine, job, draft: draft)
    }

    /// What earlier runs left behind of the session: the render that is the very one wanted now, else
    /// nil when none is active any more, because a session renders one at a time (§9.4, §9.5).
    private func settle(before job: JobRecord) async throws(CloudError) -> JobRecord? {
        let left = records.jobs().filter { $0.sessionID == job.sessionID }
        if let same = left.last(where: { $0.draft == job.draft && $0.height == job.height }) {
            return same
        }
        let limits = client.configuration.renderLimits
        let deadline = client.clock.now() + limits.whole
        var isTold = false
        for other in left {
            if Task.isCancelled { throw .cancelled(.rendering) }
            // The new file is to take its place.
            if other.destination == job.destination {
                _ = await client.cancelRender(id: other.renderID)
                records.forget(jobID: other.renderID)
                continue
            }
            // One that ran out of time once is not waited for again.
            let age = Duration.seconds(job.submitted - other.submitted)
            waiting: while age < limits.whole, client.clock.now() < deadline {
                let input: RenderRun.Input?
                do throws(CloudError) {
                    input = try await poll(other.renderID)
                } catch {
                    if error.kind == .cancelled { throw error }
                    // Whatever refuses the answer says the same of the submission.
                    input = nil
                }
                switch input {
                case .status(let status) where status.phase == .running: break
                case .blip: break
                default: break waiting
                }
                if !isTold { client.events(.queued) }
                isTold = true
                try await client.wait(limits.poll, .rendering)
            }
        }
        return nil
    }

    /// Takes up a render that was submitted before.
    func resume(_ job: JobRecord) async throws(CloudError) -> Exported {
        try fetching("").checkDestination()
        let machine = RenderRun(
            resuming: job.renderID,
            at: client.clock.now(),
            limits: client.configuration.renderLimits
        )
        return try await drive(machine, job, draft: [])
    }

    private func drive(
        _ machine: RenderRun,
        _ job: JobRecord,
        draft: [UInt8]
    ) async throws(CloudError) -> Exported {
        var machine = machine
        var shown = 0.0
        var isRendered = false
        let now = client.clock.now
        client.events(.rendering(nil))
        var next = machine.start(at: now())
        while true {
            do throws(CloudError) {
                switch next {
                case .submit(let id):
                    let input = try await submit(id, job, draft)
                    next = machine.take(input, at: now())
                    if machine.id != id { try rename(id, to: machine.id, job) }
                case .wait(let until):
                    try await client.wait(max(.zero, until - now()), .rendering)
                    next = machine.take(.time, at: now())
                case .poll(let id):
                    let input = try await poll(id)
                    if case .status(let status) = input, let fraction = status.fraction {
                        // Never back, whatever the service thinks (§19, 54).
                        shown = max(shown, fraction)
                        client.events(.rendering(shown))
                    }
                    next = machine.take(input, at: now())
                    if machine.id != id { records.forget(jobID: id) }
                case .download(let id, let url, let byteCount):
                    isRendered = true
                    var fetching = fetching(id)
                    fetching.onFolder = { folder throws(CloudError) in
                        try records.note(folder, ofJob: id)
                    }
                    let size = try await fetching.run(
                        url: url,
                        byteCount: byteCount,
                        verify: verify
                    )
                    records.forget(jobID: id)
                    return Exported(path: destination, byteCount: size, renderID: id)
                case .finish(let outcome): throw ended(outcome, machine.id)
                }
            } catch {
                switch error.kind {
                // What is rendered can be fetched later; there is nothing to stop any more.
                case .cancelled where !isRendered:
                    await abandon(machine.id, isInDoubt: machine.isInDoubt)
                case .resultUnusable: records.forget(jobID: machine.id)
                default: break
                }
                throw error
            }
        }
    }

    // MARK: Submitting and polling

    private func submit(
        _ id: String,
        _ job: JobRecord,
        _ draft: [UInt8]
    ) async throws(CloudError) -> RenderRun.Input {
        // What never left can be sent as it is, once more.
        var mayRepeat = true
        var job = job
        (job.renderID, job.submitted) = (id, client.clock.unixSeconds())
        // Nothing is written down of a job that nobody wants any more.
        if Task.isCancelled { throw .cancelled(.rendering) }
        try records.save(job)
        while true {
            do throws(CloudError) {
                let given = try await client.submitRender(
                    id: id,
                    sessionID: job.sessionID,
                    draft: draft,
                    height: height,
                    action
                )
                return .accepted(id: given)
            } catch {
                if error.kind == .cancelled { throw error }
                if error.neverLeft, error.isTransient, mayRepeat {
                    mayRepeat = false
                    try await client.wait(CloudClient.backoff[0], .rendering)
                    continue
                }
                if Self.isUnclear(error) { return .inDoubt }
                records.forget(jobID: id)
                throw error
            }
        }
    }

    /// Whether the service may have taken a submission that ended like this.
    private static func isUnclear(_ error: CloudError) -> Bool {
        switch error.kind {
        case _ where error.neverLeft: false
        case .malformed, .tooLarge, .refused(code: 409), .refused(code: 0): true
        // A code of the service's own that no document names may mean "exists" (§9.2).
        case .refused(let code): !(400..<600).contains(code)
        default: error.isTransient
        }
    }

    private func poll(_ id: String) async throws(CloudError) -> RenderRun.Input {
        do throws(CloudError) {
            return .status(try await client.render(id: id, action))
        } catch {
            switch error.kind {
            case .notFound, .sessionUnknown: return .unknownJob
            case .refused(code: 0):
                return .status(RenderStatus(.failed, problem: error.detail))
            case .rateLimited, .malformed, .captivePortal, .tooLarge, .tls: return .blip
            case _ where error.isTransient: return .blip
            // Final (§9.4): asked for again it would be refused again.
            case .refused, .planRequired, .forbidden, .outOfCredits, .clientIDRejected,
                .unsupportedByService, .tooLargeForService:
                records.forget(jobID: id)
                throw error
            default: throw error
            }
        }
    }

    /// The service named the job otherwise: its file follows.
    private func rename(_ old: String, to new: String, _ job: JobRecord) throws(CloudError) {
        records.forget(jobID: old)
        var job = job
        job.renderID = new
        try records.save(job)
    }

    // MARK: Ends

    private func ended(_ outcome: RenderRun.Outcome, _ id: String) -> CloudError {
        switch outcome {
        case .stillRendering: return CloudError(.stillRendering, .rendering)
        case .failed(let words, let times):
            records.forget(jobID: id)
            return CloudError(.renderFailed(times > 1 ? .twice : .once), .rendering, detail: words)
        case .cancelled:
            records.forget(jobID: id)
            return CloudError(.renderFailed(.cancelled), .rendering)
        case .unknown:
            records.forget(jobID: id)
            return CloudError(.renderFailed(.lost), .rendering)
        case .neverTaken:
            records.forget(jobID: id)
            return CloudError(.service(status: 0), .rendering, detail: "it did not take the job")
        }
    }

    /// The user does not want it any more: the service may stop, and the job is forgotten if it does.
    ///
    /// A submission that was cut on its way may arrive after the wish to stop it. Once the service still
    /// knows nothing of it a moment later, there is nothing to go on with.
    private func abandon(_ id: String, isInDoubt: Bool) async {
        let client = client
        // This task is cancelled; a request in it would be too.
        let stopping = await Task {
            let first = await client.cancelRender(id: id)
            guard first == .unknown, isInDoubt else { return first }
            try? await client.clock.sleep(for: .seconds(1))
            return await client.cancelRender(id: id)
        }.value
        if stopping == .stopped || (stopping == .unknown && isInDoubt) {
            records.forget(jobID: id)
        }
    }

    /// The run that takes the job up may be in another folder.
    private func absolute(_ path: FilePath) -> FilePath {
        path.isAbsolute
            ? path : FilePath(FileManager.default.currentDirectoryPath).pushing(path)
    }

    private func fetching(_ id: String) -> Fetching {
        Fetching(
            client: client,
            renderID: id,
            destination: destination,
            overwrites: overwrites,
            action: action
        )
    }
}
