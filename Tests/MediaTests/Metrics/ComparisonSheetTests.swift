import Core
import Media
import Testing

@Suite("The picture of a comparison")
struct ComparisonSheetTests {
    private func png(_ lettering: ComparisonSheet.Lettering, words: String) throws -> [UInt8] {
        let size = PixelSize(width: 64, height: 48)
        let sheet = try ComparisonSheet(size: size, matrix: .bt709)
        let tile = ComparisonSheet.Tile(
            size: PixelSize(width: 512, height: 384),
            rgb: Array(repeating: 90, count: 512 * 384 * 3)
        )
        return try sheet.png(
            curves: [
                ComparisonSheet.Curve(words: words, values: [0.2, 0.9, 0.5], colour: 0x5AA9FF),
                ComparisonSheet.Curve(words: words, values: [1], colour: 0xFFB454),
            ],
            times: ("0:00", "0:03"),
            pairs: [ComparisonSheet.Pair(words: words, original: tile, result: tile)],
            lettering: lettering
        )
    }

    @Test("it is a PNG with the same size whoever draws the letters")
    func letterings() throws {
        let own = try png(.own, words: "0:12.3  SSIM 0.912  PSNR 31.2")
        let other = try png(.drawtext, words: "0:12.3  SSIM 0.912  PSNR 31.2")
        for bytes in [own, other] { #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])) }
        // Width and height are 8 bytes from byte 16 on.
        #expect(own[16..<24] == other[16..<24])
    }

    @Test("the letters are seen, also without a font")
    func letters() throws {
        #expect(try png(.own, words: "SSIM") != png(.own, words: ""))
        #expect(try png(.own, words: "1") != png(.own, words: "2"))
    }

    @Test("the two frames beside each other are no wider than a screen, and small ones can be seen")
    func tiles() throws {
        for (width, height) in [(3840, 2160), (1080, 1920), (64, 48), (16, 16), (1000, 100)] {
            let size = PixelSize(width: width, height: height)
            let tile = ComparisonSheet.tileSize(of: size)
            #expect(tile.width <= 960 && tile.height <= 960)
            #expect(tile.longSide >= 270)
            let shape = Double(width) / Double(height)
            #expect(abs(Double(tile.width) / Double(tile.height) / shape - 1) < 0.03)
        }
    }
}
