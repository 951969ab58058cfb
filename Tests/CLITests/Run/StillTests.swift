import Foundation
import Testing

extension BuiltProgram {
    @Suite("Pictures through the built program", .enabled(if: Allowed.has("ffmpeg", "-version")))
    struct StillTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        /// A picture that ffmpeg paints.
        private func picture(_ name: String, _ options: [String] = []) async throws -> String {
            let painted = try await Program.tool(
                "ffmpeg",
                [
                    "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
                    "mandelbrot=s=1200x900:start_scale=0.05:end_scale=0.04,noise=alls=6",
                ] + options + ["-frames:v", "1", "-f", "image2", "-update", "1", folder.path(name)]
            )
            try #require(painted.exitCode == 0, "\(painted.messages)")
            return folder.path(name)
        }

        private func witness(_ path: String) async throws -> String {
            try await Program.tool(
                "ffprobe",
                [
                    "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of",
                    "csv=p=0", path,
                ]
            ).output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        @Test("a photograph lands below its size, named after it, and the receipt says how well")
        func receipt() async throws {
            let photo = try await picture("photo.jpg", ["-c:v", "mjpeg", "-q:v", "2"])
            let result = try await Program.run([photo, "--to", "90k"])
            #expect(result.exitCode == 0, "\(result.messages)")
            let path = folder.path("photo-90kB.jpg")
            #expect(result.output.hasPrefix("✓ \(path)\n"))
            #expect(result.output.contains("JPEG, quality "))
            #expect(!result.output.contains("fps") && !result.output.contains("Sound"))
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(data.count <= 90_000 && data.count > 88_000)
            #expect(try await witness(path).hasPrefix("mjpeg,"))
            #expect(folder.names == ["photo-90kB.jpg", "photo.jpg"])
        }

        @Test("a picture with a video's name is known for what it is, and that is said")
        func misnamed() async throws {
            let photo = try await picture("holiday.mov", ["-c:v", "png"])
            let result = try await Program.run([
                photo, "--to", "50k", "--format", "webp", "--json",
            ])
            #expect(result.exitCode == 0, "\(result.output)")
            let lines = try result.objects()
            let last = try #require(lines.last)
            #expect(last["kind"] as? String == "still" && last["format"] as? String == "webp")
            #expect(last["frameRate"] == nil && last["durationSeconds"] == nil)
            #expect((last["notes"] as? [String])?.contains { $0.contains(".mov") } == true)
            let plan = try #require(lines.first { $0["type"] as? String == "plan" })
            #expect(plan["kind"] as? String == "still" && plan["method"] as? String == "encode")
            let path = folder.path("holiday-50kB.webp")
            #expect(last["output"] as? String == path)
            #expect(try await witness(path).hasPrefix("webp,"))
        }

        @Test("probe and plan tell of a picture what it is and what would be done")
        func facts() async throws {
            let photo = try await picture("photo.png")
            let probe = try await Program.run(["probe", photo])
            #expect(probe.exitCode == 0 && probe.output.contains("1200×900"))
            let plan = try await Program.run(["plan", photo, "--to", "100k"])
            #expect(plan.exitCode == 0, "\(plan.messages)")
            #expect(plan.output.contains("encoded until it fits"))
            #expect(plan.output.contains("never more than 100 000 bytes"))
            let json = try await Program.run(["plan", photo, "--to", "100k", "--json"])
            #expect(try json.objects().last?["kind"] as? String == "still")
        }
    }
}
