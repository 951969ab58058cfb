import Core
import Media

/// A decoded picture, of which files are made: each at a size and a quality, with what belongs beside it.
struct StillStudio: ~Copyable {
    /// A whole file's bytes, not yet on disk.
    struct Made {
        var bytes: [UInt8]
        /// Of which the coded picture is so much.
        var codedBytes: Int
        var done: StillTry
        var isLossless = false
    }

    private let source: StillSource
    private let plan: StillPlan
    private let picture: StillPicture
    private var pixels: StillPixels
    /// Wider primaries that are converted.
    private let gamut: String?
    private let profile: [UInt8]?
    private let exif: [UInt8]?
    private let file: StillFile
    private let keepsBlocks: Bool
    /// What a person should know of all this.
    let notes: [String]
    /// Of all files that were made.
    private(set) var smallestBytes = Int.max
    private var frame: Frame
    private var frameSize: PixelSize?

    /// The share of the limit that a profile, or words, may take.
    private static let share = 20

    init(
        source: StillSource,
        plan: StillPlan,
        file: StillFile,
        picture: consuming StillPicture
    ) throws {
        var notes: [String] = []
        let room = min(60_000, plan.limitBytes / Self.share)
        var gamut: String?
        var profile: [UInt8]?
        let own = picture.profile
        switch own.flatMap(ColourProfile.init) {
        case .wide(let primaries) where StillPicture.canConvertColours:
            gamut = primaries
            notes.append("its wide range of colours is converted to sRGB")
        case .wide, .otherRGB:
            if let own, own.count <= room {
                profile = own
            } else {
                notes.append("its colour profile is left out for want of room")
            }
        case .sRGB, .grey, .otherSpace, nil: break
        }

        var exif: [UInt8]?
        var keepsBlocks = false
        if plan.words.keepsBlocks, let found = file.exif.flatMap(Exif.init) {
            let upright = found.upright
            if upright.count <= room { exif = upright }
        }
        if plan.words.keepsBlocks {
            keepsBlocks = file.wordsBytes <= room
            if !keepsBlocks { notes.append("XMP and the like are left out for want of room") }
        }
        if exif == nil {
            exif = Exif.block(of: plan.words.metadata.tags)
            if let block = exif, block.count > room {
                exif = nil
                notes.append("its title and dates are left out for want of room")
            }
        }

        let pixels: StillPixels
        switch plan.format {
        case .webp: pixels = source.hasAlpha ? .webpAlpha : .webp
        case .jpeg:
            pixels =
                try picture.hasFullColour && picture.needsFullColour(source: source)
                ? .jpegFullColour : .jpeg
        }
        let frame = try Frame()
        self.source = source
        self.plan = plan
        self.file = file
        self.picture = picture
        self.pixels = pixels
        self.gamut = gamut
        self.profile = profile
        self.exif = exif
        self.keepsBlocks = keepsBlocks
        self.notes = notes
        self.frame = frame
    }

    /// A file of that size and quality.
    mutating func make(_ next: StillTry) throws -> Made {
        try prepare(next.size)
        let coded = try StillEncoder.encode(
            &frame,
            as: StillCoding(
                format: plan.format,
                quality: next.quality,
                isThorough: plan.isThorough
            )
        )
        return try dressed(coded, next)
    }

    /// A WebP that loses nothing, of a picture that has lost nothing yet; nil for all others.
    mutating func lossless() throws -> Made? {
        guard plan.format == .webp, plan.size == source.displaySize,
            ["png", "bmp", "gif", "tiff", "apng"].contains(source.codec), gamut == nil
        else { return nil }
        var exact = try Frame()
        try picture.prepared(
            source: source,
            size: plan.size,
            pixels: .webpLossless,
            gamut: gamut,
            into: &exact
        )
        let coding = StillCoding(format: .webp, quality: 60, isThorough: plan.isThorough)
        let coded = try StillEncoder.encode(&exact, as: coding, isLossless: true)
        var made = try dressed(coded, StillTry(size: plan.size, quality: 100))
        made.isLossless = true
        return made
    }

    /// Whether it has all of the colour still.
    var hasFullColour: Bool { pixels == .jpegFullColour }

    /// From now on with a quarter of the colour, as JPEGs usually are: fewer bytes, softer coloured edges.
    mutating func reduceColour() {
        guard hasFullColour else { return }
        pixels = .jpeg
        frameSize = nil
    }

    private mutating func prepare(_ size: PixelSize) throws {
        guard frameSize != size else { return }
        try picture.prepared(
            source: source,
            size: size,
            pixels: pixels,
            gamut: gamut,
            into: &frame
        )
        frameSize = size
    }

    /// The coded picture with what belongs beside it.
    private mutating func dressed(_ coded: [UInt8], _ done: StillTry) throws -> Made {
        var bytes: [UInt8]?
        switch plan.format {
        case .jpeg:
            var blocks: [[UInt8]] = []
            if keepsBlocks, case .jpeg(let own) = file { blocks = own.words }
            bytes = JPEGFile.make(of: coded, exif: exif, profile: profile, blocks: blocks)
        case .webp:
            var words: [UInt8]?
            if keepsBlocks, case .webp(let own) = file { words = own.words }
            bytes = WebPFile(coded)?.rewritten(exif: exif, profile: profile, words: words)
        }
        guard let bytes else {
            throw Failure(.defect, "The encoder's \(plan.format.name) makes no sense")
        }
        smallestBytes = min(smallestBytes, bytes.count)
        return Made(bytes: bytes, codedBytes: coded.count, done: done)
    }

    /// How alike the result is to the source at its size, by luma's structure, 0 to 1.
    mutating func likeness(to result: borrowing StillPicture, at size: PixelSize) throws -> Double?
    {
        var before = try Frame()
        var after = try Frame()
        try picture.prepared(
            source: source,
            size: size,
            pixels: .jpeg,
            gamut: gamut,
            into: &before
        )
        var plain = source
        plain.orientation = Orientation()
        plain.colour = Colour()
        try result.prepared(source: plain, size: size, pixels: .jpeg, gamut: nil, into: &after)
        before.forgetRange()
        after.forgetRange()
        var similarity = try Similarity(size: size)
        try similarity.add(before, after)
        return try similarity.mean()
    }

    /// The source's own coded picture without what has to go; nil where that cannot be done.
    static func stripped(_ file: StillFile, words: KeptWords) -> [UInt8]? {
        let exif = Exif.block(of: words.metadata.tags)
        switch file {
        case .jpeg(let own): return own.rewritten(exif: exif)
        case .webp(let own): return own.rewritten(exif: exif, profile: own.profile)
        case .png, .tiff, .bmp, .gif, .unknown: return nil
        }
    }
}
