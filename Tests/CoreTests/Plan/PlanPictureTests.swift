import Core
import Testing

/// What the filters will do to each frame: colours, fields, turning; and the words for it.
@Suite struct PlanPictureTests {
    @Test("HDR is tone-mapped to BT.709, and it is said", arguments: ["smpte2084", "arib-std-b67"])
    func highDynamicRange(_ transfer: String) throws {
        let video = phoneVideo(colour: Colour(transfer: transfer, matrix: "bt2020nc"))
        let plan = try Plan.make(for: phoneClip(video: video), request: request(to: 8_000_000))
        #expect(plan.picture.toneMaps)
        #expect(plan.picture.matrix == .bt709)
        #expect(plan.reasons.contains { $0.contains("HDR") })
    }

    @Test("an ordinary picture is neither tone-mapped nor deinterlaced nor turned")
    func ordinary() throws {
        let plan = try Plan.make(for: phoneClip(), request: request(to: 8_000_000))
        #expect(!plan.picture.toneMaps && !plan.picture.deinterlaces)
        #expect(plan.picture.orientation.isUpright)
    }

    @Test("fields are deinterlaced, and it is said")
    func interlaced() throws {
        let plan = try Plan.make(
            for: phoneClip(video: phoneVideo(isInterlaced: true)),
            request: request(to: 8_000_000)
        )
        #expect(plan.picture.deinterlaces)
        #expect(plan.reasons.contains { $0.contains("interlaced") })
    }

    @Test("a turned picture is made upright, and it is said")
    func turned() throws {
        let video = phoneVideo(
            displaySize: PixelSize(width: 1080, height: 1920),
            orientation: Orientation(clockwiseDegrees: 270, isMirrored: true)
        )
        let plan = try Plan.make(for: phoneClip(video: video), request: request(to: 8_000_000))
        #expect(plan.picture.orientation == video.orientation)
        #expect(plan.picture.size.height > plan.picture.size.width)
        #expect(plan.reasons.contains { $0.contains("upright") })
    }

    @Test("why a picture has the lines that it has is said")
    func lines() throws {
        func reasons(_ width: Int, _ height: Int, _ cap: HeightCap) throws -> [String] {
            let size = PixelSize(width: width, height: height)
            var wish = request(to: 30_000_000)
            wish.heightCap = cap
            return try Plan.make(
                for: phoneClip(video: phoneVideo(size: size, displaySize: size)),
                request: wish
            ).reasons
        }
        let odd = try reasons(314, 273, .automatic)
        #expect(odd.contains("sides are even numbers: 314×272"))
        #expect(!odd.contains { $0.contains("1080") })
        #expect(
            try reasons(1280, 720, .exactly(2000)).contains(
                "the source has fewer lines than 2000, and is not made larger: 1280×720"
            )
        )
        #expect(
            try reasons(1280, 720, .exactly(333)).contains(
                "exactly 333 lines on the short side: 590×332, for sides are even numbers"
            )
        )
        #expect(
            try reasons(1920, 1080, .lines(720)).contains(
                "at most 720 lines on the short side: 1280×720"
            )
        )
    }

    @Test("square pixels: the frame is made as wide as it should be seen")
    func anamorphic() throws {
        let video = phoneVideo(
            size: PixelSize(width: 720, height: 576),
            displaySize: PixelSize(width: 1024, height: 576),
            aspect: Rational(64, 45)
        )
        let plan = try Plan.make(for: phoneClip(video: video), request: request(to: 30_000_000))
        #expect(plan.picture.size.description == "1024×576")
    }

    @Test(
        "tagged colours become BT.709; untagged pictures stay what players read them as",
        arguments: [
            ("bt709", 360, Picture.Matrix.bt709), ("smpte170m", 1080, .bt709),
            ("bt470bg", 576, .bt709), ("bt2020nc", 1080, .bt709), (nil, 1080, .bt709),
            (nil, 720, .bt709), (nil, 576, .smpte170m), (nil, 360, .smpte170m),
        ] as [(String?, Int, Picture.Matrix)]
    )
    func matrix(_ own: String?, _ lines: Int, _ expected: Picture.Matrix) throws {
        let size = PixelSize(width: lines * 16 / 9 / 2 * 2, height: lines)
        let video = phoneVideo(size: size, colour: Colour(matrix: own))
        let plan = try Plan.make(
            for: phoneClip(seconds: 10, video: video),
            request: request(to: 8_000_000)
        )
        #expect(plan.picture.matrix == expected)
    }

    @Test("an RGB picture becomes BT.709 whatever its tag says")
    func rgb() throws {
        let video = phoneVideo(
            size: PixelSize(width: 320, height: 240),
            pixelFormat: "gbrp",
            isRGB: true,
            colour: Colour(matrix: "gbr")
        )
        let plan = try Plan.make(
            for: phoneClip(seconds: 10, video: video),
            request: request(to: 8_000_000)
        )
        #expect(plan.picture.matrix == .bt709)
    }

    @Test("a cap and a lowered frame rate are reasons")
    func reasons() throws {
        let plan = try Plan.make(
            for: phoneClip(
                seconds: 10,
                video: phoneVideo(
                    size: PixelSize(width: 2560, height: 1440),
                    rate: Rational(120, 1)
                )
            ),
            request: request(to: 15_000_000)
        )
        #expect(plan.reasons.contains { $0.contains("1080 lines") })
        #expect(plan.reasons.contains { $0.contains("60 frames") })
    }

    @Test("one source and one request make one plan")
    func deterministic() throws {
        let one = try Plan.make(for: phoneClip(), request: request(to: 8_000_000))
        let other = try Plan.make(for: phoneClip(), request: request(to: 8_000_000))
        #expect(one == other)
    }

    @Test(
        "a length is shown in the units that matter",
        arguments: [
            (0.0, "0 s"), (0.5, "0.5 s"), (9.94, "9.9 s"), (9.96, "10 s"), (48.2, "48 s"),
            (59.6, "1 min"), (60, "1 min"), (200, "3 min 20 s"), (3599.7, "1 h 0 min"),
            (4320, "1 h 12 min"), (.infinity, "?"), (.nan, "?"),
        ]
    )
    func lengths(_ seconds: Double, _ text: String) {
        #expect(durationText(seconds) == text)
    }
}
