/// A session as the service opened it (§3).
struct SessionGrant: Sendable, Equatable {
    var sessionID: String
    var taskID: String?
    /// For the registration link.
    var bindID: String?
}

/// Units of work that are left (§6); never negative.
package struct Credits: Sendable, Equatable {
    package var available: Double
    /// Reserved for work that is going on.
    package var frozen: Double
    package var total: Double
}

/// A file as the service took it (§5.3); everything but its name may be missing.
package struct UploadedFile: Sendable, Equatable {
    package var name: String
    package var kind: String?
    package var url: String?
    package var seconds: Double?
    package var width: Int?
    package var height: Int?
}

extension CloudClient {
    private static let agent = "nemo_agent"

    /// Opens a session; doing it twice merely makes another one.
    func openSession(_ action: UserAction) async throws(CloudError) -> SessionGrant {
        let body: JSONText = [
            "task_name": .string(Profile.taskName), "language": .string(configuration.language),
        ]
        let call = Call(
            method: .post,
            path: "/api/tasks/me/with-session/\(Self.agent)",
            body: .json(body.bytes),
            step: .openingSession,
            tries: 2,
            limits: Self.limits()
        )
        let answer = try await answer(to: call, action)
        guard let id = answer.payload["session_id"]?.text, !id.isEmpty, id.utf8.count <= 256 else {
            throw CloudError(.malformed, .openingSession)
        }
        let bindID = answer.payload["bind_id"]?.text ?? answer.payload["user_id"]?.text
        learn(bindID: bindID)
        return SessionGrant(
            sessionID: id,
            taskID: answer.payload["task_id"]?.text,
            bindID: bindID
        )
    }

    /// A link that opens the session in a browser; nil where the service has none (§3.1).
    func claimLink(
        sessionID: String,
        taskID: String,
        _ action: UserAction
    ) async throws(CloudError) -> String? {
        let body: JSONText = ["task_id": .string(taskID), "session_id": .string(sessionID)]
        let call = Call(
            method: .post,
            path: "/api/auth/claim-token",
            body: .json(body.bytes),
            step: .linking,
            limits: Self.limits()
        )
        do throws(CloudError) {
            let answer = try await answer(to: call, action)
            guard let token = answer.payload["claim_token"]?.string, !token.isEmpty else {
                throw CloudError(.malformed, .linking)
            }
            // The bearer in its place would hand the account over (§16).
            guard !token.lowercased().hasPrefix("nmv_") else {
                throw CloudError(.malformed, .linking)
            }
            return "\(configuration.web)/workspace/claim?ct=\(CloudConfiguration.escaped(token))"
        } catch {
            if case .notFound = error.kind { return nil }
            throw error
        }
    }

    /// Reads the balance.
    package func credits(_ action: UserAction) async throws(CloudError) -> Credits {
        let call = Call(
            method: .get,
            path: "/api/credits/balance/simple",
            step: .readingCredits,
            limits: Self.limits()
        )
        let payload = try await answer(to: call, action).object(
            with: ["available", "frozen", "total"],
            mayBeEmpty: true,
            for: .readingCredits
        )
        func number(_ key: String) -> Double? { payload[key]?.double.map { max(0, $0) } }
        let available = number("available") ?? 0
        let frozen = number("frozen") ?? 0
        return Credits(
            available: available,
            frozen: frozen,
            total: max(number("total") ?? 0, available + frozen)
        )
    }

    /// Reads what the service knows of a session.
    func state(
        sessionID: String,
        _ action: UserAction,
        tries: Int = 3
    ) async throws(CloudError) -> CloudState {
        let call = Call(
            method: .get,
            path: "/api/state/\(Self.agent)/me/\(CloudConfiguration.escaped(sessionID))/latest",
            step: .readingState,
            tries: tries,
            isOfSession: true,
            limits: Self.limits()
        )
        let payload = try await answer(to: call, action).object(
            with: [
                "state", "draft", "video_infos", "generated_media", "canvas_config", "session_id",
                "task_id",
            ],
            for: .readingState
        )
        var state = CloudState(data: payload)
        // The draft goes back as it came; what is shown of it is shown to people.
        let secrets = secrets
        state.timeline = state.timeline?.mapWords { Self.hide(secrets, in: $0) }
        learn(bindID: state.bindID, isMentioned: true)
        return state
    }

