import Foundation
import Testing

@testable import Simulator

/// Tokens, credits, sessions and refusals (§2, §3, §6, §10).
@Suite struct AccountTests {
    private func token(_ stage: Stage, _ client: String?) async throws -> Curl.Answer {
        let url = stage.urls.api + "/api/auth/anonymous-token"
        guard let client else { return try await stage.curl(url, "-X", "POST") }
        return try await stage.curl(url, "-X", "POST", "-H", "X-Client-Id: \(client)")
    }

    @Test("a client id gets one token in its window, and no header gets none")
    func oneToken() async throws {
        try await Stage.with(session: false) { (stage: Stage) async throws in
            #expect(try await token(stage, nil).status == 400)
            #expect(try await token(stage, String(repeating: "x", count: 65)).status == 400)
            let first = try await token(stage, "a")
            #expect(first.data?["token"]?.string?.hasPrefix("nmv_usr_") == true)
            #expect(first.data?["user_id"]?.string?.hasPrefix("anon_") == true)
            #expect(first.data?["credits"] == 100)
            let date = try #require(first.data?["expires_at"]?.string)
            let expiry = try Date(date, strategy: .iso8601).timeIntervalSinceNow
            #expect((604_700...604_800).contains(expiry))
            let second = try await token(stage, "a")
            #expect(second.status == 429 && second.json?["code"] == 429)
            #expect(try await token(stage, "b").status == 200)
        }
    }

