import Foundation
import SystemPackage
import Testing

@testable import Simulator

/// How bytes come and go, seen by `curl` and by a bare socket.
@Suite struct WireTests {
    private static let trio =
        "X-Skill-Source: s\r\nX-Skill-Version: 1\r\nX-Skill-Platform: unknown\r\n"

    @Test("two requests that are sent at once are answered in order on one connection")
    func keepAlive() async throws {
        try await Stage.with(session: false) { (stage: Stage) async throws in
            let wire = try await Wire(to: stage.urls.api)
            let get = "GET /api/credits/balance/simple HTTP/1.1\r\nHost: x\r\n\(Self.trio)"
            try await wire.send(get + "\r\n" + get + "Connection: close\r\n\r\n")
            let answers = try await wire.rest().components(separatedBy: "HTTP/1.1 ").dropFirst()
            #expect(answers.count == 2)
            #expect(
                answers.allSatisfy {
                    $0.hasSuffix(#"{"code":1001,"message":"missing bearer token"}"#)
                }
            )
            #expect(answers.last?.contains("Connection: close") == true)
            #expect(Set(stage.simulator.requests.map(\.connection)) == [1])
            wire.close()
        }
    }

    @Test("a body in chunks is put together")
    func chunkedBody() async throws {
        try await Stage.with { (stage: Stage) async throws in
            let made = try await stage.curl(
                stage.urls.api + "/api/tasks/me/with-session/nemo_agent",
                "-H",
                "Transfer-Encoding: chunked",
                "-H",
                "Content-Type: application/json",
                "--data-binary",
                #"{"task_name":"in chunks","language":"en"}"#
            )
            #expect(made.data?["session_id"]?.string?.count == 19)
            let body = stage.simulator.requests.last?.body
            #expect(body == #"{"task_name":"in chunks","language":"en"}"#)
        }
    }

    @Test("a client that asks first is told to continue")
    func expectation() async throws {
        try await Stage.with(session: false) { (stage: Stage) async throws in
            let wire = try await Wire(to: stage.urls.api)
            try await wire.send(
                "POST /api/auth/claim-token HTTP/1.1\r\nHost: x\r\n\(Self.trio)"
                    + "Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
            )
            #expect(try await wire.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await wire.send("{}")
            #expect(try await wire.rest().hasPrefix("HTTP/1.1 200 OK"))
            wire.close()
        }
    }

