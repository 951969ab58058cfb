import Core
import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// No network, or a strange one; and numbers that make no sense: scenarios 59, 61 and 63 of §19.
@Suite struct NetworkScenarios {
    @Test("scenario 61: a machine without a network is told apart from a strange network")
    func distinct() async throws {
        try await Scene.with { scene in
            let plain = try RawServer { connection in
                _ = try connection.read()
                try connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            }
            let cases: [([String: String], CloudError.Kind, String)] = [
                (["NEMO_API_URL": "https://cinch.invalid"], .resolve, "offline"),
                (["NEMO_API_URL": "http://127.0.0.1:1"], .connect, "cannot be reached"),
                (["NEMO_API_URL": "https://127.0.0.1:\(plain.port)"], .tls, "not secure"),
                (
                    [
                        "NEMO_API_URL": "https://cinch.invalid",
                        "HTTPS_PROXY": "http://127.0.0.1:1",
                    ], .proxy, "proxy"
                ),
            ]
            for (environment, kind, words) in cases {
                let client = try scene.client(environment: environment)
                let error = await scene.error { try await client.connect() }
                #expect(error?.kind == kind)
                #expect(error?.why.contains(words) == true)
                #expect(error?.advice.isEmpty == false)
                #expect(error?.failure.kind == .unavailable)
            }
            #expect(scene.count(.anonymousToken) == 0)
        }
    }

    @Test("scenario 61: a sign-in page of the network is called what it is, and asked once")
    func portal() async throws {
        for page in [Behaviour.html(200), .redirect(to: "http://wifi.example/login"), .html(511)] {
            try await Scene.with {
                $0.script[.anonymousToken] = [page.forever]
            } _: { scene in
                let error = await scene.error { try await scene.client().connect() }
                #expect(error?.kind == .captivePortal)
                #expect(error?.advice.contains("sign in to the network") == true)
                #expect(scene.count(.anonymousToken) == 1)
            }
        }
    }

    @Test("an address that is neither https nor loopback is refused")
    func addresses() throws {
        for url in [
            "http://example.com", "ftp://127.0.0.1", "nonsense", "https://a/?q=1", "https://u:p@a",
            "http://127.0.0.1.evil.example", "http://localhost.evil.example",
        ] {
            #expect(throws: CloudError(.refusedAddress, .connecting)) {
                try CloudConfiguration(profile: .clideo, environment: ["NEMO_API_URL": url])
            }
        }
        let plain = try CloudConfiguration(profile: .eightMB, environment: [:])
        #expect(plain.api == "https://mega-api-prod.nemovideo.ai")
        #expect(plain.host == "mega-api-prod.nemovideo.ai")
        #expect(plain.attribution.source == "video-compressor-8mb")
        let other = try CloudConfiguration(
            profile: .clideo,
            environment: [
                "NEMO_API_URL": "https://dev.example/base//", "NEMO_WEB_URL": "http://evil.example",
            ]
        )
        #expect(other.api == "https://dev.example/base")
        #expect(other.web == "https://nemovideo.com")
        #expect(other.isOwn("https://DEV.example:443/x"))
        #expect(!other.isOwn("https://dev.example:444/x"))
        #expect(!other.isOwn("http://dev.example/x"))
        #expect(!other.isOwn("https://dev.example.evil/x"))
    }

    @Test(
        "scenario 59: a balance that makes no sense is read as nothing",
        arguments: [
            (
                #"{"available":-5,"frozen":2,"total":-3}"#,
                Credits(available: 0, frozen: 2, total: 2)
            ),
            ("{}", Credits(available: 0, frozen: 0, total: 0)),
            (#"{"available":12.5}"#, Credits(available: 12.5, frozen: 0, total: 12.5)),
            (
                #"{"available":"60","frozen":40,"total":100}"#,
                Credits(available: 60, frozen: 40, total: 100)
            ),
            (#"{"available":null,"total":7}"#, Credits(available: 0, frozen: 0, total: 7)),
            (#"{"available":{},"frozen":"x"}"#, Credits(available: 0, frozen: 0, total: 0)),
            (#"{"available":1e999}"#, Credits(available: 0, frozen: 0, total: 0)),
        ]
    )
    func balance(_ data: String, _ credits: Credits) async throws {
        try await Scene.with {
            let body = #"{"code":0,"data":\#(data)}"#
            $0.script[.credits] = [.status(200, type: "application/json", body)]
        } _: { scene in
            let read = try await scene.client().credits()
            #expect(read == credits)
        }
    }

    @Test("a service without claim tokens has no link, and a token is never put into one")
    func links() async throws {
        try await Scene.with {
            $0.script.knobs.claimTokens = false
        } _: { scene in
            let client = try scene.client()
            try await client.connect()
            #expect(try await client.link() == nil)
        }
        try await Scene.with {
            let data: JSON = ["claim_token": "nmv_usr_LEAK"]
            $0.script[.claimToken] = [.json(200, ["code": 0, "data": data])]
        } _: { scene in
            let client = try scene.client()
            try await client.connect()
            let error = await scene.error { _ = try await client.link() }
            #expect(error?.kind == .malformed)
        }
    }

    @Test("scenario 63: nothing that a whole run tells or keeps has a secret in it")
    func audit() async throws {
        try await Scene.with { scene in
            // Every scene is searched when it is over; this one has every kind of secret.
            try await scene.everything(try scene.client())
            let secrets = scene.simulator.secrets
            #expect(secrets.contains { $0.hasPrefix("nmv_usr_") })
            #expect(secrets.contains { $0.hasPrefix("clm_") })
            #expect(secrets.count >= 3)
            #expect(!scene.heard.events.isEmpty)
        }
    }

    @Test("one service's token, session and consent are not another's")
    func services() async throws {
        try await Scene.with { one in
            try await one.client().connect()
            let shared = ["CINCH_STATE_DIR": one.folder.file("state").string]
            try await Scene.with(environment: shared) { other in
                let refused = await other.error { try await other.client(says: false).connect() }
                #expect(refused?.kind == .consentMissing(.network))
                try await other.client().connect()
                #expect(other.asked == [.anonymousToken, .withSession])
            }
            _ = try await one.client().credits()
            #expect(one.count(.anonymousToken) == 1)
        }
    }

    @Test("scenario 63: a refusal that repeats a secret does not bring it into an error")
    func echoes() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            try await client.connect()
            let secrets = scene.simulator.secrets
            let words =
                "bad " + secrets.joined(separator: " and X-Client-Id: ")
                + " Authorization: Bearer " + secrets.joined(separator: " token=")
            scene.play { $0[.credits] = [.refuse(422, words)] }
            let error = await scene.error { _ = try await client.credits() }
            #expect(error?.kind == .refused(code: 422))
            #expect(error?.why.contains("nmv_usr_") == false)
        }
    }

    @Test("what was forgotten by logging out is asked for again, the client id stays")
    func logOut() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            try await client.connect()
            let file = client.client.configuration.folder.clientIDFile.path
            let id = try file.contents()
            client.logOut()
            #expect(client.session == nil)
            #expect(client.client.identity.savedToken == nil)
            #expect(try file.contents() == id)
            let error = await scene.error { try await scene.client(says: false).connect() }
            #expect(error?.kind == .consentMissing(.network))
        }
    }
}
