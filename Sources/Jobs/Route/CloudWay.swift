import Cloud
import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// The way through the cloud for one file: uploaded, asked for, rendered, fetched, checked, fitted.
///
/// Every step is written down before it is taken, so that a run that was killed is gone on with:
/// what is there already is not sent, asked or rendered again.
struct CloudWay: Sendable {
    let routing: Routing
    let attempt: RouteAttempt
    let request: Request
    /// Whether no other way is left, so that what comes back is better than nothing.
    let isLast: Bool
    /// When it was decided to go this way.
    var decided = ContinuousClock.now

    private var configuration: CloudConfiguration { routing.configuration }
    private var jobs: RoutedJobs { RoutedJobs(configuration) }

    /// Makes the file; what was kept of credits for it is settled.
    func run() async throws(WayFailure) -> Delivered {
        let spender = Locked<CloudSession?>(nil)
        let result: Result<Delivered, WayFailure>
        do throws(WayFailure) {
            result = .success(try await take(spender))
        } catch { result = .failure(error) }
        await routing.common?.settle(attempt.creditsAtMost, with: spender.withLock { $0 })
        return try result.get()
    }

    /// `spender` becomes the session that may have cost something.
    private func take(
        _ spender: borrowing Locked<CloudSession?>
    ) async throws(WayFailure) -> Delivered {
        var job: RoutedJob
        do throws(Failure) { job = try newJob() } catch { throw WayFailure(error, nil) }
        let hold: (any Sendable)?
        do throws(CloudError) { hold = try await jobs.hold(job) } catch { throw WayFailure(error) }
        guard let hold else { throw WayFailure(CloudError(.busy, .connecting).failure, nil) }
        defer { withExtendedLifetime(hold) {} }
        if let left = jobs[job.id] {
            job = left
            routing.events(.resumed)
        }
        if routing.consent.isGiven { job.isAgreed = true }
        do throws(WayFailure) {
            let delivered = try await work(&job, spender)
            jobs.forget(job)
            let api = configuration.api
            await routing.store.change { $0.noteSuccess(of: api, at: $1) }
            return delivered
        } catch {
            await giveUp(job, error)
            throw error
        }
    }

    /// What was left half done is not wanted any more, unless the terminal was closed on it.
    private func giveUp(_ job: RoutedJob, _ error: WayFailure) async {
        if error.failure.kind == .interrupted {
            guard routing.stopSignal() == SIGINT else { return }
            jobs.forget(job)
            return
        }
        // The other way makes the file: nobody waits for this one.
        let ids = [job.sessionID, jobs.session(of: job)?.sessionID].compactMap { $0 }
        if !ids.isEmpty, let desk = try? desk(for: job) {
            for render in desk.session.jobs() where ids.contains(render.sessionID) {
                await desk.session.forget(render, stops: error.trouble == .renderStuck)
            }
        }
        jobs.forget(job)
    }

    private func desk(for job: RoutedJob) throws(Failure) -> CloudDesk {
        try CloudDesk(
            profile: routing.profile,
            isOffline: routing.scout.policy.isOffline,
            environment: configuration.environment,
            language: configuration.language,
            consent: routing.consent,
            place: job.place,
            renderSeconds: routing.scout.policy.mostSeconds,
            events: routing.events
        )
    }

    private func newJob() throws(Failure) -> RoutedJob {
        var request = try request.settled(for: .video)
        request.input = Self.absolute(request.input)
        request.output = Self.absolute(request.destination)
        if !request.overwrites, FileManager.default.fileExists(atPath: request.destination.string) {
            throw Failure.exists(self.request.destination)
        }
        var job = RoutedJob(
            api: configuration.api,
            began: configuration.clock.unixSeconds(),
            input: LocalFile(at: request.input.string),
            request: request,
            message: message,
            isEdit: routing.scout.edit != nil
        )
        job.key = routing.key
        return job
    }

    /// What the agent is asked for.
    private var message: String {
        if let edit = routing.scout.edit { return edit }
        var words = "compress this video"
        if let target = request.target { words += " to under \(target.fileNameText)" }
        if let height { words += " at \(height)p" }
        return words
    }

    private static func absolute(_ path: FilePath) -> FilePath {
        path.isAbsolute
            ? path.lexicallyNormalized()
            : FilePath(FileManager.default.currentDirectoryPath).pushing(path)
                .lexicallyNormalized()
    }

    // MARK: Steps

    private func work(
        _ job: inout RoutedJob,
        _ spender: borrowing Locked<CloudSession?>
    ) async throws(WayFailure) -> Delivered {
        let desk: CloudDesk
        do throws(Failure) { desk = try self.desk(for: job) } catch { throw WayFailure(error, nil) }
        let session = desk.session
        defer { routing.events(.activityEnded) }
        if job.isEdited {
            try await agree(session, job)
        } else {
            try await meet(session, job)
            try await send(&job, desk)
            spender.withLock { $0 = session }
            try await ask(&job, session)
        }
        return try await deliver(job, desk)
    }

