import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// The built program and the simulated service, over real HTTP, in time that runs 300 times faster.
///
/// Everything that any run printed is searched for secrets at the end, and for what no client may do.
struct CloudStage: Sendable {
    let simulator: NemoSimulator
    let urls: NemoSimulator.URLs
    let folder: Folder
    /// What the program finds in its environment.
    let variables: [String: String]
    private let printed = Printed()

    private final class Printed: Sendable {
        let text = Locked("")
    }

    /// A second of moving picture with a tone: what is uploaded, and what comes back.
    static let clip: FilePath = {
        let path = FilePath(
            FileManager.default.temporaryDirectory
                .appendingPathComponent("cinch-stage-\(getpid()).mp4").path
        )
        try? Clip(.moving, width: 192, height: 108, frames: 25)
            .write(to: path, quality: 8, tone: Tone(seconds: 1))
        // One clip for all, whose folder no test owns.
        atexit { try? FileManager.default.removeItem(atPath: CloudStage.clip.string) }
        return path
    }()

    /// Plays `body` against a simulator of its own.
    static func with(
        environment: [String: String] = [:],
        speed: Double = 300,
        _ options: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (CloudStage) async throws -> Void
    ) async throws {
        var settings = SimulatorOptions()
        settings.speed = speed
        settings.product = .file(clip)
        options(&settings)
        let simulator = NemoSimulator(settings)
        let urls = try await simulator.start()
        let folder = try Folder()
        try FileManager.default.createDirectory(
            atPath: folder.path("tmp"),
            withIntermediateDirectories: true
        )
        var variables = [
            "NEMO_API_URL": urls.api, "CINCH_STATE_DIR": folder.path("state"),
            "NEMO_CLOCK_SPEED": "\(speed)", "LC_ALL": "C.UTF-8",
            // What the machine's owner has set is not for tests.
            "NEMO_TOKEN": "", "NEMO_CLIENT_ID": "", "CINCH_OFFLINE": "", "NEMO_WEB_URL": "",
            "NO_COLOR": "", "TMPDIR": folder.path("tmp"),
        ]
        variables.merge(environment) { $1 }
        let stage = CloudStage(
            simulator: simulator,
            urls: urls,
            folder: folder,
            variables: variables
        )
        do {
            try await body(stage)
        } catch {
            await simulator.stop()
            throw error
        }
        stage.audit()
        await simulator.stop()
    }

    /// Runs the program to its end, in the stage's folder.
    @discardableResult
    func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Program.Result {
        let result = try await start(arguments, environment: environment, input: input).result()
        note(result)
        return result
    }

    /// Runs it and expects that it succeeds.
    @discardableResult
    func succeed(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Program.Result {
        let result = try await run(arguments, environment: environment, input: input)
        #expect(
            result.exitCode == 0,
            "\(arguments): \(result.messages)",
            sourceLocation: sourceLocation
        )
        return result
    }

    /// Runs it and expects this code, and these words in what it says about it.
    @discardableResult
    func fail(
        _ code: Int32,
        _ arguments: [String],
        environment: [String: String] = [:],
        saying words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Program.Result {
        let result = try await run(arguments, environment: environment)
        #expect(
            result.exitCode == code,
            "\(arguments): \(result.messages)",
            sourceLocation: sourceLocation
        )
        for word in words {
            #expect(
                result.messages.contains(word),
                "\(result.messages)",
                sourceLocation: sourceLocation
            )
        }
        return result
    }

    /// Runs it and sends it a signal as soon as something is so.
    func interrupt(
        _ arguments: [String],
        environment: [String: String] = [:],
        signal: Int32 = SIGINT,
        when isTime: @escaping @Sendable () -> Bool
    ) async throws -> Program.Result {
        let running = try start(arguments, environment: environment)
        try await wait(until: isTime)
        running.send(signal)
        let result = await running.result()
        note(result)
        return result
    }

    /// Waits for something that another process does, a minute at most.
    func wait(
        until isTime: () throws -> Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while try !isTime() {
            try #require(
                ContinuousClock.now < deadline,
                "what was waited for never came",
                sourceLocation: sourceLocation
            )
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String? = nil
    ) throws -> Running {
        try Program.start(
            arguments,
            environment: variables.merging(environment) { $1 },
            input: input,
            in: folder.url
        )
    }

    /// Puts the clip into the folder; another one looks the same and has eight bytes more.
    func clip(as name: String = "clip.mp4", isAnother: Bool = false) throws -> String {
        var data = try Self.clip.contents()
        if isAnother { data += [0, 0, 0, 8] + Array("free".utf8) }
        _ = try folder.write(data, name)
        return name
    }

    /// Agrees, connects and sends the clip.
    func prepare(_ name: String = "clip.mp4") async throws {
        try await succeed(["cloud", "upload", try clip(as: name), "--cloud", "-q"])
    }

    /// The same with a message, so that there is something to export.
    func prepareTimeline(_ message: String = "compress this video") async throws {
        try await prepare()
        try await succeed(["cloud", "send", message, "-q"])
    }

    /// The names in the folder without the state.
    var names: [String] { folder.names.filter { !["state", "tmp"].contains($0) } }

    /// The names in the folder for temporary files.
    var temporaryNames: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder.path("tmp"))) ?? []
    }

    /// The script from now on.
    func play(_ change: (inout Scenario) -> Void) {
        var scenario = Scenario()
        change(&scenario)
        simulator.play(scenario)
    }

    private func note(_ result: Program.Result) {
        printed.text.withLock { $0 += result.output + result.messages }
    }

    private func audit() {
        let text = printed.text.withLock { $0 }
        #expect(!simulator.secrets.contains { text.contains($0) }, "a secret was printed")
        #expect(!text.contains("nmv_usr_") && !text.contains("clm_"))
        #expect(simulator.violations == [])
        auditFiles()
    }

    /// The token has a file of its own and the client id too; nothing else that was written, results
    /// and leftovers included, has either (§16).
    private func auditFiles() {
        let root = folder.url.path
        for name in FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? [] {
            let path = "\(root)/\(name)"
            let facts = try? FileManager.default.attributesOfItem(atPath: path)
            // Not a pipe, and not a film with a hole in it.
            guard facts?[.type] as? FileAttributeType == .typeRegular,
                let size = facts?[.size] as? Int, size < 16 << 20,
                !name.hasPrefix("state/tokens/"),
                let data = FileManager.default.contents(atPath: path)
            else { continue }
            let isOwnID = name == "state/nemovideo/client_id"
            // Where a link was asked for it is, with its claim token and nothing else.
            let isLink = ["link.txt", "opened"].contains(name)
            for secret in simulator.secrets where data.contains(secret) {
                let isAlone = data.count == secret.utf8.count + 1
                let isMeant = isOwnID && isAlone || isLink && secret.hasPrefix("clm_")
                #expect(isMeant, "a secret in \(name)")
            }
            #expect(!data.contains("nmv_usr_"), "a token in \(name)")
            #expect(isLink || !data.contains("clm_"), "a claim token in \(name)")
        }
    }
}

extension Data {
    fileprivate func contains(_ text: String) -> Bool { range(of: Data(text.utf8)) != nil }
}
