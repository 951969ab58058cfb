/// The lines of an answer's head, as they come, to an `HTTPHead`.
///
/// Informational answers (1xx) and what comes after the body (trailers) are passed over. A second
/// head takes the place of the first: libcurl asks again where a service does not know "Expect".
struct HTTPHeadReader {
    /// More header bytes than this belong to no honest answer.
    static let mostBytes = 256 << 10

    private(set) var byteCount = 0
    /// Whether the answer itself has begun; "100 Continue" is none.
    private(set) var hasBegun = false
    private(set) var isComplete = false
    private var status: Int?
    private var fields: [(name: String, value: String)] = []

    /// One line with its line end; returns the head when this line completed it.
    mutating func take(_ line: [UInt8]) throws(TransferError) -> HTTPHead? {
        byteCount += line.count
        guard byteCount <= Self.mostBytes else {
            throw TransferError(.tooLarge, "The answer's headers are too long.")
        }
        // In characters a line end of CR and LF is one newline.
        let text = String(decoding: line, as: UTF8.self)
        var rest = text[...]
        while rest.last?.isNewline == true { rest.removeLast() }

        if rest.hasPrefix("HTTP/") {
            let words = rest.split(separator: " ", maxSplits: 2)
            status = words.count > 1 ? Int(words[1]) : nil
            (fields, isComplete) = ([], false)
            hasBegun = hasBegun || !(100...199).contains(status ?? 0)
        } else if isComplete {
            return nil
        } else if rest.isEmpty {
            guard let status, status >= 200 else { return nil }
            isComplete = true
            var headers: [String: String] = [:]
            for (name, value) in fields {
                headers[name] = headers[name].map { $0 + ", " + value } ?? value
            }
            return HTTPHead(status: status, headers: headers)
        } else if rest.first == " " || rest.first == "\t" {
            guard let last = fields.popLast() else { return nil }
            fields.append((last.name, last.value + " " + Self.trimmed(rest)))
        } else if let colon = rest.firstIndex(of: ":") {
            let name = Self.trimmed(rest[..<colon]).lowercased()
            fields.append((name, Self.trimmed(rest[rest.index(after: colon)...])))
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

extension HTTPRequest {
    /// The headers as lines for libcurl; refuses what would end a line early.
    func headerLines() throws(TransferError) -> [String] {
        var lines: [String] = []
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy({ Self.tokenCharacters.contains($0) }) else {
                throw TransferError(.other, "A header's name is not allowed.")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw TransferError(.other, "The header \(name) holds a control character.")
            }
            // libcurl takes "Name:" for the wish to have no such header.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        switch body {
        case .json where !has("content-type"): lines.append("Content-Type: application/json")
        case .none where !has("content-type"): lines.append("Content-Type:")
        default: break
        }
        // Only an upload is worth asking first whether it is wanted (see `Transfer.permission`).
        if case .files = body { return lines }
        lines.append("Expect:")
        return lines
    }

    private func has(_ name: String) -> Bool {
        headers.contains { $0.name.lowercased() == name }
    }

    private static let tokenCharacters = Set(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    )
}
