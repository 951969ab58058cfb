import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// Files that mean harm or came to some: each ends in a result or in a typed error.
@Suite(.timeLimit(.minutes(10))) struct HostileTests {
    @Test("a hostile file ends in a result or in a typed error", arguments: Fixture.hostileNames)
    func hostile(_ name: String) throws {
        try survives(Fixture.path(name))
    }

    @Test(
        "a file that is no video is refused",
        arguments: [
            "hostile/empty.webm", "hostile/ftyp-only.mp4", "hostile/half-an-index.mov",
            "hostile/first-256-bytes.ogv", "hostile/not-a-wave.wav", "hostile/sound-only.mkv",
            "hostile/empty-range.mp4", "hostile/negative-discard.webm", "hostile/still.webp",
        ]
    )
    func refuses(_ name: String) {
        #expect(throws: MediaError.self) { try Studio.probe(Fixture.path(name)) }
    }

    @Test("a clip with any of its bytes changed does no harm", arguments: 0..<24)
    func fuzzed(_ seed: Int) throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 64, height: 48, frames: 30).write(to: path, tone: Tone(seconds: 1.2))
        var data = try path.contents()
        var random = Sequence64(state: UInt64(seed))
        // Half of the runs change the index, which comes first, alone.
        let reach = seed % 2 == 0 ? 2500 : data.count
        for _ in 0..<(1 + seed) {
            data[Int.random(in: 8..<min(reach, data.count), using: &random)] = UInt8.random(
                in: 0...255,
                using: &random
            )
        }
        try path.write(data)
        try survives(path)
    }

    @Test("a real clip cut anywhere does no harm", arguments: 1...8)
    func cut(_ eighths: Int) throws {
        let folder = try Folder()
        for name in ["xvid-mp3.avi", "vp9-642x642.webm", "h263-amr.3gp"] {
            let bytes = try Fixture.path(name).contents()
            let path = folder.file(name)
            try path.write(bytes.prefix(bytes.count * eighths / 9))
            try survives(path)
        }
    }

    static let playlists: [(name: String, text: String)] = [
        ("HLS", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nPATH\n#EXT-X-ENDLIST\n"),
        ("plain m3u", "#EXTM3U\n#EXTINF:9,\nPATH\n"),
        ("concat", "ffconcat version 1.0\nfile 'PATH'\nduration 9\n"),
        ("SDP", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
        ("DASH", "<?xml version=\"1.0\"?><MPD><BaseURL>PATH</BaseURL></MPD>"),
        ("a reference movie", "RTSPtext\nfile:PATH\n"),
    ]

    @Test("a playlist is refused, whatever it is called", arguments: 0..<playlists.count)
    func playlist(_ index: Int) throws {
        let folder = try Folder()
        let secret = folder.file("secret.mp4")
        try Clip(frames: 5).write(to: secret)
        let text = Self.playlists[index].text.replacingOccurrences(of: "PATH", with: secret.string)
        for name in ["list.mp4", "list.m3u8", "list.mpd", "list.txt", "list"] {
            let path = folder.file(name)
            try path.write(Data(text.utf8))
            #expect(throws: MediaError.self, "\(Self.playlists[index].name)") {
                try Studio.probe(path)
            }
        }
    }

    @Test("a name is a file's name and never a protocol")
    func protocols() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 5).write(to: path)
        let names = [
            "concat:\(path.string)", "concat:\(path.string)|\(path.string)",
            "subfile,,start,0,end,0,,:\(path.string)", "file:\(path.string)", "pipe:0", "fd:",
            "data:video/mp4;base64,AAAA", "http://127.0.0.1:9/clip.mp4", "tcp://127.0.0.1:9",
            "crypto:\(path.string)", "cache:\(path.string)", "async:\(path.string)", "-", "",
        ]
        for name in names {
            let error = #expect(throws: MediaError.self, "\(name)") {
                try Prober.probe(path: name, bytes: 1, flag: CancellationFlag())
            }
            #expect(error?.kind != .noVideo)
        }
    }

    @Test(
        "a file may be called anything",
        arguments: [
            "concat:clip.mp4", "%03d.mp4", "-i", "a b'c\".mp4", "ünï-码.mp4", "clip.m3u8", "x:y|z",
            "*?.mp4", "#EXTM3U",
        ]
    )
    func names(_ name: String) throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 64, height: 48, frames: 5).write(to: path)
        let odd = folder.file(name)
        try odd.write(try path.contents())
        #expect(try Studio.probe(odd).video.codec == "h264")
    }

    @Test("what a file says never reaches the terminal's controls")
    func controlCharacters() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try path.write(Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) }))
        let error = #expect(throws: MediaError.self) { try Studio.probe(path) }
        let line = error?.lastLogLine ?? ""
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }

    /// Reads a file as a run would, but not for hours; a typed error is an answer.
    private func survives(_ path: FilePath) throws {
        do {
            let source = try Studio.probe(path)
            #expect(source.durationSeconds > 0 && source.durationSeconds <= 1_000_000)
            #expect(source.video.frameRate.isPositive)
            #expect(source.video.displaySize.pixels > 0)
            var picture = try Studio.picture(of: source)
            picture.size = picture.size.fitted(shortSide: 64)
            let sums = try checksums(source, picture, most: 600)
            #expect(sums.count <= 600)
            let sound = Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 0)
            let folder = try Folder()
            _ = try SoundTrack.make(
                sound,
                source: source,
                path: folder.file("sound"),
                flag: CancellationFlag(),
                onProgress: { _ in }
            )
        } catch is MediaError {
            return
        } catch is Failure {
            return
        }
    }
}
