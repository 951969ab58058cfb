import Foundation

/// Reads `multipart/form-data` as it comes, holding no more than a boundary's length back.
struct MultipartReader {
    enum Event: Equatable {
        case begin(Part)
        case bytes([UInt8])
        case end
    }

    /// A part's own headers, understood.
    struct Part: Equatable, Sendable {
        var name: String
        var filename: String?
        var mediaType: String?
    }

    struct Malformed: Error {
        var why: String
    }

    private enum Place {
        case start
        case headers
        case content
        case finished
    }

    private let boundary: [UInt8]
    private var place = Place.start
    private var held: [UInt8] = []

    /// Reads the boundary from a `Content-Type`; nil where it names none or not this type.
    init?(contentType: String) {
        let parts = contentType.split(separator: ";").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        guard parts.first?.lowercased() == "multipart/form-data",
            let found = parts.first(where: { $0.lowercased().hasPrefix("boundary=") })
        else { return nil }
        let text = found.dropFirst("boundary=".count).trimmingCharacters(in: ["\""])
        guard (1...70).contains(text.utf8.count) else { return nil }
        boundary = Array("\r\n--\(text)".utf8)
        // The first boundary has no line before it.
        held = [13, 10]
    }

    /// Whether the closing boundary was seen.
    var isFinished: Bool { place == .finished }

    mutating func feed(_ bytes: [UInt8]) throws(Malformed) -> [Event] {
        held += bytes
        var events: [Event] = []
        while true {
            switch place {
            case .finished:
                held = []
                return events
            case .start, .content:
                let mark = held.firstRange(of: boundary)
                guard let mark, held.count >= mark + boundary.count + 2 else {
                    // What may be the beginning of a boundary waits for more.
                    let safe = mark ?? max(0, held.count - boundary.count)
                    if place == .content, safe > 0 { events.append(.bytes(Array(held[..<safe]))) }
                    if place == .start, safe > 0 { throw Malformed(why: "bytes before the form") }
                    held.removeFirst(safe)
                    return events
                }
                if place == .content {
                    if mark > 0 { events.append(.bytes(Array(held[..<mark]))) }
                    events.append(.end)
                } else if mark > 0 {
                    throw Malformed(why: "bytes before the form")
                }
                let after = Array(held[(mark + boundary.count)...].prefix(2))
                held.removeFirst(mark + boundary.count + 2)
                if after == Array("--".utf8) {
                    place = .finished
                } else if after == [13, 10] {
                    place = .headers
                } else {
                    throw Malformed(why: "a boundary that is not followed by a line end")
                }
            case .headers:
                guard let end = held.firstRange(of: [13, 10, 13, 10]) else {
                    if held.count > 16 << 10 { throw Malformed(why: "part headers over 16 KiB") }
                    return events
                }
                events.append(.begin(try Self.part(Array(held[..<end]))))
                held.removeFirst(end + 4)
                place = .content
            }
        }
    }

    private static func part(_ bytes: [UInt8]) throws(Malformed) -> Part {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Malformed(why: "part headers that are not UTF-8")
        }
        var part = Part(name: "")
        for line in text.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), !line.contains(where: \.isNewline) else {
                throw Malformed(why: "a part header that is not `name: value`")
            }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            switch line[..<colon].lowercased() {
            case "content-disposition":
                guard value.lowercased().hasPrefix("form-data") else {
                    throw Malformed(why: "a part that is not form-data")
                }
                part.name = parameter("name", of: value) ?? ""
                part.filename = parameter("filename", of: value)
            case "content-type": part.mediaType = value
            default: break
            }
        }
        return part
    }

    /// A quoted parameter; browsers write `%22`, `%0D` and `%0A` for what would end it, older
    /// programs a backslash.
    private static func parameter(_ name: String, of value: String) -> String? {
        for opening in ["; \(name)=\"", ";\(name)=\""] {
            guard let start = value.range(of: opening)?.upperBound else { continue }
            var text = ""
            var isEscaped = false
            for character in value[start...] {
                if isEscaped {
                    text.append(character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    return text.replacingOccurrences(of: "%22", with: "\"")
                        .replacingOccurrences(of: "%0D", with: "\r")
                        .replacingOccurrences(of: "%0A", with: "\n")
                } else {
                    text.append(character)
                }
            }
        }
        return nil
    }
}

extension [UInt8] {
    /// Where a pattern begins; by `memchr`, since a loop over every byte of an upload takes a
    /// build without optimisation minutes.
    fileprivate func firstRange(of pattern: [UInt8]) -> Int? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        return unsafe withUnsafeBytes { (all: UnsafeRawBufferPointer) -> Int? in
            guard let base = all.baseAddress else { return nil }
            var from = 0
            let last = all.count - pattern.count
            while from <= last {
                guard
                    let hit = unsafe memchr(base + from, Int32(first), last - from + 1)
                else { return nil }
                let at = unsafe UnsafeRawPointer(hit) - base
                if unsafe all[at..<(at + pattern.count)].elementsEqual(pattern) { return at }
                from = at + 1
            }
            return nil
        }
    }
}
