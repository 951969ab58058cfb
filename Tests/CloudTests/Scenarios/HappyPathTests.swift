import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

@Suite struct HappyPathTests {
    @Test("scenario 1: from nothing to the file, in the right order and one of each")
    func happyPath() async throws {
        try await Scene.with {
            $0.script.usualRender = .stepwise
        } _: { scene in
            let client = try scene.client()
            try await client.connect()
            let files = try await client.upload([try scene.video()])
            #expect(files.map(\.name) == ["a.mp4"])
            let reply = try await client.send("compress this video to under 50MB")
            #expect(reply.outcome == .answered)
            #expect(!reply.paragraphs.isEmpty)
            #expect(!reply.changes.isEmpty)
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(try result.path.contents() == Data("a rendered file".utf8))
            #expect(
                scene.asked == [
                    .anonymousToken, .withSession, .upload, .state, .runSSE, .state, .state,
                    .renderSubmit, .renderPoll, .file,
                ]
            )
            #expect(scene.simulator.requests.allSatisfy { $0.status == 200 })
            #expect(scene.heard.events.prefix(2) == [.connecting, .ready])
            #expect(scene.folder.names == ["a.mp4", "out.mp4", "state"])
            #expect(client.jobs().isEmpty)
        }
    }

    @Test("what a machine knows is told without asking the service")
    func status() async throws {
        try await Scene.with { scene in
            let before = try scene.client().status
            #expect(before.token == .none && before.agreed.isEmpty && before.session == nil)
            let client = try scene.client()
            try await client.connect()
            let count = scene.simulator.requests.count
            let status = try scene.client().status
            #expect(status.agreed == [.network])
            #expect(status.session == client.session)
            #expect(status.host.hasPrefix("127.0.0.1:"))
            guard case .saved(let expires) = status.token else {
                Issue.record("no token")
                return
            }
            #expect(abs(expires - Date().timeIntervalSince1970 - 7 * 24 * 3600) < 3600)
            let given = try scene.client(environment: ["NEMO_TOKEN": "x"]).status
            #expect(given.token == .environment)
            #expect(scene.simulator.requests.count == count)
        }
    }

    @Test("each command in a program of its own works on the same session")
    func separateProcesses() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            _ = try await scene.client().upload([try scene.video()])
            _ = try await scene.client().send("compress this to 8MB")
            let state = try await scene.client().state()
            #expect(state.isReadyForExport)
            let result = try await scene.client().export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(scene.count(.anonymousToken) == 1)
            #expect(scene.count(.withSession) == 1)
            let credits = try await scene.client().credits()
            #expect(credits.total == 95)
            let link = try #require(try await scene.client().link())
            #expect(link.hasPrefix("https://nemovideo.com/workspace/claim?ct=clm_"))
        }
    }
}
