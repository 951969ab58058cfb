import Core
import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Files on their way to the service: scenarios 40 to 46 of §19.
@Suite struct UploadScenarios {
    @Test("scenario 40: a slow upload moves on and is not taken for a dead one")
    func slow() async throws {
        try await Scene.with(speed: 100) {
            $0.receiveBuffer = 4096
            $0.script[.upload] = [Behaviour.normal.reading(.throttled(bytesPerSecond: 20_000))]
        } _: { scene in
            try await scene.client().connect()
            // Without a byte it is given up after a second and a half, and it takes two or more.
            let client = try scene.client(limitSpeed: 120)
            let path = try scene.video(bytes: 4_000_000)
            let start = ContinuousClock.now
            _ = try await client.upload([path])
            #expect(ContinuousClock.now - start > .milliseconds(1800))
            #expect(scene.count(.upload) == 1)
            let steps = scene.heard.events.compactMap {
                if case .uploading("a.mp4", let progress) = $0 { progress } else { nil }
            }
            #expect(steps.count >= 3)
            // What the system has taken ahead of the service is not there yet.
            #expect(steps.first.map { $0.bytes < 2_000_000 } == true)
            #expect(steps.map(\.bytes) == steps.map(\.bytes).sorted())
            #expect(steps.contains { $0.bytes > 0 && $0.bytes < $0.total ?? 0 })
            #expect(steps.last.map { $0.bytes == $0.total } == true)
            #expect(scene.heard.events.last == .uploaded(name: "a.mp4"))
        }
    }

    @Test(
        "scenario 41: an upload that breaks off starts again, twice at most",
        arguments: [1, 2, 3]
    )
    func dropped(_ times: Int) async throws {
        try await Scene.with {
            let cut = Behaviour.normal.reading(.cut(at: 0.5, resetting: true))
            $0.script[.upload] = [cut.times(times)]
        } _: { scene in
            let client = try scene.client()
            let path = try scene.video(bytes: 300_000)
            let error = await scene.error { _ = try await client.upload([path]) }
            if times <= 2 {
                #expect(error == nil)
                #expect(scene.count(.upload) == times + 1)
                #expect(scene.count(.state) == times)
                let received = scene.simulator.requests.last { $0.endpoint == .upload }
                #expect(received?.parts.first?.bytes == 300_000)
            } else {
                #expect(error?.failure.kind == .unavailable)
                #expect(scene.count(.upload) == 3)
            }
        }
    }

    @Test("scenario 42: an upload whose answer was lost is found in the state, not sent again")
    func answerLost() async throws {
        for lost in [Behaviour.close(resetting: true), .close(), .status(504), .html(502)] {
            try await Scene.with {
                $0.script[.upload] = [lost.afterWork]
            } _: { scene in
                let client = try scene.client()
                let files = try await client.upload([try scene.video()])
                #expect(files.map(\.name) == ["a.mp4"])
                #expect(scene.asked.suffix(2) == [.upload, .state])
                #expect(try await client.state().videoInfos.count == 1)
            }
        }
    }

