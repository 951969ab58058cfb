import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Who the client is to the service: scenarios 2 to 9 of §19.
@Suite struct IdentityScenarios {
    static let preset = "nmv_usr_PRESET"

    private func clientID(_ scene: Scene) throws -> String {
        let file = scene.folder.file("state").appending("nemovideo").appending("client_id")
        return String(decoding: try file.contents(), as: UTF8.self)
    }

    /// The client ids that the service saw, by the names that stand for them.
    private func seenIDs(_ scene: Scene) -> [String] {
        scene.simulator.requests.compactMap { $0["x-client-id"] }
    }

    @Test("scenario 2: a preset token is used as it is and never written down")
    func presetToken() async throws {
        try await Scene.with {
            $0.accounts = [.init(token: Self.preset, userID: "user_1")]
        } _: { scene in
            let client = try scene.client(environment: ["NEMO_TOKEN": " \(Self.preset)\n"])
            try await client.connect()
            #expect(scene.asked == [.withSession])
            #expect(scene.folder.names == ["state"])
            let state = try FileManager.default.contentsOfDirectory(
                atPath: scene.folder.file("state").string
            )
            #expect(!state.contains("tokens") && !state.contains("nemovideo"))
        }
    }

    @Test("a preset token that is refused is reported and not replaced")
    func presetTokenRefused() async throws {
        try await Scene.with { scene in
            let client = try scene.client(environment: ["NEMO_TOKEN": "nmv_usr_WRONG"])
            let error = await scene.error { try await client.connect() }
            #expect(error?.kind == .tokenRejected(isFromEnvironment: true))
            #expect(scene.count(.anonymousToken) == 0)
            #expect(scene.count(.withSession) == 1)
        }
    }

    @Test("scenario 3: a client id that the service does not take is replaced once")
    func clientIDRefused() async throws {
        try await Scene.with {
            $0.script[.anonymousToken] = [.refuse(400)]
        } _: { scene in
            try await scene.client().connect()
            #expect(scene.asked == [.anonymousToken, .anonymousToken, .withSession])
            #expect(Set(seenIDs(scene)).count == 2)
        }
        try await Scene.with {
            $0.script[.anonymousToken] = [.refuse(400).forever]
        } _: { scene in
            let error = await scene.error { try await scene.client().connect() }
            #expect(error?.kind == .clientIDRejected)
            #expect(scene.count(.anonymousToken) == 2)
        }
    }

    @Test("scenario 4: a limited token is asked for again once, after thirty seconds")
    func limitedOnce() async throws {
        try await Scene.with {
            $0.script[.anonymousToken] = [.refuse(429)]
        } _: { scene in
            try await scene.client().connect()
            let times = scene.simulator.requests.filter { $0.endpoint == .anonymousToken }.map(
                \.time
            )
            #expect(times.count == 2)
            #expect(times[1] - times[0] >= .seconds(29))
            #expect(scene.heard.count(.limited(wait: .seconds(30))) == 1)
        }
    }

    @Test("scenario 5: a token that stays limited ends the attempt, the client id unchanged")
    func limitedForever() async throws {
        try await Scene.with {
            $0.script[.anonymousToken] = [.refuse(429).forever]
        } _: { scene in
            let client = try scene.client()
            let error = await scene.error { try await client.connect() }
            #expect(error?.kind == .rateLimited(isToken: true))
            #expect(error?.why.contains("seven days") == true)
            #expect(error?.link == "https://nemovideo.com/register")
            let id = try clientID(scene)
            #expect(scene.count(.anonymousToken) == 2)
            _ = await scene.error { try await scene.client().connect() }
            #expect(try clientID(scene) == id)
            #expect(Set(seenIDs(scene)).count == 1)
        }
    }

