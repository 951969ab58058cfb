import ArgumentParser
import Core
import Engine
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
            CompressCommand.self, ProbeCommand.self, PlanCommand.self, DoctorCommand.self,
            ChatCommand.self, CloudCommand.self,
        ],
        defaultSubcommand: CompressCommand.self
    )
}

/// `cinch INPUT --to 8MB`: makes the file.
struct CompressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compress",
        abstract: "Make the file (what happens without a subcommand).",
        shouldDisplay: false
    )

    @OptionGroup var wish: WishOptions

    @Flag(help: "Replace the output if it exists.")
    var force = false

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

    /// What the options ask for.
    func request() throws(Failure) -> Request {
        var request = try wish.request()
        request.overwrites = force
        request.isStrict = care.strict
        return request
    }

    /// What the options allow to use.
    func limits() throws(Failure) -> Compressor.Limits {
        Compressor.Limits(
            memoryBytes: try Reading.allowance(memory, option: "--memory"),
            diskBytes: try Reading.allowance(disk, option: "--disk"),
            input: try limit.limits(),
            isBackground: care.background
        )
    }
}

/// `cinch plan INPUT --to 8MB`: says what would be done and why.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what would be done, why, and how long it would take.",
        usage: "cinch plan INPUT [--to SIZE] [options]",
        discussion: """
            Nothing is written. The time is measured on the clip's first moments. Without --to \
            the plan is for constant quality.
            """
    )

    @OptionGroup var wish: WishOptions

    @OptionGroup var limit: LimitOptions
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
    @Argument(help: "The video.", completion: .file())
    var input: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "What the file may weigh: 8MB, 7.5MiB, 900k or bytes.",
            valueName: "size"
        )
    )
    var to: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the result goes, an .mp4.", valueName: "file"),
        completion: .file(extensions: ["mp4"])
    )
    var output: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Lines of the short side: 720, 1080p, source.", valueName: "lines")
    )
    var maxHeight: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Frames a second at most: 30, 59.94, source.", valueName: "rate")
    )
    var fps: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("fast, balanced or best.", valueName: "speed")
    )
    var speed: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("auto, copy, none, or kilobits a second.", valueName: "sound")
    )
    var audio: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Sound track: its number, all-mixed or keep.", valueName: "track")
    )
    var audioTrack: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("keep, private or none.", valueName: "which")
    )
    var metadata: String?

    @Flag(help: "JSON lines on standard output, described in JSON.md.")
    var json = false

    /// What the options ask for.
    func request() throws(Failure) -> Request {
        Request(
            input: try Reading.input(input),
            output: try output.map { text throws(Failure) in
                try Reading.path(text, name: "--output")
            },
            target: try to.map { text throws(Failure) in try Reading.size(text, option: "--to") },
            heightCap: try maxHeight.map(Reading.heightCap) ?? .automatic,
            frameRateCap: try fps.map(Reading.frameRateCap) ?? .automatic,
            speed: try speed.map(Reading.speed) ?? .balanced,
            audio: try audio.map(Reading.audio) ?? .automatic,
            audioTrack: try audioTrack.map(Reading.audioTrack) ?? .automatic,
            metadata: try metadata.map(Reading.metadata) ?? .private
        )
    }
}

/// Option values as people write them, and what is said where they cannot be read.
enum Reading {
    /// The video, which must be named.
    static func input(_ text: String?) throws(Failure) -> FilePath {
        guard let text else {
            throw Failure(
                .usage,
                "The input is missing",
                why: "no video was named",
                advice: "\(Help.usage)\nTry:   cinch holiday.mov --to 8MB\nMore:  cinch --help"
            )
        }
        return try path(text, name: "INPUT")
    }

    /// A path, which is never empty.
    static func path(_ text: String, name: String) throws(Failure) -> FilePath {
        guard !text.isEmpty else {
            throw Failure(
                .usage,
                "\(name) is empty",
                why: "it should name a file",
                advice: "If it came from a variable, check that it is set."
            )
        }
        return FilePath(text)
    }

