import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite("Files that say too much of themselves", .timeLimit(.minutes(5)))
    struct DemandingFileTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        #if os(Linux)
        /// The processes that were started with a mark in their environment.
        private func processes(marked mark: String) -> [String] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
            return names.filter { name in
                guard Int(name) != nil,
                    let environment = try? Data(
                        contentsOf: URL(fileURLWithPath: "/proc/\(name)/environ")
                    )
                else { return false }
                return environment.range(of: Data(mark.utf8)) != nil
            }
        }

        @Test(
            "a file of 200 000 tags is refused after some seconds, and no process goes on with it",
            arguments: [["probe", "clip.mkv"], ["clip.mkv", "--to", "1MB"]]
        )
        func tags(_ arguments: [String]) async throws {
            var file = Matroska()
            file.tags = (0..<200_000).map { ("K\($0)", "v") }
            _ = try folder.write(file.data, "clip.mkv")
            let mark = "cinch-test-\(UUID().uuidString)"
            let start = ContinuousClock.now
            let running = try Program.start(
                arguments,
                environment: ["CINCH_TEST_MARK": mark],
                in: folder.url
            )
            #expect(!processes(marked: mark).isEmpty)
            let result = await running.result()
            #expect(result.exitCode == 65, "\(result.messages)")
            #expect(result.messages.contains("clip.mkv demands too much: opening it alone"))
            #expect(result.messages.contains("--max-stall"))
            // Five of computing, which a busy machine takes longer for; without a limit it is minutes.
            #expect(start.duration(to: result.end) < .seconds(30))
            #expect(processes(marked: mark).isEmpty)
            #expect(folder.names == ["clip.mkv"])
        }
        #endif

        @Test(
            "a title of a megabyte makes neither a line nor a text of a megabyte, nor such a result"
        )
        func title() async throws {
            let long = String(repeating: "long ", count: 200_000)
            var file = Matroska()
            (file.title, file.trackName, file.language) = (long, long, long)
            file.hasSound = true
            file.chapters = [long, long]
            file.tags = (0..<300).map { ("K\($0)", long.prefix(10_000) + "") }
            _ = try folder.write(file.data, "clip.mkv")
            for arguments in [
                ["probe", "clip.mkv"], ["plan", "clip.mkv", "--to", "1MB"],
                ["clip.mkv", "--to", "1MB", "--metadata", "keep", "--force"],
            ] {
                let text = try await Program.run(arguments, in: folder.url)
                #expect(text.exitCode == 0, "\(text.messages)")
                #expect((text.output + text.messages).utf8.count < 10_000)
                let json = try await Program.run(arguments + ["--json"], in: folder.url)
                #expect(json.exitCode == 0)
                for line in json.output.split(separator: "\n") {
                    #expect(line.utf8.count < 150_000)
                }
            }
            let result = try Data(contentsOf: URL(fileURLWithPath: folder.path("clip-1MB.mp4")))
            #expect(result.count < 200_000)
        }
    }
}