    @Test(
        "scenario 62: a token that this machine's clock calls too old is used while the service takes it"
    )
    func clockIsWrong() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            var late = scene
            late.skew = 30 * 24 * 3600
            _ = try await late.client().credits()
            #expect(scene.count(.anonymousToken) == 1)
            #expect(scene.count(.credits) == 1)
        }
    }

    @Test("scenario 6: two launches share one client id and one token")
    func sharedClientID() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            let id = try clientID(scene)
            #expect(UUID(uuidString: id.trimmingCharacters(in: .newlines)) != nil)
            try await scene.client().connect(fresh: true)
            #expect(scene.count(.anonymousToken) == 1)
            #expect(scene.count(.withSession) == 2)
            try FileManager.default.removeItem(
                atPath: scene.folder.file("state").appending("tokens").string
            )
            // The service refuses a second token in the week; the id is the same all the same.
            _ = await scene.error { try await scene.client().connect(fresh: true) }
            #expect(seenIDs(scene).count >= 2)
            #expect(Set(seenIDs(scene)).count == 1)
        }
    }

    /// The file of the client id and, made already, its folder.
    private func clientIDPlace(_ scene: Scene) throws -> FilePath {
        let shared = scene.folder.file("state").appending("nemovideo")
        try FileManager.default.createDirectory(
            atPath: shared.string,
            withIntermediateDirectories: true
        )
        return shared.appending("client_id")
    }

    @Test("scenario 6: a client id that may not be read becomes a new one, without a crash")
    func unreadableClientID() async throws {
        try await Scene.with { scene in
            let place = try clientIDPlace(scene)
            try place.write(Data("client-1700000000-77\n".utf8))
            #expect(unsafe chmod(place.string, 0) == 0)
            try await scene.client().connect()
            let id = try clientID(scene).trimmingCharacters(in: .newlines)
            // Nothing is unreadable to root.
            if geteuid() == 0 {
                #expect(id == "client-1700000000-77")
            } else {
                #expect(UUID(uuidString: id) != nil)
            }
        }
    }

    @Test("scenario 6: a folder in the place of the client id costs no more than a new id")
    func folderForClientID() async throws {
        try await Scene.with { scene in
            let place = try clientIDPlace(scene)
            #expect(unsafe mkdir(place.string, 0o700) == 0)
            try await scene.client().connect()
            let id = try clientID(scene).trimmingCharacters(in: .newlines)
            #expect(UUID(uuidString: id) != nil)
        }
        // Somebody's files are not ours to remove.
        try await Scene.with { scene in
            let place = try clientIDPlace(scene)
            #expect(unsafe mkdir(place.string, 0o700) == 0)
            try place.appending("mine").write(Data("mine".utf8))
            let error = await scene.error { try await scene.client().connect() }
            #expect(error?.kind == .storage)
            #expect(scene.simulator.requests.isEmpty)
            #expect(place.appending("mine").exists)
        }
    }

    @Test("scenario 6: a link to a client id that is kept elsewhere is followed")
    func linkedClientID() async throws {
        try await Scene.with { scene in
            let place = try clientIDPlace(scene)
            let elsewhere = scene.folder.file("kept")
            try elsewhere.write(Data("client-1700000000-77\n".utf8))
            #expect(unsafe symlink(elsewhere.string, place.string) == 0)
            try await scene.client().connect()
            #expect(scene.simulator.secrets.contains("client-1700000000-77"))
            #expect(try clientID(scene) == "client-1700000000-77\n")
        }
        // One that leads nowhere is as good as none.
        try await Scene.with { scene in
            let place = try clientIDPlace(scene)
            #expect(unsafe symlink("/nonexistent/client_id", place.string) == 0)
            try await scene.client().connect()
            let id = try clientID(scene).trimmingCharacters(in: .newlines)
            #expect(UUID(uuidString: id) != nil)
        }
    }

    @Test(
        "scenario 6: a client id file that makes no sense becomes a new id, without a crash",
        arguments: [
            Data(), Data(" \n".utf8), Data([0xFF, 0xFE, 0]), Data(repeating: 0x61, count: 65),
            Data(repeating: 0x61, count: 1 << 20), Data("a b".utf8), Data("a\r\nX-Evil: 1".utf8),
        ]
    )
    func corruptClientID(_ content: Data) async throws {
        try await Scene.with { scene in
            let shared = scene.folder.file("state").appending("nemovideo")
            try FileManager.default.createDirectory(
                atPath: shared.string,
                withIntermediateDirectories: true
            )
            try shared.appending("client_id").write(content)
            try await scene.client().connect()
            let id = try clientID(scene).trimmingCharacters(in: .newlines)
            #expect(UUID(uuidString: id) != nil)
        }
    }

    @Test(
        "a client id that another tool saved is used as it is, and so is one from the environment"
    )
    func foreignClientID() async throws {
        try await Scene.with { scene in
            let shared = scene.folder.file("state").appending("nemovideo")
            try FileManager.default.createDirectory(
                atPath: shared.string,
                withIntermediateDirectories: true
            )
            try shared.appending("client_id").write(Data("client-1700000000-77\n".utf8))
            try await scene.client().connect()
            #expect(try clientID(scene) == "client-1700000000-77\n")
            #expect(scene.simulator.secrets.contains("client-1700000000-77"))
        }
        try await Scene.with { scene in
            try await scene.client(environment: ["NEMO_CLIENT_ID": "my-own-id"]).connect()
            #expect(scene.simulator.secrets.contains("my-own-id"))
        }
    }

    @Test("clients that start at once ask for one token")
    func oneTokenForAll() async throws {
        try await Scene.with { scene in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await scene.client().connect() }
                }
                try await group.waitForAll()
            }
            #expect(scene.count(.anonymousToken) == 1)
        }
    }

    static let calls: [Endpoint] = [
        .withSession, .state, .credits, .upload, .runSSE, .renderSubmit, .renderPoll, .claimToken,
        .renderDownload,
    ]

    @Test(
        "scenario 7: a token refused by any call is renewed once and the call repeated",
        arguments: calls
    )
    func renewedOnce(_ endpoint: Endpoint) async throws {
        try await Scene.with {
            $0.script[endpoint] = [Behaviour.normal.after(.expireTokens)]
            if endpoint == .renderDownload { $0.script.usualRender.address = .never }
        } _: { scene in
            let client = try scene.client()
            try await scene.everything(client)
            let count = scene.count(endpoint)
            switch endpoint {
            // How often a render is asked for is a matter of time.
            case .renderPoll: #expect(count >= 2)
            // Before the message, after it, and before the export.
            case .state: #expect(count == 4)
            default: #expect(count == 2)
            }
            #expect(scene.count(.anonymousToken) == 2)
            #expect(Set(seenIDs(scene)).count == 1)
        }
    }

    @Test("scenario 7: a token refused twice is reported", arguments: calls)
    func refusedTwice(_ endpoint: Endpoint) async throws {
        try await Scene.with {
            $0.script[endpoint] = [Behaviour.refuse(1001).after(.expireTokens).forever]
            if endpoint == .renderDownload { $0.script.usualRender.address = .never }
        } _: { scene in
            let client = try scene.client()
            let error = await scene.error { try await scene.everything(client) }
            #expect(error?.kind == .tokenRejected(isFromEnvironment: false))
            #expect(scene.count(endpoint) == 2)
            #expect(scene.count(.anonymousToken) == 2)
        }
    }

    @Test(
        "scenario 8: a token that expires during a run is renewed for the reading, nothing re-sent"
    )
    func expiresDuringRun() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let torn = Turn(.preface, .change(.after(.seconds(40))), .cut(.midEvent))
            let ends: [(Turn, AgentRun.Outcome)] = [
                (torn, .recovered), (Turn(.answer), .answered), (Turn(.silentAnswer), .edited),
            ]
            for (number, (turn, outcome)) in ends.enumerated() {
                scene.play {
                    $0.turns = [turn]
                    $0[.state] = [.normal, Behaviour.normal.after(.expireTokens)]
                }
                let reply = try await client.send("add a title 'Part \(number)'")
                #expect(reply.outcome == outcome)
                #expect(reply.changes.contains { $0.contains("Part \(number)") })
                #expect(scene.count(.runSSE) == number + 1)
                #expect(scene.count(.anonymousToken) == number + 2)
            }
        }
    }

    @Test("scenario 9: a new token that is a new user's means a new session, and uploading again")
    func newUser() async throws {
        try await Scene.with {
            $0.script.knobs.renewalMakesNewUser = true
            $0.script.turns = [Turn(.preface, .cut(.betweenEvents))]
            $0.script[.state] = [.normal, Behaviour.normal.after(.expireTokens)]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let old = client.session?.sessionID
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .sessionLost)
            #expect(error?.advice.contains("upload") == true)
            #expect(scene.count(.runSSE) == 1)
            #expect(scene.count(.withSession) == 2)
            #expect(scene.heard.count(.newSession(lostMedia: true)) == 1)
            #expect(client.session?.sessionID != old)
            _ = try await client.upload([try scene.video()])
            #expect(try await client.state().videoInfos.count == 1)
        }
    }
}
