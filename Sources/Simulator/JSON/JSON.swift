/// A JSON value that keeps the order of keys and the spelling of numbers.
///
/// Foundation's writer would sort or shuffle keys and round numbers, and what the service answers
/// has to be the same bytes every time it is asked.
package indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// As it is spelled, as in `1e2` or `9007199254740993`.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])
    /// Text that is put in as it is; never parsed.
    case raw([UInt8])

    package struct Member: Sendable, Equatable {
        package var key: String
        package var value: JSON

        package init(_ key: String, _ value: JSON) { (self.key, self.value) = (key, value) }
    }

    /// The member of that name, the last where there are several; nil for anything but an object.
    package subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    package var string: String? { if case .string(let text) = self { text } else { nil } }

    package var array: [JSON]? { if case .array(let values) = self { values } else { nil } }

    package var keys: [String]? {
        if case .object(let members) = self { members.map(\.key) } else { nil }
    }

    /// The value with one member set, or removed where `value` is nil; an object is made of
    /// anything else.
    package func setting(_ path: [String], to value: JSON?) -> JSON {
        guard let key = path.first else { return value ?? .null }
        var members: [Member] = []
        if case .object(let own) = self { members = own }
        let rest = Array(path.dropFirst())
        let index = members.firstIndex { $0.key == key }
        if rest.isEmpty, value == nil {
            members.removeAll { $0.key == key }
        } else if let index {
            members[index].value = members[index].value.setting(rest, to: value)
        } else {
            members.append(Member(key, JSON.object([]).setting(rest, to: value)))
        }
        return .object(members)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .number(String(value)) }
    package init(floatLiteral value: Double) { self = .number(String(value)) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }

    static func number(_ value: Int) -> JSON { .number(String(value)) }
    static func number(_ value: Double) -> JSON { .number(String(value)) }
}

extension JSON {
    /// The value as compact UTF-8, nothing beyond ASCII escaped but what JSON asks for.
    package var bytes: [UInt8] {
        var out: [UInt8] = []
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .number(let text): out += text.utf8
        case .string(let text): Self.write(text, to: &out)
        case .raw(let bytes): out += bytes
        case .array(let values):
            out.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                value.write(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                member.value.write(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out += "\\\"".utf8
            case UInt8(ascii: "\\"): out += "\\\\".utf8
            case 0x0A: out += "\\n".utf8
            case 0x0D: out += "\\r".utf8
            case 0x09: out += "\\t".utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                out += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
