import Foundation
import Testing

@testable import CLI

extension BuiltProgram {
    @Suite("Sound alone, through the built program")
    struct SoundFileTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        private func wave(_ name: String, seconds: Int = 4) throws -> String {
            try folder.write(ExitCodesTests.wave(seconds: seconds), name)
        }

        @Test(
            "sound under a target: an M4A beside it, a receipt of sound, and nothing else",
            .enabled(if: Allowed.has("ffprobe", "-version"))
        )
        func receipt() async throws {
            let path = try wave("voice.wav")
            let result = try await Program.run([path, "--to", "20k"])
            #expect(result.exitCode == 0, "\(result.messages)")
            let output = folder.path("voice-20kB.m4a")
            #expect(result.output.hasPrefix("✓ \(output)\n"))
            #expect(result.output.contains("  Sound "))
            for word in ["Picture", "Video", "fps", "Passes", "SSIM"] {
                #expect(!result.output.contains(word), "\(word)")
            }
            #expect(folder.names == ["voice-20kB.m4a", "voice.wav"])
            let witness = try await Program.tool(
                "ffprobe",
                [
                    "-v", "error", "-show_entries", "stream=codec_name:format=duration,size",
                    "-of", "csv=p=0", output,
                ]
            )
            let lines = witness.output.split(separator: "\n")
            #expect(lines.first == "aac")
            let numbers = (lines.last ?? "").split(separator: ",").compactMap { Double($0) }
            #expect(numbers.count == 2)
            #expect(numbers.first.map { abs($0 - 4) < 0.001 } == true)
            #expect(numbers.last.map { $0 <= 20_000 } == true)
        }

        @Test("the JSON stream has the keys of sound and none of a picture")
        func json() async throws {
            let path = try wave("voice.mp4")
            let result = try await Program.run([path, "--to", "20k", "--json"])
            #expect(result.exitCode == 0)
            let lines = try result.objects()
            let types = lines.compactMap { $0["type"] as? String }
            #expect(types.first == "started" && types.last == "result")
            #expect(types.contains("plan") && types.contains("attempt"))
            #expect(lines.first?["output"] as? String == folder.path("voice-20kB.m4a"))
            let last = try #require(lines.last)
            #expect(last["kind"] as? String == "sound")
            #expect(last["channels"] as? Int == 1)
            #expect((last["notes"] as? [String])?.contains { $0.hasPrefix("named .mp4") } == true)
            for key in ["width", "height", "frames", "frameRate", "videoBytes", "ssim"] {
                #expect(last[key] == nil, "\(key)")
            }
            let plan = try #require(lines.first { $0["type"] as? String == "plan" })
            #expect(plan["kind"] as? String == "sound")
            #expect(plan["width"] == nil)
        }

        @Test("probe and plan tell what sound is and what would become of it")
        func pages() async throws {
            let path = try wave("voice.wav")
            let probe = try await Program.run(["probe", path])
            #expect(probe.exitCode == 0)
            #expect(probe.output.contains("pcm_s16le, mono, "))
            let object = try #require(
                try await Program.run(["probe", path, "--json"]).objects().first
            )
            #expect(object["kind"] as? String == "sound")
            #expect(object["video"] == nil)
            let plan = try await Program.run(["plan", path, "--to", "20k"])
            #expect(plan.output.contains("encoded to 20 000 bytes"))
            #expect(plan.output.contains("voice-20kB.m4a"))
            let json = try #require(
                try await Program.run(["plan", path, "--to", "20k", "--json"]).objects().first
            )
            #expect(json["kind"] as? String == "sound")
            #expect(folder.names == ["voice.wav"])
        }

        @Test("3 where the size is too small for the sound, with one that is not")
        func small() async throws {
            let path = try wave("voice.wav", seconds: 30)
            let result = try await Program.run([path, "--to", "2k", "--json"])
            #expect(result.exitCode == 3)
            let last = try #require(try result.objects().last)
            #expect(last["kind"] as? String == "unreachable")
            #expect((last["smallestBytes"] as? Int).map { $0 > 2000 && $0 < 60_000 } == true)
        }

        @Test("a picture is told from a video by what is in it")
        func picture() async throws {
            // One grey pixel (PNG).
            let pixel = try #require(
                Data(
                    base64Encoded:
                        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
                )
            )
            let path = try folder.write(pixel, "clip.mov")
            let object = try #require(
                try await Program.run(["probe", path, "--json"]).objects().first
            )
            #expect(object["kind"] as? String == "still")
            #expect(object["misnomer"] as? String == "named .mov, but is a PNG picture")
        }
    }
}
