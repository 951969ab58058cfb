package import Cloud
package import Core
import Foundation
import SystemPackage

/// A file on its way through the cloud for a single command, from before the first contact to the
/// finished file: what a run that was killed leaves, so that the next one goes on.
///
/// It has a session of its own, kept under its id. What of it is done is in that session and in the
/// render's own record; here is what was asked for.
package struct RoutedJob: Sendable, Equatable, Codable {
    package var version = 1
    package var id: String
    package var api: String
    /// Seconds since 1970.
    package var began: Double
    package var input: LocalFile
    /// With paths that hold in every folder.
    package var request: Request
    /// What the agent is asked to do.
    package var message: String
    /// Whether that is more than a smaller file.
    package var isEdit: Bool
    /// The session that it is done in, which may be forgotten before the job is.
    package var sessionID: String?
    /// Whether the agent has done it.
    package var isEdited = false
    /// Where what is sent in the input's stead is made: smaller, or an MP4.
    package var workshop: FolderTrace?
    /// Whether it was agreed to for itself, with `--cloud`; what a person said is kept elsewhere.
    package var isAgreed: Bool?
    /// What tells the next run of its batch that it has been made; nil for a file alone.
    package var key: LedgerKey?

    package init(
        api: String,
        began: Double,
        input: LocalFile,
        request: Request,
        message: String,
        isEdit: Bool
    ) {
        (self.api, self.began, self.input) = (api, began, input)
        (self.request, self.message, self.isEdit) = (request, message, isEdit)
        let words = [
            api, input.path, "\(input.bytes)", request.destination.string, message,
            "\(request.target?.bytes ?? 0)", "\(request.heightCap)",
        ]
        // The same call again is the same job.
        id = StateFolder.fileName(for: words.joined(separator: "\n"))
    }

    /// After this long the service has forgotten the session.
    static let lifetime = 7.0 * 24 * 3600
}

/// Such jobs in the state folder, each in a file of its own.
package struct RoutedJobs: Sendable {
    private let configuration: CloudConfiguration
    private static let place = "routed"

    package init(_ configuration: CloudConfiguration) { self.configuration = configuration }

    /// All of this service's, oldest first; those of long ago are removed.
    package var all: [RoutedJob] {
        let now = configuration.clock.unixSeconds()
        var jobs: [RoutedJob] = []
        for name in configuration.folder.names(in: Self.place) where name.hasSuffix(".json") {
            guard let job = self[String(name.dropLast(5))] else { continue }
            if now - job.began > RoutedJob.lifetime {
                forget(job)
            } else if job.api == configuration.api {
                jobs.append(job)
            }
        }
        return jobs.sorted { ($0.began, $0.id) < ($1.began, $1.id) }
    }

    /// The job of an id, if there is one.
    package subscript(id: String) -> RoutedJob? {
        guard let bytes = configuration.folder.read(file(id)),
            let job = try? JSONDecoder().decode(RoutedJob.self, from: Data(bytes)),
            job.version == 1, job.id == id
        else { return nil }
        return job
    }

    package func save(_ job: RoutedJob) throws(CloudError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let bytes = try? encoder.encode(job) else { throw CloudError(.defect, .remembering) }
        try configuration.folder.write([UInt8](bytes), to: file(job.id))
    }

    /// What was agreed to for the jobs themselves holds no longer.
    package func withdraw() throws(CloudError) {
        for var job in all where job.isAgreed == true {
            job.isAgreed = nil
            try save(job)
        }
    }

    /// Forgets a job, its session and what was made to be sent.
    package func forget(_ job: RoutedJob) {
        job.workshop?.remove()
        Records(
            folder: configuration.folder,
            api: configuration.api,
            now: configuration.clock.unixSeconds,
            ownPlace: job.place
        ).forgetSession()
        configuration.folder.remove(file(job.id))
        sweepLocks()
    }

    /// Removes the locks of jobs and sessions of long ago, which nobody can hold any more.
    private func sweepLocks() {
        let folder = configuration.folder
        let oldest = Date(timeIntervalSinceNow: -30 * 24 * 3600)
        for name in folder.names(in: "locks") {
            let file = folder.file(name, in: "locks")
            let facts = try? FileManager.default.attributesOfItem(atPath: file.path.string)
            guard ["run-", "export-", "routed-"].contains(where: name.hasPrefix),
                let made = facts?[.modificationDate] as? Date, made < oldest
            else { continue }
            folder.remove(file)
        }
    }

    /// The session that a job has by now; nil before it has one.
    package func session(of job: RoutedJob) -> SessionRecord? {
        Records(
            folder: configuration.folder,
            api: configuration.api,
            now: configuration.clock.unixSeconds,
            ownPlace: job.place
        ).currentSession
    }

    /// Takes a job for this run alone; nil where another run is at work on it.
    ///
    /// Held for as long as what is returned is kept, and let go of by the system if the process dies.
    package func hold(_ job: RoutedJob) async throws(CloudError) -> (any Sendable)? {
        do throws(CloudError) {
            return try await StateLock(
                "routed-\(job.id)",
                in: configuration.folder,
                patience: .zero
            )
        } catch {
            if error.kind == .busy { return nil }
            throw error
        }
    }

    /// Whether another run is at work on it.
    package func isHeld(_ job: RoutedJob) async -> Bool {
        (try? await hold(job)) == nil
    }

    private func file(_ id: String) -> StateFolder.File {
        configuration.folder.file("\(id).json", in: Self.place)
    }
}

extension RoutedJob {
    /// The name of its session.
    package var place: String { "routed-\(id)" }
}
