import Testing

@testable import Cloud

@Suite struct AnswerTests {
    private func answer(
        _ body: String,
        status: Int = 200,
        type: String = "application/json"
    ) throws(CloudError) -> Answer {
        let head = HTTPHead(status: status, headers: ["content-type": type])
        return try Answer(HTTPResponse(head: head, body: Array(body.utf8)), for: .connecting)
    }

    private func kind(
        _ body: String,
        status: Int = 200,
        type: String = "application/json"
    ) -> CloudError.Kind? {
        do throws(CloudError) {
            _ = try answer(body, status: status, type: type)
            return nil
        } catch { return error.kind }
    }

    @Test(
        "a payload is found in every envelope",
        arguments: [
            #"{"code":0,"data":{"x":1}}"#, #"{"code":"0","data":{"x":1},"msg":"ok"}"#,
            #"{"success":true,"data":{"x":1}}"#, #"{"x":1}"#, #"{"code":0,"x":1}"#,
            #"{"code":0,"data":null,"x":1}"#, #"{"code":null,"data":{"x":1}}"#,
            "\u{FEFF}{\"code\":0,\"data\":{\"x\":1}}", #"{"data":{"x":2},"code":0,"data":{"x":1}}"#,
            #"{"error":null,"success":true,"data":{"x":1}}"#,
        ]
    )
    func payloads(_ body: String) throws {
        let answer = try answer(body)
        #expect(answer.payload["x"]?.int == 1)
    }

    @Test("a success without a body is a success with nothing in it")
    func nothing() throws {
        #expect(try answer("", status: 204).payload.isNull)
        #expect(try answer(" \n").payload.isNull)
        #expect(try answer(#"{"code":0,"data":[1,2]}"#).payload.array?.count == 2)
    }

    @Test("the service's own codes count, on any status, as numbers or text")
    func codes() {
        #expect(kind(#"{"code":1001}"#) == .tokenRejected(isFromEnvironment: false))
        #expect(kind(#"{"code":"1010"}"#, status: 401) == .tokenRejected(isFromEnvironment: false))
        #expect(kind(#"{"code":1002,"msg":"x"}"#, status: 404) == .sessionUnknown)
        #expect(kind(#"{"code":2001}"#, status: 402) == .outOfCredits(isAnonymous: true))
        #expect(kind(#"{"code":4001}"#) == .unsupportedByService)
        #expect(kind(#"{"code":4002}"#, status: 400) == .tooLargeForService)
        #expect(kind(#"{"code":429}"#) == .rateLimited(isToken: false))
        #expect(kind(#"{"code":500}"#) == .service(status: 500))
        #expect(kind(#"{"code":-1}"#) == .refused(code: -1))
        #expect(kind(#"{"code":9999}"#, status: 403) == .forbidden)
        #expect(kind(#"{"code":99999999999999999999}"#) == .malformed)
        #expect(kind(#"{"code":{}}"#) == .malformed)
        #expect(kind(#"{"success":false,"error":{"code":1002}}"#) == .sessionUnknown)
    }

    @Test("without a code the status decides")
    func statuses() {
        let kinds: [(Int, CloudError.Kind)] = [
            (400, .refused(code: 400)), (401, .tokenRejected(isFromEnvironment: false)),
            (402, .planRequired), (403, .forbidden), (404, .notFound), (407, .proxy),
            (408, .service(status: 408)), (409, .refused(code: 409)), (413, .tooLargeForService),
            (415, .unsupportedByService), (422, .refused(code: 422)),
            (429, .rateLimited(isToken: false)), (500, .service(status: 500)),
            (503, .service(status: 503)), (302, .captivePortal), (511, .captivePortal),
        ]
        for (status, expected) in kinds {
            for body in ["", "plain", "<html></html>", "{}", #"{"detail":"x"}"#, "null", "[]"] {
                #expect(kind(body, status: status) == expected)
            }
        }
    }

    @Test("a page, or words, in the place of JSON are told apart")
    func pages() {
        #expect(kind("<!DOCTYPE html>") == .captivePortal)
        #expect(kind("hello", type: "text/html; charset=utf-8") == .captivePortal)
        #expect(kind("hello", type: "text/plain") == .malformed)
        #expect(kind(#"{"code":0,"data":{"x""#) == .malformed)
    }

    @Test("the service's words are found under any of their names, and made safe")
    func words() {
        let bodies = [
            #"{"code":7,"message":"why"}"#, #"{"code":7,"msg":"why"}"#,
            #"{"code":7,"detail":"why"}"#, #"{"success":false,"error":"why"}"#,
            #"{"success":false,"error":{"message":"why"}}"#,
            #"{"detail":[{"type":"t","loc":["body"],"msg":"why"}]}"#,
        ]
        for body in bodies {
            let error = #expect(throws: CloudError.self) { try answer(body) }
            #expect(error?.detail == "why")
        }
        let evil = #"{"code":7,"message":"\u001b[31mred\nnmv_usr_secret"}"#
        let error = #expect(throws: CloudError.self) { try answer(evil) }
        #expect(error?.detail == "[31mred …")
    }

    @Test("a render's status is read in every shape")
    func renders() throws {
        func status(_ body: String) throws -> RenderStatus? { RenderStatus(try answer(body)) }
        let done = RenderStatus(.completed, url: "u", fraction: 1)
        for body in [
            #"{"status":"completed","progress":100,"output":{"url":"u"}}"#,
            #"{"success":true,"data":{"status":"COMPLETED","progress":100,"outputUrl":"u"}}"#,
            #"{"code":0,"data":{"state":"done","progress":"100","output":{"url":"u"}}}"#,
            #"{"status":"success","progress":100,"data":{"outputUrl":"u"}}"#,
            #"{"status":"completed","progress":100,"outputUrl":"u"}"#,
            #"{"status":"completed","progress":100,"output":{"url":""},"url":"u"}"#,
        ] {
            #expect(try status(body) == done)
        }
        #expect(try status(#"{"progress":5}"#) == nil)
        #expect(try status(#"{"status":"new","progress":0.5}"#)?.fraction == 0.5)
        #expect(try status(#"{"status":"new","progress":1}"#)?.fraction == 0.01)
        #expect(try status(#"{"status":"failed","error":{"message":"m"}}"#)?.problem == "m")
        #expect(try status(#"{"status":"done","output":{"size":7}}"#)?.byteCount == 7)
    }

    @Test("dates are read as text, seconds and milliseconds")
    func dates() throws {
        func seconds(_ json: String) throws -> Double? {
            ServiceDate.seconds(try JSONDocument(Array(json.utf8)).root)
        }
        for json in [
            #""2026-11-28T00:00:00Z""#, #""2026-11-28T00:00:00.000Z""#, #""2026-11-28T00:00:00""#,
            #""2026-11-28T01:00:00+01:00""#, "1795824000", "1795824000000", "1795824000.0",
            #""1795824000""#,
        ] {
            #expect(try seconds(json) == 1_795_824_000)
        }
        #expect(try seconds(#""soon""#) == nil)
        #expect(try seconds("null") == nil)
    }
}
