/// Why bytes are not one JSON document; never what they say.
package struct JSONError: Error, Sendable, Equatable {
    /// What is wrong.
    package enum Reason: Sendable, Equatable {
        case empty
        case unexpectedEnd
        case unexpectedByte
        /// A control character inside a string, or an escape that does not exist.
        case malformedString
        case malformedNumber
        /// Something follows the document.
        case trailingBytes
        /// More than `JSONDocument.deepestNesting` arrays and objects inside one another.
        case tooDeep
        /// 4 GiB or more.
        case tooLarge
    }

    /// What is wrong.
    package var reason: Reason
    /// Where in the bytes, from 0.
    package var offset: Int

    /// An error at an offset.
    package init(_ reason: Reason, at offset: Int) {
        (self.reason, self.offset) = (reason, offset)
    }
}

/// Checks a whole document once and notes where each array and object ends.
///
/// Only containers are noted, eight bytes each: whoever looks for a member jumps over its
/// siblings, and strings and numbers are read from the bytes when they are asked for. No recursion:
/// how deep a document goes is the sender's choice, the stack is ours.
struct JSONScanner {
    struct Container {
        /// The offset past the closing bracket.
        var end: UInt32
        /// The number of the next container that is not inside this one.
        var next: UInt32
    }

    private let bytes: [UInt8]
    private var position: Int
    private(set) var containers: [Container] = []
    private var open: [Int] = []

    init(_ bytes: [UInt8], from start: Int) {
        self.bytes = bytes
        position = start
    }

    /// Checks the document.
    ///
    /// - Returns: the offsets of its one value.
    mutating func scan() throws(JSONError) -> Range<Int> {
        guard bytes.count < UInt32.max else { throw JSONError(.tooLarge, at: 0) }
        skipBlanks()
        guard position < bytes.count else { throw JSONError(.empty, at: position) }
        let start = position
        while true {
            if try scanValue() { continue }
            if try scanAfterValue() { continue }
            break
        }
        let end = position
        skipBlanks()
        guard position == bytes.count else { throw JSONError(.trailingBytes, at: position) }
        return start..<end
    }

    /// Scans a scalar, an empty container, or the opening of another.
    ///
    /// - Returns: whether a value must follow at once.
    private mutating func scanValue() throws(JSONError) -> Bool {
        switch try byte() {
        case UInt8(ascii: "{"):
            try openContainer()
            if try byte() == UInt8(ascii: "}") { return false }
            try scanKey()
            return true
        case UInt8(ascii: "["):
            try openContainer()
            return try byte() != UInt8(ascii: "]")
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "t"): try scanWord("true")
        case UInt8(ascii: "f"): try scanWord("false")
        case UInt8(ascii: "n"): try scanWord("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
        default: throw JSONError(.unexpectedByte, at: position)
        }
        return false
    }

    /// Closes what ends here.
    ///
    /// - Returns: whether another value follows; false when the document is complete.
    private mutating func scanAfterValue() throws(JSONError) -> Bool {
        while let container = open.last {
            skipBlanks()
            // While it is open, `next` holds the kind: the opening bracket itself.
            let isObject = containers[container].next == UInt32(UInt8(ascii: "{"))
            let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            switch try byte() {
            case close:
                position += 1
                open.removeLast()
                containers[container] = Container(
                    end: UInt32(position),
                    next: UInt32(containers.count)
                )
            case UInt8(ascii: ","):
                position += 1
                skipBlanks()
                if isObject { try scanKey() }
                return true
            default: throw JSONError(.unexpectedByte, at: position)
            }
        }
        return false
    }

    private mutating func openContainer() throws(JSONError) {
        guard open.count < JSONDocument.deepestNesting else {
            throw JSONError(.tooDeep, at: position)
        }
        open.append(containers.count)
        containers.append(Container(end: 0, next: UInt32(bytes[position])))
        position += 1
        skipBlanks()
    }

    private mutating func scanKey() throws(JSONError) {
        guard try byte() == UInt8(ascii: "\"") else {
            throw JSONError(.unexpectedByte, at: position)
        }
        try scanString()
        skipBlanks()
        guard try byte() == UInt8(ascii: ":") else {
            throw JSONError(.unexpectedByte, at: position)
        }
        position += 1
        skipBlanks()
    }

    private mutating func scanString() throws(JSONError) {
        position += 1
        while true {
            let value = try byte()
            if value == UInt8(ascii: "\"") { break }
            if value < 0x20 { throw JSONError(.malformedString, at: position) }
            position += 1
            guard value == UInt8(ascii: "\\") else { continue }
            let escape = try byte()
            position += 1
            if escape == UInt8(ascii: "u") {
                for _ in 0..<4 {
                    guard JSONString.hexDigit(try byte()) != nil else {
                        throw JSONError(.malformedString, at: position)
                    }
                    position += 1
                }
            } else if JSONString.escapes[escape] == nil {
                throw JSONError(.malformedString, at: position - 1)
            }
        }
        position += 1
    }

    private mutating func scanNumber() throws(JSONError) {
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try scanDigits()
        if bytes[first] == UInt8(ascii: "0"), position - first > 1 {
            throw JSONError(.malformedNumber, at: first)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try scanDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count,
                bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
            {
                position += 1
            }
            try scanDigits()
        }
    }

    private mutating func scanDigits() throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw JSONError(.malformedNumber, at: position) }
    }

    private mutating func scanWord(_ word: StaticString) throws(JSONError) {
        let start = position
        for expected in word.description.utf8 {
            guard try byte() == expected else { throw JSONError(.unexpectedByte, at: start) }
            position += 1
        }
    }

    private func byte() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
        return bytes[position]
    }

    private mutating func skipBlanks() {
        while position < bytes.count, JSONString.isBlank(bytes[position]) { position += 1 }
    }
}

/// What a JSON string is made of.
enum JSONString {
    /// The bytes that one-letter escapes stand for.
    static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F,
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The UTF-8 of what stands between the quotes of a checked string.
    ///
    /// An escaped surrogate without its other half becomes U+FFFD. Bytes that are not UTF-8 are
    /// left as they are; a `String` made of them repairs them.
    static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var position = raw.startIndex
        while position < raw.endIndex {
            let byte = raw[position]
            position += 1
            guard byte == UInt8(ascii: "\\"), position < raw.endIndex else {
                result.append(byte)
                continue
            }
            let escape = raw[position]
            position += 1
            guard escape == UInt8(ascii: "u") else {
                result.append(escapes[escape] ?? escape)
                continue
            }
            let unit = codeUnit(raw, at: position)
            position += 4
            var scalar = UInt32(unit)
            if unit & 0xFC00 == 0xD800, position + 6 <= raw.endIndex,
                raw[position] == UInt8(ascii: "\\"), raw[position + 1] == UInt8(ascii: "u")
            {
                let low = codeUnit(raw, at: position + 2)
                if low & 0xFC00 == 0xDC00 {
                    scalar = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF))
                    position += 6
                }
            }
            result.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
        }
        return result
    }

    private static func codeUnit(_ raw: ArraySlice<UInt8>, at start: Int) -> UInt16 {
        raw[start..<min(start + 4, raw.endIndex)].reduce(0) { $0 << 4 | (hexDigit($1) ?? 0) }
    }
}
