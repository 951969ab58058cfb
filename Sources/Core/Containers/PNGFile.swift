/// A PNG's chunks beside its pixels.
package struct PNGFile: Sendable {
    package private(set) var size: PixelSize?
    package private(set) var hasAlpha = false
    package private(set) var isAnimated = false
    /// Whether its last chunk was reached.
    package private(set) var isWhole = false
    package private(set) var exif: ArraySlice<UInt8>?
    /// What it says beside its picture, by name.
    package private(set) var tags: [Metadata.Tag] = []
    /// Numbers of primaries and transfer as ITU-T H.273 has them (`cICP`).
    package private(set) var codePoints: (primaries: Int, transfer: Int)?

    private static let mostTexts = 100

    /// Reads the chunks; nil for what does not begin as a PNG.
    package init?(_ bytes: [UInt8]) {
        let block = ByteBlock(bytes[...])
        guard bytes.count > 8, bytes[0] == 0x89, block.has("PNG\r\n", at: 1) else { return nil }
        var position = 8
        while let length = block.long(position), let name = block.name(position + 4) {
            guard let payload = block.slice(position + 8, length) else { return }
            take(name, ByteBlock(payload))
            if name == "IEND" {
                isWhole = true
                if position + 12 < bytes.count { add("AppendedData", "") }
                return
            }
            position += length + 12
        }
    }

    private mutating func take(_ name: String, _ payload: ByteBlock) {
        switch name {
        case "IHDR":
            guard let width = payload.long(0), let height = payload.long(4) else { return }
            size = PixelSize(width: width, height: height)
            // Colour types 4 and 6 have a channel of transparency.
            hasAlpha = payload.byte(9).map { $0 & 4 != 0 } ?? false
        case "tRNS": hasAlpha = true
        case "acTL": isAnimated = true
        case "eXIf":
            exif = payload.bytes
            let found = Exif(payload.bytes)?.tags ?? [Metadata.Tag("Exif", "")]
            for tag in found { add(tag.key, tag.value) }
        case "cICP":
            guard let primaries = payload.byte(0), let transfer = payload.byte(1) else { return }
            codePoints = (primaries, transfer)
        case "tEXt", "zTXt", "iTXt": takeText(name, payload)
        case "tIME": add("Modification Time", "")
        default: break
        }
    }

    private mutating func takeText(_ name: String, _ payload: ByteBlock) {
        let keyword = payload.bytes.prefix(79).prefix { $0 != 0 }
        let key = String(decoding: keyword, as: UTF8.self)
        guard !key.isEmpty else { return }
        if key == "XML:com.adobe.xmp" { return add("XMP", "") }
        var value: ArraySlice<UInt8> = []
        if name == "tEXt" { value = payload.bytes.dropFirst(keyword.count + 1) }
        // Latin-1, by the standard; what is packed is told by its name.
        if name == "iTXt", payload.byte(keyword.count + 1) == 0 {
            let rest = payload.bytes.dropFirst(keyword.count + 3)
            let parts = rest.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            if parts.count == 3 {
                return add(key, String(decoding: parts[2].prefix(4096), as: UTF8.self))
            }
        }
        let text = String(String.UnicodeScalarView(value.prefix(4096).map { Unicode.Scalar($0) }))
        add(key, text)
    }

    private mutating func add(_ key: String, _ value: String) {
        guard tags.count < Self.mostTexts, !tags.contains(where: { $0.key == key }) else { return }
        tags.append(Metadata.Tag(key, value))
    }
}
