import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// What is done about files that come short, uploads that come back under another name, submissions
/// that never left, and polls that are refused: scenarios 42, 52, 53 and 56 of §19.
@Suite struct RepairScenarios {
    /// A session with a clip that was edited, ready to be exported.
    private func ready(
        speed: Double = 1_000,
        _ options: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (Scene, CloudSession) async throws -> Void
    ) async throws {
        try await Scene.with(speed: speed, options) { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("compress this video")
            try await body(scene, client)
            #expect(scene.folder.names.filter { $0.hasPrefix(".cinch") }.isEmpty)
        }
    }

    /// A file that is whole by its own header, and is not all of it.
    private static let part = Behaviour.status(200, type: "video/mp4", "a ren")

    private func shorter(_ scene: Scene) -> Int {
        scene.heard.events.count { if case .shorter = $0 { true } else { false } }
    }

    // MARK: 56

    @Test("scenario 56: a file that is shorter than the service said is taken once more")
    func shortOnce() async throws {
        try await ready {
            $0.script[.file] = [Self.part]
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(scene.count(.file) == 2)
            #expect(scene.count(.renderDownload) == 0)
            #expect(shorter(scene) == 0)
        }
    }

    @Test(
        "scenario 56: a file that stays shorter than the service said is taken from the service itself"
    )
    func shortForever() async throws {
        try await ready {
            $0.script[.file] = [Self.part.forever]
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(try result.path.contents() == Data("a rendered file".utf8))
            #expect(scene.count(.file) == 2)
            #expect(scene.count(.renderDownload) == 1)
            #expect(shorter(scene) == 0)
        }
    }

    @Test(
        "scenario 56: where nothing is as long as the service said, that is said",
        arguments: [true, false]
    )
    func shortEverywhere(_ hasFallback: Bool) async throws {
        try await ready {
            $0.script.usualRender.statedBytes = 500_000
            if !hasFallback { $0.script[.renderDownload] = [.refuse(404).forever] }
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(scene.count(.file) == 2)
            #expect(scene.count(.renderDownload) == 1)
            #expect(scene.heard.count(.shorter(bytes: 15, stated: 500_000)) == 1)
        }
    }

    @Test("scenario 56: a file that came whole, if short, is kept where nothing more is to be had")
    func shortAndGone() async throws {
        try await ready {
            // An address that is good for one download.
            $0.script[.file] = [Self.part, .status(403).forever]
            $0.script[.renderDownload] = [.refuse(404).forever]
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(try result.path.contents() == Data("a ren".utf8))
            #expect(scene.count(.file) == 2)
            #expect(scene.count(.renderDownload) == 1)
            #expect(scene.heard.count(.shorter(bytes: 5, stated: 15)) == 1)
        }
    }

    @Test("what a run that was killed had downloaded is gone after the next one")
    func leftovers() async throws {
        try await ready { scene, client in
            let left = try PrivateFolder.makeUnique(
                in: scene.folder.path,
                prefix: ".cinch-download-"
            )
            try left.path.appending("part1").write(Data("a rendered fi".utf8))
            // One that has nothing to do with it.
            let other = scene.folder.file("other")
            try FileManager.default.createDirectory(
                atPath: other.string,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
            try other.appending("part1").write(Data("kept".utf8))
            let session = try #require(client.session)
            var job = JobRecord(
                renderID: "render_1",
                sessionID: session.sessionID,
                submitted: Date().timeIntervalSince1970,
                source: "a.mp4",
                destination: scene.folder.file("out.mp4").string,
                api: session.api
            )
            for (path, id) in [(left.path, "render_1"), (other, "render_2")] {
                job.renderID = id
                job.download = FolderTrace(of: left, at: path)
                try client.records.save(job)
                // The service does not know it.
                let error = await scene.error { _ = try await client.resume(job) }
                #expect(error != nil)
                await client.forget(job, stops: false)
            }
            #expect(!left.path.exists)
            #expect(try other.appending("part1").contents() == Data("kept".utf8))
        }
    }

    @Test(
        "scenario 56: what another host says of a token or a plan is not about ours",
        arguments: [401, 402, 403]
    )
    func refusedElsewhere(_ status: Int) async throws {
        try await ready {
            $0.script.usualRender.address = .never
            $0.script[.file] = [.status(status, type: "application/xml", "<Error/>").forever]
        } _: { scene, client in
            scene.play {
                $0.usualRender.address = .never
                $0[.file] = [.status(status, type: "application/xml", "<Error/>").forever]
                $0[.renderDownload] = [.redirect(to: "\(scene.urls.files)/r.mp4").forever]
            }
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .refused(code: status))
            #expect(error?.advice == "Export again.")
            #expect(scene.count(.renderDownload) == 1)
            #expect(scene.count(.anonymousToken) == 1)
        }
    }

