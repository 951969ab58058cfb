import ArgumentParser
import Cloud
import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// Calls that may take more than one way.
extension Session {
    /// Performs a command with a simulated service, where its options ask for that; else nil.
    func performInTrial(
        _ command: any ParsableCommand,
        json: JSONLines?
    ) async throws(Failure) -> Int32? {
        let way =
            (command as? CompressCommand)?.way ?? (command as? PlanCommand)?.way
            ?? (command as? WatchCommand)?.way
        guard !isTrial, let settings = try way?.trial() else { return nil }
        var code: Int32 = 0
        try await inTrial(settings) { trial async throws(Failure) in
            var session = self
            session.isTrial = true
            session.environment.merge(trial.environment) { $1 }
            // What was set for the real service is not meant for this one.
            for name in ["NEMO_TOKEN", "NEMO_CLIENT_ID", "CINCH_OFFLINE"] {
                session.environment[name] = nil
            }
            code = try await session.perform(command, json: json)
        }
        return code
    }

    /// What gathers the facts of a choice; nil where there is none to make.
    ///
    /// That is so where no option speaks of ways and nobody has agreed to the cloud: then nothing of it is
    /// looked at any further.
    func scout(
        _ options: RouteOptions,
        _ request: Request,
        mayAsk: Bool = false,
        json: JSONLines?
    ) throws(Failure) -> RouteScout? {
        let mayAsk = mayAsk && json == nil && messages.isTerminal && LineReader().isTerminal
        guard let scout = try scout(ofAny: request, options, mayAsk: mayAsk) else { return nil }
        let needsNone = !options.isGiven && !RouteScout.isAgreed(scout.configuration)
        // Whoever keeps it here needs no planner.
        if options.edit == nil, needsNone || scout.policy.route == .local { return nil }
        return scout
    }

    /// The same also where there is nothing to choose; nil only where the address of the service is none.
    private func scout(
        ofAny request: Request,
        _ options: RouteOptions,
        mayAsk: Bool
    ) throws(Failure) -> RouteScout? {
        let policy = try options.policy()
        guard let configuration = try configuration(policy) else { return nil }
        return RouteScout(
            configuration: configuration,
            request: request,
            policy: policy,
            edit: options.edit,
            agrees: options.cloud || isTrial,
            mayAsk: mayAsk
        )
    }

    /// Where the service is; nil where its address is none and nobody has asked for it.
    private func configuration(
        _ policy: RouteFacts.Policy
    ) throws(Failure) -> CloudConfiguration? {
        do throws(CloudError) {
            return try CloudDesk.configuration(
                .clideo,
                policy.isOffline,
                environment,
                CloudWords(environment: environment)
            )
        } catch {
            guard policy.route == .cloud else { return nil }
            throw error.failure
        }
    }

    /// Makes a file by whichever way does it.
    ///
    /// `sample`: how long a preview is, in microseconds; only this machine makes one.
    func route(
        _ command: CompressCommand,
        _ request: Request,
        _ limits: Compressor.Limits,
        _ scout: RouteScout,
        sample: Int?,
        settings: Settings,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        let isQuiet = command.quiet
        json?.begin(
            StartedPayload(
                request,
                output: scout.policy.route == .cloud ? request.destination : request.output
            )
        )
        // What the service says is no result: the file is.
        let console = CloudConsole(
            results: messages,
            messages: messages,
            json: json,
            isQuiet: isQuiet,
            isMute: isQuiet,
            agrees: command.way.cloud,
            words: CloudWords(environment: environment)
        )
        if isTrial { console.askNobody() }
        let live = Locked<Renderer?>(nil)
        let screen = Screen(
            restore: {
                console.reader.release()
                console.live.restoreNow()
                live.withLock { $0 }?.restoreNow()
            },
            pause: {
                console.reader.release()
                console.live.pause()
                live.withLock { $0 }?.pause()
            },
            resume: { console.reader.resume() }
        )
        let routing = routing(scout, limits, console, sample: sample, isQuiet: isQuiet) {
            renderer in
            live.withLock { $0 = renderer }
        }
        let outcome = try await stoppable(screen, json: json) { () async throws(Failure) in
            try await routing.run().outcome
        }
        console.end()
        remember(outcome, of: request, settings: settings)
        if json == nil, isQuiet { return 0 }
        switch outcome {
        case .local(let report):
            finish("compress", ReportResult(report), json: json) {
                Receipt.text(report, width: $0, style: $1)
            }
        case .cloud(let file):
            finish("compress", RoutedResult(file, of: request), json: json) {
                CloudFacts.text(file, words: console.words, width: $0, style: $1)
            }
        }
        return 0
    }

