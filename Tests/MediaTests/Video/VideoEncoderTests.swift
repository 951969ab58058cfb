import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// H.264 as every player takes it, in one pass and in two.
@Suite struct VideoEncoderTests {
    @Test(
        "profile High, 8-bit 4:2:0, limited range, square pixels",
        .enabled(if: FFprobe.isInstalled)
    )
    func format() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 30).write(to: path)
        let video = try #require(try FFprobe.describe(path).video)
        #expect(video.codecName == "h264")
        #expect(video.profile == "High")
        #expect(video.pixFmt == "yuv420p")
        #expect(video.colorRange == "tv")
        #expect(video.colorSpace == "smpte170m")
        #expect(video.sampleAspectRatio == "1:1")
        #expect(video.nbReadFrames == "30")
        #expect(video.avgFrameRate == "25/1")
    }

    @Test("groups of pictures are closed and as long as asked", .enabled(if: FFprobe.isInstalled))
    func closedGroups() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(frames: 100).write(to: path, keyframeIntervalFrames: 20)
        let packets = try FFprobe.packets(path)
        let times = packets.compactMap(\.pts)
        try #require(times.count == 100)
        let keys = packets.indices.filter { packets[$0].isKeyframe }
        #expect(keys.first == 0)
        #expect(keys.count >= 5)
        let longest = zip(keys, keys.dropFirst() + [100]).map { $1 - $0 }.max() ?? 0
        #expect(longest <= 20)
        for key in keys {
            #expect(times[key...].allSatisfy { $0 >= times[key] })
            #expect(times[..<key].allSatisfy { $0 < times[key] })
        }
    }

    @Test(
        "a log of half the size makes a second pass that lands",
        arguments: [
            (150_000, 2), (400_000, 2), (400_000, 1),
        ]
    )
    func twoPasses(_ rate: Int, _ divisor: Int) throws {
        let folder = try Folder()
        let path = folder.file("clip.y4m")
        let clip = Clip(width: 640, height: 360, frames: 100)
        try clip.writeRaw(to: path)
        let source = try Studio.probe(path)
        let picture = try Studio.picture(of: source)
        let log = folder.file("pass.log")
        let small = PixelSize(width: 640 / divisor, height: 360 / divisor)
        let first = try encode(source, picture, small, .firstPass(log: log), to: nil)
        let text = [UInt8](try log.contents())
        let parsed = try #require(PassLog(parsing: text, pixels: small.pixels))
        #expect(parsed.frames.count == 100)
        #expect(parsed.frames.first?.isKeyframe == true)
        // What the log counts is what came out, but for x264's own note in the first packet.
        #expect(abs(first.videoBytes - parsed.bits / 8) < 1200)
        let output = folder.file("out.mp4")
        let second = try encode(
            source,
            picture,
            picture.size,
            .secondPass(log: log, bitsPerSecond: rate),
            to: output
        )
        let wanted = Double(rate) / 8 * clip.seconds
        #expect(abs(Double(second.videoBytes - 700) / wanted - 1) < 0.08)
        #expect(second.frames == 100)
        #expect(try Studio.probe(output).video.codedSize == picture.size)
        // The times of the packets are those of pass 1: their container is foretold from them.
        #expect(second.timings.count == first.timings.count)
    }

    @Test("the same frames and the same log give the same bytes")
    func deterministic() throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(Clip(frames: 60), in: folder)
        let log = folder.file("pass.log")
        _ = try encode(source, picture, picture.size, .firstPass(log: log), to: nil)
        var files: [Int] = []
        for name in ["one.mp4", "two.mp4"] {
            _ = try encode(
                source,
                picture,
                picture.size,
                .secondPass(log: log, bitsPerSecond: 200_000),
                to: folder.file(name)
            )
            files.append(try folder.file(name).digest())
        }
        #expect(files[0] == files[1])
    }

    @Test("a plan with few bytes is encoded otherwise: libx264 writes down what it was told")
    func perception() throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(Clip(frames: 5), in: folder)
        let log = folder.file("pass.log")
        // Nothing is said where nothing is to be told: the bytes stay what they were.
        for (quantizer, told) in [(nil, "aq=1:1.00"), (34.0, "aq=1:0.60")] {
            var settings = settings(picture.size)
            settings.perception = Perception(quantizer: quantizer)
            var sound: Track?
            _ = try Studio.encode(
                source,
                picture: picture,
                settings: settings,
                mode: .firstPass(log: log),
                sound: &sound,
                to: nil
            )
            let head = try String(contentsOfFile: log.string, encoding: .utf8).prefix(2000)
            #expect(head.contains(told))
            #expect(head.contains(quantizer == nil ? "psy_rd=1.00:0.00" : "psy_rd=0.50:0.00"))
        }
    }

    @Test("a second pass without a log is an error")
    func missingLog() throws {
        let folder = try Folder()
        #expect(throws: MediaError.self) {
            _ = try VideoEncoder(
                settings(PixelSize(width: 64, height: 64)),
                mode: .secondPass(log: folder.file("none.log"), bitsPerSecond: 100_000)
            )
        }
    }

    @Test("an encode at another rate continues a track once it is given the track's level")
    func level() throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(Clip(frames: 25), in: folder)
        let log = folder.file("pass.log")
        _ = try encode(source, picture, picture.size, .firstPass(log: log), to: nil)

        // 40 kbit/s are level 1, 4 Mbit/s are not.
        var settings = settings(picture.size)
        let slow = try VideoEncoder(settings, mode: .secondPass(log: log, bitsPerSecond: 40_000))
        let track = try Track(path: folder.file("track"), of: slow)
        let rate = VideoEncoder.Mode.secondPass(log: log, bitsPerSecond: 4_000_000)
        let free = try VideoEncoder(settings, mode: rate)
        #expect(try !track.isContinued(by: free))
        settings.level = track.level
        #expect(settings.level != nil)
        let bound = try VideoEncoder(settings, mode: rate)
        #expect(try track.isContinued(by: bound))
    }

    @Test("a finer quality is larger")
    func quality() throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(Clip(frames: 25), in: folder)
        let sizes = try [18.0, 28, 38].map { quality in
            try encode(source, picture, picture.size, .constantQuality(quality), to: nil).videoBytes
        }
        #expect(sizes[0] > sizes[1] && sizes[1] > sizes[2])
    }

    @Test("one frame is enough for a file", .enabled(if: FFprobe.isInstalled))
    func oneFrame() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 2, height: 2, frames: 1).write(to: path)
        #expect(try FFprobe.describe(path).video?.nbReadFrames == "1")
    }

    private func settings(_ size: PixelSize) -> VideoEncoder.Settings {
        VideoEncoder.Settings(
            size: size,
            frameRate: Rational(25, 1),
            matrix: .smpte170m,
            preset: "medium",
            keyframeIntervalFrames: 250
        )
    }

    private func encode(
        _ source: Source,
        _ picture: Picture,
        _ size: PixelSize,
        _ mode: VideoEncoder.Mode,
        to path: FilePath?
    ) throws -> Studio.Outcome {
        var sound: Track?
        return try Studio.encode(
            source,
            picture: picture,
            settings: settings(size),
            mode: mode,
            sound: &sound,
            to: path
        )
    }
}
