import ArgumentParser
import Cloud
import Core

/// A command that works with the cloud service; `Session` gives it a place to work at.
protocol CloudErrand: ParsableCommand, Sendable {
    var options: CloudOptions { get }

    /// What is simulated instead of the service; nil for the service itself.
    var trial: TrialOptions? { get }

    /// The user's own words, for the language they are in.
    var givenText: String { get }

    /// Refuses options that mean nothing without others; nothing has been sent then.
    func checkOptions() throws(Failure)

    /// Does what the command says.
    func perform(at desk: CloudProgram) async throws(Failure)
}

extension CloudErrand {
    var trial: TrialOptions? { nil }
    var givenText: String { "" }
    func checkOptions() throws(Failure) {}
}

/// What every cloud command takes.
struct CloudOptions: ParsableArguments {
    @Option(help: ArgumentHelp("clideo (usual) or 8mb.", valueName: "name"))
    var profile: String?

    @Flag(help: "Agree to contact the service and, for this call, to send it files.")
    var cloud = false

    @Flag(help: "Send nothing, whatever else is set.")
    var offline = false

    @Flag(help: "JSON lines on standard output, described in JSON.md.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print nothing but answers and errors.")
    var quiet = false

    /// The profile that the option names.
    func readProfile() throws(Failure) -> Profile {
        guard let profile else { return .clideo }
        guard let found = Profile(named: profile) else {
            throw Failure(
                .usage,
                "Cannot read the value after --profile",
                why: "'\(profile)' is none",
                advice: "Write \(Profile.all.map(\.name).joined(separator: " or "))."
            )
        }
        return found
    }
}

/// `cinch cloud …`: one step at a time, for scripts and for people who like to see each.
struct CloudCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cloud",
        abstract: "Work with the cloud service, one step at a time.",
        usage: "cinch cloud COMMAND [options]",
        discussion: """
            Nothing is sent anywhere before you agreed to it: 'cinch cloud login' asks, and \
            --cloud agrees beforehand. What you agree to when asked holds until 'cinch cloud \
            logout', and so does --cloud for contacting the service from here; to send files it \
            agrees for its own call alone. The steps of a session go on where the last one ended, in \
            whichever terminal. 'cinch cloud simulate' starts a stand-in for trying all of it.

            NEMO_TOKEN is used instead of a free token where it is set. NEMO_API_URL names another \
            service, CINCH_STATE_DIR another place for what is remembered, CINCH_OFFLINE=1 forbids \
            everything as --offline does. NEMO_CLOCK_SPEED shortens waits, with the simulator only. \
            NEMO_MESSAGE_ROLE=user adds a role to messages, which some services need to hear them.
            """,
        subcommands: [
            LoginCommand.self, LogoutCommand.self, StatusCommand.self, CreditsCommand.self,
            UploadCommand.self, SendCommand.self, StateCommand.self, ExportCommand.self,
            JobsCommand.self, LinkCommand.self, SimulateCommand.self,
        ]
    )
}

