import Foundation
import Testing

@testable import Simulator

/// The plain path of §19, seen by a program that shares no code with the simulator.
@Suite struct HappyPathTests {
    @Test("scenario 1: token, session, upload, message, state, render and file, in this order")
    func happyPath() async throws {
        try await Stage.with { options in
            options.script.usualRender = .stepwise
        } _: { (stage: Stage) async throws in
            #expect(stage.token.hasPrefix("nmv_usr_"))
            #expect(stage.session.count == 19 && stage.session.allSatisfy(\.isNumber))

            let upload = try await stage.upload("a.mp4")
            let file = upload.data?["files"]?.array?.first
            #expect(file?["filename"]?.string == "a.mp4")
            #expect(upload.data?["session_state_applied"] == true)

            let before = try await stage.state()
            #expect(before.data?["state"]?["draft"] == .null)
            #expect(before.data?["state"]?["video_infos"]?.array?.count == 1)

            let told = try await stage.say("compress this video to under 50MB")
            #expect(told.exit == 0)
            #expect(told.headers["content-type"] == "text/event-stream; charset=utf-8")
            #expect(told.headers["transfer-encoding"] == "chunked")
            let events = told.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
            #expect(events.count == 3)
            #expect(events.first?.contains(#""functionCall""#) == true)
            #expect(events.last?.contains("Export button") == true)

            let after = try await stage.state()
            let draft = after.data?["state"]?["draft"]
            #expect(draft?["t"]?.array?.first?["sg"]?.array?.first?["d"] == 10_000)
            #expect(after.text.contains("9007199254740993"))

            let submitted = try await stage.submit("render_1")
            #expect(submitted.data?["status"] == "pending")
            var seen: [JSON?] = []
            var url = ""
            for _ in 0..<4 {
                let poll = try await stage.poll("render_1").json
                seen.append(poll?["status"])
                url = poll?["output"]?["url"]?.string ?? ""
            }
            #expect(seen == ["pending", "processing", "processing", "completed"])
            let result = try await stage.curl(url, bare: true)
            #expect(result.text == "a rendered file")

            #expect(stage.simulator.violations == [])
            let order: [Endpoint] = [
                .anonymousToken, .withSession, .upload, .state, .runSSE, .state, .state,
                .renderSubmit, .renderPoll, .renderPoll, .renderPoll, .renderPoll, .file,
            ]
            #expect(stage.simulator.requests.map(\.endpoint) == order)
            #expect(stage.simulator.requests.allSatisfy { $0.status == 200 })
        }
    }
}
