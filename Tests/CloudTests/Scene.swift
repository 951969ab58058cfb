import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// A client and the simulated service, over real HTTP, in time that runs a thousand times faster.
struct Scene: Sendable {
    let simulator: NemoSimulator
    let urls: NemoSimulator.URLs
    let folder: Folder
    let heard: Heard
    let environment: [String: String]
    let clock: CloudClock
    let hasTimers: Bool
    /// Seconds that the clients' calendar is ahead.
    var skew = 0.0
    var changes: [Change]

    typealias Change = @Sendable (inout CloudConfiguration) -> Void

    /// What clients of the scene told, in order.
    final class Heard: Sendable {
        private let all = Locked<[CloudEvent]>([])
        private let errors = Locked<[String]>([])

        var events: [CloudEvent] { all.withLock { $0 } }
        /// Everything that was said, as text that may be searched for secrets.
        var text: String { "\(events) \(errors.withLock { $0 })" }
        func note(_ event: CloudEvent) { all.withLock { $0.append(event) } }
        func note(_ error: CloudError) {
            errors.withLock { $0.append("\(error) \(error.failure) \(error.failure.description)") }
        }
        func count(_ event: CloudEvent) -> Int { events.count { $0 == event } }
        /// What the agent said.
        var texts: [String] {
            events.compactMap { if case .text(let text) = $0 { text } else { nil } }
        }
    }

    /// A few scenes at a time: with all of them at once even an idle machine would be so late that
    /// the minutes of their clocks had passed.
    private static let room = Room(for: 7)

    private final class Room: Sendable {
        private let state: Locked<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

        init(for count: Int) { state = Locked((count, [])) }

        func enter() async {
            await withCheckedContinuation { continuation in
                let mayEnter = state.withLock { state in
                    guard state.free > 0 else {
                        state.waiting.append(continuation)
                        return false
                    }
                    state.free -= 1
                    return true
                }
                if mayEnter { continuation.resume() }
            }
        }

