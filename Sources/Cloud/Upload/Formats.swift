/// A format that the service takes (§15).
package enum MediaFormat: String, Sendable, CaseIterable {
    case mp4
    case mov
    case avi
    case webm
    case mkv
    case jpg
    case png
    case gif
    case webp
    case mp3
    case wav
    case m4a
    case aac

    /// What the service calls `file_type`.
    package enum Kind: String, Sendable {
        case video
        case image
        case audio
    }

    /// What it holds.
    package var kind: Kind {
        switch self {
        case .mp4, .mov, .avi, .webm, .mkv: .video
        case .jpg, .png, .gif, .webp: .image
        case .mp3, .wav, .m4a, .aac: .audio
        }
    }

    /// The media type of its part of a form (§5.1).
    package var mediaType: String {
        switch self {
        case .mp4: "video/mp4"
        case .mov: "video/quicktime"
        case .avi: "video/x-msvideo"
        case .webm: "video/webm"
        case .mkv: "video/x-matroska"
        case .jpg: "image/jpeg"
        case .png: "image/png"
        case .gif: "image/gif"
        case .webp: "image/webp"
        case .mp3: "audio/mpeg"
        case .wav: "audio/wav"
        case .m4a: "audio/mp4"
        case .aac: "audio/aac"
        }
    }

    /// Whether the service's own text recommends it.
    package var isRecommended: Bool { [.mp4, .mov, .avi, .webm].contains(self) }

    /// All extensions that files of these formats have.
    package static let fileExtensions = Set(allCases.map(\.rawValue) + ["jpeg"])

    /// By the extension of a file's name, in any case.
    package init?(fileName: String) {
        guard let dot = fileName.lastIndex(of: "."), dot > fileName.startIndex else { return nil }
        let suffix = fileName[fileName.index(after: dot)...].lowercased()
        self.init(rawValue: suffix == "jpeg" ? "jpg" : suffix)
    }
}