    /// Sends files or the addresses of files to a session, once; the caller decides about more.
    func upload(
        _ body: HTTPRequest.Body,
        name: String,
        sessionID: String,
        _ action: UserAction,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(CloudError) -> (files: [UploadedFile], isApplied: Bool) {
        var limits = Limits()
        // Its length follows from the file's; the service may think for a while after the last byte.
        limits.total = nil
        limits.idle = .seconds(180)
        let call = Call(
            method: .post,
            path: "/api/upload-video/\(Self.agent)/me/\(CloudConfiguration.escaped(sessionID))",
            body: body,
            step: .uploading(name),
            tries: 1,
            isOfSession: true,
            limits: limits
        )
        let answer = try await answer(to: call, action, progress: progress)
        let payload = answer.payload
        let list =
            payload["files"]?.array ?? payload["uploaded_files"]?.array ?? payload.array ?? []
        // Code 0 and nothing taken is a failure all the same (§5.3).
        guard !list.isEmpty else { throw CloudError(.uploadNotApplied, .uploading(name)) }
        let files = list.map { UploadedFile($0, name: name) }
        return (files, payload["session_state_applied"]?.bool ?? true)
    }

    /// Opens the stream of a message (§4.1, §4.2).
    ///
    /// - Throws: what the service refused with before it began, also where that came with 200;
    ///   `.malformed` for a success that is no stream.
    func openRun(
        _ text: String,
        sessionID: String,
        _ action: UserAction
    ) async throws(CloudError) -> HTTPStream {
        var members: [(key: String, value: JSONText)] = [("parts", [["text": .string(text)]])]
        if configuration.sendsRole { members.insert(("role", "user"), at: 0) }
        let message = JSONText.object(members)
        let body: JSONText = [
            "app_name": .string(Self.agent), "user_id": "me", "session_id": .string(sessionID),
            "new_message": message,
        ]
        var limits = Limits()
        // The run has timers of its own (§4.9), which must be the first to speak.
        limits.idle = configuration.runLimits.whole * 2
        let call = Call(
            method: .post,
            path: "/run_sse",
            body: .json(body.bytes),
            accept: "text/event-stream",
            step: .sending,
            tries: 1,
            isOfSession: true,
            limits: limits
        )
        return try await underRules(call, action) { token throws(CloudError) in
            let request = self.request(call, token: token)
            try await self.pass(request, .sending)
            let stream: HTTPStream
            do throws(TransferError) {
                stream = try await self.transfer.stream(request)
            } catch { throw self.failure(error, of: request, .sending) }
            let type = stream.head.headers["content-type"]?.lowercased() ?? ""
            if stream.head.status == 200, type.hasPrefix("text/event-stream") { return stream }
            // It is an answer like any other.
            _ = try Answer(try await self.rest(of: stream), for: .sending)
            throw CloudError(.malformed, .sending, detail: "the answer is not an event stream")
        }
    }

    private func rest(of stream: HTTPStream) async throws(CloudError) -> HTTPResponse {
        var body: [UInt8] = []
        do throws(TransferError) {
            while let bytes = try await stream.next() {
                body += bytes
                guard body.count <= 1 << 20 else { break }
            }
        } catch {
            if error.kind == .cancelled { throw .cancelled(.sending) }
            // The status says enough.
        }
        return HTTPResponse(head: stream.head, body: body)
    }
}

extension UploadedFile {
    /// Reads an entry; `name` where it has none of its own.
    init(_ value: JSONValue, name: String) {
        self.name = value["filename"]?.string ?? value["name"]?.string ?? name
        kind = value["file_type"]?.string
        url = value["cdn_url"]?.string ?? value["url"]?.string
        seconds = value["duration"]?.double
        width = value["width"]?.int.flatMap { Int(exactly: $0) }
        height = value["height"]?.int.flatMap { Int(exactly: $0) }
    }
}
