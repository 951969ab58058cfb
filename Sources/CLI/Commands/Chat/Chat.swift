import Cloud
import Core
import Foundation
import Jobs
import SystemPackage

/// A conversation with the service, line by line (§13, §14).
struct Chat: Sendable {
    let desk: CloudProgram
    /// Whether a person types: then there is a prompt, and an error is not the end.
    let isInteractive: Bool
    private(set) var turns = 0
    private(set) var exports: [DeliveredPayload] = []
    /// The file that was last made something of here, and may not be in the session.
    var file: String?
    /// The agent spoke of an export that nobody had asked for: a yes means that.
    private var isExportOffered = false
    /// When exports that were left behind were last asked for.
    private var lookedAt = Duration.zero

    private static let farewells: Set<String> = [
        "exit", "quit", "bye", "/exit", "/quit", ":q", "退出", "再见",
    ]

    init(desk: CloudProgram, isInteractive: Bool) {
        (self.desk, self.isInteractive) = (desk, isInteractive)
    }

    var console: CloudConsole { desk.console }
    var words: CloudWords { console.words }

    /// Connects, sends the first files, and takes what is said until nobody says anything more.
    mutating func run(
        files: [String],
        messages: [String],
        goesOn: Bool
    ) async throws(Failure) {
        // Refused before anybody is asked or connected to.
        try desk.context.check(files)
        try await connect(goesOn: goesOn, introduces: messages.isEmpty)
        if !files.isEmpty {
            try await step { chat async throws(Failure) in
                _ = try await chat.desk.context.upload(files)
                if messages.isEmpty { chat.console.suggest(chat.words.sayWhatToDo) }
            }
        }
        for message in messages { try await turn(message) }
        guard messages.isEmpty else { return }
        while let line = await nextLine() {
            if Self.farewells.contains(line.lowercased()) { break }
            if ["?", "/help"].contains(line) {
                introduce()
            } else if !line.isEmpty {
                try await turn(line)
            }
        }
        if Task.isCancelled { throw .interrupted }
        if isInteractive { console.tell(words.ended) }
    }

    // MARK: Beginning

