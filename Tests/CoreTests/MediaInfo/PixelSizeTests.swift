import Core
import Testing

/// Frame sizes: even, of the same shape, never enlarged.
@Suite struct PixelSizeTests {
    static let shapes = [
        PixelSize(width: 1920, height: 1080), PixelSize(width: 1080, height: 1920),
        PixelSize(width: 3840, height: 2160), PixelSize(width: 1000, height: 1000),
        PixelSize(width: 853, height: 480), PixelSize(width: 641, height: 361),
        PixelSize(width: 518, height: 488), PixelSize(width: 2560, height: 1080),
        PixelSize(width: 16_384, height: 16), PixelSize(width: 16, height: 16_384),
        PixelSize(width: 3, height: 1001), PixelSize(width: 1, height: 1),
        PixelSize(width: 2, height: 2), PixelSize(width: 1, height: 16_384),
    ]

    @Test(
        "both sides are even and at least 2",
        arguments: shapes,
        [144, 360, 480, 720, 1080, 4320]
    )
    func isEven(_ size: PixelSize, _ lines: Int) {
        let fitted = size.fitted(shortSide: lines)
        #expect(fitted.width % 2 == 0 && fitted.height % 2 == 0)
        #expect(fitted.width >= 2 && fitted.height >= 2)
    }

    @Test("no side grows, but from 1 to 2", arguments: shapes, [144, 360, 480, 720, 1080, 4320])
    func neverGrows(_ size: PixelSize, _ lines: Int) {
        let fitted = size.fitted(shortSide: lines)
        #expect(fitted.width <= max(2, size.width))
        #expect(fitted.height <= max(2, size.height))
    }

    @Test(
        "the short side keeps to the cap, and the shape stays within a pixel",
        arguments: shapes,
        [144, 360, 480, 720, 1080]
    )
    func keepsShape(_ size: PixelSize, _ lines: Int) {
        let fitted = size.fitted(shortSide: lines)
        #expect(fitted.shortSide <= max(2, lines))
        guard size.shortSide > 2 else { return }
        let scale = Double(min(lines, size.shortSide)) / Double(size.shortSide)
        #expect(abs(Double(fitted.width) - Double(size.width) * scale) <= 1.5)
        #expect(abs(Double(fitted.height) - Double(size.height) * scale) <= 1.5)
    }

    @Test("an odd cap is kept too", arguments: [135, 271, 719, 1079])
    func oddCaps(_ lines: Int) {
        let fitted = PixelSize(width: 1920, height: 1080).fitted(shortSide: lines)
        #expect(fitted.shortSide <= lines)
    }

    @Test(
        "usual sizes come out as everybody expects",
        arguments: [
            (1920, 1080, 720, "1280×720"), (1080, 1920, 720, "720×1280"),
            (3840, 2160, 1080, "1920×1080"), (1920, 1080, 360, "640×360"),
            (1920, 1080, 2160, "1920×1080"), (1440, 1080, 720, "960×720"),
            (641, 361, 720, "640×360"), (16_384, 16, 720, "16384×16"),
        ]
    )
    func usualSizes(_ width: Int, _ height: Int, _ lines: Int, _ text: String) {
        #expect(
            PixelSize(width: width, height: height).fitted(shortSide: lines).description == text
        )
    }

    @Test("turning swaps the sides for quarter turns alone")
    func turning() {
        #expect(Orientation(clockwiseDegrees: 90).swapsSides)
        #expect(Orientation(clockwiseDegrees: 270, isMirrored: true).swapsSides)
        #expect(!Orientation(clockwiseDegrees: 180).swapsSides)
        #expect(!Orientation().swapsSides)
        #expect(Orientation().isUpright)
        #expect(!Orientation(isMirrored: true).isUpright)
        #expect(PixelSize(width: 4, height: 2).transposed == PixelSize(width: 2, height: 4))
    }

    @Test("a fraction without a denominator reads as zero")
    func fractions() {
        #expect(Rational(1, 0).value == 0)
        #expect(!Rational(1, 0).isPositive)
        #expect(Rational(30_000, 1001).isPositive)
    }
}
