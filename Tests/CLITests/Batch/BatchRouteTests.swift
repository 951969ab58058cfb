import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Several files in one call, each the way that suits it")
    struct BatchRouteTests {
        /// Three clips of which the second is in a codec that nobody knows.
        private func three(_ stage: CloudStage) throws -> [String] {
            _ = try stage.clip(as: "a.mp4")
            _ = try stage.clip(as: "c.mp4", isAnother: true)
            try strange(stage, "b.mp4")
            return ["a.mp4", "b.mp4", "c.mp4", "-o", "out/"]
        }

        private func strange(_ stage: CloudStage, _ name: String) throws {
            var data = try CloudStage.clip.contents()
            while let place = data.firstRange(of: Data("avc1".utf8)) {
                data.replaceSubrange(place, with: Data("zq01".utf8))
            }
            _ = try stage.folder.write(Data(data), name)
        }

        private func out(_ stage: CloudStage, _ folder: String = "out") -> [String] {
            let names = try? FileManager.default.contentsOfDirectory(
                atPath: stage.folder.path(folder)
            )
            return (names ?? []).sorted()
        }

        private func files(_ result: Program.Result) throws -> [[String: Any]] {
            try result.objects().last?["files"] as? [[String: Any]] ?? []
        }

        private func jobs(_ stage: CloudStage) async throws -> Int {
            let list = try await stage.succeed(["jobs", "--json"])
            return (try list.objects().last?["jobs"] as? [Any])?.count ?? -1
        }

        @Test(
            "what cannot be read here goes to the cloud if that was agreed to, the rest stays here"
        )
        func mixed() async throws {
            try await CloudStage.with { stage in
                let call = try three(stage) + ["--to", "1MB"]
                let none = try await stage.fail(65, call)
                #expect(none.output.contains("3 files: 2 made, 1 failed."))
                #expect(stage.simulator.requests.isEmpty)
                let result = try await stage.succeed(call + ["--cloud", "--force"])
                let words = (result.output + result.messages).replacing("\n  ", with: " ")
                #expect(words.contains("b.mp4: Cannot decode"), "\(words)")
                #expect(words.contains("It is made in the cloud instead."))
                #expect(result.output.contains("cloud"))
                #expect(words.contains("In the cloud, because this build of FFmpeg"), "\(words)")
                #expect(result.output.contains("3 files: 3 made."))
                #expect(out(stage) == ["a-1MB.mp4", "b-1MB.mp4", "c-1MB.mp4"])
                #expect(stage.simulator.count(.upload) == 1)
                #expect(try await jobs(stage) == 0)
            }
        }

        @Test("--json says of each which way it took and why, and numbers what happens on it")
        func json() async throws {
            try await CloudStage.with { stage in
                let call = try three(stage) + ["--to", "100kB", "--cloud", "--json"]
                let result = try await stage.succeed(call, environment: ["CINCH_HISTORY": "on"])
                let files = try files(result)
                #expect(files.map { $0["route"] as? String } == ["local", "cloud", "local"])
                #expect(files[1]["madeBy"] as? String == "hereFromResult")
                #expect((files[1]["why"] as? String)?.isEmpty == false && files[0]["why"] == nil)
                #expect(files.allSatisfy { ($0["bytes"] as? Int ?? .max) <= 100_000 })
                let lines = try result.objects()
                for type in ["route", "uploaded", "sent", "render"] {
                    let line = lines.first { $0["type"] as? String == type }
                    #expect(line?["number"] as? Int == 2, "\(type)")
                }
                // What a single run leaves in the history a batch leaves too.
                let history = try await stage.succeed(["history", "--json"])
                #expect(history.output.contains("b-100kB.mp4"))
            }
        }

        @Test("without agreement, with --offline and with --route local nothing is ever sent")
        func nothingSent() async throws {
            try await CloudStage.with { stage in
                let call = try three(stage) + ["--to", "1MB", "--force", "-q"]
                for options in [
                    ["--route", "cloud"], ["--offline", "--cloud"],
                    ["--route", "local", "--cloud"],
                    ["--cloud", "--max-credits", "10"],
                ] {
                    try await stage.fail(65, call + options)
                    #expect(out(stage) == ["a-1MB.mp4", "c-1MB.mp4"])
                }
                try await stage.fail(77, call + ["--edit", "add the title \"Hi\""])
                #expect(stage.simulator.requests.isEmpty)
            }
        }

        @Test("asked for, the cloud makes all of them after one look at the balance and one token")
        func together() async throws {
            try await CloudStage.with { stage in
                var names: [String] = []
                for number in 1...4 { names.append(try stage.clip(as: "\(number).mp4")) }
                let call = names + ["--to", "1MB", "-o", "out", "--route", "cloud", "--cloud"]
                let result = try await stage.succeed(call)
                #expect(stage.simulator.count(.renderSubmit) == 4)
                #expect(stage.simulator.count(.credits) == 1)
                #expect(stage.simulator.count(.anonymousToken) == 1)
                #expect(out(stage).count == 4)
                #expect(
                    result.output.contains(
                        "In the cloud, because it was asked for: 1.mp4, 2.mp4, 3.mp4, 4.mp4."
                    )
                )
                // Said once, and not for each.
                let said = result.messages.components(separatedBy: "is about to contact").count
                #expect(said == 2)
                #expect(try await jobs(stage) == 0)
                let again = try await stage.succeed(call + ["--resume"])
                #expect(again.output.contains("4 made before"))
            }
        }

        @Test("the ceiling of credits is for the whole call: what one took, the others have not")
        func ceiling() async throws {
            try await CloudStage.with { stage in
                var names: [String] = []
                for number in 1...3 { names.append(try stage.clip(as: "\(number).mp4")) }
                // One takes 5, and 50 must be left for another.
                let result = try await stage.succeed(
                    names + [
                        "--to", "1MB", "-o", "out", "--route", "cloud", "--cloud",
                        "--max-credits", "59", "--json",
                    ]
                )
                let routes = try files(result).map { $0["route"] as? String }
                #expect(routes.filter { $0 == "cloud" }.count == 2)
                let here = try files(result).first { $0["route"] as? String == "local" }
                #expect(
                    here?["why"] as? String
                        == "it may cost 50 credits, and 49 of the 59 allowed are left"
                )
                #expect(out(stage).count == 3 && stage.simulator.count(.upload) == 2)
            }
        }

        @Test("an edit is made for each within the ceiling, and is never left out silently")
        func edits() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip(as: "a.mp4")
                _ = try stage.clip(as: "b.mp4", isAnother: true)
                let call = [
                    "a.mp4", "b.mp4", "--to", "1MB", "-o", "out", "--edit", "add the title \"Hi\"",
                    "--cloud", "--json",
                ]
                let result = try await stage.run(call + ["--max-credits", "54"])
                #expect(result.exitCode == 69)
                let files = try files(result)
                #expect(files.map { $0["outcome"] as? String } == ["done", "failed"])
                let error = files[1]["error"] as? [String: Any]
                #expect((error?["why"] as? String)?.contains("49 of the 54 allowed") == true)
                // With more credits the rest of it; the edit is a part of what was wanted.
                let rest = try await stage.succeed(call + ["--resume"])
                let outcomes = try self.files(rest).map { $0["outcome"] as? String }
                #expect(outcomes == ["before", "done"])
            }
        }

        @Test("a service that is not there is tried once, and all are made here")
        func gone() async throws {
            try await CloudStage.with { stage in
                var names: [String] = []
                for number in 1...3 { names.append(try stage.clip(as: "\(number).mp4")) }
                stage.play { $0[.credits] = [.status(503).forever] }
                let result = try await stage.succeed(
                    names + ["--to", "100kB", "-o", "out", "--route", "cloud", "--cloud"]
                )
                #expect(out(stage).count == 3 && stage.simulator.count(.upload) == 0)
                let said = result.messages.replacing("\n  ", with: " ")
                #expect(said.contains("It is made on this machine instead."), "\(said)")
                let words = result.output.replacing("\n  ", with: " ")
                #expect(words.contains("Here and not in the cloud, because"), "\(words)")
            }
        }

        @Test("--simulate tries the ways of several files and leaves nothing of it")
        func simulated() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip(as: "a.mp4")
                _ = try stage.clip(as: "b.mp4", isAnother: true)
                let result = try await stage.succeed([
                    "a.mp4", "b.mp4", "--to", "100kB", "-o", "out", "--route", "cloud",
                    "--simulate",
                ])
                #expect(result.output.contains("2 files: 2 made."))
                #expect(result.output.contains("In the cloud, because it was asked for"))
                #expect(out(stage) == ["a-100kB.mp4", "b-100kB.mp4"])
                #expect(stage.simulator.requests.isEmpty && stage.temporaryNames.isEmpty)
                #expect(!stage.folder.names.contains("state"))
            }
        }

        private func stuck(
            _ signal: Int32,
            _ body: (CloudStage, [String]) async throws -> Void
        )
            async throws
        {
            try await CloudStage.with {
                $0.script.usualRender.course = signal == SIGINT ? .stuck : .timed(seconds: 1200)
            } _: { stage in
                _ = try stage.clip(as: "a.mp4")
                _ = try stage.clip(as: "b.mp4", isAnother: true)
                let call = [
                    "a.mp4", "b.mp4", "--to", "1MB", "-o", "out", "--route", "cloud", "--cloud",
                ]
                let simulator = stage.simulator
                let result = try await stage.interrupt(call, signal: signal) {
                    // Both are known to be there.
                    let polls = simulator.requests.filter { $0.endpoint == .renderPoll }
                    return Set(polls.map(\.path)).count == 2
                }
                #expect(result.exitCode == (signal == SIGINT ? 130 : 143))
                #expect(result.output.contains("2 files: 2 not made."))
                try await body(stage, call)
            }
        }

        @Test("Ctrl-C on the way leaves nothing there, no empty folder, and no entry in the ledger")
        func stopped() async throws {
            try await stuck(SIGINT) { stage, call in
                #expect(stage.simulator.count(.renderCancel) == 2)
                #expect(try await jobs(stage) == 0)
                #expect(stage.names == ["a.mp4", "b.mp4"])
                stage.play { _ in }
                let again = try await stage.succeed(call + ["--resume"])
                #expect(again.output.contains("2 files: 2 made."))
            }
        }

        @Test("what a closed terminal leaves in the cloud is gone on with, by the same call too")
        func left() async throws {
            try await stuck(SIGHUP) { stage, call in
                #expect(try await jobs(stage) == 2)
                let again = try await stage.succeed(call + ["--resume"])
                #expect(again.output.contains("2 files: 2 made."))
                #expect(again.messages.contains("An earlier run of this was cut short"))
                #expect(stage.simulator.count(.upload) == 2)
                #expect(out(stage) == ["a-1MB.mp4", "b-1MB.mp4"])
                #expect(try await jobs(stage) == 0)
            }
        }

        @Test("what 'cinch jobs --resume' makes of it the batch need not make again")
        func leftForJobs() async throws {
            try await stuck(SIGHUP) { stage, call in
                try await stage.succeed(["jobs", "--resume"])
                #expect(out(stage) == ["a-1MB.mp4", "b-1MB.mp4"])
                let again = try await stage.succeed(call + ["--resume"])
                #expect(again.output.contains("2 files: 2 made before."))
                #expect(stage.simulator.count(.upload) == 2)
            }
        }

        @Test("a folder that was made for results goes again where none came into it")
        func emptyFolder() async throws {
            try await CloudStage.with { stage in
                _ = try stage.folder.write(Data("no video".utf8), "x.mp4")
                _ = try stage.folder.write(Data("no video".utf8), "y.mp4")
                try await stage.fail(65, ["x.mp4", "y.mp4", "--to", "1MB", "-o", "new/deep"])
                #expect(stage.names == ["x.mp4", "y.mp4"])
                try await stage.fail(65, ["x.mp4", "y.mp4", "--total", "1MB", "-o", "new"])
                #expect(stage.names == ["x.mp4", "y.mp4"])
            }
        }
    }
}
