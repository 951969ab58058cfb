import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

extension BuiltProgram {
    @Suite(
        "Files of state and settings that something else is in the place of",
        .timeLimit(.minutes(5))
    )
    struct StateFileTests {
        private let folder: Folder

        init() throws { folder = try Folder() }

        private func makePipe(_ name: String) throws {
            let path = folder.path(name)
            try FileManager.default.createDirectory(
                atPath: FilePath(path).removingLastComponent().string,
                withIntermediateDirectories: true
            )
            try #require(unsafe mkfifo(path, 0o600) == 0)
        }

        @Test(
            "a pipe as the file of settings is refused at once",
            arguments: [
                ["CINCH_CONFIG": "config.toml"], ["CINCH_CONFIG": "", "XDG_CONFIG_HOME": ""],
                ["CINCH_CONFIG": "", "XDG_CONFIG_HOME": "relative", "HOME": ""],
            ]
        )
        func settings(_ variables: [String: String]) async throws {
            for name in ["config.toml", "cinch/config.toml", ".config/cinch/config.toml"] {
                try makePipe(name)
            }
            var variables = variables
            if variables["CINCH_CONFIG"]?.isEmpty == false {
                variables["CINCH_CONFIG"] = folder.path("config.toml")
            }
            for name in ["XDG_CONFIG_HOME", "HOME"] where variables[name]?.isEmpty == true {
                variables[name] = folder.url.path
            }
            for arguments in [["config", "show"], ["clip.mp4", "--to", "1MB"]] {
                let start = ContinuousClock.now
                let running = try Program.start(
                    arguments,
                    environment: variables,
                    in: folder.url
                )
                // What waits in opening a pipe hears no signal: only this ends it.
                let killer = Task {
                    try await Task.sleep(for: .seconds(20))
                    running.send(SIGKILL)
                }
                let result = await running.result()
                killer.cancel()
                #expect(result.exitCode == 66, "\(result.messages)")
                #expect(result.messages.contains("config.toml: it is a pipe"))
                #expect(start.duration(to: result.end) < .seconds(20))
            }
        }

        @Test(
            "a file of settings of a megabyte too many is refused, and one that is a link is read"
        )
        func otherSettings() async throws {
            let path = folder.path("config.toml")
            try Data(repeating: 0x20, count: 2 << 20).write(to: URL(fileURLWithPath: path))
            let large = try await Program.run(
                ["config", "show"],
                environment: ["CINCH_CONFIG": path]
            )
            #expect(large.exitCode == 64)
            #expect(large.messages.contains("more than 1 048 576 bytes"))
            try Data("speed = \"fast\"".utf8).write(to: URL(fileURLWithPath: path))
            let link = folder.path("link.toml")
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            let linked = try await Program.run(
                ["config", "show", "--json"],
                environment: ["CINCH_CONFIG": link]
            )
            #expect(linked.exitCode == 0)
            #expect(linked.output.contains("\"fast\""))
        }

        @Test(
            "a pipe in the place of any file of state keeps nothing waiting",
            arguments: [
                "history.jsonl", "history.jsonl.lock", "batches.jsonl", "batches.jsonl.lock",
                "route.json", "consent.json", "nemovideo/client_id", "locks/route",
            ]
        )
        func state(_ name: String) async throws {
            try makePipe("state/\(name)")
            for name in ["a.mp4", "b.mp4"] {
                _ = try folder.write(CloudStage.clip.contents(), name)
            }
            let variables = [
                "CINCH_STATE_DIR": folder.path("state"), "CINCH_HISTORY": "on",
                "CINCH_OFFLINE": "1",
            ]
            for arguments in [
                ["a.mp4", "b.mp4", "--to", "50kB", "-o", "out/"], ["history"], ["jobs"],
                ["cloud", "status"],
            ] {
                let running = try Program.start(arguments, environment: variables, in: folder.url)
                let killer = Task {
                    try await Task.sleep(for: .seconds(60))
                    running.send(SIGKILL)
                }
                let result = await running.result()
                killer.cancel()
                #expect(result.exitCode < 1000, "\(arguments) had to be killed")
            }
        }

