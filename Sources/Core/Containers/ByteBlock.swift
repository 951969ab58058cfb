/// A block of a file's bytes, read by offsets that the file itself may have made up.
///
/// What lies outside is nil, never a crash.
package struct ByteBlock: Hashable, Sendable {
    package var bytes: ArraySlice<UInt8>
    /// Whether numbers have their lowest byte first.
    package var isLittleEndian: Bool

    package init(_ bytes: ArraySlice<UInt8>, isLittleEndian: Bool = false) {
        self.bytes = bytes
        self.isLittleEndian = isLittleEndian
    }

    package var count: Int { bytes.count }

    /// The bytes from an offset on, so many of them; nil where they are not all there.
    package func slice(_ offset: Int, _ length: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
            return nil
        }
        let start = bytes.startIndex + offset
        return bytes[start..<start + length]
    }

    package func byte(_ offset: Int) -> Int? { number(offset, 1) }
    package func short(_ offset: Int) -> Int? { number(offset, 2) }
    package func long(_ offset: Int) -> Int? { number(offset, 4) }

    /// An unsigned number of up to seven bytes.
    package func number(_ offset: Int, _ length: Int) -> Int? {
        guard length <= 7, let found = slice(offset, length) else { return nil }
        return isLittleEndian
            ? found.reversed().reduce(0) { $0 << 8 | Int($1) }
            : found.reduce(0) { $0 << 8 | Int($1) }
    }

    /// Whether these characters stand there.
    package func has(_ text: StaticString, at offset: Int) -> Bool {
        let wanted = Array("\(text)".utf8)
        guard let found = slice(offset, wanted.count) else { return false }
        return found.elementsEqual(wanted)
    }

    /// Four characters, as containers name their parts; nil where they are not printable.
    package func name(_ offset: Int) -> String? {
        guard let found = slice(offset, 4), found.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return nil
        }
        return String(decoding: found, as: UTF8.self)
    }
}

extension Array where Element == UInt8 {
    /// Adds a number, its highest byte first or, on request, last.
    mutating func append(number: Int, bytes: Int, isLittleEndian: Bool = false) {
        for index in 0..<bytes {
            let shift = (isLittleEndian ? index : bytes - 1 - index) * 8
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
