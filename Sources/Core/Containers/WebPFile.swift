/// A WebP as its chunks: what is the picture, and what is written beside it.
package struct WebPFile: Sendable {
    private struct Chunk {
        var name: String
        /// With its head and the byte that makes it even.
        var whole: Range<Int>
        var payload: Range<Int>
    }

    private let bytes: [UInt8]
    private var chunks: [Chunk] = []
    package private(set) var size: PixelSize?
    package private(set) var hasAlpha = false
    package private(set) var isAnimated = false
    /// Whether the file is as long as it says.
    package private(set) var isWhole = false

    /// Reads the chunks; nil for what does not begin as a WebP.
    package init?(_ bytes: [UInt8]) {
        let block = ByteBlock(bytes[...], isLittleEndian: true)
        guard block.has("RIFF", at: 0), block.has("WEBP", at: 8), let length = block.long(4) else {
            return nil
        }
        self.bytes = bytes
        isWhole = length + 8 <= bytes.count
        let end = min(bytes.count, length + 8)
        var position = 12
        while let name = block.name(position), let length = block.long(position + 4) {
            let start = position + 8
            guard length <= end - start else { return }
            let next = min(end, start + length + length % 2)
            take(name, ByteBlock(bytes[start..<start + length], isLittleEndian: true))
            chunks.append(
                Chunk(name: name, whole: position..<next, payload: start..<start + length)
            )
            position = next
        }
    }

    private mutating func take(_ name: String, _ payload: ByteBlock) {
        switch name {
        case "VP8X":
            guard let flags = payload.byte(0), let width = payload.number(4, 3),
                let height = payload.number(7, 3)
            else { return }
            size = PixelSize(width: width + 1, height: height + 1)
            hasAlpha = flags & 0x10 != 0
            isAnimated = flags & 0x02 != 0
        case "VP8 ":
            guard size == nil, let width = payload.short(6), let height = payload.short(8) else {
                return
            }
            size = PixelSize(width: width & 0x3FFF, height: height & 0x3FFF)
        case "VP8L":
            guard size == nil, let bits = payload.number(1, 4) else { return }
            size = PixelSize(width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1)
            hasAlpha = bits >> 28 & 1 == 1
        case "ANIM", "ANMF": isAnimated = true
        case "ALPH": hasAlpha = true
        default: break
        }
    }

    private func payload(_ name: String) -> ArraySlice<UInt8>? {
        chunks.first { $0.name == name }.map { bytes[$0.payload] }
    }

    /// EXIF's block; some writers put JPEG's words before it.
    package var exif: ArraySlice<UInt8>? {
        guard let found = payload("EXIF") else { return nil }
        return ByteBlock(found).has("Exif\0\0", at: 0) ? found.dropFirst(6) : found
    }

    package var profile: [UInt8]? { payload("ICCP").map { Array($0) } }

    /// What it says beside its picture, by name.
    package var tags: [Metadata.Tag] {
        var tags: [Metadata.Tag] = []
        if let exif { tags = Exif(exif)?.tags ?? [Metadata.Tag("Exif", "")] }
        let known: Set = ["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP", "EXIF"]
        for chunk in chunks where !known.contains(chunk.name) {
            let name = chunk.name == "XMP " ? "XMP" : "Chunk \(chunk.name)"
            if !tags.contains(where: { $0.key == name }) { tags.append(Metadata.Tag(name, "")) }
        }
        return tags
    }

    /// XMP's bytes.
    package var words: [UInt8]? { payload("XMP ").map { Array($0) } }

    /// The same coded picture with other words beside it.
    ///
    /// Parameters:
    ///   - exif: the block that is to be in it.
    ///   - profile: the colour profile that is to be in it.
    ///   - words: XMP's bytes that are to be in it.
    /// Returns: nil where the picture itself is missing or moves.
    package func rewritten(exif: [UInt8]?, profile: [UInt8]?, words: [UInt8]? = nil) -> [UInt8]? {
        guard let size, !isAnimated, isWhole else { return nil }
        let picture = chunks.filter { ["VP8 ", "VP8L", "ALPH"].contains($0.name) }
            .flatMap { bytes[$0.whole] }
        guard !picture.isEmpty else { return nil }
        var body: [UInt8] = []
        if exif != nil || profile != nil || words != nil || payload("ALPH") != nil {
            var flags = hasAlpha ? 0x10 : 0
            if profile != nil { flags |= 0x20 }
            if exif != nil { flags |= 0x08 }
            if words != nil { flags |= 0x04 }
            var head: [UInt8] = [UInt8(flags), 0, 0, 0]
            head.append(number: size.width - 1, bytes: 3, isLittleEndian: true)
            head.append(number: size.height - 1, bytes: 3, isLittleEndian: true)
            body += Self.chunk("VP8X", head)
        }
        if let profile { body += Self.chunk("ICCP", profile) }
        body += picture
        if let exif { body += Self.chunk("EXIF", exif) }
        if let words { body += Self.chunk("XMP ", words) }
        var result = Array("RIFF".utf8)
        result.append(number: body.count + 4, bytes: 4, isLittleEndian: true)
        return result + Array("WEBP".utf8) + body
    }

    private static func chunk(_ name: StaticString, _ payload: [UInt8]) -> [UInt8] {
        var result = Array("\(name)".utf8)
        result.append(number: payload.count, bytes: 4, isLittleEndian: true)
        return result + payload + (payload.count % 2 == 1 ? [0] : [])
    }
}
