package import Core
package import SystemPackage

/// One request to the service or to its file host, as a value.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package enum Body: Sendable {
        case none
        /// `application/json`; the bytes are sent as they are.
        case json([UInt8])
        /// `multipart/form-data`, each file read from disk while it is sent.
        case files([UploadFile], field: String)
    }

    package var method: Method
    /// Absolute; `https`, or `http` to loopback only.
    package var url: String
    /// In order, names as they are to be sent; values may hold secrets and are never printed.
    package var headers: [(name: String, value: String)]
    package var body: Body
    package var limits: Limits

    /// Time-outs, in real time also where waits are short (see `Transfer.limitSpeed`).
    package struct Limits: Sendable {
        package var connect: Duration = .seconds(15)
        /// The whole request; nil for transfers whose length is set by their size.
        package var total: Duration?
        /// With no byte in either direction for this long the request has stalled.
        package var idle: Duration = .seconds(60)
        /// A larger answer than this is refused; streams and downloads are not held to it.
        package var answerBytes: Int = 64 << 20

        package init() {}
    }

    package init(
        _ method: Method,
        _ url: String,
        headers: [(name: String, value: String)] = [],
        body: Body = .none,
        limits: Limits = Limits()
    ) {
        (self.method, self.url, self.headers) = (method, url, headers)
        (self.body, self.limits) = (body, limits)
    }
}

/// A file to be sent as one part of a form.
package struct UploadFile: Sendable, Equatable {
    package var path: FilePath
    /// The name the service is told, any characters.
    package var filename: String
    package var mediaType: String
    /// The length when the upload was planned; a file that changes meanwhile fails the upload.
    package var byteCount: Int64
    /// Which file it was then: no other that took its name meanwhile is sent.
    package var identity: FileIdentity?

    package init(
        path: FilePath,
        filename: String,
        mediaType: String,
        byteCount: Int64,
        identity: FileIdentity? = nil
    ) {
        (self.path, self.filename) = (path, filename)
        (self.mediaType, self.byteCount) = (mediaType, byteCount)
        self.identity = identity
    }
}

/// Status line and headers of an answer.
package struct HTTPHead: Sendable, Equatable {
    package var status: Int
    /// Names in lower case; a repeated header's values are joined with ", ".
    package var headers: [String: String]

    package init(status: Int, headers: [String: String]) {
        (self.status, self.headers) = (status, headers)
    }
}

package struct HTTPResponse: Sendable {
    package var head: HTTPHead
    package var body: [UInt8]
    /// Whether it comes from another host than was asked, to which the first had redirected.
    package var isFromElsewhere = false

    package init(head: HTTPHead, body: [UInt8]) { (self.head, self.body) = (head, body) }
}

/// How far a transfer is, in bytes of the body in its main direction.
package struct TransferProgress: Sendable, Equatable {
    package var bytes: Int64
    package var total: Int64?

    package init(bytes: Int64, total: Int64?) { (self.bytes, self.total) = (bytes, total) }
}

/// Why there was no whole answer; the words of libcurl, never a header or a URL's query.
package struct TransferError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case cancelled
        /// The address is not `https` (or loopback), or is not an address.
        case refusedAddress
        case resolve, connect, proxy, tls
        /// The whole request took longer than its limit.
        case timedOut
        /// No byte for `Limits.idle`.
        case stalled
        /// The connection ended early.
        case cut
        /// The answer is larger than `Limits.answerBytes`.
        case tooLarge
        /// A local file could not be read or written, or changed meanwhile; `errno` if there was one.
        case file(Int32)
        case other
    }

    package var kind: Kind
    /// One sentence, in libcurl's words where they help.
    package var detail: String
    /// Whether at least one byte of the answer had come ("100 Continue" is none): before that the
    /// service may never have seen the request.
    package var answerBegan: Bool

    package init(_ kind: Kind, _ detail: String, answerBegan: Bool = false) {
        (self.kind, self.detail, self.answerBegan) = (kind, detail, answerBegan)
    }
}
