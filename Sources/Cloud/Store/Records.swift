package import Core
import Foundation
import SystemPackage

/// A session as this machine remembers it, so that the next command goes on where the last ended.
package struct SessionRecord: Sendable, Equatable, Codable {
    package var sessionID: String
    package var taskID: String?
    package var bindID: String?
    /// The service it belongs to.
    package var api: String
    /// Seconds since 1970.
    package var opened: Double
    /// Names of the files that were sent to it, in order.
    package var uploads: [String] = []
    /// How many clips its state has; nil when something was sent to it since that was read.
    package var mediaCount: Int? = 0
    /// Whether anything was ever asked of it, or found in it.
    package var wasUsed: Bool?
    /// The draft as it was last seen, by its fingerprint; nil when something was sent since then.
    package var seen: String?
    /// A message was sent whose end was not seen.
    package var isUnanswered: Bool?

    /// Whether something is lost where the service has forgotten it.
    var hasContent: Bool { wasUsed == true || !uploads.isEmpty || (mediaCount ?? 1) > 0 }
}

/// A render that was submitted, or is about to be (§9.5).
package struct JobRecord: Sendable, Equatable, Codable {
    package var renderID: String
    package var sessionID: String
    /// Seconds since 1970.
    package var submitted: Double
    /// What is being made, for a person: the name of an uploaded file.
    package var source: String
    /// Where it was to be written.
    package var destination: String
    package var api: String
    /// The draft that was submitted, by its fingerprint.
    package var draft: String?
    /// The lines that were asked for.
    package var height: Int?
    /// What the file may weigh; nil while nobody has said.
    ///
    /// Kept here, because the session, and with it what was asked for, may be another one when the
    /// file comes.
    package var wishedBytes: Int?
    /// What a local run could make the same from; nil where nothing could.
    package var original: LocalFile?
    /// Where the last run that fetched it kept what it had of it.
    package var download: FolderTrace?

    /// The service keeps nothing that could be asked for after this long.
    static let lifetime = 24.0 * 3600
}

/// A file of this machine as it was when it was sent.
package struct LocalFile: Sendable, Equatable, Codable {
    package var path: String
    package var bytes: Int64

    /// A file as it is now; of no bytes if it cannot be read.
    package init(at path: String) {
        self.path = path
        bytes = Self.size(of: path) ?? 0
    }

    /// Whether it is still there with as many bytes.
    package var isUnchanged: Bool { Self.size(of: path) == bytes }

    private static func size(of path: String) -> Int64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.int64Value
    }
}

/// What a machine knows of its dealings with a service.
package struct CloudStatus: Sendable, Equatable {
    package enum TokenOrigin: Sendable, Equatable {
        case none
        /// Seconds since 1970.
        case saved(expires: Double)
        case environment
    }

    package var host: String
    package var isOffline: Bool
    package var agreed: [Consent.Subject]
    package var token: TokenOrigin
    package var session: SessionRecord?
    package var jobs: [JobRecord]
}

/// Sessions and jobs in the state folder, each in a small file of its own.
///
/// Files of another service, strange files and old jobs count as not there.
package struct Records: Sendable {
    package let folder: StateFolder
    package let api: String
    package let now: @Sendable () -> Double
    /// The name under which a session of its own is kept; nil: the one that all commands share.
    package var ownPlace: String?

    /// `ownPlace` names a session apart from the one that all commands share.
    package init(
        folder: StateFolder,
        api: String,
        now: @escaping @Sendable () -> Double,
        ownPlace: String? = nil
    ) {
        (self.folder, self.api, self.now, self.ownPlace) = (folder, api, now, ownPlace)
    }

    // MARK: Sessions

    /// The session that commands work on.
    package var currentSession: SessionRecord? {
        guard let record: SessionRecord = read("sessions", place), record.api == api else {
            return nil
        }
        return record
    }

    func save(_ session: SessionRecord) throws(CloudError) {
        try write(session, "sessions", place)
    }

    package func forgetSession() { folder.remove(folder.file("\(place).json", in: "sessions")) }

    /// One current session for each service.
    private var place: String { StateFolder.fileName(for: ownPlace ?? api) }

    // MARK: Jobs

    func save(_ job: JobRecord) throws(CloudError) {
        try write(job, "jobs", StateFolder.fileName(for: job.renderID))
    }

    /// Forgets a job, and removes what a run that was killed left of its file.
    func forget(jobID: String) {
        let name = StateFolder.fileName(for: jobID)
        if let job: JobRecord = read("jobs", name) { job.download?.remove() }
        folder.remove(folder.file("\(name).json", in: "jobs"))
    }

    /// Notes where a job's file is fetched to, and removes what an earlier run left of it.
    func note(_ download: FolderTrace, ofJob id: String) throws(CloudError) {
        let name = StateFolder.fileName(for: id)
        guard var job: JobRecord = read("jobs", name) else { return }
        if job.download?.path != download.path { job.download?.remove() }
        job.download = download
        try write(job, "jobs", name)
    }

    /// Jobs of this service that may still be asked for, oldest first; older ones are removed.
    func jobs() -> [JobRecord] {
        var jobs: [JobRecord] = []
        for name in folder.names(in: "jobs") where name.hasSuffix(".json") {
            guard let job: JobRecord = read("jobs", String(name.dropLast(5))) else { continue }
            let age = now() - job.submitted
            if age > JobRecord.lifetime {
                job.download?.remove()
                folder.remove(folder.file(name, in: "jobs"))
            } else if job.api == api {
                jobs.append(job)
            }
        }
        return jobs.sorted { ($0.submitted, $0.renderID) < ($1.submitted, $1.renderID) }
    }

    // MARK: Files

    private func read<Value: Decodable>(_ place: String, _ name: String) -> Value? {
        let file = folder.file("\(name).json", in: place)
        guard let bytes = folder.read(file) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    private func write(
        _ value: some Encodable,
        _ place: String,
        _ name: String
    ) throws(CloudError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let bytes = try? encoder.encode(value) else {
            throw CloudError(.defect, .remembering)
        }
        try folder.write([UInt8](bytes), to: folder.file("\(name).json", in: place))
    }
}
