import Foundation
import SystemPackage

/// Sees which files of a folder are opened, by whomever (inotify).
package final class OpenWatch: Sendable {
    /// Whether this system tells.
    package static let isPossible: Bool = {
        #if os(Linux)
        return true
        #else
        return false
        #endif
    }()

    private let descriptor: FileDescriptor

    /// Watches from now on.
    package init(_ folder: Folder) throws {
        #if os(Linux)
        descriptor = FileDescriptor(rawValue: inotify_init())
        _ = fcntl(descriptor.rawValue, F_SETFL, O_NONBLOCK)
        guard
            unsafe inotify_add_watch(descriptor.rawValue, folder.path.string, UInt32(IN_OPEN)) >= 0
        else { throw Errno(rawValue: errno) }
        #else
        throw Errno.notSupported
        #endif
    }

    deinit { try? descriptor.close() }

    /// The names that were opened since the last call.
    package func names() -> Set<String> {
        var names: Set<String> = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count =
                (try? unsafe buffer.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) })
                ?? 0
            if count <= 0 { return names }
            var offset = 0
            // Each event: 12 bytes, the length of the name, the name filled up with zeros.
            while offset + 16 <= count {
                let length = (0..<4).reduce(0) { $0 | Int(buffer[offset + 12 + $1]) << ($1 * 8) }
                let name = buffer[(offset + 16)..<min(count, offset + 16 + length)]
                let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                if !text.isEmpty { names.insert(text) }
                offset += 16 + length
            }
        }
    }
}

/// A port of this machine that answers nobody and counts who came.
package final class Listener: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    package init() throws {
        #if os(Linux)
        let kind = Int32(SOCK_STREAM.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe bind(descriptor, generic, length) == 0
                    && listen(descriptor, 16) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw Errno(rawValue: errno) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { _ = close(descriptor) }

    /// Connections since the last call; they wait in the queue until somebody counts them.
    package func connections() -> Int {
        var count = 0
        while true {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { return count }
            _ = close(connection)
            count += 1
        }
    }
}
