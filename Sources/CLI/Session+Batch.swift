import Cloud
import Core
import Engine
import Foundation
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
        let jobs = try jobs(command.batch.jobs, settings, files: items.count)
        let limits = try command.limits()
        let routes = try obeying(settings).routes(
            for: items.map(\.request),
            command.way,
            mayAsk: !command.quiet,
            isQuiet: command.quiet,
            json: json
        )
        let renderer =
            json == nil
            ? BatchRenderer(
                messages,
                files: items.count,
                names: items.map(\.name),
                isQuiet: command.quiet
            ) : nil
        let wish = items.first?.request
        json?.write(
            .started,
            BatchStartedPayload(
                programVersion: programVersion,
                files: items.count,
                jobs: min(jobs, items.count),
                targetBytes: wish?.target?.bytes,
                limitName: wish?.namedLimit?.name,
                totalBytes: total
            )
        )
        defer { renderer?.end() }
        let progress = BatchProgress(items, isLooking: total != nil)
        let (session, isQuiet, signals) = (self, command.quiet, signals)
        let batch = Batch(
            items,
            jobs: jobs,
            total: total,
            isResumed: command.batch.resume,
            // A folder of results is to be whole; beside its source a copy is of no use.
            leavesFitting: !hasFolder && total == nil,
            limits: limits,
            routes: routes,
            ledger: Ledger(environment)
        ) { event in
            let line = progress.take(event)
            renderer?.update { $0 = line }
            session.tell(
                event,
                renderer,
                json,
                isQuiet: isQuiet,
                settings: settings,
                batchFraction: line.fraction
            )
        }
        let screen = screen(renderer, routes?.front)
        let report = try await stoppable(screen, json: json) { () async throws(Failure) in
            await routes?.ask(items)
            if Task.isCancelled { throw .interrupted }
            renderer?.begin()
            let folders = NewFolders(for: items.map(\.request))
            // What a closed terminal leaves in the cloud is to find its place there.
            defer {
                let leavesNothing = routes == nil || signals?.stopSignal ?? SIGINT == SIGINT
                if leavesNothing { folders.removeEmpty() }
            }
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

    /// What a signal does to the screen of several files.
    func screen(_ renderer: BatchRenderer?, _ front: CloudConsole?) -> Screen {
        Screen(
            restore: {
                front?.reader.release()
                renderer?.restoreNow()
            },
            pause: {
                front?.reader.release()
                renderer?.pause()
            },
            resume: { front?.reader.resume() }
        )
    }

    /// The ways that files have beside this machine; nil where there is no choice to make.
    func routes(
        for requests: [Request],
        _ options: RouteOptions,
        mayAsk: Bool,
        isQuiet: Bool,
        json: JSONLines?
    ) throws(Failure) -> BatchRoutes? {
        guard let first = requests.first,
            let scout = try scout(options, first, mayAsk: mayAsk, json: json)
        else { return nil }
        let front = CloudConsole(
            results: messages,
            messages: messages,
            json: json,
            isQuiet: isQuiet,
            isMute: true,
            agrees: options.cloud,
            words: CloudWords(environment: environment)
        )
        if isTrial { front.askNobody() }
        let signals = signals
        return BatchRoutes(
            scout: scout,
            common: CommonWay(mostCredits: scout.policy.mostCredits),
            front: front,
            stopSignal: { signals?.stopSignal }
        )
    }

    /// Passes on what happens to a file, and keeps its receipt.
    func tell(
        _ event: Batch.Event,
        _ renderer: BatchRenderer?,
        _ json: JSONLines?,
        isQuiet: Bool,
        settings: Settings,
        batchFraction: Double?
    ) {
        switch event {
        case .finished(let file):
            // What a simulated service made is not worth remembering.
            if case .done(let report) = file.outcome, !isTrial {
                let isCloud = file.way?.madeBy == .cloud
                remember(report, route: isCloud ? .cloud : .local, settings: settings)
            }
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
        case .told(let item, .progress(let progress)) where !isQuiet:
            json?.write(
                .progress,
                FileProgressPayload(
                    number: item.number,
                    progress: progress,
                    batchFraction: batchFraction
                )
            )
        case .told(let item, .noted(let text)) where !isQuiet:
            json?.write(.note, FileNotePayload(number: item.number, text: text))
        case .echoed(let item, .note(let text)): renderer?.note(text, of: item.name)
        case .begun, .told, .looked, .echoed: break
        }
    }

    /// What shall be made, each with its place; what was left out; and whether results have a folder.
    private func items(
        _ command: CompressCommand,
        settings: Settings,
        hasTotal: Bool
    ) throws(Failure) -> ([Batch.Item], leftOut: [Gathering.LeftOut], hasFolder: Bool) {
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
        )
        let found = gathered.inputs
        let places = BatchNames.places(
            for: found,
            purpose: purpose,
            folder: folder,
            format: wish.format
        )
        let names = Self.shortNames(found)
        let items = found.indices.map { index in
            var request = wish
            request.input = found[index].path
            request.folder = places[index].folder
            request.stem = places[index].stem
            return Batch.Item(
                number: index + 1,
                name: names[index],
                request: request,
                bytes: max(1, request.input.fileBytes ?? 1)
            )
        }
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

    /// The last part of each path, or more where two would be the same.
    static func shortNames(_ found: [BatchNames.Found]) -> [String] {
        func last(_ count: Int, of path: FilePath) -> String {
            FilePath(root: nil, path.components.suffix(count)).string
        }
        var names = found.map { last(1, of: $0.path) }
        for count in 2...4 {
            let tally = names.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            for index in names.indices where tally[names[index], default: 0] > 1 {
                names[index] = last(count, of: found[index].path)
            }
        }
        return names
    }

    /// So many at once that each still has several processors: the encoder uses them well by itself.
    func jobs(
        _ asked: String?,
        _ settings: Settings,
        files: Int
    ) throws(Failure) -> Int {
        guard let text = asked ?? settings[.jobs] else {
            return max(1, min(4, ProcessInfo.processInfo.activeProcessorCount / 4))
        }
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

    init(_ items: [Batch.Item], isLooking: Bool) {
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
            case .told(let item, .progress(let progress)):
                state.line.change(item.number, progress.fraction)
                state.fractions[item.number] = progress.fraction
            case .echoed(let item, .activity(let label, let fraction)):
                state.line.change(item.number, fraction, label)
                state.fractions[item.number] = fraction
            case .told, .echoed: break
            case .finished(let file):
                state.line.running.removeAll { $0.number == file.number }
                state.fractions[file.number] = 1
                state.line.finished += 1
            }
            if state.line.isLooking {
                state.line.fraction = Double(state.looked) / Double(max(1, state.line.files))
            } else {
                let done = state.fractions.reduce(0.0) { $0 + $1.value * (weights[$1.key] ?? 0) }
                state.line.fraction = max(0, min(1, done / whole))
            }
            return state.line
        }
    }
}
