/// An answer of the service before it travels.
struct HTTPAnswer: Sendable {
    var status: Int
    var type: String
    var body: [UInt8]
    var headers: [(String, String)] = []

    static let json = "application/json"
}

/// Puts payloads and refusals into the shapes of §1.5.
extension Knobs {
    /// A payload in its envelope, `usual` where no knob asks for another.
    func reply(_ payload: JSON, usual: Envelope = .e1) -> HTTPAnswer {
        let body: JSON
        switch envelope ?? usual {
        case .e1: body = ["code": 0, "data": payload]
        case .e3: body = ["success": true, "data": payload]
        case .e4: body = payload
        }
        return HTTPAnswer(status: 200, type: HTTPAnswer.json, body: body.bytes)
    }

    /// A refusal in the form and on the status that the knobs ask for.
    ///
    /// A form without a code goes with the status that says the same: nothing else would tell.
    func reply(_ refusal: Refusal) -> HTTPAnswer {
        let words = JSON.string(refusal.message)
        let number = JSON.number(refusal.code)
        var status = refusal.status
        if errorDelivery == .codeWithOK, refusal.code >= 1_000 { status = 200 }
        var body: JSON
        switch errors {
        case .message: body = ["code": number, "message": words]
        case .msg: body = ["code": number, "msg": words]
        case .detail: body = ["code": number, "detail": words]
        case .codeAsText: body = ["code": .string(String(refusal.code)), "msg": words]
        case .e3: body = ["success": false, "error": words]
        case .e5: body = ["detail": words]
        case .e5List:
            body = [
                "detail": [
                    ["type": "error", "loc": ["body"], "msg": words, "input": .null]
                ]
            ]
        case .plainText:
            return HTTPAnswer(
                status: refusal.status,
                type: "text/plain; charset=utf-8",
                body: Array(refusal.message.utf8)
            )
        case .html:
            return HTTPAnswer(
                status: refusal.status,
                type: "text/html",
                body: Array("<html><body><h1>\(refusal.status)</h1></body></html>".utf8)
            )
        case .empty: return HTTPAnswer(status: refusal.status, type: "text/plain", body: [])
        }
        if errorDelivery == .statusOnly { body = body.setting(["code"], to: nil) }
        if body["code"] == nil { status = refusal.status }
        return HTTPAnswer(status: status, type: HTTPAnswer.json, body: body.bytes)
    }
}

extension Behaviour {
    /// A usual answer with this behaviour's damage.
    func spoiled(_ reply: HTTPAnswer) -> HTTPAnswer {
        guard let spoiling else { return reply }
        var reply = reply
        switch spoiling {
        case .truncated: reply.body = Array(reply.body.prefix(reply.body.count / 2))
        case .wrongTypes:
            reply.body = JSON.object([.init("code", 0), .init("data", "done")]).bytes
        case .null: reply.body = Array("null".utf8)
        case .emptyArray: reply.body = Array("[]".utf8)
        case .html:
            reply.type = "text/html"
            reply.body = Array("<html><body><h1>Sign in to Wi-Fi</h1></body></html>".utf8)
        case .empty: reply.body = []
        case .duplicateKeys:
            let rest = reply.body.dropFirst()
            reply.body = Array(#"{"code":1001,"data":{},"#.utf8) + rest
        }
        return reply
    }
}