    /// Agrees, and makes sure that the service is there; among several files once for all.
    private func meet(_ session: CloudSession, _ job: RoutedJob) async throws(WayFailure) {
        let begin = { () async throws(WayFailure) in try await agree(session, job) }
        let look = { () async throws(WayFailure) in try await balance(session) }
        if let common = routing.common {
            return try await common.meet(since: decided, agree: begin, look: look)
        }
        try await begin()
        _ = try await look()
    }

    /// Asks for what was not agreed to yet, before anything is done; then the job is written down.
    private func agree(_ session: CloudSession, _ job: RoutedJob) async throws(WayFailure) {
        let consent = session.client.consent
        let name = FilePath(job.input.path).lastComponent?.string ?? job.input.path
        do throws(CloudError) {
            try await consent.require(.network, for: .connecting)
            try await consent.require(
                .upload,
                files: [(name: name, bytes: job.input.bytes)],
                for: .uploading(name)
            )
            try jobs.save(job)
        } catch { throw WayFailure(error) }
    }

    /// How long the service may take to its first answer, a wait of half a minute for its limits
    /// among it; what does not answer then is not there.
    private var firstContact: Duration {
        max(.seconds(3), .seconds(45) / configuration.clock.speed)
    }

    /// Reads the balance: whether the service is there at all, and whether it would do the work.
    private func balance(_ session: CloudSession) async throws(WayFailure) -> Credits {
        let task = Task { () -> Result<Credits, CloudError> in
            do throws(CloudError) {
                return .success(try await session.credits())
            } catch { return .failure(error) }
        }
        let isLate = Locked(false)
        let limit = firstContact
        let timer = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            isLate.withLock { $0 = true }
            task.cancel()
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        timer.cancel()
        switch result {
        case .success(let credits):
            let api = configuration.api
            await routing.store.change {
                $0.noteCredits(credits.available, of: api, at: $1)
            }
            guard credits.available >= attempt.creditsAtLeast else {
                throw WayFailure(session.client.outOfCredits())
            }
            return credits
        case .failure(let error):
            let wasLate = isLate.withLock { $0 }
            throw WayFailure(wasLate ? CloudError(.timedOut, .connecting) : error)
        }
    }

    private func send(_ job: inout RoutedJob, _ desk: CloudDesk) async throws(WayFailure) {
        if let session = desk.session.session {
            guard session.uploads.isEmpty else { return }
            // A run that was killed in the middle may have sent it all the same.
            if let state = try? await desk.session.state(), !state.videoInfos.isEmpty { return }
        }
        let path = try await prepared(&job, desk)
        let start = ContinuousClock.now
        do throws(CloudError) {
            _ = try await desk.session.upload([path])
        } catch { throw WayFailure(error) }
        job.sessionID = desk.session.session?.sessionID
        do throws(CloudError) { try jobs.save(job) } catch { throw WayFailure(error) }
        let seconds = start.duration(to: .now).inSeconds
        let (bytes, api) = (Int(LocalFile(at: path.string).bytes), configuration.api)
        await routing.store.change { memory, _ in
            memory.noteUpload(bytes: bytes, seconds: seconds, of: api)
        }
    }

    /// What is sent: the file, or what the service takes of it.
    private func prepared(
        _ job: inout RoutedJob,
        _ desk: CloudDesk
    ) async throws(WayFailure) -> FilePath {
        guard let bytes = attempt.shrinkToBytes else { return FilePath(job.input.path) }
        let input = FilePath(job.input.path)
        let name = "\(input.stem ?? "video").mp4"
        if let made = made(name, by: job) { return made }
        job.workshop?.remove()
        // Beside the result: that disk has the room.
        let folder = job.request.destination.removingLastComponent()
        let place = PrivateFolder.uniquePath(in: folder, prefix: ".cinch-upload-")
        job.workshop = FolderTrace(planned: place)
        do throws(CloudError) { try jobs.save(job) } catch { throw WayFailure(error) }
        do throws(Errno) {
            job.workshop = FolderTrace(of: try PrivateFolder.make(place), at: place)
        } catch {
            throw WayFailure(
                Failure(
                    .output,
                    "Cannot write beside \(job.request.destination.string)",
                    why: "what is uploaded is made there: \(error.description.lowercased())",
                    advice: "Name another place with -o."
                ),
                nil
            )
        }
        do throws(CloudError) { try jobs.save(job) } catch {
            job.workshop?.remove()
            throw WayFailure(error)
        }
        let path = place.appending(name)
        do throws(Failure) {
            _ = try await routing.runHere(
                Request(
                    input: input,
                    output: path,
                    target: ByteSize(bytes: bytes),
                    heightCap: job.request.heightCap,
                    overwrites: true
                )
            )
        } catch { throw WayFailure(here: error) }
        return path
    }

