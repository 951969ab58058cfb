import FlyingSocks
import Foundation

/// A connection of bytes, for what no HTTP client would send or tell.
struct Wire: Sendable {
    private let socket: AsyncSocket

    init(to url: String) async throws {
        let port = UInt16(url.split(separator: ":").last ?? "") ?? 0
        socket = try await AsyncSocket.connected(to: try .inet(ip4: "127.0.0.1", port: port))
    }

    func send(_ text: String) async throws { try await socket.write(Data(text.utf8)) }

    /// Everything up to the peer's end; throws where that is a reset.
    func rest() async throws -> String {
        var bytes: [UInt8] = []
        while let more = try await some() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads until the text is there; nil where the peer ended before.
    func until(_ text: String) async throws -> String? {
        var bytes: [UInt8] = []
        while let more = try await some() {
            bytes += more
            let all = String(decoding: bytes, as: UTF8.self)
            if all.contains(text) { return all }
        }
        return nil
    }

    func close() { try? socket.close() }

    private func some() async throws -> [UInt8]? {
        do { return try await socket.read(atMost: 4_096) } catch SocketError.disconnected {
            return nil
        }
    }
}
