import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Simulator

/// What no client may do is noted, and nothing else is (§19).
@Suite struct StrictTests {
    private func messages(_ texts: String...) -> World {
        var world = World(SimulatorOptions())
        for text in texts { world.heard(text) }
        return world
    }

    private func head(_ lines: String...) throws -> RequestHead {
        let trio = ["X-Skill-Source: s", "X-Skill-Version: 1", "X-Skill-Platform: unknown"]
        let first = lines.first ?? "GET / HTTP/1.1"
        let text = ([first, "Host: x"] + trio + lines.dropFirst()).joined(separator: "\r\n")
        return try RequestHead(Array(text.utf8))
    }

    private func violations(_ head: RequestHead) -> [String] {
        var world = World(SimulatorOptions())
        _ = world.journal.record(head, port: .service, endpoint: nil, connection: 1, time: .zero)
        let route = try? Route.of(head.method, head.path)
        world.inspect(head, route?.endpoint)
        return world.journal.violations
    }

    @Test("a call without a bearer or one of the three headers is noted")
    func headers() throws {
        let bearer = "Authorization: Bearer nmv_usr_x"
        let credits = "GET /api/credits/balance/simple HTTP/1.1"
        #expect(violations(try head(credits, bearer)).isEmpty)
        #expect(violations(try head(credits)).count == 1)
        var bare = try head(credits, bearer)
        bare.headers.removeAll { $0.name.hasPrefix("X-Skill") }
        #expect(violations(bare).count == 3)
        #expect(violations(try head(credits, bearer, "X-Client-Id: 1")).count == 1)
        let token = "POST /api/auth/anonymous-token HTTP/1.1"
        #expect(violations(try head(token, "X-Client-Id: 1")).isEmpty)
        #expect(violations(try head(token, bearer)).count == 1)
        let run = "POST /run_sse HTTP/1.1"
        #expect(violations(try head(run, bearer)).count == 1)
        #expect(violations(try head(run, bearer, "Accept: text/event-stream")).isEmpty)
    }

    @Test(
        "a path or a method that the service does not know is noted",
        arguments: [
            "GET /api/v1/generate", "POST /api/render/proxy/draft", "GET /run_sse",
            "POST /api/credits/balance/simple", "GET /api/state/nemo_agent/anon_1/s/latest",
            "GET /api/state/nemo_agent/me//latest", "POST /run_sse/",
        ]
    )
    func paths(_ line: String) throws {
        let head = try head(line + " HTTP/1.1", "Authorization: Bearer nmv_usr_x")
        #expect(violations(head).count == 1)
    }

    @Test("a secret in an address is noted, and not told")
    func secrets() throws {
        let bearer = "Authorization: Bearer nmv_usr_x"
        let lines = [
            "GET /api/credits/balance/simple?token=nmv_usr_x HTTP/1.1",
            "GET /api/credits/balance/simple?ct=clm%5f1 HTTP/1.1",
        ]
        for line in lines {
            let found = violations(try head(line, bearer))
            #expect(found.count == 1)
            #expect(found.allSatisfy { !$0.contains("nmv_usr_x") && !$0.contains("clm") })
        }
    }

    @Test("the file host must not be told who asks")
    func fileHost() throws {
        var world = World(SimulatorOptions())
        world.inspectFile(try RequestHead(Array("GET /a HTTP/1.1\r\nHost: x".utf8)))
        #expect(world.journal.violations.isEmpty)
        world.inspectFile(try head("GET /a HTTP/1.1", "Authorization: Bearer nmv_usr_x"))
        #expect(world.journal.violations == ["the file host was sent authorization"])
    }

