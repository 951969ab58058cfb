import Foundation
import Testing

extension BuiltProgram {
    @Suite("Runs in plain words, of parts and into several files")
    struct PlainRunTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        @Test("a sentence makes the file, and what was understood is shown before it starts")
        func sentence() async throws {
            let clip = try folder.clip(as: "trip.mp4")
            let words = "compress to 300kB, keep the first 4 seconds and mute it"
            let result = try await Program.run([words, clip, "--speed", "fast"])
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(
                result.messages.hasPrefix(
                    "· understood: at most 300kB, the first 4 s, no sound\nReading\n"
                )
            )
            #expect(result.output.contains("Part      from 0:00 to 0:04 of"))
            #expect(result.output.contains("Sound     none"))
            #expect(folder.names == ["trip-300kB.mp4", "trip.mp4"])
        }

        @Test("what only the cloud can do is refused, and nothing is made")
        func edit() async throws {
            let clip = try folder.clip(as: "trip.mp4")
            let result = try await Program.run(["加字幕，压到8MB", clip])
            #expect(result.exitCode == 64)
            #expect(result.messages.contains("Cannot do this here: '加字幕'"))
            #expect(folder.names == ["trip.mp4"])
        }

        @Test("a conversation that asks for a smaller file alone is done here, and nobody is asked")
        func conversation() async throws {
            let clip = try folder.clip(as: "trip.mp4")
            let result = try await Program.run(
                ["chat", clip, "-m", "compress it to 300kB, only the last 3 seconds"]
            )
            #expect(result.exitCode == 0, "\(result.messages)")
            #expect(result.messages.contains("· done here, nothing is sent\n"))
            #expect(folder.names == ["trip-300kB.mp4", "trip.mp4"])
        }

        @Test(
            "a run that makes nothing leaves no new folder behind",
            arguments: [
                (66, ["missing.mp4", "--to", "1MB"]), (3, ["trip.mp4", "--to", "300"]),
                (64, ["trip.mp4", "--split"]), (3, ["trip.mp4", "--parts", "2", "--to", "300"]),
                (69, ["trip.mp4", "--edit", "add a title", "--offline"]),
            ] as [(Int32, [String])]
        )
        func noFolder(_ code: Int32, _ call: [String]) async throws {
            _ = try folder.clip(as: "trip.mp4")
            let old = folder.url.appendingPathComponent("old")
            try FileManager.default.createDirectory(at: old, withIntermediateDirectories: true)
            let result = try await Program.run(call + ["-o", "old/new/er/"], in: folder.url)
            #expect(result.exitCode == code, "\(result.messages)")
            #expect(folder.names == ["old", "trip.mp4"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: old.path).isEmpty)
        }

        @Test(
            "an option that nothing would come of is refused, and not passed over",
            arguments: [
                ["trip.mp4", "--parts", "2", "--edit", "add a title"],
                ["trip.mp4", "--split", "--to", "1MB", "--route", "cloud"],
                ["trip.mp4", "--split", "--to", "1MB", "--preview", "2s"],
                ["trip.mp4", "--preview", "2s", "--edit", "add a title"],
                ["trip.mp4", "--preview", "2s", "--route", "cloud"],
                ["plan", "trip.mp4", "--split", "--to", "1MB", "--edit", "add a title"],
            ]
        )
        func passedOver(_ call: [String]) async throws {
            _ = try folder.clip(as: "trip.mp4")
            let result = try await Program.run(call, in: folder.url)
            #expect(result.exitCode == 64)
            #expect(result.messages.contains(" does not go with --"), "\(result.messages)")
            #expect(folder.names == ["trip.mp4"])
        }

        @Test("a plan of several files says how long all of them will take")
        func plannedTime() async throws {
            let clip = try folder.clip(as: "trip.mp4")
            let call = ["plan", clip, "--parts", "3", "--to", "100k", "--end", "9"]
            let text = try await Program.run(call)
            #expect(text.output.hasPrefix("3 files, in about "), "\(text.output)")
            let json = try await Program.run(call + ["--json"])
            let last = try #require(try json.objects().last)
            #expect((last["expectedSeconds"] as? Double).map { $0 > 0 } == true)
        }

        @Test("a clip is made into numbered files, each below the size, and JSON tells of all")
        func several() async throws {
            let clip = try folder.clip(as: "trip.mp4")
            let call = [clip, "--parts", "2", "--to", "300kB", "--end", "6", "--speed", "fast"]
            let result = try await Program.run(call + ["--json"])
            #expect(result.exitCode == 0, "\(result.output)")
            #expect(folder.names == ["trip-300kB-1of2.mp4", "trip-300kB-2of2.mp4", "trip.mp4"])
            let line = try #require(result.output.split(separator: "\n").last)
            let last = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            )
            let parts = try #require(last["parts"] as? [[String: Any]])
            let bytes = parts.compactMap { $0["bytes"] as? Int }
            #expect(bytes.count == 2 && bytes.allSatisfy { $0 <= 300_000 })
            let seconds = parts.compactMap { $0["durationSeconds"] as? Double }
            #expect(abs(seconds.reduce(0, +) - 6) < 0.15)
            // None is replaced unasked.
            let again = try await Program.run(call)
            #expect(again.exitCode == 73)
        }
    }
}
