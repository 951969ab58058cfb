import Core
import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// What the service refuses, and in which shapes it says so: scenarios 10 to 18, 36 and 64 of §19.
@Suite struct RefusalScenarios {
    // MARK: 10, 64

    static let ways: [(Endpoint, Behaviour)] = [
        (.state, .refuse(1002)), (.state, .refuse(404)), (.upload, .refuse(1002)),
        (.upload, .refuse(404)), (.runSSE, .refuse(1002)), (.runSSE, .refuse(404)),
    ]

    @Test("scenario 10: a session that is gone is replaced once", arguments: ways)
    func sessionGone(_ endpoint: Endpoint, _ refusal: Behaviour) async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            try await client.connect()
            let old = client.session?.sessionID
            scene.play { $0[endpoint] = [refusal.after(.forgetSessions)] }
            switch endpoint {
            case .state: _ = try await client.state()
            case .upload: _ = try await client.upload([try scene.video()])
            default: _ = try await client.send("make a video of a city")
            }
            #expect(client.session?.sessionID != old)
            #expect(scene.count(.withSession) == 2)
            #expect(scene.heard.count(.newSession(lostMedia: false)) == 1)
        }
    }

    @Test("scenario 10: a session that is gone for ever ends after one new one", arguments: ways)
    func sessionsGo(_ endpoint: Endpoint, _ refusal: Behaviour) async throws {
        try await Scene.with {
            $0.script[endpoint] = [refusal.forever]
        } _: { scene in
            let client = try scene.client()
            try await client.connect()
            let error = await scene.error {
                switch endpoint {
                case .state: _ = try await client.state()
                case .upload: _ = try await client.upload([try scene.video()])
                default: _ = try await client.send("make a video of a city")
                }
            }
            #expect(error?.kind == .sessionUnknown)
            #expect(scene.count(.withSession) == 2)
            #expect(scene.count(endpoint) == 2)
        }
    }

    @Test("scenario 10: a message is not repeated on a new session that lost the uploads")
    func uploadsLost() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            scene.simulator.perform(.forgetSessions)
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .sessionUnknown)
            #expect(error?.advice.contains("upload the files again") == true)
            #expect(scene.heard.count(.newSession(lostMedia: true)) == 1)
            #expect(scene.count(.runSSE) == 0)
        }
    }

    @Test("scenario 10: an export of a session that is gone reports it and opens no new one")
    func exportOfLostSession() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            scene.simulator.perform(.forgetSessions)
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .sessionUnknown)
            #expect(scene.count(.withSession) == 1)
            #expect(client.session == nil)
        }
    }

    @Test("scenario 64: a lost token and a lost session in turn end after one repair of each")
    func pingPong() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            try await client.connect()
            let token = Behaviour.refuse(1001).after(.expireTokens)
            let session = Behaviour.refuse(1002)
            scene.play { $0[.state] = (0..<10).flatMap { _ in [token, session] } }
            let error = await scene.error { _ = try await client.state() }
            #expect(error?.kind == .tokenRejected(isFromEnvironment: false))
            #expect(scene.count(.anonymousToken) == 2)
            #expect(scene.count(.withSession) == 2)
            #expect(scene.count(.state) == 3)
        }
    }

    // MARK: 11

    @Test("scenario 11: without credits an anonymous user is shown where to register, id escaped")
    func creditsBefore() async throws {
        try await Scene.with {
            $0.script[.withSession] = [.edited(.set("bind_id", to: "anon_a/b&ü"))]
            $0.script[.runSSE] = [.refuse(2001)]
        } _: { scene in
            let client = try scene.client()
            try await client.connect()
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .outOfCredits(isAnonymous: true))
            #expect(error?.link == "https://nemovideo.com/register?bind=anon_a%2Fb%26%C3%BC")
            #expect(error?.failure.kind == .denied)
            #expect(error?.advice.contains("register?bind=") == true)
            #expect(scene.count(.runSSE) == 1)
        }
    }

    @Test("scenario 11: credits that run out inside the stream say the same")
    func creditsInside() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.preface, .code(2001))]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .outOfCredits(isAnonymous: true))
            #expect(error?.link?.hasPrefix("https://nemovideo.com/register?bind=anon_") == true)
            #expect(scene.asked.suffix(3) == [.state, .runSSE, .state])
        }
    }

    @Test("scenario 11: a registered user is told to top up")
    func creditsRegistered() async throws {
        try await Scene.with {
            $0.accounts = [.init(token: "nmv_usr_REGISTERED", userID: "user_1")]
            $0.script[.runSSE] = [.refuse(2001)]
        } _: { scene in
            let client = try scene.client(environment: ["NEMO_TOKEN": "nmv_usr_REGISTERED"])
            let error = await scene.error { _ = try await client.send("make a video") }
            #expect(error?.kind == .outOfCredits(isAnonymous: false))
            #expect(error?.advice == "Top up credits in your account.")
            #expect(error?.link == nil)
        }
    }

    // MARK: 12, 13, 14

    @Test(
        "scenario 12: a file that the service refuses is sent once and comes with advice",
        arguments: [
            (4001, CloudError.Kind.unsupportedByService, "Supported: mp4"),
            (415, .unsupportedByService, "Supported: mp4"),
            (4002, .tooLargeForService, "cinch a.mp4 --to"), (413, .tooLargeForService, "trim"),
        ]
    )
    func refusedFile(_ code: Int, _ kind: CloudError.Kind, _ advice: String) async throws {
        try await Scene.with {
            $0.script[.upload] = [.refuse(code).forever]
        } _: { scene in
            let client = try scene.client()
            let error = await scene.error { _ = try await client.upload([try scene.video()]) }
            #expect(error?.kind == kind)
            #expect(error?.advice.contains(advice) == true)
            #expect(scene.count(.upload) == 1)
        }
    }

    @Test("scenario 13: an export that the plan does not allow is not tried again")
    func planRequired() async throws {
        try await Scene.with {
            $0.script[.renderSubmit] = [.refuse(402).forever]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("add a title")
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .planRequired)
            #expect(error?.why.contains("not about credits") == true)
            #expect(error?.advice.contains("upgrade your plan") == true)
            #expect(error?.link?.contains("register?bind=anon_") == true)
            #expect(scene.count(.renderSubmit) == 1)
            #expect(client.jobs().isEmpty)
            #expect(scene.folder.names == ["a.mp4", "state"])
        }
    }

    @Test("scenario 13: no request leaves without the three headers")
    func headersMissing() async throws {
        try await Scene.with(changes: [{ $0.attribution.version = "" }]) { scene in
            let client = try scene.client()
            let error = await scene.error { try await client.connect() }
            #expect(error?.kind == .defect)
            #expect(scene.simulator.requests.isEmpty)
        }
    }

    @Test("scenario 14: an export that the token may not do says so once")
    func forbidden() async throws {
        try await Scene.with {
            $0.script[.renderSubmit] = [.refuse(403).forever]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("add a title")
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .forbidden)
            #expect(error?.why.contains("plan") == true)
            #expect(scene.count(.renderSubmit) == 1)
        }
    }

    // MARK: 15, 16

    static let endpoints: [Endpoint] = [
        .withSession, .state, .credits, .upload, .runSSE, .renderSubmit, .renderPoll, .claimToken,
        .file, .renderDownload,
    ]

    /// How often `everything` asks an endpoint that goes wrong the first time.
    ///
    /// Nil for polls, whose number is a matter of time.
    private func askedOnceMore(_ endpoint: Endpoint) -> Int? {
        switch endpoint {
        case .renderPoll: nil
        // Before the message, after it, and before the export.
        case .state: 4
        default: 2
        }
    }

    /// The service gives no address of the file where its own download is to be used.
    private func address(for endpoint: Endpoint) -> RenderScript.Address {
        endpoint == .renderDownload ? .never : .given
    }

    /// A scene that renders: where its polls go wrong for ever, in a time that comes to an end.
    private func scene(
        _ endpoint: Endpoint,
        _ behaviours: [Behaviour],
        _ body: (Scene) async throws -> Void
    ) async throws {
        let isAboutPolls = endpoint == .renderPoll
        let short: Scene.Change = { $0.renderLimits.whole = .seconds(200) }
        try await Scene.with(
            speed: isAboutPolls ? 200 : 1_000,
            changes: isAboutPolls ? [short] : []
        ) {
            $0.script[endpoint] = behaviours
            $0.script.usualRender.address = address(for: endpoint)
        } _: { scene in
            try await body(scene)
        }
    }

    @Test("scenario 15: a limited call is made once more", arguments: endpoints)
    func limited(_ endpoint: Endpoint) async throws {
        try await Scene.with {
            $0.script[endpoint] = [.refuse(429)]
            $0.script.usualRender.address = address(for: endpoint)
        } _: { scene in
            try await scene.everything(try scene.client())
            let times = scene.simulator.requests.filter { $0.endpoint == endpoint }.map(\.time)
            try #require(times.count >= 2)
            #expect(times[1] - times[0] >= .seconds(29))
            if let count = askedOnceMore(endpoint) { #expect(times.count == count) }
            // The next poll is thirty seconds away in any case.
            let waits = scene.heard.count(.limited(wait: .seconds(30)))
            #expect(waits == (endpoint == .renderPoll ? 0 : 1))
        }
    }

    @Test("scenario 15: a call that stays limited is reported", arguments: endpoints)
    func limitedForever(_ endpoint: Endpoint) async throws {
        try await scene(endpoint, [.refuse(429).forever]) { scene in
            let error = await scene.error { try await scene.everything(try scene.client()) }
            switch endpoint {
            case .renderPoll:
                // Asked on and on until the render's own time is up.
                #expect(error?.kind == .stillRendering)
                #expect((3...6).contains(scene.count(.renderPoll)))
            case .file:
                // The file can be had from the service itself.
                #expect(error == nil)
                #expect(scene.count(.file) == 2)
                #expect(scene.count(.renderDownload) == 1)
            default:
                #expect(error?.kind == .rateLimited(isToken: false))
                #expect(scene.count(endpoint) == 2)
            }
        }
    }

    static let troubles: [Behaviour] = [
        .refuse(500), .status(502), .html(503), .status(504, type: "application/json", "{}"),
        .status(500, "Internal Server Error"), .refuse(408), .close(), .close(resetting: true),
    ]

    @Test("scenario 16: a failing service is asked again", arguments: endpoints + [.anonymousToken])
    func failing(_ endpoint: Endpoint) async throws {
        try await Scene.each(of: Self.troubles) { trouble in
            try await Scene.with {
                $0.script[endpoint] = [trouble]
                $0.script.usualRender.address = address(for: endpoint)
            } _: { scene in
                try await scene.everything(try scene.client())
                let count = scene.count(endpoint)
                if let wanted = askedOnceMore(endpoint) {
                    #expect(count == wanted, "\(trouble.reply)")
                } else {
                    #expect(count >= 2, "\(trouble.reply)")
                }
                if endpoint == .file { #expect(scene.count(.renderDownload) == 0) }
            }
        }
    }

    @Test(
        "scenario 16: a service that fails for ever is given up",
        arguments: endpoints + [.anonymousToken]
    )
    func failingForever(_ endpoint: Endpoint) async throws {
        try await scene(endpoint, [.html(503).forever]) { scene in
            let error = await scene.error { try await scene.everything(try scene.client()) }
            let tries: [Endpoint: Int] = [
                .anonymousToken: 2, .withSession: 2, .state: 3, .credits: 3, .upload: 3, .runSSE: 2,
                .renderSubmit: 2, .claimToken: 3, .file: 4, .renderDownload: 4,
            ]
            switch endpoint {
            case .renderPoll: #expect(error?.kind == .stillRendering)
            case .file:
                #expect(error == nil)
                #expect(scene.count(.renderDownload) == 1)
            default: #expect(error?.failure.kind == .unavailable)
            }
            if let wanted = tries[endpoint] { #expect(scene.count(endpoint) == wanted) }
        }
    }

    @Test(
        "scenario 16: a message that met a failing service is sent again only after five readings"
    )
    func messageAfterFailure() async throws {
        try await Scene.with {
            $0.script[.runSSE] = [.status(503)]
        } _: { scene in
            let reply = try await scene.titled()
            #expect(reply.outcome == .answered)
            let readings = Array(repeating: Endpoint.state, count: 5)
            #expect(scene.asked.suffix(9) == [.state, .runSSE] + readings + [.runSSE, .state])
            #expect(scene.heard.count(.inDoubt(sendsAgain: true)) == 1)
            #expect(scene.heard.count(.recovering) == 0)
        }
    }

    // MARK: 17, 18, 36

    static let read: [Endpoint] = [
        .anonymousToken, .withSession, .state, .credits, .upload, .runSSE, .renderSubmit,
        .renderPoll, .claimToken,
    ]

    /// What an answer that says 200 and makes no sense is; nil where it does make sense after all.
    private func problem(
        _ spoiling: Behaviour.Spoiling,
        at endpoint: Endpoint
    ) -> CloudError.Kind? {
        switch (endpoint, spoiling) {
        // A poll that says nothing is one that is made again.
        case (.renderPoll, _): .stillRendering
        case (_, .html): .captivePortal
        // Anything may be said for "accepted" (§9.2), and what was cut off is asked for by its id.
        case (.renderSubmit, _): nil
        // JSON without a list of files is one that names none.
        case (.upload, .wrongTypes), (.upload, .null), (.upload, .emptyArray), (.upload, .empty):
            .uploadNotApplied
        default: .malformed
        }
    }

    @Test("scenario 17: an answer that makes no sense is an error, not a crash", arguments: read)
    func malformed(_ endpoint: Endpoint) async throws {
        let spoilings = Behaviour.Spoiling.allCases.filter { $0 != .duplicateKeys }
        try await Scene.each(of: spoilings) { spoiling in
            try await scene(endpoint, [Behaviour.spoiled(spoiling).forever]) { scene in
                let error = await scene.error { try await scene.everything(try scene.client()) }
                #expect(error?.kind == problem(spoiling, at: endpoint), "\(spoiling)")
                if let error { #expect(!error.failure.description.isEmpty) }
                // Asking again would bring the same.
                let most = endpoint == .renderPoll ? 6 : 1
                #expect(scene.count(endpoint) <= most, "\(spoiling)")
            }
        }
    }

    @Test(
        "scenario 17: what comes in the place of a file and is none is an error, not the file",
        arguments: [
            (Behaviour.html(200), CloudError.Kind.captivePortal),
            (.json(200, ["code": 0, "data": "done"]), .malformed),
            (.json(200, ["code": 5000, "message": "no"]), .refused(code: 5000)),
            (.status(200, type: "application/json", #"{"code":"#), .malformed),
            (.status(200, type: "video/mp4"), .resultUnusable),
        ]
    )
    func malformedFile(_ behaviour: Behaviour, _ kind: CloudError.Kind) async throws {
        try await Scene.with {
            $0.script[.file] = [behaviour.forever]
            $0.script[.renderDownload] = [behaviour.forever]
        } _: { scene in
            let error = await scene.error { try await scene.everything(try scene.client()) }
            #expect(error?.kind == kind)
            #expect(scene.count(.file) == 1)
            #expect(scene.count(.renderDownload) == 1)
            #expect(scene.folder.names == ["a.mp4", "state"])
        }
    }

    @Test("scenario 18: every envelope means the same", arguments: Knobs.Envelope.allCases)
    func envelopes(_ envelope: Knobs.Envelope) async throws {
        let usual = try await outcome { $0.script.knobs.envelope = .e1 }
        for shape in Knobs.RenderShape.allCases {
            let other = try await outcome {
                $0.script.knobs.envelope = envelope
                $0.script.knobs.renderShape = shape
                $0.script.knobs.numericSessionID = true
                $0.script.knobs.optionalFields = envelope != .e4
                $0.script.knobs.stateShape = envelope == .e3 ? .flat : .full
            }
            #expect(other == usual)
        }
    }

    /// What everything comes to with an option, each endpoint asked no oftener than needed.
    private func outcome(
        _ options: (inout SimulatorOptions) -> Void
    ) async throws -> Scene.Everything {
        var outcome: Scene.Everything?
        try await Scene.with(options) { scene in
            outcome = try await scene.everything(try scene.client())
            #expect(scene.count(.file) == 1)
            #expect(scene.folder.file("out.mp4").byteCount == 15)
        }
        return try #require(outcome)
    }

    @Test("scenario 18: every form of an error means the same", arguments: Knobs.ErrorForm.allCases)
    func errorForms(_ form: Knobs.ErrorForm) async throws {
        try await Scene.each(of: Knobs.ErrorDelivery.allCases) { delivery in
            try await Scene.with {
                $0.script.knobs.errors = form
                $0.script.knobs.errorDelivery = delivery
                $0.script[.upload] = [.refuse(4002)]
                $0.script[.state] = [.refuse(1002)]
                $0.script[.credits] = [.refuse(1001).after(.expireTokens)]
            } _: { scene in
                let client = try scene.client()
                let error = await scene.error { _ = try await client.upload([try scene.video()]) }
                #expect(error?.kind == .tooLargeForService)
                _ = try await client.credits()
                #expect(scene.count(.anonymousToken) == 2)
                _ = try await client.state()
                #expect(scene.count(.withSession) == 2)
            }
        }
    }

    @Test(
        "scenario 18: every form of an error means the same to what only works when asked twice",
        arguments: Knobs.ErrorForm.allCases
    )
    func errorFormsOfWork(_ form: Knobs.ErrorForm) async throws {
        try await Scene.each(of: Knobs.ErrorDelivery.allCases) { delivery in
            try await Scene.with {
                $0.script.knobs.errors = form
                $0.script.knobs.errorDelivery = delivery
                let expired = Behaviour.refuse(1001).after(.expireTokens)
                $0.script[.anonymousToken] = [.refuse(400)]
                $0.script[.withSession] = [expired]
                $0.script[.runSSE] = [expired]
                $0.script[.renderSubmit] = [.refuse(429)]
                $0.script[.renderPoll] = [expired]
            } _: { scene in
                let client = try scene.client()
                try await scene.everything(client)
                // The first, and one for each of the three that had expired.
                #expect(scene.count(.anonymousToken) == 5)
                #expect(scene.count(.withSession) == 2)
                #expect(scene.count(.runSSE) == 2)
                #expect(scene.count(.renderSubmit) == 2)
                scene.play {
                    $0.knobs.errors = form
                    $0.knobs.errorDelivery = delivery
                    $0[.renderSubmit] = [.refuse(402)]
                }
                let path = scene.folder.file("second.mp4")
                let error = await scene.error { _ = try await client.export(to: path) }
                #expect(error?.kind == .planRequired)
            }
        }
    }

    @Test(
        "scenario 36: a message that is answered with something else than a stream is an error",
        arguments: [
            (
                Behaviour.json(200, ["code": 1003, "message": "no"]),
                CloudError.Kind.refused(code: 1003)
            ),
            (.json(200, ["code": 0, "data": [:]]), .malformed),
            (.json(200, ["detail": "Session not found"]), .refused(code: 200)),
            (.refuse(422), .refused(code: 422)), (.html(200), .captivePortal),
            (.status(200, "hello"), .malformed), (.status(200), .malformed),
        ]
    )
    func notAStream(_ behaviour: Behaviour, _ kind: CloudError.Kind) async throws {
        try await Scene.with {
            $0.script[.runSSE] = [behaviour]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == kind)
            #expect(scene.count(.runSSE) == 1)
        }
    }

    @Test("scenario 36: a session that the agent does not know is replaced")
    func detailNotFound() async throws {
        try await Scene.with {
            $0.script[.runSSE] = [.json(404, ["detail": "Session not found: 1"])]
        } _: { scene in
            let client = try scene.client()
            try await client.connect()
            let reply = try await client.send("make a video of a city")
            #expect(reply.outcome == .answered)
            #expect(scene.count(.withSession) == 2)
        }
    }
}
