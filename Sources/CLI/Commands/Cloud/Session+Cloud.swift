import Cloud
import Core
import Foundation
import Jobs
import Simulator
import Synchronization

/// The commands that work with the cloud, from their arguments to their exit code.
extension Session {
    /// Performs a command at a desk of its own; with `--simulate`, at one in a simulated world.
    func cloud(_ command: any CloudErrand, json: JSONLines?) async throws(Failure) -> Int32 {
        try command.checkOptions()
        let options = command.options
        let profile = try options.readProfile()
        var words = CloudWords(environment: environment)
        if CloudWords.areChinese(command.givenText) { words.isChinese = true }
        let console = CloudConsole(
            results: results,
            messages: messages,
            json: json,
            isQuiet: options.quiet,
            words: words
        )
        let settings = try settings()
        let isOffline = settings.isOn(.offline) || options.offline
        let (environment, language) = (environment, words.serviceLanguage(environment))
        let screen = Screen(
            restore: { console.restoreNow() },
            pause: { console.pause() },
            resume: { console.reader.resume() },
            stopped: Failure.leftTheCloud(bySignal:)
        )
        /// A simulated service is told of in an environment of its own.
        let makeProgram: @Sendable ([String: String]?) throws(Failure) -> CloudProgram = {
            simulated throws(Failure) in
            let consent = JobConsent(
                isGiven: options.cloud,
                keepsContact: true,
                isSimulated: simulated != nil,
                answerer: console,
                events: { console.take($0) }
            )
            let context = try CloudDesk(
                profile: profile,
                // Working offline forbids nothing there: nothing leaves this machine.
                isOffline: isOffline && simulated == nil,
                environment: simulated ?? environment,
                language: language,
                consent: consent,
                events: { console.take($0) }
            )
            return CloudProgram(context: context, console: console)
        }
        try await stoppable(screen, json: json) { () async throws(Failure) in
            guard let trial = try command.trial?.settings() else {
                var program = try makeProgram(nil)
                program.context.history = settings.isOn(.history) ? History(environment) : nil
                return try await command.perform(at: program)
            }
            try await inTrial(trial) { trial async throws(Failure) in
                try await command.perform(at: try makeProgram(trial.environment))
            }
        }
        return 0
    }

    /// What this machine knows of the cloud, for `doctor`; nothing is sent.
    var cloudFacts: CloudPayload {
        let desk = try? CloudDesk(environment: environment)
        return CloudPayload(
            libcurl: Transfer.libraryVersion,
            status: desk.map { StatusPayload($0.session.status, $0.profile) }
        )
    }

    /// Does something with a simulated service, which is stopped whatever comes of it.
    func inTrial(
        _ settings: Trial.Settings,
        log: (@Sendable (String) -> Void)? = nil,
        _ work: (Trial) async throws(Failure) -> Void
    ) async throws(Failure) {
        let trial = try await Trial.start(settings, log: log)
        let result: Result<Void, Failure>
        do throws(Failure) {
            result = .success(try await work(trial))
        } catch {
            result = .failure(error)
        }
        await trial.stop()
        try result.get()
    }

    /// Runs the simulated service until somebody stops it.
    func simulate(_ command: SimulateCommand, json: JSONLines?) async throws(Failure) -> Int32 {
        let settings = try command.trial.settings(port: command.port)
        let (results, messages) = (results, messages)
        let say: @Sendable (String) -> Void = {
            messages.line(messages.style.dim($0.withoutControls))
        }
        let log = command.log && json == nil ? say : nil
        let screen = Screen(stopped: Failure.simulatorStopped(bySignal:))
        try await stoppable(screen, json: json) { () async throws(Failure) in
            try await inTrial(settings, log: log) { trial async throws(Failure) in
                if let json {
                    json.write(.listening, ListeningPayload(trial))
                } else {
                    messages.line("The cloud service, simulated: nothing leaves this machine.")
                    messages.line("In another terminal:\n")
                    for name in trial.environment.keys.sorted() {
                        results.line("export \(name)=\(trial.environment[name] ?? "")")
                    }
                    messages.line("\nThen: cinch cloud login, or cinch chat. Ctrl-C stops it.")
                }
                // For ever, unless it is cancelled.
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
                throw .interrupted
            }
        }
        return 0
    }
}

/// A cloud command at its terminal.
struct CloudProgram: Sendable {
    var context: CloudDesk
    let console: CloudConsole

    var session: CloudSession { context.session }
    var configuration: CloudConfiguration { context.configuration }

    /// What this machine knows, without asking anybody.
    var status: StatusPayload { StatusPayload(session.status, context.profile) }

    /// Does something whose end could be reached here too: then its refusal says how.
    func tryingTheCloud<Value>(
        _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        do throws(Failure) {
            return try await work()
        } catch {
            var failure = error
            if [.denied, .unavailable].contains(error.kind), let here = context.localAlternative {
                failure.advice += "\n\(console.words.orHere)\n  cinch "
                failure.advice += Shell.quoted(Shell.relative(here.path))
                if let bytes = here.bytes {
                    failure.advice += " --to \(ByteSize(bytes: bytes).fileNameText)"
                }
            }
            throw failure
        }
    }

    /// Sends a message, and remembers what size it asks for.
    func send(_ text: String) async throws(Failure) -> Reply {
        try await tryingTheCloud { () async throws(Failure) in try await context.send(text) }
    }

    /// What a command ends with: a line for programs, or a text for people.
    func finish(
        _ command: String,
        _ body: some Encodable,
        text: (_ width: Int, _ style: Style) -> String = { _, _ in "" }
    ) {
        console.end()
        if let json = console.json {
            json.write(.result, ResultPayload(command: command, body: body))
            return
        }
        let text = text(console.width, console.results.style)
        if !text.isEmpty { console.results.line(text) }
    }
}

/// Where a simulated service can be found.
struct ListeningPayload: Encodable {
    var apiURL: String
    var filesURL: String
    var stateFolder: String
    var clockSpeed: Double

    init(_ trial: Trial) {
        (apiURL, filesURL) = (trial.urls.api, trial.urls.files)
        (stateFolder, clockSpeed) = (trial.stateFolder, trial.speed)
    }
}

extension Failure {
    /// The end that a signal asked for, in the middle of work with the service.
    static func leftTheCloud(bySignal number: Int32) -> Failure {
        Failure(number == SIGINT ? .interrupted : .terminated, "Stopped")
    }

    /// The end that a signal asked for, of a simulated service.
    static func simulatorStopped(bySignal number: Int32) -> Failure {
        Failure(number == SIGINT ? .interrupted : .terminated, "The simulator was stopped")
    }
}