/// What the first bytes of a file say that it is.
package enum SniffedFormat: Sendable, Equatable {
    case known(MediaFormat)
    /// Surely something that the service does not take; its name.
    case foreign(String)
    /// Nothing that is recognised; the extension decides.
    case unknown

    /// How many bytes are enough.
    package static let bytesNeeded = 4096

    /// Reads the first bytes of a file.
    package init(head: [UInt8]) {
        if let iso = Self.isoMedia(head) {
            self = iso
        } else if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) {
            // EBML: the document type is written out near the start.
            let isWebM = head.firstRange(of: Array("webm".utf8)) != nil
            self = .known(isWebM ? .webm : .mkv)
        } else if head.starts(with: "RIFF".utf8), head.count >= 12 {
            switch String(decoding: head[8..<12], as: UTF8.self) {
            case "AVI ": self = .known(.avi)
            case "WAVE": self = .known(.wav)
            case "WEBP": self = .known(.webp)
            default: self = .unknown
            }
        } else if let (_, format) = Self.signatures.first(where: { head.starts(with: $0.0) }) {
            self = format
        } else {
            self = Self.mpegAudio(head).map(SniffedFormat.known) ?? .unknown
        }
    }

    private static let signatures: [([UInt8], SniffedFormat)] = [
        ([0xFF, 0xD8, 0xFF], .known(.jpg)),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .known(.png)),
        (Array("GIF87a".utf8), .known(.gif)), (Array("GIF89a".utf8), .known(.gif)),
        (Array("ID3".utf8), .known(.mp3)),
        (Array("%PDF".utf8), .foreign("PDF")), ([0x50, 0x4B, 0x03, 0x04], .foreign("ZIP")),
        ([0x1F, 0x8B], .foreign("gzip")), ([0x52, 0x61, 0x72, 0x21], .foreign("RAR")),
        ([0x37, 0x7A, 0xBC, 0xAF], .foreign("7z")),
        ([0x49, 0x49, 0x2A, 0x00], .foreign("TIFF")), ([0x4D, 0x4D, 0x00, 0x2A], .foreign("TIFF")),
        (Array("BM".utf8), .foreign("BMP")), (Array("OggS".utf8), .foreign("Ogg")),
        (Array("fLaC".utf8), .foreign("FLAC")), (Array("FLV".utf8), .foreign("FLV")),
        (Array("FORM".utf8), .foreign("AIFF")), (Array("#!AMR".utf8), .foreign("AMR")),
        ([0x30, 0x26, 0xB2, 0x75], .foreign("Windows Media")),
        ([0x00, 0x00, 0x01, 0xBA], .foreign("MPEG")), ([0x00, 0x00, 0x01, 0xB3], .foreign("MPEG")),
        (Array("<!DOCTYPE".utf8), .foreign("HTML")), (Array("<!doctype".utf8), .foreign("HTML")),
        (Array("<html".utf8), .foreign("HTML")), (Array("<svg".utf8), .foreign("SVG")),
        (Array("<?xml".utf8), .foreign("XML")), ([0x7F, 0x45, 0x4C, 0x46], .foreign("a program")),
    ]

    /// The family of MP4: its brands, and QuickTime files from before there were any.
    private static func isoMedia(_ head: [UInt8]) -> SniffedFormat? {
        guard head.count >= 8 else { return nil }
        let box = String(decoding: head[4..<8], as: UTF8.self)
        guard box == "ftyp" else {
            return ["moov", "mdat", "wide", "pnot"].contains(box) ? .known(.mov) : nil
        }
        let brand = head.count < 12 ? "" : String(decoding: head[8..<12], as: UTF8.self)
        switch brand {
        case "qt  ": return .known(.mov)
        case "M4A ", "M4B ": return .known(.m4a)
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": return .foreign("HEIC")
        case "avif", "avis": return .foreign("AVIF")
        case "crx ": return .foreign("CR3")
        default: return .known(.mp4)
        }
    }

    /// A frame of MP3 or of AAC in ADTS: eleven or twelve set bits, then values that exist.
    private static func mpegAudio(_ head: [UInt8]) -> MediaFormat? {
        guard head.count >= 4, head[0] == 0xFF, head[1] & 0xE0 == 0xE0 else { return nil }
        let layer = (head[1] >> 1) & 3
        if head[1] & 0xF0 == 0xF0, layer == 0 { return (head[2] >> 2) & 15 < 13 ? .aac : nil }
        let isValid = (head[1] >> 3) & 3 != 1 && head[2] >> 4 != 15 && (head[2] >> 2) & 3 != 3
        return layer == 1 && isValid ? .mp3 : nil
    }
}

/// Whether a file may be uploaded, decided before anything is sent.
package enum UploadCheck: Sendable, Equatable {
    /// It may, under this format; the name has an extension that fits.
    case accepted(MediaFormat, fileName: String)
    case empty
    case tooLarge(bytes: Int64, limit: Int64)
    /// The service does not take it; what it is, if that is known.
    case unsupported(String)

    /// Looks at a file's name, its first bytes and its length (§15, §5.4).
    ///
    /// What the content surely is counts more than the name. Within the family of MP4, and between
    /// Matroska and WebM, the name decides: there the content alone does not.
    package static func of(
        fileName: String,
        head: [UInt8],
        byteCount: Int64,
        limit: Int64 = Profile.mostUploadBytes
    ) -> UploadCheck {
        if byteCount <= 0 { return .empty }
        let named = MediaFormat(fileName: fileName)
        let format: MediaFormat
        switch (SniffedFormat(head: head), named) {
        case (.foreign(let what), _): return .unsupported(what)
        case (.unknown, nil): return .unsupported(suffix(of: fileName))
        case (.unknown, let named?): format = named
        case (.known(let sniffed), let named?) where areOneFamily(sniffed, named): format = named
        case (.known(let sniffed), _): format = sniffed
        }
        if byteCount > limit { return .tooLarge(bytes: byteCount, limit: limit) }
        let name = named == format ? fileName : "\(fileName).\(format.rawValue)"
        return .accepted(format, fileName: name)
    }

    private static func areOneFamily(_ left: MediaFormat, _ right: MediaFormat) -> Bool {
        [[.mp4, .mov, .m4a], [.mkv, .webm]].contains { $0.contains(left) && $0.contains(right) }
    }

    private static func suffix(of fileName: String) -> String {
        let parts = fileName.split(separator: ".")
        return parts.count > 1 ? PlainText.line(String(parts.last ?? "")) ?? "" : ""
    }
}
