import ArgumentParser
import Cloud
import Core
import Jobs
import SystemPackage

/// `cinch jobs`, also `cinch cloud jobs`: what runs have left in the cloud.
struct JobsCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List, finish or forget what was left in the cloud.",
        usage: "cinch jobs [--resume | --forget] [NUMBER…] [--force] [options]",
        discussion: """
            A run that was killed, or whose terminal was closed, leaves its job here: an upload, a \
            message, a render or a download. --resume goes on where it stopped, and nothing is \
            sent or paid for twice that is there already. Without numbers all are meant.

            What a run with --simulate leaves is gone with it, as its stand-in is; one that 'cinch \
            cloud simulate' plays in another terminal keeps its jobs.
            """
    )

    @Argument(help: "Which ones, by their numbers in the list.")
    var numbers: [Int] = []

    @Flag(
        name: [.customLong("resume"), .customLong("fetch")],
        help: "Go on with each, to the file it was to become."
    )
    var fetch = false

    @Flag(help: "Forget them; what the service has of them is no longer asked for.")
    var forget = false

    @Flag(help: "Replace files that have its name; without this it goes beside them.")
    var force = false

    @OptionGroup var options: CloudOptions

    func checkOptions() throws(Failure) {
        if force, !fetch { throw .needless("--force", without: "--fetch") }
        if let first = numbers.first, !fetch, !forget {
            throw .needless("\(first)", without: "--resume or --forget")
        }
        guard fetch, forget else { return }
        throw Failure(
            .usage,
            "--resume and --forget contradict each other",
            why: "what is forgotten cannot be gone on with",
            advice: "Leave one of them out."
        )
    }
}

/// One of them, as programs read it.
struct JobPayload: Encodable {
    var number: Int
    var source: String
    var destination: String
    /// When it was begun.
    var submittedUnixSeconds: Double
    var stage: LeftJob.Stage
    /// Whether another run of the program is at work on it.
    var isActive: Bool
}

extension JobsCommand {
    private struct Payload: Encodable {
        var jobs: [JobPayload]
        var fetched: [DeliveredPayload]
        var forgotten: Int
    }

    func perform(at desk: CloudProgram) async throws(Failure) {
        let all = await desk.context.leftJobs()
        let chosen = try chosen(of: all)
        var fetched: [DeliveredPayload] = []
        var forgotten = 0
        if fetch {
            let files = try await desk.context.finish(
                chosen,
                overwrites: force,
                isQuiet: desk.console.isQuiet
            )
            fetched = files.map { DeliveredPayload($0, desk.console.words) }
        } else if forget {
            for job in chosen where await !desk.context.isActive(job) {
                await desk.context.forget(job)
                forgotten += 1
            }
        }
        var left: [JobPayload] = []
        for (index, job) in await desk.context.leftJobs().enumerated() {
            left.append(
                JobPayload(
                    number: index + 1,
                    source: job.source,
                    destination: job.destination,
                    submittedUnixSeconds: job.began,
                    stage: job.stage,
                    isActive: await desk.context.isActive(job)
                )
            )
        }
        let payload = Payload(jobs: left, fetched: fetched, forgotten: forgotten)
        desk.finish("cloud jobs", payload) { width, style in
            if left.isEmpty {
                if forgotten > 0 { return "Forgotten: \(forgotten)." }
                return fetched.isEmpty ? "No exports were left behind." : ""
            }
            return Self.list(left, width: width, style: style)
        }
        if left.contains(where: { !$0.isActive }), !fetch {
            desk.console.suggest("Next: cinch jobs --resume, or cinch jobs --forget")
        }
    }

    private static func list(_ jobs: [JobPayload], width: Int, style: Style) -> String {
        var columns = Columns()
        for job in jobs {
            let stage =
                job.isActive
                ? "at work, \(job.stage.rawValue)" : "stopped while \(job.stage.rawValue)"
            columns.add(
                "\(job.number)  \(CloudFacts.date(job.submittedUnixSeconds))",
                "\(job.source.withoutControls) to "
                    + "\(Shell.relative(job.destination).withoutControls), \(stage)",
                hang: 2
            )
        }
        return columns.lines(width: width, style: style).joined(separator: "\n")
    }

    private func chosen(of all: [LeftJob]) throws(Failure) -> [LeftJob] {
        guard !numbers.isEmpty else { return all }
        var chosen: [LeftJob] = []
        for number in numbers {
            guard all.indices.contains(number - 1) else {
                throw Failure(
                    .usage,
                    "There is no job \(number)",
                    why: all.isEmpty ? "nothing was left" : "there are \(all.count)",
                    advice: "'cinch jobs' lists them."
                )
            }
            chosen.append(all[number - 1])
        }
        return chosen
    }
}

/// A word for whoever sits at a terminal, after another command: something waits in the cloud.
extension Session {
    /// Says so in a line, if it is so; nothing is sent, and nobody waits for it.
    func tellWhatWasLeft() async {
        guard messages.isTerminal else { return }
        let folder = StateFolder(environment: environment)
        guard !folder.names(in: "jobs").isEmpty || !folder.names(in: "routed").isEmpty else {
            return
        }
        guard let desk = try? CloudDesk(environment: environment) else { return }
        var left: [LeftJob] = []
        for job in await desk.leftJobs() where await !desk.isActive(job) { left.append(job) }
        guard let first = left.first else { return }
        let what =
            left.count == 1
            ? "The cloud job for \(first.source.withoutControls) was left unfinished"
            : "\(left.count) cloud jobs were left unfinished"
        messages.line(Wrapping.note("\(what): 'cinch jobs --resume' goes on with it.", messages))
    }
}