    @Test(
        "scenario 55: an address on the service's own host that is refused costs no token",
        arguments: ["401 Unauthorized", "200 OK"]
    )
    func refusedAddress(_ status: String) async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.skipBody()
            let path = connection.head.split(separator: " ")[1]
            if path == "/api/render/proxy/render_1/download",
                connection.header("authorization") == "Bearer preset_token"
            {
                let file = Array("a rendered file".utf8)
                return try connection.answer(
                    "200 OK",
                    headers: "Content-Type: video/mp4",
                    body: file
                )
            }
            let isToken = path == "/api/auth/anonymous-token"
            try connection.answer(
                isToken ? "200 OK" : status,
                headers: "Content-Type: application/json",
                body: Array(
                    (isToken
                        ? #"{"code":0,"data":{"token":"preset_token","credits":100}}"#
                        : #"{"code":1001,"message":"token expired"}"#).utf8
                )
            )
        }
        let folder = try Folder()
        let environment = [
            "NEMO_API_URL": server.url, "CINCH_STATE_DIR": folder.file("state").string,
        ]
        let client = CloudClient(
            try CloudConfiguration(profile: .clideo, environment: environment),
            transfer: Transfer(environment: [:]),
            ask: { _ in .always }
        )
        let fetching = Fetching(
            client: client,
            renderID: "render_1",
            destination: folder.file("out.mp4"),
            overwrites: false,
            action: UserAction()
        )
        let size = try await fetching.run(url: "/files/r.mp4", byteCount: nil) { _ in }
        #expect(size == 15)
        try await eventually { server.openCount == 0 }
        #expect(server.heads.count { $0.contains("anonymous-token") } == 1)
        // The address itself is not shown the token.
        let asked = server.heads.filter { $0.contains("/files/r.mp4") }
        #expect(asked.count == 1)
        #expect(asked.allSatisfy { !$0.lowercased().contains("authorization") })
    }

    @Test("scenario 56: a download goes on only with the very file that was begun")
    func sameFile() async throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
        try await ready {
            $0.product = .bytes(bytes)
            $0.script[.file] = [.truncated(at: 0.5)]
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(try result.path.contents() == Data(bytes))
            let requests = scene.simulator.requests.filter { $0.endpoint == .file }
            #expect(requests.count == 2)
            #expect(requests.first?["if-range"] == nil)
            #expect(requests.last?["if-range"]?.hasPrefix("\"") == true)
            #expect(requests.last?["range"]?.hasPrefix("bytes=") == true)
        }
    }

    @Test("scenario 13: the service's own download does not leave without the three headers either")
    func headersOfDownload() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            var bare = scene
            bare.changes = [{ $0.attribution.version = "" }]
            let fetching = Fetching(
                client: try bare.client().client,
                renderID: "render_1",
                destination: scene.folder.file("out.mp4"),
                overwrites: false,
                action: UserAction()
            )
            let error = await scene.error {
                _ = try await fetching.run(url: nil, byteCount: nil) { _ in }
            }
            #expect(error?.kind == .defect)
            #expect(scene.count(.renderDownload) == 0)
        }
    }

    // MARK: 42

    @Test(
        "scenario 42: a file that the service named anew is known by its size and not sent again",
        arguments: [(2000, true, 1), (1999, false, 2)]
    )
    func renamed(_ size: Int, _ isSent: Bool, _ uploads: Int) async throws {
        try await Scene.with {
            $0.script[.upload] = [isSent ? .close().afterWork : .close()]
            let clip = ["filename": "8f3a.mp4", "size": .number(String(size))] as JSON
            $0.script[.state] = [.edited(.set("state", "video_infos", to: [clip]))]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            #expect(scene.count(.upload) == uploads)
        }
    }

    // MARK: 52, 53

    @Test("scenario 52: a submission that never left is made once more")
    func neverLeft() async throws {
        try await ready(speed: 4) { scene, client in
            var options = SimulatorOptions()
            options.port = UInt16(scene.urls.api.split(separator: ":").last ?? "") ?? 0
            options.strict = false
            let later = NemoSimulator(options)
            let export = Export(
                client: client.client,
                records: client.records,
                action: UserAction(),
                destination: scene.folder.file("out.mp4"),
                overwrites: false,
                onState: { _ in
                    await scene.simulator.stop()
                    // Before the second try, and after the first.
                    Task.detached {
                        try await Task.sleep(for: .milliseconds(60))
                        _ = try await later.start()
                    }
                },
                verify: { _ in }
            )
            let session = try #require(client.session)
            // The service that is there then knows neither the token nor the session.
            let error = await scene.error { _ = try await export.run(session) }
            #expect(error?.kind == .sessionUnknown)
            #expect(later.count(.renderSubmit) == 2)
            #expect(client.jobs().isEmpty)
            await later.stop()
        }
    }

    @Test(
        "scenario 53: a poll that is refused for good forgets the job",
        arguments: [402, 403, 422]
    )
    func refusedPoll(_ code: Int) async throws {
        try await ready {
            $0.script[.renderPoll] = [.refuse(code).forever]
        } _: { scene, client in
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error != nil)
            #expect(scene.count(.renderPoll) == 1)
            #expect(client.jobs().isEmpty)
        }
    }

    @Test("scenario 53: a poll whose token is refused keeps the job")
    func refusedToken() async throws {
        try await ready {
            $0.script[.renderPoll] = [.refuse(1001).forever]
        } _: { scene, client in
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .tokenRejected(isFromEnvironment: false))
            #expect(client.jobs().count == 1)
        }
    }

    // MARK: What is said to the service, and what is asked first

    @Test(
        "a session is opened in the person's own language, with both profiles",
        arguments: Profile.all
    )
    func language(_ profile: Profile) async throws {
        try await Scene.with(changes: [{ $0.language = "zh-CN" }]) { scene in
            try await scene.client(profile: profile).connect()
            let opened = scene.simulator.requests.last { $0.endpoint == .withSession }
            #expect(opened?.body?.contains(#""language":"zh-CN""#) == true)
        }
        let configuration = try CloudConfiguration(
            profile: profile,
            environment: [:],
            language: "ja"
        )
        #expect(configuration.language == "ja")
    }

    @Test("a message says whose it is only where that is switched on", arguments: [true, false])
    func role(_ isOn: Bool) async throws {
        try await Scene.with(environment: isOn ? ["NEMO_MESSAGE_ROLE": "user"] : [:]) { scene in
            let client = try scene.client()
            _ = try await client.send("make a video of a city")
            let sent = scene.simulator.requests.last { $0.endpoint == .runSSE }
            #expect(sent?.body?.contains(#""role":"user""#) == isOn)
        }
    }

    @Test(
        "nothing is fetched from an address before the person has agreed to it, who is told which"
    )
    func addressConsent() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            let asked = Locked<[Consent.Question]>([])
            let client = CloudSession(
                try scene.client().client.configuration,
                ask: { question in
                    asked.withLock { $0.append(question) }
                    return .no
                }
            )
            let error = await scene.error {
                _ = try await client.upload(urls: ["https://example.com/a.mp4"])
            }
            #expect(error?.kind == .consentMissing(.upload))
            #expect(scene.count(.upload) == 0)
            let questions = asked.withLock { $0 }
            let question = try #require(questions.first)
            #expect(question.subject == .upload)
            #expect(question.text.contains("a third party, fetch https://example.com/a.mp4."))
        }
    }
}
