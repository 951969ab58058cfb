import Core
import Testing

@Suite struct DamageTests {
    private func source(_ seconds: Double, cut: Source.Cut? = nil) -> Source {
        Source(
            path: "in.mp4",
            bytes: 1000,
            container: "mov",
            durationSeconds: seconds,
            video: VideoTrack(
                streamIndex: 0,
                codec: "h264",
                codedSize: PixelSize(width: 64, height: 48),
                frameRate: Rational(25, 1)
            ),
            cut: cut
        )
    }

    @Test("a whole source has no damage, and nothing is said")
    func none() {
        var damage = Damage()
        damage.end(source(10), pictureSeconds: 10, soundSeconds: 0)
        #expect(damage.isNone)
        #expect(damage.sentences.isEmpty)
    }

    @Test(
        "a header may be a second or a twentieth off, and reading that ended with an error may not",
        arguments: [
            (10.0, 9.2, false, true), (10, 8.8, false, false), (100, 95.5, false, true),
            (100, 94, false, false), (10, 9.2, true, false), (10, 9.9, true, true),
        ]
    )
    func tolerance(stated: Double, reached: Double, endedEarly: Bool, isWhole: Bool) {
        var damage = Damage()
        damage.end(
            source(stated),
            pictureSeconds: reached,
            soundSeconds: 0,
            endedEarly: endedEarly
        )
        #expect(damage.isNone == isWhole)
    }

    @Test("a picture or a sound that is the shorter by far is not cut off")
    func oneIsShorter() {
        var damage = Damage()
        damage.end(source(10), pictureSeconds: 2, soundSeconds: 10)
        damage.end(source(10), pictureSeconds: 10, soundSeconds: 1)
        #expect(damage.isNone)
    }

    @Test("an index that goes on beyond the file tells what is missing of each")
    func cut() {
        let cut = Source.Cut(
            statedSeconds: 30,
            statedBytes: 9000,
            pictureSeconds: 30,
            soundSeconds: 12
        )
        var damage = Damage()
        damage.end(source(30, cut: cut), pictureSeconds: 30, soundSeconds: 12)
        #expect(damage.soundReachedSeconds == 12)
        #expect(
            damage.sentences == [
                "cut off: it says 30 s and its picture ends at 30 s and its sound at 12 s; "
                    + "the rest is missing"
            ]
        )
    }

    @Test("places within a second are one place, and the last of many takes in the rest")
    func spans() {
        var loss = Damage.Loss()
        for seconds in [3, 3.5, 4.2, 80] { loss.add(atSeconds: seconds) }
        #expect(loss.spans.count == 2)
        #expect(loss.spans.first == Damage.Span(startSeconds: 3, endSeconds: 4.2))
        for seconds in stride(from: 100.0, to: 1000, by: 10) { loss.add(atSeconds: seconds) }
        #expect(loss.spans.count == Damage.Loss.mostSpans)
        #expect(loss.spans.last?.endSeconds == 990)
        loss.add(atSeconds: .infinity)
        loss.add(atSeconds: .nan)
        #expect(loss.spans.allSatisfy { $0.startSeconds.isFinite && $0.endSeconds.isFinite })
    }

    @Test("what was lost is said with where it was")
    func sentences() {
        var damage = Damage()
        damage.picture.undecoded = 2
        damage.picture.concealed = 1
        damage.picture.add(atSeconds: 83)
        damage.sound.undecoded = 1
        damage.sound.add(atSeconds: 3)
        damage.sound.add(atSeconds: 3725)
        damage.lateSeconds = 1.2
        #expect(
            damage.sentences == [
                "its first 1.2 s have no picture that can be decoded: the first one that can is shown",
                "2 pictures could not be decoded: the one before stays",
                "1 damaged picture filled from what is around the damage, at 1:23",
                "1 piece of sound could not be decoded, at 0:03 and 1:02:05",
            ]
        )
    }
}
