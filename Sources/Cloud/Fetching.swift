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
        // The name follows from the job's, so that what a killed run left is written over.
        let name = ".cinch-\(StateFolder.fileName(for: renderID)).part"
        let temporary = folder.appending(name)
        PartialFiles.add(temporary)
        defer {
            remove(temporary)
            PartialFiles.remove(temporary)
        }
        remove(temporary)
        remove(beside(temporary))
        let size = try await fetch(to: temporary, url: url, byteCount: byteCount)
        do { try await verify(temporary) } catch {
            if error is CancellationError || Task.isCancelled { throw .cancelled(.downloading) }
            throw CloudError(.resultUnusable, .downloading, detail: "\(error)")
        }
        try place(temporary)
        return size
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
        to file: FilePath,
        url: String?,
        byteCount: Int64?
    ) async throws(CloudError) -> Int64 {
        let own = client.fallbackAddress(id: renderID)
        var size: Int64?
        if let url = url.flatMap(absolute) {
            do throws(CloudError) {
                size = try await fetch(
                    to: file,
                    from: url,
                    byteCount: byteCount,
                    isFallback: false
                )
            } catch {
                switch error.kind {
                case .cancelled, .storage, .destination: throw error
                default: remove(file)
                }
            }
            // Whole by its own length, and shorter than the service told.
            if let byteCount, let short = size, short < byteCount {
                size = try await longer(file, short, from: url, byteCount, isFallback: false)
                if let short = size, short < byteCount {
                    size = try await longer(file, short, from: own, byteCount, isFallback: true)
                }
            }
        }
        if size == nil {
            size = try await fetch(to: file, from: own, byteCount: byteCount, isFallback: true)
        }
        let bytes = size ?? 0
        // Nothing longer is to be had: whether it is a video is seen next.
        if let byteCount, bytes < byteCount {
            client.events(.shorter(bytes: bytes, stated: byteCount))
        }
        return bytes
    }

    /// Downloads a file that is there already once more, and keeps the longer of the two; its size.
    private func longer(
        _ file: FilePath,
        _ short: Int64,
        from url: String,
        _ byteCount: Int64,
        isFallback: Bool
    ) async throws(CloudError) -> Int64 {
        let beside = beside(file)
        PartialFiles.add(beside)
        defer {
            remove(beside)
            PartialFiles.remove(beside)
        }
        do throws(CloudError) {
            let size = try await fetch(
                to: beside,
                from: url,
                byteCount: byteCount,
                isFallback: isFallback
            )
            guard size > short, unsafe rename(beside.string, file.string) == 0 else {
                return short
            }
            return size
        } catch {
            if error.kind == .cancelled { throw error }
            return short
        }
    }

    private func beside(_ file: FilePath) -> FilePath { FilePath(file.string + "2") }

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
        to file: FilePath,
        from url: String,
        byteCount: Int64?,
        isFallback: Bool
    ) async throws(CloudError) -> Int64 {
        var resumptions = Self.resumptions
        var mayWait = true
        let version = Version()
        while true {
            let offset = Self.size(of: file)
            do throws(CloudError) {
                let head = try await once(file, url, offset, version, isFallback: isFallback)
                let size = Self.size(of: file)
                guard size > 0 else {
                    throw CloudError(.resultUnusable, .downloading, detail: "it is empty")
                }
                // The transfer vouches for the length that its own header told.
                let isVouched = head.headers["content-length"] != nil
                if !isVouched, let byteCount, size < byteCount {
                    throw CloudError(.cut, .downloading)
                }
                return size
            } catch {
                if case .rateLimited = error.kind, mayWait {
                    mayWait = false
                    try await client.waitForLimit(.downloading)
                    continue
                }
                guard error.isTransient, resumptions > 0 else { throw error }
                // A try that brought nothing more may have been on the wrong way altogether.
                if Self.size(of: file) <= offset { remove(file) }
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
        _ file: FilePath,
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
                    to: file,
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
                defer { remove(file) }
                guard isOurs else { throw CloudError(.captivePortal, .downloading) }
                // A code of the service's may travel on a success (§1.5).
                throw refusal(in: file, head: answer.head)
            }
            return answer.head
        }
    }

    /// What the service says in an answer that was taken for a file.
    private func refusal(in file: FilePath, head: HTTPHead) -> CloudError {
        do throws(CloudError) {
            let handle = FileHandle(forReadingAtPath: file.string)
            defer { try? handle?.close() }
            let body = try? handle?.read(upToCount: 1 << 20)
            _ = try Answer(
                HTTPResponse(head: head, body: [UInt8](body ?? Data())),
                for: .downloading
            )
            return CloudError(.malformed, .downloading)
        } catch { return error }
    }

    private func remove(_ file: FilePath) {
        try? FileManager.default.removeItem(atPath: file.string)
    }

    private static func size(of file: FilePath) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.string)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }

    // MARK: Placing

    /// Renames the file to its destination, which appears whole or not at all.
    private func place(_ file: FilePath) throws(CloudError) {
        if overwrites {
            if unsafe rename(file.string, destination.string) == 0 { return }
        } else {
            // link() fails where the name exists, in one step; rename() would replace.
            if unsafe link(file.string, destination.string) == 0 { return }
            if [EPERM, ENOTSUP, EOPNOTSUPP].contains(errno), problem == nil,
                unsafe rename(file.string, destination.string) == 0
            {
                return
            }
        }
        let words = Errno(rawValue: errno).description.lowercased()
        throw CloudError(
            .destination(isTaken: isTaken),
            .downloading,
            detail: "\(destination.string): \(words)"
        )
    }
}
