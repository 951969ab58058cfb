/// One JSON document, checked whole and kept as the bytes it came in.
///
/// Nothing is converted until it is asked for: numbers stay as written, so that an id never passes
/// through Double (§1.4), and every value knows its slice of the bytes, so that a draft goes back
/// as it came (§7.1, §9.2). Beyond the bytes it takes eight bytes for each array or object, in time
/// linear in their number.
///
/// It takes what RFC 8259 allows, a leading byte order mark, duplicate keys (the last wins),
/// surrogates without their other half and bytes that are not UTF-8 (both read as U+FFFD).
package struct JSONDocument: Sendable {
    /// The most arrays and objects inside one another.
    package static let deepestNesting = 256

    /// The one value that the document is.
    package let root: JSONValue
    /// The document as it came, byte order mark and blanks included.
    package let bytes: [UInt8]

    /// Checks the whole document.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var scanner = JSONScanner(bytes, from: start)
        let range = try scanner.scan()
        let source = JSONValue.Source(bytes: bytes, containers: scanner.containers)
        self.bytes = bytes
        root = JSONValue(source: source, range: range, container: 0)
    }
}

/// A value inside a document: a place in its bytes.
package struct JSONValue: Sendable {
    /// The six kinds of RFC 8259.
    package enum Kind: Sendable, Equatable {
        case object
        case array
        case string
        case number
        case bool
        case null
    }

    /// What all values of a document share.
    fileprivate final class Source: Sendable {
        let bytes: [UInt8]
        let containers: [JSONScanner.Container]

        init(bytes: [UInt8], containers: [JSONScanner.Container]) {
            (self.bytes, self.containers) = (bytes, containers)
        }
    }

    private let source: Source
    /// Where it stands in the document's bytes.
    package let range: Range<Int>
    /// For an array or an object, its own number; else that of the next one.
    private let container: Int

    fileprivate init(source: Source, range: Range<Int>, container: Int) {
        (self.source, self.range, self.container) = (source, range, container)
    }

    /// Told by the first byte.
    package var kind: Kind {
        switch source.bytes[range.lowerBound] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The exact bytes it was read from.
    package var bytes: [UInt8] { Array(source.bytes[range]) }

    /// Whether it is `null`; an absent member is nil instead.
    package var isNull: Bool { kind == .null }

    /// `true` or `false`, nothing else.
    package var bool: Bool? {
        kind == .bool ? source.bytes[range.lowerBound] == UInt8(ascii: "t") : nil
    }

    /// The text of a string, escapes read.
    package var string: String? {
        utf8.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A string, or a number exactly as it is written; for ids and codes, which may be either.
    package var text: String? {
        switch kind {
        case .string: string
        case .number: String(decoding: source.bytes[range], as: UTF8.self)
        default: nil
        }
    }

    /// A whole number that fits, from a number or from a string that is one; never rounded.
    package var int: Int64? { text.flatMap(JSONNumber.exactInteger) }

    /// A finite number, from a number or from a string that is one.
    package var double: Double? {
        guard let text, kind == .number || JSONNumber.isNumber(text), let value = Double(text),
            value.isFinite
        else { return nil }
        return value
    }

    /// The elements in order.
    package var array: [JSONValue]? {
        kind == .array ? children.map(\.value) : nil
    }

    /// The members in order, each key once: of duplicates the last.
    package var object: [(key: String, value: JSONValue)]? {
        guard kind == .object else { return nil }
        return members.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
    }

    /// How many elements or members there are, duplicates included; 0 for a scalar.
    package var count: Int { children.reduce(0) { count, _ in count + 1 } }

    /// The member of that name, of duplicates the last; nil where there is none, also for what is
    /// not an object.
    package subscript(_ key: String) -> JSONValue? {
        guard kind == .object else { return nil }
        var found: JSONValue?
        // Byte by byte: to Swift two spellings of "é" are one string, to JSON they are two keys.
        let wanted = Array(key.utf8)
        for child in children where self.key(child.key, is: wanted) { found = child.value }
        return found
    }

    /// Each member's key as UTF-8 and value; of duplicates the last, at the place of the first.
    private var members: [(key: [UInt8], value: JSONValue)] {
        var places: [[UInt8]: Int] = [:]
        var result: [(key: [UInt8], value: JSONValue)] = []
        for child in children {
            let key = utf8(of: child.key)
            // Most objects are small: looking through a few keys is faster than hashing them.
            if result.count == 16 {
                for (place, member) in result.enumerated() { places[member.key] = place }
            }
            let place =
                result.count < 16 ? result.firstIndex { $0.key == key } : places[key]
            if let place {
                result[place].value = child.value
            } else {
                if result.count >= 16 { places[key] = result.count }
                result.append((key, child.value))
            }
        }
        return result
    }

    private var utf8: [UInt8]? {
        kind == .string ? utf8(of: range.lowerBound + 1..<range.upperBound - 1) : nil
    }

    private func utf8(of raw: Range<Int>) -> [UInt8] {
        let slice = source.bytes[raw]
        return slice.contains(UInt8(ascii: "\\")) ? JSONString.unescaped(slice) : Array(slice)
    }

    private func key(_ raw: Range<Int>, is wanted: [UInt8]) -> Bool {
        let slice = source.bytes[raw]
        if slice.count == wanted.count, slice.elementsEqual(wanted) {
            return !wanted.contains(UInt8(ascii: "\\"))
        }
        // An escape is never shorter than what it stands for.
        guard slice.count > wanted.count, slice.contains(UInt8(ascii: "\\")) else { return false }
        return JSONString.unescaped(slice) == wanted
    }
}

extension JSONValue {
    private struct Child {
        /// Between the quotes; empty in an array.
        var key: Range<Int>
        var value: JSONValue
    }

    /// Walks through what stands directly inside, jumping over what is inside that.
    private struct Children: Sequence, IteratorProtocol {
        let source: Source
        let hasKeys: Bool
        var position: Int
        var container: Int

        mutating func next() -> Child? {
            skip { JSONString.isBlank($0) || $0 == UInt8(ascii: ",") }
            guard position < source.bytes.count, !Self.isClose(source.bytes[position]) else {
                return nil
            }
            var key = position..<position
            if hasKeys {
                key = position + 1..<endOfString() - 1
                position = key.upperBound + 1
                skip { JSONString.isBlank($0) || $0 == UInt8(ascii: ":") }
            }
            let start = position
            let own = container
            switch source.bytes[start] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                position = Int(source.containers[own].end)
                container = Int(source.containers[own].next)
            case UInt8(ascii: "\""): position = endOfString()
            default:
                skip { !JSONString.isBlank($0) && $0 != UInt8(ascii: ",") && !Self.isClose($0) }
            }
            let value = JSONValue(source: source, range: start..<position, container: own)
            return Child(key: key, value: value)
        }

        private static func isClose(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
        }

        private mutating func skip(while condition: (UInt8) -> Bool) {
            let bytes = source.bytes
            while position < bytes.count, condition(bytes[position]) { position += 1 }
        }

        private func endOfString() -> Int {
            let bytes = source.bytes
            var end = position + 1
            while bytes[end] != UInt8(ascii: "\"") {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            return end + 1
        }
    }

    private var children: Children {
        let isContainer = kind == .object || kind == .array
        return Children(
            source: source,
            hasKeys: kind == .object,
            position: isContainer ? range.lowerBound + 1 : source.bytes.count,
            container: container + 1
        )
    }
}

extension JSONValue: Equatable {
    /// Whether both say the same, whatever their blanks, escapes, order of members, and ways to
    /// write a number.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        left.canonical == right.canonical
    }

    /// The one spelling that all equal values share: sorted members, no blanks, plain numbers.
    package var canonical: [UInt8] {
        var result: [UInt8] = []
        appendCanonical(to: &result)
        return result
    }

    private func appendCanonical(to result: inout [UInt8]) {
        switch kind {
        case .object:
            result.append(UInt8(ascii: "{"))
            for (key, value) in members.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                if result.last != UInt8(ascii: "{") { result.append(UInt8(ascii: ",")) }
                JSONText.appendString(key, to: &result)
                result.append(UInt8(ascii: ":"))
                value.appendCanonical(to: &result)
            }
            result.append(UInt8(ascii: "}"))
        case .array:
            result.append(UInt8(ascii: "["))
            for child in children {
                if result.last != UInt8(ascii: "[") { result.append(UInt8(ascii: ",")) }
                child.value.appendCanonical(to: &result)
            }
            result.append(UInt8(ascii: "]"))
        case .string:
            JSONText.appendString(utf8 ?? [], to: &result)
        case .number:
            result.append(contentsOf: JSONNumber.canonical(text ?? "").utf8)
        case .bool, .null:
            result.append(contentsOf: source.bytes[range])
        }
    }
}
