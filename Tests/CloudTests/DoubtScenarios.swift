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
