/// A JPEG as its segments: what is the picture, and what is written beside it.
package struct JPEGFile: Sendable {
    /// One marker with what belongs to it.
    private struct Segment {
        var marker: UInt8
        /// From the marker's first byte on.
        var whole: Range<Int>
        var payload: Range<Int>
    }

    private let bytes: [UInt8]
    private var segments: [Segment] = []
    /// As it is stored; nil where no frame header was found.
    package private(set) var size: PixelSize?
    package private(set) var components = 0
    /// Behind the end marker; nil where there is none, so that the picture is cut off.
    package private(set) var end: Int?

    /// Reads the segments up to the end of the picture; nil for what does not begin as a JPEG.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count > 4, bytes[0] == 0xFF, bytes[1] == 0xD8 else { return nil }
        self.bytes = bytes
        var position = 2
        while position + 1 < bytes.count {
            guard bytes[position] == 0xFF else {
                // Some writers leave bytes between the segments.
                guard let next = bytes[position...].firstIndex(of: 0xFF) else { return }
                position = next
                continue
            }
            let marker = bytes[position + 1]
            switch marker {
            case 0xFF:
                position += 1
            case 0x00, 0x01, 0xD0...0xD8:
                position += 2
            case 0xD9:
                end = position + 2
                return
            default:
                guard let next = take(marker, at: position) else { return }
                position = next
            }
        }
    }

    private mutating func take(_ marker: UInt8, at position: Int) -> Int? {
        let block = ByteBlock(bytes[...])
        guard let length = block.short(position + 2), length >= 2,
            position + 2 + length <= bytes.count
        else { return nil }
        let payload = position + 4..<position + 2 + length
        var next = payload.upperBound
        // Between 0xC0 and 0xCF are the frame headers, but for three.
        if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker), size == nil,
            let height = block.short(payload.lowerBound + 1),
            let width = block.short(payload.lowerBound + 3),
            let count = block.byte(payload.lowerBound + 5)
        {
            size = PixelSize(width: width, height: height)
            components = count
        }
        if marker == 0xDA { next = endOfScan(from: next) }
        segments.append(Segment(marker: marker, whole: position..<next, payload: payload))
        return next
    }

    /// Coded data has no marker in it but those that restart it.
    private func endOfScan(from start: Int) -> Int {
        var position = start
        while let found = bytes[position...].firstIndex(of: 0xFF), found + 1 < bytes.count {
            let marker = bytes[found + 1]
            if marker == 0 || (0xD0...0xD7).contains(marker) {
                position = found + 2
            } else if marker == 0xFF {
                position = found + 1
            } else {
                return found
            }
        }
        return bytes.count
    }

    // MARK: - What is beside the picture

    /// The payload of the first segment of a kind that begins with these words, without them.
    private func payload(_ marker: UInt8, _ words: StaticString) -> ArraySlice<UInt8>? {
        payloads(marker, words).first
    }

    private func payloads(_ marker: UInt8, _ words: StaticString) -> [ArraySlice<UInt8>] {
        segments.filter { $0.marker == marker }.compactMap { segment in
            let payload = bytes[segment.payload]
            guard ByteBlock(payload).has(words, at: 0) else { return nil }
            return payload.dropFirst(words.utf8CodeUnitCount)
        }
    }

    package var exif: ArraySlice<UInt8>? { payload(0xE1, "Exif\0\0") }

    /// The colour profile, put together from its parts.
    package var profile: [UInt8]? {
        var parts: [Int: ArraySlice<UInt8>] = [:]
        var total = 0
        for part in payloads(0xE2, "ICC_PROFILE\0") {
            guard part.count > 2, let number = part.first else { continue }
            parts[Int(number)] = part.dropFirst(2)
            total = Int(part[part.startIndex + 1])
        }
        guard total > 0, (1...total).allSatisfy({ parts[$0] != nil }) else { return nil }
        return (1...total).flatMap { parts[$0] ?? [] }
    }

    /// What it says beside its picture, by name; EXIF's tags are told apart.
    package var tags: [Metadata.Tag] {
        var tags = exif.flatMap(Exif.init)?.tags ?? []
        if exif != nil, tags.isEmpty, exif.flatMap(Exif.init) == nil {
            tags.append(Metadata.Tag("Exif", ""))
        }
        func add(_ name: String, _ value: String = "") {
            if !tags.contains(where: { $0.key == name }) { tags.append(Metadata.Tag(name, value)) }
        }
        for segment in segments {
            let payload = ByteBlock(bytes[segment.payload])
            switch segment.marker {
            case 0xE1 where payload.has("Exif", at: 0): break
            case 0xE1: add("XMP")
            case 0xE2 where payload.has("ICC_PROFILE", at: 0): break
            case 0xE2 where payload.has("MPF", at: 0): add("FurtherPictures")
            case 0xE0 where payload.has("JFIF", at: 0): break
            case 0xED: add("IPTC")
            case 0xEE where payload.has("Adobe", at: 0): break
            case 0xE0...0xEF: add("App\(segment.marker - 0xE0)")
            case 0xFE:
                let text = bytes[segment.payload].prefix(1000).prefix { $0 != 0 }
                add("Comment", String(decoding: text, as: UTF8.self))
            default: break
            }
        }
        if let end, bytes[end...].contains(where: { $0 != 0 }) { add("AppendedData") }
        return tags
    }

    // MARK: - Writing

    /// The same coded picture with other words beside it; nil where its end is missing.
    ///
    /// What the picture needs to be read right stays: the tables, the colour profile, and the word
    /// on how its colours are stored. What follows its end goes.
    ///
    /// Parameters:
    ///   - exif: the block that is to be in it.
    ///   - keepsRest: whether XMP, IPTC and comments stay.
    package func rewritten(exif: [UInt8]?, keepsRest: Bool = false) -> [UInt8]? {
        guard let end else { return nil }
        var result: [UInt8] = [0xFF, 0xD8]
        var head: [UInt8] = []
        var body: [UInt8] = []
        for segment in segments {
            let payload = ByteBlock(bytes[segment.payload])
            let isKept: Bool
            switch segment.marker {
            case 0xE0 where payload.has("JFIF", at: 0):
                head += bytes[segment.whole]
                continue
            case 0xE1 where payload.has("Exif", at: 0): isKept = false
            case 0xE2 where payload.has("ICC_PROFILE", at: 0): isKept = true
            // It points at further pictures, which are behind the end.
            case 0xE2 where payload.has("MPF", at: 0): isKept = false
            case 0xEE where payload.has("Adobe", at: 0): isKept = true
            case 0xE0...0xEF, 0xFE: isKept = keepsRest
            default: isKept = true
            }
            if isKept { body += bytes[segment.whole] }
        }
        result += head
        if let exif { result += Self.segment(0xE1, Array("Exif\0\0".utf8) + exif) }
        result += body
        result += bytes[end - 2..<end]
        return result
    }

    /// A coded picture as an encoder makes it, with what belongs beside it.
    ///
    /// - Returns: nil where it is no JPEG.
    package static func make(
        of coded: [UInt8],
        exif: [UInt8]?,
        profile: [UInt8]?,
        blocks: [[UInt8]] = []
    ) -> [UInt8]? {
        guard coded.count > 2, coded[0] == 0xFF, coded[1] == 0xD8 else { return nil }
        return [0xFF, 0xD8] + beside(exif: exif, profile: profile, blocks: blocks) + coded[2...]
    }

    /// The segments that stand before the picture: JFIF's, EXIF, the profile, and whole ones from elsewhere.
    package static func beside(
        exif: [UInt8]?,
        profile: [UInt8]?,
        blocks: [[UInt8]] = []
    ) -> [UInt8] {
        // Version 1.01, square pixels, no small picture.
        var result = segment(0xE0, Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0])
        if let exif { result += segment(0xE1, Array("Exif\0\0".utf8) + exif) }
        if let profile {
            let most = 65_000
            let count = (profile.count + most - 1) / most
            for index in 0..<min(count, 255) {
                let part = profile[index * most..<min(profile.count, (index + 1) * most)]
                result += segment(
                    0xE2,
                    Array("ICC_PROFILE\0".utf8) + [UInt8(index + 1), UInt8(count)] + part
                )
            }
        }
        for block in blocks { result += block }
        return result
    }

    /// The whole segments of XMP, IPTC and comments.
    package var words: [[UInt8]] {
        segments.filter { segment in
            let payload = ByteBlock(bytes[segment.payload])
            switch segment.marker {
            case 0xE1: return !payload.has("Exif", at: 0)
            case 0xED, 0xFE: return true
            default: return false
            }
        }.map { Array(bytes[$0.whole]) }
    }

    private static func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
        // A segment's length has sixteen bits.
        guard payload.count <= 65_533 else { return [] }
        var result: [UInt8] = [0xFF, marker]
        result.append(number: payload.count + 2, bytes: 2)
        return result + payload
    }
}
