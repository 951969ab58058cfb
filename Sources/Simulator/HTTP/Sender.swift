import Foundation
import SystemPackage

/// Sends one answer, in the way its behaviour says.
struct Sender: Sendable {
    let service: Service
    let connection: Connection
    let number: Int
    var delivery = Behaviour.Delivery()

    /// Answers as a behaviour has it; false where the connection is over.
    func answer(
        _ behaviour: Behaviour,
        _ outcome: Desk.Outcome?,
        usual: Knobs.Envelope,
        to head: RequestHead,
        ending: Bool = false
    ) async throws(Connection.Failure) -> Bool {
        let knobs = service.with { $0.scenario.knobs }
        let reply: HTTPAnswer
        switch behaviour.reply {
        case .close(let resetting):
            note(status: nil)
            await connection.close(resetting: resetting)
            return false
        case .silence:
            note(status: nil)
            _ = await connection.hangUp()
            return false
        case .refusal(let refusal): reply = knobs.reply(refusal)
        case .bytes(let status, let type, let body, let headers):
            reply = HTTPAnswer(status: status, type: type, body: body, headers: headers)
        case .usual:
            switch outcome {
            case .file(let path):
                return try await FileDesk(service: service).send(path, to: head, by: self)
            case .payload(let payload):
                let edited = behaviour.edits.reduce(payload) { $0.setting($1.path, to: $1.value) }
                reply = behaviour.spoiled(knobs.reply(edited, usual: usual))
            case .refusal(let refusal): reply = knobs.reply(refusal)
            case nil: reply = knobs.reply(Refusal(500))
            }
        }
        return try await send(reply, to: head, ending: ending)
    }

    /// Sends an answer; false where the connection ends with it.
    func send(
        _ reply: HTTPAnswer,
        to head: RequestHead,
        ending: Bool = false
    ) async throws(Connection.Failure) -> Bool {
        let body = (delivery.mark ? [0xEF, 0xBB, 0xBF] : []) + reply.body
        let isLast =
            ending || wantsClose(head) || delivery.cutAt != nil || delivery.lengthError != 0
        var lines = reply.headers
        lines.append(("Content-Type", reply.type))
        lines.append(("Content-Length", String(body.count + delivery.lengthError)))
        if isLast { lines.append(("Connection", "close")) }
        note(status: reply.status)
        let start = Self.head(reply.status, lines)
        guard head.method != "HEAD" else {
            try await connection.write(start)
            return !isLast
        }
        let part = delivery.cutAt.map { Int(Double(body.count) * $0) } ?? body.count
        if delivery.pieces == nil, delivery.bytesPerSecond == nil {
            try await connection.write(start + body.prefix(part))
        } else {
            try await connection.write(start)
            try await trickle(Array(body.prefix(part)))
        }
        if delivery.cutAt != nil {
            await connection.close(resetting: delivery.resetting)
            return false
        }
        return !isLast
    }

    /// Writes bytes no faster and in no larger pieces than the delivery allows.
    func trickle(_ bytes: [UInt8]) async throws(Connection.Failure) {
        var rest = bytes[...]
        let rate = delivery.bytesPerSecond
        let most = delivery.pieces ?? rate.map { max(1, $0 / 20) } ?? bytes.count
        while !rest.isEmpty {
            let piece = rest.prefix(most)
            rest = rest.dropFirst(piece.count)
            try await connection.write(Array(piece))
            guard let rate else { continue }
            let time = Duration.seconds(Double(piece.count) / Double(rate))
            do { try await service.clock.sleep(for: time) } catch { throw .lost }
        }
    }

    func wantsClose(_ head: RequestHead) -> Bool {
        head["connection"]?.lowercased() == "close"
    }

    /// Notes the status that goes out, nil for none, and tells the log.
    func note(status: Int?) {
        let line = service.with { world in
            world.journal.note(number) { $0.status = status }
            let request = world.journal.requests[number - 1]
            return "\(request.method) \(request.path.prefix { $0 != "?" }) → "
                + (status.map(String.init) ?? "no answer")
        }
        service.options.log?(line)
    }

    private static let words = [
        200: "OK", 204: "No Content", 206: "Partial Content", 302: "Found", 400: "Bad Request",
        401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
        409: "Conflict", 413: "Content Too Large", 415: "Unsupported Media Type",
        416: "Range Not Satisfiable", 422: "Unprocessable Content", 429: "Too Many Requests",
        500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]

    /// A status line and headers.
    static func head(_ status: Int, _ headers: [(String, String)]) -> [UInt8] {
        let words = Self.words[status] ?? "Status"
        let lines = headers.map { "\($0): \($1)\r\n" }.joined()
        return Array("HTTP/1.1 \(status) \(words)\r\n\(lines)\r\n".utf8)
    }
}
