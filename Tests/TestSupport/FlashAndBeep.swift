package import SystemPackage

/// A clip with a white flash and a beep at the same instants, made by ffmpeg: shows whether sound and
/// picture stay in step.
package struct FlashAndBeep: Sendable {
    /// At the start, in the middle and at the end of six seconds; frames of 25, 50 and 100 a second begin there.
    package static let instants = [0.4, 3.0, 5.6]
    /// How long each is seen and heard.
    private static let length = 0.12

    package var rate = 25
    /// Filters of ffmpeg's between the flashes and the encoder.
    package var picture = "null"
    /// The same for the beeps.
    package var sound = "anull"
    package var sampleRate = 48_000
    package var layout = "stereo"
    /// Encoders and the muxer's options.
    package var options: [String]
    /// Options of a second turn, which copies.
    package var copy: [String]?

    package init(
        rate: Int = 25,
        picture: String = "null",
        sound: String = "anull",
        sampleRate: Int = 48_000,
        layout: String = "stereo",
        _ options: [String],
        copy: [String]? = nil
    ) {
        self.rate = rate
        self.picture = picture
        self.sound = sound
        self.sampleRate = sampleRate
        self.layout = layout
        self.options = options
        self.copy = copy
    }

    /// Writes it; the container is the name's.
    package func write(to path: FilePath) throws {
        let when = Self.instants.map { "gte(t,\($0)-0.001)*lt(t,\($0 + Self.length)-0.001)" }
            .joined(separator: "+")
        // Grain, so that there are bytes to lose.
        let flashes =
            "color=0x202020:s=160x90:r=\(rate):d=6,noise=alls=24:allf=t,"
            + "drawbox=c=white:t=fill:enable='\(when)',\(picture)"
        let beeps =
            "aevalsrc=exprs='0.8*sin(2*PI*1000*t)*(\(when.replacing("-0.001", with: "")))'"
            + ":s=\(sampleRate):d=6:n=480,aformat=channel_layouts=\(layout),\(sound)"
        let made = copy == nil ? path : FilePath(path.string + ".first." + (path.extension ?? ""))
        try FFmpeg.run(
            ["-copyts", "-f", "lavfi", "-i", flashes, "-f", "lavfi", "-i", beeps]
                + ["-fps_mode", "passthrough"] + options + [made.string]
        )
        if let copy {
            try FFmpeg.run(copy + ["-i", made.string, "-map", "0", "-c", "copy", path.string])
        }
    }

    /// When a clip flashes and beeps, in seconds from its start.
    package static func witnessed(_ path: FilePath) throws -> (flashes: [Double], beeps: [Double]) {
        var flashes: [Double] = []
        var wasBright = false
        for frame in try FFmpeg.shown(path) {
            if frame.luma > 125, !wasBright { flashes.append(frame.seconds) }
            wasBright = frame.luma > 125
        }
        var beeps: [Double] = []
        var lastLoud = -FFmpeg.heardRate
        for (index, sample) in try FFmpeg.heard(path).enumerated() where abs(sample) > 0.25 {
            if index - lastLoud > FFmpeg.heardRate / 4 {
                beeps.append(Double(index) / Double(FFmpeg.heardRate))
            }
            lastLoud = index
        }
        return (flashes, beeps)
    }
}

extension FFmpeg {
    /// A frame as it is shown.
    package struct Shown: Sendable {
        /// From the file's start.
        package var seconds: Double
        /// The mean of a part of it, as stored.
        package var luma: Double
    }

    /// Samples a second of what `heard` returns.
    package static let heardRate = 48_000

    /// When each frame is shown, and how bright it is.
    ///
    /// `part`: as the crop filter writes it, as in `64:64:0:0`.
    package static func shown(_ path: FilePath, part: String = "iw:ih:0:0") throws -> [Shown] {
        let start = try FFprobe.startSeconds(path)
        let text = try run([
            "-copyts", "-i", path.string, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
            "format=yuv420p,crop=\(part),signalstats,"
                + "metadata=mode=print:key=lavfi.signalstats.YAVG:file=-",
            "-f", "null", "-",
        ])
        var frames: [Shown] = []
        var seconds: Double?
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            if let time = line.split(separator: "pts_time:").last, line.hasPrefix("frame:") {
                seconds = Double(time.filter { $0 != " " })
            } else if let luma = line.split(separator: "YAVG=").last.flatMap({ Double($0) }),
                let shown = seconds
            {
                frames.append(Shown(seconds: shown - start, luma: luma))
            }
        }
        return frames
    }

    /// What is heard from the file's start on, silence where there is nothing; one channel.
    package static func heard(_ path: FilePath) throws -> [Float] {
        let start = try FFprobe.startSeconds(path)
        let data = try run([
            "-copyts", "-i", path.string, "-map", "0:a:0", "-af",
            "asetpts=PTS-\(start)/TB,aresample=\(heardRate):async=1:min_hard_comp=0.002:first_pts=0",
            "-ac", "1", "-f", "f32le", "-",
        ])
        return floats(data)
    }
}

extension FFprobe {
    /// When the first frame or sample of a file is shown or heard, on its own clock.
    package static func startSeconds(_ path: FilePath) throws -> Double {
        try facts(path).format?.startTime.flatMap(Double.init) ?? 0
    }
}
