import Core
import Foundation
import Synchronization
import SystemPackage

/// A finished render on its way to a file: beside its place first, then there whole (§9.4).
struct Fetching {
    let client: CloudClient
    let renderID: String
    let destination: FilePath
    let overwrites: Bool
    let action: UserAction

    /// How often a download goes on where it stopped.
    static let resumptions = 3

    /// Told of the folder that the download is in, for a later run to remove should this one be killed.
    var onFolder: (FolderTrace) throws(CloudError) -> Void = { _ in }

    /// Downloads, checks and places the file; its size in bytes.
    ///
    /// `url` is where the service put it, nil for its own endpoint; `byteCount` the size that it told,
    /// used where the transfer says nothing better; `verify` looks at the file before anybody else
    /// can.
    func run(
        url: String?,
        byteCount: Int64?,
        verify: (FilePath) async throws -> Void
    ) async throws(CloudError) -> Int64 {
        let place = try DownloadFolder(in: folder, note: onFolder)
        defer { place.remove() }
        let file = try await fetch(in: place, url: url, byteCount: byteCount)
        do { try await verify(place.path(of: file)) } catch {
            if error is CancellationError || Task.isCancelled { throw .cancelled(.downloading) }
            throw CloudError(.resultUnusable, .downloading, detail: "\(error)")
        }
        guard place.isInPlace(file) else {
            throw CloudError(
                .resultUnusable,
                .downloading,
                detail: "another file took its place while it was checked"
            )
        }
        let bytes = file.byteCount
        try put(file, of: place)
        return bytes
    }

    /// Refuses a destination before any work is done for it.
    func checkDestination() throws(CloudError) {
        guard let problem else { return }
        throw CloudError(.destination(isTaken: isTaken), .downloading, detail: problem)
    }

    /// Whether only another file is in the way.
    private var isTaken: Bool {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default
            .fileExists(atPath: destination.string, isDirectory: &isFolder)
        return exists && !isFolder.boolValue && !overwrites
    }

    private var problem: String? {
        var isFolder: ObjCBool = false
        if unsafe FileManager.default.fileExists(atPath: destination.string, isDirectory: &isFolder)
        {
            if isFolder.boolValue { return "\(destination.string) is a folder" }
            if !overwrites { return "\(destination.string) exists already" }
        }
        let isThere = unsafe FileManager.default
            .fileExists(atPath: folder.string, isDirectory: &isFolder)
        guard isThere, isFolder.boolValue else { return "there is no folder \(folder.string)" }
        guard FileManager.default.isWritableFile(atPath: folder.string) else {
            return "\(folder.string) cannot be written to"
        }
        return nil
    }

    private var folder: FilePath {
        let folder = destination.removingLastComponent()
        return folder.isEmpty ? "." : folder
    }

    // MARK: Downloading

    private func fetch(
        in place: DownloadFolder,
        url: String?,
        byteCount: Int64?
    ) async throws(CloudError) -> DownloadFolder.File {
        let own = client.fallbackAddress(id: renderID)
        var file = try newFile(in: place)
        var isFetched = false
        if let url = url.flatMap(absolute) {
            do throws(CloudError) {
                try await fetch(into: file, from: url, byteCount: byteCount, isFallback: false)
                isFetched = true
            } catch {
                switch error.kind {
                case .cancelled, .storage, .destination: throw error
                default: file.empty()
                }
            }
            // Whole by its own length, and shorter than the service told.
            if isFetched, let byteCount, file.byteCount < byteCount {
                file = try await longer(file, in: place, url, byteCount, isFallback: false)
                if file.byteCount < byteCount {
                    file = try await longer(file, in: place, own, byteCount, isFallback: true)
                }
            }
        }
        if !isFetched {
            try await fetch(into: file, from: own, byteCount: byteCount, isFallback: true)
        }
        // Nothing longer is to be had: whether it is a video is seen next.
        if let byteCount, file.byteCount < byteCount {
            client.events(.shorter(bytes: file.byteCount, stated: byteCount))
        }
        return file
    }

    private func newFile(in place: DownloadFolder) throws(CloudError) -> DownloadFolder.File {
        do throws(Errno) { return try place.makeFile() } catch { throw unplaced(error) }
    }

    /// Downloads once more a file that is there already, and keeps the longer of the two.
    private func longer(
        _ file: DownloadFolder.File,
        in place: DownloadFolder,
        _ url: String,
        _ byteCount: Int64,
        isFallback: Bool
    ) async throws(CloudError) -> DownloadFolder.File {
        do throws(CloudError) {
            let other = try newFile(in: place)
            try await fetch(into: other, from: url, byteCount: byteCount, isFallback: isFallback)
            // Room on the disk is given back at once.
            if other.byteCount <= file.byteCount {
                other.empty()
                return file
            }
            file.empty()
            return other
        } catch {
            if error.kind == .cancelled { throw error }
            return file
        }
    }

    /// An address on the service's own host may come without it.
    private func absolute(_ url: String) -> String? {
        if url.hasPrefix("/"), !url.hasPrefix("//") { return client.configuration.api + url }
        // No address from outside leads back into this machine, unless the service is there too.
        guard let address = try? Address(url), let own = try? Address(client.configuration.api),
            own.isLoopback || !address.isLoopback
        else { return nil }
        return url
    }