/// `cinch cloud login`: asks once, gets a token, opens a session.
struct LoginCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Agree, get a free token, and open a session.",
        usage: "cinch cloud login [--new] [options]",
        discussion: "The token stays on this machine, in a file that only you can read."
    )

    @Flag(help: "Open a new session, even if there is one.")
    var new = false

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud logout`: forgets token, consent and session.
struct LogoutCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "Forget the token, the session, and that you agreed.",
        usage: "cinch cloud logout [options]",
        discussion: """
            The service gives a machine one free token in seven days: until then it may refuse \
            another. Nothing is sent.
            """
    )

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud status`: what this machine knows, without asking anybody.
struct StatusCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what this machine remembers; nothing is sent.",
        usage: "cinch cloud status [options]"
    )

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud credits`: the balance.
struct CreditsCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "credits",
        abstract: "Say how many credits are left.",
        usage: "cinch cloud credits [options]"
    )

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud upload FILE…`: sends files to the session.
struct UploadCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Send files to the session.",
        usage: "cinch cloud upload FILE… [--new] [options]",
        discussion: """
            \(Profile.formatsLine) At most 500 MB each: what is larger is refused here, with the \
            command that makes it smaller. An https address is fetched by the service itself.
            """
    )

    @Argument(help: "Files, or https addresses.", completion: .file())
    var files: [String] = []

    @Flag(help: "Begin a new session with them.")
    var new = false

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud send TEXT`: a message to the agent.
struct SendCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Say what shall be done, and wait for the answer.",
        usage: "cinch cloud send TEXT [options]",
        discussion: """
            An edit takes 10 to 30 seconds, new video some minutes; both cost credits. What is \
            done here, as "export" or "credits", is not sent: the command for it is named instead.
            """
    )

    @Argument(help: "What to do, in English, Chinese or another language.")
    var text: [String] = []

    @OptionGroup var options: CloudOptions

    var givenText: String { text.joined(separator: " ") }
}

/// `cinch cloud state`: the timeline.
struct StateCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Show the session's timeline.",
        usage: "cinch cloud state [options]"
    )

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud export`: renders the timeline into a file.
struct ExportCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Render the timeline and download it.",
        usage: "cinch cloud export [-o OUT] [--to SIZE] [--max-height LINES] [options]",
        discussion: """
            Costs no credits, and takes 30 to 90 seconds as a rule. The service promises no size: \
            the file is measured, and one larger than you asked for (here or in a message) is \
            fitted on this machine. The same export left behind by an earlier run is taken up.
            """
    )

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where the result goes, an .mp4.", valueName: "out"),
        completion: .file(extensions: ["mp4"])
    )
    var output: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("What it may weigh: 8MB, 7.5MiB.", valueName: "size")
    )
    var to: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Lines of the picture: 720, 1080p.", valueName: "lines")
    )
    var maxHeight: String?

    @Flag(help: "Replace the output if it exists.")
    var force = false

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud link`: the session in a browser.
struct LinkCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Open the session in a browser.",
        usage: "cinch cloud link [-o FILE] [options]",
        discussion: """
            Whoever has the link has the session for seven days, so it is not printed: it goes to \
            the browser ($BROWSER, or the system's own), or into a file that only you can read.
            """
    )

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write it into this file instead.", valueName: "file"),
        completion: .file()
    )
    var output: String?

    @OptionGroup var options: CloudOptions
}

/// `cinch cloud simulate`: the service on this machine, for other terminals.
struct SimulateCommand: ParsableCommand, Sendable {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Start a stand-in for the service on this machine.",
        usage: "cinch cloud simulate [--port N] [--scenario N] [options]",
        discussion: """
            Prints what to set in another terminal. Renders are made by Cinch's own encoder.

            Some scenarios: 3 is code 400 and its repair, 4 is 429 once and 5 for good, 7 a token \
            that expires (1001), 10 a session that is lost (1002), 11 credits that run out (2001), \
            12 a file that is refused (4001), 13 a plan without export (402), 19 an edit without \
            a word, 28 a connection that is lost, 43 a file that is too large (4002), 49 a render \
            that never ends, 50 one that fails, 50b one that is empty, 61 a network's own page.
            """
    )

    @Option(help: ArgumentHelp("A port of your choice; any if not given.", valueName: "n"))
    var port: UInt16 = 0

    @Flag(help: "Print a line for each request, without secrets.")
    var log = false

    @OptionGroup var trial: TrialOptions

    @Flag(help: "JSON lines on standard output, described in JSON.md.")
    var json = false
}

/// `cinch chat`: the whole of it as a conversation.
struct ChatCommand: CloudErrand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with the cloud service about your video.",
        usage: "cinch chat [FILE…] [-m TEXT]… [--simulate] [options]",
        discussion: """
            Drop files into the terminal, say what you want in English or Chinese, and say \
            “export” for the file. “credits”, “status” and “upload” are answered at once; \
            everything else goes to the service's agent. At a prompt what only asks for a size is \
            made on this machine, and what asks for an edit too is fitted to it. Lines of a pipe \
            all go to the agent, up to the first that fails.

            --simulate talks to a stand-in inside this program: nothing leaves this machine, and \
            no account is needed.
            """
    )

    @Argument(help: "Files to begin with.", completion: .file())
    var files: [String] = []

    @Option(
        name: .shortAndLong,
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Say this and end; may be repeated.", valueName: "text")
    )
    var message: [String] = []

    @Flag(name: .customLong("continue"), help: "Go on with the last session.")
    var goesOn = false

    @Flag(help: "Talk to a simulated service; nothing leaves this machine.")
    var simulate = false

    @OptionGroup var trialOptions: TrialOptions

    @OptionGroup var options: CloudOptions

    var trial: TrialOptions? { simulate ? trialOptions : nil }
    var givenText: String { message.joined(separator: " ") }

    func checkOptions() throws(Failure) {
        if !simulate, let option = trialOptions.given {
            throw .needless(option, without: "--simulate")
        }
    }
}

extension Failure {
    /// An option that would be ignored, which nobody wants who wrote it.
    static func needless(_ option: String, without other: String) -> Failure {
        Failure(
            .usage,
            "\(option) means nothing without \(other)",
            why: "it would be ignored",
            advice: "Add \(other), or leave out \(option)."
        )
    }
}
