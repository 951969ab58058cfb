extension CloudClient {
    private static let renders = "/api/render/proxy/lambda"

    /// Submits a render under an id of our own, once (§9.2).
    ///
    /// - Returns: the id that the service named, if it did.
    func submitRender(
        id: String,
        sessionID: String,
        draft: [UInt8],
        height: Int?,
        _ action: UserAction
    ) async throws(CloudError) -> String? {
        var output: [(key: String, value: JSONText)] = [("format", "mp4"), ("quality", "high")]
        // Only a withdrawn document knows this member, so it is sent only where somebody asks.
        if let height { output.append(("resolution", .string("\(height)p"))) }
        let body: JSONText = [
            "id": .string(id), "sessionId": .string(sessionID), "draft": .raw(draft),
            "output": .object(output),
        ]
        let call = Call(
            method: .post,
            path: Self.renders,
            body: .json(body.bytes),
            step: .rendering,
            tries: 1,
            limits: Self.limits(total: .seconds(60))
        )
        let answer = try await answer(to: call, action)
        let given = ["id", "render_id", "taskId"].lazy
            .compactMap { answer.payload[$0]?.text ?? answer.root[$0]?.text }.first
        return given.flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 }
    }

    /// Asks how a render is, once (§9.3).
    ///
    /// - Throws: `.notFound` for an id that the service does not know.
    func render(
        id: String,
        _ action: UserAction
    ) async throws(CloudError) -> RenderStatus {
        let call = Call(
            method: .get,
            path: "\(Self.renders)/\(CloudConfiguration.escaped(id))",
            step: .rendering,
            tries: 1,
            waitsForLimit: false,
            limits: Self.limits()
        )
        guard let status = RenderStatus(try await answer(to: call, action)) else {
            throw CloudError(.malformed, .rendering)
        }
        return status
    }

    /// What the service says to a wish to stop a render.
    enum Stopping: Sendable {
        case stopped
        /// It knows no such render.
        case unknown
        /// No answer, or one that says neither.
        case unclear
    }

    /// Asks the service to stop a render.
    func cancelRender(id: String) async -> Stopping {
        var call = Call(
            method: .post,
            path: "\(Self.renders)/\(CloudConfiguration.escaped(id))/cancel",
            step: .rendering,
            tries: 1,
            waitsForLimit: false,
            limits: Self.limits(total: .seconds(5))
        )
        call.limits.connect = .seconds(5)
        guard let token = identity.environmentToken ?? identity.savedToken else { return .unclear }
        let request = request(call, token: token.secret)
        do {
            _ = try Answer(try await send(request, .rendering), for: .rendering)
            return .stopped
        } catch {
            return error.kind == .notFound ? .unknown : .unclear
        }
    }

    /// The service's own address of a finished render, for when it gave none (§9.4).
    func fallbackAddress(id: String) -> String {
        "\(configuration.api)/api/render/proxy/\(CloudConfiguration.escaped(id))/download"
    }
}

extension RenderStatus {
    /// Reads a poll in whichever shape it came; nil without a status.
    init?(_ answer: Answer) {
        let (root, payload) = (answer.root, answer.payload)
        let places = [root, payload]
        func first<Value>(_ read: (JSONValue) -> Value?) -> Value? {
            places.lazy.compactMap(read).first
        }
        let output = first { $0["output"].flatMap { $0.kind == .object ? $0 : nil } }
        let url = [
            output?["url"]?.string, first { $0["outputUrl"]?.string ?? $0["output_url"]?.string },
            payload["url"]?.string, root["url"]?.string,
        ].lazy.compactMap { $0 }.first { !$0.isEmpty }
        guard let word = first({ $0["status"]?.string }) ?? first({ $0["state"]?.string }) else {
            return nil
        }
        let percent = first { $0["progress"]?.double }
        self.init(
            Phase(word),
            url: url,
            fraction: percent.map(Self.fraction),
            problem: first { Answer.words(in: $0) },
            byteCount: output?["size"]?.int.flatMap { $0 > 0 ? $0 : nil }
        )
    }

    /// 0 to 1 from a percentage, or from a number that can only be a share.
    static func fraction(_ number: Double) -> Double {
        let isShare = number <= 1 && number != number.rounded()
        return min(1, max(0, isShare ? number : number / 100))
    }
}
