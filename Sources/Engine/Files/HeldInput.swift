import Core
import Foundation
import Media
import SystemPackage

/// The input, held open while a run reads it more than once.
///
/// Every reader gets the file that was there at first: it may be renamed, replaced or removed meanwhile. One
/// that is written to meanwhile gives a result of two halves that do not belong together, which is
/// never published.
final class HeldInput: Sendable {
    /// What changes when somebody writes.
    private struct State: Equatable {
        var bytes: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let path: FilePath
    private let descriptor: FileDescriptor
    private let before: State?

    /// Opens it for the readers that work under a flag; one in the work folder in this very folder.
    init(
        _ path: FilePath,
        in workspace: Workspace? = nil,
        flag: CancellationFlag? = nil
    ) throws(Failure) {
        _ = try InputFile.check(path)
        do {
            if let name = workspace?.name(of: path), let workspace {
                descriptor = try workspace.open(name)
            } else {
                descriptor = try Self.open(path)
            }
        } catch {
            throw Failure(
                .missing,
                "Cannot open \(path.string)",
                why: (error as? Errno)?.description.lowercased() ?? "\(error)",
                advice: "Check that it is there and that you may read it."
            )
        }
        self.path = path
        before = Self.state(of: descriptor)
        flag?.hold(path.string, as: descriptor.rawValue)
    }

    /// Opens an input to read, without waiting for what is no file after all.
    static func open(_ path: FilePath) throws -> FileDescriptor {
        // What took the file's place a moment ago might be a pipe.
        try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
    }

    deinit { try? descriptor.close() }

    /// Throws where it is not as it was when it was opened.
    func check() throws(Failure) {
        guard let before, let now = Self.state(of: descriptor), now != before else { return }
        let why =
            now.bytes == before.bytes
            ? "somebody wrote into it"
            : "it had \(ByteSize.grouped(before.bytes)) bytes, and now it has "
                + ByteSize.grouped(now.bytes)
        throw Failure(
            .unreadable,
            "\(path.string) changed while it was read",
            why: why,
            advice: "Wait until it is finished, and run the command again. Nothing was written."
        )
    }

    /// What an error means that came of reading it: a file that changed reads like a damaged one.
    func explain(_ failure: Failure) -> Failure {
        guard [.unreadable, .defect, .storage].contains(failure.kind) else { return failure }
        do throws(Failure) {
            try check()
        } catch {
            return error
        }
        return failure
    }

    private static func state(of descriptor: FileDescriptor) -> State? {
        var now = stat()
        guard unsafe fstat(descriptor.rawValue, &now) == 0 else { return nil }
        #if canImport(Darwin)
        let time = now.st_mtimespec
        #else
        let time = now.st_mtim
        #endif
        return State(bytes: Int(now.st_size), seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }
}
