import Cloud
import Core
import Foundation
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
            agrees: options.cloud,
            keepsContact: true,
            words: words
        )
        let settings = try settings()
        let isOffline = settings.isOn(.offline) || options.offline
        let run = Locked<Renderer?>(nil)
        let environment = environment
        let screen = Screen(
            restore: {
                console.reader.release()
                console.live.restoreNow()
            },
            pause: {
                console.reader.release()
                console.live.pause()
                run.withLock { $0 }?.pause()
            },
            resume: { console.reader.resume() },
            stopped: Failure.leftTheCloud(bySignal:)
        )
        try await stoppable(screen, json: json) { () async throws(Failure) in
            guard let trial = try command.trial?.settings() else {
                var desk = try CloudDesk(
                    profile: profile,
                    isOffline: isOffline,
                    environment: environment,
                    console: console
                ) { renderer in run.withLock { $0 = renderer } }
                desk.history = settings.isOn(.history) ? History(environment) : nil
                return try await command.perform(at: desk)
            }
            console.askNobody()
            try await inTrial(trial) { trial async throws(Failure) in
                // Working offline forbids nothing here: nothing leaves this machine.
                let desk = try CloudDesk(
                    profile: profile,
                    environment: trial.environment,
                    console: console
                ) { renderer in run.withLock { $0 = renderer } }
                try await command.perform(at: desk)
            }
        }
        return 0
    }

    /// What this machine knows of the cloud, for `doctor`; nothing is sent.
    var cloudFacts: CloudPayload {
        let console = CloudConsole(
            results: results,
            messages: messages,
            json: nil,
            words: CloudWords(environment: environment)
        )
        let desk = try? CloudDesk(environment: environment, console: console)
        return CloudPayload(libcurl: Transfer.libraryVersion, status: desk?.status)
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
