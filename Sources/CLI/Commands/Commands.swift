import ArgumentParser
import Core
import Engine
import Jobs
import SystemPackage

/// The version that `--version` prints and every JSON stream states.
let programVersion = "0.1.0"

/// The command and its subcommands; `Session` performs them.
struct Cinch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cinch",
        abstract: "Makes a video fit a size in bytes.",
        version: programVersion,
        subcommands: [
            CompressCommand.self, ProbeCommand.self, PlanCommand.self, CompareCommand.self,
            LimitsCommand.self, DoctorCommand.self, JobsCommand.self, WatchCommand.self,
            HistoryCommand.self, ConfigCommand.self, CompletionsCommand.self,
            ManualCommand.self, ChatCommand.self, CloudCommand.self,
        ],
        defaultSubcommand: CompressCommand.self
    )
}

/// `cinch INPUT --to 8MB`: makes the file.
struct CompressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compress",
        abstract: "Make the file (what happens without a subcommand)."
    )

    @OptionGroup var wish: WishOptions

    @Flag(help: "Replace the output if it exists.")
    var force = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "First a sample of that length at the final settings: 5s.",
            valueName: "time"
        )
    )
    var preview: String?

    @OptionGroup var care: CareOptions

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Memory for frames kept between the passes; 0 for none.",
            valueName: "size"
        )
    )
    var memory: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Disk for them, beside the output; 0 for none.", valueName: "size")
    )
    var disk: String?

    @OptionGroup var limit: LimitOptions

    @OptionGroup var batch: BatchOptions

    @OptionGroup var way: RouteOptions

    /// What the options ask for.
    ///
    /// `limits`: those that `--for` knows.
    func request(_ limits: NamedLimits = .builtIn) throws(Failure) -> Request {
        var request = try wish.request(limits)
        request.leastSimilarity = try batch.leastSimilarity()
        request.overwrites = force
        request.isStrict = care.strict ?? false
        return request
    }

    /// What the options allow to use.
    func limits() throws(Failure) -> Compressor.Limits {
        Compressor.Limits(
            memoryBytes: try Reading.allowance(memory, option: "--memory"),
            diskBytes: try Reading.allowance(disk, option: "--disk"),
            input: try limit.limits(),
            isBackground: care.background ?? false
        )
    }
}

/// `cinch plan INPUT --to 8MB`: says what would be done and why.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what would be done, why, and how long it would take.",
        usage: "cinch plan INPUT [--to SIZE | --for NAME] [options]",
        discussion: """
            Nothing is written. The time is measured on the clip's first moments. Without --to or \
            --for the plan is for constant quality.
            """
    )

    @OptionGroup var wish: WishOptions

    @OptionGroup var limit: LimitOptions

    @OptionGroup var way: RouteOptions
}

/// `cinch probe INPUT`: says what a file is.
struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Say what a video file is.",
        usage: "cinch probe INPUT [--json]",
        discussion: "The file is opened and described, not decoded to its end."
    )

    @Argument(help: "The video.", completion: .file())
    var input: String?

    @Flag(help: "One JSON object on standard output, described in JSON.md.")
    var json = false

    @OptionGroup var limit: LimitOptions
}

/// `cinch doctor`: says what this machine offers.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine offers, and what it lacks.",
        usage: "cinch doctor [--json]",
        discussion: "Ends with 69 if something is missing that no run can do without."
    )

    @Flag(help: "One JSON object on standard output, described in JSON.md.")
    var json = false
}

/// The video and what shall become of it, as `compress` and `plan` both take it.
struct WishOptions: ParsableArguments {
    @Argument(help: "The video, or several, or folders.", completion: .file())
    var inputs: [String] = []

    /// The only one, or the first.
    var input: String? { inputs.first }

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What the file may weigh: 8MB, 7.5MiB, 900k or bytes.",
            valueName: "size"
        )
    )
    var to: String?

    @Option(
        name: .customLong("for"),
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where it shall go, instead of a size: see 'cinch limits'.",
            valueName: "name"
        ),
        completion: .list(NamedLimits.builtIn.all.map(\.name))
    )
    var limitName: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the result goes.", valueName: "file"),
        completion: .file(extensions: ["mp4", "m4a", "jpg", "webp"])
    )
    var output: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("mp4, m4a, jpeg or webp.", valueName: "format"),
        completion: .list(["mp4", "m4a", "jpeg", "webp"])
    )
    var format: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Lines of the short side: 720, 1080p, source.", valueName: "lines")
    )
    var maxHeight: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Exactly so many, whatever the bytes: 720.", valueName: "lines")
    )
    var height: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Frames a second at most: 30, 59.94, source.", valueName: "rate")
    )
    var fps: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("fast, balanced or best.", valueName: "speed"),
        completion: .list(["fast", "balanced", "best"])
    )
    var speed: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("auto, copy, none, or kilobits a second.", valueName: "sound"),
        completion: .list(["auto", "copy", "none"])
    )
    var audio: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Sound track: its number, all-mixed or keep.", valueName: "track")
    )
    var audioTrack: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("keep, private or none.", valueName: "which"),
        completion: .list(["keep", "private", "none"])
    )
    var metadata: String?

    @OptionGroup var part: SpanOptions

    @Flag(help: "JSON lines on standard output, described in JSON.md.")
    var json = false

    /// What the options ask for.
    ///
    /// `limits`: those that `--for` knows.
    func request(_ limits: NamedLimits = .builtIn) throws(Failure) -> Request {
        let limit = try Reading.limit(limitName, among: limits, size: to)
        let size = try to.map { text throws(Failure) in try Reading.size(text, option: "--to") }
        let place = try output.map { text throws(Failure) in
            try Reading.path(text, name: "--output")
        }
        // A folder as shells complete one; whatever else is there is told when the file is made.
        let isFolder = output?.hasSuffix("/") == true
        var request = Request(
            input: try Reading.input(input),
            output: isFolder ? nil : place,
            format: try format.map(Reading.value),
            target: limit?.size ?? size,
            heightCap: try Reading.heightCap(most: maxHeight, exact: height),
            frameRateCap: try fps.map(Reading.value) ?? .automatic,
            speed: try speed.map(Reading.value) ?? .balanced,
            audio: try audio.map(Reading.value) ?? .automatic,
            audioTrack: try audioTrack.map(Reading.value) ?? .automatic,
            metadata: try metadata.map(Reading.value) ?? .private,
            namedLimit: limit,
            span: try part.span()
        )
        request.folder = isFolder ? place : nil
        return request
    }

    /// The same of a command that looks at one file.
    func soleRequest(_ limits: NamedLimits = .builtIn) throws(Failure) -> Request {
        guard inputs.count <= 1 else {
            throw Failure(
                .usage,
                "\(inputs.count) files are named",
                why: "a plan is for one",
                advice: "Ask for one after the other."
            )
        }
        return try request(limits)
    }
}
