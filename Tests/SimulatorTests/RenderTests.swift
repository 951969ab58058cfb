import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Simulator

/// Renders from submission to file (§9).
@Suite struct RenderTests {
    /// A session with one clip on its timeline.
    private func ready(
        _ change: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        try await Stage.with { options in
            options.script.usualRender = .stepwise
            change(&options)
        } _: { (stage: Stage) async throws in
            _ = try await stage.upload("a.mp4")
            _ = try await stage.say("compress this")
            try await body(stage)
        }
    }

    private func polls(_ stage: Stage, _ id: String, _ count: Int) async throws -> [JSON?] {
        var seen: [JSON?] = []
        for _ in 0..<count { seen.append(try await stage.poll(id).json) }
        return seen
    }

    @Test("a render fails as told, and the next one succeeds")
    func fails() async throws {
        try await ready {
            $0.script.renders = [.failing("out of memory")]
        } _: { (stage: Stage) async throws in
            _ = try await stage.submit("render_1")
            let last = try await polls(stage, "render_1", 4).last ?? nil
            #expect(last?["status"] == "failed" && last?["error"] == "out of memory")
            _ = try await stage.submit("render_2")
            let next = try await polls(stage, "render_2", 4).last ?? nil
            #expect(next?["status"] == "completed")
            #expect(stage.simulator.violations == [])
        }
    }