    private func fetch(
        into file: DownloadFolder.File,
        from url: String,
        byteCount: Int64?,
        isFallback: Bool
    ) async throws(CloudError) {
        var resumptions = Self.resumptions
        var mayWait = true
        let version = Version()
        while true {
            let offset = file.byteCount
            do throws(CloudError) {
                let head = try await once(file, url, offset, version, isFallback: isFallback)
                let size = file.byteCount
                guard size > 0 else {
                    throw CloudError(.resultUnusable, .downloading, detail: "it is empty")
                }
                // The transfer vouches for the length that its own header told.
                let isVouched = head.headers["content-length"] != nil
                if !isVouched, let byteCount, size < byteCount {
                    throw CloudError(.cut, .downloading)
                }
                return
            } catch {
                if case .rateLimited = error.kind, mayWait {
                    mayWait = false
                    try await client.waitForLimit(.downloading)
                    continue
                }
                guard error.isTransient, resumptions > 0 else { throw error }
                // A try that brought nothing more may have been on the wrong way altogether.
                if file.byteCount <= offset { file.empty() }
                resumptions -= 1
                try await client.wait(CloudClient.backoff[0], .downloading)
            }
        }
    }

    /// Which file was begun, by the mark that its host gave it.
    private final class Version: Sendable {
        private let mark = Locked<String?>(nil)

        var header: [(name: String, value: String)] {
            mark.withLock { mark in mark.map { [("If-Range", $0)] } ?? [] }
        }

        /// Only a strong mark says that two files are the same to the last byte.
        func note(_ head: HTTPHead) {
            let tag = head.headers["etag"].flatMap { $0.hasPrefix("\"") ? $0 : nil }
            mark.withLock { $0 = tag }
        }
    }

    /// One request; the bearer goes along only to the service's own endpoint (§9.4).
    ///
    /// Only what is answered to the bearer is about our token, plan and credits.
    private func once(
        _ file: DownloadFolder.File,
        _ url: String,
        _ offset: Int64,
        _ version: Version,
        isFallback: Bool
    ) async throws(CloudError) -> HTTPHead {
        var limits = CloudClient.Limits()
        limits.total = nil
        let events = client.events
        let isOwn = client.configuration.isOwn(url)
        let call = CloudClient.Call(
            method: .get,
            path: "",
            accept: "*/*",
            step: .downloading,
            tries: 1,
            waitsForLimit: false,
            limits: limits
        )
        return try await client.underRules(call, action) { secret throws(CloudError) in
            var request: HTTPRequest
            if isOwn {
                request = client.request(call, token: isFallback ? secret : nil)
                request.url = url
                if offset > 0 { request.headers += version.header }
                try await client.pass(request, .downloading)
            } else {
                // Another host learns nothing of whose file it is.
                let headers = [("Accept", "*/*")] + (offset > 0 ? version.header : [])
                request = HTTPRequest(.get, url, headers: headers, limits: limits)
                try await client.consent.require(.network, for: .downloading)
            }
            let answer: HTTPResponse
            do throws(TransferError) {
                answer = try await client.transfer.download(
                    request,
                    into: file.descriptor,
                    from: offset,
                    progress: { events(.downloading($0)) },
                    onHead: version.note
                )
            } catch { throw client.failure(error, of: request, .downloading) }
            let isOurs = isOwn && isFallback && !answer.isFromElsewhere
            let status = answer.head.status
            // The part that is here is more than there is: from the start, then.
            if status == 416 { throw CloudError(.cut, .downloading) }
            guard (200..<300).contains(status) else {
                guard isOurs else {
                    let isKnown = [404, 408, 410, 429].contains(status) || status >= 500
                    let kind = isKnown ? Answer.kind(ofStatus: status) : .refused(code: status)
                    throw CloudError(kind, .downloading, detail: "HTTP \(status)")
                }
                _ = try Answer(answer, for: .downloading)
                throw CloudError(.malformed, .downloading)
            }
            let type = answer.head.headers["content-type"]?.lowercased() ?? ""
            guard !["text/html", "application/json"].contains(where: type.hasPrefix) else {
                defer { file.empty() }
                guard isOurs else { throw CloudError(.captivePortal, .downloading) }
                // A code of the service's may travel on a success (§1.5).
                throw refusal(in: file, head: answer.head)
            }
            return answer.head
        }
    }

    /// What the service says in an answer that was taken for a file.
    private func refusal(in file: DownloadFolder.File, head: HTTPHead) -> CloudError {
        do throws(CloudError) {
            let body = file.head(atMost: 1 << 20)
            _ = try Answer(HTTPResponse(head: head, body: body), for: .downloading)
            return CloudError(.malformed, .downloading)
        } catch { return error }
    }

    // MARK: Placing

    /// Puts the file at its destination, where it appears whole or not at all.
    private func put(
        _ file: DownloadFolder.File,
        of place: DownloadFolder
    ) throws(CloudError) {
        // It came down for its owner alone, as nobody knew yet what it was.
        _ = fchmod(file.descriptor.rawValue, client.configuration.resultPermissions.rawValue)
        do throws(Errno) {
            if overwrites { return try place.move(file, to: destination) }
            do throws(Errno) {
                // A second name fails where the first one exists, in one step; a move would replace.
                try place.link(file, to: destination)
            } catch {
                guard [.notPermitted, .notSupported, .notSupportedOnSocket].contains(error),
                    problem == nil
                else {
                    throw error
                }
                try place.move(file, to: destination)
            }
        } catch { throw unplaced(error) }
    }

    private func unplaced(_ error: Errno) -> CloudError {
        CloudError(
            .destination(isTaken: isTaken),
            .downloading,
            detail: "\(destination.string): \(error.description.lowercased())"
        )
    }
}
