import Foundation

/// The stream of one run: events go out while somebody listens, and nowhere after that.
actor RunStream {
    private let connection: Connection
    private let knobs: Knobs
    private var begun = false
    private var listening = true
    private var held: [UInt8] = []
    private var watch: Task<Void, Never>?

    init(_ connection: Connection, _ knobs: Knobs) {
        (self.connection, self.knobs) = (connection, knobs)
    }

    /// Whether the client has neither left nor been cut off nor been told the end.
    var isOpen: Bool { listening }

    /// Whether a byte of the answer has gone out.
    var hasBegun: Bool { begun }

    /// Tells when the client leaves.
    func watch(_ left: @escaping @Sendable () async -> Void) {
        let connection = connection
        watch = Task { if await connection.hangUp() { await left() } }
    }

    /// The client has left.
    func leave() { listening = false }

    func send(_ bytes: [UInt8]) async {
        if knobs.chunking == .whole {
            held += bytes
        } else {
            await begin()
            await put(bytes)
        }
    }

    /// Sends the head, if it has not gone out.
    func begin() async {
        guard listening, !begun else { return }
        begun = true
        var lines = [
            ("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache"),
        ]
        switch knobs.framing {
        case .chunked: lines.append(("Transfer-Encoding", "chunked"))
        case .untilClose: lines.append(("Connection", "close"))
        }
        await raw(Sender.head(200, lines))
        if knobs.mark { await put([0xEF, 0xBB, 0xBF]) }
    }

    /// Ends in order.
    func finish() async {
        await begin()
        if !held.isEmpty { await put(held) }
        if knobs.framing == .chunked { await raw(Array("0\r\n\r\n".utf8)) }
        listening = false
    }

    /// Breaks off.
    func cut(_ cut: Turn.Cut, resetting: Bool) async {
        if cut != .beforeHead {
            await begin()
            if !held.isEmpty { await put(held) }
        }
        switch cut {
        case .beforeHead, .betweenEvents: break
        case .midEvent: await put(Array(#"data: {"content":{"parts":[{"text":"half"#.utf8))
        case .midCodePoint:
            let text = Array(#"data: {"content":{"parts":[{"text":"标"#.utf8)
            await put(Array(text.dropLast()))
        case .midChunkHeader: await raw(Array("1f".utf8))
        }
        listening = false
        await stopWatching()
        await connection.close(resetting: resetting)
    }

    /// After this nobody waits for the client to leave, and the connection may be used or closed.
    func stopWatching() async {
        watch?.cancel()
        await watch?.value
        watch = nil
    }

    private func put(_ bytes: [UInt8]) async {
        guard !bytes.isEmpty else { return }
        guard knobs.framing == .chunked else {
            await raw(bytes)
            return
        }
        var size = bytes.count
        if case .every(let count) = knobs.chunking { size = max(1, count) }
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            let piece = bytes[at..<min(at + size, bytes.count)]
            out += Array((String(piece.count, radix: 16) + "\r\n").utf8) + piece
            out += [13, 10]
            at += size
        }
        await raw(out)
    }

    private func raw(_ bytes: [UInt8]) async {
        guard listening else { return }
        do { try await connection.write(bytes) } catch { listening = false }
    }
}
