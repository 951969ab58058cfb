import ArgumentParser
import Cloud
import Core
import Engine
import Foundation
import Jobs
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

    /// Whether a person can be asked.
    func mayAsk(isQuiet: Bool, json: JSONLines?) -> Bool {
        !isQuiet && json == nil && messages.isTerminal && LineReader().isTerminal
    }

    /// Makes a file by whichever way does it.
    func make(
        _ job: FileJob,
        _ command: CompressCommand,
        _ settings: Settings,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        let (request, isQuiet) = (job.request, command.quiet)
        let isSent = try command.way.policy().route == .cloud
        json?.begin(
            StartedPayload(request, output: isSent ? request.destination : request.output)
        )
        // What the service says is no result: the file is.
        let console = CloudConsole(
            results: messages,
            messages: messages,
            json: json,
            isQuiet: isQuiet,
            isMute: isQuiet,
            showsRunNotes: !(messages.isLive && results.isLive),
            words: CloudWords(environment: environment)
        )
        let screen = Screen(
            restore: { console.restoreNow() },
            pause: { console.pause() },
            resume: { console.reader.resume() }
        )
        let runner = runner(settings)
        let outcome = try await stoppable(screen, json: json) { () async throws(Failure) in
            try await runner.run(job, answerer: console) { console.take($0) }
        }
        if json == nil, isQuiet { return 0 }
        switch outcome {
        case .local(let report):
            finish("compress", ReportResult(report), json: json) {
                Receipt.text(report, width: $0, style: $1)
            }
        case .cloud(let file):
            finish("compress", RoutedResult(file, of: request, console.words), json: json) {
                CloudFacts.text(file, words: console.words, width: $0, style: $1)
            }
        }
        return 0
    }

    // MARK: Plan

    /// Where a plan would be carried out; nil where the address of the service is none.
    func decision(
        for planned: Planned,
        _ time: ExpectedTime,
        _ request: Request,
        _ options: RouteOptions,
        _ settings: Settings
    ) throws(Failure) -> RouteDecision? {
        let preferences = try options.preferences(mayAsk: messages.isTerminal)
        guard let scout = try runner(settings).scout(ofAny: request, preferences) else {
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
        _ settings: Settings,
        json: JSONLines?
    ) throws(Failure) {
        let preferences = try options.preferences(mayAsk: messages.isTerminal)
        guard let scout = try runner(settings).scout(ofAny: request, preferences) else {
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

    init(_ file: Delivered, of request: Request, _ words: CloudWords) {
        (self.file, self.request) = (DeliveredPayload(file, words), request)
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
