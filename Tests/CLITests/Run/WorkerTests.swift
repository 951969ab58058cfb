import Core
import Foundation
import Synchronization
import Testing

extension BuiltProgram {
    @Suite("A child process does the media work, and what happens to it ends there")
    struct WorkerTests {
        private let folder: Folder

        init() throws {
            folder = try Folder()
        }

        private func long(_ clip: String) -> [String] {
            [clip, "--to", "2MB", "--speed", "best", "-o", folder.path("out.mp4")]
        }

        @Test(
            "a decoder that crashes makes an unreadable file and no other harm",
            arguments: [
                (SIGSEGV, "a segmentation fault"), (SIGABRT, "an abort"), (SIGFPE, "an arithmetic"),
            ]
        )
        func crash(_ signal: Int32, _ name: String) async throws {
            let clip = try folder.clip()
            let result = try await Program.disturb(long(clip), in: folder, after: 0.2) { run in
                for child in Program.children(of: run.identifier) { _ = kill(child, signal) }
            }
            #expect(result.exitCode == 65)
            #expect(result.messages.contains("The decoder crashed on \(clip): \(name)"))
            #expect(result.messages.contains(" while "))
            #expect(folder.names == ["clip.mp4"])
        }

        @Test(
            "one that the system kills is not taken for a damaged file"
        )
        func killed() async throws {
            let clip = try folder.clip()
            let result = try await Program.disturb(long(clip), in: folder) { run in
                for child in Program.children(of: run.identifier) { _ = kill(child, SIGKILL) }
            }
            #expect(result.exitCode == 69)
            #expect(result.messages.contains("was killed from outside"))
            #expect(folder.names == ["clip.mp4"])
        }

        @Test(
            "a child whose parent is killed stops a second later and leaves an empty folder, which is swept"
        )
        func orphan() async throws {
            let clip = try folder.clip()
            let orphans = Locked<[Int32]>([])
            let result = try await Program.disturb(long(clip), in: folder) { run in
                orphans.withLock { $0 = Program.children(of: run.identifier) }
                run.send(SIGKILL)
            }
            #expect(result.exitCode == 1000 + SIGKILL)
            let all = orphans.withLock { $0 }
            #expect(all.count == 1)
            let deadline = ContinuousClock.now.advanced(by: .seconds(3))
            func live() -> [Int32] { all.filter { kill($0, 0) == 0 && !Self.isZombie($0) } }
            while !live().isEmpty, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(live() == [])
            #expect(!folder.hasWork())
            let next = try await Program.run([clip, "--to", "50MB", "-o", folder.path("next.mp4")])
            #expect(next.exitCode == 0)
            #expect(folder.names == ["clip.mp4", "next.mp4"])
        }

        private static func isZombie(_ process: Int32) -> Bool {
            let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            return text?.split(separator: ")").last?.hasPrefix(" Z") == true
        }

        @Test("what crosses to the child and back is what this process would have seen")
        func same() async throws {
            let clip = try folder.clip()
            let call = [
                clip, "--to", "400k", "--speed", "fast", "--max-height", "240", "--json",
                "-o", folder.path("out.mp4"),
            ]
            let result = try await Program.run(call)
            #expect(result.exitCode == 0)
            let types = try result.objects().compactMap { $0["type"] as? String }
            #expect(types.first == "started")
            #expect(types.contains("progress") && types.contains("attempt"))
            #expect(types.last == "result")
        }

        #if os(Linux)
        @Test("what decodes has no token, no way to more rights, and leaves no memory behind")
        func confined() async throws {
            let clip = try folder.clip()
            let secrets = [
                "NEMO_TOKEN": "nmv_usr_secret", "HTTPS_PROXY": "http://me:secret@proxy.invalid",
            ]
            let seen = Locked<[String]>([])
            let result = try await Program.disturb(
                long(clip),
                environment: secrets,
                in: folder
            ) { run in
                for child in Program.children(of: run.identifier) {
                    for name in ["environ", "status", "limits"] {
                        let path = "/proc/\(child)/\(name)"
                        let text = try? Data(contentsOf: URL(fileURLWithPath: path))
                        seen.withLock { $0.append(String(decoding: text ?? Data(), as: UTF8.self)) }
                    }
                }
                run.send(SIGINT)
            }
            #expect(result.exitCode == 130)
            let (environment, status, limits) = try #require(
                seen.withLock { $0.count == 3 ? ($0[0], $0[1], $0[2]) : nil }
            )
            #expect(!environment.contains("secret"))
            // What is hidden from its own user, the superuser sees.
            #expect(environment.contains("SWIFT_BACKTRACE") == Allowed.isRoot)
            #expect(status.contains("NoNewPrivs:\t1"))
            #expect(status.contains("Seccomp:\t2"))
            let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            let words = core?.split(separator: " ").dropFirst(4).prefix(2)
            #expect(words.map(Array.init) == ["0", "0"])
        }

        @Test(
            "with --background the threads that do the work let others go first",
            arguments: [true, false]
        )
        func background(_ isAsked: Bool) async throws {
            let clip = try folder.clip()
            let values = Locked<[Int]>([])
            let call = long(clip) + (isAsked ? ["--background"] : [])
            let result = try await Program.disturb(call, in: folder, after: 0.3) { run in
                for child in Program.children(of: run.identifier) {
                    let found = Self.niceValues(of: child)
                    values.withLock { $0 += found }
                }
                run.send(SIGTERM)
            }
            #expect(result.exitCode == 143)
            let all = values.withLock { $0 }
            #expect(all.count > 1)
            // libdispatch gives its own idle threads a priority of their own.
            let behind = all.count { $0 == 10 }
            #expect(isAsked ? behind >= 3 : behind == 0, "\(all)")
        }

        /// Of each thread: the nineteenth field of its `stat`, counted after the name in brackets.
        private static func niceValues(of process: Int32) -> [Int] {
            let folder = "/proc/\(process)/task"
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return threads.compactMap { thread in
                let text = try? String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8)
                let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
                return fields.count > 16 ? Int(fields[16]) : nil
            }
        }
        #endif

        @Test(
            "a file that takes more memory than it may ends with the limit's name and leaves nothing"
        )
        func memory() async throws {
            let clip = try folder.clip()
            let limits = ["--max-memory", "30MB", "--memory", "1MB"]
            let result = try await Program.run(long(clip) + limits)
            #expect(result.exitCode == 65)
            #expect(result.messages.contains("took more than 30.0 MB of memory"))
            #expect(result.messages.contains("--max-memory"))
            #expect(folder.names == ["clip.mp4"])
        }

        @Test("a worker that is given no job says so by its exit code")
        func noJob() async throws {
            let result = try await Program.run(["__worker"], input: "nonsense\n")
            #expect(result.exitCode == 64)
            #expect(result.output.isEmpty)
        }
    }
}
