package import Core
import Foundation
import Media
package import SystemPackage

/// The one door to everything: probe a file, plan a run, run it.
///
/// Holds no state between runs. A run is: probe → plan → sound → one sweep over the picture
/// (decode, keep, pass 1) → pass 2 until the size lands → verify (`LocalRun`) → publish.
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
        if let worker {
            // A name that is nearly right is found in its folder, which a child cannot list.
            _ = try InputFile.check(path)
            return try await worker.perform(Job(.probe(path), limits))
        }
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
        if let worker {
            _ = try InputFile.check(request.input)
            return try await worker.perform(Job(.plan(request), limits))
        }
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
        let workspace = try planned.isMeasuredOnDisk ? Workspace(beside: Self.temporaryName) : nil
        defer { workspace?.remove() }
        if let worker {
            let job = Job(.expectedTime(planned, workspace?.location), limits)
            return try await worker.perform(job)
        }
        return try await Self.expectedTime(planned, limits, in: workspace)
    }

    static func expectedTime(
        _ planned: Planned,
        _ limits: Limits,
        in workspace: Workspace?
    ) async throws(Failure) -> ExpectedTime {
        try await offload(planned.request.input.string, limits.input) { flag in
            Result { () throws(Failure) in
                try Forecast.time(planned, in: workspace, flag: flag)
            }
        }
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

    /// Refuses a name that the disk cannot have.
    static func checkName(of destination: FilePath) throws(Failure) {
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
        try checkName(of: destination)
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
