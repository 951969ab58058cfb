package import SystemPackage

// Renders of a session: one at a time (§9.4), and those that an earlier run left behind (§9.5).
extension CloudSession {
    /// Renders the session's timeline into a file, with `height` lines where the service listens.
    ///
    /// A render of the same timeline that an earlier run left behind is taken up, not made again; one
    /// of another timeline is waited for first. `wishedBytes` and `original` are kept with the job,
    /// for whoever fetches it. `verify` looks at the file before it is put in its place; what it
    /// throws becomes `.resultUnusable`.
    package func export(
        to destination: FilePath,
        overwrites: Bool = false,
        height: Int? = nil,
        wishedBytes: Int? = nil,
        original: LocalFile? = nil,
        verify: @escaping @Sendable (FilePath) async throws -> Void = { _ in }
    ) async throws(CloudError) -> Exported {
        guard let session else { throw CloudError(.noSession, .rendering) }
        var export = export(destination, overwrites, verify)
        (export.height, export.wishedBytes, export.original) = (height, wishedBytes, original)
        export.onState = { state throws(CloudError) in
            try await self.note(state, of: session.sessionID)
        }
        return try await oneAtATime(session.sessionID) { () throws(CloudError) in
            do throws(CloudError) {
                return try await export.run(session)
            } catch {
                // The timeline is gone with it: a new session would have nothing to export (§11).
                if error.kind == .sessionUnknown { self.forgetSession(session.sessionID) }
                throw error
            }
        }
    }

    // MARK: Left behind

    /// Renders that were submitted and not fetched yet, oldest first.
    package func jobs() -> [JobRecord] { records.jobs() }

    /// Whether another run of the program is at work on an export of the job's session.
    package func isBeingExported(_ job: JobRecord) async -> Bool {
        let lock = try? await StateLock(
            "export-\(job.sessionID)",
            in: client.configuration.folder,
            patience: .zero
        )
        lock?.release()
        return lock == nil
    }

    /// How a render is that an earlier run left behind, asked once; nil where the service does not
    /// know it.
    package func phase(of job: JobRecord) async throws(CloudError) -> RenderStatus.Phase? {
        do throws(CloudError) {
            return try await client.render(id: job.renderID, UserAction()).phase
        } catch {
            switch error.kind {
            case .notFound, .sessionUnknown: return nil
            default: throw error
            }
        }
    }

    /// Takes up a render that an earlier run left behind; nil where another run of the program, which
    /// is waited for, has done that meanwhile.
    package func resume(
        _ job: JobRecord,
        to destination: FilePath? = nil,
        overwrites: Bool = false,
        verify: @escaping @Sendable (FilePath) async throws -> Void = { _ in }
    ) async throws(CloudError) -> Exported? {
        let export = export(destination ?? FilePath(job.destination), overwrites, verify)
        return try await oneAtATime(job.sessionID) { () throws(CloudError) -> Exported? in
            guard self.jobs().contains(where: { $0.renderID == job.renderID }) else { return nil }
            return try await export.resume(job)
        }
    }

    /// Forgets a render, and asks the service to stop it where that is wanted and can be said.
    package func forget(_ job: JobRecord, stops: Bool) async {
        if stops { _ = await client.cancelRender(id: job.renderID) }
        records.forget(jobID: job.renderID)
    }

    private func export(
        _ destination: FilePath,
        _ overwrites: Bool,
        _ verify: @escaping @Sendable (FilePath) async throws -> Void
    ) -> Export {
        Export(
            client: client,
            records: records,
            action: UserAction(),
            destination: destination,
            overwrites: overwrites,
            verify: verify
        )
    }

    private func oneAtATime<Value: Sendable>(
        _ sessionID: String,
        _ work: () async throws(CloudError) -> Value
    ) async throws(CloudError) -> Value {
        guard await exports.enter() else { throw .cancelled(.rendering) }
        defer { exports.leave() }
        let lock = try await lock("export-\(sessionID)", .rendering)
        defer { lock.release() }
        return try await work()
    }

    /// Waits until no other run of the program is at work on the same, and says so if that takes a while.
    func lock(_ name: String, _ step: CloudError.Step) async throws(CloudError) -> StateLock {
        try await StateLock(
            name,
            in: client.configuration.folder,
            patience: Self.patience,
            step: step,
            onWait: { client.events(.waitingForOther) }
        )
    }
}
