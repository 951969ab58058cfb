/// A picture's file as its bytes: what it is, how large, and what is written beside the pixels.
///
/// Read before any decoder sees it, so that its size can be refused and its words be kept or left out.
package enum StillFile: Sendable {
    case jpeg(JPEGFile)
    case png(PNGFile)
    case webp(WebPFile)
    /// TIFF, whose directory is EXIF's own form.
    case tiff(Exif)
    case bmp(PixelSize)
    case gif(PixelSize)
    case unknown

    package init(_ bytes: [UInt8]) {
        let block = ByteBlock(bytes[...], isLittleEndian: true)
        if let file = JPEGFile(bytes) {
            self = .jpeg(file)
        } else if let file = PNGFile(bytes) {
            self = .png(file)
        } else if let file = WebPFile(bytes) {
            self = .webp(file)
        } else if let file = Exif(bytes[...]) {
            self = .tiff(file)
        } else if block.has("GIF8", at: 0), let width = block.short(6), let height = block.short(8)
        {
            self = .gif(PixelSize(width: width, height: height))
        } else if block.has("BM", at: 0), let head = block.long(14) {
            // The oldest head has sizes of 16 bits; a negative height is a picture from the top down.
            let isOld = head == 12
            let width = isOld ? block.short(18) : block.long(18)
            let height = isOld ? block.short(20) : block.long(22)
            let size = PixelSize(width: width ?? 0, height: height ?? 0)
            self = .bmp(
                PixelSize(
                    width: size.width,
                    height: size.height > 0x7FFF_FFFF ? 0x1_0000_0000 - size.height : size.height
                )
            )
        } else {
            self = .unknown
        }
    }

    /// The size that it declares, before it is turned.
    package var size: PixelSize? {
        let found: PixelSize? =
            switch self {
            case .jpeg(let file): file.size
            case .png(let file): file.size
            case .webp(let file): file.size
            case .tiff(let file): file.size
            case .bmp(let size), .gif(let size): size
            case .unknown: nil
            }
        guard let found, found.width > 0, found.height > 0 else { return nil }
        return found
    }

    /// EXIF's block, where it has one beside the picture.
    package var exif: ArraySlice<UInt8>? {
        switch self {
        case .jpeg(let file): file.exif
        case .png(let file): file.exif
        case .webp(let file): file.exif
        case .tiff, .bmp, .gif, .unknown: nil
        }
    }

    /// How the stored pixels become upright ones; nil where it does not say.
    package var orientation: Orientation? {
        if case .tiff(let file) = self { return file.orientation }
        return exif.flatMap(Exif.init)?.orientation
    }

    package var hasAlpha: Bool {
        switch self {
        case .png(let file): file.hasAlpha
        case .webp(let file): file.hasAlpha
        case .jpeg, .tiff, .bmp, .gif, .unknown: false
        }
    }

    /// The colour profile, where it is stored as it is.
    package var profile: [UInt8]? {
        switch self {
        case .jpeg(let file): file.profile
        case .webp(let file): file.profile
        case .png, .tiff, .bmp, .gif, .unknown: nil
        }
    }

    /// What it says beside its picture, by name.
    package var tags: [Metadata.Tag] {
        switch self {
        case .jpeg(let file): file.tags
        case .png(let file): file.tags
        case .webp(let file): file.tags
        case .tiff(let file): file.tags
        case .bmp, .gif, .unknown: []
        }
    }

    /// False where the end of the file is missing; nil where its form does not tell.
    package var isWhole: Bool? {
        switch self {
        case .jpeg(let file): file.end != nil
        case .png(let file): file.isWhole
        case .webp(let file): file.isWhole
        case .tiff, .bmp, .gif, .unknown: nil
        }
    }

    /// Bytes of XMP, IPTC and comments.
    package var wordsBytes: Int {
        switch self {
        case .jpeg(let file): file.words.reduce(0) { $0 + $1.count }
        case .webp(let file): file.words?.count ?? 0
        case .png, .tiff, .bmp, .gif, .unknown: 0
        }
    }
}