    private func routing(
        _ scout: RouteScout,
        _ limits: Compressor.Limits,
        _ console: CloudConsole,
        sample: Int?,
        isQuiet: Bool,
        onRun: @escaping @Sendable (Renderer?) -> Void
    ) -> Routing {
        let (messages, json, signals) = (messages, console.json, signals)
        let showsNotes = !(messages.isLive && results.isLive)
        return Routing(
            scout: scout,
            limits: limits,
            console: console,
            tells: scout.policy != RouteFacts.Policy(),
            runHere: { request async throws(Failure) in
                try checkIsThere(request.input)
                let renderer =
                    json == nil && !isQuiet ? Renderer(messages, showsNotes: showsNotes) : nil
                onRun(renderer)
                renderer?.begin(targetBytes: request.target?.bytes)
                defer {
                    renderer?.end()
                    onRun(nil)
                }
                let compressor = Compressor(limits: limits)
                try await Self.preview(sample, of: request, compressor, renderer, json)
                return try await compressor.run(request) { event in
                    renderer?.show(event)
                    json?.write(event, isQuiet: isQuiet)
                }
            },
            onRun: onRun,
            stopSignal: { signals?.stopSignal }
        )
    }

    // MARK: Plan

    /// Where a plan would be carried out; nil where the address of the service is none.
    func decision(
        for planned: Planned,
        _ time: ExpectedTime,
        _ request: Request,
        _ options: RouteOptions
    ) throws(Failure) -> RouteDecision? {
        guard let scout = try scout(ofAny: request, options, mayAsk: messages.isTerminal) else {
            return nil
        }
        var facts = scout.facts()
        scout.note(planned, time, in: &facts)
        return RoutePlanner.decide(facts)
    }

    /// Ends a plan that this machine cannot make: where it would be carried out all the same.
    ///
    /// - Throws: the failure, where there is no other way.
    func finishPlan(
        failed failure: Failure,
        _ request: Request,
        _ options: RouteOptions,
        json: JSONLines?
    ) throws(Failure) {
        guard let scout = try scout(ofAny: request, options, mayAsk: messages.isTerminal) else {
            throw failure
        }
        var facts = scout.facts()
        _ = try scout.note(failure, in: &facts)
        let decision = RoutePlanner.decide(facts)
        guard decision.first != nil else { throw failure }
        finish("plan", RouteResult(decision), json: json) {
            RouteTable.text(decision, width: $0, style: $1, isAlone: true)
        }
    }
}

/// What a plan ends with that only the cloud could carry out.
struct RouteResult: Encodable {
    var route: RoutePayload

    init(_ decision: RouteDecision) { route = RoutePayload(decision) }
}

/// What a run through the cloud ends with: the keys of a run's and of an export's end that both have.
struct RoutedResult: Encodable {
    private let file: DeliveredPayload
    private let request: Request

    init(_ file: Delivered, of request: Request) {
        (self.file, self.request) = (DeliveredPayload(file), request)
    }

    private enum CodingKeys: String, CodingKey { case kind, input, targetBytes, limitName, route }

    func encode(to encoder: any Encoder) throws {
        try file.encode(to: encoder)
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(Material.Kind.video, forKey: .kind)
        try keys.encode(request.input.string, forKey: .input)
        try keys.encodeIfPresent(request.target?.bytes, forKey: .targetBytes)
        try keys.encodeIfPresent(request.namedLimit?.name, forKey: .limitName)
        try keys.encode(RouteWish.cloud, forKey: .route)
    }
}
