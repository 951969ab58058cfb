import Core
import Synchronization
package import SystemPackage

/// The cloud service as commands use it: connect, upload, say what to do, export.
///
/// The session lasts between runs of the program: it is kept in the state folder, and whichever
/// command comes next goes on with it. Every function is one action of a person (`UserAction`):
/// what fails may be repaired once, a lost token and a lost session, and then says so.
package final class CloudSession: Sendable {
    package let client: CloudClient
    let records: Records
    private let current: Locked<SessionRecord?>
    private let runs = Turnstile()
    let exports = Turnstile()

    /// How long another process's run or export is waited for.
    static let patience = Duration.seconds(1500)

    /// Takes up the saved session, if there is one; nothing goes to the network yet.
    ///
    /// `ask` asks a person for consent, by default the answer is no; `events` is told in order, never
    /// concurrently, and must return fast and not call back. `place` names a session of its own, apart
    /// from the one that the commands share.
    package init(
        _ configuration: CloudConfiguration,
        place: String? = nil,
        transfer: Transfer? = nil,
        ask: @escaping Consent.Ask = { _ in .no },
        events: @escaping @Sendable (CloudEvent) -> Void = { _ in }
    ) {
        client = CloudClient(configuration, transfer: transfer, ask: ask, events: events)
        records = Records(
            folder: configuration.folder,
            api: configuration.api,
            now: configuration.clock.unixSeconds,
            ownPlace: place
        )
        let saved = records.currentSession
        current = Locked(saved)
        client.learn(bindID: saved?.bindID)
    }

    /// The session that the next action goes to; nil before the first.
    package var session: SessionRecord? { current.withLock { $0 } }

    // MARK: Connecting

    /// Gets a token if there is none and goes on with the saved session, or opens one.
    @discardableResult
    package func connect(fresh: Bool = false) async throws(CloudError) -> SessionRecord {
        let action = UserAction()
        // Asked first, so that a saved session does not hide that nobody has agreed.
        try await client.consent.require(.network, for: .connecting)
        _ = try await client.token(for: .connecting, action)
        // The old one is kept until there is a new one: the attempt may fail.
        let session = fresh ? try await openNew(action) : try await open(action)
        client.events(.ready)
        return session
    }

    /// Forgets token, session and consent; the id of this machine stays, as the service counts by it.
    package func logOut() {
        client.identity.forgetToken()
        client.consent.withdraw()
        current.withLock { $0 = nil }
        records.forgetSession()
    }

    /// Forgets the session here; the service keeps it for as long as it likes.
    package func forgetSession() {
        current.withLock { $0 = nil }
        records.forgetSession()
    }

    // MARK: Reading

    /// What this machine knows without asking anybody.
    package var status: CloudStatus {
        let configuration = client.configuration
        let saved = client.identity.savedToken
        let isGiven = client.identity.environmentToken != nil
        return CloudStatus(
            host: configuration.host,
            isOffline: configuration.isOffline,
            agreed: Consent.Subject.allCases.filter(client.consent.isGiven),
            token: isGiven ? .environment : saved.map { .saved(expires: $0.expires) } ?? .none,
            session: session,
            jobs: jobs()
        )
    }

    /// Reads the balance.
    package func credits() async throws(CloudError) -> Credits {
        try await client.credits(UserAction())
    }

    /// Reads what the session has.
    package func state() async throws(CloudError) -> CloudState {
        guard session != nil else { throw CloudError(.noSession, .readingState) }
        let action = UserAction()
        return try await onSession(action) { session throws(CloudError) in
            let state = try await self.client.state(sessionID: session.sessionID, action)
            try await self.note(state, of: session.sessionID)
            return state
        }
    }

    /// A link that opens the session in a browser for seven days; nil where the service has none.
    package func link() async throws(CloudError) -> String? {
        guard let session else { throw CloudError(.noSession, .linking) }
        guard let taskID = session.taskID else { return nil }
        return try await client.claimLink(
            sessionID: session.sessionID,
            taskID: taskID,
            UserAction()
        )
    }

    // MARK: Working

    /// Sends files to the session, one after the other, after all of them were checked.
    package func upload(_ paths: [FilePath]) async throws(CloudError) -> [UploadedFile] {
        var files: [UploadFile] = []
        for path in paths {
            files.append(try .checked(path, limit: client.configuration.uploadLimit))
        }
        let list = files.map { (name: $0.filename, bytes: $0.byteCount) }
        guard let first = files.first else { return [] }
        try await client.consent.require(.network, for: .uploading(first.filename))
        try await client.consent.require(.upload, files: list, for: .uploading(first.filename))
        return try await upload(files) { file, uploading throws(CloudError) in
            (file.filename, try await uploading.send(file))
        }
    }

    /// Has the service fetch files from public addresses.
    package func upload(urls: [String]) async throws(CloudError) -> [UploadedFile] {
        let names = urls.map { Redaction.line($0, limit: 80) }
        guard let first = names.first else { return [] }
        try await client.consent.require(.network, for: .uploading(first))
        try await client.consent.require(.upload, addresses: names, for: .uploading(first))
        return try await upload(urls) { url, uploading throws(CloudError) in
            let file = try await uploading.send(url: url)
            return (file.name, file)
        }
    }

    /// Sends a message and returns when it is known what came of it.
    ///
    /// Messages that are sent meanwhile wait for their turn, also those of other processes.
    package func send(_ text: String) async throws(CloudError) -> Reply {
        let action = UserAction()
        guard await runs.enter() else { throw .cancelled(.sending) }
        defer { runs.leave() }
        let reply: Reply
        do throws(CloudError) {
            reply = try await onSession(action) { session throws(CloudError) in
                try await self.run(text, session, action)
            }
        } catch {
            if error.kind == .sessionLost, action.mayRenewSession() {
                try await replaceSession(action, lost: true)
            }
            throw error
        }
        return reply
    }

    private func run(
        _ text: String,
        _ session: SessionRecord,
        _ action: UserAction
    ) async throws(CloudError) -> Reply {
        let id = session.sessionID
        let lock = try await lock("run-\(id)", .sending)
        defer { lock.release() }
        var wasUnanswered: Bool?
        var isNoted = false
        var conversation = Conversation(client, sessionID: id, action) {
            before throws(CloudError) in
            try await self.note(before, of: id)
            // Written down first: whatever happens to this run, the next one knows what to look for.
            try await self.change(id) { session in
                wasUnanswered = session.isUnanswered
                (session.wasUsed, session.isUnanswered) = (true, true)
            }
            isNoted = true
        }
        let reply: Reply
        do throws(CloudError) {
            reply = try await conversation.send(text)
        } catch {
            if let told = conversation.told { try? await note(told, of: id, isNews: false) }
            // What may still be at work is told by whichever reading shows it.
            if isNoted, !conversation.mayBeAtWork {
                let before = conversation.wasTaken ? nil : wasUnanswered
                try? await change(id) { $0.isUnanswered = before }
            }
            throw error
        }
        try await change(id) { $0.isUnanswered = nil }
        if let state = reply.state { try await note(state, of: id, isNews: false) }
        return reply
    }
}

