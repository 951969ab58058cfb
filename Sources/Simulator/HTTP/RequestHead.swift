/// A request's first line and headers, read strictly.
struct RequestHead: Sendable, Equatable {
    var method: String
    /// As it was sent, query included.
    var target: String
    var headers: [Header]

    struct Header: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// How the end of a body is found.
    enum Framing: Sendable, Equatable {
        case none
        case length(Int)
        case chunked
    }

    /// Why a head was refused, for the strict list.
    struct Malformed: Error {
        var why: String

        init(_ why: String) { self.why = why }
    }

    /// Reads the bytes up to the empty line, which is not among them.
    init(_ bytes: some Sequence<UInt8>) throws(Malformed) {
        guard let text = String(validating: Array(bytes), as: UTF8.self) else {
            throw Malformed("a request head that is not UTF-8")
        }
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let words = lines.popFirst()?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        guard words.count == 3, words[2] == "HTTP/1.1", words[1].hasPrefix("/") else {
            throw Malformed("a request line that is not `METHOD /path HTTP/1.1`")
        }
        (method, target) = (String(words[0]), String(words[1]))
        headers = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line[..<colon].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw Malformed("a header line without a name") }
            let value = line[line.index(after: colon)...]
            headers.append(Header(name: String(line[..<colon]), value: Self.trimmed(value)))
        }
        if all("host").count != 1 { throw Malformed("not exactly one Host header") }
    }

    /// The path without its query.
    var path: String { String(target.prefix { $0 != "?" }) }

    /// The value of the first header of that name, given in lower case.
    subscript(name: String) -> String? { all(name).first }

    func all(_ name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// Throws where the two ways to say it contradict each other or are unreadable.
    func framing() throws(Malformed) -> Framing {
        let lengths = Set(all("content-length"))
        let codings = all("transfer-encoding")
        if !lengths.isEmpty && !codings.isEmpty {
            throw Malformed("both Content-Length and Transfer-Encoding")
        }
        if let coding = codings.first {
            guard codings.count == 1, coding.lowercased() == "chunked" else {
                throw Malformed("a transfer coding other than chunked")
            }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, let count = Int(length), count >= 0 else {
            throw Malformed("an unreadable Content-Length")
        }
        return count == 0 ? .none : .length(count)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
