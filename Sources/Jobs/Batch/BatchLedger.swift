package import Core

/// What tells that a file has been made already from such bytes with such a wish, wherever they lie and
/// whatever they are called.
package struct LedgerKey: Sendable, Hashable, Codable {
    /// The source's size and a hash of its parts and of the wish, in hexadecimal.
    package let text: String

    /// Bytes of each part that is read: enough for headers and for what differs between two takes.
    package static let partBytes = 64 << 10

    /// Where the parts begin: at both ends and three between; all of it, where it is short.
    package static func offsets(bytes: Int) -> [Int] {
        guard bytes > 5 * partBytes else {
            return Array(stride(from: 0, to: bytes, by: partBytes))
        }
        return (0..<5).map { (bytes - partBytes) / 4 * $0 }.dropLast() + [bytes - partBytes]
    }

    /// - Parameters:
    ///   - bytes: of the whole source.
    ///   - parts: what is at `offsets`.
    ///   - wish: all that decides what is made of it, the same for the same wish.
    package init(bytes: Int, parts: [[UInt8]], wish: String) {
        // Not against an enemy: 128 bits of FNV-1a, so that two takes of a camera never meet.
        var one: UInt64 = 0xCBF2_9CE4_8422_2325
        var other: UInt64 = 0x8422_2325_CBF2_9CE4
        func add(_ byte: UInt8) {
            one = (one ^ UInt64(byte)) &* 0x100_0000_01B3
            other = (other ^ UInt64(byte)) &* 0x1000_0000_01B3 &+ 0x9E37_79B9
        }
        for part in parts + [Array(wish.utf8)] {
            for byte in part { add(byte) }
            for shift in stride(from: 0, to: 64, by: 8) {
                add(UInt8(truncatingIfNeeded: part.count >> shift))
            }
        }
        text = "\(String(bytes, radix: 16))-\(String(one, radix: 16))-\(String(other, radix: 16))"
    }
}

/// What a finished file of a batch leaves for the next run of it.
package struct LedgerEntry: Sendable, Codable, Equatable {
    package var key: LedgerKey
    package var output: String
    package var bytes: Int
    /// Of the source, as for the table at the end.
    package var inputBytes: Int

    package init(key: LedgerKey, output: String, bytes: Int, inputBytes: Int) {
        self.key = key
        self.output = output
        self.bytes = bytes
        self.inputBytes = inputBytes
    }
}

extension Failure.Kind {
    /// How bad an end is among several, the worst the highest: what stopped all, then what will fail again for
    /// the next file too, then what lies in one file.
    package var severity: Int {
        switch self {
        case .unreachable: 1
        case .usage: 2
        case .unreadable: 3
        case .missing: 4
        case .output: 5
        case .denied: 6
        case .unavailable: 7
        case .storage: 8
        case .defect: 9
        case .interrupted: 10
        case .terminated: 11
        }
    }
}
