import Core
package import SystemPackage

extension UploadFile {
    /// A file as it is now, checked before anything is sent (§5.4, §15).
    ///
    /// - Throws: what no service would change: not there, empty, too large, of a kind that the
    ///   service does not take.
    package static func checked(
        _ path: FilePath,
        limit: Int64
    ) throws(CloudError) -> UploadFile {
        let name = path.lastComponent?.string ?? path.string
        let step = CloudError.Step.uploading(name)
        let file: RegularFile
        do throws(FileRefusal) {
            file = try RegularFile(path, for: .reading)
        } catch {
            switch error {
            case .system(.noSuchFileOrDirectory), .system(.notDirectory):
                throw CloudError(.fileMissing, step)
            case .system: throw CloudError(.fileUnreadable, step)
            case .kind, .tooLarge:
                throw CloudError(.fileUnreadable, step, detail: "it is not a file")
            }
        }
        guard let facts = facts(of: file.descriptor) else {
            throw CloudError(.fileUnreadable, step)
        }
        let head = try? file.bytes(atMost: SniffedFormat.bytesNeeded)
        let check = UploadCheck.of(
            fileName: name,
            head: head ?? [],
            byteCount: facts.byteCount,
            limit: limit
        )
        switch check {
        case .accepted(let format, let fileName):
            return UploadFile(
                path: path,
                filename: fileName,
                mediaType: format.mediaType,
                byteCount: facts.byteCount,
                identity: facts.identity
            )
        case .empty: throw CloudError(.fileEmpty, step)
        case .tooLarge(let bytes, let limit):
            throw CloudError(.fileTooLarge(bytes: bytes, limit: limit), step)
        case .unsupported(let what): throw CloudError(.fileUnsupported, step, detail: what)
        }
    }
}

/// One file on its way into a session (§5).
struct Uploading {
    let client: CloudClient
    let session: SessionRecord
    /// How many clips the session's state had before.
    let clipsBefore: Int
    let action: UserAction

    /// How often it is sent again from its start.
    static let restarts = 2
    /// Readings of the state after an upload that it does not show yet, and the waits before them.
    static let settling: [Duration] = [.zero, .seconds(3), .seconds(3)]

    /// Sends a file; after a lost connection only if the session does not have it already.
    func send(_ file: UploadFile) async throws(CloudError) -> UploadedFile {
        let events = client.events
        let name = file.filename
        return try await send(.files([file], field: "files"), name: name, file: file) {
            events(.uploading(name: name, $0))
        }
    }

    /// Has the service fetch a file from a public address.
    func send(url: String) async throws(CloudError) -> UploadedFile {
        let name = Redaction.line(url, limit: 80)
        guard let address = try? Address(url), address.scheme == "https" || address.isLoopback
        else {
            throw CloudError(.refusedAddress, .uploading(name))
        }
        let body: JSONText = ["urls": [.string(url)], "source_type": "url"]
        return try await send(.json(body.bytes), name: name, file: nil)
    }

    private func send(
        _ body: HTTPRequest.Body,
        name: String,
        file: UploadFile?,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(CloudError) -> UploadedFile {
        var restarts = Self.restarts
        while true {
            do throws(CloudError) {
                let (files, isApplied) = try await client.upload(
                    body,
                    name: name,
                    sessionID: session.sessionID,
                    action,
                    progress: progress
                )
                let taken = files.first ?? UploadedFile(name: name)
                if !isApplied, taken.kind != "audio", taken.kind != "image" {
                    try await confirm(name, file)
                }
                return taken
            } catch {
                guard error.isTransient, restarts > 0 else { throw error }
                restarts -= 1
                try await client.wait(CloudClient.backoff[0], .uploading(name))
                // What was answered may have been lost on its way, not the file (§5.4).
                if !error.neverLeft, try await isThere(name, file) {
                    return UploadedFile(name: name)
                }
            }
        }
    }

    /// Waits until the state shows a file that the service took without putting it in.
    private func confirm(_ name: String, _ file: UploadFile?) async throws(CloudError) {
        for wait in Self.settling {
            try await client.wait(wait, .uploading(name))
            if try await isThere(name, file) { return }
        }
        throw CloudError(.uploadNotApplied, .uploading(name))
    }

    /// Whether the state shows a clip more than it did, which this file can be.
    private func isThere(_ name: String, _ file: UploadFile?) async throws(CloudError) -> Bool {
        let state: CloudState
        do throws(CloudError) {
            state = try await client.state(sessionID: session.sessionID, action)
        } catch {
            guard case .sessionUnknown = error.kind else { throw error }
            throw CloudError(.sessionUnknown, .uploading(name), detail: error.detail)
        }
        let clips = state.videoInfos
        guard clips.count > clipsBefore else { return false }
        let wanted = [name, file?.formName].compactMap { $0 }
        let earlier = session.uploads.count { $0 == name }
        let same = clips.filter { Self.is($0, named: wanted, bytes: file?.byteCount) }
        if same.count > earlier { return true }
        // A service may give it a name of its own; its bytes are as many as before.
        if let bytes = file?.byteCount,
            clips.contains(where: { clip in
                clip["size"]?.int == bytes
                    && !session.uploads.contains { $0 == Self.name(of: clip) }
            })
        {
            return true
        }
        // Clips that say nothing of themselves can only be counted.
        return !clips.contains { Self.name(of: $0) != nil }
    }

    private static func name(of clip: JSONValue) -> String? {
        ["filename", "file_name", "name", "title"].lazy.compactMap { clip[$0]?.string }.first
            ?? ["cdn_url", "url", "src"].lazy.compactMap { clip[$0]?.string }.first?
            .split(separator: "/").last.map { String($0.prefix { $0 != "?" }) }
    }

    private static func `is`(_ clip: JSONValue, named names: [String], bytes: Int64?) -> Bool {
        guard let name = name(of: clip), names.contains(name) else { return false }
        guard let bytes, let size = clip["size"]?.int else { return true }
        return size == bytes
    }
}
