import Core
import Foundation
import Media

/// Runs blocking work on a thread of its own and waits for it.
///
/// Returns after the thread has ended, also when the task is cancelled: cancelling raises the flag
/// that the work polls, so that what the work owns is freed before anybody goes on.
func offload<Value: Sendable>(
    _ work: @escaping @Sendable (CancellationFlag) -> Result<Value, Failure>
) async throws(Failure) -> Value {
    let flag = CancellationFlag()
    let result = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(returning: work(flag))
            }
            thread.name = "cinch"
            thread.stackSize = 8 << 20
            thread.start()
        }
    } onCancel: {
        flag.raise()
    }
    return try result.get()
}