    private mutating func connect(goesOn: Bool, introduces: Bool) async throws(Failure) {
        console.greet()
        if introduces {
            console.tell(console.messages.style.bold(desk.context.profile.title))
            console.tell(desk.context.profile.greeting[words.language] ?? "")
            console.tell("")
        }
        _ = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.connect(fresh: !goesOn)
        }
        lookedAt = desk.configuration.clock.now()
        try await desk.context.takeUpJobs()
        if introduces { introduce() }
    }

    private func introduce() {
        console.tell("")
        console.tell(words.trySaying)
        let quotes = words.isChinese ? ("“", "”") : ("\"", "\"")
        for line in desk.context.profile.trySaying[words.language] ?? [] {
            console.tell("  - \(quotes.0)\(line)\(quotes.1)")
        }
        if isInteractive {
            console.tell("")
            console.tell(words.howToEnd)
        }
    }

    private func nextLine() async -> String? {
        let line = isInteractive ? await console.nextLine() : await console.reader.next()
        if line == nil, isInteractive { console.messages.line() }
        return line?.trimmingCharacters(in: .whitespaces)
    }

    // MARK: Taking turns

    /// Does what one line asks for; for a person an error is an answer like any other.
    private mutating func turn(_ line: String) async throws(Failure) {
        turns += 1
        if !words.isChinese, CloudWords.areChinese(line) {
            console.words = CloudWords(isChinese: true)
        }
        try await step { chat async throws(Failure) in try await chat.answer(line) }
        // As often as renders are asked for anyway (§9.4): nobody has to stay for one.
        let now = desk.configuration.clock.now()
        guard now - lookedAt >= desk.configuration.renderLimits.poll else { return }
        lookedAt = now
        try await desk.context.takeUpJobs(names: false)
    }

    private mutating func step(
        _ work: (inout Chat) async throws(Failure) -> Void
    ) async throws(Failure) {
        do throws(Failure) {
            try await work(&self)
        } catch {
            console.end()
            guard isInteractive, error.kind != .interrupted else { throw error }
            console.complain(error)
        }
    }

    /// Files first, then what is for the agent, then what this program does itself (§14).
    private mutating func answer(_ line: String) async throws(Failure) {
        if isExportOffered, CloudWords.isYes(line) { return try await export(line, height: nil) }
        isExportOffered = false
        let dropped = DroppedPaths(line, known: desk.session.session?.uploads ?? [])
        if let missing = dropped.missing.first {
            throw Failure(
                .missing,
                "Cannot find \(missing)",
                why: "there is no such file",
                advice: "Check the name and the folder."
            )
        }
        let here = here(dropped)
        if case .make(let call)? = here, try await make(call) { return }
        if case .fit? = here {
            tell(PlainWish.of(dropped.text), words.exportedAndFitted)
            return try await export(dropped.text, height: nil)
        }
        if case .sendThenFit? = here { tell(PlainWish.of(dropped.text), words.restForTheAgent) }
        if !dropped.paths.isEmpty {
            file = nil
            _ = try await desk.context.upload(dropped.paths)
        }
        let intent = Intent.of(dropped.text, hasFiles: !dropped.paths.isEmpty)
        if let message = intent.message {
            try await sendFileInTalk()
            let isFitted = if case .sendThenFit? = here { true } else { false }
            let isEdited = try await send(
                message,
                thenExports: intent.action == .export || isFitted
            )
            if isFitted, isEdited { return try await export(dropped.text, height: nil) }
        }
        switch intent.action {
        case .export: try await export(dropped.text, height: intent.height)
        case .subtitles(let format): try await saveSubtitles(format)
        case .credits: try await showCredits()
        case .state: try await showState()
        case .upload: try await upload(dropped)
        case nil: break
        }
    }

    private func upload(_ dropped: DroppedPaths) async throws(Failure) {
        let urls = dropped.text.split(separator: " ").map(String.init)
            .filter { $0.lowercased().hasPrefix("https://") }
        if !urls.isEmpty {
            _ = try await desk.context.asking { () throws(CloudError) in
                try await desk.session.upload(urls: urls)
            }
        } else if dropped.paths.isEmpty {
            return console.say(words.whichFile)
        }
        console.suggest(words.sayWhatToDo)
    }

    /// Returns: whether the agent has changed something that can be exported.
    private mutating func send(
        _ message: String,
        thenExports: Bool
    ) async throws(Failure) -> Bool {
        let reply = try await desk.send(message)
        console.json?.write(.reply, ReplyPayload(reply))
        console.tell(words.notice(reply), of: reply)
        if !reply.changes.isEmpty, let timeline = reply.state?.timeline {
            show(timeline)
        }
        // The fixed list of §13: what the agent told the user to press, as far as it can be done here.
        for action in reply.suggestions {
            switch action {
            case .credits: try await showCredits()
            case .subtitles: if let state = reply.state { listSubtitles(state) }
            case .state, .timeline:
                if reply.changes.isEmpty, let timeline = reply.state?.timeline { show(timeline) }
            case .askForEdit: console.suggest(words.sayEdit)
            case .export, .offerExport:
                // A yes to a question of the agent's is for the agent.
                isExportOffered = !reply.paragraphs.contains { $0.contains { "?？".contains($0) } }
            }
        }
        let isReady = reply.state?.isReadyForExport == true && reply.outcome != .nothing
        if isReady, !thenExports { console.suggest(words.sayExport) }
        return isReady && !reply.changes.isEmpty
    }

    // MARK: What needs no agent

    private mutating func export(_ text: String, height: Int?) async throws(Failure) {
        isExportOffered = false
        if let wish = SizeWish.of(text) { desk.context.remember { $0.wishedBytes = wish.bytes } }
        let state = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.state()
        }
        let name = desk.context.usualName(of: state, height: height)
        let delivery = desk.context.delivery(
            to: FilePath(name).unused,
            overwrites: false,
            height: height
        )
        let file = try await desk.tryingTheCloud { () async throws(Failure) in
            try await delivery.run()
        }
        let payload = DeliveredPayload(file, words)
        exports.append(payload)
        console.json?.write(.exported, payload)
        console.end()
        console.say(
            CloudFacts.text(
                file,
                words: words,
                width: console.width,
                style: console.results.style
            )
        )
    }

    private func showCredits() async throws(Failure) {
        let credits = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.credits()
        }
        console.json?.write(.credits, CreditsPayload(credits))
        console.say(CloudFacts.text(credits, words: words))
    }

    private func showState() async throws(Failure) {
        let state = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.state()
        }
        console.json?.write(.state, StatePayload(state))
        let width = console.results.isLive ? console.width : nil
        let style = console.results.style
        console.say(CloudFacts.text(state, words: words, width: width, style: style))
    }

    private func show(_ timeline: Timeline) {
        let width = console.results.isLive ? console.width : nil
        console.say(CloudFacts.timeline(timeline, width: width))
    }

    private func saveSubtitles(_ format: Subtitles.Format) async throws(Failure) {
        let state = try await desk.context.asking { () throws(CloudError) in
            try await desk.session.state()
        }
        guard let subtitles = state.timeline.map(Subtitles.init(of:)), !subtitles.cues.isEmpty
        else { return console.say(words.noSubtitles) }
        let stem = FilePath(desk.context.usualName(of: state, height: nil)).stem ?? "video"
        let path = FilePath("\(stem).\(format.rawValue)").unused
        try PrivateFile.write(format == .srt ? subtitles.srt : subtitles.vtt, to: path)
        console.json?.write(
            .subtitles,
            SubtitlesPayload(output: path.string, cues: subtitles.cues.count)
        )
        console.done(path.string.withoutControls)
    }

    private func listSubtitles(_ state: CloudState) {
        let cues = state.timeline.map(Subtitles.init(of:))?.cues ?? []
        for cue in cues.prefix(20) {
            console.say("  \(Clock.text(Double(cue.start) / 1000))  \(cue.text)")
        }
    }
}

struct SubtitlesPayload: Encodable {
    var output: String
    var cues: Int
}

extension ChatCommand {
    private struct Payload: Encodable {
        var turns: Int
        var uploads: [String]
        var exports: [DeliveredPayload]
    }

    func perform(at desk: CloudProgram) async throws(Failure) {
        let console = desk.console
        let isInteractive =
            message.isEmpty && console.json == nil && console.reader.isTerminal
        if simulate { console.tell(console.words.simulated) }
        var chat = Chat(desk: desk, isInteractive: isInteractive)
        try await chat.run(files: files, messages: message, goesOn: goesOn)
        let payload = Payload(
            turns: chat.turns,
            uploads: desk.session.session?.uploads ?? [],
            exports: chat.exports
        )
        desk.finish("chat", payload)
    }
}