    @Test(
        "what is not HTTP/1.1 is refused and noted",
        arguments: [
            "GET / HTTP/1.0\r\nHost: x\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nbad line\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        ]
    )
    func notHTTP(_ request: String) async throws {
        try await Stage.with(session: false) { (stage: Stage) async throws in
            let wire = try await Wire(to: stage.urls.api)
            try await wire.send(request)
            #expect(try await wire.rest().hasPrefix("HTTP/1.1 400 "))
            #expect(!stage.simulator.violations.isEmpty)
            wire.close()
        }
    }

    @Test("the service can end a connection without a byte, reset it, or say nothing")
    func noAnswer() async throws {
        try await Stage.with { options in
            options.script[.credits] = [.close(), .close(resetting: true), .silence]
        } _: { (stage: Stage) async throws in
            let path = "/api/credits/balance/simple"
            #expect(try await stage.get(path).exit == 52)
            #expect([52, 56].contains(try await stage.get(path).exit))
            let silent = try await stage.curl(stage.urls.api + path, "-m", "0.5")
            #expect(silent.exit == 28)
            // And then the happy path again.
            #expect(try await stage.get(path).status == 200)
            let statuses = stage.simulator.requests.suffix(4).map(\.status)
            #expect(statuses == [nil, nil, nil, 200])
        }
    }

    @Test("an answer can end before the length that it states")
    func truncatedAnswer() async throws {
        try await Stage.with { options in
            options.script[.credits] = [
                .truncated(at: 0.5), .normal.delivered { $0.lengthError = 10 },
            ]
        } _: { (stage: Stage) async throws in
            for _ in 0..<2 {
                let answer = try await stage.get("/api/credits/balance/simple")
                #expect(answer.exit == 18)
                #expect(answer.status == 200 && !answer.body.isEmpty)
            }
        }
    }

    @Test("an upload is refused while its body still flows, and the refusal arrives")
    func earlyRefusal() async throws {
        try await Stage.with { options in
            options.script = Scenario.numbered(43) ?? Scenario()
        } _: { (stage: Stage) async throws in
            let bytes = [UInt8](repeating: 7, count: 8_000_000)
            let answer = try await stage.upload("a.mp4", bytes)
            #expect(answer.json?["code"] == 4002)
            let taken = try #require(stage.simulator.requests.last?.bodyBytes)
            #expect(taken < bytes.count)
        }
    }

    @Test("an upload is cut at a part of its length")
    func cutUpload() async throws {
        try await Stage.with { options in
            options.script = Scenario.numbered(41) ?? Scenario()
        } _: { (stage: Stage) async throws in
            let answer = try await stage.upload("a.mp4", [UInt8](repeating: 7, count: 4_000_000))
            #expect(answer.exit != 0 && answer.status == 0)
            let state = try await stage.state()
            #expect(state.data?["state"]?["video_infos"]?.array == [])
            #expect(stage.simulator.requests.dropLast().last?.bodyBytes ?? 0 >= 2_000_000)
        }
    }

    @Test("a slow reader makes an upload slow, by the service's own clock")
    func throttled() async throws {
        try await Stage.with { options in
            (options.speed, options.receiveBuffer) = (10, 16_384)
            options.script[.upload] = [.normal.reading(.throttled(bytesPerSecond: 50_000))]
        } _: { (stage: Stage) async throws in
            let start = ContinuousClock.now
            let answer = try await stage.upload("a.mp4", [UInt8](repeating: 7, count: 200_000))
            // 4 s of the service's time.
            #expect(ContinuousClock.now - start >= .milliseconds(390))
            #expect(answer.data?["files"]?.array?.count == 1)
        }
    }

    @Test("a lost answer leaves the upload done")
    func lostAnswer() async throws {
        try await Stage.with { options in
            options.script = Scenario.numbered(42) ?? Scenario()
        } _: { (stage: Stage) async throws in
            #expect(try await stage.upload("a.mp4").exit == 52)
            let state = try await stage.state()
            #expect(state.data?["state"]?["video_infos"]?.array?.count == 1)
            #expect(stage.simulator.violations == [])
            _ = try await stage.upload("a.mp4")
            #expect(stage.simulator.violations.count == 1)
        }
    }

    @Test("a file is sent whole, in ranges, or not at all")
    func ranges() async throws {
        let bytes = Array("0123456789".utf8)
        try await Stage.with { (stage: Stage) async throws in
            let uploaded = try await stage.upload("名 前.mp4", bytes)
            let file = uploaded.data?["files"]?.array?.first
            #expect(file?["filename"]?.string == "名 前.mp4")
            let url = try #require(file?["cdn_url"]?.string)
            func get(_ range: String?) async throws -> Curl.Answer {
                guard let range else { return try await stage.curl(url, bare: true) }
                return try await stage.curl(url, "-H", "Range: bytes=\(range)", bare: true)
            }
            let whole = try await get(nil)
            #expect(whole.status == 200 && whole.body == bytes)
            #expect(whole.headers["accept-ranges"] == "bytes")
            let tail = try await get("4-")
            #expect(tail.status == 206 && tail.text == "456789")
            #expect(tail.headers["content-range"] == "bytes 4-9/10")
            #expect(try await get("2-3").text == "23")
            #expect(try await get("-3").text == "789")
            #expect(try await get("5-99").headers["content-range"] == "bytes 5-9/10")
            #expect(try await get("10-").status == 416)
            let mark = try #require(whole.headers["etag"])
            let other = try await stage.curl(
                url,
                "-H",
                "Range: bytes=4-",
                "-H",
                "If-Range: \"another\"",
                bare: true
            )
            #expect(other.status == 200 && other.body == bytes)
            let same = try await stage.curl(
                url,
                "-H",
                "Range: bytes=4-",
                "-H",
                "If-Range: \(mark)",
                bare: true
            )
            #expect(same.status == 206)
            #expect(try await stage.curl(url + "x", bare: true).status == 404)
            #expect(stage.simulator.violations == [])
        }
    }

    @Test("the file host can truncate, reset, trickle, refuse and redirect")
    func fileTroubles() async throws {
        try await Stage.with { options in
            options.script[.file] = [
                .truncated(at: 0.5), .truncated(at: 0.5, resetting: true),
                .normal.delivered { $0.lengthError = 5 }, .status(403, "expired"),
                .redirect(to: "http://localhost:1/elsewhere"),
                .normal.delivered { $0.pieces = 1_000 }, .close(),
            ]
        } _: { (stage: Stage) async throws in
            let bytes = [UInt8](repeating: 9, count: 100_000)
            let uploaded = try await stage.upload("a.mp4", bytes)
            let url = try #require(uploaded.data?["files"]?.array?.first?["cdn_url"]?.string)
            func get() async throws -> Curl.Answer { try await stage.curl(url, bare: true) }
            let half = try await get()
            #expect(half.exit == 18 && half.body.count == 50_000)
            #expect([18, 56].contains(try await get().exit))
            #expect(try await get().exit == 18)
            #expect(try await get().status == 403)
            let moved = try await get()
            #expect(moved.status == 302)
            #expect(moved.headers["location"] == "http://localhost:1/elsewhere")
            #expect(try await get().body == bytes)
            #expect(try await get().exit == 52)
        }
    }
}
