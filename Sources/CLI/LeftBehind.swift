import Cloud
import Core
import SystemPackage

// Exports that an earlier run of the program left behind (§9.5).
extension CloudDesk {
    /// Asks once for each: what is rendered is fetched to where it was to go, what is not is named
    /// where `names` says so.
    ///
    /// None of them is a reason for what was asked for now to fail: only stopping throws.
    func takeUpJobs(names: Bool = true) async throws(Failure) {
        for case .render(let job) in await leftJobs() where await !session.isBeingExported(job) {
            let phase: RenderStatus.Phase?
            do throws(CloudError) {
                phase = try await session.phase(of: job)
            } catch {
                if error.kind == .cancelled { throw error.failure }
                phase = .running
            }
            guard phase != .running else {
                if names {
                    console.note(console.words.stillRendering(Shell.relative(job.destination)))
                }
                continue
            }
            do throws(Failure) {
                if let file = try await delivery(of: job, overwrites: false).resume(job) {
                    show(file)
                }
            } catch {
                console.end()
                if error.kind == .interrupted { throw error }
                tell(error, of: job.destination)
            }
        }
    }

    func show(_ file: Delivered) {
        console.json?.write(.exported, DeliveredPayload(file))
        console.end()
        guard !console.isQuiet else { return }
        console.say(
            CloudFacts.text(
                file,
                words: console.words,
                width: console.width,
                style: console.results.style
            )
        )
    }

    func tell(_ failure: Failure, of destination: String) {
        let reason = failure.why.isEmpty ? failure.what : "\(failure.what): \(failure.why)"
        let words = console.words.notFetched(Shell.relative(destination), reason)
        console.note(failure.advice.isEmpty ? words : "\(words). \(failure.advice)")
    }
}
