/// What came of a message.
package struct Reply: Sendable {
    package var outcome: AgentRun.Outcome
    /// The agent's words, as they were shown.
    package var paragraphs: [String]
    /// What changed on the timeline, one sentence each.
    package var changes: [String]
    /// What the agent told the user to press.
    package var suggestions: [GUIWords.Action]
    /// The session's state after it; nil where it could not be read.
    package var state: CloudState?

    /// What to tell where the agent said nothing, or not all; nil after an ordinary answer.
    package var notice: String? {
        switch outcome {
        case .edited: "Done, without a word from the service."
        case .recovered: "The connection was lost, but the work went on: the timeline has changed."
        case .nothing:
            "The service finished without a word, and no change to the timeline was seen. "
                + "Say it again if you want it tried again; it may cost credits."
        case .answered, .failed, .lost, .neverBegan: nil
        }
    }
}

/// One message to the agent, from the snapshot before it to the last reading after it (§4).
///
/// Does what `AgentRun` says: listens, waits, reads the state, and sends the message once.
struct Conversation {
    let client: CloudClient
    let sessionID: String
    let action: UserAction

    /// Told the state that the message finds, before it is sent.
    private let onSnapshot: (CloudState) async throws(CloudError) -> Void

    private var run: AgentRun
    private var parser = EventStream()
    private var text = AgentText()
    private var suggestions: [GUIWords.Action] = []
    private var shown: [String] = []
    private var before: CloudState?
    private var latest: CloudState?
    private var mailbox = Mailbox<Item>()
    private var pump: Task<Void, Never>?
    /// Why the message was not taken, or not answered with a stream.
    private var refusal: CloudError?
    /// Sendings of the message that were not surely refused.
    private var sendings = 0
    private var hasEnded = false
    /// The state whose changes were told.
    private(set) var told: CloudState?

    /// Whether the service took the message, or may have.
    var wasTaken: Bool { sendings > 0 }

    /// Whether it may be at work on the message still.
    var mayBeAtWork: Bool { wasTaken && !hasEnded }

    private enum Item: Sendable {
        /// The head of a stream came.
        case opened
        case refused(CloudError)
        case bytes([UInt8])
        case end(TransferError?)
    }

    init(
        _ client: CloudClient,
        sessionID: String,
        _ action: UserAction,
        onSnapshot: @escaping (CloudState) async throws(CloudError) -> Void = { _ in }
    ) {
        (self.client, self.sessionID, self.action) = (client, sessionID, action)
        self.onSnapshot = onSnapshot
        run = AgentRun(at: client.clock.now(), limits: client.configuration.runLimits)
    }

    /// Sends a message and stays until it is known what came of it.
    ///
    /// - Throws: `.sessionUnknown` while nothing was sent, `.sessionLost` after; `.agentFailed` or
    ///   what the error's code means; `.runLost`; what the service refused the message with.
    mutating func send(_ message: String) async throws(CloudError) -> Reply {
        let result: Result<Reply, CloudError>
        do throws(CloudError) {
            result = .success(try await converse(message))
        } catch { result = .failure(error) }
        // The connection is closed when this returns, however it ended.
        pump?.cancel()
        await pump?.value
        return try result.get()
    }

    private mutating func converse(_ message: String) async throws(CloudError) -> Reply {
        // What was there before is what "changed" means (§4.10).
        let before = try await client.state(sessionID: sessionID, action)
        (self.before, latest) = (before, before)
        try await onSnapshot(before)
        // The clock of the run starts with the message, not with the snapshot.
        run = AgentRun(at: client.clock.now(), limits: client.configuration.runLimits)
        var next = AgentRun.Action.send
        var (wasRecovering, wasInDoubt) = (false, false)
        while true {
            if Task.isCancelled { throw .cancelled(.sending) }
            if run.isRecovering != wasRecovering {
                wasRecovering.toggle()
                if wasRecovering { client.events(.recovering) }
            }
            if run.isInDoubt != wasInDoubt {
                wasInDoubt.toggle()
                if wasInDoubt { client.events(.inDoubt(sendsAgain: run.maySendAgain)) }
            }
            switch next {
            case .send: next = open(message)
            case .wait(let until): next = try await listen(until: until)
            case .readState: next = try await readState()
            case .finish(let outcome): return try finish(outcome)
            }
        }
    }

    // MARK: Sending

    /// Sends the message on a task of its own: the timers run while its answer is waited for.
    private mutating func open(_ message: String) -> AgentRun.Action {
        (parser, text, mailbox) = (EventStream(), AgentText(), Mailbox())
        let (client, sessionID, action, mailbox) = (client, sessionID, action, mailbox)
        pump = Task {
            let stream: HTTPStream
            do throws(CloudError) {
                stream = try await client.openRun(message, sessionID: sessionID, action)
                mailbox.put(.opened)
            } catch {
                mailbox.put(.refused(error))
                return
            }
            do throws(TransferError) {
                // While the state is read nobody takes: the service then has to wait.
                while let bytes = try await stream.next() {
                    await mailbox.put(.bytes(bytes), below: 4)
                }
                mailbox.put(.end(nil))
            } catch { mailbox.put(.end(error)) }
        }
        sendings += 1
        return run.take(.sent, at: client.clock.now())
    }

