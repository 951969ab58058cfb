import Core
import Engine
import SystemPackage
import TestSupport
import Testing

/// What people have becomes an MP4 that plays everywhere, judged by mediainfo and ffprobe.
@Suite(
    .enabled(if: FFmpeg.isInstalled && MediaInfo.isInstalled),
    .timeLimit(.minutes(10))
) struct MatrixTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// The row as a sentence.
        var testDescription: String
        var name: String
        /// What ffmpeg paints and plays.
        var size = "192x108"
        var rate = "25"
        var sound: String? = "sine=f=500:r=48000,pan=stereo|FL=c0|FR=0.5*c0"
        /// What it encodes them with.
        var options: [String]
        /// What comes out.
        var shown: (width: Int, height: Int) = (192, 108)
        var frames = 50
        var channels = "2"
        var sampleRate = "48000"
        /// How far the length may be from two seconds.
        var tolerance = 0.045
    }

    // WMV and FLV begin with the sound's priming, and the first frame is shown from there on: one more.

    static let rows = [
        Row(
            testDescription:
                "an AVI of an old camera: Motion JPEG, 4:2:2 in full range, mono sound of 8 kHz",
            name: "in.avi",
            sound: "sine=f=500:r=8000,aformat=channel_layouts=mono",
            options: ["-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16le"],
            channels: "1"
        ),
        Row(
            testDescription: "a WebM of a browser: VP8 and Vorbis",
            name: "in.webm",
            options: ["-c:v", "libvpx", "-b:v", "1M", "-c:a", "libvorbis"]
        ),
        Row(
            testDescription: "a Matroska of a film: HEVC in 10 bits, FLAC of six channels",
            name: "in.mkv",
            sound: "sine=f=500:r=48000,pan=5.1|FL=c0|FR=0.5*c0",
            options: [
                "-c:v", "libx265", "-x265-params", "log-level=none:crf=4", "-preset", "ultrafast",
                "-pix_fmt", "yuv420p10le", "-c:a", "flac",
            ]
        ),
        Row(
            testDescription:
                "a MOV of an editor: ProRes 4:2:2 in 10 bits, sound of 24 bits at 96 kHz",
            name: "in.mov",
            sound: "sine=f=500:r=96000,pan=stereo|FL=c0|FR=0.5*c0",
            options: ["-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s24le"]
        ),
        Row(
            testDescription: "an MP4 of a screen: H.264 in 4:4:4",
            name: "in.mp4",
            options: ["-c:v", "libx264", "-crf", "8", "-pix_fmt", "yuv444p", "-c:a", "aac"]
        ),
        Row(
            testDescription: "an M4V with MPEG-4 ASP and sound of eight channels",
            name: "in.mkv",
            sound: "sine=f=500:r=48000,pan=7.1|FL=c0|FR=0.5*c0",
            options: ["-c:v", "mpeg4", "-q:v", "2", "-c:a", "pcm_s16le"]
        ),
        Row(
            testDescription:
                "a transport stream of a receiver: H.264 of interlaced macroblocks, MP2",
            name: "in.ts",
            options: ["-c:v", "libx264", "-x264-params", "tff=1", "-crf", "8", "-c:a", "mp2"]
        ),
        Row(
            testDescription: "an M2TS of a disc: MPEG-2 and AC-3 of six channels",
            name: "in.m2ts",
            sound: "sine=f=500:r=48000,pan=5.1|FL=c0|FR=0.5*c0",
            options: ["-c:v", "mpeg2video", "-q:v", "2", "-c:a", "ac3"]
        ),
        Row(
            testDescription: "an MPG of the nineties: MPEG-1 and MP2 of 44.1 kHz",
            name: "in.mpg",
            sound: "sine=f=500:r=44100,pan=stereo|FL=c0|FR=0.5*c0",
            options: ["-c:v", "mpeg1video", "-q:v", "2", "-c:a", "mp2"],
            sampleRate: "44100"
        ),
        Row(
            testDescription: "a WMV: Windows Media video and sound",
            name: "in.wmv",
            sound: "sine=f=500:r=44100,pan=stereo|FL=c0|FR=0.5*c0",
            options: ["-c:v", "wmv2", "-q:v", "2", "-c:a", "wmav2"],
            frames: 51,
            sampleRate: "44100",
            tolerance: 0.1
        ),
        Row(
            testDescription: "an FLV of the old web: Sorenson and MP3 of 22.05 kHz",
            name: "in.flv",
            sound: "sine=f=500:r=22050,aformat=channel_layouts=mono",
            options: ["-c:v", "flv1", "-q:v", "2", "-c:a", "libmp3lame"],
            frames: 51,
            channels: "1",
            sampleRate: "44100",
            tolerance: 0.1
        ),
        Row(
            testDescription: "a 3GP of a phone: H.263 and AAC of 8 kHz",
            name: "in.3gp",
            size: "176x144",
            sound: "sine=f=500:r=8000,aformat=channel_layouts=mono",
            options: ["-c:v", "h263", "-q:v", "2", "-aspect", "176:144", "-c:a", "aac"],
            shown: (176, 144),
            channels: "1",
            tolerance: 0.15
        ),
        Row(
            testDescription: "an OGV: Theora and Vorbis",
            name: "in.ogv",
            options: ["-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis"]
        ),
        Row(
            testDescription: "an MXF of a studio: MPEG-2 in 4:2:2, every frame a keyframe",
            name: "in.mxf",
            options: [
                "-c:v", "mpeg2video", "-pix_fmt", "yuv422p", "-g", "1", "-q:v", "2", "-c:a",
                "pcm_s16le",
            ]
        ),
        Row(
            testDescription: "a tape: DV, pixels of 64:45, sound of 48 kHz",
            name: "in.dv",
            size: "720x576",
            options: [
                "-c:v", "dvvideo", "-pix_fmt", "yuv420p", "-aspect", "16:9", "-c:a", "pcm_s16le",
            ],
            shown: (1024, 576)
        ),
        Row(
            testDescription: "a picture of 8K, without sound",
            name: "in.avi",
            size: "7680x4320",
            rate: "2",
            sound: nil,
            options: ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"],
            shown: (1920, 1080),
            frames: 4
        ),
        Row(
            testDescription: "an MP4 of bytes under the name of another kind",
            name: "in.avi",
            options: ["-c:v", "libx264", "-crf", "8", "-c:a", "aac", "-f", "mp4"]
        ),
    ]

    @Test("it becomes an MP4 that plays everywhere, of the same shape and length", arguments: rows)
    func becomes(_ row: Row) async throws {
        let run = try Run(folder: Folder(), name: row.name) { path in
            let noise = "testsrc2=s=\(row.size):r=\(row.rate):d=2,noise=alls=12:allf=t"
            let sound = row.sound.map { ["-f", "lavfi", "-t", "2", "-i", $0] } ?? []
            try FFmpeg.run(["-f", "lavfi", "-i", noise] + sound + row.options + [path.string])
        }
        let target = min(600_000, run.input.byteCount / 2)
        let report = try await run.perform(run.request(to: target))
        #expect(report.method == .fit)
        #expect(run.output.byteCount <= target)
        try expectPlaysEverywhere(run.output, hasSound: row.sound != nil)

        let tracks = try MediaInfo.tracks(run.output)
        let video = try #require(tracks.first { $0["@type"] == "Video" })
        let (width, height) = row.shown
        // Where bytes are few the frame is smaller, in the same shape.
        let ownShape = Double(width) / Double(height)
        let keptWidth = try #require(video["Width"].flatMap(Double.init))
        let keptHeight = try #require(video["Height"].flatMap(Double.init))
        #expect(abs(keptWidth - keptHeight * ownShape) <= 2, "\(keptWidth)×\(keptHeight)")
        #expect(Int(keptHeight) <= height)
        #expect(video["FrameCount"] == "\(row.frames)", "\(video["FrameCount"] as Any)")
        if row.sound != nil {
            let audio = try #require(tracks.first { $0["@type"] == "Audio" })
            #expect(audio["Channels"] == row.channels)
            #expect(audio["SamplingRate"] == row.sampleRate)
            let seconds = try #require(try FFprobe.facts(run.output).audio?.seconds)
            #expect(abs(seconds - 2) <= row.tolerance, "\(seconds)")
        }
        let seconds = try #require(tracks.first?["Duration"].flatMap(Double.init))
        #expect(abs(seconds - 2) <= max(row.tolerance, 0.6 / report.frameRate), "\(seconds)")
    }

    @Test(
        "every real file at hand does too",
        arguments: Fixture.names.filter { $0 != "traffic-432p.mp4" }
    )
    func realFiles(_ name: String) async throws {
        let run = try Run(fixture: name)
        let hasSound = try FFprobe.facts(run.input).audio != nil
        _ = try await run.perform(run.request(to: max(26_000, run.input.byteCount / 3)))
        try expectPlaysEverywhere(run.output, hasSound: hasSound)
        // Where tracks state their own ends, the last of them; else what the file says.
        let source = try FFprobe.facts(run.input)
        let start = try FFprobe.startSeconds(run.input)
        let ends = (source.streams ?? []).compactMap { stream in
            stream.seconds.map { $0 + (stream.startTime.flatMap(Double.init) ?? 0) - start }
        }
        let stated = source.format?.duration.flatMap(Double.init)
        let own = try #require(ends.max() ?? stated)
        let kept = try FFprobe.describe(run.output).format?.duration.flatMap(Double.init)
        #expect(abs(try #require(kept) - own) < 0.15, "\(kept as Any) for \(own)")
    }

    /// H.264 of 8 bits in 4:2:0, progressive, square, BT.709 or BT.601, AAC-LC, index in front, nothing turned.
    private func expectPlaysEverywhere(_ path: FilePath, hasSound: Bool) throws {
        let tracks = try MediaInfo.tracks(path)
        let general = try #require(tracks.first { $0["@type"] == "General" })
        #expect(general["Format"] == "MPEG-4")
        #expect(general["IsStreamable"] == "Yes")
        #expect(tracks.count == (hasSound ? 3 : 2))
        let video = try #require(tracks.first { $0["@type"] == "Video" })
        #expect(video["Format"] == "AVC")
        #expect(video["Format_Profile"] == "High")
        #expect(video["BitDepth"] == "8")
        #expect(video["ChromaSubsampling"] == "4:2:0")
        #expect(video["ScanType"] == "Progressive")
        #expect(video["PixelAspectRatio"] == "1.000")
        #expect(video["FrameRate_Mode"] == "CFR")
        #expect(video["HDR_Format"] == nil)
        #expect(video["colour_range"] == "Limited")
        #expect(["BT.709", "BT.601 NTSC"].contains(video["colour_primaries"]))
        #expect((video["Rotation"].flatMap(Double.init) ?? 0) == 0)
        guard hasSound else { return }
        let audio = try #require(tracks.first { $0["@type"] == "Audio" })
        #expect(audio["Format"] == "AAC")
        #expect(audio["Format_AdditionalFeatures"] == "LC")
    }
}
