import ArgumentParser
import Cloud
import Core
import Engine
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// One call of the program, from its arguments to its exit code.
struct Session: Sendable {
    /// Results, and nothing else.
    var results: Output
    /// Progress, notes and errors.
    var messages: Output
    /// Nil where nobody listens, as in tests.
    var signals: Signals?
    var environment = ProcessInfo.processInfo.environment
    let keptSettings = Kept<KeptSettings>()
    /// Whether the service of the environment is simulated, so that nothing leaves this machine.
    var isTrial = false

    /// Does what the arguments say.
    ///
    /// - Returns: the exit code.
    func run(arguments: [String]) async -> Int32 {
        guard !Piping.takesOutput(arguments) else {
            var session = self
            session.results = messages
            return await session.answer(arguments)
        }
        return await answer(arguments)
    }

    private func answer(_ arguments: [String]) async -> Int32 {
        if Help.isAsked(by: arguments) {
            results.line(Help.text)
            return 0
        }
        // Known before parsing: a call that cannot be parsed is answered in the form it asked for.
        let isJSON = arguments.prefix { $0 != "--" }.contains("--json")
        let json = isJSON ? JSONLines(results) : nil
        do {
            let command: any ParsableCommand
            let arguments = try withoutSentences(arguments, json: json)
            do {
                command = try Self.parse(arguments)
            } catch {
                guard Cinch.exitCode(for: error) != .success else {
                    results.line(Cinch.fullMessage(for: error))
                    return 0
                }
                throw usage(Cinch.message(for: error), arguments)
            }
            let code = try await perform(command, json: json)
            if json == nil, !(command is any CloudErrand) { await tellWhatWasLeft() }
            return code
        } catch {
            return report(hinting(error, arguments), json: json)
        }
    }

