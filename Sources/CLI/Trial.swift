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
    private let folder: TemporaryFolder

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
        let folder = try makeFolder()
        options.folder = folder.path.appending("service")
        let simulator = NemoSimulator(options)
        do {
            return Trial(
                simulator,
                urls: try await simulator.start(),
                folder: folder,
                speed: settings.speed
            )
        } catch {
            folder.remove()
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
        folder: TemporaryFolder,
        speed: Double
    ) {
        (self.simulator, self.urls) = (simulator, urls)
        (self.folder, self.speed) = (folder, speed)
    }

    /// Where its clients keep what they must remember.
    var stateFolder: String { folder.path.appending("state").string }

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
        folder.remove()
    }

    private static let prefix = "cinch-simulated-"

    /// A folder of its own among those of all users.
    private static func makeFolder() throws(Failure) -> TemporaryFolder {
        let all = FilePath(FileManager.default.temporaryDirectory.path)
        sweep(all)
        do throws(Errno) {
            for _ in 0..<10 {
                let made = try TemporaryFolder(in: all, prefix: prefix)
                // Another process that sweeps may have been quicker than the lock.
                if made.folder.lock(), made.folder.isInPlace { return made }
            }
            throw Errno.resourceBusy
        } catch {
            throw Failure(
                .unavailable,
                "Cannot start the simulator",
                why: "\(all): \(error.description.lowercased())",
                advice: "Set TMPDIR to a folder that you may write to."
            )
        }
    }

    /// Removes what killed runs of this user left: folders that no process has.
    private static func sweep(_ all: FilePath) {
        let names = try? FileManager.default.contentsOfDirectory(atPath: all.string)
        for name in names ?? [] where name.hasPrefix(prefix) {
            guard let left = try? PrivateFolder(opening: all.appending(name)), left.lock() else {
                continue
            }
            try? left.remove()
        }
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
