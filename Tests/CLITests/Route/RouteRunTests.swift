import Core
import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("One command that decides where it runs")
    struct RouteRunTests {
        private static let cloud = ["clip.mp4", "--to", "100kB", "--route", "cloud", "--cloud"]

        /// Expects a file that fits, and nothing else but the clip.
        private func expectFile(
            _ stage: CloudStage,
            _ name: String = "clip-100kB.mp4",
            of clip: String = "clip.mp4",
            most: Int = 100_000,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(stage.names == [clip, name].sorted(), sourceLocation: sourceLocation)
            let bytes = FilePath(stage.folder.path(name)).byteCount
            #expect(bytes > 1000 && bytes <= most, sourceLocation: sourceLocation)
        }

        /// What was left of jobs.
        private func jobs(_ stage: CloudStage) async throws -> [[String: Any]] {
            let list = try await stage.succeed(["jobs", "--json"])
            return try list.objects().last?["jobs"] as? [[String: Any]] ?? []
        }

        // MARK: Without the cloud

        @Test(
            "without agreement, with --offline and with --route local nothing is sent",
            arguments: [
                [], ["--max-wait", "1s"], ["--route", "cloud"], ["--offline", "--cloud"],
                ["--route", "local", "--cloud"],
                ["--route", "cloud", "--cloud", "--max-credits", "10"],
            ]
        )
        func nothingSent(_ options: [String]) async throws {
            try await CloudStage.with { stage in
                try await stage.succeed([try stage.clip(), "--to", "100kB"] + options)
                expectFile(stage)
                #expect(stage.simulator.requests.isEmpty)
                let files = try? FileManager.default.subpathsOfDirectory(
                    atPath: stage.folder.path("state")
                )
                let learned = files?.contains("route.json") == true
                #expect(!learned || options.contains("1s"))
                #expect(
                    files?.contains { $0.hasPrefix("tokens") || $0.hasPrefix("routed") } != true
                )
            }
        }

        @Test("a sample is made first, also where the cloud could be taken")
        func preview() async throws {
            try await CloudStage.with { stage in
                let call = [Program.clip.path, "--to", "300k", "-o", stage.folder.path("a.mp4")]
                try await stage.succeed(call + ["--cloud", "--preview", "2s"])
                #expect(stage.names == ["a-preview.mp4", "a.mp4"])
                #expect(stage.simulator.requests.isEmpty)
            }
        }

        @Test("a sample that would be hardly shorter than the whole is not made, and that is said")
        func noPreview() async throws {
            try await CloudStage.with { stage in
                let call = [Program.clip.path, "--to", "300k", "-o", stage.folder.path("a.mp4")]
                let said = try await stage.succeed(call + ["--preview", "60s"])
                #expect(stage.names == ["a.mp4"])
                #expect(said.messages.contains("no sample is made first"))
                let told = try await stage.succeed(
                    call + ["--preview", "60s", "--force", "--json"]
                )
                #expect(told.output.contains("no sample is made first"))
            }
        }

        @Test("what this machine can do it does, also where the cloud was agreed to")
        func localFirst() async throws {
            try await CloudStage.with { stage in
                try await stage.prepare()
                let count = stage.simulator.requests.count
                let result = try await stage.succeed(["clip.mp4", "--to", "100kB"])
                #expect(!result.messages.contains("cloud"))
                #expect(stage.simulator.requests.count == count)
                expectFile(stage)
            }
        }

        @Test(
            "options of ways that make no sense are refused before anything is sent",
            arguments: [
                ["--route", "moon"], ["--max-wait", "soon"], ["--max-wait", "0"],
                ["--max-wait", "5m3h"], ["--max-credits", "-1"], ["--max-credits", "many"],
                ["--route", "cloud", "--offline"], ["--route"],
            ]
        )
        func nonsense(_ options: [String]) async throws {
            try await CloudStage.with { stage in
                try await stage.fail(64, [try stage.clip(), "--to", "100kB"] + options)
                #expect(stage.simulator.requests.isEmpty && stage.names == ["clip.mp4"])
            }
        }

        // MARK: In the cloud

        @Test("asked for, the cloud makes the file, which is checked and leaves nothing behind")
        func inTheCloud() async throws {
            try await CloudStage.with { stage in
                let result = try await stage.succeed(
                    [try stage.clip(), "--to", "1MB", "--route", "cloud", "--cloud"]
                )
                #expect(result.output.hasPrefix("✓ clip-1MB.mp4\n"))
                #expect(result.output.contains("the cloud, and checked here"))
                #expect(result.messages.contains("In the cloud, because it was asked for"))
                expectFile(stage, "clip-1MB.mp4", most: 1_000_000)
                #expect(stage.simulator.count(.upload) == 1)
                #expect(stage.simulator.count(.renderSubmit) == 1)
                #expect(try await jobs(stage).isEmpty)
                // Whatever conversation was open is as it was.
                try await stage.fail(66, ["cloud", "state"])
            }
        }

        @Test("what the cloud makes too large is fitted here from the original")
        func tooLarge() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                let result = try await stage.succeed(Self.cloud + ["--json"])
                let end = try #require(try result.objects().last)
                #expect(end["command"] as? String == "compress")
                #expect(end["route"] as? String == "cloud")
                #expect(end["madeBy"] as? String == "hereFromOriginal")
                #expect((end["cloudBytes"] as? Int ?? 0) > 100_000)
                let route = try result.objects().first { $0["type"] as? String == "route" }
                let decision = route?["decision"] as? [String: Any]
                let attempts = decision?["attempts"] as? [[String: Any]]
                #expect(attempts?.compactMap { $0["way"] as? String } == ["cloud", "local"])
                expectFile(stage)
            }
        }

        @Test("what is no use is made here from the original")
        func unusable() async throws {
            try await CloudStage.with {
                $0.product = .bytes([])
            } _: { stage in
                _ = try stage.clip()
                try await stage.succeed(Self.cloud + ["-q"])
                expectFile(stage)
                #expect(try await jobs(stage).isEmpty)
            }
        }

        @Test("a plan says where and why in a paragraph, with a table where the cloud is in play")
        func plan() async throws {
            try await CloudStage.with { stage in
                let call = ["plan", try stage.clip(), "--to", "100kB"]
                let plain = try await stage.succeed(call)
                #expect(plain.output.contains("On this machine, because this machine can do it."))
                #expect(!plain.output.contains("1. here"))
                let agreed = try await stage.succeed(call + ["--cloud"])
                #expect(agreed.output.contains("  1. here   about "))
                #expect(agreed.output.contains("  2. cloud  about 2 min"))
                let refused = try await stage.succeed(call + ["--cloud", "--max-credits", "5"])
                #expect(refused.output.contains("–  cloud  not: it may cost 50 credits"))
                let json = try await stage.succeed(
                    call + ["--route", "cloud", "--cloud", "--json"]
                )
                let route = try json.objects().last?["route"] as? [String: Any]
                #expect((route?["text"] as? String)?.hasPrefix("In the cloud") == true)
                let decision = route?["decision"] as? [String: Any]
                #expect(decision?["version"] as? Int == 1)
                #expect((decision?["attempts"] as? [Any])?.count == 2)
                #expect(stage.simulator.requests.isEmpty && stage.names == ["clip.mp4"])
            }
        }

        @Test("--simulate tries the ways without an account and leaves nothing of it")
        func simulated() async throws {
            try await CloudStage.with { stage in
                let call = [try stage.clip(), "--to", "100kB", "--route", "cloud", "--simulate"]
                let there = try await stage.succeed(call + ["-o", "there.mp4"])
                #expect(there.output.contains("the cloud, and checked here"))
                #expect(!there.messages.contains("about to contact"))
                let here = try await stage.succeed(call + ["-o", "here.mp4", "--scenario", "13"])
                let words = here.messages.replacing("\n  ", with: " ")
                #expect(words.contains("does not include export"))
                #expect(words.contains("It is made on this machine instead."))
                #expect(stage.names == ["clip.mp4", "here.mp4", "there.mp4"])
                #expect(stage.temporaryNames.isEmpty && stage.simulator.requests.isEmpty)
                try await stage.fail(
                    64,
                    ["clip.mp4", "--to", "100kB", "--scenario", "13"],
                    saying: "means nothing without --simulate"
                )
            }
        }

        @Test("with --json and --quiet a way through the cloud is two lines")
        func quietJSON() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                stage.play { $0[.renderSubmit] = [.refuse(402)] }
                let result = try await stage.succeed(Self.cloud + ["--json", "-q"])
                let types = try result.objects().compactMap { $0["type"] as? String }
                #expect(types.first == "started" && types.last == "result")
                #expect(types.allSatisfy { ["started", "note", "result"].contains($0) })
                #expect(result.messages.isEmpty)
            }
        }

        @Test("a file that is there already is not worth an upload")
        func taken() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                _ = try stage.clip(as: "clip-100kB.mp4")
                try await stage.fail(73, Self.cloud, saying: "clip-100kB.mp4 exists already")
                #expect(stage.simulator.requests.isEmpty)
            }
        }

        @Test(
            "a file that the service does not take is made an MP4 first",
            .enabled(if: Allowed.has("ffmpeg", "-version"))
        )
        func converted() async throws {
            try await CloudStage.with { stage in
                let call = ["-v", "error", "-i", CloudStage.clip.string, "-c", "copy"]
                _ = try await Program.tool("ffmpeg", call + [stage.folder.path("clip.ts")])
                let result = try await stage.succeed(
                    ["clip.ts", "--to", "1MB", "--route", "cloud", "--cloud"]
                )
                #expect(result.messages.contains("first made an MP4 here"))
                #expect(result.messages.contains("clip.mp4 is uploaded"))
                expectFile(stage, "clip-1MB.mp4", of: "clip.ts", most: 1_000_000)
            }
        }

        @Test("an edit goes to the cloud if that was agreed to, and is never made without it")
        func edit() async throws {
            try await CloudStage.with { stage in
                let call = [try stage.clip(), "--to", "100kB", "--edit", "add the title \"Hi\""]
                let refused = try await stage.fail(77, call)
                #expect(refused.messages.contains("nobody has agreed to send it files"))
                try await stage.fail(69, call + ["--offline"], saying: "The edit cannot be made")
                #expect(stage.simulator.requests.isEmpty && stage.names == ["clip.mp4"])
                let result = try await stage.succeed(call + ["--cloud", "--json"])
                // The original has no title: what the cloud made is what is fitted.
                let end = try result.objects().last
                #expect(end?["madeBy"] as? String == "hereFromResult")
                expectFile(stage)
                stage.play { $0[.renderSubmit] = [.refuse(402)] }
                try await stage.fail(
                    77,
                    call + ["--cloud", "--force"],
                    saying: "does not include export"
                )
                #expect(try await jobs(stage).isEmpty)
            }
        }

        // MARK: Troubles there

        struct Trouble: Sendable, CustomTestStringConvertible {
            var name: String
            var words: String
            var options: [String] = []
            var play: @Sendable (inout Scenario) -> Void
            var testDescription: String { name }
        }

        static let troubles = [
            Trouble(name: "402", words: "does not include export") {
                $0[.renderSubmit] = [.refuse(402).forever]
            },
            Trouble(name: "2001 before anything is sent", words: "credits are used up") {
                $0[.credits] = [.normal.after(.setCredits(0)).forever]
            },
            Trouble(name: "2001", words: "credits are used up") {
                $0[.runSSE] = [.refuse(2001).forever]
            },
            Trouble(name: "429 twice", words: "limiting requests") {
                $0[.credits] = [.refuse(429).forever]
            },
            Trouble(name: "4001", words: "does not take this kind of file") {
                $0[.upload] = [.refuse(4001).forever]
            },
            Trouble(name: "4002", words: "too large for the service") {
                $0[.upload] = [.refuse(4002).forever]
            },
            Trouble(name: "503", words: "a problem of its own") {
                $0[.withSession] = [.refuse(503).forever]
            },
            Trouble(name: "a failed render", words: "could not render it") {
                $0.usualRender = .failing()
            },
            Trouble(name: "a stuck render", words: "still working", options: ["--max-wait", "2"]) {
                $0.usualRender.course = .stuck
            },
            Trouble(name: "a broken download", words: "Cannot download the result") {
                $0[.file] = [.status(503).forever]
                $0[.renderDownload] = [.status(503).forever]
            },
        ]

        @Test(
            "what fails in the cloud is made here, and nothing is left there",
            arguments: troubles
        )
        func madeHere(_ trouble: Trouble) async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                stage.play(trouble.play)
                let result = try await stage.succeed(Self.cloud + trouble.options)
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains(trouble.words), "\(words)")
                #expect(words.contains("It is made on this machine instead."), "\(words)")
                #expect(result.output.contains("✓ clip-100kB.mp4\n"))
                expectFile(stage)
                #expect(try await jobs(stage).isEmpty)
            }
        }

        @Test("a smaller picture than was asked for is made anew here")
        func worse() async throws {
            let small = FilePath(
                FileManager.default.temporaryDirectory
                    .appendingPathComponent("cinch-small-\(getpid()).mp4").path
            )
            try Clip(.moving, width: 96, height: 54, frames: 25)
                .write(to: small, quality: 20, tone: Tone(seconds: 1))
            defer { try? FileManager.default.removeItem(atPath: small.string) }
            try await CloudStage.with {
                $0.product = .file(small)
            } _: { stage in
                _ = try stage.clip()
                let result = try await stage.succeed(Self.cloud)
                #expect(result.messages.contains("it has 54 lines of 108"))
                #expect(result.output.contains("192×108"))
                expectFile(stage)
            }
        }

        @Test("more lines than were asked for are not taken either")
        func taller() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                let result = try await stage.succeed([
                    "clip.mp4", "--to", "1MB", "--max-height", "54", "--route", "cloud", "--cloud",
                ])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("it has 108 lines, and 54 were asked for"))
                #expect(result.output.contains("96×54"))
                expectFile(stage, "clip-1MB.mp4", most: 1_000_000)
            }
        }

        @Test("a service that is not there is soon given up, and left alone by the next runs")
        func unreachable() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                // A port where nobody takes what the system accepts.
                let hole = try BlackHole()
                let there = ["NEMO_API_URL": "http://127.0.0.1:\(hole.port)"]
                let first = try await stage.succeed(Self.cloud, environment: there)
                let told = first.messages.replacing("\n  ", with: " ")
                #expect(told.contains("It is made on this machine instead."), "\(told)")
                expectFile(stage)
                let again = try await stage.succeed(Self.cloud + ["--force"], environment: there)
                let words = again.messages.replacing("\n  ", with: " ")
                #expect(words.contains("it failed a moment ago, and is tried again in"))
                #expect(!words.contains("instead"))
                // Another service is not meant by it.
                try await stage.succeed(Self.cloud + ["--force"])
                #expect(stage.simulator.count(.upload) == 1)
            }
        }

        @Test("402 is remembered by the next run, until somebody logs in")
        func remembered() async throws {
            try await CloudStage.with { stage in
                _ = try stage.clip()
                stage.play { $0[.renderSubmit] = [.refuse(402)] }
                try await stage.succeed(Self.cloud)
                let uploads = stage.simulator.count(.upload)
                let again = try await stage.succeed(Self.cloud + ["--force"])
                let words = again.messages.replacing("\n  ", with: " ")
                #expect(words.contains("its plan did not include exports (402)"))
                #expect(stage.simulator.count(.upload) == uploads)
                try await stage.succeed(["cloud", "login", "--cloud"])
                try await stage.succeed(Self.cloud + ["--force"])
                #expect(stage.simulator.count(.upload) == uploads + 1)
            }
        }

        // MARK: Troubles here

        /// A clip in a codec that nobody knows.
        private func strange(_ stage: CloudStage) throws {
            var data = try CloudStage.clip.contents()
            while let place = data.firstRange(of: Data("avc1".utf8)) {
                data.replaceSubrange(place, with: Data("zq01".utf8))
            }
            _ = try stage.folder.write(Data(data), "clip.mp4")
        }

        @Test("what this machine cannot read goes to the cloud, if that was agreed to")
        func undecodable() async throws {
            try await CloudStage.with { stage in
                try strange(stage)
                let call = ["clip.mp4", "--to", "1MB"]
                try await stage.fail(65, call)
                #expect(stage.simulator.requests.isEmpty)
                let plan = try await stage.succeed(["plan"] + call + ["--cloud"])
                #expect(plan.output.contains("In the cloud, because"))
                let result = try await stage.succeed(call + ["--cloud"])
                let words = result.messages.replacing("\n  ", with: " ")
                #expect(words.contains("It is made in the cloud instead."), "\(words)")
                expectFile(stage, "clip-1MB.mp4", most: 1_000_000)
            }
        }

        @Test("of what only the cloud can read, its own file is what is fitted here")
        func fittedFromResult() async throws {
            try await CloudStage.with { stage in
                try strange(stage)
                let call = ["clip.mp4", "--to", "100kB", "--cloud", "--json"]
                for options in [[], ["--route", "cloud", "--force"]] {
                    let result = try await stage.succeed(call + options)
                    let end = try result.objects().last
                    #expect(end?["madeBy"] as? String == "hereFromResult")
                    expectFile(stage)
                }
            }
        }

        @Test("what nobody knows for a film is not sent anywhere")
        func rubbish() async throws {
            try await CloudStage.with { stage in
                _ = try stage.folder.write(Data(repeating: 7, count: 5000), "clip.mp4")
                for route in ["auto", "cloud"] {
                    let call = ["clip.mp4", "--to", "1MB", "--cloud", "--route", route]
                    try await stage.fail(65, call, saying: "Cannot read clip.mp4")
                }
                #expect(stage.simulator.requests.isEmpty)
            }
        }

        @Test("a decoder that crashes here leaves it to the cloud")
        func crash() async throws {
            try await CloudStage.with { stage in
                _ = try stage.folder.clip()
                let call = ["clip.mp4", "--to", "2MB", "--speed", "best", "--cloud"]
                let running = try stage.start(call)
                try await stage.wait { stage.folder.hasWork() }
                for child in Program.children(of: running.identifier) { _ = kill(child, SIGSEGV) }
                let result = await running.result()
                #expect(result.exitCode == 0, "\(result.messages)")
                #expect(result.messages.contains("The decoder crashed on clip.mp4"))
                // A second of film is not what was sent, but this machine is out of the question.
                #expect(stage.simulator.count(.renderSubmit) == 1)
            }
        }
    }
}

/// A port of loopback that takes connections, and nothing more ever comes of them.
private final class BlackHole: Sendable {
    let port: UInt16
    private let number: Int32

    init() throws {
        #if canImport(Darwin)
        let kind = SOCK_STREAM
        #else
        let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        number = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = number
        let isReady = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(number, address, size) == 0 && listen(number, 16) == 0
                    && getsockname(number, address, &size) == 0
            }
        }
        try #require(isReady)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { _ = close(number) }
}
