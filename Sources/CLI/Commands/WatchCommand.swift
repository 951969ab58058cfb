import ArgumentParser
import Core
import Engine
import Foundation
import Jobs
import SystemPackage

/// `cinch watch FOLDER --to 8MB -o OUTFOLDER`: makes what comes into a folder.
struct WatchCommand: Errand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Make the videos that come into a folder, as they come.",
        usage: "cinch watch FOLDER [--to SIZE | --for NAME] [-o OUTFOLDER] [options]",
        discussion: """
            A file is taken when whoever writes it has closed it and it stands still. Results go beside \
            the files, or into OUTFOLDER, and are never taken themselves. Each file goes the way \
            that suits it, here or in the cloud; --max-credits is for all of them. Ctrl-C ends \
            it: with 0, or with the code of the worst that failed.
            """
    )

    @OptionGroup var wish: WishOptions

    @Flag(help: "Take the files that are there already too, but for those that were made before.")
    var existing = false

    @Flag(help: "Replace results that exist.")
    var force = false

    @Flag(name: .shortAndLong, help: "Watch the folders in it too; results keep their place.")
    var recursive = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Files at once.", valueName: "number")
    )
    var jobs: String?

    @OptionGroup var care: CareOptions

    @OptionGroup var way: RouteOptions

    @OptionGroup var limit: LimitOptions

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    func perform(in session: Session, json: JSONLines?) async throws(Failure) -> Int32 {
        try await session.watch(self, json: json)
    }
}

/// What `watch` says once it listens.
struct WatchingPayload: Encodable {
    var folder: String
    var outputFolder: String
    var targetBytes: Int?
    var limitName: String?
}

extension Session {
    /// Watches a folder until somebody stops it.
    func watch(_ command: WatchCommand, json: JSONLines?) async throws(Failure) -> Int32 {
        let settings = try settings()
        var command = command
        command.wish.fill(from: settings)
        command.way.fill(from: settings)
        let (folder, wish) = try wish(of: command, settings)
        let limits = Compressor.Limits(
            memoryBytes: try Reading.allowance(settings[.memory], option: "--memory"),
            diskBytes: try Reading.allowance(settings[.disk], option: "--disk"),
            input: try command.limit.limits(),
            isBackground: command.care.background ?? settings.isOn(.background)
        )
        let preferences = try command.way.preferences(mayAsk: false)
        let jobs = try jobs(command.jobs, settings)
        let renderer =
            json == nil
            ? BatchRenderer(messages, files: 1, names: [], isQuiet: command.quiet) : nil
        let waiting = "Watching \(folder)".withoutControls
        renderer?.update { $0.waiting = waiting }
        defer { renderer?.end() }
        let (session, isQuiet) = (self, command.quiet)
        let front = front(isQuiet: isQuiet, json: json)
        let consoles = FileConsoles(front) { item, echo in
            switch echo {
            case .activity(let label, let fraction):
                renderer?.update { line in
                    line.change(item.number, fraction, label)
                    Self.sum(&line)
                }
            case .note(let text): renderer?.note(text, of: item.name)
            }
        }
        let watch = try runner(settings).watch(
            folder,
            wish: wish,
            isRecursive: command.recursive,
            jobs: jobs,
            limits: limits,
            preferences,
            answerer: front
        ) { event in
            if case .shared(let event) = event { return front.take(event) }
            renderer?.update { Self.take(event, &$0) }
            session.tell(event, renderer, consoles, json, isQuiet: isQuiet, batchFraction: nil)
        }
        let start = ContinuousClock.now
        let takesExisting = command.existing
        let screen = screen(renderer, front)
        try await stoppable(screen, json: json) { () async throws(Failure) in
            try await watch.run(takesExisting: takesExisting) {
                renderer?.begin()
                if !session.messages.isLive, json == nil, !isQuiet {
                    session.messages.line(waiting)
                }
                json?.write(
                    .watching,
                    WatchingPayload(
                        folder: folder.string,
                        outputFolder: (wish.folder ?? folder).string,
                        targetBytes: wish.target?.bytes,
                        limitName: wish.namedLimit?.name
                    )
                )
            }
        }
        renderer?.end()
        let report = BatchReport(
            files: watch.files,
            jobs: jobs,
            elapsedSeconds: start.duration(to: .now).inSeconds
        )
        if json != nil || !isQuiet {
            finish("watch", BatchResult(report), json: json) {
                BatchFacts.text(report, hasTable: false, width: $0, style: $1)
            }
        }
        return report.exitCode
    }

    private func wish(
        of command: WatchCommand,
        _ settings: Settings
    ) throws(Failure) -> (FilePath, Request) {
        var command = command
        guard command.wish.inputs.count == 1 else {
            throw Failure(
                .usage,
                command.wish.inputs.isEmpty ? "The folder is missing" : "One folder at a time",
                why: command.wish.inputs.isEmpty
                    ? "none was named" : "\(command.wish.inputs.count) were named",
                advice: "Try: cinch watch recordings/ --to 8MB -o small/"
            )
        }
        let folder = try Reading.input(command.wish.input)
        guard Gathering.isFolder(folder) else {
            throw Failure(
                .missing,
                "Cannot watch \(folder)",
                why: "it is no folder",
                advice: "Name the folder that the files come into."
            )
        }
        guard try command.wish.part.partsWish() == nil else {
            throw Failure(
                .usage,
                "A watch makes one file of each",
                why: "--split and --parts make several",
                advice: "Leave them out."
            )
        }
        let place = command.wish.output
        command.wish.output = nil
        var wish = try command.wish.request(settings.allLimits)
        wish.overwrites = command.force
        wish.isStrict = command.care.strict ?? settings.isOn(.strict)
        wish.folder = try outputFolder(place) ?? wish.placed(by: settings).folder
        wish.makeFolder()
        return (folder, wish)
    }

    /// What an event means for the line of a watch, which has no number of files.
    private static func take(_ event: Batch.Event, _ line: inout BatchLine.State) {
        switch event {
        case .begun(let item):
            line.running.append(.init(number: item.number, name: item.name, fraction: 0))
            line.files = max(line.files, line.finished + line.running.count)
        case .job(let item, .local(.progress(let progress))):
            line.change(item.number, progress.fraction)
        case .finished(let file):
            line.running.removeAll { $0.number == file.number }
            line.finished += 1
        case .job, .ready, .looked, .shared, .ended: break
        }
        sum(&line)
    }

    private static func sum(_ line: inout BatchLine.State) {
        let sum = line.running.reduce(0) { $0 + $1.fraction }
        line.fraction = sum / Double(max(1, line.running.count))
    }
}
