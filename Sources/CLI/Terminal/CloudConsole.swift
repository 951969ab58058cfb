import Cloud
import Core
import Foundation
import Jobs
import Synchronization

/// Everything that a cloud command shows and asks: to a person in a terminal, to a log, or to a program.
///
/// Answers go to standard output; what is going on, remarks and questions to standard error. With
/// `--json` all of it is lines on standard output, and nobody is asked.
final class CloudConsole: Sendable {
    private struct State {
        var words: CloudWords
        var activity: ActivityLine.State?
        /// The quarter that a log was last told of.
        var loggedQuarter = 0
        var lastReport: ContinuousClock.Instant?
        /// Whether the agent has said anything since the message was sent.
        var hasText = false
        /// Whether "Connecting…" and "Ready!" are lines of their own, as in a conversation.
        var greets = false
        /// A run on this machine that is a part of the work.
        var run: Renderer?
    }

    let results: Output
    let messages: Output
    let json: JSONLines?
    /// Nothing but answers and errors.
    let isQuiet: Bool
    /// Not even the service's answers: what is wanted is a file.
    private let isMute: Bool
    /// Whether notes of runs on this machine appear: false where a receipt, which repeats them, comes to the same
    /// terminal.
    private let showsRunNotes: Bool
    let reader: LineReader
    let live: LiveLine<ActivityLine.State>
    /// Where this is the console of one file among others: what it says goes there.
    private let relay: (@Sendable (CloudEcho) -> Void)?
    private let state: Locked<State>

    init(
        results: Output,
        messages: Output,
        json: JSONLines?,
        isQuiet: Bool = false,
        isMute: Bool = false,
        showsRunNotes: Bool = false,
        reader: LineReader = LineReader(),
        words: CloudWords
    ) {
        self.results = results
        self.messages = messages
        self.json = json
        self.isQuiet = isQuiet
        self.isMute = isMute
        self.showsRunNotes = showsRunNotes
        self.reader = reader
        relay = nil
        state = Locked(State(words: words))
        live = LiveLine(messages) { ActivityLine.draw($0, seconds: $1, width: $2, style: $3) }
    }

    /// The console of one file among others, whose number its lines of JSON have; what it tells is passed on.
    init(
        of number: Int,
        front: CloudConsole,
        relay: @escaping @Sendable (CloudEcho) -> Void
    ) {
        (results, messages) = (front.messages, front.messages)
        json = front.json.map { JSONLines($0, number: number) }
        (isQuiet, isMute, showsRunNotes) = (front.isQuiet, true, false)
        reader = front.reader
        self.relay = relay
        state = Locked(State(words: front.words))
        live = LiveLine(messages) { ActivityLine.draw($0, seconds: $1, width: $2, style: $3) }
    }

    /// In the user's language, which may turn out to be another one than the locale's.
    var words: CloudWords {
        get { state.withLock(\.words) }
        set { state.withLock { $0.words = newValue } }
    }

    /// Whether a person sees what is going on.
    private var shows: Bool { json == nil && !isQuiet && relay == nil }

    /// The width to write answers for.
    var width: Int { results.isLive ? min(100, results.columns) : 100 }

    /// From now on connecting is worth a line.
    func greet() { state.withLock { $0.greets = true } }

    // MARK: Saying

    /// Words of the service, or an answer of ours.
    func say(_ text: String) {
        guard json == nil, !isMute else { return }
        let lines = results.isLive ? Wrapping.paragraphs(text, width: width) : [text]
        live.interrupt { results.line(lines.joined(separator: "\n")) }
    }

    /// A remark that nobody needs who only wants the answer.
    func note(_ text: String) {
        if !isQuiet { json?.write(.note, NotePayload(text: text)) }
        if json == nil, !isQuiet { relay?(.note(text)) }
        guard shows else { return }
        live.interrupt { messages.line(Wrapping.note(text, messages)) }
    }

    /// A remark to a person alone, where programs are told the same in another form.
    func remark(_ text: String) {
        guard shows else { return }
        live.interrupt { messages.line(Wrapping.note(text, messages)) }
    }

    /// A line of its own on standard error.
    func tell(_ text: String) {
        guard shows else { return }
        let lines =
            messages.isLive ? Wrapping.paragraphs(text, width: min(100, messages.columns)) : [text]
        live.interrupt { messages.line(lines.joined(separator: "\n")) }
    }

    /// What came of a message beside its words; where there is nothing else, it is the answer.
    func tell(_ notice: String?, of reply: Reply) {
        guard let notice else { return }
        if reply.outcome == .nothing { say(notice) } else { tell(notice) }
    }

    /// What a person should do next, set apart.
    func suggest(_ text: String) {
        guard shows else { return }
        let arrow = messages.style.usesUnicode ? "→ " : "-> "
        live.interrupt { messages.line(messages.style.cyan(arrow + text)) }
    }

    /// A failure of one step of a conversation that goes on.
    func complain(_ failure: Failure) {
        guard json == nil, relay == nil else { return }
        let width = messages.isLive ? messages.columns : .max
        live.interrupt {
            messages.line(Session.text(failure, style: messages.style, width: width))
        }
    }

    // MARK: Activities

    /// Something begins that takes a while.
    func begin(_ label: String, detail: String = "", isSteady: Bool = false) {
        guard shows else { return }
        let activity = state.withLock { state in
            let activity = ActivityLine.State(
                label: label,
                detail: detail,
                isSteady: isSteady,
                words: state.words
            )
            state.activity = activity
            state.loggedQuarter = 0
            return activity
        }
        if messages.isLive {
            live.begin(activity)
        } else {
            messages.line(ActivityLine.plain(activity))
        }
    }

