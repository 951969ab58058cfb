import Core
import Foundation
import Synchronization
import SystemPackage

/// A lock between processes, and between the tasks of one, on a file of the state folder.
///
/// Held until `release`; the system lets go of it when a process dies.
final class StateLock: Sendable {
    private let descriptor: FileDescriptor
    private let isHeld = Locked(true)

    /// Waits for the lock of a name; its file stays behind, empty.
    ///
    /// Patience is in real time, as other processes have no fast clock. Throws `.cancelled`, or
    /// `.storage` where the lock cannot be had in time.
    init(
        _ name: String,
        in folder: StateFolder,
        patience: Duration = .seconds(600),
        step: CloudError.Step = .remembering
    ) async throws(CloudError) {
        let file = folder.file(StateFolder.fileName(for: name), in: "locks")
        try folder.makeFolder(of: file)
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                file.path,
                .readWrite,
                options: [.create, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
        } catch {
            throw CloudError(.storage, step, detail: "cannot lock the state folder")
        }
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(1)
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let isTaken = errno == EWOULDBLOCK || errno == EINTR
            guard isTaken, ContinuousClock.now - start < patience else {
                try? descriptor.close()
                throw CloudError(.storage, step, detail: "another run of cinch holds \(name)")
            }
            do { try await Task.sleep(for: pause) } catch {
                try? descriptor.close()
                throw .cancelled(step)
            }
            pause = min(pause * 2, .milliseconds(50))
        }
        self.descriptor = descriptor
    }

    deinit { release() }

    /// Lets the next one in.
    func release() {
        isHeld.withLock {
            if $0 { try? descriptor.close() }
            $0 = false
        }
    }
}
