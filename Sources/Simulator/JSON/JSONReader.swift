/// Reads strict JSON, as RFC 8259 has it: what the service would refuse is refused here too.
struct JSONReader {
    private struct Malformed: Error {}

    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The value, or nil where the bytes are not JSON.
    static func read(_ bytes: [UInt8]) -> JSON? {
        var reader = JSONReader(bytes)
        guard let value = try? reader.value() else { return nil }
        reader.skipSpace()
        return reader.at == bytes.count ? value : nil
    }

    /// Where in the bytes of an object the value of one of its own members is, spaces around it
    /// left out; nil where there is none.
    static func slice(of key: String, in bytes: [UInt8]) -> [UInt8]? {
        var reader = JSONReader(bytes)
        var found: Range<Int>?
        _ = try? reader.object { name, range in
            if name == key { found = range }
        }
        return found.map { Array(bytes[$0]) }
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private mutating func take(_ text: String) throws(Malformed) {
        for byte in text.utf8 {
            guard current == byte else { throw Malformed() }
            at += 1
        }
    }

    private mutating func value() throws(Malformed) -> JSON {
        skipSpace()
        depth += 1
        defer { depth -= 1 }
        guard depth < 512, let byte = current else { throw Malformed() }
        switch byte {
        case UInt8(ascii: "{"): return try object { _, _ in }
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try take("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try take("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try take("null")
            return .null
        default: return try number()
        }
    }

    private mutating func object(
        _ seen: (String, Range<Int>) -> Void
    ) throws(Malformed) -> JSON {
        skipSpace()
        try take("{")
        var members: [JSON.Member] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            at += 1
            return .object([])
        }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            try take(":")
            skipSpace()
            let start = at
            members.append(JSON.Member(key, try value()))
            seen(key, start..<at)
            skipSpace()
            if current == UInt8(ascii: ",") {
                at += 1
                continue
            }
            try take("}")
            return .object(members)
        }
    }

    private mutating func array() throws(Malformed) -> JSON {
        try take("[")
        var values: [JSON] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            at += 1
            return .array([])
        }
        while true {
            values.append(try value())
            skipSpace()
            if current == UInt8(ascii: ",") {
                at += 1
                continue
            }
            try take("]")
            return .array(values)
        }
    }

    private mutating func number() throws(Malformed) -> JSON {
        let start = at
        if current == UInt8(ascii: "-") { at += 1 }
        if current == UInt8(ascii: "0") { at += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            at += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            at += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { at += 1 }
            try digits()
        }
        return .number(String(decoding: bytes[start..<at], as: UTF8.self))
    }

    private mutating func digits() throws(Malformed) {
        let start = at
        while let byte = current, (0x30...0x39).contains(byte) { at += 1 }
        if at == start { throw Malformed() }
    }

    private mutating func string() throws(Malformed) -> String {
        try take("\"")
        var text: [UInt8] = []
        while let byte = current {
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let whole = String(validating: text, as: UTF8.self) else {
                    throw Malformed()
                }
                return whole
            case UInt8(ascii: "\\"): text += String(try escaped()).utf8
            case 0..<0x20: throw Malformed()
            default: text.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func escaped() throws(Malformed) -> Unicode.Scalar {
        guard let byte = current else { throw Malformed() }
        at += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"): break
        default: throw Malformed()
        }
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        try take("\\u")
        let second = try codeUnit()
        guard (0xD800..<0xDC00).contains(first), (0xDC00..<0xE000).contains(second) else {
            throw Malformed()
        }
        let joined = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(joined) else { throw Malformed() }
        return scalar
    }

    private mutating func codeUnit() throws(Malformed) -> UInt16 {
        guard at + 4 <= bytes.count else { throw Malformed() }
        let text = String(decoding: bytes[at..<(at + 4)], as: UTF8.self)
        guard text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let unit = UInt16(text, radix: 16)
        else { throw Malformed() }
        at += 4
        return unit
    }
}
