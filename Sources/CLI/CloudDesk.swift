import Cloud
import Core
import Engine
import Foundation
import SystemPackage

/// A cloud command at work: the service, what is shown, and what this machine remembers.
struct CloudDesk: Sendable {
    let profile: Profile
    let configuration: CloudConfiguration
    let console: CloudConsole
    let session: CloudSession
    /// Where receipts are kept of what is made; nil where the user does not want any.
    var history: History?
    /// Says that a local run has begun on this screen, so that a signal finds its line.
    let onRun: @Sendable (Renderer?) -> Void

    /// `place` names a session of its own; `renderSeconds` is the longest that a render is waited for.
    init(
        profile: Profile = .clideo,
        isOffline: Bool = false,
        environment: [String: String],
        console: CloudConsole,
        place: String? = nil,
        renderSeconds: Double? = nil,
        onRun: @escaping @Sendable (Renderer?) -> Void = { _ in }
    ) throws(Failure) {
        self.profile = profile
        do throws(CloudError) {
            var found = try Self.configuration(profile, isOffline, environment, console.words)
            if let renderSeconds {
                // Whoever sets a limit means time as it passes for people.
                let most = Duration.seconds(max(2, renderSeconds)) * found.clock.speed
                found.renderLimits.whole = min(found.renderLimits.whole, most)
            }
            configuration = found
        } catch { throw error.failure }
        self.console = console
        self.onRun = onRun
        session = CloudSession(
            configuration,
            place: place,
            transfer: Transfer(environment: environment),
            ask: { await console.ask($0) },
            events: { console.take($0) }
        )
    }

    /// Where the service is, for a profile.
    static func configuration(
        _ profile: Profile,
        _ isOffline: Bool,
        _ environment: [String: String],
        _ words: CloudWords
    ) throws(CloudError) -> CloudConfiguration {
        var configuration = try CloudConfiguration(
            profile: profile,
            environment: environment,
            language: words.isChinese ? "zh-CN" : CloudWords.language(environment),
            isOffline: isOffline
        )
        configuration.resultPermissions = Terminal.usualPermissions
        // Only the simulator lives faster than the world.
        if configuration.isLocal, let text = environment["NEMO_CLOCK_SPEED"],
            let speed = Double(text), (1...1000).contains(speed), speed > 1
        {
            configuration.clock = CloudClock(speed: speed)
            // What depends on this machine and not on the service's clock takes its real time.
            func lengthen(_ limit: inout Duration, toReal seconds: Int) {
                limit = max(limit, .seconds(seconds) * speed)
            }
            lengthen(&configuration.runLimits.silence, toReal: 5)
            lengthen(&configuration.runLimits.heartbeatsOnly, toReal: 10)
            lengthen(&configuration.runLimits.whole, toReal: 15)
            lengthen(&configuration.renderLimits.whole, toReal: 60)
        }
        return configuration
    }

    // MARK: Asking the service

    /// Does something with the service; its errors become what a person is told.
    func asking<Value: Sendable>(
        _ work: () async throws(CloudError) -> Value
    ) async throws(Failure) -> Value {
        defer { console.end() }
        do throws(CloudError) {
            return try await work()
        } catch { throw error.failure }
    }

    /// The same for work whose end could be reached here too: then its refusal says how.
    func tryingTheCloud<Value>(
        _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        do throws(Failure) {
            return try await work()
        } catch {
            var failure = error
            if [.denied, .unavailable].contains(error.kind), let original = soleOriginal {
                failure.advice += "\n\(console.words.orHere)\n  cinch "
                failure.advice += Shell.quoted(Shell.relative(original.path))
                if let bytes = notebook?.wishedBytes {
                    failure.advice += " --to \(ByteSize(bytes: bytes).fileNameText)"
                }
            }
            throw failure
        }
    }

    /// Uploads files, all of which are looked at before anything is sent.
    func upload(_ paths: [String]) async throws(Failure) -> [UploadedFile] {
        try check(paths)
        let before = session.session
        // Also where one of them failed: those before it are in the session all the same.
        defer {
            console.end()
            noteArrivals(of: paths, since: before)
        }
        do throws(CloudError) {
            return try await session.upload(paths.map { FilePath($0) })
        } catch { throw shrinking(error, among: paths) }
    }

    /// Notes the files that the session has now, and had not before: they are sent in order.
    private func noteArrivals(of paths: [String], since before: SessionRecord?) {
        guard let now = session.session else { return }
        let isSame = now.sessionID == before?.sessionID
        let count = now.uploads.count - (isSame ? before?.uploads.count ?? 0 : 0)
        guard count > 0 else { return }
        remember { notebook in
            for path in paths.prefix(count) { notebook.note(upload: FilePath(path)) }
        }
    }

    /// Refuses what the service would not take; nothing is sent.
    func check(_ paths: [String]) throws(Failure) {
        for path in paths {
            do throws(CloudError) {
                _ = try UploadFile.checked(FilePath(path), limit: configuration.uploadLimit)
            } catch { throw shrinking(error, among: [path]) }
        }
    }

    /// What a person is told; where a file was too large, with the command that shrinks it.
    private func shrinking(_ error: CloudError, among paths: [String]) -> Failure {
        var failure = error.failure
        let name = if case .uploading(let name) = error.step { name } else { "" }
        guard
            let path = paths.first(where: {
                name.hasPrefix(FilePath($0).lastComponent?.string ?? $0)
            })
        else { return failure }
        let bytes: Int
        switch error.kind {
        case .fileTooLarge: bytes = Int(configuration.uploadLimit) / 10 * 9
        case .tooLargeForService:
            // What it would take it does not say: half of it is worth a try.
            let half = (FilePath(path).fileBytes ?? 0) / 2
            bytes = min(Int(configuration.uploadLimit) / 10 * 9, max(1000, half / 1000 * 1000))
        default: return failure
        }
        failure.advice =
            "Make it smaller first, then upload the result:\n"
            + "  cinch \(Shell.quoted(path)) --to \(ByteSize(bytes: bytes).fileNameText)"
        return failure
    }

