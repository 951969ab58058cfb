import FlyingSocks
import Foundation

/// One accepted connection: bytes in, bytes out, and the ways to end it that a library would hide.
///
/// An actor because a request is read, an answer written and a hang-up awaited at the same time.
actor Connection {
    /// The peer is gone, or the request is not HTTP.
    enum Failure: Error {
        case lost
        case malformed(String)
    }

    /// Which connection of the simulator it is, from 1.
    nonisolated let number: Int
    private let socket: Socket
    private let pool: any AsyncSocketPool
    /// What has been read and not yet used.
    private var buffer: [UInt8] = []
    private var isOpen = true
    private var sentCount = 0

    private static let longestHead = 64 << 10
    private static let piece = 64 << 10

    init(_ accepted: AsyncSocket, pool: any AsyncSocketPool, number: Int) {
        (socket, self.pool, self.number) = (accepted.socket, pool, number)
        try? socket.setValue(
            true,
            for: BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY)
        )
        #if canImport(Darwin)
        try? socket.setValue(true, for: .noSIGPIPE)
        #endif
    }

    /// Bytes sent so far, on the whole connection.
    var sent: Int { sentCount }

    // MARK: Reading

    /// The next request's head; nil where the peer closed between requests.
    func head() async throws(Failure) -> RequestHead? {
        while true {
            if let end = endOfHead() {
                let bytes = buffer[..<end]
                buffer.removeFirst(end + 4)
                do { return try RequestHead(bytes) } catch { throw .malformed(error.why) }
            }
            if buffer.count > Self.longestHead { throw .malformed("a head longer than 64 KiB") }
            if try await fill() == false {
                if buffer.isEmpty { return nil }
                throw .lost
            }
        }
    }

    private func endOfHead() -> Int? {
        guard buffer.count >= 4 else { return nil }
        let mark = Array("\r\n\r\n".utf8)
        return (0...(buffer.count - 4)).first {
            buffer[$0] == 13 && Array(buffer[$0..<($0 + 4)]) == mark
        }
    }

    /// Up to so many bytes; nil at the peer's end of writing.
    func bytes(atMost count: Int) async throws(Failure) -> [UInt8]? {
        if buffer.isEmpty, try await fill() == false { return nil }
        let taken = Array(buffer.prefix(count))
        buffer.removeFirst(taken.count)
        return taken
    }

    /// The bytes of one line without its CR LF.
    func line() async throws(Failure) -> [UInt8] {
        while true {
            if let end = buffer.firstIndex(of: 10) {
                guard end > 0, buffer[end - 1] == 13 else {
                    throw .malformed("a chunk line that does not end in CR LF")
                }
                let line = Array(buffer[..<(end - 1)])
                buffer.removeFirst(end + 1)
                return line
            }
            if buffer.count > 4096 { throw .malformed("a chunk line longer than 4 KiB") }
            if try await fill() == false { throw .lost }
        }
    }

    /// Returns when the peer has closed its side or the connection broke; false when the task was
    /// cancelled before.
    func hangUp() async -> Bool {
        do {
            while try await fill() {
                // A request sent ahead of its answer waits in the buffer.
                if buffer.count > Self.longestHead { return true }
            }
            return true
        } catch {
            return !Task.isCancelled
        }
    }

    /// Reads once; false at the end.
    private func fill() async throws(Failure) -> Bool {
        while isOpen {
            if Task.isCancelled { throw .lost }
            do {
                buffer += try socket.read(atMost: Self.piece)
                return true
            } catch SocketError.blocked {
                // A socket that ended while it was awaited may still hold bytes: read again.
                do { try await wait(for: .read) } catch { return try lastBytes() }
            } catch SocketError.disconnected {
                return false
            } catch {
                throw .lost
            }
        }
        throw .lost
    }

    private func lastBytes() throws(Failure) -> Bool {
        guard isOpen, !Task.isCancelled else { throw .lost }
        do {
            buffer += try socket.read(atMost: Self.piece)
            return true
        } catch SocketError.disconnected {
            return false
        } catch {
            throw .lost
        }
    }

    private func wait(for events: Socket.Events) async throws {
        try await pool.suspendSocket(socket, untilReadyFor: events)
    }

    /// Makes the kernel take only so much ahead of the reader.
    func limitReceiving(to count: Int) {
        try? socket.setValue(Int32(count), for: .receiveBufferSize)
    }

    // MARK: Writing

    func write(_ bytes: [UInt8]) async throws(Failure) {
        let data = Data(bytes)
        var from = 0
        while from < data.count {
            guard isOpen, !Task.isCancelled else { throw .lost }
            do {
                let next = try socket.write(data, from: from)
                sentCount += next - from
                from = next
            } catch SocketError.blocked {
                do { try await wait(for: .write) } catch { throw .lost }
            } catch {
                throw .lost
            }
        }
    }

    func write(_ text: String) async throws(Failure) {
        try await write(Array(text.utf8))
    }

    // MARK: Ending

    /// Says that nothing more will be written; reading goes on.
    func finishWriting() {
        if isOpen { _ = shutdown(socket.file.rawValue, Int32(SHUT_WR)) }
    }

    /// Ends it.
    ///
    /// Nobody may be waiting in `hangUp` or a read: the descriptor's number is used again.
    func close(resetting: Bool = false) {
        guard isOpen else { return }
        isOpen = false
        if resetting { try? socket.setValue(0, for: Linger()) }
        try? socket.close()
    }
}

/// With 0 seconds to linger a close throws away what is unsent and tells the peer by a reset.
private struct Linger: SocketOption {
    var name: Int32 { SO_LINGER }

    func makeValue(from socketValue: linger) -> Int32 { Int32(socketValue.l_linger) }

    func makeSocketValue(from value: Int32) -> linger { linger(l_onoff: 1, l_linger: value) }
}
