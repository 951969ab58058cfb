import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// What a file is by what is in it, and not by its name.
@Suite(.timeLimit(.minutes(5)), .enabled(if: FFmpeg.isInstalled)) struct KindsTests {
    private func examine(_ path: FilePath) throws -> Material {
        try Prober.examine(path: path.string, bytes: path.byteCount, flag: CancellationFlag())
    }

    @Test(
        "an image format with one frame is a picture, whatever it is called",
        arguments: [
            ("jpg", ["-c:v", "mjpeg", "-f", "image2"]), ("png", ["-c:v", "png", "-f", "image2"]),
            ("bmp", ["-c:v", "bmp", "-f", "image2"]), ("tiff", ["-c:v", "tiff", "-f", "image2"]),
            ("webp", ["-c:v", "libwebp", "-f", "webp"]), ("gif", ["-f", "gif"]),
        ]
    )
    func stills(_ kind: String, _ options: [String]) throws {
        let folder = try Folder()
        let path = folder.file("made.\(kind)")
        // A small one and one that is larger than what is looked at first.
        for painting in ["testsrc2=s=66x40:d=0.04", "testsrc2=s=1200x800:d=0.04,noise=alls=30"] {
            try FFmpeg.make(painting, ["-frames:v", "1"] + options, at: path)
            let small = painting.contains("66x40")
            for name in ["a.\(kind)", "a.jpg", "a.png", "a.mov", "a.mp3", "a.yuv", "a.ts", "a"] {
                let copy = folder.file(name)
                try copy.write(try path.contents())
                guard case .still(let source) = try examine(copy) else {
                    Issue.record("\(kind) called \(name) is no picture")
                    continue
                }
                #expect(
                    source.codedSize
                        == (small
                            ? PixelSize(width: 66, height: 40)
                            : PixelSize(width: 1200, height: 800))
                )
                #expect(source.bytes == copy.byteCount)
            }
        }
        #expect(throws: MediaError.self) { try Studio.probe(path) }
    }

    @Test("what moves is a video, in an image format too", arguments: ["gif", "apng"])
    func animated(_ format: String) throws {
        let folder = try Folder()
        for name in ["a.\(format)", "a.png", "a.jpg"] {
            let path = folder.file(name)
            try FFmpeg.make("testsrc2=s=64x48:r=10:d=0.5", ["-f", format], at: path)
            #expect(try examine(path).kind == .video, "\(name)")
        }
    }

    @Test("a picture that is attached to sound makes no video of it")
    func cover() throws {
        let folder = try Folder()
        let (sound, picture) = (folder.file("a.wav"), folder.file("a.jpg"))
        try FFmpeg.make("sine=d=1", at: sound)
        try FFmpeg.make("testsrc2=s=64x64:d=0.04", ["-frames:v", "1"], at: picture)
        for name in ["b.mp3", "b.flac", "b.m4a"] {
            let path = folder.file(name)
            try FFmpeg.run([
                "-i", sound.string, "-i", picture.string, "-map", "0", "-map", "1", "-c:v", "mjpeg",
                "-disposition:v", "attached_pic", "-metadata", "title=Song", path.string,
            ])
            guard case .sound(let source) = try examine(path) else {
                Issue.record("\(name) is no sound")
                continue
            }
            #expect(source.metadata.cover?.codec == "mjpeg")
            #expect(source.metadata.tags.contains { $0.value == "Song" })
            #expect(source.audio.count == 1)
            #expect(abs(source.durationSeconds - 1) < 0.1)
        }
    }

    @Test("sound that does not state its length is measured to its end")
    func length() throws {
        let folder = try Folder()
        for (name, options) in [
            ("a.aac", ["-c:a", "aac"]), ("a.mp3", ["-q:a", "4", "-write_xing", "0"]),
        ] {
            let path = folder.file(name)
            // Its beginning says nothing of its end.
            try FFmpeg.make(
                "aevalsrc='if(lt(t,2),0,random(0)-0.5)':d=8:s=44100",
                options,
                at: path
            )
            guard case .sound(let source) = try examine(path) else {
                Issue.record("\(name) is no sound")
                continue
            }
            #expect(!source.durationIsEstimated)
            #expect(abs(source.durationSeconds - 8) < 0.1, "\(source.durationSeconds)")
        }
    }

    @Test("a WebP that moves is said to be one")
    func animatedWebP() throws {
        let folder = try Folder()
        let path = folder.file("a.webp")
        var head = Data("RIFF".utf8) + Data([36, 0, 0, 0]) + Data("WEBPVP8X".utf8)
        head += Data([10, 0, 0, 0, 0b10, 0, 0, 0, 63, 0, 0, 47, 0, 0])
        head += Data("ANIM".utf8) + Data([6, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        try path.write(head)
        let error = #expect(throws: MediaError.self) { try examine(path) }
        #expect(error.map { $0.kind == .unsupported || $0.kind == .invalid } == true)
    }
}