// MARK: The session itself

extension CloudSession {
    /// Works on the session; in a new one, once, if the service does not know it any more.
    ///
    /// Where there was anything in the lost one the work is not repeated by itself: it would be done
    /// on nothing.
    private func onSession<Value: Sendable>(
        _ action: UserAction,
        mayRepeat: Bool = false,
        _ work: (SessionRecord) async throws(CloudError) -> Value
    ) async throws(CloudError) -> Value {
        let session = try await open(action)
        do throws(CloudError) {
            return try await work(session)
        } catch {
            guard error.kind == .sessionUnknown, action.mayRenewSession() else { throw error }
            let new = try await replaceSession(action, lost: session.hasContent)
            guard !session.hasContent || mayRepeat else { throw error }
            return try await work(new)
        }
    }

    /// The current session, or a new one where there is none.
    private func open(_ action: UserAction) async throws(CloudError) -> SessionRecord {
        if let session = refreshed() { return session }
        return try await openNew(action)
    }

    private func openNew(_ action: UserAction) async throws(CloudError) -> SessionRecord {
        let grant = try await client.openSession(action)
        let record = SessionRecord(
            sessionID: grant.sessionID,
            taskID: grant.taskID,
            bindID: grant.bindID,
            api: client.configuration.api,
            opened: client.clock.unixSeconds()
        )
        let lock = try await lock()
        defer { lock.release() }
        current.withLock { $0 = record }
        try records.save(record)
        return record
    }

