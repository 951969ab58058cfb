import Foundation
import Simulator
import TestSupport
import Testing

@testable import Cloud

/// Programs that work at the same time, and sessions that are opened anew.
@Suite struct SharedSessionScenarios {
    @Test("a session that another program opened stays the current one, whatever the first does")
    func another() async throws {
        try await Scene.with { scene in
            let first = try scene.client()
            _ = try await first.upload([try scene.video()])
            let second = try scene.client()
            try await second.connect(fresh: true)
            _ = try await second.upload([try scene.video("b.mp4")])
            let new = try #require(second.session)
            _ = try await first.send("add a title")
            _ = try await first.upload([try scene.video("c.mp4")])
            // The first goes on with its own, which it remembers for itself.
            #expect(first.session?.uploads == ["a.mp4", "c.mp4"])
            #expect(first.session?.sessionID != new.sessionID)
            #expect(try scene.client().session == new)
        }
    }

    @Test("a program that logs out leaves no session, though another is at work on it")
    func loggedOut() async throws {
        let token = IdentityScenarios.preset
        try await Scene.with(environment: ["NEMO_TOKEN": token]) {
            $0.accounts = [.init(token: token, userID: "user_1")]
            $0.script.turns = [Turn(.preface, .wait(.seconds(300)), .answer)]
        } _: { scene in
            let first = try scene.client()
            _ = try await first.upload([try scene.video()])
            async let reply = first.send("add a title")
            try await scene.until { !scene.heard.texts.isEmpty }
            try scene.client().logOut()
            #expect(try await reply.outcome == .answered)
            #expect(try scene.client().session == nil)
        }
    }

    @Test("what another program's message changed, and told, is not told as news")
    func toldElsewhere() async throws {
        try await Scene.with { scene in
            let first = try scene.client()
            _ = try await first.upload([try scene.video()])
            _ = try await first.send("add a title")
            let second = try scene.client()
            _ = try await first.send("make it 720p")
            _ = try await first.send("add a title 'Urban Dreams'")
            _ = try await second.send("compress this video")
            #expect(
                !scene.heard.events.contains {
                    if case .changedMeanwhile = $0 { true } else { false }
                }
            )
        }
    }

    @Test("a file that another program sent counts where the session is lost with it")
    func sentElsewhere() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            let first = try scene.client()
            _ = try await scene.client().upload([try scene.video()])
            scene.simulator.perform(.forgetSessions)
            let error = await scene.error { _ = try await first.send("add a title") }
            #expect(error?.kind == .sessionUnknown)
            #expect(scene.heard.count(.newSession(lostMedia: true)) == 1)
        }
    }

    @Test(
        "the session is still there after a new one could not be opened",
        arguments: [Behaviour.status(503), .refuse(429)]
    )
    func notOpened(_ refusal: Behaviour) async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let old = try #require(client.session)
            scene.play { $0[.withSession] = [refusal.forever] }
            let error = await scene.error { try await client.connect(fresh: true) }
            #expect(error != nil)
            #expect(client.session == old)
            #expect(try scene.client().session == old)
            scene.play { _ in }
            try await client.connect(fresh: true)
            #expect(client.session?.uploads == [])
            #expect(try scene.client().session == client.session)
        }
    }

    @Test("what a timeline holds of this machine's own is not told with it")
    func secretOnTimeline() async throws {
        let id = "machine-of-mine-0815"
        try await Scene.with(environment: ["NEMO_CLIENT_ID": id]) { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("add a title")
            let title: JSON = ["d": 3000, "m": ["text": .string("by \(id)")]]
            let draft: JSON = ["t": [["tt": 7, "sg": [title]]]]
            scene.play { $0[.state] = [.edited(.set("state", "draft", to: draft)).forever] }
            let state = try await client.state()
            #expect(state.timeline?.summary.contains(id) == false)
            // The service gets back what it sent.
            #expect(String(decoding: state.draftBytes ?? [], as: UTF8.self).contains(id))
            let told = scene.heard.events.compactMap {
                if case .changedMeanwhile(let timeline, _) = $0 { timeline } else { nil }
            }
            #expect(told.count == 1)
            #expect(told.first?.contains("by …") == true)
        }
    }
}
