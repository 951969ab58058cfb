import TestSupport
import Testing

@testable import Core

@Suite("What a camera writes into a picture")
struct ExifTests {
    private func values(_ exif: Exif) -> [String: String] {
        Dictionary(exif.tags.map { ($0.key, $0.value) }) { first, _ in first }
    }

    @Test("both orders of bytes read alike", arguments: [false, true])
    func reads(_ isLittleEndian: Bool) throws {
        let words = PhoneWords(
            orientation: 6,
            isLittleEndian: isLittleEndian,
            thumbnail: [1, 2, 3]
        )
        let exif = try #require(Exif(words.block[...]))
        #expect(exif.orientation == Orientation(clockwiseDegrees: 90))
        let values = values(exif)
        #expect(values["Make"] == PhoneWords.maker)
        #expect(values["DateTimeOriginal"] == PhoneWords.date)
        #expect(values["OffsetTimeOriginal"] == "+02:00")
        #expect(values["BodySerialNumber"] == PhoneWords.serial)
        #expect(values["GPSLatitudeRef"] == "N")
        #expect(values["GPSLatitude"] != nil && values["MakerNote"] != nil)
        #expect(values["Thumbnail"] != nil)
        // How the pixels are stored tells nobody anything.
        #expect(values["ColorSpace"] == nil && !values.keys.contains { $0.hasPrefix("Exif0x") })
    }

    @Test("the numbers 1 to 8 are the eight turns, and no other number is one")
    func orientations() {
        let found = (0...10).map { Orientation(exif: $0) }
        #expect(Set(found.compactMap { $0 }).count == 8)
        #expect(found[0] == nil && found[9] == nil && found[10] == nil)
        #expect(found[1]?.isUpright == true)
        for number in 5...8 { #expect(found[number]?.swapsSides == true) }
    }

    @Test("a block made upright says so, and has lost its small picture", arguments: [false, true])
    func upright(_ isLittleEndian: Bool) throws {
        let small = [UInt8](repeating: 0xAB, count: 300)
        let words = PhoneWords(orientation: 8, isLittleEndian: isLittleEndian, thumbnail: small)
        let exif = try #require(Exif(words.block[...]))
        let bytes = exif.upright
        let again = try #require(Exif(bytes[...]))
        #expect(again.orientation?.isUpright == true)
        #expect(!bytes.contains(0xAB))
        var expected = exif.tags
        expected.removeAll { $0.key == "Thumbnail" }
        #expect(again.tags == expected)
    }

    @Test("a block of our own reads back as what was put into it")
    func written() throws {
        let tags = [
            Metadata.Tag("ImageDescription", "Kai am Abend – 夕方"),
            Metadata.Tag("DateTime", PhoneWords.date),
            Metadata.Tag("DateTimeOriginal", PhoneWords.date),
            Metadata.Tag("OffsetTimeOriginal", "+02:00"),
            Metadata.Tag("Copyright", "me"),
        ]
        let block = try #require(Exif.block(of: tags))
        let exif = try #require(Exif(block[...]))
        #expect(Set(exif.tags) == Set(tags))
        #expect(exif.orientation == nil)
        #expect(Exif.block(of: []) == nil)
        #expect(Exif.block(of: [Metadata.Tag("XMP", "")]) == nil)
        let alone = try #require(Exif.block(of: [tags[0]]))
        #expect(Exif(alone[...])?.tags == [tags[0]])
    }

    @Test("private keeps the title and the moments, and names what went")
    func privatePolicy() throws {
        let words = PhoneWords(orientation: 1, thumbnail: [1])
        let tags = try #require(Exif(words.block[...])).tags
        let kept = KeptWords.choose(from: Metadata(tags: tags), policy: .private)
        let written = Set(kept.metadata.tags.map(\.key))
        #expect(
            written == ["ImageDescription", "DateTime", "DateTimeOriginal", "OffsetTimeOriginal"]
        )
        #expect(kept.metadata.kept == ["title", "date"])
        #expect(
            Set(kept.metadata.removed) == ["device", "people", "location", "a small picture of it"]
        )
        #expect(!kept.keepsAll)
        #expect(KeptWords.choose(from: Metadata(tags: tags), policy: .none).metadata.tags.isEmpty)
        let all = KeptWords.choose(from: Metadata(tags: tags), policy: .keep)
        #expect(all.keepsBlocks && all.metadata.removed == ["a small picture of it"])
    }

    @Test(
        "what a camera writes where a title should be is none",
        arguments: ["OLYMPUS DIGITAL CAMERA", "DCIM\\100MEDIA\\DJI_0001.JPG", "Fabrikam Nine"]
    )
    func cameraTitles(_ text: String) {
        let tags = [Metadata.Tag("Make", "Fabrikam"), Metadata.Tag("ImageDescription", text)]
        let kept = KeptWords.choose(from: Metadata(tags: tags), policy: .private)
        #expect(kept.metadata.tags.isEmpty)
    }

    @Test("nothing hides under the name of a date")
    func datesAreDates() {
        let tags = [Metadata.Tag("DateTimeOriginal", "52.5 N 13.4 E, my flat")]
        #expect(
            KeptWords.choose(from: Metadata(tags: tags), policy: .private).metadata.tags.isEmpty
        )
    }

    @Test("broken blocks neither crash nor hang, whatever is wrong with them")
    func fuzz() {
        var dice = SystemRandomNumberGenerator()
        let whole = [
            PhoneWords(orientation: 6, thumbnail: [9, 9]).block,
            PhoneWords(orientation: 3, isLittleEndian: true).block,
        ]
        var read = 0
        for round in 0..<4000 {
            var block = whole[round % 2]
            for _ in 0..<Int.random(in: 1...6, using: &dice) {
                let place = Int.random(in: 0..<block.count, using: &dice)
                block[place] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &dice)]
                    .randomElement(using: &dice) ?? 0
            }
            if round % 3 == 0 { block.removeLast(Int.random(in: 0..<block.count, using: &dice)) }
            if let exif = Exif(block[...]) {
                read += 1
                #expect(exif.tags.count <= 400)
                _ = Exif(exif.upright[...])
            }
        }
        #expect(read > 1000)
    }

    @Test("a directory that leads to itself is read once")
    func loops() throws {
        var block = PhoneWords(
            title: nil,
            hasPlace: false,
            hasCamera: false,
            hasOwner: false,
            hasDates: false
        )
        .block
        // The one entry of the main directory leads to the camera's: now to the main one again.
        block.replaceSubrange(18..<22, with: [0, 0, 0, 8])
        let exif = try #require(Exif(block[...]))
        #expect(exif.tags.isEmpty)
    }
}
