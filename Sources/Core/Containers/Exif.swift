/// What a camera writes into a picture beside the pixels: EXIF, a little TIFF file of its own.
///
/// It is hostile until proved otherwise: offsets that lead outside are skipped, directories are
/// read once each, and what is read has an end.
package struct Exif: Hashable, Sendable {
    /// How the stored pixels become upright ones; nil where it does not say.
    package var orientation: Orientation?
    /// By EXIF's own names, in the order of the file.
    package var tags: [Metadata.Tag] = []
    /// The picture's size where the block is a TIFF file itself.
    package var size: PixelSize?
    /// The offset of the orientation's value, and of the link to the second directory.
    private var orientationOffset: Int?
    private var linkOffset: Int?
    private var block: ByteBlock

    /// Directories of a file have at most 65 535 entries; honest ones have dozens.
    private static let mostEntries = 400
    private static let longestText = 4096

    /// Reads a block that begins with `II*` or `MM*`; nil for anything else.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var block = ByteBlock(bytes)
        if block.has("II", at: 0) {
            block.isLittleEndian = true
        } else if !block.has("MM", at: 0) {
            return nil
        }
        guard block.short(2) == 42, let first = block.long(4) else { return nil }
        self.block = block
        var seen: Set<Int> = []
        var left = Self.mostEntries
        read(.main, at: first, &seen, &left)
    }

    private enum Directory {
        case main
        case camera
        case position
        case other
    }

    private mutating func read(
        _ directory: Directory,
        at offset: Int,
        _ seen: inout Set<Int>,
        _ left: inout Int
    ) {
        guard seen.insert(offset).inserted, let count = block.short(offset) else { return }
        for index in 0..<count {
            let entry = offset + 2 + index * 12
            guard left > 0, let tag = block.short(entry), let type = block.short(entry + 2),
                let number = block.long(entry + 4)
            else { return }
            left -= 1
            switch (directory, tag) {
            case (.main, 0x8769): follow(.camera, entry, &seen, &left)
            case (.main, 0x8825): follow(.position, entry, &seen, &left)
            case (.camera, 0xA005): follow(.other, entry, &seen, &left)
            case (.main, 0x0112): turn(by: block.short(entry + 8), at: entry + 8)
            case (.main, 0x0100):
                size = PixelSize(width: value(entry, type), height: size?.height ?? 0)
            case (.main, 0x0101):
                size = PixelSize(width: size?.width ?? 0, height: value(entry, type))
            case (.other, _): break
            default:
                let name = Self.name(
                    of: tag,
                    inMain: directory == .main,
                    isPosition: directory == .position
                )
                add(name, entry: entry, type: type, count: number)
            }
        }
        let end = offset + 2 + count * 12
        guard directory == .main, let next = block.long(end), next != 0 else { return }
        // The second directory is a small picture, which may show more than the large one does.
        linkOffset = end
        if block.short(next) != nil { tags.append(Metadata.Tag("Thumbnail", "")) }
    }

    private mutating func follow(
        _ directory: Directory,
        _ entry: Int,
        _ seen: inout Set<Int>,
        _ left: inout Int
    ) {
        guard let offset = block.long(entry + 8) else { return }
        read(directory, at: offset, &seen, &left)
    }

    private func value(_ entry: Int, _ type: Int) -> Int {
        (type == 3 ? block.short(entry + 8) : block.long(entry + 8)) ?? 0
    }

    private mutating func turn(by value: Int?, at offset: Int) {
        guard let value, let found = Orientation(exif: value) else { return }
        orientation = found
        orientationOffset = offset
    }

    // MARK: - Values

    private static let bytesOfType = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8]

    private mutating func add(_ name: String?, entry: Int, type: Int, count: Int) {
        guard let name, let unit = Self.bytesOfType[type] else { return }
        let (length, overflow) = unit.multipliedReportingOverflow(by: count)
        guard !overflow else { return }
        let place = length <= 4 ? entry + 8 : block.long(entry + 8) ?? 0
        // What is not there cannot tell anything; what is too long to be a text is told by its name.
        guard let bytes = block.slice(place, length) else { return }
        var text = ""
        if type == 2 || name.hasPrefix("XP") {
            text = Self.text(bytes, isWide: name.hasPrefix("XP"))
            if text.isEmpty { return }
        } else if type == 3 || type == 4, count == 1 {
            text = "\(block.number(place, unit) ?? 0)"
        }
        tags.append(Metadata.Tag(name, text))
    }

    private static func text(_ bytes: ArraySlice<UInt8>, isWide: Bool) -> String {
        let bytes = bytes.prefix(longestText)
        var text: String
        if isWide {
            var units: [UInt16] = []
            var index = bytes.startIndex
            while index + 1 < bytes.endIndex {
                units.append(UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
                index += 2
            }
            text = String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
        } else {
            text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    // MARK: - Changing it

    /// The block for a picture that is upright now: the turn is taken out, and so is the small picture,
    /// which would lie on its side.
    package var upright: [UInt8] {
        var bytes = Array(block.bytes)
        if let orientationOffset {
            bytes[orientationOffset] = block.isLittleEndian ? 1 : 0
            bytes[orientationOffset + 1] = block.isLittleEndian ? 0 : 1
        }
        if let linkOffset {
            let thumbnail = thumbnail(at: block.long(linkOffset) ?? 0)
            for index in linkOffset..<linkOffset + 4 { bytes[index] = 0 }
            // As a rule it is the end of the block.
            if let thumbnail {
                if thumbnail.upperBound >= bytes.count - 2 {
                    bytes.removeSubrange(thumbnail.lowerBound...)
                } else {
                    for index in thumbnail { bytes[index] = 0 }
                }
            }
        }
        return bytes
    }

    /// Where the small picture's bytes are.
    private func thumbnail(at offset: Int) -> Range<Int>? {
        guard let count = block.short(offset) else { return nil }
        var (start, length): (Int?, Int?)
        for index in 0..<min(count, 100) {
            let entry = offset + 2 + index * 12
            if block.short(entry) == 0x0201 { start = block.long(entry + 8) }
            if block.short(entry) == 0x0202 { length = block.long(entry + 8) }
        }
        guard let start, let length, start > 8, block.slice(start, length) != nil else {
            return nil
        }
        return start..<start + length
    }
}

extension Orientation {
    /// The turn that EXIF's number stands for; nil for numbers that are none.
    package init?(exif value: Int) {
        switch value {
        case 1: self.init()
        case 2: self.init(isMirrored: true)
        case 3: self.init(clockwiseDegrees: 180)
        case 4: self.init(clockwiseDegrees: 180, isMirrored: true)
        case 5: self.init(clockwiseDegrees: 90, isMirrored: true)
        case 6: self.init(clockwiseDegrees: 90)
        case 7: self.init(clockwiseDegrees: 270, isMirrored: true)
        case 8: self.init(clockwiseDegrees: 270)
        default: return nil
        }
    }
}