        func leave() {
            let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.free += 1
                return nil
            }
            next?.resume()
        }
    }

    /// Does something with each of several at once, as far as there is room.
    static func each<Item: Sendable>(
        of items: some Sequence<Item>,
        _ play: @escaping @Sendable (Item) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for item in items { group.addTask { try await play(item) } }
            try await group.waitForAll()
        }
    }

    /// Plays `body` against a simulator of its own; afterwards nothing forbidden may have been
    /// done (§19, strict) and no secret may be in what was told, or in a file that is not for it
    /// (scenario 63).
    static func with(
        environment: [String: String] = [:],
        speed: Double = 1_000,
        hasTimers: Bool = false,
        changes: [Change] = [],
        _ options: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (Scene) async throws -> Void
    ) async throws {
        await room.enter()
        defer { room.leave() }
        var settings = SimulatorOptions()
        settings.speed = speed
        settings.product = .bytes(Array("a rendered file".utf8))
        options(&settings)
        let simulator = NemoSimulator(settings)
        let urls = try await simulator.start()
        let folder = try Folder()
        var variables = [
            "NEMO_API_URL": urls.api, "CINCH_STATE_DIR": folder.file("state").string,
        ]
        variables.merge(environment) { $1 }
        let scene = Scene(
            simulator: simulator,
            urls: urls,
            folder: folder,
            heard: Heard(),
            environment: variables,
            clock: CloudClock(speed: speed),
            hasTimers: hasTimers,
            changes: changes
        )
        do {
            try await body(scene)
            scene.audit()
        } catch {
            if let error = error as? CloudError { scene.heard.note(error) }
            scene.audit()
            await simulator.stop()
            throw error
        }
        await simulator.stop()
    }

    /// What comes of a title that a new program asks for, for a clip that it sends first.
    func titled() async throws -> Reply {
        let client = try client()
        _ = try await client.upload([try video()])
        return try await client.send("add a title")
    }

    /// A program that starts: everything but the state folder is new.
    func client(
        environment: [String: String] = [:],
        profile: Profile = .clideo,
        limitSpeed: Double = 1,
        says: Bool = true
    ) throws -> CloudSession {
        let variables = self.environment.merging(environment) { $1 }
        var configuration = try CloudConfiguration(
            profile: profile,
            environment: variables,
            clock: clock
        )
        let skew = skew
        configuration.clock.unixSeconds = { Date().timeIntervalSince1970 + skew }
        // A busy machine stands still for seconds, which are hours here: only scenes about the timers
        // have the specification's.
        if !hasTimers {
            configuration.runLimits.silence *= 1000
            configuration.runLimits.heartbeatsOnly *= 1000
            configuration.runLimits.whole *= 1000
            configuration.renderLimits.whole *= 100
        }
        for change in changes { change(&configuration) }
        let heard = heard
        return CloudSession(
            configuration,
            transfer: Transfer(limitSpeed: limitSpeed, environment: variables),
            ask: { _ in says ? .always : .no },
            events: { heard.note($0) }
        )
    }

    /// The error that a call ends with.
    func error(_ work: () async throws -> Void) async -> CloudError? {
        do {
            try await work()
            return nil
        } catch {
            if let error = error as? CloudError { heard.note(error) }
            return error as? CloudError
        }
    }

    /// A file that looks like a video to who looks at its first bytes.
    func video(_ name: String = "a.mp4", bytes: Int = 2000) throws -> FilePath {
        let path = folder.file(name)
        let head: [UInt8] = [0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0]
        try path.write(Data(head + [UInt8](repeating: 7, count: max(0, bytes - head.count))))
        return path
    }

    /// What using every endpoint once comes to, without what is random in it.
    struct Everything: Sendable, Equatable {
        var files: [String]
        var outcome: AgentRun.Outcome
        var paragraphs: [String]
        var changes: [String]
        var timeline: String?
        var credits: Credits
        /// Without the claim token.
        var link: String?
        var bytes: Int64
    }

    /// Uses every endpoint once.
    @discardableResult
    func everything(_ client: CloudSession) async throws -> Everything {
        try await client.connect()
        let files = try await client.upload([try video()])
        let reply = try await client.send("compress this video")
        let credits = try await client.credits()
        let link = try await client.link()
        let file = try await client.export(to: folder.file("out.mp4"), overwrites: true)
        return Everything(
            files: files.map(\.name),
            outcome: reply.outcome,
            paragraphs: reply.paragraphs,
            changes: reply.changes,
            timeline: reply.state?.timeline?.summary,
            credits: credits,
            link: link.map { $0.replacing(/clm_[0-9a-f]+$/, with: "…") },
            bytes: file.byteCount
        )
    }

    /// What was asked, in order, without the polls of renders after the first.
    var asked: [Endpoint] {
        var endpoints: [Endpoint] = []
        for endpoint in simulator.requests.compactMap(\.endpoint) {
            if endpoint == .renderPoll, endpoints.last == .renderPoll { continue }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    func count(_ endpoint: Endpoint) -> Int { simulator.count(endpoint) }

    /// Waits until something has happened; gives up after two minutes of real time.
    func until(_ condition: () throws -> Bool) async throws {
        let start = ContinuousClock.now
        while try !condition() {
            guard ContinuousClock.now - start < .seconds(120) else { throw NeverHappened() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private struct NeverHappened: Error {}

    /// The script from now on.
    func play(_ change: (inout Scenario) -> Void) {
        var scenario = Scenario()
        change(&scenario)
        simulator.play(scenario)
    }

    private func audit() {
        #expect(simulator.violations == [])
        let secrets = simulator.secrets
        let told = heard.text
        #expect(!secrets.contains { told.contains($0) }, "a secret in what was told")
        let state = folder.file("state").string
        for name in FileManager.default.enumerator(atPath: state)?.allObjects as? [String] ?? [] {
            guard let data = FileManager.default.contents(atPath: "\(state)/\(name)") else {
                continue
            }
            let text = String(decoding: data, as: UTF8.self)
            // The token has its own file, beside the id that it was given for; the id's own file,
            // which other tools read, holds nothing else (§16).
            if name.hasPrefix("tokens/") { continue }
            let isOwnID = name == "nemovideo/client_id"
            let id = text.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(
                !secrets.contains { text.contains($0) && !(isOwnID && $0 == id) },
                "a secret in \(name)"
            )
            #expect(!text.contains("nmv_usr_") && !text.contains("clm_"), "a token in \(name)")
        }
    }
}
