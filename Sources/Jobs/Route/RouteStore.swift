package import Cloud
import Foundation

/// Where what runs learn of the ways is kept, one file for all of them.
package struct RouteStore: Sendable {
    private let folder: StateFolder
    private let now: @Sendable () -> Double

    package init(_ configuration: CloudConfiguration) {
        self.init(folder: configuration.folder, now: configuration.clock.unixSeconds)
    }

    package init(folder: StateFolder, now: @escaping @Sendable () -> Double) {
        (self.folder, self.now) = (folder, now)
    }

    /// What is remembered; nothing where there is no file, or one that makes no sense.
    package var memory: RouteMemory {
        guard let bytes = folder.read(file),
            let memory = try? JSONDecoder().decode(RouteMemory.self, from: Data(bytes)),
            memory.version == RouteMemory().version
        else { return RouteMemory() }
        return memory
    }

    /// Changes it, one run after the other; the second value is the time, in seconds since 1970.
    ///
    /// Where that is impossible nothing was learned, and nothing else is lost.
    package func change(_ body: (inout RouteMemory, Double) -> Void) async {
        let lock = try? await StateLock("route", in: folder, patience: .seconds(2))
        defer { lock?.release() }
        let old = memory
        var new = old
        body(&new, now())
        guard new != old else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let bytes = try? encoder.encode(new) else { return }
        try? folder.write([UInt8](bytes), to: file)
    }

    private var file: StateFolder.File { folder.file("route.json") }
}
