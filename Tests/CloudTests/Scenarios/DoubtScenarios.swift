import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Messages of which nobody knows whether they were taken, and timelines that change while nobody
/// looks: scenarios 10, 16, 38 and 57 of §19.
@Suite struct DoubtScenarios {
    // MARK: 16

    @Test(
        "scenario 16: a message whose answer was lost is not sent again while its work goes on",
        arguments: [
            Behaviour.status(504), .status(502), .html(503), .close(), .close(resetting: true),
        ],
        [0, 40, 100, 200]
    )
    func workGoesOn(_ lost: Behaviour, _ seconds: Int) async throws {
        try await Scene.with {
            $0.script[.runSSE] = [lost.whileWorking(shows: .after(.seconds(seconds)))]
        } _: { scene in
            let reply = try await scene.titled()
            #expect(reply.outcome == .recovered)
            #expect(!reply.changes.isEmpty)
            #expect(scene.count(.runSSE) == 1)
            #expect(scene.heard.count(.inDoubt(sendsAgain: true)) == 1)
        }
    }

    @Test("scenario 16: a message that is lost twice is sent twice, and the error is the service's")
    func lostTwice() async throws {
        try await Scene.with {
            $0.script[.runSSE] = [.status(504).forever]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .service(status: 504))
            let runs = scene.simulator.requests.filter { $0.endpoint == .runSSE }
            #expect(runs.count == 2)
            #expect(runs[1].time - runs[0].time >= .seconds(269))
            #expect(scene.heard.count(.inDoubt(sendsAgain: true)) == 1)
            #expect(scene.heard.count(.inDoubt(sendsAgain: false)) == 1)
        }
    }

    @Test("scenario 16: work that shows after a message was given up is told by the next command")
    func lostTwiceAndDone() async throws {
        try await Scene.with {
            let late = Behaviour.status(504).whileWorking(shows: .atRead(6))
            $0.script[.runSSE] = [.status(504), late]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .service(status: 504))
            // It was sent twice: sending it once more is for the person to decide.
            #expect(error?.advice.contains("it may cost credits") == true)
            #expect(client.session?.isUnanswered == true)
            _ = try await scene.client().state()
            #expect(meanwhile(scene).map(\.wasUnanswered) == [true])
        }
    }

    @Test("a message that cannot be followed any more, for its token, is told by the next command")
    func tokenLost() async throws {
        let token = IdentityScenarios.preset
        try await Scene.with(environment: ["NEMO_TOKEN": token]) {
            $0.accounts = [.init(token: token, userID: "user_1")]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            scene.play {
                $0.turns = [Turn(.preface, .cut(.betweenEvents), .change())]
                $0[.state] = [.normal, .refuse(1001).forever]
            }
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .tokenRejected(isFromEnvironment: true))
            #expect(client.session?.isUnanswered == true)
            scene.play { _ in }
            _ = try await scene.client().state()
            #expect(meanwhile(scene).map(\.wasUnanswered) == [true])
        }
    }

    @Test("a message that is refused does not hide what the one before it still does")
    func refusedAfterLost() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.preface, .change(.atRead(2)), .stall)]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let sending = Task { try await client.send("add a title") }
            try await scene.until { !scene.heard.texts.isEmpty }
            sending.cancel()
            _ = await sending.result
            scene.play { $0[.runSSE] = [.refuse(2001)] }
            let next = try scene.client()
            let error = await scene.error { _ = try await next.send("make it 720p") }
            #expect(error?.kind == .outOfCredits(isAnonymous: true))
            #expect(next.session?.isUnanswered == true)
            _ = try await next.state()
            #expect(meanwhile(scene).map(\.wasUnanswered) == [true])
        }
    }

    @Test("a message that is refused is not waited for", arguments: [402, 2001])
    func refused(_ code: Int) async throws {
        try await Scene.with {
            $0.script[.runSSE] = [.refuse(code)]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = await scene.error { _ = try await client.send("add a title") }
            #expect(client.session?.isUnanswered == nil)
        }
    }

    @Test("what a message changed before its error was told is not news")
    func failedAfterChange() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.change(), .failure(.s3, "boom"))]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .agentFailed)
            #expect(scene.heard.events.contains { if case .changed = $0 { true } else { false } })
            #expect(client.session?.isUnanswered == nil)
            _ = try await scene.client().state()
            #expect(meanwhile(scene).isEmpty)
        }
    }

    @Test(
        "scenario 16: a message of whose answer a part came is never sent again",
        arguments: ["HTTP/1.1 200 OK\r\nContent-Ty", "HTTP/1.1 200 OK\r\n"],
        [true, false]
    )
    func answerBegan(_ part: String, _ isReset: Bool) async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.skipBody()
            if connection.head.hasPrefix("POST /run_sse") {
                try connection.send(part)
                // A reset overtakes what was not read yet.
                Thread.sleep(forTimeInterval: 0.2)
                if isReset { connection.reset() }
                return
            }
            let isState = connection.head.hasPrefix("GET")
            let data = isState ? #"{"state":{"draft":{}}}"# : #"{"session_id":"1"}"#
            try connection.answer(
                "200 OK",
                headers: "Content-Type: application/json",
                body: Array(#"{"code":0,"data":\#(data)}"#.utf8)
            )
        }
        let folder = try Folder()
        let environment = [
            "NEMO_API_URL": server.url, "CINCH_STATE_DIR": folder.file("state").string,
            "NEMO_TOKEN": "preset",
        ]
        var configuration = try CloudConfiguration(
            profile: .clideo,
            environment: environment,
            clock: CloudClock(speed: 1_000)
        )
        // That the connection is lost is said by its end, not by its silence.
        configuration.runLimits.silence *= 1_000
        configuration.runLimits.heartbeatsOnly *= 1_000
        configuration.runLimits.whole *= 1_000
        let client = CloudSession(
            configuration,
            transfer: Transfer(environment: [:]),
            ask: { _ in .always }
        )
        let error = await #expect(throws: CloudError.self) { try await client.send("add a title") }
        #expect(error?.kind == .runLost)
        try await eventually { server.openCount == 0 }
        #expect(server.heads.count { $0.hasPrefix("POST /run_sse") } == 1)
    }

    // MARK: 10

    @Test("scenario 10: a message is not repeated on a new session that lost a generated timeline")
    func timelineLost() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            _ = try await client.send("make a video of a city")
            let runs = scene.count(.runSSE)
            scene.simulator.perform(.forgetSessions)
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .sessionUnknown)
            #expect(scene.count(.runSSE) == runs)
            #expect(scene.count(.withSession) == 2)
            #expect(scene.heard.count(.newSession(lostMedia: true)) == 1)
            // On the new one it can be said again.
            #expect(try await client.send("make a video of a city").outcome == .answered)
        }
    }

    @Test("scenario 10: what another program did in the session counts as well")
    func timelineOfAnother() async throws {
        try await Scene.with { scene in
            _ = try await scene.client().send("make a video of a city")
            let next = try scene.client()
            scene.simulator.perform(.forgetSessions)
            let error = await scene.error { _ = try await next.send("add a title") }
            #expect(error?.kind == .sessionUnknown)
            #expect(scene.count(.runSSE) == 1)
        }
    }

    // MARK: 38

    @Test("scenario 38: what the service added by itself is told before it is exported, once")
    func toldBeforeExport() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.answer, .secondStage(.atRead(2)))]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("add a title")
            #expect(meanwhile(scene).isEmpty)
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            let told = meanwhile(scene)
            #expect(told.count == 1)
            #expect(told.first?.timeline.hasPrefix("Timeline (3 tracks)") == true)
            #expect(told.first?.wasUnanswered == false)
            let events = scene.heard.events
            let place = try #require(
                events.firstIndex { if case .changedMeanwhile = $0 { true } else { false } }
            )
            let rendering = try #require(events.firstIndex(of: .rendering(nil)))
            #expect(place < rendering)
            _ = try await client.export(to: scene.folder.file("again.mp4"))
            _ = try await client.send("add subtitles")
            #expect(meanwhile(scene).count == 1)
        }
    }

    // MARK: 57

    @Test("scenario 57: a message whose end was not waited for is told by the next program")
    func unanswered() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.preface, .change(.after(.seconds(60))), .stall)]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let sending = Task { try await client.send("add a title") }
            try await scene.until { !scene.heard.texts.isEmpty }
            sending.cancel()
            _ = await sending.result
            #expect(client.session?.isUnanswered == true)
            try await scene.clock.sleep(for: .seconds(120))
            _ = try await scene.client().state()
            #expect(meanwhile(scene).map(\.wasUnanswered) == [true])
            // It is told once.
            _ = try await scene.client().state()
            #expect(meanwhile(scene).count == 1)
        }
    }

    private func meanwhile(_ scene: Scene) -> [(timeline: String, wasUnanswered: Bool)] {
        scene.heard.events.compactMap {
            guard case .changedMeanwhile(let timeline, let wasUnanswered) = $0 else { return nil }
            return (timeline, wasUnanswered)
        }
    }
}
