import Core
import Foundation
import Synchronization
import SystemPackage

/// A lock between processes, and between the tasks of one, on a file of the state folder.
///
/// Held until `release`; the system lets go of it when a process dies.
package final class StateLock: Sendable {
    /// Nil once it is let go of.
    private let file: Locked<RegularFile?>

    /// How long a wait is not worth a word.
    private static let moments = Duration.milliseconds(300)

    /// Waits for the lock of a name; its file stays behind, empty.
    ///
    /// Patience is in real time, as other processes have no fast clock. `onWait` is called once, when
    /// it is not a matter of moments. Throws `.cancelled`, `.busy` where the lock is not to be had in
    /// time, or `.storage` where there can be none.
    package init(
        _ name: String,
        in folder: StateFolder,
        patience: Duration = .seconds(600),
        step: CloudError.Step = .remembering,
        onWait: () -> Void = {}
    ) async throws(CloudError) {
        let file = folder.file(StateFolder.fileName(for: name), in: "locks")
        try folder.makeFolder(of: file)
        let opened: RegularFile
        do throws(FileRefusal) {
            opened = try RegularFile(file.path, for: .locking)
        } catch {
            throw CloudError(.storage, step, detail: "cannot lock the state folder")
        }
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(1)
        var isTold = false
        while flock(opened.descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let isTaken = errno == EWOULDBLOCK || errno == EINTR
            let waited = ContinuousClock.now - start
            guard isTaken, waited < patience else {
                throw isTaken
                    ? CloudError(.busy, step)
                    : CloudError(.storage, step, detail: "cannot lock the state folder")
            }
            if !isTold, waited > Self.moments {
                isTold = true
                onWait()
            }
            do { try await Task.sleep(for: pause) } catch { throw .cancelled(step) }
            pause = min(pause * 2, .milliseconds(50))
        }
        self.file = Locked(opened)
    }

    /// Lets the next one in.
    package func release() {
        file.withLock { $0 = nil }
    }
}
