import TestSupport
import Testing

@testable import Core

@Suite("A picture's file as its bytes")
struct StillFileTests {
    private func segment(_ marker: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + payload
    }

    private let frame: [UInt8] = [8, 0, 48, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]
    private let coded: [UInt8] = [1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4, 5]

    /// A JPEG of 64 × 48 whose coded data means nothing, with everything beside it that phones write.
    private func jpeg(appended: [UInt8] = []) -> [UInt8] {
        [0xFF, 0xD8]
            + segment(0xE1, Array("Exif\0\0".utf8) + PhoneWords(orientation: 1).block)
            + segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0<x/>".utf8))
            + segment(0xE2, Array("ICC_PROFILE\0".utf8) + [2, 2, 30, 40])
            + segment(0xE2, Array("ICC_PROFILE\0".utf8) + [1, 2, 10, 20])
            + segment(0xE2, Array("MPF\0".utf8) + [1, 2, 3])
            + segment(0xED, Array("Photoshop 3.0\0".utf8))
            + segment(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1])
            + segment(0xFE, Array("made with love".utf8))
            + segment(0xDB, [UInt8](repeating: 1, count: 65)) + segment(0xC0, frame)
            + segment(0xDA, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]) + coded + [0xFF, 0xD9] + appended
    }

    @Test("a JPEG tells its size, its profile and what is beside the picture")
    func reads() throws {
        let file = try #require(JPEGFile(jpeg(appended: [1, 2, 3])))
        #expect(file.size == PixelSize(width: 64, height: 48))
        #expect(file.components == 3)
        #expect(file.profile == [10, 20, 30, 40])
        let keys = Set(file.tags.map(\.key))
        #expect(
            keys.isSuperset(of: [
                "XMP", "IPTC", "Comment", "FurtherPictures", "AppendedData", "Make", "GPSLatitude",
            ])
        )
        #expect(file.end == jpeg().count)
    }

    @Test("stripped, it has the same coded picture and nothing that tells of anybody")
    func strips() throws {
        let file = try #require(JPEGFile(jpeg(appended: Array("a film".utf8))))
        let bytes = try #require(file.rewritten(exif: nil))
        let again = try #require(JPEGFile(bytes))
        #expect(again.tags.isEmpty)
        #expect(again.profile == file.profile)
        #expect(bytes.suffix(coded.count + 2) == coded + [0xFF, 0xD9])
        let text = String(decoding: bytes, as: UTF8.self)
        for word in [PhoneWords.maker, PhoneWords.serial, "xap", "love", "film", "Photoshop"] {
            #expect(!text.contains(word))
        }
        // The word on how its colours are stored has to stay.
        #expect(text.contains("Adobe"))
        let dated = try #require(
            file.rewritten(exif: Exif.block(of: [Metadata.Tag("DateTime", PhoneWords.date)]))
        )
        #expect(JPEGFile(dated)?.tags == [Metadata.Tag("DateTime", PhoneWords.date)])
    }

    @Test("a JPEG without an end is not rewritten")
    func cutOff() throws {
        let file = try #require(JPEGFile(Array(jpeg().dropLast(3))))
        #expect(file.end == nil && file.rewritten(exif: nil) == nil)
        #expect(StillFile(Array(jpeg().dropLast(3))).isWhole == false)
    }

    @Test("segments are written before the picture, and a long profile in parts")
    func made() throws {
        let bare = try #require(JPEGFile(jpeg())?.rewritten(exif: nil))
        let profile = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let exif = try #require(Exif.block(of: [Metadata.Tag("ImageDescription", "Kai")]))
        let bytes = try #require(
            JPEGFile.make(
                of: [0xFF, 0xD8] + segment(0xC0, frame) + [0xFF, 0xD9],
                exif: exif,
                profile: profile
            )
        )
        let file = try #require(JPEGFile(bytes))
        #expect(file.profile == profile)
        #expect(file.tags == [Metadata.Tag("ImageDescription", "Kai")])
        #expect(bytes[2..<4] == [0xFF, 0xE0])
        #expect(JPEGFile.make(of: [1, 2, 3], exif: nil, profile: nil) == nil)
        #expect(!bare.isEmpty)
    }

    // MARK: - WebP and PNG

    private func chunk(_ name: String, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        return Array(name.utf8) + (0..<4).map { UInt8(count >> ($0 * 8) & 255) } + payload
            + (count % 2 == 1 ? [0] : [])
    }

    private func webp(_ chunks: [[UInt8]]) -> [UInt8] {
        let body = Array("WEBP".utf8) + chunks.flatMap { $0 }
        return chunk("RIFF", body)
    }

    /// The head of a coded picture of 64 × 48.
    private let simple: [UInt8] = [0x30, 1, 0, 0x9D, 1, 0x2A, 64, 0, 48, 0, 9]

    @Test("a plain WebP gets a head when words go into it, and loses it with them")
    func webpWords() throws {
        let plain = webp([chunk("VP8 ", simple)])
        let file = try #require(WebPFile(plain))
        #expect(file.size == PixelSize(width: 64, height: 48) && file.isWhole)
        let exif = try #require(Exif.block(of: [Metadata.Tag("DateTime", PhoneWords.date)]))
        let dressed = try #require(file.rewritten(exif: exif, profile: [1, 2, 3]))
        let again = try #require(WebPFile(dressed))
        #expect(again.size == file.size && again.isWhole && !again.hasAlpha)
        #expect(again.profile == [1, 2, 3])
        #expect(again.tags == [Metadata.Tag("DateTime", PhoneWords.date)])
        #expect(again.rewritten(exif: nil, profile: nil) == plain)
        #expect(WebPFile(Array(dressed.dropLast(9)))?.isWhole == false)
    }

    @Test("a WebP that moves is told apart, and is not rewritten")
    func animated() throws {
        let head: [UInt8] = [0x12, 0, 0, 0, 63, 0, 0, 47, 0, 0]
        let file = try #require(WebPFile(webp([chunk("VP8X", head), chunk("ANIM", [0])])))
        #expect(file.isAnimated && file.hasAlpha)
        #expect(file.size == PixelSize(width: 64, height: 48))
        #expect(file.rewritten(exif: nil, profile: nil) == nil)
    }

    private func part(_ name: String, _ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        return (0..<4).map { UInt8(count >> (24 - $0 * 8) & 255) } + Array(name.utf8) + payload
            + [0, 0, 0, 0]
    }

    @Test("a PNG tells its size, its texts, its turn and its curve")
    func png() throws {
        let bytes =
            [0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A]
            + part("IHDR", [0, 0, 0, 64, 0, 0, 0, 48, 8, 6, 0, 0, 0])
            + part("cICP", [9, 16, 0, 1])
            + part("tEXt", Array("Title".utf8) + [0] + Array("Kai".utf8))
            + part("iTXt", Array("XML:com.adobe.xmp".utf8) + [0, 0, 0, 0, 0] + Array("<x/>".utf8))
            + part("iTXt", Array("Author".utf8) + [0, 0, 0, 0, 0] + Array("Jürgen".utf8))
            + part("eXIf", PhoneWords(orientation: 6).block) + part("IEND", [])
        let file = try #require(PNGFile(bytes))
        #expect(file.size == PixelSize(width: 64, height: 48))
        #expect(file.hasAlpha && file.isWhole && !file.isAnimated)
        #expect(file.codePoints?.primaries == 9 && file.codePoints?.transfer == 16)
        #expect(file.tags.contains(Metadata.Tag("Title", "Kai")))
        #expect(file.tags.contains(Metadata.Tag("Author", "Jürgen")))
        #expect(file.tags.contains { $0.key == "XMP" } && file.tags.contains { $0.key == "Make" })
        #expect(StillFile(bytes).orientation == Orientation(clockwiseDegrees: 90))
        #expect(PNGFile(Array(bytes.dropLast(14)))?.isWhole == false)
    }

    @Test("broken files neither crash nor hang, whatever they claim")
    func fuzz() {
        var dice = SystemRandomNumberGenerator()
        let whole = [
            jpeg(appended: [7]),
            webp([
                chunk("VP8X", [0x1C, 0, 0, 0, 63, 0, 0, 47, 0, 0]), chunk("ICCP", [1, 2, 3]),
                chunk("VP8 ", simple), chunk("EXIF", PhoneWords(orientation: 3).block),
            ]),
            [0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A]
                + part("IHDR", [0, 0, 0, 64, 0, 0, 0, 48, 8, 6, 0, 0, 0])
                + part("iTXt", Array("Author".utf8) + [0, 0, 0, 0, 0] + Array("x".utf8))
                + part("eXIf", PhoneWords(orientation: 6).block) + part("IEND", []),
            PhoneWords(orientation: 5, isLittleEndian: true).block,
        ]
        for round in 0..<4000 {
            var bytes = whole[round % whole.count]
            for _ in 0..<Int.random(in: 1...5, using: &dice) {
                let place = Int.random(in: 0..<bytes.count, using: &dice)
                bytes[place] =
                    [0, 0xFF, 0x7F, UInt8.random(in: 0...255, using: &dice)]
                    .randomElement(using: &dice) ?? 0
            }
            if round % 3 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &dice)) }
            let file = StillFile(bytes)
            _ = (file.size, file.orientation, file.tags, file.profile, file.wordsBytes)
            if case .jpeg(let jpeg) = file { _ = jpeg.rewritten(exif: nil, keepsRest: true) }
            if case .webp(let webp) = file { _ = webp.rewritten(exif: [1], profile: nil) }
        }
    }
}
