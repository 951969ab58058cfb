import Core
import Foundation
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

    /// The session of a call for which these settings hold: whoever works offline is heard by all that could send.
    func obeying(_ settings: Settings) -> Session {
        guard settings.isOn(.offline), !isTrial else { return self }
        var session = self
        session.environment[Setting.offline.variable] = "1"
        return session
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

extension Request {
    /// The same with the folder that results go to, where nothing names the output.
    func placed(by settings: Settings) -> Request {
        guard output == nil, folder == nil, let text = settings[.outputFolder] else { return self }
        var request = self
        // No shell has seen a setting.
        request.folder = FilePath(NSString(string: text).expandingTildeInPath)
        return request
    }

    /// Makes the folder that results go to, where it is wanted and not there.
    ///
    /// A folder that cannot be made is told by whoever writes into it.
    func makeFolder() {
        guard output == nil, let folder else { return }
        try? FileManager.default.createDirectory(
            atPath: folder.string,
            withIntermediateDirectories: true
        )
    }
}

/// What copies of a session have in common.
final class Kept<Value: Sendable>: Sendable {
    private let value = Locked<Value?>(nil)

    func withLock<Result>(_ body: (inout Value?) -> Result) -> Result where Result: Sendable {
        value.withLock { body(&$0) }
    }
}
