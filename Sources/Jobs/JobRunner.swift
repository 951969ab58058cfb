import Cloud
package import Core
package import Engine
import Foundation
package import SystemPackage

/// What a call says of the ways that its files may take.
package struct RoutePreferences: Sendable {
    package var policy = RouteFacts.Policy()
    /// What the service's agent shall do beside making it smaller; nil: nothing.
    package var edit: String?
    /// Whether the call agrees to contacting the service and to sending it files.
    package var agrees = false
    /// Whether there is a person to be asked.
    package var mayAsk = false
    /// Whether the choice was spoken of, though all of it may be as usual.
    package var isGiven = false

    package init() {}
}

/// One file that shall be made; `JobRunner.job` makes it.
package struct FileJob: Sendable {
    package let request: Request
    let limits: Compressor.Limits
    let agrees: Bool
    /// How long a sample is that is made first, in microseconds; nil for none.
    let sample: Int?
    /// Nil where this machine is the only way.
    let scout: RouteScout?

    /// Whether there is a choice to make, so that the cloud may make it.
    package var hasRoutes: Bool { scout != nil }
}

/// Makes files, here or in the cloud where that was agreed to, and keeps the receipts.
package struct JobRunner: Sendable {
    let environment: [String: String]
    let settings: Settings
    private let language: String
    private let isSimulated: Bool
    private let stopSignal: @Sendable () -> Int32?

    /// `language`: the user's, as `en` or `zh-CN`; `isSimulated`: the service of the environment is, so that nothing
    /// leaves this machine; `stopSignal`: the one that asked for the end.
    package init(
        environment: [String: String],
        settings: Settings = Settings(),
        language: String = "en",
        isSimulated: Bool = false,
        stopSignal: @escaping @Sendable () -> Int32? = { nil }
    ) {
        var environment = environment
        // Working offline is heard by all that could send.
        if settings.isOn(.offline), !isSimulated { environment[Setting.offline.variable] = "1" }
        (self.environment, self.settings) = (environment, settings)
        (self.language, self.isSimulated) = (language, isSimulated)
        self.stopSignal = stopSignal
    }

    // MARK: One file

    /// A file with the ways that it has.
    ///
    /// - Throws: `Failure` of kind `.usage` where the service was asked for, and its address is none.
    package func job(
        _ request: Request,
        limits: Compressor.Limits = Compressor.Limits(),
        sample: Int? = nil,
        _ preferences: RoutePreferences = RoutePreferences()
    ) throws(Failure) -> FileJob {
        FileJob(
            request: request,
            limits: limits,
            agrees: preferences.agrees,
            sample: sample,
            scout: try scout(for: request, preferences)
        )
    }

    /// Begins a job; the last that it tells is `.finished`.
    package func start(
        _ job: FileJob,
        answerer: any JobAnswerer = UnattendedAnswerer()
    ) -> JobStream<JobEvent> {
        JobStream { tell async throws(Failure) in
            _ = try await run(job, answerer: answerer, events: tell)
        }
    }

    /// Makes a file by whichever way does it; it is stopped where the task is cancelled.
    ///
    /// `events` is called in order, never concurrently, and must return fast.
    /// - Throws: the failure that says most, where no way made it.
    @discardableResult
    package func run(
        _ job: FileJob,
        answerer: any JobAnswerer = UnattendedAnswerer(),
        events: @escaping @Sendable (JobEvent) -> Void
    ) async throws(Failure) -> Routing.Outcome {
        let folders = NewFolders(for: [job.request])
        defer {
            // What a closed terminal leaves in the cloud is to find its place there.
            if !job.hasRoutes || stopSignal() ?? SIGINT == SIGINT { folders.removeEmpty() }
        }
        let outcome = try await outcome(of: job, answerer, events)
        events(.activityEnded)
        // What a simulated service made is not worth remembering.
        if settings.isOn(.history), !(isSimulated && job.hasRoutes) {
            History(environment)?.add(outcome, of: job.request)
        }
        events(.finished(outcome))
        return outcome
    }

    private func outcome(
        of job: FileJob,
        _ answerer: any JobAnswerer,
        _ events: @escaping @Sendable (JobEvent) -> Void
    ) async throws(Failure) -> Routing.Outcome {
        let (limits, sample) = (job.limits, job.sample)
        let runHere: @Sendable (Request) async throws(Failure) -> Report = {
            request async throws(Failure) in
            try request.checkInputIsThere()
            return try await Compressor(limits: limits)
                .run(request, sample: sample, telling: events)
        }
        guard let scout = job.scout else { return .local(try await runHere(job.request)) }
        let routing = Routing(
            scout: scout,
            limits: limits,
            consent: JobConsent(
                isGiven: job.agrees,
                isSimulated: isSimulated,
                answerer: answerer,
                events: events
            ),
            events: events,
            tells: scout.policy != RouteFacts.Policy(),
            runHere: runHere,
            stopSignal: stopSignal
        )
        return try await routing.run().outcome
    }

    // MARK: Several files

    /// Several files, that wait for `run`.
    ///
    /// `events` is called in order for each file, and concurrently for several.
    /// - Throws: `Failure` of kind `.usage` where the service was asked for, and its address is none.
    package func batch(
        _ job: BatchJob,
        answerer: any JobAnswerer = UnattendedAnswerer(),
        events: @escaping @Sendable (Batch.Event) -> Void
    ) throws(Failure) -> Batch {
        Batch(
            job,
            routes: try routes(for: job.items.first?.request, job.preferences, answerer, events),
            ledger: Ledger(environment),
            history: history,
            events: events
        )
    }

    /// Begins to make several files; the last that is told is `.ended`.
    package func start(
        _ job: BatchJob,
        answerer: any JobAnswerer = UnattendedAnswerer()
    ) -> JobStream<Batch.Event> {
        JobStream { tell async throws(Failure) in
            let report = try await batch(job, answerer: answerer, events: tell).run()
            tell(.ended(report))
        }
    }

    /// A folder whose files are made as they come, from `run` on.
    ///
    /// `wish`: what becomes of each, and in which folder; `jobs`: how many are made at once.
    /// - Throws: as `batch`.
    package func watch(
        _ folder: FilePath,
        wish: Request,
        isRecursive: Bool = false,
        jobs: Int = Batch.usualJobs,
        limits: Compressor.Limits = Compressor.Limits(),
        _ preferences: RoutePreferences = RoutePreferences(),
        answerer: any JobAnswerer = UnattendedAnswerer(),
        events: @escaping @Sendable (Batch.Event) -> Void
    ) throws(Failure) -> Watch {
        var sample = wish
        sample.input = folder
        return Watch(
            folder,
            wish: wish,
            isRecursive: isRecursive,
            jobs: jobs,
            limits: limits,
            routes: try routes(for: sample, preferences, answerer, events),
            ledger: Ledger(environment),
            history: history,
            events: events
        )
    }

    private var history: History? {
        settings.isOn(.history) && !isSimulated ? History(environment) : nil
    }

    /// The ways that files have beside this machine; nil where there is no choice to make.
    private func routes(
        for sample: Request?,
        _ preferences: RoutePreferences,
        _ answerer: any JobAnswerer,
        _ events: @escaping @Sendable (Batch.Event) -> Void
    ) throws(Failure) -> BatchRoutes? {
        guard let sample, let scout = try scout(for: sample, preferences) else { return nil }
        return BatchRoutes(
            scout: scout,
            common: CommonWay(mostCredits: scout.policy.mostCredits),
            consent: JobConsent(
                isGiven: preferences.agrees,
                isSimulated: isSimulated,
                answerer: answerer,
                events: { events(.shared($0)) }
            ),
            stopSignal: stopSignal
        )
    }

    // MARK: The choice

    /// What gathers the facts of a choice; nil where there is none to make.
    ///
    /// That is so where nothing is said of ways and the cloud was not agreed to: then nothing of it is looked at
    /// any further.
    private func scout(
        for request: Request,
        _ preferences: RoutePreferences
    ) throws(Failure) -> RouteScout? {
        guard let scout = try scout(ofAny: request, preferences) else { return nil }
        let isGiven =
            preferences.isGiven || preferences.agrees || scout.policy != RouteFacts.Policy()
        let needsNone = !isGiven && !RouteScout.isAgreed(scout.configuration)
        // What is kept here needs no planner.
        if preferences.edit == nil, needsNone || scout.policy.route == .local { return nil }
        return scout
    }

    /// The same also where there is nothing to choose; nil only where the address of the service is none.
    ///
    /// - Throws: `Failure` of kind `.usage` where it is none, and the service was asked for.
    package func scout(
        ofAny request: Request,
        _ preferences: RoutePreferences
    ) throws(Failure) -> RouteScout? {
        let configuration: CloudConfiguration
        do throws(CloudError) {
            configuration = try CloudDesk.configuration(
                .clideo,
                preferences.policy.isOffline,
                environment,
                language
            )
        } catch {
            guard preferences.policy.route == .cloud else { return nil }
            throw error.failure
        }
        return RouteScout(
            configuration: configuration,
            request: request,
            policy: preferences.policy,
            edit: preferences.edit,
            agrees: preferences.agrees || isSimulated,
            mayAsk: preferences.mayAsk
        )
    }
}
