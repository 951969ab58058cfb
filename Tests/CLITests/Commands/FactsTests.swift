import Core
import Testing

@testable import CLI

@Suite("What a file is said to be")
struct FactsTests {
    private func song(cut: Source.Cut? = nil) -> SoundSource {
        SoundSource(
            path: "/music/song.m4a",
            bytes: 1_000_000,
            container: "mov,mp4,m4a,3gp,3g2,mj2",
            durationSeconds: 25,
            audio: [AudioTrack(streamIndex: 0, codec: "aac", channels: 2, sampleRate: 48_000)],
            cut: cut
        )
    }

    @Test("sound that is cut off is told as a film would be, and whole sound has no damage")
    func damage() {
        let cut = Source.Cut(statedSeconds: 100, statedBytes: 4_000_000, pictureSeconds: 25)
        #expect(
            Facts.text(.sound(song(cut: cut)), width: 100) == """
                /music/song.m4a

                  Size       1 000 000 bytes
                  Length     25 s
                  Damage     cut off: it says 1 min 40 s and 4 000 000 bytes
                  Container  mov,mp4,m4a,3gp,3g2,mj2
                  Sound      aac, 2 channels, 48 kHz
                """
        )
        #expect(!Facts.text(.sound(song()), width: 100).contains("Damage"))
    }
}
