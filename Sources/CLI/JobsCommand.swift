import ArgumentParser
import Cloud
import Core
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

/// Something that a run has left in the cloud.
enum LeftJob: Sendable {
    /// An export of a session.
    case render(JobRecord)
    /// A file's whole way, of a single command.
    case routed(RoutedJob, Stage)

    /// How far a file has come on its way.
    enum Stage: String, Sendable, Encodable {
        case uploading
        case editing
        case rendering
    }

    var source: String {
        switch self {
        case .render(let job): job.source
        case .routed(let job, _): Shell.relative(job.input.path)
        }
    }

    var destination: String {
        switch self {
        case .render(let job): job.destination
        case .routed(let job, _): job.request.destination.string
        }
    }

    /// Seconds since 1970.
    var began: Double {
        switch self {
        case .render(let job): job.submitted
        case .routed(let job, _): job.began
        }
    }

    var stage: Stage {
        switch self {
        case .render: .rendering
        case .routed(_, let stage): stage
        }
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
