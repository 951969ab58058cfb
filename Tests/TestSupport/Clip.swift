package import Core
import Foundation
package import Media
package import SystemPackage

/// A synthetic clip: painted by code, written raw or encoded with the project's own encoder.
package struct Clip: Sendable {
    package var scene: Scene
    package var size: PixelSize
    package var rate: Rational
    package var frames: Int
    package var aspect: Rational
    /// The lower line of each pair shows half a frame later.
    package var isInterlaced: Bool
    /// What the raw file says of that.
    package var saysInterlaced: Bool

    package init(
        _ scene: Scene = .moving,
        width: Int = 320,
        height: Int = 180,
        rate: Rational = Rational(25, 1),
        frames: Int = 50,
        aspect: Rational = Rational(1, 1),
        isInterlaced: Bool = false,
        saysInterlaced: Bool? = nil
    ) {
        self.scene = scene
        size = PixelSize(width: width, height: height)
        self.rate = rate
        self.frames = frames
        self.aspect = aspect
        self.isInterlaced = isInterlaced
        self.saysInterlaced = saysInterlaced ?? isInterlaced
    }

    package var seconds: Double { Double(frames) / rate.value }

    /// Writes the pictures as they are painted (YUV4MPEG2); any size, any shape of pixel.
    package func writeRaw(to path: FilePath) throws {
        _ = FileManager.default.createFile(atPath: path.string, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path.string))
        defer { try? file.close() }
        let fields = saysInterlaced ? "It" : "Ip"
        let header =
            "YUV4MPEG2 W\(size.width) H\(size.height) F\(rate.numerator):\(rate.denominator) "
            + "\(fields) A\(aspect.numerator):\(aspect.denominator) C420jpeg\n"
        try file.write(contentsOf: Data(header.utf8))
        let painter = Painter(scene, size: size)
        for index in 0..<frames {
            try file.write(contentsOf: Data("FRAME\n".utf8) + Data(frame(index, of: painter)))
        }
    }

    private func frame(_ index: Int, of painter: Painter) -> [UInt8] {
        guard isInterlaced else { return painter.frame(index) }
        var woven = painter.frame(index * 2)
        let later = painter.frame(index * 2 + 1)
        for row in stride(from: 1, to: size.height, by: 2) {
            let line = row * size.width..<(row + 1) * size.width
            woven.replaceSubrange(line, with: later[line])
        }
        return woven
    }

    /// Writes an MP4 with H.264 at constant quality, and AAC beside it where a tone is given.
    package func write(
        to path: FilePath,
        quality: Double = 20,
        tone: Tone? = nil,
        keyframeIntervalFrames: Int = 250
    ) throws {
        let raw = FilePath(path.string + ".y4m")
        try writeRaw(to: raw)
        defer { try? FileManager.default.removeItem(atPath: raw.string) }
        let source = try Studio.probe(raw)
        var picture = try Studio.picture(of: source)
        picture.frameRate = rate
        var sound: Track?
        let soundPath = FilePath(path.string + ".sound")
        defer { try? FileManager.default.removeItem(atPath: soundPath.string) }
        if let tone { sound = try tone.track(at: soundPath) }
        _ = try Studio.encode(
            source,
            picture: picture,
            settings: VideoEncoder.Settings(
                size: picture.size,
                frameRate: rate,
                matrix: picture.matrix,
                preset: "veryfast",
                keyframeIntervalFrames: keyframeIntervalFrames
            ),
            mode: .constantQuality(quality),
            sound: &sound,
            to: path
        )
    }
}

/// The parts of a run, put together by hand for tests.
package enum Studio {
    /// What an encode was.
    package struct Outcome: Sendable {
        package var timings: [PacketTiming]
        package var videoBytes: Int
        package var frames: Int
    }

    /// Probes a file.
    package static func probe(
        _ path: FilePath,
        flag: CancellationFlag = CancellationFlag()
    ) throws -> Source {
        try Prober.probe(path: path.string, bytes: path.byteCount, flag: flag)
    }

    /// The picture at the source's own size.
    package static func picture(of source: Source) throws -> Picture {
        try Plan.make(
            for: source,
            request: Request(input: FilePath(source.path), heightCap: .source)
        ).picture
    }

    /// A painted clip as a raw file in a folder, and its picture as it comes.
    package static func raw(
        _ clip: Clip,
        in folder: Folder
    ) throws -> (source: Source, picture: Picture) {
        let path = folder.file("clip.y4m")
        try clip.writeRaw(to: path)
        let source = try probe(path)
        return (source, try picture(of: source))
    }

    /// Decodes, encodes, and writes a file where a path is given.
    package static func encode(
        _ source: Source,
        picture: Picture,
        settings: VideoEncoder.Settings,
        mode: VideoEncoder.Mode,
        sound: inout Track?,
        to path: FilePath?,
        trimmings: Trimmings = Trimmings()
    ) throws -> Outcome {
        let flag = CancellationFlag()
        var reader = try PictureReader(source: source, picture: picture, flag: flag)
        let shrinker = try Shrinker(from: picture.size, to: settings.size, flags: "area")
        var encoder = try VideoEncoder(settings, mode: mode)
        var muxer: Muxer?
        if let path {
            muxer = try Muxer(
                path: path,
                video: encoder,
                sound: sound,
                trimmings: trimmings,
                seconds: source.durationSeconds
            )
        }
        var frame = try Frame()
        var small = try Frame()
        var packet = try Packet()
        var timings: [PacketTiming] = []
        sound?.rewind()

        func drain(
            _ encoder: inout VideoEncoder,
            _ muxer: inout Muxer?,
            _ sound: inout Track?
        ) throws {
            while try encoder.receive(into: &packet) {
                let timing = packet.timing
                timings.append(timing)
                let seconds = Double(timing.decodeTime) / settings.frameRate.value
                try writeSound(from: &sound, until: seconds, to: &muxer)
                try muxer?.writePicture(&packet)
            }
        }

        while try reader.next(into: &frame) {
            try shrinker.shrink(frame, into: &small)
            try encoder.send(small)
            try drain(&encoder, &muxer, &sound)
        }
        try encoder.finish()
        try drain(&encoder, &muxer, &sound)
        try writeSound(from: &sound, until: .infinity, to: &muxer)
        if let muxer = muxer.take() { try muxer.finish() }
        return Outcome(
            timings: timings,
            videoBytes: encoder.byteCount,
            frames: reader.frameCount
        )
    }

    private static func writeSound(
        from sound: inout Track?,
        until seconds: Double,
        to muxer: inout Muxer?
    ) throws {
        var packet = try Packet()
        while let next = sound?.nextSeconds, next <= seconds {
            guard try sound?.next(into: &packet) == true else { return }
            try muxer?.writeSound(&packet)
        }
    }
}
