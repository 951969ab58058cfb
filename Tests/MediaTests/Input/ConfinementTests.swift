import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// Only the file that was named is opened, and nobody is called, whatever the file says.
@Suite(.timeLimit(.minutes(5)), .enabled(if: OpenWatch.isPossible)) struct ConfinementTests {
    /// A text that asks for another file; PATH and PORT stand for what is at hand.
    struct Trap: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var name: String
        var text: String

        init(_ description: String, _ name: String, _ text: String) {
            (testDescription, self.name, self.text) = (description, name, text)
        }
    }

    private static func hls(_ address: String) -> String {
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n\(address)\n#EXT-X-ENDLIST\n"
    }

    private static func dash(_ address: String) -> String {
        """
        <?xml version="1.0"?>
        <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">
        <Period><AdaptationSet contentType="video"><Representation id="1" bandwidth="1000">
        <BaseURL>\(address)</BaseURL><SegmentList duration="2"><Initialization sourceURL="\(address)"/>
        <SegmentURL media="\(address)"/></SegmentList></Representation></AdaptationSet></Period></MPD>
        """
    }

    static let traps = [
        Trap("HLS with a file", "list.m3u8", hls("PATH")),
        Trap("HLS with a neighbour", "list.m3u8", hls("secret.mp4")),
        Trap("HLS with a file by its protocol", "list.m3u8", hls("file:PATH")),
        Trap("HLS with an address", "list.m3u8", hls("http://127.0.0.1:PORT/a.ts")),
        Trap("HLS with a bare connection", "list.m3u8", hls("tcp://127.0.0.1:PORT")),
        Trap("HLS with a joined name", "list.m3u8", hls("concat:PATH|PATH")),
        Trap("HLS with data", "list.m3u8", hls("data:video/mp4;base64,AAAA")),
        Trap(
            "HLS with a list of lists",
            "list.m3u8",
            "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nPATH\n"
        ),
        Trap(
            "HLS with a key",
            "list.m3u8",
            "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"http://127.0.0.1:PORT/k\"\n" + hls("PATH")
        ),
        Trap("HLS that calls itself MP4", "list.mp4", hls("PATH")),
        Trap("DASH with a file", "list.mpd", dash("PATH")),
        Trap("DASH with an address", "list.mpd", dash("http://127.0.0.1:PORT/a.mp4")),
        Trap("a concat script", "list.ffconcat", "ffconcat version 1.0\nfile 'PATH'\nduration 9\n"),
        Trap(
            "a concat script with a neighbour",
            "list.txt",
            "ffconcat version 1.0\nfile secret.mp4\n"
        ),
        Trap(
            "a concat script with an address",
            "list.txt",
            "ffconcat version 1.0\nfile 'http://127.0.0.1:PORT/a.mp4'\n"
        ),
        Trap(
            "a session description",
            "list.sdp",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\na=control:rtsp://127.0.0.1:PORT/x\nm=video PORT RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        ),
        Trap("a reference to a stream", "list.mov", "RTSPtext\nrtsp://127.0.0.1:PORT/x\n"),
        Trap(
            "a Windows playlist",
            "list.asx",
            "<asx version=\"3.0\"><entry><ref href=\"http://127.0.0.1:PORT/a.wmv\"/></entry></asx>"
        ),
        Trap(
            "a subtitle index",
            "list.idx",
            "# VobSub index file, v7\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n"
        ),
        Trap(
            "an IMF playlist",
            "list.xml",
            "<?xml version=\"1.0\"?><CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\"><Id>urn:uuid:0</Id></CompositionPlaylist>"
        ),
        Trap("an image pattern as a text", "frame%03d.jpg", "frame001.jpg"),
    ]

    /// A folder with a trap in it, the file it is after, and a port.
    private struct Scene {
        let folder: Folder
        let listener: Listener
        let path: FilePath

        init(_ trap: Trap) throws {
            folder = try Folder()
            listener = try Listener()
            let secret = folder.file("secret.mp4")
            try Clip(width: 64, height: 48, frames: 5).write(to: secret)
            try folder.file("frame001.jpg").write(Data([0xFF, 0xD8, 0xFF, 0xD9]))
            try folder.file("list.sub").write(Data(count: 4096))
            path = folder.file(trap.name)
            let text = trap.text.replacingOccurrences(of: "PATH", with: secret.string)
                .replacingOccurrences(of: "PORT", with: "\(listener.port)")
            try path.write(Data(text.utf8))
        }

        /// What was opened besides the trap while something was done.
        func opened(_ action: () throws -> Void) throws -> Set<String> {
            let watch = try OpenWatch(folder)
            try action()
            return watch.names().subtracting([path.lastComponent?.string ?? ""])
        }
    }

    @Test("a file that asks for another is refused, and the other stays closed", arguments: traps)
    func refused(_ trap: Trap) throws {
        let scene = try Scene(trap)
        let opened = try scene.opened {
            #expect(throws: MediaError.self) { try Studio.probe(scene.path) }
        }
        #expect(opened == [])
        #expect(scene.listener.connections() == 0)
    }

    @Test(
        "where the kind of container were allowed, the other would stay closed all the same",
        arguments: traps.filter { $0.name.hasSuffix(".m3u8") || $0.name.hasSuffix(".mpd") }
    )
    func secondWall(_ trap: Trap) throws {
        let scene = try Scene(trap)
        let opened = try scene.opened {
            // Without streams some playlists still open as empty ones.
            _ = try? Demuxer(path: scene.path.string, flag: CancellationFlag(), containers: nil)
                .isOpen
        }
        #expect(opened == [])
        #expect(scene.listener.connections() == 0)
    }

    @Test(
        "the traps are real: without walls they open the file and call the port",
        .enabled(if: FFprobe.isInstalled),
        arguments: [
            ("HLS with a file", true), ("HLS with an address", false), ("a concat script", true),
        ]
    )
    func real(_ name: String, _ isFile: Bool) throws {
        let trap = try #require(Self.traps.first { $0.testDescription == name })
        let scene = try Scene(trap)
        let opened = try scene.opened {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "timeout", "10", "ffprobe", "-v", "quiet", "-protocol_whitelist",
                "file,http,tcp,crypto,data", "-rw_timeout", "500000",
            ]
            if name == "a concat script" { process.arguments? += ["-safe", "0"] }
            if name.hasPrefix("HLS") { process.arguments? += ["-allowed_extensions", "ALL"] }
            process.arguments?.append(scene.path.string)
            process.standardOutput = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
        }
        if isFile {
            #expect(opened == ["secret.mp4"])
        } else {
            #expect(scene.listener.connections() > 0)
        }
    }

    @Test("a movie whose picture is in another file is refused, and that one stays closed")
    func externalTrack() throws {
        let folder = try Folder()
        let secret = folder.file("secret.mp4")
        try Clip(width: 64, height: 48, frames: 5).write(to: secret)
        for target in [secret.string, "secret.mp4", "http:/127.0.0.1/secret.mp4"] {
            let path = folder.file("reference.mov")
            try path.write(Movie(external: target).data)
            let watch = try OpenWatch(folder)
            do {
                let source = try Studio.probe(path)
                var decoder = try Decoder(
                    path: path.string,
                    streamIndex: source.video.streamIndex,
                    flag: CancellationFlag()
                )
                var frame = try Frame()
                let hasPicture = try decoder.next(into: &frame)
                #expect(!hasPicture)
            } catch is MediaError {}
            #expect(watch.names() == ["reference.mov"])
        }
    }

    @Test(
        "a name with a pattern or an address in it is that one file's name",
        arguments: [
            "frame%03d.mp4", "*.mp4", "http:a.mp4", "concat:a.mp4|secret.mp4", "data:,x.mp4",
        ]
    )
    func names(_ name: String) throws {
        let folder = try Folder()
        let secret = folder.file("secret.mp4")
        try Clip(width: 64, height: 48, frames: 5).write(to: secret)
        try folder.file("frame001.mp4").write(Data(count: 100))
        try folder.file(name).write(try secret.contents())
        let watch = try OpenWatch(folder)
        #expect(try Studio.probe(folder.file(name)).video.codec == "h264")
        #expect(watch.names() == [name])
    }
}