    @Test("a body needs its members and no others")
    func bodies() throws {
        let json = try head("POST / HTTP/1.1", "Content-Type: application/json")
        func violations(_ endpoint: Endpoint, _ text: String) -> Int {
            var world = World(SimulatorOptions())
            world.inspect(JSONReader.read(Array(text.utf8)), of: endpoint, head: json)
            return world.journal.violations.count
        }
        #expect(violations(.withSession, #"{"task_name":"p","language":"en"}"#) == 0)
        #expect(violations(.withSession, #"{"taskName":"p"}"#) == 2)
        let run = #""session_id":"1","new_message":{"parts":[{"text":"hi"}]}"#
        #expect(violations(.runSSE, #"{"app_name":"nemo_agent","user_id":"me",\#(run)}"#) == 0)
        #expect(violations(.runSSE, #"{"app_name":"x","user_id":"u_1",\#(run)}"#) == 2)
        #expect(violations(.renderSubmit, #"{"id":"r","sessionId":"1","draft":{}}"#) == 0)
        #expect(violations(.renderSubmit, #"{"id":"r","session_id":"1","draft":{}}"#) == 2)
        #expect(violations(.upload, #"{"urls":["https://x/a.mp4"],"source_type":"url"}"#) == 0)
        #expect(violations(.renderCancel, "{}") == 1)
    }

    @Test("a form field has the one name, a filename and a type")
    func forms() async throws {
        try await Stage.with { (stage: Stage) async throws in
            let url = stage.urls.api + "/api/upload-video/nemo_agent/me/\(stage.session)"
            let file = stage.curl.folder.file("a.mp4")
            try file.write(Data([1, 2, 3]))
            let form = "file=@\(file.string);filename=a.mp4;type=video/mp4"
            let wrong = try await stage.curl(url, "-H", "Expect:", "-F", form)
            #expect(wrong.status == 422)
            #expect(stage.simulator.violations == ["a form field named `file`"])
            _ = try await stage.curl(url, "-H", "Expect:", "-F", "files=text")
            #expect(stage.simulator.violations.count == 3)
        }
    }

    // MARK: The same message twice

    @Test("a message is not sent twice, unless a refusal or its own words make it safe")
    func repeats() {
        #expect(messages("a", "b").journal.violations.isEmpty)
        #expect(messages("a", "a").journal.violations.count == 1)
        func after(_ end: World.MessageFate.End) -> Int {
            var world = messages("a")
            world.settle("a", end)
            world.heard("a")
            return world.journal.violations.count
        }
        #expect(after(.refused) == 0)
        #expect(after(.done) == 0)
        #expect(after(.begun) == 1)
        #expect(after(.unknown) == 1)
    }

    @Test("a message of unknown fate may be sent again once, after the state was read")
    func unknownFate() throws {
        var world = World(SimulatorOptions())
        let made = world.newSession(["task_name": "p"], userID: "u")
        let id = made["session_id"]?.string ?? ""
        world.heard("a")
        world.settle("a", .unknown)
        _ = try world.state(id, userID: "u", now: .zero)
        world.heard("a")
        #expect(world.journal.violations.isEmpty)
        world.settle("a", .unknown)
        _ = try world.state(id, userID: "u", now: .zero)
        world.heard("a")
        #expect(world.journal.violations.count == 1)
    }

