import Core
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// What was set once for all calls, where a call leaves it open.
extension Session {
    /// The file's and the environment's.
    ///
    /// Throws: what `Settings.read` throws.
    func settings() throws(Failure) -> Settings {
        if let kept = keptSettings.withLock({ $0 }), kept.environment == environment {
            return kept.settings
        }
        let settings = try Settings.read(environment)
        keptSettings.withLock { $0 = KeptSettings(environment: environment, settings: settings) }
        return settings
    }

    /// What makes files, with these settings.
    func runner(_ settings: Settings) -> JobRunner {
        let signals = signals
        return JobRunner(
            environment: environment,
            settings: settings,
            language: CloudWords(environment: environment).serviceLanguage(environment),
            isSimulated: isTrial,
            stopSignal: { signals?.stopSignal }
        )
    }
}

/// What was read, of which environment: reading takes a process.
struct KeptSettings: Sendable {
    var environment: [String: String]
    var settings: Settings
}

extension WishOptions {
    /// Puts settings where nothing was said.
    mutating func fill(from settings: Settings) {
        if to == nil, limitName == nil { (to, limitName) = (settings[.to], settings[.limitName]) }
        if height == nil { maxHeight = maxHeight ?? settings[.maxHeight] }
        fps = fps ?? settings[.fps]
        speed = speed ?? settings[.speed]
        audio = audio ?? settings[.audio]
        audioTrack = audioTrack ?? settings[.audioTrack]
        metadata = metadata ?? settings[.metadata]
    }
}

extension RouteOptions {
    /// Puts settings where nothing was said.
    mutating func fill(from settings: Settings) {
        // What the call forbids is no contradiction of what is usual.
        if !offline { route = route ?? settings[.route] }
        maxWait = maxWait ?? settings[.maxWait]
        maxCredits = maxCredits ?? settings[.maxCredits]
    }
}

extension CompressCommand {
    /// Puts settings where nothing was said.
    mutating func fill(from settings: Settings) {
        // A total is a size already.
        let (to, limitName) = (wish.to, wish.limitName)
        wish.fill(from: settings)
        if batch.total != nil { (wish.to, wish.limitName) = (to, limitName) }
        way.fill(from: settings)
        memory = memory ?? settings[.memory]
        disk = disk ?? settings[.disk]
        care.background = care.background ?? settings.isOn(.background)
        care.strict = care.strict ?? settings.isOn(.strict)
    }
}

/// What copies of a session have in common.
final class Kept<Value: Sendable>: Sendable {
    private let value = Locked<Value?>(nil)

    func withLock<Result>(_ body: (inout Value?) -> Result) -> Result where Result: Sendable {
        value.withLock { body(&$0) }
    }
}
