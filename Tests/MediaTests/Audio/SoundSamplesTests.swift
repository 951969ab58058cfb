import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// What is heard in a track before it is encoded.
@Suite struct SoundSamplesTests {
    @Test(
        "two channels that say the same are told from two, and silence from sound",
        arguments: [
            (Tone(seconds: 3), SoundCharacter?.some(.mono)),
            (Tone(seconds: 3, second: 0.99), .mono),
            (Tone(seconds: 3, second: 0.8), nil),
            (Tone(seconds: 3, second: 0), nil),
            (Tone(seconds: 3, second: -1), .opposed),
            (Tone(seconds: 3, second: -0.1), nil),
            (Tone(seconds: 3, loudness: 0.002), .silent),
            (Tone(seconds: 3, loudness: 0), .empty),
            (Tone(seconds: 75, sampleRate: 44_100, loudness: 0), .silent),
            // Too long to be heard whole.
            (Tone(seconds: 75, sampleRate: 44_100), .mono),
            (Tone(seconds: 75, sampleRate: 44_100, second: 0.8), nil),
        ]
    )
    func hears(_ tone: Tone, _ character: SoundCharacter?) throws {
        let folder = try Folder()
        let path = folder.file("tone.wav")
        try path.write(tone.wave)
        let found = try SoundSamples.character(
            of: Tone.source(path, seconds: tone.seconds),
            streamIndex: 0,
            flag: CancellationFlag()
        )
        #expect(found == character)
    }

    @Test(
        "somebody who speaks is told from silence and from music",
        arguments: [
            ("voice.opus", SoundCharacter?.some(.monoVoice)), ("traffic-432p.mp4", .empty),
            ("xvid-mp3.avi", nil), ("h263-amr.3gp", .mono),
        ]
    )
    func voice(_ name: String, _ character: SoundCharacter?) throws {
        let path = Fixture.path(name)
        let source =
            name == "voice.opus" ? Tone.source(path, seconds: 31.3) : try Studio.probe(path)
        let found = try SoundSamples.character(
            of: source,
            streamIndex: source.audio.first?.streamIndex ?? 0,
            flag: CancellationFlag()
        )
        #expect(found == character)
    }

    @Test("a track that is not there has no character, and is no crash")
    func missing() throws {
        let folder = try Folder()
        let path = folder.file("tone.wav")
        try path.write(Tone(seconds: 1).wave)
        #expect(throws: MediaError.self) {
            _ = try SoundSamples.character(
                of: Tone.source(path, seconds: 1),
                streamIndex: 7,
                flag: CancellationFlag()
            )
        }
    }
}
