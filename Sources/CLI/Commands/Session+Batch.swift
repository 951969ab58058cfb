import Cloud
import Core
import Engine
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// Several files in one call.
extension Session {
    /// Whether a call is about more than one file, or about one as a part of more.
    func isBatch(_ command: CompressCommand) -> Bool {
        let inputs = command.wish.inputs
        return command.batch.areGiven || inputs.count > 1
            || inputs.contains(where: Gathering.isSeveral)
    }

    /// Refuses options that mean one file.
    func checkBatch(_ command: CompressCommand) throws(Failure) {
        let part = command.wish.part
        let options: [(String, Bool)] = [
            ("--split", part.split), ("--parts", part.parts != nil),
            ("--preview", command.preview != nil),
        ]
        guard let option = options.first(where: \.1)?.0 else { return }
        throw Failure(
            .usage,
            "\(option) is for one file",
            why: "several are made here, each as a whole",
            advice: "Leave it out, or name one file."
        )
    }

    /// Makes them all, and tells what became of each.
    func batch(
        _ command: CompressCommand,
        settings: Settings,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        let total = try command.batch.total.map { text throws(Failure) in
            try Reading.size(text, option: "--total").bytes
        }
        let (items, leftOut, hasFolder) = try items(
            command,
            settings: settings,
            hasTotal: total != nil
        )
        var job = BatchJob(items)
        job.jobs = try jobs(command.batch.jobs, settings)
        (job.total, job.isResumed) = (total, command.batch.resume)
        // A folder of results is to be whole; beside its source a copy is of no use.
        job.leavesFitting = !hasFolder && total == nil
        job.limits = try command.limits()
        let mayAsk = mayAsk(isQuiet: command.quiet, json: json)
        job.preferences = try command.way.preferences(mayAsk: mayAsk)
        let renderer =
            json == nil
            ? BatchRenderer(
                messages,
                files: items.count,
                names: items.map(\.name),
                isQuiet: command.quiet
            ) : nil
        let progress = BatchProgress(items, isLooking: total != nil)
        let (session, isQuiet, signals) = (self, command.quiet, signals)
        let front = front(isQuiet: isQuiet, json: json)
        let consoles = FileConsoles(front) { item, echo in
            let line = progress.take(echo, of: item)
            renderer?.update { $0 = line }
            if case .note(let text) = echo { renderer?.note(text, of: item.name) }
        }
        let batch = try runner(settings).batch(job, answerer: front) { event in
            switch event {
            case .ready: renderer?.begin()
            case .shared(let event): front.take(event)
            default:
                let line = progress.take(event)
                renderer?.update { $0 = line }
                session.tell(
                    event,
                    renderer,
                    consoles,
                    json,
                    isQuiet: isQuiet,
                    batchFraction: line.fraction
                )
            }
        }
        let wish = items.first?.request
        json?.write(
            .started,
            BatchStartedPayload(
                programVersion: programVersion,
                files: items.count,
                jobs: min(job.jobs, items.count),
                targetBytes: wish?.target?.bytes,
                limitName: wish?.namedLimit?.name,
                totalBytes: total
            )
        )
        defer { renderer?.end() }
        let screen = screen(renderer, front)
        let report = try await stoppable(screen, json: json) { () async throws(Failure) in
            var report = try await batch.run()
            report.leftOut = leftOut
            if Task.isCancelled {
                report.stop = Failure.stopped(bySignal: signals?.stopSignal ?? SIGINT)
            }
            return report
        }
        renderer?.end()
        if json != nil || !isQuiet {
            // In one terminal, or one log, the lines are above already.
            let hasTable = !messages.isSame(as: results)
            let isCut = results.isTerminal
            finish("batch", BatchResult(report), json: json) {
                BatchFacts.text(report, hasTable: hasTable, width: $0, isCut: isCut, style: $1)
            }
        }
        return report.exitCode
    }

    /// Who speaks for all files of a call.
    func front(isQuiet: Bool, json: JSONLines?) -> CloudConsole {
        CloudConsole(
            results: messages,
            messages: messages,
            json: json,
            isQuiet: isQuiet,
            isMute: true,
            words: CloudWords(environment: environment)
        )
    }

    /// What a signal does to the screen of several files.
    func screen(_ renderer: BatchRenderer?, _ front: CloudConsole) -> Screen {
        Screen(
            restore: {
                front.reader.release()
                renderer?.restoreNow()
            },
            pause: {
                front.reader.release()
                renderer?.pause()
            },
            resume: { front.reader.resume() }
        )
    }

