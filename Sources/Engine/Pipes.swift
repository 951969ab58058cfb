package import Core
import Foundation
import Media
package import SystemPackage

/// Runs whose input or output is a pipe.
///
/// What comes in is kept in a file first, beside the output or in the temporary folder. What goes out is
/// made whole and checked, as fragments of MP4, before its first byte is written.
extension Compressor {
    /// Makes the file from standard input, to standard output, or both (`-` in the request).
    ///
    /// `output`, `input`: for tests; otherwise the process's own.
    /// Throws: `Failure`, of kind `.storage` where the reader of the output left.
    package func runPiped(
        _ request: Request,
        input: FileDescriptor = .standardInput,
        output: FileDescriptor = .standardOutput,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Report {
        let isPipedOut = request.output?.isStandardStream == true
        if request.input.isStandardStream, request.output == nil {
            throw Failure(
                .usage,
                "The output has no name",
                why: "standard input has none that it could be named after",
                advice: "Name it with -o, as in -o clip.mp4, or -o - for standard output."
            )
        }
        var inner = request
        if !isPipedOut { try Self.checkDestination(request) }
        // Beside the output, which has room for it or is known not to have; else where such files go.
        let workspace = try Workspace(
            beside: isPipedOut ? Self.temporaryName : request.destination
        )
        defer { workspace.remove() }
        if request.input.isStandardStream {
            inner.input = try await spool(input, in: workspace, events)
        }
        if isPipedOut {
            // Without an extension, so that the kind of the input decides.
            inner.output = workspace.usualPath("result")
            inner.isFragmented = true
        }
        var names: [String: String] = [:]
        if request.input.isStandardStream { names[inner.input.string] = "standard input" }
        if let output = inner.output, isPipedOut { names[output.string] = "standard output" }
        var report: Report
        do {
            if isPipedOut {
                let product = try await make(inner, in: workspace, events: events)
                let file = try workspace.checkedFile(product.file)
                try await offload("standard output", limits.input) { flag in
                    Result { () throws(Failure) in
                        try Spool.empty(file, to: output, flag: flag)
                    }
                }
                report = product.report
            } else {
                report = try await publish(inner, in: workspace, events: events)
            }
        } catch {
            throw error.renaming(names)
        }
        if request.input.isStandardStream { report.input = request.input.string }
        if isPipedOut { report.output = "-" }
        return report
    }

    /// Does something with a file that may be standard input, which is then kept for as long as that takes.
    package func reading<Value: Sendable>(
        _ path: FilePath,
        from input: FileDescriptor = .standardInput,
        _ work: (FilePath) async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard path.isStandardStream else { return try await work(path) }
        let workspace = try Workspace(beside: Self.temporaryName)
        defer { workspace.remove() }
        let file = try await spool(input, in: workspace) { _ in }
        do {
            return try await work(file)
        } catch {
            throw error.renaming([file.string: "standard input"])
        }
    }

    private func spool(
        _ stream: FileDescriptor,
        in workspace: Workspace,
        _ events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> FilePath {
        let file = workspace.file("input")
        // Some of what is free is for the result.
        let free = workspace.freeBytes.map { $0 / 10 * 9 } ?? .max
        let limit = min(limits.diskBytes ?? .max, free)
        let bytes = try await offload("standard input", limits.input) { flag in
            Result { () throws(Failure) in
                var meter = ReceivingMeter(events)
                return try Spool.fill(file, from: stream, limit: limit, flag: flag) {
                    meter.update($0)
                }
            }
        }
        guard bytes > 0 else {
            throw Failure(
                .unreadable,
                "Standard input is empty",
                why: "0 bytes came",
                advice: "See what the program before it says."
            )
        }
        return workspace.usualPath("input")
    }

    /// A name that no other run has, in the folder for such files.
    static var temporaryName: FilePath {
        FilePath(FileManager.default.temporaryDirectory.path)
            .appending("cinch-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)")
    }
}

/// Tells how much has come, ten times a second.
private struct ReceivingMeter {
    private let events: @Sendable (Event) -> Void
    private var last: ContinuousClock.Instant?

    init(_ events: @escaping @Sendable (Event) -> Void) { self.events = events }

    mutating func update(_ bytes: Int) {
        let now = ContinuousClock.now
        if let last, last.duration(to: now) < .milliseconds(100) { return }
        last = now
        events(.progress(Progress(phase: .probing, fraction: 0, receivedBytes: bytes)))
    }
}

extension Failure {
    /// The same about files by other names.
    fileprivate func renaming(_ names: [String: String]) -> Failure {
        var renamed = self
        for (name, other) in names {
            renamed.what = renamed.what.replacing(name, with: other)
            renamed.why = renamed.why.replacing(name, with: other)
            renamed.advice = renamed.advice.replacing(name, with: other)
        }
        return renamed
    }
}
