import Core
import FlyingSocks
import Foundation
import Synchronization

/// A server on loopback that sends exactly the bytes a test wants, one thread for each connection.
final class RawServer: Sendable {
    let port: UInt16
    private let log = Log()

    /// `serve` is run for each connection, on its own thread; the connection is closed after it.
    init(_ serve: @escaping @Sendable (Connection) throws -> Void) throws {
        let socket = try Socket(domain: Int32(AF_INET))
        socket.keepFromChildren()
        try socket.bind(to: .inet(ip4: "127.0.0.1", port: 0))
        try socket.listen()
        guard case .ip4(_, let port) = try socket.sockname() else {
            throw SocketError.unsupportedAddress
        }
        self.port = port
        let log = log
        Thread(block: {
            while let file = try? socket.accept().file {
                if log.isStopped {
                    try? Socket(file: file).close()
                    break
                }
                log.opened()
                Thread(block: {
                    let connection = Connection(Socket(file: file))
                    try? serve(connection)
                    connection.close()
                    log.closed(connection.head)
                }).start()
            }
            try? socket.close()
        }).start()
    }

    deinit {
        log.stop()
        // Wakes the thread that accepts.
        guard let socket = try? Socket(domain: Int32(AF_INET)) else { return }
        if let address = try? sockaddr_in.inet(ip4: "127.0.0.1", port: port) {
            try? socket.connect(to: address)
        }
        try? socket.close()
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Connections so far.
    var connectionCount: Int { log.connections.withLock { $0.opened } }

    /// Connections that are not closed yet.
    var openCount: Int { log.connections.withLock { $0.opened - $0.closed } }

    /// The request heads of the connections that are closed.
    var heads: [String] { log.connections.withLock { $0.heads } }

    private final class Log: Sendable {
        struct Connections {
            var opened = 0
            var closed = 0
            var heads: [String] = []
            var isStopped = false
        }

        let connections = Locked(Connections())
        var isStopped: Bool { connections.withLock { $0.isStopped } }
        func stop() { connections.withLock { $0.isStopped = true } }
        func opened() { connections.withLock { $0.opened += 1 } }
        func closed(_ head: String) {
            connections.withLock {
                $0.closed += 1
                if !head.isEmpty { $0.heads.append(head) }
            }
        }
    }
}

/// One connection of a `RawServer`, used on its thread alone.
final class Connection {
    private let socket: Socket
    private var isOpen = true
    private var unread: [UInt8] = []
    /// The request's head, once it was read.
    private(set) var head = ""

    init(_ socket: Socket) {
        self.socket = socket
        socket.keepFromChildren()
        #if canImport(Darwin)
        try? socket.setValue(true, for: .noSIGPIPE)
        #endif
    }

    /// Reads up to the empty line.
    @discardableResult
    func readHead() throws -> String {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            if unread.isEmpty { unread = try socket.read(atMost: 1 << 16) }
            bytes.append(unread.removeFirst())
        }
        head = String(decoding: bytes, as: UTF8.self)
        return head
    }

    /// The value of a header of the request, by its lower-case name.
    func header(_ name: String) -> String? {
        for line in head.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else {
                continue
            }
            return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }

    /// Reads bytes of the body, at most `count`; throws at its end.
    func read(atMost count: Int = 1 << 16) throws -> [UInt8] {
        guard unread.isEmpty else {
            defer { unread.removeFirst(min(count, unread.count)) }
            return Array(unread.prefix(count))
        }
        return try socket.read(atMost: count)
    }

    /// Reads the body that `Content-Length` promises.
    func readBody() throws -> [UInt8] {
        var body: [UInt8] = []
        let length = Int(header("content-length") ?? "0") ?? 0
        while body.count < length { body += try read(atMost: min(length - body.count, 1 << 16)) }
        return body
    }

    /// Reads the body without keeping it; returns its length.
    func skipBody() throws -> Int {
        let length = Int(header("content-length") ?? "0") ?? 0
        var count = 0
        while count < length { count += try read().count }
        return count
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        let data = Data(bytes)
        var sent = data.startIndex
        while sent < data.endIndex { sent = try socket.write(data, from: sent) }
    }

    /// A whole answer with its length.
    func answer(_ status: String, headers: String..., body: [UInt8] = []) throws {
        let lines = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.count)", "", ""]
        try send(Array(lines.joined(separator: "\r\n").utf8) + body)
    }

    /// Reads and drops until the client closes.
    func waitForClose() {
        while (try? socket.read(atMost: 1 << 16)) != nil {}
    }

    /// Ends the connection with a reset.
    func reset() {
        try? socket.setValue(0, for: Linger())
        close()
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        try? socket.close()
    }

    private struct Linger: SocketOption {
        var name: Int32 { SO_LINGER }
        func makeValue(from socketValue: linger) -> Int32 { Int32(socketValue.l_linger) }
        func makeSocketValue(from value: Int32) -> linger { linger(l_onoff: 1, l_linger: value) }
    }
}

extension Socket {
    /// Tests that run in processes of their own would hold the connections of others open.
    func keepFromChildren() {
        _ = fcntl(file.rawValue, F_SETFD, FD_CLOEXEC)
    }
}