    /// The command that the arguments name.
    ///
    /// - Throws: what ArgumentParser says, for its own help too, which is a command in disguise.
    static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        var command = try Cinch.parseAsRoot(arguments)
        switch command {
        case is CompressCommand, is PlanCommand, is ProbeCommand, is DoctorCommand,
            is LimitsCommand,
            is CompareCommand,
            is SimulateCommand, is any CloudErrand, is any Errand:
            break
        default: try command.run()
        }
        return command
    }

    func perform(
        _ command: any ParsableCommand,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        if let code = try await performInTrial(command, json: json) { return code }
        switch command {
        case let command as CompressCommand: return try await compress(command, json: json)
        case let command as PlanCommand: return try await plan(command, json: json)
        case let command as ProbeCommand:
            let path = try Reading.input(command.input)
            try Piping.checkInput(path)
            let compressor = Compressor(limits: .init(input: try command.limit.limits()))
            var material = try await stoppable { () async throws(Failure) in
                try await compressor.reading(path) { file throws(Failure) in
                    try await compressor.probe(file)
                }
            }
            if path.isStandardStream { material.path = path.string }
            finish("probe", ProbeResult(material), json: json) {
                Facts.text(material, width: $0, style: $1)
            }
        case is DoctorCommand:
            let doctor = Doctor.examine(
                folder: FilePath(FileManager.default.currentDirectoryPath)
            )
            let isReady = doctor.problems.isEmpty
            let cloud = cloudFacts
            let result = DoctorResult(isReady: isReady, machine: doctor, cloud: cloud)
            finish("doctor", result, json: json) {
                Facts.text(doctor, cloud: cloud, width: $0, style: $1)
            }
            return isReady ? 0 : Failure.Kind.unavailable.exitCode
        case let command as CompareCommand: try await compare(command, json: json)
        case let command as LimitsCommand: try tellLimits(command, json: json)
        case let command as SimulateCommand: return try await simulate(command, json: json)
        case let command as ChatCommand:
            guard let call = callHere(for: command) else {
                return try await cloud(command, json: json)
            }
            return try await compressHere(call, json: json)
        case let command as any CloudErrand: return try await cloud(command, json: json)
        case let command as any Errand: return try await command.perform(in: self, json: json)
        default:
            throw Failure(.defect, "No command was performed")
        }
        return 0
    }

    private func plan(_ command: PlanCommand, json: JSONLines?) async throws(Failure) -> Int32 {
        var command = command
        let settings = try settings()
        try checkParts(command.wish.part, command.way)
        command.wish.fill(from: settings)
        command.way.fill(from: settings)
        let request = try command.wish.soleRequest(settings.allLimits).placed(by: settings)
        try Piping.checkInput(request.input)
        let limits = Compressor.Limits(input: try command.limit.limits())
        let compressor = Compressor(limits: limits)
        if let wish = try command.wish.part.partsWish() {
            return try await planSplit(request, wish, compressor, json: json)
        }
        let work: @Sendable () async throws(Failure) -> (Planned, ExpectedTime) = {
            () async throws(Failure) in
            try await compressor.reading(request.input) { file throws(Failure) in
                var request = request
                request.input = file
                let planned = try await compressor.plan(request)
                return (planned, try await compressor.expectedTime(planned))
            }
        }
        var (planned, time): (Planned, ExpectedTime)
        do throws(Failure) {
            (planned, time) = try await stoppable(Screen(), work)
        } catch {
            try finishPlan(failed: error, request, command.way, settings, json: json)
            return 0
        }
        if request.input.isStandardStream {
            planned = planned.named(input: request.input, output: request.output)
        }
        let route = try decision(for: planned, time, request, command.way, settings)
        finish("plan", PlanResult(planned, expectedTime: time, route: route), json: json) {
            Facts.text(planned, expectedTime: time, width: $0, style: $1)
                + RouteTable.text(route, width: $0, style: $1)
        }
        return 0
    }

    func compress(
        _ command: CompressCommand,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        var command = command
        let settings = try settings()
        let isBatch = isBatch(command)
        if isBatch { try checkBatch(command) }
        try checkParts(command.wish.part, command.way, preview: command.preview)
        try checkNames(command, tells: isBatch && json == nil && !command.quiet)
        command.fill(from: settings)
        if isBatch {
            return try await batch(command, settings: settings, json: json)
        }
        let request = try command.request(settings.allLimits).placed(by: settings)
        try Piping.check(request)
        let limits = try command.limits()
        if let wish = try command.wish.part.partsWish() {
            let folders = NewFolders(for: [request])
            defer { folders.removeEmpty() }
            return try await split(
                request,
                wish,
                Compressor(limits: limits),
                settings: settings,
                isQuiet: command.quiet,
                json: json
            )
        }
        let sample = try command.preview.map { text throws(Failure) in
            try Reading.length(text, "--preview")
        }
        let job = try runner(settings).job(
            request,
            limits: limits,
            sample: sample,
            try command.way.preferences(mayAsk: mayAsk(isQuiet: command.quiet, json: json))
        )
        return try await make(job, command, settings, json: json)
    }

    /// Makes a file on this machine, on a screen of its own.
    func make(
        _ request: Request,
        _ compressor: Compressor,
        isQuiet: Bool,
        json: JSONLines?
    ) async throws(Failure) -> Report {
        try request.checkInputIsThere()
        let renderer = json == nil && !isQuiet ? Renderer(messages, showsNotes: true) : nil
        renderer?.begin(targetBytes: request.target?.bytes)
        defer { renderer?.end() }
        let screen = Screen(restore: { renderer?.restoreNow() }, pause: { renderer?.pause() })
        return try await stoppable(screen, json: json) { () async throws(Failure) in
            try await compressor.run(request) { event in
                renderer?.show(event)
                json?.write(event, isQuiet: isQuiet)
            }
        }
    }

    /// What a signal does to the screen, and what its end is called.
    struct Screen: Sendable {
        /// Gives the terminal back without waiting for anybody.
        var restore: @Sendable () -> Void = {}
        /// Gives the terminal back for a while.
        var pause: @Sendable () -> Void = {}
        /// Takes it again.
        var resume: @Sendable () -> Void = {}
        var stopped: @Sendable (Int32) -> Failure = Failure.stopped(bySignal:)
    }

    /// Runs work that a signal cancels; a second signal ends the process.
    func stoppable<Value: Sendable>(
        _ screen: Screen = Screen(),
        json: JSONLines? = nil,
        _ work: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let task = Task<Result<Value, Failure>, Never> {
            do throws(Failure) {
                return .success(try await work())
            } catch {
                return .failure(error)
            }
        }
        let messages = messages
        signals?.whenStopped(
            cancel: { task.cancel() },
            insist: { code in
                Compressor.abandonRuns()
                TemporaryFolder.abandonAll()
                // What a closed terminal leaves in the cloud is to find its place there.
                if code == 130 { NewFolders.removeAllEmpty() }
                screen.restore()
                let failure = screen.stopped(code - 128)
                if let json {
                    json.writeIfPossible(.error, ErrorPayload(failure))
                } else {
                    messages.writeIfPossible(Self.text(failure, style: messages.style) + "\n")
                }
                Terminal.exitNow(code)
            },
            pause: screen.pause,
            resume: screen.resume
        )
        do {
            return try await task.value.get()
        } catch {
            // Whoever was asked something when the signal came has not answered.
            guard error.kind == .interrupted || task.isCancelled else { throw error }
            throw screen.stopped(signals?.stopSignal ?? SIGINT)
        }
    }

    func finish(
        _ command: String,
        _ body: some Encodable,
        json: JSONLines?,
        text: (_ width: Int, _ style: Style) -> String
    ) {
        if let json {
            json.write(.result, ResultPayload(command: command, body: body))
        } else {
            results.line(text(results.columns, results.style))
        }
    }

    // MARK: - Errors

    private func report(_ error: any Error, json: JSONLines?) -> Int32 {
        let failure =
            error as? Failure
            ?? Failure(.defect, "Something went wrong", why: "\(error)")
        if let json {
            json.write(.error, ErrorPayload(failure))
        } else {
            let width = messages.isLive ? messages.columns : .max
            messages.line(Self.text(failure, style: messages.style, width: width))
        }
        return failure.kind.exitCode
    }

    /// A failure as a person reads it: what and why, and below it what to do.
    ///
    /// Wrapped for a terminal of `width` columns; a log gets long lines.
    static func text(_ failure: Failure, style: Style = .plain, width: Int = .max) -> String {
        let name = "cinch: "
        var text = failure.what.withoutControls
        if !failure.why.isEmpty { text += ": " + failure.why.withoutControls }
        if let last = text.last, !".?!".contains(last) { text += "." }
        let room = max(20, width - name.count)
        var lines = Wrapping.lines(text, width: room)
        for line in failure.advice.split(separator: "\n").map(String.init) {
            let advice = line.withoutControls
            lines += advice.count <= room ? [advice] : Wrapping.lines(advice, width: room)
        }
        let indent = "\n" + String(repeating: " ", count: name.count)
        return style.red("cinch:") + " " + lines.joined(separator: indent)
    }

    private func usage(_ message: String, _ arguments: [String]) -> Failure {
        if let file = Self.fileLikeOption(arguments) { return file }
        var what = message.split(separator: "\n").first.map(String.init) ?? "Unknown arguments"
        if what.last == "." { what.removeLast() }
        return Failure(.usage, what, advice: "See 'cinch --help'.")
    }
}

extension Failure {
    /// The end that a signal asked for.
    static func stopped(bySignal number: Int32) -> Failure {
        Failure(
            number == SIGINT ? .interrupted : .terminated,
            "Stopped; nothing was written"
        )
    }
}