    /// Passes on what happens to a file.
    func tell(
        _ event: Batch.Event,
        _ renderer: BatchRenderer?,
        _ consoles: FileConsoles,
        _ json: JSONLines?,
        isQuiet: Bool,
        batchFraction: Double?
    ) {
        switch event {
        case .finished(let file):
            renderer?.finish(file)
            json?.write(.finished, FinishedPayload(file))
        case .begun(let item) where !isQuiet:
            json?.write(
                .begun,
                BegunPayload(
                    number: item.number,
                    input: item.request.input.string,
                    targetBytes: item.request.target?.bytes
                )
            )
        case .job(let item, .local(.progress(let progress))) where !isQuiet:
            json?.write(
                .progress,
                FileProgressPayload(
                    number: item.number,
                    progress: progress,
                    batchFraction: batchFraction
                )
            )
        case .job(let item, .local(.noted(let text))) where !isQuiet:
            json?.write(.note, FileNotePayload(number: item.number, text: text))
        case .job(_, .local): break
        case .job(let item, let event): consoles.take(event, of: item)
        case .ready, .looked, .begun, .shared, .ended: break
        }
    }

    /// What shall be made, each with its place; what was left out; and whether results have a folder.
    private func items(
        _ command: CompressCommand,
        settings: Settings,
        hasTotal: Bool
    ) throws(Failure) -> ([BatchItem], leftOut: [Gathering.LeftOut], hasFolder: Bool) {
        var command = command
        let inputs = command.wish.inputs
        guard !inputs.isEmpty else {
            _ = try Reading.input(nil)
            return ([], [], false)
        }
        let place = command.wish.output
        command.wish.output = nil
        let wish = try command.request(settings.allLimits)
        let folder = try outputFolder(place) ?? wish.placed(by: settings).folder
        // Each gets another share, and a name with its bytes would say nothing.
        let purpose = hasTotal ? "small" : wish.purpose
        let gathered = try Gathering.inputs(
            inputs,
            isRecursive: command.batch.recursive,
            purpose: purpose,
            format: wish.format
        ) { argument throws(Failure) in try Reading.path(argument, name: "INPUT") }
        let items = BatchItem.items(
            for: gathered.inputs,
            wish: wish,
            purpose: purpose,
            folder: folder
        )
        return (items, gathered.leftOut, folder != nil)
    }

    /// The folder that `-o` names, which for several files it does with or without a slash at its end.
    func outputFolder(_ text: String?) throws(Failure) -> FilePath? {
        guard let text else { return nil }
        let path = try Reading.path(text, name: "--output")
        if text.hasSuffix("/") || Gathering.isFolder(path) { return path }
        guard !path.isStandardStream, path.extension.flatMap(Format.init(fileExtension:)) == nil
        else {
            throw Failure(
                .usage,
                "Several files cannot go into one, \(text)",
                why: "--output names a file",
                advice: "Name a folder: -o small/"
            )
        }
        return path
    }

    /// How many files are made at once.
    func jobs(_ asked: String?, _ settings: Settings) throws(Failure) -> Int {
        guard let text = asked ?? settings[.jobs] else { return Batch.usualJobs }
        return try Reading.count(text, option: "--jobs", upTo: Reading.mostJobs)
    }
}

/// How far a batch is, by the bytes of its sources.
final class BatchProgress: Sendable {
    private struct State {
        var line: BatchLine.State
        var fractions: [Int: Double] = [:]
        var looked = 0
    }

    private let weights: [Int: Double]
    private let whole: Double
    private let state: Locked<State>

    init(_ items: [BatchItem], isLooking: Bool) {
        weights = Dictionary(uniqueKeysWithValues: items.map { ($0.number, Double($0.bytes)) })
        whole = max(1, items.reduce(0) { $0 + Double($1.bytes) })
        var line = BatchLine.State(files: items.count)
        line.isLooking = isLooking
        state = Locked(State(line: line))
    }

    /// Takes what happened.
    ///
    /// - Returns: what the line says now.
    func take(_ event: Batch.Event) -> BatchLine.State {
        state.withLock { state in
            switch event {
            case .looked:
                state.looked += 1
            case .begun(let item):
                state.line.isLooking = false
                state.line.running.append(
                    BatchLine.Running(number: item.number, name: item.name, fraction: 0)
                )
            case .job(let item, .local(.progress(let progress))):
                state.line.change(item.number, progress.fraction)
                state.fractions[item.number] = progress.fraction
            case .job, .ready, .shared, .ended: break
            case .finished(let file):
                state.line.running.removeAll { $0.number == file.number }
                state.fractions[file.number] = 1
                state.line.finished += 1
            }
            return Self.line(&state, whole, weights)
        }
    }

    /// Takes what is told of a file's way through the cloud.
    ///
    /// - Returns: what the line says now.
    func take(_ echo: CloudEcho, of item: BatchItem) -> BatchLine.State {
        state.withLock { state in
            if case .activity(let label, let fraction) = echo {
                state.line.change(item.number, fraction, label)
                state.fractions[item.number] = fraction
            }
            return Self.line(&state, whole, weights)
        }
    }

    private static func line(
        _ state: inout State,
        _ whole: Double,
        _ weights: [Int: Double]
    ) -> BatchLine.State {
        if state.line.isLooking {
            state.line.fraction = Double(state.looked) / Double(max(1, state.line.files))
        } else {
            let done = state.fractions.reduce(0.0) { $0 + $1.value * (weights[$1.key] ?? 0) }
            state.line.fraction = max(0, min(1, done / whole))
        }
        return state.line
    }
}
