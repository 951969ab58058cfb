import Core
import Foundation
import Synchronization
import Testing

extension BuiltProgram {
    @Suite("A run that is stopped, killed or met by another")
    struct StoppingTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        /// A call that takes long enough to be disturbed.
        private func long(_ clip: String) -> [String] {
            [clip, "--to", "2MB", "--speed", "best", "-o", folder.path("out.mp4")]
        }

        @Test(
            "a signal ends it at once with its code and leaves nothing",
            arguments: zip([SIGINT, SIGTERM, SIGHUP], [130, 143, 143] as [Int32])
        )
        func signals(signal: Int32, code: Int32) async throws {
            let clip = try folder.clip()
            let before = try Data(contentsOf: URL(fileURLWithPath: clip))
            let sent = Locked(ContinuousClock.now)
            let result = try await Program.disturb(long(clip), in: folder, after: 0.7) { run in
                sent.withLock { $0 = .now }
                run.send(signal)
            }
            #expect(sent.withLock { $0 }.duration(to: result.end) < .seconds(5))
            #expect(result.exitCode == code)
            #expect(result.messages.hasSuffix("cinch: Stopped; nothing was written.\n"))
            #expect(result.output.isEmpty)
            #expect(folder.names == ["clip.mp4"])
            #expect(try Data(contentsOf: URL(fileURLWithPath: clip)) == before)
        }

        @Test("with --json the last line says that it was stopped")
        func signalJSON() async throws {
            let clip = try folder.clip()
            let result = try await Program.disturb(long(clip) + ["--json"], in: folder) {
                $0.send(SIGTERM)
            }
            #expect(result.exitCode == 143)
            #expect(result.messages.isEmpty)
            let last = try #require(try result.objects().last)
            #expect(last["type"] as? String == "error")
            #expect(last["kind"] as? String == "terminated")
            #expect(folder.names == ["clip.mp4"])
        }

        @Test("signals that rain down still leave nothing")
        func secondSignal() async throws {
            let clip = try folder.clip()
            let result = try await Program.disturb(long(clip), in: folder, after: 0.3) { run in
                for _ in 0..<5 {
                    run.send(SIGINT)
                    Thread.sleep(forTimeInterval: 0.003)
                }
            }
            #expect(result.exitCode == 130)
            #expect(folder.names == ["clip.mp4"])
        }

        @Test("whoever stops a batch twice finds no new folder that is empty")
        func secondSignalOfBatch() async throws {
            let clip = try folder.clip()
            let call = [clip, "--to", "2MB", "--speed", "best", "--jobs", "1", "-o"]
            let result = try await Program.disturb(
                call + [folder.path("new/er/")],
                in: folder,
                name: "new/er",
                after: 0.3
            ) { run in
                for _ in 0..<5 {
                    run.send(SIGINT)
                    Thread.sleep(forTimeInterval: 0.003)
                }
            }
            #expect(result.exitCode == 130)
            #expect(folder.names == ["clip.mp4"])
        }

        @Test("what a run left whose whole group was killed is swept by the next one")
        func killed() async throws {
            let clip = try folder.clip()
            let killed = try await Program.disturb(long(clip), in: folder) { run in
                let children = Program.children(of: run.identifier)
                for pid in [run.identifier] + children { _ = kill(pid, SIGKILL) }
            }
            #expect(killed.exitCode == 1000 + SIGKILL)
            #expect(folder.names.contains { $0.hasPrefix(".cinch-") })
            let next = try await Program.run([
                clip, "--to", "400k", "--speed", "fast", "-o", folder.path("next.mp4"),
            ])
            #expect(next.exitCode == 0)
            #expect(folder.names == ["clip.mp4", "next.mp4"])
        }

        @Test("two runs at once on one output: one wins, the other is told so")
        func twoAtOnce() async throws {
            let clip = try folder.clip()
            let call = long(clip) + ["--max-height", "240"]
            let one = try Program.start(call)
            let other = try Program.start(call)
            let results = [await one.result(), await other.result()]
            #expect(results.map(\.exitCode).sorted() == [0, 73])
            let loser = try #require(results.first { $0.exitCode == 73 })
            #expect(loser.messages.contains("another run of cinch is making this file"))
            #expect(folder.names == ["clip.mp4", "out.mp4"])
        }

        @Test("a reader that leaves stops nothing")
        func brokenPipe() async throws {
            let clip = try folder.clip()
            let output = folder.path("out.mp4")
            let shell = """
                set -o pipefail
                "$0" "$1" --to 400k --speed fast --max-height 240 -o "$2" --json | head -n 1
                echo "${PIPESTATUS[0]}"
                """
            let result = try await Program.tool(
                "bash",
                ["-c", shell, Program.binary.path, clip, output]
            )
            let lines = result.output.split(separator: "\n")
            #expect(lines.first?.contains("\"started\"") == true)
            #expect(lines.last == "0")
            #expect(folder.names == ["clip.mp4", "out.mp4"])
        }

        @Test("closed streams do not end up in the file")
        func closedStreams() async throws {
            let clip = try folder.clip()
            let output = folder.path("out.mp4")
            let shell =
                "\"$0\" \"$1\" --to 400k --speed fast --max-height 240 -o \"$2\" <&- >&- 2>&-"
            let result = try await Program.tool(
                "bash",
                ["-c", shell, Program.binary.path, clip, output]
            )
            #expect(result.exitCode == 0)
            let probe = try await Program.run(["probe", output])
            #expect(probe.exitCode == 0)
            #expect(folder.names == ["clip.mp4", "out.mp4"])
        }
    }
}