    /// Sends a message, and remembers what size it asks for.
    func send(_ text: String) async throws(Failure) -> Reply {
        // Before it is sent: the answer may be lost, and the wish is the person's all the same.
        let hadSession = session.session != nil
        if hadSession { remember { $0.note(message: text) } }
        let reply: Reply
        do throws(Failure) {
            reply = try await tryingTheCloud { () async throws(Failure) in
                try await asking { () throws(CloudError) in try await session.send(text) }
            }
        } catch {
            if let timeline = console.changedTimeline {
                console.note(console.words.changedAllTheSame(timeline))
            }
            throw error
        }
        if !hadSession { remember { $0.note(message: text) } }
        return reply
    }

    // MARK: What is remembered

    /// What is known of the current session beside what the client keeps.
    var notebook: Notebook? {
        session.session.map { Notebook(of: $0.sessionID, configuration) }
    }

    /// The file that a local run could make the session's result from.
    ///
    /// The notebook knows this machine's files alone; what the service fetched from an address is in
    /// the session too.
    var soleOriginal: LocalFile? {
        session.session?.uploads.count == 1 ? notebook?.soleOriginal : nil
    }

    func remember(_ change: (inout Notebook) -> Void) {
        guard var notebook else { return }
        change(&notebook)
        notebook.save(configuration)
    }

    // MARK: On this machine

    /// A local run whose progress goes where the cloud's does.
    func compress(_ request: Request) async throws(Failure) -> Report {
        let console = console
        let renderer =
            console.json == nil && !console.isQuiet
            ? Renderer(console.messages, showsNotes: false) : nil
        onRun(renderer)
        renderer?.begin(targetBytes: request.target?.bytes)
        defer {
            renderer?.end()
            onRun(nil)
        }
        return try await Compressor().run(request) { event in
            renderer?.show(event)
            if !console.isQuiet { console.json?.write(event) }
        }
    }

    /// The export of the current session to a file.
    func delivery(
        to destination: FilePath,
        overwrites: Bool,
        height: Int?,
        wish: ByteSize? = nil
    ) -> Delivery {
        delivery(
            to: destination,
            overwrites: overwrites,
            height: height,
            wish: wish ?? notebook?.wishedBytes.map(ByteSize.init(bytes:)),
            original: soleOriginal,
            inputs: notebook?.originals ?? []
        )
    }

    /// An export that an earlier run left behind, measured against what was asked of it then: the
    /// current session may be about another video altogether.
    ///
    /// Where something else has its name by now and is not to be replaced, it goes beside that: nobody
    /// could name it otherwise any more.
    func delivery(of job: JobRecord, overwrites: Bool) -> Delivery {
        let destination = FilePath(job.destination)
        return delivery(
            to: overwrites ? destination : Chat.unused(destination),
            overwrites: overwrites,
            height: job.height,
            wish: job.wishedBytes.map(ByteSize.init(bytes:)),
            original: job.original,
            inputs: job.original.map { [$0] } ?? []
        )
    }

    private func delivery(
        to destination: FilePath,
        overwrites: Bool,
        height: Int?,
        wish: ByteSize?,
        original: LocalFile?,
        inputs: [LocalFile]
    ) -> Delivery {
        Delivery(
            session: session,
            console: console,
            destination: destination,
            overwrites: overwrites,
            height: height,
            wish: wish,
            original: original,
            inputs: inputs,
            compress: { request throws(Failure) in try await compress(request) }
        )
    }

    /// `<name>-<height>p.mp4`, after what is on the timeline; in the current folder.
    func usualName(of state: CloudState?, height: Int?) -> String {
        let clip = state?.timeline?.tracks.first { $0.kind == .video }?.segments
            .lazy.compactMap(\.name).first
        let uploads = session.session?.uploads ?? []
        let name = uploads.last { $0 == clip } ?? uploads.last ?? "video"
        let stem = FilePath(name).lastComponent?.stem ?? "video"
        let shape = [state?.width, state?.height].compactMap { $0 }.min()
        let lines = min(height ?? profile.defaultHeight, shape ?? .max)
        return "\(stem)-\(lines)p.mp4"
    }

    // MARK: Ends

    /// What a command ends with: a line for programs, or a text for people.
    func finish(
        _ command: String,
        _ body: some Encodable,
        text: (_ width: Int, _ style: Style) -> String = { _, _ in "" }
    ) {
        console.end()
        if let json = console.json {
            json.write(.result, ResultPayload(command: command, body: body))
            return
        }
        let text = text(console.width, console.results.style)
        if !text.isEmpty { console.results.line(text) }
    }
}

/// Paths as they are typed.
enum Shell {
    /// A path from the current folder, if it is below it.
    static func relative(_ path: String) -> String {
        let folder = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }

    /// A path that a shell takes for one word.
    static func quoted(_ path: String) -> String {
        // A dash in front would make an option of it.
        word(path.hasPrefix("-") ? "./" + path : path)
    }

    /// Anything that a shell takes for one word.
    static func word(_ text: String) -> String {
        let isPlain = text.allSatisfy {
            $0.isLetter || $0.isNumber || "._-/+,:@%=".contains($0)
        }
        return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}