        @Test(
            "a yes that another user planted counts as none",
            .enabled(if: Allowed.isRoot && Allowed.unprivileged),
            arguments: [false, true]
        )
        func plantedConsent(isOwn: Bool) async throws {
            let state = folder.path("state")
            try FileManager.default.createDirectory(
                atPath: state,
                withIntermediateDirectories: false
            )
            let yes = Data(#"{"127.0.0.1:1":["network","upload"]}"#.utf8)
            let path = try folder.write(yes, "state/consent.json")
            try #require(unsafe chmod(path, 0o644) == 0 && chmod(state, 0o777) == 0)
            if isOwn { try #require(unsafe chown(path, 65534, 65534) == 0) }
            let result = try await Program.tool(
                "env",
                [
                    "NEMO_API_URL=http://127.0.0.1:1", "CINCH_STATE_DIR=\(state)",
                    "CINCH_CONFIG=/dev/null", "setpriv", "--reuid=65534", "--clear-groups",
                    Program.binary.path, "cloud", "status", "--json",
                ]
            )
            #expect(result.exitCode == 0, "\(result.messages)")
            let body = try #require(try result.objects().last)
            #expect(body["agreesToUpload"] as? Bool == isOwn, "\(body)")
        }

        @Test(
            "neither links nor other users' folders among the simulator's are swept, and its own are"
        )
        func sweeps() async throws {
            let shared = folder.path("tmp")
            try FileManager.default.createDirectory(
                atPath: shared,
                withIntermediateDirectories: false
            )
            func make(_ name: String) throws -> FilePath {
                let path = FilePath(shared).appending(name)
                try FileManager.default.createDirectory(
                    atPath: path.string,
                    withIntermediateDirectories: false,
                    attributes: [.posixPermissions: 0o700]
                )
                try Data("kept".utf8).write(
                    to: URL(fileURLWithPath: path.appending("file").string)
                )
                return path
            }
            // Of a process that is long gone.
            let left = try make("cinch-simulated-1")
            let held = try make("cinch-simulated-2")
            let foreign = try make("cinch-simulated-3")
            let target = try make("target")
            let open = try make("cinch-simulated-4")
            try #require(unsafe chmod(open.string, 0o777) == 0)
            let link = FilePath(shared).appending("cinch-simulated-5")
            try FileManager.default.createSymbolicLink(
                atPath: link.string,
                withDestinationPath: target.string
            )
            let holder = try PrivateFolder(opening: held)
            let isHeld = holder.lock()
            #expect(isHeld)
            if Allowed.isRoot { try #require(unsafe chown(foreign.string, 65534, 65534) == 0) }
            let before = try FileManager.default.contentsOfDirectory(atPath: shared)
            let running = try Program.start(
                ["cloud", "simulate", "--json"],
                environment: ["TMPDIR": shared],
                in: folder.url
            )
            let deadline = ContinuousClock.now.advanced(by: .seconds(60))
            var own: String?
            while own == nil, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
                own = try FileManager.default.contentsOfDirectory(atPath: shared)
                    .first {
                        !before.contains($0)
                            && FilePath(shared).appending($0).appending("service").isThere
                    }
            }
            let name = try #require(own)
            let facts = try FilePath(shared).appending(name).stat(followTargetSymlink: false)
            #expect(facts.permissions == .ownerReadWriteExecute)
            running.send(SIGINT)
            #expect(await running.result().exitCode == 130)
            #expect(!FilePath(shared).appending(name).isThere)
            #expect(!left.isThere)
            for path in [held, open, target] + (Allowed.isRoot ? [foreign] : []) {
                #expect(path.appending("file").isThere, "\(path)")
            }
            #expect(try link.stat(followTargetSymlink: false).type == .symbolicLink)
        }
    }
}

extension FilePath {
    fileprivate var isThere: Bool { (try? stat(followTargetSymlink: false)) != nil }
}
