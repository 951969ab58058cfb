package import Cloud
package import Core
import Engine
import Foundation
import Synchronization
package import SystemPackage

/// Work with the cloud service: where it is, a session there, and what this machine remembers of it.
package struct CloudDesk: Sendable {
    package let profile: Profile
    package let configuration: CloudConfiguration
    package let session: CloudSession
    /// Where receipts are kept of what is made; nil where the user does not want any.
    package var history: History?
    let consent: JobConsent
    let events: @Sendable (JobEvent) -> Void
    private let timeline: LastTimeline

    /// The tracks as the last message left them, in one line; nil if it left them alone.
    private final class LastTimeline: Sendable {
        let text = Locked<String?>(nil)

        func take(_ event: CloudEvent) {
            switch event {
            case .sent: text.withLock { $0 = nil }
            case .timeline(let new): text.withLock { $0 = new }
            default: break
            }
        }
    }

    /// `language`: the user's, as `en` or `zh-CN`; `place` names a session of its own; `renderSeconds` is the longest
    /// that a render is waited for.
    package init(
        profile: Profile = .clideo,
        isOffline: Bool = false,
        environment: [String: String],
        language: String = "en",
        consent: JobConsent = JobConsent(),
        place: String? = nil,
        renderSeconds: Double? = nil,
        events: @escaping @Sendable (JobEvent) -> Void = { _ in }
    ) throws(Failure) {
        self.profile = profile
        do throws(CloudError) {
            var found = try Self.configuration(profile, isOffline, environment, language)
            if let renderSeconds {
                // Whoever sets a limit means time as it passes for people.
                let most = Duration.seconds(max(2, renderSeconds)) * found.clock.speed
                found.renderLimits.whole = min(found.renderLimits.whole, most)
            }
            configuration = found
        } catch { throw error.failure }
        (self.consent, self.events) = (consent, events)
        let timeline = LastTimeline()
        self.timeline = timeline
        session = CloudSession(
            configuration,
            place: place,
            transfer: Transfer(environment: environment),
            ask: { await consent.ask($0) },
            events: { event in
                timeline.take(event)
                events(.service(event))
            }
        )
    }

    /// Where the service is, for a profile.
    package static func configuration(
        _ profile: Profile,
        _ isOffline: Bool,
        _ environment: [String: String],
        _ language: String
    ) throws(CloudError) -> CloudConfiguration {
        var configuration = try CloudConfiguration(
            profile: profile,
            environment: environment,
            language: language,
            isOffline: isOffline
        )
        configuration.resultPermissions = FilePermissions.usual
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
    package func asking<Value: Sendable>(
        _ work: () async throws(CloudError) -> Value
    ) async throws(Failure) -> Value {
        defer { events(.activityEnded) }
        do throws(CloudError) {
            return try await work()
        } catch { throw error.failure }
    }

    /// What a run on this machine would make the session's result from, where that is possible.
    package struct LocalAlternative: Sendable {
        package var path: String
        /// What the result may weigh; nil while it was not said.
        package var bytes: Int?
    }

    /// Nil where only the service can.
    package var localAlternative: LocalAlternative? {
        soleOriginal.map { LocalAlternative(path: $0.path, bytes: notebook?.wishedBytes) }
    }

    /// Uploads files, all of which are looked at before anything is sent.
    package func upload(_ paths: [String]) async throws(Failure) -> [UploadedFile] {
        try check(paths)
        let before = session.session
        // Also where one of them failed: those before it are in the session all the same.
        defer {
            events(.activityEnded)
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
    package func check(_ paths: [String]) throws(Failure) {
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
    package func send(_ text: String) async throws(Failure) -> Reply {
        // Before it is sent: the answer may be lost, and the wish is the person's all the same.
        let hadSession = session.session != nil
        if hadSession { remember { $0.note(message: text) } }
        let reply: Reply
        do throws(Failure) {
            reply = try await asking { () throws(CloudError) in try await session.send(text) }
        } catch {
            if let timeline = timeline.text.withLock({ $0 }) {
                events(.changedAllTheSame(timeline: timeline))
            }
            throw error
        }
        if !hadSession { remember { $0.note(message: text) } }
        return reply
    }

    // MARK: What is remembered

    /// What is known of the current session beside what the client keeps.
    package var notebook: Notebook? {
        session.session.map { Notebook(of: $0.sessionID, configuration) }
    }

    /// The file that a local run could make the session's result from.
    ///
    /// The notebook knows this machine's files alone; what the service fetched from an address is in
    /// the session too.
    package var soleOriginal: LocalFile? {
        session.session?.uploads.count == 1 ? notebook?.soleOriginal : nil
    }

    package func remember(_ change: (inout Notebook) -> Void) {
        guard var notebook else { return }
        change(&notebook)
        notebook.save(configuration)
    }

    // MARK: On this machine

    /// A run on this machine that is told of as a part of the work.
    package func compress(_ request: Request) async throws(Failure) -> Report {
        try await Compressor().run(request, telling: events)
    }

    /// The export of the current session to a file.
    package func delivery(
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
    package func delivery(of job: JobRecord, overwrites: Bool) -> Delivery {
        let destination = FilePath(job.destination)
        return delivery(
            to: overwrites ? destination : destination.unused,
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
            events: events,
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
    package func usualName(of state: CloudState?, height: Int?) -> String {
        let clip = state?.timeline?.tracks.first { $0.kind == .video }?.segments
            .lazy.compactMap(\.name).first
        let uploads = session.session?.uploads ?? []
        let name = uploads.last { $0 == clip } ?? uploads.last ?? "video"
        let stem = FilePath(name).lastComponent?.stem ?? "video"
        let shape = [state?.width, state?.height].compactMap { $0 }.min()
        let lines = min(height ?? profile.defaultHeight, shape ?? .max)
        return "\(stem)-\(lines)p.mp4"
    }
}
