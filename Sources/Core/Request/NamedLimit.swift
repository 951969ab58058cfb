/// What a place takes: a size under a name such as `discord`, with where it is known from.
///
/// Such limits move, and pages disagree about them; so each says how sure it is and when it was looked up.
package struct NamedLimit: Sendable, Equatable, Codable {
    /// What the place counts.
    package enum Measure: Sendable, Equatable, Codable {
        /// The bytes of the file as it is.
        case file(bytes: Int)
        /// The bytes of a whole message, in which the file is written in base64.
        case message(bytes: Int)
    }

    /// How the number is written where it was found.
    package enum Reading: String, Sendable, Codable {
        /// Only something like "10 MB", which may also mean 2²⁰: the smaller reading is never refused.
        case decimal
        /// Bytes, or a unit of 2¹⁰.
        case exact
    }

    /// How sure a source is.
    package enum Grade: String, Sendable, Codable {
        /// The place's own documents or programs.
        case a = "A"
        /// People who ran into it and wrote it down.
        case b = "B"
        /// Told by third parties, or concluded.
        case c = "C"

        package var words: String {
            switch self {
            case .a: "its own documents, or its servers' own words"
            case .b: "projects that keep to it"
            case .c: "told by third parties"
            }
        }
    }

    /// As it is typed: small letters, digits and hyphens.
    package var name: String
    /// As it is read.
    package var title: String
    package var measure: Measure
    package var reading: Reading
    /// How long a video may last there, in seconds; nil where nothing is known.
    package var mostSeconds: Int?
    /// Whatever else is worth knowing, in words.
    package var remarks: [String]
    /// An address, or in words where there is none.
    package var source: String
    /// Nil of a user's own.
    package var grade: Grade?
    /// The day or the month, as 2026-11-21; nil of a user's own.
    package var checked: String?

    package init(
        _ name: String,
        _ title: String,
        _ measure: Measure,
        _ reading: Reading,
        mostSeconds: Int? = nil,
        remarks: [String] = [],
        source: String,
        grade: Grade? = nil,
        checked: String? = nil
    ) {
        self.name = name
        self.title = title
        self.measure = measure
        self.reading = reading
        self.mostSeconds = mostSeconds
        self.remarks = remarks
        self.source = source
        self.grade = grade
        self.checked = checked
    }

    /// Whether a user wrote it down.
    package var isOwn: Bool { grade == nil }

    /// What a file may weigh there.
    package var size: ByteSize {
        switch measure {
        case .file(let bytes): ByteSize(bytes: bytes)
        case .message(let bytes): ByteSize(bytes: Self.rawBytes(inMessageOf: bytes))
        }
    }

    /// Bytes of a message that are not the file: the headers, of which each server on the way adds
    /// some, the names of its parts, a few words and a signature.
    package static let messageHeaderBytes = 64 << 10

    /// How large a file may be whose base64 fits into a message.
    ///
    /// Three bytes become four characters, and a line of 76 of them ends in two more: 57 bytes take 78, which
    /// makes a factor of 1.368.
    package static func rawBytes(inMessageOf bytes: Int) -> Int {
        let room = max(0, bytes - messageHeaderBytes)
        let lines = room / 78 * 57
        let rest = max(0, room % 78 - 2) / 4 * 3
        return lines + rest
    }

    /// `Discord, 20 MB`: why a size is what it is.
    package var summary: String { "\(title), \(stated)" }

    /// The limit as its place words it: `20 MB`, `a message of 25 MB`.
    package var stated: String {
        switch measure {
        case .file(let bytes): Self.words(bytes)
        case .message(let bytes):
            "\(ByteSize.text(size.bytes)) in a message of \(Self.words(bytes))"
        }
    }

    /// What the bytes mean, in a sentence.
    package var meaning: String {
        switch (measure, reading) {
        case (.file(let bytes), .decimal):
            "the file as it is; MB read as 10⁶, which is never refused: \(ByteSize.grouped(bytes)) bytes"
        case (.file(let bytes), .exact):
            "the file as it is: \(ByteSize.grouped(bytes)) bytes"
        case (.message(let bytes), _):
            "the whole message, \(ByteSize.grouped(bytes)) bytes, in which a file takes 1.368 of its size "
                + "(base64 with line breaks) and headers and text \(Self.words(Self.messageHeaderBytes)): "
                + "\(ByteSize.grouped(size.bytes)) bytes of file"
        }
    }

    /// What is to be said of a clip that lasts longer than the place allows; nil where it does not.
    package func objection(toSeconds seconds: Double) -> String? {
        guard let mostSeconds, seconds >= Double(mostSeconds) + 1 else { return nil }
        return "\(title) takes at most \(durationText(Double(mostSeconds))), "
            + "and this lasts \(durationText(seconds))"
    }

    private static func words(_ bytes: Int) -> String {
        let text = ByteSize(bytes: bytes).fileNameText
        let number = text.prefix { $0.isNumber || $0 == "." }
        let unit = text.dropFirst(number.count)
        return unit == "B" ? "\(ByteSize.grouped(bytes)) bytes" : "\(number) \(unit)"
    }
}

/// All limits that have a name: Cinch's own, and those that a user wrote down.
package struct NamedLimits: Sendable, Equatable {
    package private(set) var all: [NamedLimit]

    /// Cinch's own.
    package static let builtIn = NamedLimits(all: NamedLimit.table)

    /// A user's own come first, and replace those of the same name.
    package func adding(_ own: [NamedLimit]) -> NamedLimits {
        let names = Set(own.map(\.name))
        return NamedLimits(all: own + all.filter { !names.contains($0.name) })
    }

    /// The limit of a name, whatever its case.
    ///
    /// Throws: `Failure` of kind `.usage` with the names that are nearest.
    package func named(_ text: String) throws(Failure) -> NamedLimit {
        let wanted = text.lowercased()
        if let found = all.first(where: { $0.name == wanted }) { return found }
        let nearest = nearest(to: wanted)
        let list =
            nearest.count > 1
            ? nearest.dropLast().joined(separator: ", ") + " or " + (nearest.last ?? "")
            : nearest.first ?? ""
        throw Failure(
            .usage,
            "There is no limit called '\(text)'",
            why: list.isEmpty ? "" : "did you mean \(list)?",
            advice: "See all of them with 'cinch limits', or give a size: --to 8MB."
        )
    }

    /// At most three names that resemble a text, the nearest first.
    package func nearest(to text: String) -> [String] {
        let ranked = all.map { limit in
            let first = String(limit.name.prefix { $0 != "-" })
            let begins = limit.name.hasPrefix(text) || (first.count > 2 && text.hasPrefix(first))
            let isPart =
                text.count > 1 && (begins || limit.title.lowercased().contains(text))
            let distance = min(
                Self.distance(limit.name, text),
                Self.distance(limit.name.filter { $0 != "-" }, text)
            )
            return (name: limit.name, distance: isPart ? min(1, distance) : distance)
        }
        let most = max(1, text.count / 3)
        return ranked.filter { $0.distance <= most }
            .sorted {
                ($0.distance, $0.name.count, $0.name) < ($1.distance, $1.name.count, $1.name)
            }
            .prefix(3).map { $0.name }
    }

    /// How many characters must be put in, taken out or changed to make one of the other.
    package static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (index, character) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let change = diagonal + (other[column] == character ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