    /// There is no stream: what that means for the message.
    private mutating func take(refusal error: CloudError) throws(CloudError) {
        let now = client.clock.now()
        refusal = error
        switch error.kind {
        case .malformed, .refused(code: 0):
            // The service took it for a success, whatever it meant: what changed will tell.
            _ = run.take(.error, at: now)
            _ = run.take(.ended(isWhole: true), at: now)
        // After long silence nobody can say that it never began, nor after part of an answer.
        case _ where error.isTransient && (run.isRecovering || error.answerBegan):
            _ = run.take(.ended(isWhole: false), at: now)
        case _ where error.isTransient:
            if error.neverLeft { sendings -= 1 }
            _ = run.take(.neverBegan(isCertain: error.neverLeft), at: now)
        default:
            sendings -= 1
            throw error
        }
    }

    // MARK: Listening

    private mutating func listen(until: Duration) async throws(CloudError) -> AgentRun.Action {
        let clock = client.clock
        let item = await mailbox.take(within: until - clock.now(), clock: clock)
        if Task.isCancelled { throw .cancelled(.sending) }
        switch item {
        case .opened:
            // What was waited for until now was the service's patience, not the agent's work.
            _ = run.take(.sent, at: clock.now())
            _ = run.take(.bytes, at: clock.now())
            client.events(.sent)
        case .refused(let error): try take(refusal: error)
        case .bytes(let bytes):
            _ = run.take(.bytes, at: clock.now())
            take(parser.feed(bytes))
        case .end(let error):
            if let error, error.kind == .cancelled { throw .cancelled(.sending) }
            take(parser.finish())
            end(isWhole: run.expectsEnd || (error == nil && !parser.isTruncated))
        case nil: break
        }
        if run.endIsDue(at: clock.now()) { end(isWhole: true) }
        if run.noteIsDue(at: clock.now()) { client.events(.stillWorking) }
        return run.take(.time, at: clock.now())
    }

    private mutating func take(_ items: [StreamItem]) {
        for event in items.lazy.flatMap(AgentEvent.decode) {
            let now = client.clock.now()
            show(text.take(event))
            switch event {
            case .heartbeat, .unreadable: break
            case .toolCall(let name):
                client.events(.working(tool: Redaction.line(name, limit: 60)))
                _ = run.take(.activity, at: now)
            case .error: _ = run.take(.error, at: now)
            case .done: _ = run.take(.done, at: now)
            default: _ = run.take(.activity, at: now)
            }
        }
    }

    private mutating func end(isWhole: Bool) {
        pump?.cancel()
        // What is still in the mailbox belongs to a stream that is over.
        mailbox = Mailbox()
        show(text.end())
        _ = run.take(.ended(isWhole: isWhole), at: client.clock.now())
    }

    private mutating func show(_ paragraphs: [String]) {
        for paragraph in paragraphs {
            _ = run.take(.text, at: client.clock.now())
            let translated = GUIWords.translate(
                client.withoutSecrets(paragraph),
                exportAsked: false
            )
            let (words, actions) = (translated.text, translated.actions)
            if !words.isEmpty {
                shown.append(words)
                client.events(.text(words))
            }
            let new = actions.filter { !suggestions.contains($0) }
            if !new.isEmpty {
                suggestions += new
                client.events(.suggested(new))
            }
        }
    }

    // MARK: Reading

    private mutating func readState() async throws(CloudError) -> AgentRun.Action {
        let reading: AgentRun.Reading
        do throws(CloudError) {
            let state = try await client.state(sessionID: sessionID, action)
            latest = state
            reading = state.fingerprint == before?.fingerprint ? .unchanged : .changed
        } catch {
            switch error.kind {
            case .sessionUnknown: throw CloudError(.sessionLost, .sending, detail: error.detail)
            case .cancelled, .tokenRejected, .consentMissing, .offlineMode: throw error
            default: reading = .unreadable
            }
        }
        return run.take(.state(reading), at: client.clock.now())
    }

    // MARK: The end

    private mutating func finish(_ outcome: AgentRun.Outcome) throws(CloudError) -> Reply {
        told = latest
        var changes: [String] = []
        if let before, let latest {
            changes = CloudState.difference(from: before, to: latest)
        }
        if !changes.isEmpty {
            client.events(.changed(changes))
            if let timeline = latest?.timeline {
                client.events(.timeline(timeline.summary))
            }
        }
        switch outcome {
        case .failed:
            hasEnded = text.lastFailure != nil
            throw client.told(failure)
        case .lost:
            guard text.lastFailure == nil else { throw client.told(failure) }
            throw CloudError(.runLost, .sending)
        case .neverBegan: throw inDoubt(refusal ?? CloudError(.transport, .sending))
        case .answered, .edited, .nothing, .recovered: break
        }
        return Reply(
            outcome: outcome,
            paragraphs: shown,
            changes: changes,
            suggestions: suggestions,
            state: latest
        )
    }

    private func inDoubt(_ error: CloudError) -> CloudError {
        var error = error
        error.isInDoubt = mayBeAtWork
        return error
    }

    /// What the service reported inside the stream, or instead of it.
    private var failure: CloudError {
        guard let last = text.lastFailure else {
            return inDoubt(refusal ?? CloudError(.agentFailed, .sending))
        }
        let code = last.code.flatMap { Int64($0) }
        let kind = code.map { Answer.kind(ofCode: $0, status: 200) } ?? .agentFailed
        let words = [code == nil ? last.code : nil, last.message].compactMap { $0 }
        return CloudError(kind, .sending, detail: words.joined(separator: ": "))
    }
}
