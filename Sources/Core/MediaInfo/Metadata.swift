/// What a file says beside its picture and its sound: tags, chapters, a cover, tracks of data.
package struct Metadata: Hashable, Codable, Sendable {
    /// A word about the whole file, under libav's name for it.
    package struct Tag: Hashable, Codable, Sendable {
        package var key: String
        package var value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// A named stretch; times count from where the picture begins.
    package struct Chapter: Hashable, Codable, Sendable {
        package var startMicroseconds: Int
        package var endMicroseconds: Int
        package var title: String?

        package init(startMicroseconds: Int, endMicroseconds: Int, title: String? = nil) {
            self.startMicroseconds = startMicroseconds
            self.endMicroseconds = endMicroseconds
            self.title = title
        }
    }

    /// A still picture that stands for the file.
    package struct Cover: Hashable, Codable, Sendable {
        package var streamIndex: Int
        package var codec: String
        package var bytes: Int

        package init(streamIndex: Int, codec: String, bytes: Int) {
            self.streamIndex = streamIndex
            self.codec = codec
            self.bytes = bytes
        }
    }

    /// What becomes of it all.
    package enum Policy: String, Codable, Sendable, CaseIterable {
        /// Everything that an MP4 can hold.
        case keep
        /// Dates, title and chapters; not where it was made, with what, or by whom.
        case `private`
        case none
    }

    package var tags: [Tag]
    package var chapters: [Chapter]
    package var cover: Cover?
    /// Tracks that are neither seen nor heard, by their codec: phones put positions into such.
    package var dataTracks: [String]

    package init(
        tags: [Tag] = [],
        chapters: [Chapter] = [],
        cover: Cover? = nil,
        dataTracks: [String] = []
    ) {
        self.tags = Self.clipped(tags)
        self.chapters = Self.clipped(chapters)
        self.cover = cover
        self.dataTracks = dataTracks
    }

    /// All tags, because what is there decides what has to go, with as much of their texts as is told.
    private static func clipped(_ tags: [Tag]) -> [Tag] {
        var bytes = ToldText.mostBytes
        return tags.map { tag in
            let longest =
                kind(of: tag.key) == .title ? ToldText.longestName : ToldText.longestText
            return Tag(
                tag.key.clipped(to: ToldText.longestKey),
                tag.value.clipped(to: longest, within: &bytes)
            )
        }
    }

    private static func clipped(_ chapters: [Chapter]) -> [Chapter] {
        var bytes = ToldText.mostBytes
        return chapters.map { chapter in
            var chapter = chapter
            chapter.title = chapter.title?.clipped(to: ToldText.longestName, within: &bytes)
            return chapter
        }
    }
}

extension Metadata {
    /// What a tag tells, judged by its name.
    enum Kind: String {
        case location
        case date
        case title
        case software
        case device
        case identifier = "identifiers"
        case people
        case description = "descriptions"
        case other
    }

    // In this order: a date of a GPS fix is a place first. Unknown names are treated as the worst.
    private static let words: [(Kind, [String])] = [
        (
            .location,
            [
                "location", "gps", "latitude", "longitude", "altitude", "geo", "iso6709", "xyz",
                "loci", "country", "city", "place",
            ]
        ),
        (.date, ["date", "creation_time", "year"]),
        (.software, ["software", "encod", "version", "writing", "tool", "application"]),
        (
            .device,
            [
                "make", "model", "camera", "lens", "serial", "device", "firmware", "manufactur",
                "product", "android", "hardware",
            ]
        ),
        (.identifier, ["identifier", "uniqueid", "uuid", "guid", "umid", "signature"]),
        (.people, ["artist", "author", "owner", "performer", "composer", "director", "publisher"]),
        (
            .description,
            [
                "comment", "description", "synopsis", "keyword", "lyrics", "copyright", "genre",
                "album", "show", "network", "episode", "grouping", "track", "disc", "subject",
            ]
        ),
    ]

    /// What the container says of itself, which is true of the old one only.
    private static let mechanical: Set<String> = [
        "major_brand", "minor_version", "compatible_brands", "wmfsdkversion", "wmfsdkneeded",
        "isvbr", "deviceconformancetemplate",
    ]

    private static let titles: Set<String> = [
        "title", "com.apple.quicktime.title", "com.apple.quicktime.displayname",
    ]

    static func kind(of key: String) -> Kind {
        let key = key.lowercased()
        if titles.contains(key) || key.hasPrefix("title-") { return .title }
        return words.first { $0.1.contains { key.contains($0) } }?.0 ?? .other
    }

    /// Tags that somebody chose or that tell something; not those that say which library wrote the file.
    var telling: [Tag] {
        tags.filter { tag in
            let key = tag.key.lowercased()
            return !Self.mechanical.contains(key)
                && !(key == "encoder" && tag.value.hasPrefix("Lav"))
        }
    }

    var isEmpty: Bool {
        telling.isEmpty && chapters.isEmpty && cover == nil && dataTracks.isEmpty
    }

    /// The moment at which it was recorded or made, as containers write it; nil where nobody says.
    var creationTime: String? {
        tags.first { $0.key.lowercased() == "creation_time" && Self.isDate($0.value) }?.value
    }

    /// The date in words of the file's own, with its time zone where it has one.
    var date: String? {
        let keys = ["com.apple.quicktime.creationdate", "date", "date_recorded", "date_released"]
        for key in keys {
            if let tag = tags.first(where: { $0.key.lowercased() == key && Self.isDate($0.value) })
            {
                return tag.value
            }
        }
        return nil
    }

    var title: String? {
        tags.first { Self.kind(of: $0.key) == .title && !$0.value.isEmpty }?.value
    }

    /// Digits and what stands between them: nothing else can hide under the name of a date.
    private static func isDate(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count) && text.contains { $0.isASCII && $0.isNumber }
            && text.allSatisfy { $0.isASCII && ($0.isNumber || "-:+./ TZUC".contains($0)) }
    }
}