    /// A size in bytes.
    static func size(_ text: String, option: String) throws(Failure) -> ByteSize {
        try checkPresence(text, option: option, examples: "8MB, 7.5MiB, 900k or 8000000")
        do {
            return try ByteSize(parsing: text)
        } catch {
            let parts = error.description.split(separator: ";", maxSplits: 1).map(String.init)
            let advice = parts.count > 1 ? parts[1].trimmingPrefix(" ") : ""
            throw Failure(
                .usage,
                "Cannot read the size after \(option)",
                why: parts.first ?? "",
                advice: advice.isEmpty
                    ? "" : advice.prefix(1).uppercased() + advice.dropFirst() + "."
            )
        }
    }

    /// A size that may be zero; nil where the option is absent.
    static func allowance(_ text: String?, option: String) throws(Failure) -> Int? {
        guard let text else { return nil }
        return text == "0" ? 0 : try size(text, option: option).bytes
    }

    /// A whole number of at least 1, which may end in k, M or G.
    static func count(_ text: String, option: String, upTo most: Int) throws(Failure) -> Int {
        let examples = "a whole number up to \(ByteSize.grouped(most)), such as 500, 20k or 100M"
        try checkPresence(text, option: option, examples: examples)
        let factors: [Character: Int] = ["k": 1000, "M": 1_000_000, "G": 1_000_000_000]
        let factor = text.last.flatMap { factors[$0] }
        let digits = factor == nil ? text[...] : text.dropLast()
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits),
            case (let count, let overflow) = number.multipliedReportingOverflow(by: factor ?? 1),
            !overflow, (1...most).contains(count)
        else {
            throw unknown(text, option: option, examples: examples)
        }
        return count
    }

    /// The value of `--max-height`.
    static func heightCap(_ text: String) throws(Failure) -> HeightCap {
        let examples = "720, 1080p, any number from 16 to 8640, or source"
        try checkPresence(text, option: "--max-height", examples: examples)
        guard let cap = HeightCap(parsing: text) else {
            throw unknown(text, option: "--max-height", examples: examples)
        }
        return cap
    }

    /// The value of `--fps`.
    static func frameRateCap(_ text: String) throws(Failure) -> FrameRateCap {
        let examples = "30, 29.97, any number from 1 to 240, or source"
        try checkPresence(text, option: "--fps", examples: examples)
        guard let cap = FrameRateCap(parsing: text) else {
            throw unknown(text, option: "--fps", examples: examples)
        }
        return cap
    }

    /// The value of `--speed`.
    static func speed(_ text: String) throws(Failure) -> Speed {
        try checkPresence(text, option: "--speed", examples: "fast, balanced or best")
        guard let speed = Speed(rawValue: text.lowercased()) else {
            throw unknown(text, option: "--speed", examples: "fast, balanced or best")
        }
        return speed
    }

    /// The value of `--audio`.
    static func audio(_ text: String) throws(Failure) -> AudioWish {
        let examples = "auto, copy, none, or kilobits a second from 8 to 512"
        try checkPresence(text, option: "--audio", examples: examples)
        guard let wish = AudioWish(parsing: text) else {
            throw unknown(text, option: "--audio", examples: examples)
        }
        return wish
    }

    /// The value of `--audio-track`.
    static func audioTrack(_ text: String) throws(Failure) -> AudioTrackWish {
        let examples = "its number from 1, all-mixed, keep or auto"
        try checkPresence(text, option: "--audio-track", examples: examples)
        guard let wish = AudioTrackWish(parsing: text) else {
            throw unknown(text, option: "--audio-track", examples: examples)
        }
        return wish
    }

    /// The value of `--metadata`.
    static func metadata(_ text: String) throws(Failure) -> Metadata.Policy {
        let examples = "keep, private or none"
        try checkPresence(text, option: "--metadata", examples: examples)
        guard let policy = Metadata.Policy(rawValue: text.lowercased()) else {
            throw unknown(text, option: "--metadata", examples: examples)
        }
        return policy
    }

    // Values are taken whatever they begin with, so that `--to -5MB` gets an answer about its sign.
    private static func checkPresence(
        _ text: String,
        option: String,
        examples: String
    ) throws(Failure) {
        guard text.isEmpty || text.hasPrefix("--") else { return }
        throw Failure(
            .usage,
            "\(option) has no value",
            why: text.isEmpty ? "it is empty" : "\(text) follows it",
            advice: "Write \(examples)."
        )
    }

    private static func unknown(_ text: String, option: String, examples: String) -> Failure {
        Failure(
            .usage,
            "Cannot read the value after \(option)",
            why: "'\(text)' is none",
            advice: "Write \(examples)."
        )
    }
}
