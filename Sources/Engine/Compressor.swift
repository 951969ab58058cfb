package import Core
import Foundation
import Media
package import SystemPackage

/// The one door to everything: probe a file, plan a run, run it.
///
/// Holds no state between runs. A run is: probe → plan → sound → one sweep over the picture
/// (decode, keep, pass 1) → pass 2 until the size lands → verify → rename (`LocalRun`).
package struct Compressor: Sendable {
    /// What a run may use besides the encoder's own needs.
    package struct Limits: Sendable, Equatable, Codable {
        /// Memory for kept frames.
        package var memoryBytes: Int
        /// Disk for kept frames, beside the output; nil: four fifths of what is free, at most 16 GB.
        package var diskBytes: Int?
        /// What the file may demand.
        package var input: InputLimits
        /// Whether others come first at the processor and the disk; for work in a child process.
        package var isBackground: Bool
        /// Threads for a decoder and for the encoder, of work in a child process; nil: what the machine has.
        package var threads: Int?

        package init(
            memoryBytes: Int? = nil,
            diskBytes: Int? = nil,
            input: InputLimits = InputLimits(),
            isBackground: Bool = false,
            threads: Int? = nil
        ) {
            self.threads = threads
            self.memoryBytes = memoryBytes ?? Self.usualMemory
            self.diskBytes = diskBytes
            self.input = input
            self.isBackground = isBackground
        }

        /// The same for one of several runs at once, which share the machine; the disk is that of a folder.
        package func shared(among runs: Int, folder: FilePath) -> Limits {
            guard runs > 1 else { return self }
            var limits = self
            limits.memoryBytes /= runs
            let free = Machine.freeBytes(in: folder).map { min($0 / 5 * 4, 16_000_000_000) }
            limits.diskBytes = (diskBytes ?? free).map { $0 / runs }
            let processors = ProcessInfo.processInfo.activeProcessorCount
            limits.threads = max(1, (processors + runs - 1) / runs)
            return limits
        }

        /// A quarter of the memory, half of what is free of it, at most 4 GB.
        private static var usualMemory: Int {
            let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
            return min(4_000_000_000, physical / 4, (Machine.availableMemory ?? physical) / 2)
        }
    }

    let limits: Limits
    /// Where the work is done; nil: in this process.
    let worker: Worker?

    /// A compressor that works where this process does (`Worker.install`).
    package init(limits: Limits = Limits()) {
        self.init(limits: limits, worker: .usual)
    }

    package init(limits: Limits = Limits(), worker: Worker?) {
        self.limits = limits
        self.worker = worker
    }

    /// Reads what a file is.
    package func probe(_ path: FilePath) async throws(Failure) -> Material {
        if let worker { return try await worker.perform(Job(.probe(path), limits)) }
        return try await offload(path.string, limits.input) { flag in
            Result { () throws(Failure) in try Self.material(path, flag: flag) }
        }
    }

    /// Reads what a video is.
    ///
    /// Throws: `Failure`, of kind `.unreadable` where it is none.
    package func probeVideo(_ path: FilePath) async throws(Failure) -> Source {
        guard case .video(let source) = try await probe(path) else {
            throw .noVideo(path.string)
        }
        return source
    }

    /// Decides what would be done, without doing it.
    package func plan(_ request: Request) async throws(Failure) -> Planned {
        if let worker { return try await worker.perform(Job(.plan(request), limits)) }
        return try await offload(request.input.string, limits.input) { flag in
            Result { () throws(Failure) in
                let material = try Self.material(request.input, flag: flag)
                return try Planned(
                    material,
                    request.settled(for: material.kind),
                    flag: flag
                )
            }
        }
    }

    /// Measures on parts of the input how long a plan would take here.
    package func expectedTime(_ planned: Planned) async throws(Failure) -> ExpectedTime {
        if let worker { return try await worker.perform(Job(.expectedTime(planned), limits)) }
        return try await offload(planned.request.input.string, limits.input) { flag in
            Result { () throws(Failure) in try Forecast.time(planned, flag: flag) }
        }
    }

    /// Makes the file.
    ///
    /// `events`: called in order and never concurrently, from the run's own thread; returns fast.
    /// Throws: `Failure`; then nothing was written and nothing is left behind.
    package func run(
        _ request: Request,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Report {
        if request.input.isStandardStream || request.output?.isStandardStream == true {
            return try await runPiped(request, events: events)
        }
        if let worker {
            return try await worker.perform(Job(.run(request), limits), events: events)
        }
        do {
            return try await perform(request, events: events)
        } catch {
            // A thread that is still caught cannot tidy up.
            if error == .stalled(request.input.string, after: limits.input.waitSeconds) {
                for destination in request.destinations { Workspace.abandon(for: destination) }
            }
            throw error
        }
    }

    private func perform(
        _ request: Request,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Report {
        let limits = limits
        return try await offload(request.input.string, limits.input) { flag in
            Result { () throws(Failure) in
                var record = RunRecord(events: events)
                record.meter.begin(.probing, until: 0.01)
                let input = try HeldInput(request.input, flag: flag)
                let material = try Self.material(request.input, flag: flag)
                let request = try request.settled(for: material.kind)
                events(.identified(material.kind, output: request.destination.string))
                try Self.checkDestination(request)
                if material.kind == .video { record.meter.begin(.sampling, until: 0.1) }
                let planned = try Planned(material, request, flag: flag)
                record.meter.update(1, frames: 0)
                events(planned.event)
                if let failure = planned.tooPoor { throw failure }
                let workspace = try Workspace(for: request.destination, of: input)
                if let misnomer = material.misnomer { record.note(misnomer) }
                if let idle = request.idleOptions { record.note(idle) }
                var run = planned.run(limits: limits, flag: flag, record: record)
                do throws(Failure) {
                    var report = try run.perform(in: workspace)
                    report.namedLimit = request.namedLimit
                    return report
                } catch {
                    throw input.explain(error)
                }
            }
        }
    }

    /// Removes what runs of this process have on disk, for an exit that cannot wait for them.
    package static func abandonRuns() {
        Child.abandonAll()
        Workspace.abandonAll()
    }

    static func material(
        _ path: FilePath,
        flag: CancellationFlag
    ) throws(Failure) -> Material {
        let bytes = try InputFile.check(path)
        do {
            let material = try Prober.examine(
                path: path.string,
                bytes: bytes,
                flag: flag,
                languages: Machine.languages
            )
            guard case .video(var source) = material else { return material }
            source.video = try FieldCheck.examined(source, flag: flag)
            return .video(source)
        } catch {
            throw Failure(error, input: path.string, flag: flag)
        }
    }

    static func checkDestination(_ request: Request) throws(Failure) {
        let destination = request.destination
        if InputFile.areSame(request.input, destination) {
            throw Failure(
                .output,
                "The output would be the input itself, \(destination.string)",
                why: "the input is never written to",
                advice: "Name another output with -o."
            )
        }
        let name = destination.lastComponent?.string ?? ""
        let most = unsafe pathconf(Workspace.parent(of: destination).string, Int32(_PC_NAME_MAX))
        if most > 0, name.utf8.count > most {
            throw Failure(
                .output,
                "Cannot write \(destination.string)",
                why: "its name has \(name.utf8.count) bytes, and the disk takes \(most)",
                advice: "Name a shorter output with -o."
            )
        }
        guard let kind = InputFile.kind(of: destination) else { return }
        if kind == .typeDirectory {
            throw Failure(
                .output,
                "Cannot write \(destination.string)",
                why: "it is a folder",
                advice: "Name a file in it with -o."
            )
        }
        if !request.overwrites { throw Failure.exists(destination) }
    }
}

/// The input as the file system sees it.
package enum InputFile {
    /// The size of a regular, readable file.
    static func check(_ path: FilePath) throws(Failure) -> Int {
        let name = path.string
        guard let attributes = attributes(of: path) else {
            throw .missing(path)
        }
        switch attributes[.type] as? FileAttributeType {
        case .typeRegular?: break
        case .typeSymbolicLink?:
            // Links are followed: one that is left over leads nowhere.
            throw Failure(
                .missing,
                "Cannot find what \(name) leads to",
                why: "it is a link, and there is no such file",
                advice: "Give the file itself."
            )
        case .typeDirectory?:
            throw Failure(
                .unreadable,
                "\(name) is a folder",
                why: "one video at a time",
                advice: "Give a file in it."
            )
        default:
            throw Failure(
                .unreadable,
                "\(name) is not an ordinary file",
                why: "a video is read more than once, and from its end too",
                advice: "Save it to a file first."
            )
        }
        guard FileManager.default.isReadableFile(atPath: name) else {
            throw Failure(
                .missing,
                "Cannot open \(name)",
                why: "permission denied",
                advice: "Ask its owner for the right to read it."
            )
        }
        let bytes = (attributes[.size] as? NSNumber)?.intValue ?? 0
        guard bytes > 0 else {
            throw Failure(
                .unreadable,
                "\(name) is empty",
                why: "it has 0 bytes",
                advice: "If it was downloaded, download it again."
            )
        }
        return bytes
    }

    /// What is there, links followed; nil where nothing is.
    static func kind(of path: FilePath) -> FileAttributeType? {
        attributes(of: path)?[.type] as? FileAttributeType
    }

    private static func attributes(of path: FilePath) -> [FileAttributeKey: Any]? {
        let resolved = URL(fileURLWithPath: path.string).resolvingSymlinksInPath().path
        return try? FileManager.default.attributesOfItem(atPath: resolved)
    }

    /// Whether two paths lead to one file, by links and by other spellings too.
    package static func areSame(_ one: FilePath, _ other: FilePath) -> Bool {
        func identity(_ path: FilePath) -> [Int]? {
            guard let found = attributes(of: path),
                let file = (found[.systemFileNumber] as? NSNumber)?.intValue,
                let device = (found[.systemNumber] as? NSNumber)?.intValue
            else { return nil }
            return [file, device]
        }
        guard let one = identity(one), let other = identity(other) else { return false }
        return one == other
    }
}

/// What the machine has to spare.
package enum Machine {
    /// Memory that can be had without pushing anything out; nil where the system does not say.
    package static var availableMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else {
            return nil
        }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let digits = line.filter(\.isNumber)
            return Int(digits).map { $0 * 1024 }
        }
        return nil
    }

    /// The user's languages, the first the most wanted, as `en_GB.UTF-8` or `en`.
    package static var languages: [String] {
        let environment = ProcessInfo.processInfo.environment
        var languages: [String] = []
        for name in ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"] {
            let value = environment[name] ?? ""
            languages += value.split(separator: ":").map(String.init)
        }
        // The C locale names no language.
        return languages.filter { $0 != "C" && $0 != "POSIX" && !$0.hasPrefix("C.") }
    }

    /// Bytes free where a folder is.
    package static func freeBytes(in folder: FilePath) -> Int? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.string)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }
}
