import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// Sound that is finished before the picture is budgeted.
@Suite struct SoundTrackTests {
    @Test(
        "a wave becomes AAC of about the asked rate",
        arguments: [
            (128_000, 2, 48_000), (64_000, 2, 44_100), (32_000, 1, 48_000), (24_000, 1, 44_100),
        ]
    )
    func encodes(_ rate: Int, _ channels: Int, _ sampleRate: Int) throws {
        let folder = try Folder()
        let tone = Tone(
            seconds: 4,
            sampleRate: sampleRate,
            channels: channels,
            bitsPerSecond: rate
        )
        let made = try tone.track(at: folder.file("sound"))
        let facts = try Facts(made)
        let blocks = Double(sampleRate) * 4 / 1024
        // One block of priming, and the last one is filled up.
        #expect(abs(Double(facts.packets) - blocks) <= 3)
        #expect(abs(facts.end - 4) < 0.06)
        #expect(folder.file("sound").byteCount == facts.bytes)
        let ratio = Double(facts.bytes) * 8 / 4 / Double(rate)
        #expect(ratio > 0.6 && ratio < 1.15)
    }

    @Test("the packets that come out are the bytes that were counted, at every reading")
    func packets() throws {
        let folder = try Folder()
        var track = try Tone(seconds: 1).track(at: folder.file("sound"))
        let bytes = track?.byteCount
        var packet = try Packet()
        for _ in 0..<2 {
            var sum = 0
            var last = -Double.infinity
            while let next = track?.nextSeconds {
                #expect(next > last)
                last = next
                guard try track?.next(into: &packet) == true else { break }
                sum += packet.byteCount
            }
            #expect(sum == bytes)
            let isOver = try track?.next(into: &packet) == false
            #expect(isOver)
            track?.rewind()
        }
    }

    @Test("AAC is copied packet for packet", .enabled(if: FFprobe.isInstalled))
    func copies() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 50).write(to: path, tone: Tone(seconds: 2, bitsPerSecond: 96_000))
        let source = try Studio.probe(path)
        let audio = try #require(source.audio.first)
        let own = try Tone(seconds: 2, bitsPerSecond: 96_000).track(at: folder.file("own"))
        let copied = try copy(audio, of: source, to: folder.file("copied"))
        let (mine, theirs) = (try Facts(own), try Facts(copied))
        #expect(theirs.bytes == mine.bytes)
        #expect(theirs.packets == mine.packets)
        #expect(try folder.file("own").digest() == folder.file("copied").digest())
        #expect(abs(theirs.start) < 0.03)
    }

    @Test("sound that begins late is encoded from zero on, with silence before it")
    func padsLateStart() throws {
        let folder = try Folder()
        let source = try Studio.probe(Fixture.path("late-sound.mp4"))
        let audio = try #require(source.audio.first)
        let encoded = try SoundTrack.make(
            .encode(
                streamIndex: audio.streamIndex,
                bitsPerSecond: 64_000,
                channels: 2,
                sampleRate: 44_100
            ),
            source: source,
            path: folder.file("sound"),
            flag: CancellationFlag(),
            onProgress: { _ in }
        )
        let facts = try Facts(encoded)
        #expect(abs(facts.start) < 0.03)
        #expect(abs(facts.end - 3.1) < 0.1)
        // The silence costs almost nothing.
        let silent = try firstBytes(of: encoded, seconds: 1)
        #expect(try #require(silent) < 1200)
    }

    @Test("sound that begins late is copied at its place")
    func copiesLateStart() throws {
        let folder = try Folder()
        let source = try Studio.probe(Fixture.path("late-sound.mp4"))
        let copied = try copy(
            try #require(source.audio.first),
            of: source,
            to: folder.file("sound")
        )
        let facts = try Facts(copied)
        #expect(abs(facts.start - 1.148) < 0.05)
    }

    @Test("sound of every codec at hand is decoded", arguments: Fixture.names)
    func decodes(_ name: String) throws {
        let folder = try Folder()
        let source = try Studio.probe(Fixture.path(name))
        guard let audio = source.audio.first else { return }
        #expect(audio.isDecodable)
        let sound = Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 400_000)
        let track = try SoundTrack.make(
            sound,
            source: source,
            path: folder.file("sound"),
            flag: CancellationFlag(),
            onProgress: { _ in }
        )
        let facts = try Facts(track)
        #expect(abs(facts.end - source.durationSeconds) < 0.8)
    }

    @Test("a plan without sound has no track")
    func none() throws {
        let folder = try Folder()
        let source = try Studio.probe(Fixture.path("traffic-432p.mp4"))
        let track = try SoundTrack.make(
            .none,
            source: source,
            path: folder.file("sound"),
            flag: CancellationFlag(),
            onProgress: { _ in }
        )
        let isNone = track == nil
        #expect(isNone)
        #expect(!folder.file("sound").exists)
    }

    @Test("a raised flag ends encoding and copying", arguments: [true, false])
    func cancels(_ copies: Bool) throws {
        let folder = try Folder()
        let flag = CancellationFlag()
        let source = try Studio.probe(Fixture.path("traffic-432p.mp4"))
        let audio = try #require(source.audio.first)
        let sound: Sound =
            copies
            ? .copy(streamIndex: audio.streamIndex, bitsPerSecond: 128_000, sampleRate: 48_000)
            : .encode(
                streamIndex: audio.streamIndex,
                bitsPerSecond: 64_000,
                channels: 2,
                sampleRate: 48_000
            )
        var reached = 0.0
        #expect(throws: MediaError.self) {
            _ = try SoundTrack.make(
                sound,
                source: source,
                path: folder.file("sound"),
                flag: flag
            ) { seconds in
                reached = seconds
                if seconds > 2 { flag.raise() }
            }
        }
        #expect(reached > 2 && reached < 3)
    }

    /// A track's numbers; the track itself cannot be copied into an expectation.
    private struct Facts {
        var packets: Int
        var bytes: Int
        var start: Double
        var end: Double

        struct Missing: Error {}

        init(_ track: borrowing Track?) throws {
            switch track {
            case .some(let track):
                packets = track.packetCount
                bytes = track.byteCount
                start = track.nextSeconds ?? .infinity
                end = track.durationSeconds
            case .none:
                throw Missing()
            }
        }
    }

    private func copy(
        _ audio: AudioTrack,
        of source: Source,
        to path: FilePath
    ) throws -> Track? {
        try SoundTrack.make(
            .copy(
                streamIndex: audio.streamIndex,
                bitsPerSecond: 96_000,
                sampleRate: audio.sampleRate
            ),
            source: source,
            path: path,
            flag: CancellationFlag(),
            onProgress: { _ in }
        )
    }

    private func firstBytes(
        of track: consuming Track?,
        seconds: Double
    ) throws -> Int? {
        var track = track
        var packet = try Packet()
        var sum = 0
        while let next = track?.nextSeconds, next < seconds {
            guard try track?.next(into: &packet) == true else { return nil }
            sum += packet.byteCount
        }
        return sum
    }
}
