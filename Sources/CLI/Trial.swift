import ArgumentParser
import Cloud
import Core
import Foundation
import Jobs
import Simulator
import Synchronization
import SystemPackage

/// The cloud service simulated inside this process, with a state folder of its own: nothing that it
/// does touches the user's token, consent or sessions, and nothing leaves the machine.
final class Trial: Sendable {
    /// What is simulated, and how fast.
    struct Settings: Sendable, Equatable {
        var port: UInt16 = 0
        /// A number of the specification's list, §19; nil: all goes well.
        var scenario: String?
        var honoursSize = false
        var speed = Self.usualSpeed
        /// A wait of half a minute in a second.
        static let usualSpeed = 30.0
    }

    let urls: NemoSimulator.URLs
    let speed: Double
    private let simulator: NemoSimulator
    private let folder: String

    private static let live = Locked<Set<String>>([])

    /// Starts it.
    static func start(
        _ settings: Settings,
        log: (@Sendable (String) -> Void)? = nil
    ) async throws(Failure) -> Trial {
        var options = SimulatorOptions()
        options.port = settings.port
        options.speed = settings.speed
        options.honoursSizeWish = settings.honoursSize
        options.strict = false
        options.log = log
        if let number = settings.scenario {
            options.script = try scenario(number)
        } else {
            // About three in ten edits end without a word (§4.10).
            options.script.silentEvery = 3
        }
        sweep()
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("\(prefix)\(getpid())-\(UInt32.random(in: 0...(.max)))").path
        live.withLock { _ = $0.insert(folder) }
        options.folder = FilePath(folder).appending("service")
        let simulator = NemoSimulator(options)
        do {
            return Trial(
                simulator,
                urls: try await simulator.start(),
                folder: folder,
                speed: settings.speed
            )
        } catch {
            abandon(folder)
            throw Failure(
                .unavailable,
                "Cannot start the simulator",
                why: error.description,
                advice: settings.port == 0 ? "" : "Another program may use port \(settings.port)."
            )
        }
    }

    private init(
        _ simulator: NemoSimulator,
        urls: NemoSimulator.URLs,
        folder: String,
        speed: Double
    ) {
        (self.simulator, self.urls) = (simulator, urls)
        (self.folder, self.speed) = (folder, speed)
    }

    /// Where its clients keep what they must remember.
    var stateFolder: String { folder + "/state" }

    /// All that a client needs to know; what is set for the real service is not in it.
    var environment: [String: String] {
        [
            "NEMO_API_URL": urls.api, "CINCH_STATE_DIR": stateFolder,
            "NEMO_CLOCK_SPEED": speed == speed.rounded() ? "\(Int(speed))" : "\(speed)",
        ]
    }

    /// Stops it and removes all that it wrote.
    func stop() async {
        await simulator.stop()
        Self.abandon(folder)
    }

    /// Removes what trials of this process have on disk, for an exit that cannot wait.
    static func abandonAll() {
        for folder in live.withLock({ $0 }) { abandon(folder) }
    }

    private static let prefix = "cinch-simulated-"

    /// Removes what killed runs left: the process that their name tells of is gone.
    private static func sweep() {
        let all = FileManager.default.temporaryDirectory
        let names = try? FileManager.default.contentsOfDirectory(atPath: all.path)
        for name in names ?? [] where name.hasPrefix(prefix) {
            let number = name.dropFirst(prefix.count).prefix { $0.isNumber }
            guard let owner = Int32(number), kill(owner, 0) != 0, errno == ESRCH else { continue }
            try? FileManager.default.removeItem(at: all.appendingPathComponent(name))
        }
    }

    private static func abandon(_ folder: String) {
        // What still runs in this process may write while it is emptied.
        for _ in 0..<20 where FileManager.default.fileExists(atPath: folder) {
            try? FileManager.default.removeItem(atPath: folder)
            if FileManager.default.fileExists(atPath: folder) { usleep(2000) }
        }
        live.withLock { _ = $0.remove(folder) }
    }

    /// The scenario of a number as it is written on the command line: `7`, `28b`.
    static func scenario(_ text: String) throws(Failure) -> Scenario {
        let isB = text.lowercased().hasSuffix("b")
        guard let number = Int(isB ? String(text.dropLast()) : text), (1...64).contains(number),
            !isB || [28, 50].contains(number)
        else {
            throw Failure(
                .usage,
                "There is no scenario \(text)",
                why: "they are numbered 1 to 64, with 28b and 50b",
                advice: "See 'cinch cloud simulate --help' for some that show errors."
            )
        }
        return Scenario.numbered(number, isB: isB) ?? Scenario()
    }
}

/// What both `chat --simulate` and `cloud simulate` can be told.
struct TrialOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Play this scenario: 1 to 64, 28b, 50b.", valueName: "number"))
    var scenario: String?

    @Flag(help: "Let the simulated service keep to the size that is asked for.")
    var honourSize = false

    @Option(
        help: ArgumentHelp("Times faster than real time; 30 if not given.", valueName: "factor")
    )
    var speed: String?

    /// The first of them that was given; nil where none was.
    var given: String? {
        if scenario != nil { return "--scenario" }
        if honourSize { return "--honour-size" }
        return speed == nil ? nil : "--speed"
    }

    /// What the options ask for.
    func settings(port: UInt16 = 0) throws(Failure) -> Trial.Settings {
        var settings = Trial.Settings(port: port, scenario: scenario, honoursSize: honourSize)
        if let speed {
            guard let factor = Double(speed), (1...1000).contains(factor) else {
                throw Failure(
                    .usage,
                    "Cannot read the value after --speed",
                    why: "'\(speed)' is none",
                    advice: "Write a number from 1 to 1000."
                )
            }
            settings.speed = factor
        }
        if let scenario { _ = try Trial.scenario(scenario) }
        return settings
    }
}
