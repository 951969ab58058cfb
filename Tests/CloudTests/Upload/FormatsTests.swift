import Foundation
import TestSupport
import Testing

@testable import Cloud

@Suite struct FormatsTests {
    private static func ftyp(_ brand: String) -> [UInt8] {
        [0, 0, 0, 24] + Array("ftyp\(brand)".utf8) + [0, 0, 0, 0]
    }

    private static func riff(_ kind: String) -> [UInt8] { Array("RIFF1234\(kind)".utf8) }

    @Test(
        "the table of media types",
        arguments: zip(
            MediaFormat.allCases,
            [
                "video/mp4", "video/quicktime", "video/x-msvideo", "video/webm", "video/x-matroska",
                "image/jpeg", "image/png", "image/gif", "image/webp", "audio/mpeg", "audio/wav",
                "audio/mp4", "audio/aac",
            ]
        )
    )
    func mediaTypes(format: MediaFormat, type: String) {
        #expect(format.mediaType == type)
        #expect(type.hasPrefix(format.kind.rawValue))
    }

    @Test("an extension is read in any case, jpeg is jpg")
    func extensions() {
        #expect(MediaFormat(fileName: "A.MP4") == .mp4)
        #expect(MediaFormat(fileName: "a.b.JPEG") == .jpg)
        for name in ["mp4", ".mp4", "a.heic", "a.", "a.mp4.txt", ""] {
            #expect(MediaFormat(fileName: name) == nil, "\(name)")
        }
    }

    @Test(
        "content is recognised by its first bytes",
        arguments: [
            (ftyp("isom"), .known(.mp4)), (ftyp("qt  "), .known(.mov)),
            (ftyp("M4A "), .known(.m4a)),
            (ftyp("heic"), .foreign("HEIC")), (ftyp("avif"), .foreign("AVIF")),
            ([0, 0, 0, 8] + Array("wide".utf8), .known(.mov)), (riff("AVI "), .known(.avi)),
            (riff("WAVE"), .known(.wav)), (riff("WEBP"), .known(.webp)), (riff("CDXA"), .unknown),
            ([0x1A, 0x45, 0xDF, 0xA3, 0x42, 0x82] + Array("webm".utf8), .known(.webm)),
            ([0x1A, 0x45, 0xDF, 0xA3, 0x42, 0x82] + Array("matroska".utf8), .known(.mkv)),
            ([0xFF, 0xD8, 0xFF, 0xE0], .known(.jpg)), (Array("GIF89a".utf8), .known(.gif)),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], .known(.png)),
            (Array("ID3\u{4}".utf8), .known(.mp3)), ([0xFF, 0xFB, 0x90, 0x64], .known(.mp3)),
            ([0xFF, 0xF1, 0x50, 0x80], .known(.aac)), ([0xFF, 0xFF, 0xFF, 0xFF], .unknown),
            (Array("%PDF-1.7".utf8), .foreign("PDF")), (Array("<html>".utf8), .foreign("HTML")),
            ([0x49, 0x49, 0x2A, 0], .foreign("TIFF")), (Array("OggS".utf8), .foreign("Ogg")),
            (Array("plain text".utf8), .unknown), ([], .unknown), ([0xFF], .unknown),
        ] as [([UInt8], SniffedFormat)]
    )
    func sniffing(head: [UInt8], expected: SniffedFormat) {
        #expect(SniffedFormat(head: head) == expected)
    }

    @Test(
        "real files are what their names say",
        arguments: [
            ("traffic-432p.mp4", .mp4), ("xvid-mp3.avi", .avi), ("vp9-642x642.webm", .webm),
            ("hdr10-256x144.mkv", .mkv), ("hostile/half-an-index.mov", .mov),
            ("hostile/still.webp", .webp),
        ] as [(String, MediaFormat)]
    )
    func realFiles(name: String, format: MediaFormat) throws {
        let bytes = [UInt8](try Fixture.path(name).contents().prefix(SniffedFormat.bytesNeeded))
        #expect(SniffedFormat(head: bytes) == .known(format))
        #expect(
            UploadCheck.of(fileName: name, head: bytes, byteCount: 9)
                == .accepted(format, fileName: name)
        )
    }

    private func check(_ name: String, _ head: [UInt8], bytes: Int64 = 1) -> UploadCheck {
        UploadCheck.of(fileName: name, head: head, byteCount: bytes)
    }

    @Test("content counts more than the name, within a family the name decides")
    func nameAndContent() {
        #expect(check("a.MOV", Self.ftyp("isom")) == .accepted(.mov, fileName: "a.MOV"))
        #expect(check("a.mkv", [0x1A, 0x45, 0xDF, 0xA3]) == .accepted(.mkv, fileName: "a.mkv"))
        #expect(check("clip", Self.ftyp("isom")) == .accepted(.mp4, fileName: "clip.mp4"))
        #expect(check("a.mp4", Self.riff("AVI ")) == .accepted(.avi, fileName: "a.mp4.avi"))
        #expect(check("a.jpg", Self.ftyp("heic")) == .unsupported("HEIC"))
        #expect(check("a.mp4", Array("???".utf8)) == .accepted(.mp4, fileName: "a.mp4"))
        #expect(check("a.txt", Array("hello".utf8)) == .unsupported("txt"))
        #expect(check("a", Array("hello".utf8)) == .unsupported(""))
    }

    @Test("scenario 46: the border of 500 MB is the smaller reading, and nothing is too little")
    func sizes() {
        let head = Self.ftyp("isom")
        #expect(check("a.mp4", head, bytes: 500_000_000) == .accepted(.mp4, fileName: "a.mp4"))
        #expect(
            check("a.mp4", head, bytes: 500_000_001)
                == .tooLarge(bytes: 500_000_001, limit: 500_000_000)
        )
        #expect(check("a.mp4", [], bytes: 0) == .empty)
    }
}

@Suite struct ProfileTests {
    @Test("the two profiles are the briefs'")
    func profiles() {
        #expect(Profile.clideo.skillSource == "video-compressor-clideo")
        #expect(Profile.eightMB.skillSource == "video-compressor-8mb")
        #expect(Profile.clideo.defaultHeight == 1080 && Profile.eightMB.defaultHeight == 720)
        #expect(Profile.eightMB.trySaying[.english]?.last == "compress this video down to 8MB")
        for profile in Profile.all {
            #expect(Profile.Language.allCases.allSatisfy { profile.trySaying[$0]?.count == 3 })
        }
    }

    @Test("the line of formats names all thirteen and the recommended four")
    func formats() {
        #expect(
            Profile.formatsLine
                == "Supported: mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a, aac;"
                + " best as mp4, mov, avi or webm."
        )
    }
}