    @Test("a render by the clock goes from pending over processing to completed")
    func timed() throws {
        var world = World(SimulatorOptions())
        world.files = "http://x"
        world.renders["r"] = .init(
            id: "r",
            userID: "u",
            script: RenderScript(),
            startedAt: .seconds(10),
            createdAt: 0,
            seconds: 5
        )
        func poll(_ seconds: Int) throws -> [JSON?] {
            let payload = try world.poll("r", userID: "u", now: .seconds(seconds))
            return [payload["status"], payload["progress"], payload["output"]?["url"]]
        }
        #expect(try poll(10) == ["pending", 5, nil])
        #expect(try poll(15) == ["processing", 15, nil])
        #expect(try poll(40) == ["processing", 65, nil])
        // Due, but the file is not there yet.
        #expect(try poll(99) == ["processing", 95, nil])
        world.finish("r", .made("/r.mp4", bytes: 3), date: 1)
        #expect(try poll(40) == ["processing", 65, nil])
        #expect(try poll(55) == ["completed", 100, "http://x/render-result/r.mp4"])
        #expect(throws: Refusal(404, "render not found")) {
            _ = try world.poll("r", userID: "another", now: .zero)
        }
    }

    @Test("a stuck render never ends")
    func stuck() async throws {
        try await ready {
            $0.script.renders = [RenderScript().with { $0.course = .stuck }]
        } _: { (stage: Stage) async throws in
            _ = try await stage.submit("render_1")
            for poll in try await polls(stage, "render_1", 5) {
                #expect(poll?["status"] == "processing")
            }
        }
    }

    @Test("polls tell status and address in three shapes")
    func shapes() async throws {
        for shape in Knobs.RenderShape.allCases {
            try await ready {
                $0.script.knobs.renderShape = shape
            } _: { (stage: Stage) async throws in
                let submitted = try await stage.submit("render_1")
                #expect(submitted.data?["id"] == "render_1")
                let last = try await polls(stage, "render_1", 4).last ?? nil
                switch shape {
                case .bare:
                    #expect(last?["taskId"] == "render_1")
                    #expect(last?["output"]?["url"]?.string?.hasSuffix("/render_1.mp4") == true)
                    #expect(last?["output"]?["size"] == 15)
                case .wrapped:
                    #expect(last?["success"] == true)
                    #expect(last?["data"]?["outputUrl"]?.string != nil)
                    #expect(last?["data"]?["completedAt"] != nil)
                case .coded:
                    #expect(last?["code"] == 0)
                    #expect(last?["data"]?["state"] == "completed")
                    #expect(last?["data"]?["output"]?["url"]?.string != nil)
                }
            }
        }
    }

    @Test("an address can be late, missing or wrong, and the service's own download is there")
    func addresses() async throws {
        let scripts: [RenderScript.Address] = [.late(polls: 1), .never, .wrong]
        try await ready { options in
            options.script.renders = scripts.map { address in
                RenderScript.stepwise.with { ($0.course, $0.address) = (.polls([]), address) }
            }
        } _: { (stage: Stage) async throws in
            func urls(_ id: String) async throws -> [String?] {
                _ = try await stage.submit(id)
                return try await polls(stage, id, 2).map { $0?["output"]?["url"]?.string }
            }
            let late = try await urls("r1")
            #expect(late.first == .some(nil) && late.last??.hasSuffix("/r1.mp4") == true)
            #expect(try await urls("r2") == [nil, nil])
            let wrong = try #require(try await urls("r3").first ?? nil)
            #expect(try await stage.curl(wrong, bare: true).status == 404)
            let file = try await stage.get("/api/render/proxy/r3/download")
            #expect(file.text == "a rendered file" && file.headers["content-type"] == "video/mp4")
        }
    }

    @Test("an id that exists is refused, or gives the job that is there")
    func duplicates() async throws {
        try await ready { options in
            options.script.renders = [
                .stepwise, RenderScript.stepwise.with { $0.adoptsDuplicates = true },
            ]
        } _: { (stage: Stage) async throws in
            _ = try await stage.submit("r1")
            #expect(try await stage.submit("r1").status == 409)
            _ = try await stage.submit("r2")
            #expect(try await stage.submit("r2").data?["status"] == "processing")
            #expect(stage.simulator.violations.count == 2)
        }
    }

    @Test("a submission can be answered 504 and exist")
    func gateway() async throws {
        try await ready {
            $0.script[.renderSubmit] = [.refuse(504).afterWork]
        } _: { (stage: Stage) async throws in
            #expect(try await stage.submit("r1").status == 504)
            #expect(try await stage.poll("r1").json?["status"] == "pending")
            #expect(try await stage.poll("r2").status == 404)
        }
    }

    @Test("a cancelled render says so")
    func cancelled() async throws {
        try await ready { (stage: Stage) async throws in
            _ = try await stage.submit("r1")
            let answer = try await stage.curl(
                stage.urls.api + "/api/render/proxy/lambda/r1/cancel",
                "-X",
                "POST"
            )
            #expect(answer.status == 200)
            #expect(try await stage.poll("r1").json?["status"] == "cancelled")
        }
    }

    @Test("progress can be absent, text, a part of one, or go back")
    func progress() async throws {
        try await ready { options in
            options.script.renders = Scenario.numbered(54)?.renders ?? []
        } _: { (stage: Stage) async throws in
            _ = try await stage.submit("r1")
            let seen = try await polls(stage, "r1", 7).map { $0?["progress"] }
            #expect(seen == [nil, "30", 0.7, 40, -1, 250, 100])
        }
    }

    @Test("a finished render is the uploaded video, encoded to the height that was asked for")
    func transcoded() async throws {
        let folder = try Folder()
        let clip = folder.file("clip.mp4")
        try Clip(width: 640, height: 360, frames: 25).write(to: clip, quality: 10)
        try await ready { options in
            (options.product, options.speed) = (.transcoded, 100)
        } _: { (stage: Stage) async throws in
            let upload = try await stage.upload("clip.mp4", [UInt8](try clip.contents()))
            let facts = upload.data?["files"]?.array?.first
            #expect(facts?["width"] == 640 && facts?["height"] == 360 && facts?["fps"] == 25.0)
            #expect(facts?["duration"] == 1.0)
            _ = try await stage.say("make clip.mp4 smaller, 240p")
            _ = try await stage.submit("r1")
            var last: JSON?
            for _ in 0..<400 {
                last = try await stage.poll("r1").json
                if last?["status"] == "completed" { break }
                try await Task.sleep(for: .milliseconds(25))
            }
            let url = try #require(last?["output"]?["url"]?.string)
            let result = folder.file("result.mp4")
            let answer = try await stage.curl(url, bare: true)
            try result.write(Data(answer.body))
            #expect(last?["output"]?["size"] == .number(String(result.byteCount)))
            let probed = try await Compressor().probeVideo(result)
            #expect(probed.video.displaySize == PixelSize(width: 428, height: 240))
            #expect(probed.video.codec == "h264")
            #expect(probed.durationSeconds == 1)
        }
    }

    @Test("the wish for a size is heard only where the options say so")
    func sizes() {
        for honours in [false, true] {
            var options = SimulatorOptions()
            options.honoursSizeWish = honours
            var world = World(options)
            world.users["u"] = .init(id: "u", available: 100)
            let made = world.newSession(["task_name": "p"], userID: "u")
            let id = made["session_id"]?.string ?? ""
            let media = World.Media(
                name: "a.mp4",
                kind: "video",
                path: "/a.mp4",
                address: "http://x/a.mp4",
                bytes: 1,
                hash: "h",
                seconds: 5
            )
            let job = job(&world, id, media, "把这个视频压到8MB")
            #expect(job?.target?.bytes == (honours ? 8_000_000 : nil))
            #expect(job?.source == "/a.mp4")
        }
    }

    @Test("the height comes from the submission, else from the message, else from the product")
    func heights() {
        func lines(_ message: String, _ source: String, _ output: String) -> Int? {
            var world = World(SimulatorOptions())
            world.users["u"] = .init(id: "u", available: 100)
            let made = world.newSession(["task_name": "p"], userID: "u")
            let id = made["session_id"]?.string ?? ""
            let media = World.Media(
                name: "a.mp4",
                kind: "video",
                path: "/a.mp4",
                address: "http://x/a.mp4",
                bytes: 1,
                hash: "h"
            )
            return job(&world, id, media, message, source: source, output: output)?.lines
        }
        #expect(lines("compress", "video-compressor-clideo", "{}") == 1_080)
        #expect(lines("compress", "video-compressor-8mb", "{}") == 720)
        #expect(lines("compress to 480p", "video-compressor-8mb", "{}") == 480)
        #expect(lines("compress to 480p", "s", #"{"resolution":"360p"}"#) == 360)
    }

    private func job(
        _ world: inout World,
        _ id: String,
        _ media: World.Media,
        _ message: String,
        source: String = "video-compressor-clideo",
        output: String = "{}"
    ) -> World.Job? {
        do {
            _ = try world.add([media], to: id, userID: "u")
            let answer = try world.begin(message, in: id, userID: "u")
            if let change = answer.change {
                world.change(change, in: id, when: .now, now: .zero)
            }
            let state = try world.state(id, userID: "u", now: .zero)
            let draft = state["state"]?["draft"]?.bytes ?? []
            let body =
                Array(#"{"id":"r","sessionId":"\#(id)","draft":"#.utf8) + draft
                + Array(#","output":\#(output)}"#.utf8)
            var head = try RequestHead(Array("POST /x HTTP/1.1\r\nHost: x".utf8))
            head.headers += [
                .init(name: "X-Skill-Source", value: source),
                .init(name: "X-Skill-Version", value: "1"),
                .init(name: "X-Skill-Platform", value: "unknown"),
            ]
            let (_, job) = try world.submit(body, head: head, userID: "u", now: .zero, date: 0)
            #expect(world.journal.violations == [])
            return job
        } catch {
            Issue.record(error)
            return nil
        }
    }
}
