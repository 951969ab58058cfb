/// What a line or a group of lines of an event stream means, before anybody reads its payload.
package enum StreamItem: Sendable, Equatable {
    case event(StreamEvent)
    /// A sign of life without content: a comment, or `data:` with nothing.
    case liveness
    /// An event that was larger than the limit; it is skipped, the stream goes on.
    case oversized
}

/// One event as it stood in the stream.
package struct StreamEvent: Sendable, Equatable {
    /// The `event:` field; nil if there was none.
    package var name: String?
    /// The `data:` lines, joined with LF; not decoded.
    package var data: [UInt8]
    /// Lines that are no field at all, joined with LF.
    ///
    /// The standard ignores them. Here they may be the rest of an error message that the sender
    /// did not escape (§4.6, S1).
    package var stray: [UInt8]

    /// An event of bytes.
    package init(name: String? = nil, data: [UInt8], stray: [UInt8] = []) {
        (self.name, self.data, self.stray) = (name, data, stray)
    }

    /// An event of text.
    package init(name: String? = nil, data: String) {
        self.init(name: name, data: Array(data.utf8))
    }
}

/// Splits the bytes of a server-sent event stream into events, as they come.
///
/// The rules are those of the WHATWG standard with the tolerance of §4.3. Everything happens on
/// bytes: chunks may end inside a code point or between CR and LF, and U+2028 or U+0085 inside a
/// string end nothing. The result does not depend on how the bytes were cut.
package struct EventStream: Sendable {
    /// The longest line, and the most data of one event, in bytes.
    private let limit: Int
    private var line: [UInt8] = []
    private var lineIsOversized = false
    /// The last byte was CR: an LF that follows belongs to it.
    private var afterCarriageReturn = false
    private var isFirstLine = true

    private var name: String?
    private var data: [UInt8] = []
    private var stray: [UInt8] = []
    private var hasData = false
    private var hasField = false
    private var isOversized = false

    /// Whether the stream ended inside an event; known after `finish`.
    package private(set) var isTruncated = false

    /// The start of a stream; larger lines and events than `limit` bytes are skipped.
    package init(limit: Int = 16 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes, any number of them.
    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [StreamItem] {
        let chunk = Array(bytes)
        var items: [StreamItem] = []
        var start = 0
        for (place, byte) in chunk.enumerated() {
            guard byte == 0x0A || byte == 0x0D else {
                afterCarriageReturn = false
                continue
            }
            if byte == 0x0A, afterCarriageReturn {
                afterCarriageReturn = false
                start = place + 1
                continue
            }
            afterCarriageReturn = byte == 0x0D
            append(chunk[start..<place])
            start = place + 1
            if let item = endLine() { items.append(item) }
        }
        append(chunk[start...])
        return items
    }

    /// The stream is over, in order or not.
    ///
    /// What was begun is given out as if it had been ended, and `isTruncated` tells: the reader
    /// uses it if it is whole by its own rules (§4.3, 5).
    package mutating func finish() -> [StreamItem] {
        var items: [StreamItem] = []
        // A comment is never half of something that matters.
        let isCut = lineIsOversized || !(field.isEmpty || field.first == UInt8(ascii: ":"))
        if !line.isEmpty || lineIsOversized, let item = endLine() { items.append(item) }
        guard isCut || hasField || isOversized else { return items }
        isTruncated = true
        if let item = endEvent() { items.append(item) }
        return items
    }

    private mutating func append(_ part: ArraySlice<UInt8>) {
        guard !lineIsOversized else { return }
        guard line.count + part.count <= limit else {
            lineIsOversized = true
            line = []
            return
        }
        line.append(contentsOf: part)
    }

    /// The line so far, without the byte order mark of the stream.
    private var field: ArraySlice<UInt8> {
        isFirstLine && line.starts(with: [0xEF, 0xBB, 0xBF]) ? line[3...] : line[...]
    }

    private mutating func endLine() -> StreamItem? {
        defer {
            line.removeAll(keepingCapacity: line.count < 1 << 16)
            lineIsOversized = false
            isFirstLine = false
        }
        if lineIsOversized {
            isOversized = true
            return nil
        }
        let field = field
        guard let first = field.first else { return endEvent() }
        if first == UInt8(ascii: ":") { return .liveness }
        take(field)
        return nil
    }

    private mutating func take(_ field: ArraySlice<UInt8>) {
        let colon = field.firstIndex(of: UInt8(ascii: ":")) ?? field.endIndex
        var value = field[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let key = field[..<colon]
        if key.elementsEqual("data".utf8) {
            hasField = true
            append(value, to: \.data, isFirst: !hasData)
            hasData = true
        } else if key.elementsEqual("event".utf8) {
            hasField = true
            name = String(decoding: value, as: UTF8.self)
        } else if !key.elementsEqual("id".utf8), !key.elementsEqual("retry".utf8), hasData {
            append(field, to: \.stray, isFirst: stray.isEmpty)
        }
    }

    private mutating func append(
        _ value: ArraySlice<UInt8>,
        to buffer: WritableKeyPath<EventStream, [UInt8]>,
        isFirst: Bool
    ) {
        guard !isOversized, data.count + stray.count + value.count < limit else {
            isOversized = true
            return
        }
        if !isFirst { self[keyPath: buffer].append(0x0A) }
        self[keyPath: buffer].append(contentsOf: value)
    }

    private mutating func endEvent() -> StreamItem? {
        defer {
            (name, data, stray) = (nil, [], [])
            (hasData, hasField, isOversized) = (false, false, false)
        }
        if isOversized { return .oversized }
        guard hasField else { return nil }
        let name = name.flatMap { $0.isEmpty ? nil : $0 }
        if data.isEmpty, name == nil { return .liveness }
        return .event(StreamEvent(name: name, data: data, stray: stray))
    }
}
