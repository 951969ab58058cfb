/// A request's body as it comes, whole or in chunks.
struct Body: Sendable {
    private var framing: RequestHead.Framing
    /// What is left of the body, or of the current chunk.
    private var left = 0
    private var isOver = false
    /// Bytes read so far, framing left out.
    private(set) var count = 0

    init(_ framing: RequestHead.Framing) {
        self.framing = framing
        switch framing {
        case .none: isOver = true
        case .length(let count): left = count
        case .chunked: break
        }
    }

    /// The length that was announced.
    var announced: Int? {
        switch framing {
        case .none: 0
        case .length(let length): length
        case .chunked: nil
        }
    }

    var isComplete: Bool { isOver }

    /// Some more bytes; nil at the end.
    mutating func next(
        from connection: Connection,
        atMost most: Int = 64 << 10
    ) async throws(Connection.Failure) -> [UInt8]? {
        if isOver { return nil }
        if framing == .chunked, left == 0 {
            let line = try await connection.line()
            let digits = String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            guard let size = Int(digits, radix: 16), size >= 0 else {
                throw .malformed("an unreadable chunk size")
            }
            if size == 0 {
                // Trailers, up to the empty line.
                while try await !connection.line().isEmpty {}
                isOver = true
                return nil
            }
            left = size
        }
        guard let bytes = try await connection.bytes(atMost: min(left, most)) else {
            throw .lost
        }
        left -= bytes.count
        count += bytes.count
        if left == 0 {
            if framing == .chunked {
                guard try await connection.line().isEmpty else {
                    throw .malformed("a chunk without CR LF after it")
                }
            } else {
                isOver = true
            }
        }
        return bytes
    }

    /// The whole body; nil where it is longer than `limit`.
    mutating func whole(
        from connection: Connection,
        limit: Int = 64 << 20
    ) async throws(Connection.Failure) -> [UInt8]? {
        var bytes: [UInt8] = []
        while let more = try await next(from: connection) {
            bytes += more
            if bytes.count > limit { return nil }
        }
        return bytes
    }
}