    @Test("scenario 42: a file of the same name that was there before is not taken for this one")
    func sameName() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video(bytes: 2000)])
            scene.play {
                $0[.upload] = [Behaviour.normal.reading(.cut(at: 0.5, resetting: true))]
            }
            _ = try await client.upload([try scene.video(bytes: 3000)])
            #expect(scene.count(.upload) == 3)
            #expect(try await client.state().videoInfos.count == 2)
        }
    }

    @Test(
        "scenario 43: a refusal while the body still flows is heard at once",
        arguments: [
            (Behaviour.Reading.early(after: 1000), 4002), (.deaf(after: 1000), 413),
            (.early(after: 0), 413), (.deaf(after: 0), 4002),
        ]
    )
    func earlyRefusal(_ reading: Behaviour.Reading, _ code: Int) async throws {
        try await Scene.with {
            $0.script[.upload] = [Behaviour.refuse(code).reading(reading)]
        } _: { scene in
            let client = try scene.client()
            let path = try scene.video(bytes: 8_000_000)
            let error = await scene.error { _ = try await client.upload([path]) }
            #expect(error?.kind == .tooLargeForService)
            #expect(error?.advice.contains("cinch a.mp4 --to") == true)
            #expect(scene.count(.upload) == 1)
        }
    }

    @Test("scenario 44: every shape of the answer is read", arguments: Knobs.UploadShape.allCases)
    func shapes(_ shape: Knobs.UploadShape) async throws {
        for hasOptional in [true, false] {
            try await Scene.with {
                $0.script.knobs.uploadShape = shape
                $0.script.knobs.optionalFields = hasOptional
                $0.script.knobs.sessionStateApplied = hasOptional ? true : nil
            } _: { scene in
                let client = try scene.client()
                var files: [UploadedFile] = []
                let error = await scene.error {
                    files = try await client.upload([try scene.video()])
                }
                if shape == .emptyList {
                    #expect(error?.kind == .uploadNotApplied)
                } else {
                    #expect(error == nil)
                    #expect(files.map(\.name) == ["a.mp4"])
                    #expect(files.first?.url?.hasPrefix("http://127.0.0.1") == true)
                }
            }
        }
    }

    @Test("scenario 44: a file that was not put into the session at once is looked for")
    func notApplied() async throws {
        try await Scene.with {
            $0.script.knobs.sessionStateApplied = false
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            #expect(scene.asked.suffix(2) == [.upload, .state])
        }
        try await Scene.with {
            $0.script.knobs.sessionStateApplied = false
            $0.script[.state] = [Behaviour.edited(.set("state", "video_infos", to: [])).forever]
        } _: { scene in
            let client = try scene.client()
            let error = await scene.error { _ = try await client.upload([try scene.video()]) }
            #expect(error?.kind == .uploadNotApplied)
            #expect(scene.count(.state) == 3)
            #expect(scene.count(.upload) == 1)
        }
    }

    @Test(
        "scenario 45: a file of any name arrives, with a name that the service can read",
        arguments: [
            "quote\"s.mp4", "line\nbreak.mp4", "中文 视频.mp4", "semi;colon, %22.mp4",
            "back\\slash.mp4",
            String(repeating: "长", count: 83) + ".mp4", "emoji 🎬.MP4", " .mp4",
        ]
    )
    func names(_ name: String) async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            let files = try await client.upload([try scene.video(name)])
            #expect(files.count == 1)
            let part = try #require(
                scene.simulator.requests.last { $0.endpoint == .upload }?.parts.first
            )
            #expect(part.name == "files")
            #expect(part.bytes == 2000)
            #expect(part.filename?.lowercased().hasSuffix(".mp4") == true)
            #expect(part.mediaType == "video/mp4")
        }
    }

    @Test("several files go one after the other into one session")
    func several() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            let files = try await client.upload([
                try scene.video("a.mp4"), try scene.video("b.mp4", bytes: 3000),
            ])
            #expect(files.map(\.name) == ["a.mp4", "b.mp4"])
            #expect(client.session?.uploads == ["a.mp4", "b.mp4"])
            #expect(scene.count(.upload) == 2)
        }
    }

    @Test("an address is fetched by the service, and only one that leads outside")
    func address() async throws {
        try await Scene.with {
            $0.script[.upload] = [
                .json(
                    200,
                    [
                        "code": 0,
                        "data": ["files": [["filename": "a.mp4", "cdn_url": "https://x/a"]]],
                    ]
                )
            ]
        } _: { scene in
            let client = try scene.client()
            let files = try await client.upload(urls: ["https://example.com/a.mp4"])
            #expect(files.first?.url == "https://x/a")
            let sent = scene.simulator.requests.last { $0.endpoint == .upload }
            #expect(sent?.body == #"{"urls":["https://example.com/a.mp4"],"source_type":"url"}"#)
            for url in ["http://example.com/a.mp4", "file:///etc/passwd", "a.mp4", "ftp://x/a"] {
                let error = await scene.error { _ = try await client.upload(urls: [url]) }
                #expect(error?.kind == .refusedAddress)
            }
        }
    }

    // MARK: 46

    @Test("scenario 46: what no service would take is refused here, before anything is sent")
    func localChecks() async throws {
        let small: Scene.Change = { $0.uploadLimit = 5000 }
        try await Scene.with(changes: [small]) { scene in
            let client = try scene.client()
            func kind(_ path: FilePath) async -> CloudError? {
                await scene.error { _ = try await client.upload([path]) }
            }
            #expect(await kind(scene.folder.file("none.mp4"))?.kind == .fileMissing)
            #expect(await kind(scene.folder.file("none.mp4"))?.failure.kind == .missing)
            #expect(await kind(scene.folder.path)?.kind == .fileUnreadable)
            let empty = scene.folder.file("empty.mp4")
            try empty.write(Data())
            #expect(await kind(empty)?.kind == .fileEmpty)
            let text = scene.folder.file("notes.txt")
            try text.write(Data("hello".utf8))
            #expect(await kind(text)?.kind == .fileUnsupported)
            let pipe = scene.folder.file("pipe.mp4")
            #expect(unsafe mkfifo(pipe.string, 0o600) == 0)
            #expect(await kind(pipe)?.kind == .fileUnreadable)
            let large = try scene.video("large one.mp4", bytes: 5001)
            let error = try #require(await kind(large))
            #expect(error.kind == .fileTooLarge(bytes: 5001, limit: 5000))
            #expect(error.advice.contains("cinch 'large one.mp4' --to"))
            #expect(scene.simulator.requests.isEmpty)
            _ = try await client.upload([try scene.video("just.mp4", bytes: 5000)])
        }
    }

    @Test("scenario 46: the boundary is 500 MB, not MiB")
    func boundary() async throws {
        try await Scene.with { scene in
            let client = try scene.client()
            // A file with a hole in it weighs nothing on disk.
            let path = try scene.video("film.mp4")
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path.string))
            try handle.truncate(atOffset: 500_000_001)
            try handle.close()
            let error = await scene.error { _ = try await client.upload([path]) }
            #expect(error?.kind == .fileTooLarge(bytes: 500_000_001, limit: 500_000_000))
            #expect(error?.why.contains("500 000 001 bytes") == true)
            #expect(scene.simulator.requests.isEmpty)
        }
    }

    @Test("scenario 46: a file that changes or goes while it is sent is a clean failure")
    func changing() async throws {
        for vanishes in [true, false] {
            try await Scene.with {
                $0.receiveBuffer = 4096
                $0.script[.upload] = [
                    Behaviour.normal.reading(.throttled(bytesPerSecond: 8_000)).forever
                ]
            } _: { scene in
                let client = try scene.client()
                let path = try scene.video(bytes: 8_000_000)
                async let sending = scene.error { _ = try await client.upload([path]) }
                try await scene.until { scene.count(.upload) > 0 }
                if vanishes {
                    try FileManager.default.removeItem(atPath: path.string)
                } else {
                    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path.string))
                    try handle.truncate(atOffset: 1000)
                    try handle.close()
                }
                let error = await sending
                #expect(error?.kind == .fileChanged)
                #expect(scene.count(.upload) == 1)
            }
        }
    }

    @Test("nothing is sent before the second yes, and files are named in the question")
    func consent() async throws {
        try await Scene.with { scene in
            let client = try scene.client(says: false)
            let error = await scene.error { _ = try await client.upload([try scene.video()]) }
            #expect(error?.kind == .consentMissing(.network))
            #expect(error?.failure.kind == .denied)
            try client.client.consent.give(.network)
            let second = await scene.error { _ = try await client.upload([try scene.video()]) }
            #expect(second?.kind == .consentMissing(.upload))
            #expect(scene.simulator.requests.isEmpty)
        }
    }

    @Test("offline forbids everything, whatever was agreed")
    func offline() async throws {
        try await Scene.with { scene in
            try await scene.client().connect()
            let count = scene.simulator.requests.count
            let client = try scene.client(environment: ["CINCH_OFFLINE": "1"])
            let path = try scene.video()
            for work in [
                { _ = try await client.connect() }, { _ = try await client.credits() },
                { _ = try await client.upload([path]) }, { _ = try await client.send("hi") },
                { _ = try await client.export(to: "x.mp4") }, { _ = try await client.link() },
            ] as [() async throws -> Void] {
                #expect(await scene.error(work)?.kind == .offlineMode)
            }
            #expect(scene.simulator.requests.count == count)
        }
    }
}
