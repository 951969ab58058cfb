import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Cloud commands for programs")
    struct CloudJSONTests {
        @Test("a conversation as JSON keeps the contract from its first line to its last")
        func chat() async throws {
            try await CloudStage.with { stage in
                let result = try await stage.succeed([
                    "chat", try stage.clip(), "--cloud", "--json", "-m",
                    "compress this video to under 20kB", "-m", "credits", "-m", "status", "-m",
                    "export",
                ])
                #expect(result.messages.isEmpty)
                let lines = try result.objects()
                let types = lines.compactMap { $0["type"] as? String }
                #expect(types.count == lines.count)
                #expect(lines.first?["version"] as? Int == 1)
                #expect(lines.dropFirst().allSatisfy { $0["version"] == nil })
                #expect(types.filter { ["result", "error"].contains($0) } == ["result"])
                #expect(
                    Set(types).isSuperset(of: [
                        "connecting", "ready", "upload", "uploaded", "sent", "text", "working",
                        "changed", "timeline", "reply", "credits", "state", "render", "download",
                        "note", "plan", "progress", "exported", "result",
                    ])
                )
                let last = try #require(lines.last)
                #expect(last["type"] as? String == "result")
                #expect(last["command"] as? String == "chat")
                #expect(last["turns"] as? Int == 4)
                #expect(last["uploads"] as? [String] == ["clip.mp4"])
                let export = try #require((last["exports"] as? [[String: Any]])?.first)
                #expect(export["output"] as? String == "clip-108p.mp4")
                #expect(export["madeBy"] as? String == "hereFromOriginal")
                #expect((export["bytes"] as? Int).map { $0 <= 20_000 } == true)
                let fractions = lines.filter { $0["type"] as? String == "render" }
                    .compactMap { $0["fraction"] as? Double }
                #expect(fractions == fractions.sorted() && fractions.last == 1)
            }
        }

        @Test("every command ends with a result that names it, or with an error")
        func commands() async throws {
            try await CloudStage.with { stage in
                let clip = try stage.clip()
                let link = ["cloud", "link", "-o", "link.txt"]
                let calls = [
                    ["cloud", "status"], ["cloud", "login", "--cloud"], ["cloud", "credits"],
                    ["cloud", "upload", clip, "--cloud"], ["cloud", "send", "compress it"],
                    ["cloud", "state"], ["cloud", "export", "-o", "out.mp4"], ["cloud", "jobs"],
                    link, ["cloud", "logout"],
                ]
                for call in calls {
                    let result = try await stage.succeed(call + ["--json"])
                    #expect(result.messages.isEmpty)
                    let lines = try result.objects()
                    #expect(lines.first?["version"] as? Int == 1)
                    #expect(lines.last?["type"] as? String == "result")
                    let name = call.prefix(2).joined(separator: " ")
                    #expect(lines.last?["command"] as? String == name)
                }
                let failed = try await stage.run(["cloud", "credits", "--json"])
                #expect(failed.exitCode == 77)
                let error = try #require(try failed.objects().last)
                #expect(error["type"] as? String == "error")
                #expect(error["kind"] as? String == "denied")
                #expect(error["exitCode"] as? Int == 77)
                #expect(failed.messages.isEmpty)
            }
        }

        @Test(
            "the link to a session goes to the browser or into a private file, never to the screen"
        )
        func link() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                let browser = try stage.folder.write(
                    Data("#!/bin/sh\nprintf %s \"$1\" > \"$(dirname \"$0\")/opened\"\n".utf8),
                    "browser"
                )
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o755],
                    ofItemAtPath: browser
                )
                try await stage.succeed(["cloud", "link"], environment: ["BROWSER": browser])
                let opened = try String(
                    contentsOfFile: stage.folder.path("opened"),
                    encoding: .utf8
                )
                #expect(opened.hasPrefix("https://nemovideo.com/workspace/claim?ct=clm_"))
                try await stage.succeed(["cloud", "link", "-o", "link.txt"])
                let path = stage.folder.path("link.txt")
                let written = try String(contentsOfFile: path, encoding: .utf8)
                #expect(written.hasPrefix("https://nemovideo.com/workspace/claim?ct=clm_"))
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
                try await stage.fail(73, ["cloud", "link", "-o", "link.txt"], saying: "exists")
                try await stage.fail(
                    69,
                    ["cloud", "link"],
                    environment: ["BROWSER": "/nowhere/browser"],
                    saying: "No browser could be opened",
                    "-o link.txt"
                )
            }
        }

        @Test("what the simulator prints is all that another terminal needs")
        func simulate() async throws {
            try await CloudStage.with { stage in
                let running = try stage.start([
                    "cloud", "simulate", "--speed", "300", "--honour-size", "--log",
                ])
                try await stage.wait { !stage.temporaryNames.isEmpty }
                try await Task.sleep(for: .milliseconds(200))
                running.send(SIGINT)
                let result = await running.result()
                #expect(result.exitCode == 130)
                let lines = result.output.split(separator: "\n")
                #expect(lines.count == 3)
                #expect(lines.contains { $0.hasPrefix("export NEMO_API_URL=http://127.0.0.1:") })
                #expect(lines.contains { $0.hasPrefix("export CINCH_STATE_DIR=/") })
                #expect(lines.contains("export NEMO_CLOCK_SPEED=300"))
                #expect(stage.temporaryNames.isEmpty)
            }
        }
    }
}