    @Test("the fate of a message follows from what its sender was told")
    func fates() {
        func fate(_ code: Int, worked: Bool = false) -> World.MessageFate.End {
            World.fate(after: .refusal(Refusal(code)), worked: worked)
        }
        for code in [1001, 1002, 400, 401, 404, 422, 429] { #expect(fate(code) == .refused) }
        for code in [500, 502, 503, 504, 408] { #expect(fate(code) == .unknown) }
        for code in [2001, 402, 403, 4001] { #expect(fate(code) == .begun) }
        #expect(fate(504, worked: true) == .begun)
        #expect(World.fate(after: .close(resetting: true), worked: false) == .unknown)
    }

    @Test("after a cut the same message is noted; after words it is the user's own")
    func cutThenSame() async throws {
        try await Stage.with { options in
            options.script.turns = [Turn(), Turn(.preface, .cut(.midEvent), .change())]
        } _: { (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            _ = try await stage.say("add a title")
            _ = try await stage.say("add a title")
            #expect(stage.simulator.violations == [])
            _ = try await stage.state()
            _ = try await stage.say("add a title")
            #expect(stage.simulator.violations.count == 1)
            stage.simulator.allowRepeats()
            _ = try await stage.say("add a title")
            #expect(stage.simulator.violations.count == 1)
        }
    }

    @Test("a second message in a session that works is noted")
    func twoAtOnce() throws {
        var world = World(SimulatorOptions())
        world.users["u"] = .init(id: "u", available: 100)
        let made = world.newSession(["task_name": "p"], userID: "u")
        let id = made["session_id"]?.string ?? ""
        _ = try world.begin("a", in: id, userID: "u")
        #expect(world.journal.violations.isEmpty)
        _ = try world.begin("b", in: id, userID: "u")
        #expect(world.journal.violations.count == 1)
    }

    // MARK: Renders

    @Test("a draft must come back byte for byte, and the newest that was served")
    func drafts() async throws {
        try await Stage.with { (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            _ = try await stage.say("add a title")
            let state = try await stage.state()
            _ = try await stage.submit("r1")
            #expect(stage.simulator.violations == [])
            // A reading and a writing again lose the spelling of numbers.
            let again = state.data?["state"]?["draft"]?.bytes ?? []
            let body: JSON = [
                "id": "r2", "sessionId": .string(stage.session), "draft": .raw(again),
            ]
            let text = String(decoding: body.bytes, as: UTF8.self)
            _ = try await stage.post("/api/render/proxy/lambda", text)
            #expect(stage.simulator.violations.count == 1)
            _ = try await stage.say("add music")
            let old = JSONReader.slice(of: "data", in: state.body)
                .flatMap { JSONReader.slice(of: "state", in: $0) }
                .flatMap { JSONReader.slice(of: "draft", in: $0) }
            _ = try await stage.state()
            let older: JSON = [
                "id": "r3", "sessionId": .string(stage.session), "draft": .raw(old ?? []),
            ]
            _ = try await stage.post(
                "/api/render/proxy/lambda",
                String(decoding: older.bytes, as: UTF8.self)
            )
            #expect(stage.simulator.violations.last?.contains("older draft") == true)
        }
    }

    @Test("a draft that was served as text may come back as text or as what it says")
    func draftAsText() async throws {
        try await Stage.with {
            $0.script.knobs.draftForm = .string
        } _: {
            (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            _ = try await stage.say("add a title")
            _ = try await stage.submit("r1")
            let state = try await stage.state()
            let inner = state.data?["state"]?["draft"]?.string ?? ""
            let body: JSON = [
                "id": "r2", "sessionId": .string(stage.session), "draft": .raw(Array(inner.utf8)),
            ]
            let text = String(decoding: body.bytes, as: UTF8.self)
            #expect(try await stage.post("/api/render/proxy/lambda", text).status == 200)
            #expect(stage.simulator.violations == [])
        }
    }

    @Test("a render of nothing is refused and noted", arguments: Knobs.DraftForm.allCases)
    func nothingToRender(_ form: Knobs.DraftForm) async throws {
        try await Stage.with {
            $0.script.knobs.draftForm = form
        } _: {
            (stage: Stage) async throws in
            #expect(try await stage.submit("r1").status == 422)
            #expect(stage.simulator.count(.renderSubmit) == 1)
            #expect(!stage.simulator.violations.isEmpty)
        }
    }

    // MARK: Secrets

    @Test("neither records nor log lines hold a secret, and equal secrets have equal names")
    func redaction() async throws {
        let lines = Locked<[String]>([])
        try await Stage.with { options in
            options.log = { line in lines.withLock { $0.append(line) } }
        } _: { (stage: Stage) async throws in
            _ = try await stage.state()
            let secrets = stage.simulator.secrets
            #expect(secrets.contains(stage.token) && secrets.contains("6f1c2d3e"))
            let told = stage.simulator.requests.map { "\($0)" } + lines.withLock { $0 }
            for secret in secrets {
                #expect(!told.contains { $0.contains(secret) })
            }
            #expect(stage.simulator.requests.first?["x-client-id"] == "<client 1>")
            let bearers = stage.simulator.requests.dropFirst().map { $0["authorization"] }
            #expect(Set(bearers) == ["Bearer <token 1>"])
            let log = lines.withLock { $0 }
            #expect(log.first == "POST /api/auth/anonymous-token → 200")
            #expect(log.count == 3)
        }
    }
}
