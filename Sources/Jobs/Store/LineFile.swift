import Cloud
import Core
import Foundation
package import SystemPackage

/// A file of JSON lines that several processes add to: for the user alone (0600), of a bounded size.
///
/// A line is whole or not there, whatever dies in between; one that cannot be read is passed over.
/// Nothing that anybody waits for depends on it, so what goes wrong is told by `false` and by absence.
package struct LineFile: Sendable {
    package let path: FilePath
    /// Beyond this the older half of it goes.
    package var mostBytes = 1 << 20

    /// Another process writes a line in no time; one that is stopped in the middle of it is not waited for.
    private static let mostWaits = 100

    /// Adds a value as a line at the end.
    ///
    /// - Returns: whether it is there now.
    @discardableResult
    package func add(_ value: some Encodable) -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(value) else { return false }
        return (try? locked { try append([UInt8](line) + [UInt8(ascii: "\n")]) }) != nil
    }

    /// What is in it, the oldest first; empty where it is not there or no plain file.
    package func values<Value: Decodable>(_ type: Value.Type) -> [Value] {
        guard let bytes = try? read() else { return [] }
        let decoder = JSONDecoder()
        return bytes.split(separator: UInt8(ascii: "\n"))
            .compactMap { try? decoder.decode(type, from: Data($0)) }
    }

    /// Takes it away.
    ///
    /// - Returns: whether it is gone.
    package func remove() -> Bool {
        let isGone = try? locked {
            unsafe unlink(path.string) == 0 || errno == ENOENT
        }
        return isGone ?? !FileManager.default.fileExists(atPath: path.string)
    }

    // MARK: Bytes

    private func append(_ line: [UInt8]) throws {
        let file = try RegularFile(path, for: .adding)
        // Older programs and restored copies may have left it open to others.
        _ = fchmod(file.descriptor.rawValue, 0o600)
        let bytes = try file.byteCount
        let last = bytes > 0 ? try file.bytes(from: bytes - 1, atMost: 1) : []
        // A process that died in the middle of a line left it without its end.
        let isTorn = !last.isEmpty && last != [UInt8(ascii: "\n")]
        try file.descriptor.writeAll((isTorn ? [UInt8(ascii: "\n")] : []) + line)
        if bytes + line.count > mostBytes { try shorten() }
    }

    /// Keeps the newer half.
    private func shorten() throws {
        let bytes = try read()
        let kept = bytes.dropFirst(bytes.count - min(bytes.count, mostBytes / 2))
        // The first of them is not whole.
        let lines = kept.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        try RegularFile.replace(path, with: Array(lines))
    }

    private func read() throws -> [UInt8] {
        try RegularFile.contents(of: path, mostBytes: 4 * mostBytes)
    }

    /// Does something while no other process does it.
    private func locked<Value>(_ work: () throws -> Value) throws -> Value {
        let folder = path.removingLastComponent().string
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let lock = try RegularFile(FilePath(path.string + ".lock"), for: .locking)
        var waits = 0
        while flock(lock.descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            waits += 1
            guard errno == EWOULDBLOCK || errno == EINTR, waits < Self.mostWaits else {
                throw Errno(rawValue: errno)
            }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return try work()
    }
}

extension LineFile {
    /// One in the state folder of whoever the environment belongs to; nil where it names no place for it.
    package init?(named name: String, in environment: [String: String], mostBytes: Int = 1 << 20) {
        let places = ["HOME", "XDG_STATE_HOME", "CINCH_STATE_DIR"]
        guard places.contains(where: { environment[$0]?.hasPrefix("/") == true }) else {
            return nil
        }
        let folder = StateFolder(environment: environment).path
        self.init(path: folder.appending(name), mostBytes: mostBytes)
    }
}
