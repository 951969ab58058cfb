/// JSON to be sent: a tree that is written once.
///
/// Members keep their order, and `raw` takes bytes that are JSON already and go out as they are,
/// which is how a draft returns unchanged (§9.2).
///
/// ```swift
/// let body: JSONText = ["id": .string(id), "draft": .raw(draft.bytes), "count": 3]
/// ```
package indirect enum JSONText: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case string(String)
    case array([JSONText])
    case object([(key: String, value: JSONText)])
    /// Bytes that are one JSON value; not checked.
    case raw([UInt8])

    /// The UTF-8 to send, without blanks.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        append(to: &result)
        return result
    }

    private func append(to result: inout [UInt8]) {
        switch self {
        case .null: result.append(contentsOf: "null".utf8)
        case .bool(let value): result.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): result.append(contentsOf: String(value).utf8)
        case .string(let value): Self.appendString(Array(value.utf8), to: &result)
        case .array(let values):
            result.append(UInt8(ascii: "["))
            for (place, value) in values.enumerated() {
                if place > 0 { result.append(UInt8(ascii: ",")) }
                value.append(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .object(let members):
            result.append(UInt8(ascii: "{"))
            for (place, member) in members.enumerated() {
                if place > 0 { result.append(UInt8(ascii: ",")) }
                Self.appendString(Array(member.key.utf8), to: &result)
                result.append(UInt8(ascii: ":"))
                member.value.append(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        case .raw(let bytes): result.append(contentsOf: bytes)
        }
    }

    /// Writes a string in quotes: only what must be escaped is, other characters stay UTF-8.
    static func appendString(_ utf8: [UInt8], to result: inout [UInt8]) {
        result.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case 0x22, 0x5C: result.append(contentsOf: [0x5C, byte])
            case 0x0A: result.append(contentsOf: "\\n".utf8)
            case 0x0D: result.append(contentsOf: "\\r".utf8)
            case 0x09: result.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                result.append(contentsOf: "\\u00".utf8)
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
    }
}

extension JSONText: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONText...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONText)...) {
        self = .object(elements.map { (key: $0.0, value: $0.1) })
    }
}
