import Foundation
import Testing

/// The built program, as a shell would run it.
enum Program {
    /// What a finished process left.
    struct Result: Sendable {
        var exitCode: Int32
        var output: String
        var messages: String
        /// When it ended, on a clock that no busy test can delay.
        var end: ContinuousClock.Instant

        /// The output's lines as JSON objects.
        func objects() throws -> [[String: Any]] {
            try output.split(separator: "\n").map {
                try #require(
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                )
            }
        }
    }

    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Half a minute of road, H.264 and a silent sound track (CC-BY-4.0, Intel).
    static let clip = root.appendingPathComponent("Fixtures/traffic-432p.mp4")

    /// The binary beside the test bundle, whatever build folder that is in.
    static let binary: URL = {
        var candidates: [URL] = []
        for argument in CommandLine.arguments where argument.hasPrefix("/") {
            var folder = URL(fileURLWithPath: argument)
            for _ in 0..<5 {
                folder.deleteLastPathComponent()
                candidates.append(folder.appendingPathComponent("cinch"))
            }
        }
        candidates.append(root.appendingPathComponent(".build/debug/cinch"))
        let found = candidates.first {
            var isFolder: ObjCBool = false
            let exists = unsafe FileManager.default.fileExists(
                atPath: $0.path,
                isDirectory: &isFolder
            )
            return exists && !isFolder.boolValue
                && FileManager.default.isExecutableFile(atPath: $0.path)
        }
        return found ?? root.appendingPathComponent(".build/debug/cinch")
    }()

    /// Runs it to its end.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil,
        in folder: URL? = nil
    ) async throws -> Result {
        try await start(arguments, environment: environment, input: input, in: folder).result()
    }

    /// Starts it; `input` is all that comes on its standard input.
    static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil,
        in folder: URL? = nil
    ) throws -> Running {
        try Running(binary, arguments, environment: environment, input: input, in: folder)
    }

    /// Starts it, and does something a while after its work has begun.
    ///
    /// On a thread of its own: other tests keep the shared ones busy for longer than a run takes.
    static func disturb(
        _ arguments: [String],
        environment: [String: String] = [:],
        in folder: Folder,
        name: String = "",
        after seconds: Double = 0,
        _ action: @escaping @Sendable (Running) throws -> Void
    ) async throws -> Result {
        let running = await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(
                    returning: Swift.Result {
                        let running = try start(arguments, environment: environment)
                        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
                        while !folder.hasWork(in: name), ContinuousClock.now < deadline {
                            Thread.sleep(forTimeInterval: 0.01)
                        }
                        Thread.sleep(forTimeInterval: seconds)
                        try action(running)
                        return running
                    }
                )
            }
            thread.start()
        }
        return await (try running.get()).result()
    }

    /// The children of a process, by their numbers.
    static func children(of parent: Int32) -> [Int32] {
        let list = Process()
        let pipe = Pipe()
        list.executableURL = URL(fileURLWithPath: "/bin/ps")
        list.arguments = ["-A", "-o", "pid=,ppid=,stat="]
        list.standardOutput = pipe
        try? list.run()
        let text = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 3, Int32(fields[1]) == parent, fields[2].first != "Z" else {
                return nil
            }
            return Int32(fields[0])
        }
    }

    /// Runs another program to its end.
    static func tool(_ name: String, _ arguments: [String]) async throws -> Result {
        try await Running(
            URL(fileURLWithPath: "/usr/bin/env"),
            [name] + arguments,
            environment: [:],
            in: nil
        ).result()
    }
}

/// A process on its way, its streams read as it writes them.
final class Running: Sendable {
    private let task: Task<Program.Result, Never>
    /// Its process number.
    let identifier: Int32

    /// Starts a program.
    init(
        _ program: URL,
        _ arguments: [String],
        environment: [String: String],
        input: String? = nil,
        in folder: URL?
    ) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        var all = ProcessInfo.processInfo.environment
        // Whoever runs the tests keeps their own history, and their settings are not those of the tests.
        all["CINCH_HISTORY"] = "off"
        all["CINCH_CONFIG"] = "/dev/null"
        for (name, value) in environment { all[name] = value }
        process.environment = all
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        if let input {
            // A file would be read as well, but a pipe is what people have.
            let pipe = Pipe()
            process.standardInput = pipe
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        }
        let output = Pipe()
        let messages = Pipe()
        process.standardOutput = output
        process.standardError = messages
        let (ends, end) = AsyncStream.makeStream(of: (Int32, ContinuousClock.Instant).self)
        process.terminationHandler = { process in
            // A shell's own way to tell a signal from a code.
            let isSignal = process.terminationReason == .uncaughtSignal
            end.yield((process.terminationStatus + (isSignal ? 1000 : 0), .now))
            end.finish()
        }
        try process.run()
        identifier = process.processIdentifier
        task = Task {
            async let text = Self.text(output.fileHandleForReading)
            async let words = Self.text(messages.fileHandleForReading)
            var last: (code: Int32, time: ContinuousClock.Instant) = (-1, .now)
            for await value in ends { last = value }
            return Program.Result(
                exitCode: last.code,
                output: await text,
                messages: await words,
                end: last.time
            )
        }
    }

    /// Waits for its end.
    func result() async -> Program.Result {
        await task.value
    }

    /// Sends it a signal.
    func send(_ signal: Int32) {
        _ = kill(identifier, signal)
    }

    private static func text(_ handle: FileHandle) async -> String {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                let data = (try? handle.readToEnd()) ?? Data()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
            thread.start()
        }
    }
}

/// A folder of its own for a test, gone with the test.
final class Folder: Sendable {
    /// Where it is.
    let url: URL

    /// Makes it.
    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("cinch-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
    }

    deinit {
        try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
        try? FileManager.default.removeItem(at: url)
    }

    /// The names in it, hidden ones too.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }

    /// The path of a file in it.
    func path(_ name: String) -> String {
        url.appendingPathComponent(name).path
    }

    /// Writes a file into it.
    func write(_ data: Data, _ name: String) throws -> String {
        try data.write(to: url.appendingPathComponent(name))
        return path(name)
    }

    /// Copies the clip into it.
    func clip(as name: String = "clip.mp4") throws -> String {
        try FileManager.default.copyItem(at: Program.clip, to: url.appendingPathComponent(name))
        return path(name)
    }

    /// Whether a run has begun to work in it, or in a folder of it.
    func hasWork(in name: String = "") -> Bool {
        let folder = name.isEmpty ? url.path : path(name)
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard let work = all.first(where: { $0.hasPrefix(".cinch-") }) else { return false }
        let inside = try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + work)
        return inside?.isEmpty == false
    }
}

/// What only some machines allow.
enum Allowed {
    /// Whether the tools are those of macOS.
    static let isDarwin: Bool = {
        #if os(macOS)
        return true
        #else
        return false
        #endif
    }()

    /// Whether this process may do everything.
    static let isRoot = getuid() == 0

    /// Whether programs can be run as somebody who may not.
    static let unprivileged: Bool = {
        guard isRoot else { return true }
        return succeeds([
            "setpriv", "--reuid=65534", "--clear-groups", Program.binary.path, "--version",
        ])
    }()

    /// Whether a small disk can be made.
    static let mounting: Bool = {
        guard isRoot else { return false }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("cinch-mount-\(UUID().uuidString)")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        guard succeeds(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]) else {
            return false
        }
        return succeeds(["umount", folder.path])
    }()

    /// Whether a program can be run.
    static func has(_ tool: String, _ argument: String = "--version") -> Bool {
        succeeds([tool, argument])
    }

    private static func succeeds(_ command: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
