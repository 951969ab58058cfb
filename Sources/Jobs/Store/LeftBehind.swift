import Cloud
package import Core
import SystemPackage

// Exports that an earlier run of the program left behind (§9.5).
extension CloudDesk {
    /// Asks once for each: what is rendered is fetched to where it was to go, what is not is named
    /// where `names` says so.
    ///
    /// None of them is a reason for what was asked for now to fail: only stopping throws.
    package func takeUpJobs(names: Bool = true) async throws(Failure) {
        for case .render(let job) in await leftJobs() where await !session.isBeingExported(job) {
            let phase: RenderStatus.Phase?
            do throws(CloudError) {
                phase = try await session.phase(of: job)
            } catch {
                if error.kind == .cancelled { throw error.failure }
                phase = .running
            }
            guard phase != .running else {
                if names { events(.stillRendering(destination: job.destination)) }
                continue
            }
            do throws(Failure) {
                if let file = try await delivery(of: job, overwrites: false).resume(job) {
                    events(.delivered(file))
                }
            } catch {
                events(.activityEnded)
                if error.kind == .interrupted { throw error }
                events(.notFetched(destination: job.destination, because: error))
            }
        }
    }
}
