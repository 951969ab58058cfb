import FlyingSocks
import Foundation

/// A port on loopback and a task for each of its connections.
struct Listener: Sendable {
    /// Meets one request; false ends the connection, which the handler may have closed itself.
    typealias Handler = @Sendable (RequestHead, Connection) async throws(Connection.Failure) -> Bool
    /// Told of bytes that are not HTTP.
    typealias Complaint = @Sendable (String) -> Void

    let port: UInt16
    private let socket: Socket
    private let accepting: Task<Void, Never>

    /// Listens at once.
    init(
        pool: any AsyncSocketPool,
        port: UInt16,
        receiveBuffer: Int?,
        number: @escaping @Sendable () -> Int,
        complain: @escaping Complaint,
        handler: @escaping Handler
    ) throws {
        socket = try Socket(domain: Int32(AF_INET), type: .stream)
        try socket.setValue(true, for: .localAddressReuse)
        if let receiveBuffer {
            try socket.setValue(Int32(clamping: receiveBuffer), for: .receiveBufferSize)
        }
        try socket.bind(to: .inet(ip4: "127.0.0.1", port: port))
        try socket.listen()
        guard case .ip4(_, let bound) = try socket.sockname() else {
            throw SocketError.unsupportedAddress
        }
        self.port = bound
        let listening = try Self.async(socket, pool)
        accepting = Task {
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    guard let accepted = try? await listening.accept() else {
                        // A peer that left at once, or no descriptor free: the port stays open.
                        try? await Task.sleep(for: .milliseconds(10))
                        continue
                    }
                    let connection = Connection(accepted, pool: pool, number: number())
                    group.addTask {
                        await Self.serve(connection, complain: complain, handler: handler)
                    }
                }
                group.cancelAll()
            }
        }
    }

    /// Ends every connection and waits for them.
    func stop() async {
        accepting.cancel()
        await accepting.value
        try? socket.close()
    }

    private static func async(
        _ socket: Socket,
        _ pool: some AsyncSocketPool
    ) throws -> AsyncSocket {
        try AsyncSocket(socket: socket, pool: pool)
    }

    private static func serve(
        _ connection: Connection,
        complain: Complaint,
        handler: Handler
    ) async {
        do throws(Connection.Failure) {
            while let head = try await connection.head() {
                guard try await handler(head, connection) else { break }
            }
        } catch {
            if case .malformed(let why) = error {
                complain(why)
                try? await connection.write(
                    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            }
        }
        await connection.close()
    }
}