    @Test("an address gets ten tokens and no more")
    func tokensPerAddress() async throws {
        try await Stage.with(session: false) { (stage: Stage) async throws in
            for number in 1...10 { #expect(try await token(stage, "c\(number)").status == 200) }
            #expect(try await token(stage, "c11").status == 429)
        }
    }

    @Test("an expired token is refused with 1001 and renewed for the same user")
    func renewal() async throws {
        try await Stage.with { options in
            options.script = .expiry(at: .state)
        } _: { (stage: Stage) async throws in
            #expect(try await stage.state().json?["code"] == 1001)
            let renewed = try await token(stage, "6f1c2d3e")
            var again = stage
            again.curl.headers.removeLast()
            let bearer = renewed.data?["token"]?.string ?? ""
            again.curl.headers.append("Authorization: Bearer \(bearer)")
            #expect(try await again.state().json?["code"] == 0)
        }
    }

    @Test("a renewal may make a new user, who has no session")
    func newUser() async throws {
        try await Stage.with { options in
            options.script = .expiry(at: .state)
            options.script.knobs.renewalMakesNewUser = true
        } _: { (stage: Stage) async throws in
            _ = try await stage.state()
            let renewed = try await token(stage, "6f1c2d3e")
            var again = stage
            again.curl.headers.removeLast()
            let bearer = renewed.data?["token"]?.string ?? ""
            again.curl.headers.append("Authorization: Bearer \(bearer)")
            #expect(try await again.state().json?["code"] == 1002)
        }
    }

    @Test("a token given in the environment is known from the start")
    func presetAccount() async throws {
        try await Stage.with(session: false) { options in
            options.accounts = [.init(token: "nmv_usr_preset", userID: "user_9", credits: 7)]
        } _: { (stage: Stage) async throws in
            var stage = stage
            stage.curl.headers.append("Authorization: Bearer nmv_usr_preset")
            let credits = try await stage.get("/api/credits/balance/simple")
            #expect(credits.data == ["available": 7, "frozen": 0, "total": 7])
        }
    }

    @Test("messages cost credits until there are none, which is 2001")
    func creditsRunOut() async throws {
        try await Stage.with {
            $0.creditsAtStart = 9
        } _: { (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            #expect(try await stage.say("add a title").status == 200)
            let left = try await stage.get("/api/credits/balance/simple")
            #expect(left.data == ["available": 4, "frozen": 0, "total": 4])
            let refused = try await stage.say("add music")
            #expect(refused.json?["code"] == 2001)
            #expect(refused.headers["content-type"] == "application/json")
        }
    }

    @Test("a forgotten session is 1002 on every path that names it")
    func lostSession() async throws {
        try await Stage.with { (stage: Stage) async throws in
            stage.simulator.perform(.forgetSessions)
            #expect(try await stage.state().json?["code"] == 1002)
            #expect(try await stage.upload("a.mp4").json?["code"] == 1002)
            #expect(try await stage.say("hello").json?["code"] == 1002)
        }
    }

    @Test("a claim token is given for a task and its session, or is not there at all")
    func claim() async throws {
        try await Stage.with { (stage: Stage) async throws in
            let state = try await stage.state()
            let task = state.data?["task_id"]?.string ?? ""
            let body = #"{"task_id":"\#(task)","session_id":"\#(stage.session)"}"#
            let claim = try await stage.post("/api/auth/claim-token", body)
            #expect(claim.data?["claim_token"]?.string?.hasPrefix("clm_") == true)
            #expect(claim.data?["expires_in"] == 604_800)
            stage.simulator.play(Scenario { $0.knobs.claimTokens = false })
            #expect(try await stage.post("/api/auth/claim-token", body).status == 404)
        }
    }

    @Test("a refusal is told in every form, with the status that must go with it")
    func errorForms() async throws {
        try await Stage.with { (stage: Stage) async throws in
            for form in Knobs.ErrorForm.allCases {
                for delivery in Knobs.ErrorDelivery.allCases {
                    stage.simulator.play(
                        Scenario { scenario in
                            scenario.knobs.errors = form
                            scenario.knobs.errorDelivery = delivery
                            scenario[.credits] = [.refuse(1001)]
                        }
                    )
                    let answer = try await stage.get("/api/credits/balance/simple")
                    let code = answer.json?["code"]
                    #expect(answer.status == 401 || code == 1001 || code == "1001")
                    if delivery == .statusOnly { #expect(code == nil && answer.status == 401) }
                }
            }
        }
    }

    @Test("success is told in every envelope")
    func envelopes() async throws {
        try await Stage.with { (stage: Stage) async throws in
            let path = "/api/credits/balance/simple"
            let payload: JSON = ["available": 100, "frozen": 0, "total": 100]
            let wholes: [(Knobs.Envelope, JSON)] = [
                (.e1, ["code": 0, "data": payload]), (.e3, ["success": true, "data": payload]),
                (.e4, payload),
            ]
            for (envelope, whole) in wholes {
                stage.simulator.play(Scenario { $0.knobs.envelope = envelope })
                #expect(try await stage.get(path).json == whole)
            }
        }
    }

    @Test("an answer can be spoiled in every way and still say 200")
    func spoiled() async throws {
        try await Stage.with { (stage: Stage) async throws in
            for spoiling in Behaviour.Spoiling.allCases {
                stage.simulator.play(.at(.credits, .spoiled(spoiling)))
                let answer = try await stage.get("/api/credits/balance/simple")
                #expect(answer.status == 200 && answer.exit == 0)
                let isWhole = answer.data?["available"] == 100
                #expect(isWhole == (spoiling == .duplicateKeys), "\(spoiling)")
            }
        }
    }

    @Test("members of a payload can be set and removed")
    func oddities() async throws {
        try await Stage.with { options in
            options.script = Scenario.numbered(59) ?? Scenario()
        } _: { (stage: Stage) async throws in
            let answer = try await stage.get("/api/credits/balance/simple")
            #expect(answer.data == ["available": -5, "total": 100])
        }
    }

    @Test("a captive portal answers every call with a page and 200")
    func portal() async throws {
        try await Stage.with { (stage: Stage) async throws in
            stage.simulator.play(Scenario.numbered(61) ?? Scenario())
            for _ in 0..<3 {
                let answer = try await stage.get("/api/credits/balance/simple")
                #expect(answer.status == 200 && answer.text.hasPrefix("<!DOCTYPE html>"))
            }
        }
    }

    @Test("behaviours are used up in order, so many times each, and then all is normal")
    func order() async throws {
        var scenario = Scenario.at(.credits, .refuse(429).times(2), .refuse(503))
        func next() -> Int? {
            if case .refusal(let refusal) = scenario.next(.credits).reply {
                refusal.code
            } else {
                nil
            }
        }
        #expect([next(), next(), next(), next()] == [429, 429, 503, nil])
        var forever = Scenario.at(.credits, .refuse(429).forever)
        for _ in 0..<5 {
            guard case .refusal = forever.next(.credits).reply else {
                Issue.record("used up")
                return
            }
        }
    }
}