    /// What an earlier run made to be sent, where it is all there.
    private func made(_ name: String, by job: RoutedJob) -> FilePath? {
        guard let workshop = try? job.workshop?.open(), let file = try? workshop.openFile(name)
        else { return nil }
        defer { try? file.close() }
        return (try? file.stat().size) ?? 0 > 0 ? workshop.path.appending(name) : nil
    }

    private func ask(_ job: inout RoutedJob, _ session: CloudSession) async throws(WayFailure) {
        do throws(CloudError) {
            if session.session?.isUnanswered == true {
                try await awaitAnswer(session)
            } else {
                _ = try await session.send(job.message)
            }
            job.isEdited = true
            try jobs.save(job)
        } catch { throw WayFailure(error) }
    }

    /// When the state is read again after a message whose end was not seen: for five minutes (§4.9).
    private static let readings = [0, 15, 15, 30, 60, 60, 60, 60].map(Duration.seconds)

    /// Waits for what a run that was killed had asked for: to ask again would cost again.
    private func awaitAnswer(_ session: CloudSession) async throws(CloudError) {
        routing.events(.lookingAgain)
        for pause in Self.readings {
            do { try await configuration.clock.sleep(for: pause) } catch {
                throw CloudError(.cancelled, .sending)
            }
            if try await session.state().isReadyForExport { return }
        }
        throw CloudError(.runLost, .sending)
    }

    private func deliver(
        _ job: RoutedJob,
        _ desk: CloudDesk
    ) async throws(WayFailure) -> Delivered {
        let ended = Locked<CloudError?>(nil)
        var delivery = Delivery(
            session: desk.session,
            events: routing.events,
            destination: job.request.destination,
            overwrites: job.request.overwrites,
            height: height,
            wish: job.request.target,
            // With an edit in it the original does not show the same.
            original: job.isEdit ? nil : job.input,
            whole: job.request,
            inputs: [job.input],
            compress: routing.runHere
        )
        delivery.onTrouble = { error in ended.withLock { $0 = error } }
        let start = ContinuousClock.now
        var delivered: Delivered
        do throws(Failure) {
            delivered = try await delivery.run()
        } catch {
            let end = ended.withLock { $0 }
            var failure = WayFailure(error, end?.trouble)
            failure.signInAddress = end?.link
            throw failure
        }
        if delivered.maker == .cloud {
            let (seconds, api) = (start.duration(to: .now).inSeconds, configuration.api)
            await routing.store.change { memory, _ in
                memory.noteRender(seconds: seconds, of: api)
            }
            if !job.isEdit { try await compare(delivered, job) }
        }
        // As the call named it.
        delivered.path = request.destination
        return delivered
    }

    private var height: Int? {
        switch request.heightCap {
        case .lines(let lines), .exactly(let lines): lines
        case .automatic, .source: nil
        }
    }

    /// Refuses what is a smaller picture, or less of it, than this machine would make.
    private func compare(_ delivered: Delivered, _ job: RoutedJob) async throws(WayFailure) {
        let compressor = Compressor(limits: routing.limits)
        guard let original = try? await compressor.probeVideo(FilePath(job.input.path)) else {
            return
        }
        let (wanted, got) = (original.video.displaySize, delivered.source.video.displaySize)
        let cap = request.heightCap.lines ?? .max
        let lines = min(wanted.width, wanted.height, cap)
        let seconds = original.durationSeconds
        let missing = seconds - delivered.source.durationSeconds
        var shortfall: Shortfall?
        // With bytes to spare a smaller picture was no need.
        let hasRoom = job.request.target.map { delivered.source.bytes < $0.bytes / 2 } ?? true
        if hasRoom, min(got.width, got.height) * 10 < lines * 6 {
            shortfall = .lines(min(got.width, got.height), of: lines)
        }
        if let height, min(got.width, got.height) > height + 1 {
            shortfall = .moreLines(min(got.width, got.height), asked: height)
        }
        if missing > max(0.3, seconds / 50) { shortfall = .missing(seconds: missing, of: seconds) }
        guard let shortfall else { return }
        guard !isLast else { return routing.events(.shortfall(shortfall)) }
        throw WayFailure(
            Failure(
                .unavailable,
                "The cloud's file is worse than what was asked for",
                why: shortfall.text,
                advice: "It stays at \(delivered.path.string)."
            ),
            .worse
        )
    }
}
