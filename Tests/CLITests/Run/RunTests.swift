import Foundation
import Testing

/// One at a time: each run takes every core that it can get.
@Suite("The built program", .serialized)
enum BuiltProgram {}

extension BuiltProgram {
    @Suite("Whole runs of the built program")
    struct RunTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        @Test(
            "a run to a size lands below it, and ffprobe agrees on what came out",
            .enabled(if: Allowed.has("ffprobe", "-version"))
        )
        func wholeRun() async throws {
            let clip = try folder.clip(as: "road trip.mp4")
            let result = try await Program.run([clip, "--to", "1.5MB", "--speed", "fast"])
            #expect(result.exitCode == 0, "\(result.messages)")
            // Without -o the result is named after the size, beside the input.
            let path = folder.path("road trip-1.5MB.mp4")
            #expect(result.output.hasPrefix("✓ \(path)\n"))
            #expect(result.output.contains("SSIM 0."))
            #expect(!result.output.contains("\u{1B}") && !result.messages.contains("\u{1B}"))
            #expect(result.messages.hasPrefix("Reading\n"))

            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(data.count <= 1_500_000)
            #expect(data.count >= 1_480_000)
            let boxes = Self.boxes(data)
            let index = try #require(boxes.firstIndex(of: "moov"))
            let media = try #require(boxes.firstIndex(of: "mdat"))
            #expect(index < media)

            let witness = try await Program.tool(
                "ffprobe",
                [
                    "-v", "error", "-show_entries",
                    "stream=codec_name,pix_fmt,width,height:format=duration,size", "-of", "json",
                    path,
                ]
            )
            #expect(witness.messages.isEmpty)
            let found = try #require(
                try JSONSerialization.jsonObject(with: Data(witness.output.utf8)) as? [String: Any]
            )
            let streams = try #require(found["streams"] as? [[String: Any]])
            #expect(streams.compactMap { $0["codec_name"] as? String }.sorted() == ["aac", "h264"])
            #expect(streams.contains { $0["pix_fmt"] as? String == "yuv420p" })
            let format = try #require(found["format"] as? [String: String])
            #expect(format["size"] == "\(data.count)")
            let duration = try #require(format["duration"].flatMap(Double.init))
            #expect(abs(duration - 30.208) < 0.15)
            #expect(folder.names == ["road trip-1.5MB.mp4", "road trip.mp4"])
        }

        @Test("the JSON stream keeps its contract from the first line to the last")
        func contract() async throws {
            let clip = try folder.clip()
            let result = try await Program.run([
                clip, "--to", "500k", "--speed", "fast", "--json", "-o", folder.path("out.mp4"),
            ])
            #expect(result.exitCode == 0)
            #expect(result.messages.isEmpty)
            let lines = try result.objects()
            let types = lines.compactMap { $0["type"] as? String }
            #expect(types.count == lines.count)
            #expect(types.first == "started")
            #expect(types.last == "result")
            #expect(types.filter { $0 == "result" || $0 == "error" }.count == 1)
            let known: Set = [
                "started", "plan", "keeping", "progress", "attempt", "note", "result",
            ]
            #expect(Set(types).isSubset(of: known))
            #expect(Set(types).isSuperset(of: ["plan", "keeping", "progress", "attempt"]))
            #expect(lines.first?["version"] as? Int == 1)
            #expect(lines.dropFirst().allSatisfy { $0["version"] == nil })
            let fractions = lines.filter { $0["type"] as? String == "progress" }
                .compactMap { $0["fraction"] as? Double }
            #expect(fractions == fractions.sorted())
            #expect(fractions.allSatisfy { (0...1).contains($0) })
            let last = try #require(lines.last)
            #expect(last["command"] as? String == "compress")
            #expect(last["targetBytes"] as? Int == 500_000)
            let bytes = try #require(last["bytes"] as? Int)
            #expect(bytes <= 500_000)
            let size = try FileManager.default.attributesOfItem(atPath: folder.path("out.mp4"))[
                .size
            ]
            #expect((size as? NSNumber)?.intValue == bytes)
            let accepted = try #require(last["attempts"] as? [[String: Any]])
                .filter { $0["isAccepted"] as? Bool == true }
            #expect(accepted.count == 1)
        }

        @Test(
            "with --json every error is one line, whatever went wrong",
            arguments: [
                (["--json"], 64, "usage"), (["--json", "--wrong"], 64, "usage"),
                (["a.mp4", "--to", "--json"], 64, "usage"),
                (["a.mp4", "--to", "0", "--json"], 64, "usage"),
                (["nowhere.mp4", "--json"], 66, "missing"),
                (["probe", "nowhere.mp4", "--json"], 66, "missing"),
                (["plan", "nowhere.mp4", "--to", "1MB", "--json"], 66, "missing"),
                (["probe", "--json"], 64, "usage"), (["doctor", "x", "--json"], 64, "usage"),
            ]
        )
        func errors(arguments: [String], code: Int32, kind: String) async throws {
            let result = try await Program.run(arguments, in: folder.url)
            #expect(result.exitCode == code)
            #expect(result.messages.isEmpty)
            let lines = try result.objects()
            #expect(lines.first?["version"] as? Int == 1)
            let last = try #require(lines.last)
            #expect(last["type"] as? String == "error")
            #expect(last["kind"] as? String == kind)
            #expect(last["exitCode"] as? Int == Int(code))
            #expect((last["what"] as? String)?.isEmpty == false)
        }

        @Test("probe, plan and doctor answer in one JSON line")
        func singleLines() async throws {
            let clip = Program.clip.path
            let calls = [
                "probe": ["probe", clip], "plan": ["plan", clip, "--to", "1MB"],
                "doctor": ["doctor"],
            ]
            for (command, arguments) in calls {
                let result = try await Program.run(arguments + ["--json"])
                #expect(result.exitCode == 0)
                let lines = try result.objects()
                #expect(lines.count == 1)
                #expect(lines[0]["type"] as? String == "result")
                #expect(lines[0]["command"] as? String == command)
                #expect(lines[0]["version"] as? Int == 1)
                if command == "plan" {
                    #expect((lines[0]["expectedSeconds"] as? Double).map { $0 > 0 } == true)
                    let plan = try #require(lines[0]["plan"] as? [String: Any])
                    #expect(plan["limitBytes"] as? Int == 1_000_000)
                    #expect((plan["smallestBytes"] as? Int).map { $0 < 1_000_000 } == true)
                }
            }
        }

        @Test("probe, plan and doctor answer people on standard output alone")
        func pages() async throws {
            let probe = try await Program.run(["probe", Program.clip.path])
            #expect(probe.output.contains("768×432 at 12.5 fps"))
            let plan = try await Program.run(["plan", Program.clip.path, "--to", "1MB"])
            #expect(plan.output.contains("two passes to 1 000 000 bytes"))
            #expect(plan.output.contains("on this machine"))
            let doctor = try await Program.run(["doctor"])
            #expect(doctor.output.contains("Verdict"))
            #expect([probe, plan, doctor].allSatisfy { $0.messages.isEmpty && $0.exitCode == 0 })
        }

        @Test("a size that is larger than the file copies it, and says so")
        func copies() async throws {
            let result = try await Program.run([
                Program.clip.path, "--to", "5MB", "-o", folder.path("copy.mp4"),
            ])
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(result.output.contains("already fits: copied without encoding"))
            #expect(folder.names == ["copy.mp4"])
        }

        @Test("--quiet says nothing, and --force replaces")
        func quiet() async throws {
            let output = try folder.write(Data("old".utf8), "out.mp4")
            let result = try await Program.run([
                Program.clip.path, "--to", "5MB", "-o", output, "--quiet", "--force",
            ])
            #expect(result.exitCode == 0)
            #expect(result.output.isEmpty && result.messages.isEmpty)
            #expect(try Data(contentsOf: URL(fileURLWithPath: output)).count > 1_000_000)
            let json = try await Program.run([
                Program.clip.path, "--to", "5MB", "-o", output, "--quiet", "--force", "--json",
            ])
            #expect(
                try json.objects().compactMap { $0["type"] as? String } == ["started", "result"]
            )
        }

        @Test("a name that begins with a dash is a name after --, and as ./-name")
        func dashes() async throws {
            _ = try folder.clip(as: "-video.mp4")
            let one = try await Program.run(["--to", "5MB", "--", "-video.mp4"], in: folder.url)
            #expect(one.exitCode == 0, "\(one.messages)")
            #expect(folder.names == ["-video-5MB.mp4", "-video.mp4"])
            let other = try await Program.run(["probe", "./-video.mp4"], in: folder.url)
            #expect(other.exitCode == 0)
        }

        @Test("--version and --help answer on standard output")
        func help() async throws {
            #expect(try await Program.run(["--version"]).output == "0.1.0\n")
            let help = try await Program.run(["--help"])
            #expect(help.exitCode == 0)
            #expect(help.output.contains("Exit codes") && help.messages.isEmpty)
            #expect(try await Program.run(["help", "plan"]).output.contains("cinch plan INPUT"))
        }

        /// The names of a file's outermost boxes, in order.
        static func boxes(_ data: Data) -> [String] {
            var names: [String] = []
            var offset = 0
            let bytes = [UInt8](data)
            while offset + 8 <= bytes.count {
                let size = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
                names.append(String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self))
                guard size >= 8 else { break }
                offset += size
            }
            return names
        }
    }
}