    /// Opens a session in the place of one that is gone.
    @discardableResult
    private func replaceSession(
        _ action: UserAction,
        lost: Bool
    ) async throws(CloudError) -> SessionRecord {
        if let session { forgetSession(session.sessionID) }
        let new = try await openNew(action)
        client.events(.newSession(lostMedia: lost))
        return new
    }

    private func upload<Item: Sendable>(
        _ items: [Item],
        _ send: (Item, Uploading) async throws(CloudError) -> (String, UploadedFile)
    ) async throws(CloudError) -> [UploadedFile] {
        let action = UserAction()
        return try await onSession(action, mayRepeat: true) { session throws(CloudError) in
            var session = session
            var taken: [UploadedFile] = []
            for item in items {
                let before: Int
                if let known = session.mediaCount, taken.isEmpty {
                    before = known
                } else {
                    let state = try await self.client.state(sessionID: session.sessionID, action)
                    before = state.videoInfos.count
                }
                let uploading = Uploading(
                    client: self.client,
                    session: session,
                    clipsBefore: before,
                    action: action
                )
                let (name, file) = try await send(item, uploading)
                session.uploads.append(name)
                try await self.change(session.sessionID) {
                    $0.uploads.append(name)
                    ($0.mediaCount, $0.seen) = (nil, nil)
                }
                self.client.events(.uploaded(name: name))
                taken.append(file)
            }
            return taken
        }
    }

    /// The current session as whichever program used it last has left it.
    private func refreshed() -> SessionRecord? {
        current.withLock { session in
            if let stored = records.currentSession, stored.sessionID == session?.sessionID {
                session = stored
            }
            return session
        }
    }

    /// Changes what is remembered of a session.
    ///
    /// The file may be ahead of this program, as others work on the session too. Where it holds
    /// another session, or none any more, another program wanted that: it stays so, and the change
    /// is known here alone.
    private func change(
        _ sessionID: String,
        _ body: (inout SessionRecord) -> Void
    ) async throws(CloudError) {
        let lock = try await lock()
        defer { lock.release() }
        let stored = records.currentSession.flatMap { $0.sessionID == sessionID ? $0 : nil }
        guard let old = stored ?? session, old.sessionID == sessionID else { return }
        var new = old
        body(&new)
        current.withLock { if $0?.sessionID == sessionID { $0 = new } }
        if stored != nil, new != old { try records.save(new) }
    }

    /// Held for as long as it takes to change the file.
    private func lock() async throws(CloudError) -> StateLock {
        try await StateLock("session", in: client.configuration.folder, patience: .seconds(10))
    }

    /// Remembers what a reading showed, and tells what had changed while nobody looked.
    func note(
        _ state: CloudState,
        of sessionID: String,
        isNews: Bool = true
    ) async throws(CloudError) {
        let draft = state.draftFingerprint
        var (isChanged, wasUnanswered) = (false, false)
        try await change(sessionID) { session in
            isChanged = session.seen.map { $0 != draft } ?? false
            wasUnanswered = session.isUnanswered == true
            if isChanged { session.isUnanswered = nil }
            session.seen = draft
            session.mediaCount = state.videoInfos.count
            session.bindID = session.bindID ?? state.bindID
            if state.hasContent { session.wasUsed = true }
        }
        guard isChanged, isNews else { return }
        client.events(
            .changedMeanwhile(
                timeline: state.timeline?.summary ?? "",
                wasUnanswered: wasUnanswered
            )
        )
    }

    /// Forgets a session that is gone; not one that another program has opened meanwhile.
    func forgetSession(_ sessionID: String) {
        current.withLock { if $0?.sessionID == sessionID { $0 = nil } }
        if records.currentSession?.sessionID == sessionID { records.forgetSession() }
    }
}
