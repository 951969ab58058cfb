import Foundation
package import SystemPackage

extension Transfer {
    /// More redirects than this lead nowhere.
    static let mostRedirects = 5
    /// Of an answer that is not the file, this much is kept for its words.
    static let mostErrorBytes = 64 << 10

    /// Writes the answer's body into an open file, from `offset` on; other answers leave the file alone.
    ///
    /// The file stays open. What it holds beyond `offset` is dropped when the answer begins. Where the service sends everything in spite of an
    /// `offset` the file begins anew. A status other than 2xx is returned with its body, of which
    /// at most 64 KiB are kept; after a 2xx the body is empty, for it is in the file.
    ///
    /// Redirects are followed to `https` (from this machine also to this machine). Another host is shown
    /// none of the request's headers but `Accept` and `If-Range`. To be sure that the file is the
    /// one that was begun, give its `etag` as `If-Range`.
    ///
    /// `onHead` is told the head of the answer that the file comes with; `progress` is told on the transfer's thread how many bytes the file has and will have.
    package func download(
        _ request: HTTPRequest,
        into file: FileDescriptor,
        from offset: Int64 = 0,
        progress: (@Sendable (TransferProgress) -> Void)? = nil,
        onHead: (@Sendable (HTTPHead) -> Void)? = nil
    ) async throws(TransferError) -> HTTPResponse {
        var request = request
        let origin = try Address(request.url)
        for _ in 0...Self.mostRedirects {
            var (answer, redirect) = try await fetch(
                request,
                into: file,
                from: offset,
                onHead,
                progress
            )
            guard let redirect, (301...308).contains(answer.head.status), request.method == .get
            else {
                answer.isFromElsewhere = !(try Address(request.url)).hasSameOrigin(as: origin)
                return answer
            }
            try request.redirect(to: redirect)
        }
        throw TransferError(.other, "The file was moved too often.", answerBegan: true)
    }

    /// One request of a download, with the address that the answer redirects to.
    private func fetch(
        _ request: HTTPRequest,
        into file: FileDescriptor,
        from offset: Int64,
        _ onHead: (@Sendable (HTTPHead) -> Void)?,
        _ progress: (@Sendable (TransferProgress) -> Void)?
    ) async throws(TransferError) -> (HTTPResponse, redirect: String?) {
        let transfer = self
        return try await onThread { signal throws(TransferError) in
            let sink = FileSink(file: file, offset: offset, progress: progress)
            let wire = try Wire(
                request,
                transfer,
                Wire.Options(isDownload: true, offset: offset, onTick: sink.report)
            )
            let failure = wire.run(
                signal,
                onHead: { head throws(TransferError) in
                    try sink.begin(head)
                    if (200..<300).contains(head.status) { onHead?(head) }
                },
                onBytes: { bytes throws(TransferError) in
                    try sink.take(bytes)
                    return true
                }
            )
            if let failure { throw failure }
            try sink.finish()
            return (HTTPResponse(head: sink.head, body: sink.errorBody), wire.redirect)
        }
    }
}

extension HTTPRequest {
    /// Points it to where an answer said; without its headers where that is another host.
    fileprivate mutating func redirect(to text: String) throws(TransferError) {
        let old = try Address(url)
        let new = try Address(text)
        guard !new.isLoopback || old.isLoopback else {
            throw TransferError(.refusedAddress, "The file was moved to this machine itself.")
        }
        url = new.url
        guard !new.hasSameOrigin(as: old) else { return }
        headers.removeAll { !["accept", "if-range"].contains($0.name.lowercased()) }
    }
}

/// Where the body of a download goes: to a file if it is one, else to memory; on one thread.
private final class FileSink {
    private let file: FileDescriptor
    private let offset: Int64
    private let progress: (@Sendable (TransferProgress) -> Void)?
    private(set) var head = HTTPHead(status: 0, headers: [:])
    private(set) var errorBody: [UInt8] = []

    /// Whether the answer is the file.
    private var isFile = false
    /// Bytes in the file, and how many it will have.
    private var position: Int64 = 0
    private var end: Int64?
    /// The size of the whole file, where the service said that it sends only a part of it.
    private var whole: Int64?
    private var reported: TransferProgress?

    init(
        file: FileDescriptor,
        offset: Int64,
        progress: (@Sendable (TransferProgress) -> Void)?
    ) {
        (self.file, self.offset, self.progress) = (file, offset, progress)
    }

    func begin(_ head: HTTPHead) throws(TransferError) {
        self.head = head
        guard (200...299).contains(head.status) else { return }
        if let encoding = head.headers["content-encoding"], encoding.lowercased() != "identity" {
            throw refusal("The file came encoded, which was not asked for.")
        }
        let length = head.headers["content-length"].flatMap { Int64($0) }
        if head.status == 206 {
            guard let range = ContentRange(head.headers["content-range"]), range.first == offset,
                length.map({ $0 == range.last - range.first + 1 }) ?? true
            else { throw refusal("The service sent another part of the file than was asked for.") }
            (position, end, whole) = (offset, range.last + 1, range.whole)
        } else {
            (position, end) = (0, length)
        }
        do {
            guard let facts = facts(of: file), facts.isRegular, facts.byteCount >= position else {
                throw Errno.invalidArgument
            }
            try file.resize(to: position)
            try file.seek(offset: position, from: .start)
            isFile = true
        } catch {
            throw .file(error, "The download cannot be written")
        }
    }

    func take(_ bytes: [UInt8]) throws(TransferError) {
        guard isFile else {
            errorBody += bytes.prefix(max(0, Transfer.mostErrorBytes - errorBody.count))
            return
        }
        do {
            try file.writeAll(bytes)
        } catch {
            throw .file(error, "The download cannot be written")
        }
        position += Int64(bytes.count)
        if let end, position > end { throw refusal("More came than the service had said.") }
    }

    func finish() throws(TransferError) {
        guard isFile else { return }
        do {
            // Some file systems say only here that there was no room, at each closing.
            try file.duplicate().close()
        } catch {
            throw .file(error, "The download cannot be written")
        }
        if let end, position < end { throw cut }
        if let whole, position < whole { throw cut }
    }

    func report() {
        let now = TransferProgress(bytes: position, total: whole ?? end)
        guard isFile, now != reported else { return }
        reported = now
        progress?(now)
    }

    private var cut: TransferError {
        TransferError(.cut, "The service sent only a part of the file.", answerBegan: true)
    }

    private func refusal(_ words: String) -> TransferError {
        TransferError(.other, words, answerBegan: true)
    }
}

/// What a `Content-Range` header says: `bytes 5-9/10`, with `*` for an unknown size.
struct ContentRange: Equatable {
    let first: Int64
    let last: Int64
    let whole: Int64?

    init?(_ text: String?) {
        guard let words = text?.split(separator: " "), words.count == 2,
            words[0].lowercased() == "bytes"
        else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0,
            last >= first, last < .max
        else { return nil }
        let whole = Int64(parts[1])
        guard parts[1] == "*" || whole.map({ $0 > last }) == true else { return nil }
        (self.first, self.last, self.whole) = (first, last, whole)
    }
}
