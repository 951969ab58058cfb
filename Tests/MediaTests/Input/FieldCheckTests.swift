import Core
import Media
import Testing

/// Evidence beats flags, and no evidence leaves them.
@Suite struct FieldCheckTests {
    private func track(isInterlaced: Bool) -> VideoTrack {
        VideoTrack(
            streamIndex: 0,
            codec: "h264",
            codedSize: PixelSize(width: 1920, height: 1080),
            frameRate: Rational(25, 1),
            isInterlaced: isInterlaced
        )
    }

    @Test(
        "combs in nearly every frame are fields, in the order that was seen",
        arguments: [true, false]
    )
    func woven(_ flagged: Bool) {
        let top = FieldCheck.judged(track(isInterlaced: flagged), by: .init(topFirst: 20))
        #expect(top.isInterlaced && top.fieldOrder == .topFirst)
        let bottom = FieldCheck.judged(
            track(isInterlaced: flagged),
            by: .init(topFirst: 1, bottomFirst: 25, progressive: 2)
        )
        #expect(bottom.isInterlaced && bottom.fieldOrder == .bottomFirst)
    }

    @Test("a picture without combs is progressive, whatever it says", arguments: [true, false])
    func progressive(_ flagged: Bool) {
        let judged = FieldCheck.judged(
            track(isInterlaced: flagged),
            by: .init(topFirst: 1, progressive: 26)
        )
        #expect(!judged.isInterlaced)
    }

    @Test(
        "a still picture, or one of each kind, stays what it says",
        arguments: [(0, 0, 0), (3, 0, 4), (10, 0, 18), (6, 6, 6), (0, 0, 5)]
    )
    func undecided(_ top: Int, _ bottom: Int, _ progressive: Int) {
        for flagged in [true, false] {
            let own = track(isInterlaced: flagged)
            let count = FieldCheck.Count(
                topFirst: top,
                bottomFirst: bottom,
                progressive: progressive
            )
            #expect(FieldCheck.judged(own, by: count) == own)
        }
    }
}