    /// How far it is.
    func advance(_ fraction: Double?, detail: String? = nil) {
        guard shows else { return }
        let (activity, isDue) = state.withLock { state in
            state.activity?.fraction = fraction
            if let detail { state.activity?.detail = detail }
            let quarter = Int((fraction ?? 0) * 4)
            let isDue = quarter > state.loggedQuarter
            state.loggedQuarter = max(quarter, state.loggedQuarter)
            return (state.activity, isDue)
        }
        guard let activity else { return }
        live.update(activity)
        guard isDue, !messages.isLive else { return }
        // In a log the detail has been said, unless it is about how far it is.
        var line = activity
        if detail == nil { line.detail = "" }
        messages.line(ActivityLine.plain(line))
    }

    /// A run on this machine that is a part of the work; nil when it has ended.
    var run: Renderer? {
        get { state.withLock(\.run) }
        set { state.withLock { $0.run = newValue } }
    }

    /// Something on this machine begins.
    func beginRun(targetBytes: Int?) {
        guard shows else { return }
        let renderer = Renderer(messages, showsNotes: showsRunNotes)
        run = renderer
        renderer.begin(targetBytes: targetBytes)
    }

    /// Gives the terminal back without waiting for anybody.
    func restoreNow() {
        reader.release()
        live.restoreNow()
        run?.restoreNow()
    }

    /// Gives the terminal back for a while.
    func pause() {
        reader.release()
        live.pause()
        run?.pause()
    }

    /// It is over, or something else takes its place.
    func end() {
        state.withLock { $0.activity = nil }
        live.end()
    }

    // MARK: Asking

    /// The user's next line, after a prompt.
    func nextLine() async -> String? {
        let sign = messages.style.usesUnicode ? "›" : ">"
        let prompt = messages.style.bold(messages.style.cyan(sign)) + " "
        messages.write("\n")
        guard messages.isLive else {
            messages.write(prompt)
            return await reader.next()
        }
        return await reader.next(LineReader.Prompt(output: messages, sign: prompt, columns: 2))
    }

    // MARK: Events

    /// Takes what the work with the service tells.
    func take(_ event: CloudEvent) {
        if let relay, let (label, fraction) = activity(of: event) {
            relay(.activity(label, fraction))
        }
        if let json { return write(event, json) }
        let words = words
        switch event {
        case .connecting: connecting(words.connecting)
        case .ready: if state.withLock(\.greets) { tell(words.ready) }
        case .newSession(let lostMedia): note(words.newSession(lostMedia: lostMedia))
        case .limited(let wait): note(words.limited(Int(wait.components.seconds)))
        case .waitingForOther: note(words.waitingForOther)
        case .uploading(let name, let progress):
            let label = words.uploading(name.withoutControls)
            if state.withLock({ $0.activity?.label != label }) { begin(label, isSteady: true) }
            advance(progress)
        case .uploaded(let name):
            end()
            if !isQuiet { done(words.uploaded(name.withoutControls)) }
        case .sent:
            state.withLock { $0.hasText = false }
            begin(words.waiting, detail: words.mayTakeMinutes)
        case .text(let text):
            state.withLock { $0.hasText = true }
            say(text)
        case .suggested, .timeline: break
        case .working(let tool): begin(Self.label(of: tool, words))
        case .stillWorking: tell(words.stillWorking)
        case .recovering:
            note(words.recovering)
            begin(words.lookingAgain)
        case .inDoubt(let sendsAgain):
            note(words.inDoubt(sendsAgain: sendsAgain))
            begin(words.lookingAgain)
        case .changedMeanwhile(let timeline, let wasUnanswered):
            note(words.changedMeanwhile(timeline, wasUnanswered: wasUnanswered))
        case .changed(let sentences):
            end()
            guard !state.withLock({ $0.hasText }) else { return }
            for sentence in sentences { say(sentence) }
        case .rendering(let fraction):
            if state.withLock({ $0.activity?.label != words.rendering }) {
                begin(words.rendering, detail: words.usually)
            }
            advance(fraction)
        case .downloading(let progress):
            if state.withLock({ $0.activity?.label != words.downloading }) {
                begin(words.downloading, isSteady: true)
            }
            advance(progress)
        case .shorter(let bytes, let stated): note(words.shorter(Int(bytes), Int(stated)))
        case .adopted: note(words.adopted)
        case .queued: note(words.queued)
        }
    }

    /// A thing that is done, with a tick before it.
    func done(_ text: String) {
        guard relay == nil else { return }
        let mark = results.style.usesUnicode ? "✓" : "*"
        live.interrupt { results.line(results.style.green(mark) + " " + text) }
    }

    private func connecting(_ text: String) {
        if state.withLock({ $0.greets }) {
            tell(text)
        } else if messages.isLive {
            begin(text)
        }
    }

    private func advance(_ progress: TransferProgress) {
        let words = words
        let bytes = ByteSize.text(Int(progress.bytes))
        guard let total = progress.total, total > 0 else { return advance(nil, detail: bytes) }
        advance(
            Double(progress.bytes) / Double(total),
            detail: words.of(bytes, ByteSize.text(Int(total)))
        )
    }

    /// The service's tools are its own business: only the kind of work is shown (§4.8).
    private static func label(of tool: String, _ words: CloudWords) -> String {
        tool.contains("generate") ? words.generating : words.editing
    }

    /// Whether a line about bytes is due: at most ten a second, and the last one.
    func isDue(_ progress: TransferProgress) -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            let isLast = progress.bytes == progress.total
            if !isLast, let last = state.lastReport, last.duration(to: now) < .milliseconds(100) {
                return false
            }
            state.lastReport = now
            return true
        }
    }
}
