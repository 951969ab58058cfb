import Core
import Engine
import Media
import SystemPackage
import TestSupport
import Testing

/// Shapes, fields, frame rates and transparency come out right, judged by ffprobe.
@Suite(.enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10))) struct FaithfulPictureTests {
    @Test(
        "odd and tiny sizes come out at the nearest even one",
        arguments: [
            (16, 16), (17, 17), (16, 480), (480, 16), (33, 31), (127, 63), (222, 141), (2, 2),
            (1, 1), (1, 300),
        ] as [(Int, Int)]
    )
    func sizes(_ width: Int, _ height: Int) async throws {
        let run = try Run(
            Clip(.noise, width: width, height: height, frames: 40),
            name: "in.y4m"
        )
        _ = try await run.perform(run.request(to: 20_000))
        let video = try #require(try FFprobe.describe(run.output).video)
        let size = (try #require(video.width), try #require(video.height))
        #expect(size.0 % 2 == 0 && size.1 % 2 == 0)
        #expect(abs(size.0 - width) <= 1 && abs(size.1 - height) <= 1, "\(size)")
        #expect(video.nbReadFrames == "40")
    }

    @Test(
        "pixels that are not square become so, at the shape that is meant",
        arguments: [
            (720, 576, Rational(64, 45), 1.777), (720, 480, Rational(8, 9), 1.333),
            (1440, 1080, Rational(4, 3), 1.777), (320, 240, Rational(1, 2), 0.667),
        ] as [(Int, Int, Rational, Double)]
    )
    func squarePixels(_ width: Int, _ height: Int, _ aspect: Rational, _ shape: Double) async throws
    {
        let run = try Run(
            Clip(.bars, width: width, height: height, frames: 6, aspect: aspect),
            name: "in.y4m"
        )
        _ = try await run.perform(run.request(to: 60_000, heightCap: .lines(240)))
        let video = try #require(try FFprobe.describe(run.output).video)
        let own = Double(try #require(video.width)) / Double(try #require(video.height))
        #expect(abs(own - shape) < 0.012, "\(own)")
        #expect(video.sampleAspectRatio == "1:1" || video.sampleAspectRatio == nil)
    }

    @Test(
        "a clip stored turned or mirrored comes out upright and says no more of turning",
        arguments: OrientationMatrix.all
    )
    func upright(_ matrix: [Int]) async throws {
        let run = try Run(
            Clip(.marked(white: .topLeft, grey: .topRight), width: 128, height: 64, frames: 10)
        )
        try MP4.setMatrix(matrix, of: run.input)
        // A rate cap below its own makes it be encoded, not copied.
        _ = try await run.perform(
            run.request(to: 500_000, frameRateCap: .perSecond(Rational(5, 1)))
        )
        let video = try #require(try FFprobe.describe(run.output).video)
        #expect(video.sideDataList?.contains { ($0.rotation ?? 0) != 0 } != true)
        let (width, height) = (try #require(video.width), try #require(video.height))
        #expect(matrix[0] == 0 ? (width, height) == (64, 128) : (width, height) == (128, 64))
        // The white block lies where the matrix takes the upper left.
        let isRight = -matrix[0] - matrix[2] > 0
        let isBottom = -matrix[1] - matrix[3] > 0
        for (right, bottom) in [(false, false), (true, false), (false, true), (true, true)] {
            let colour = try #require(
                try FFprobe.colour(
                    of: run.output,
                    x: width * (right ? 3 : 1) / 4 - 4,
                    y: height * (bottom ? 3 : 1) / 4 - 4
                )
            )
            let isWhite = right == isRight && bottom == isBottom
            #expect((colour.luma > 200) == isWhite, "\(right) \(bottom) \(colour)")
        }
    }

    @Test("a mirrored clip is turned round even where it could be copied")
    func mirrored() async throws {
        let run = try Run(Clip(width: 128, height: 64, frames: 10))
        try MP4.setMatrix([-1, 0, 0, 1], of: run.input)
        let report = try await run.perform(run.request(to: 500_000))
        #expect(report.method != .remux)
    }

    // MARK: - Fields

    @Test("woven fields are taken apart, whether they say so or not", arguments: [true, false])
    func woven(_ saysSo: Bool) async throws {
        let run = try Run(
            Clip(
                .bars,
                width: 640,
                height: 480,
                frames: 30,
                isInterlaced: true,
                saysInterlaced: saysSo
            ),
            name: "in.y4m"
        )
        #expect(try combs(in: run.input) > 15)
        let (_, plan) = try #require(
            try await Compressor().plan(run.request(to: 400_000)).video
        )
        #expect(plan.picture.deinterlaces)
        _ = try await run.perform(run.request(to: 400_000))
        #expect(try combs(in: run.output) == 0)
        let video = try #require(try FFprobe.describe(run.output).video)
        #expect(video.fieldOrder == "progressive")
        #expect(video.nbReadFrames == "30")
    }

    @Test("a progressive picture that says it is interlaced is left as it is")
    func wronglyFlagged() async throws {
        let run = try Run(
            Clip(.bars, width: 640, height: 480, frames: 30, saysInterlaced: true),
            name: "in.y4m"
        )
        #expect(try Studio.probe(run.input).video.isInterlaced)
        let (_, plan) = try #require(
            try await Compressor().plan(run.request(to: 400_000)).video
        )
        #expect(!plan.picture.deinterlaces)
    }

    @Test(
        "interlaced MPEG-2, DV and H.264 are seen, with their order of fields",
        arguments: [
            (["-c:v", "mpeg2video", "-flags", "+ilme+ildct", "-q:v", "4"], "in.mpg"),
            (["-c:v", "dvvideo"], "in.dv"),
            (["-c:v", "libx264", "-x264opts", "tff=1", "-preset", "ultrafast"], "in.mp4"),
        ] as [([String], String)]
    )
    func codecs(_ options: [String], _ name: String) async throws {
        let order = name == "in.dv" ? "bottom" : "top"
        let run = try Run(folder: Folder(), name: name) { path in
            try FFmpeg.make(
                "testsrc2=s=720x576:r=50:d=0.8,scroll=h=0.01",
                ["-vf", "tinterlace=mode=interleave_\(order),format=yuv420p"]
                    + ["-r", "25"] + options,
                at: path
            )
        }
        let (_, plan) = try #require(
            try await Compressor().plan(run.request(to: 100_000)).video
        )
        #expect(plan.picture.deinterlaces)
    }

    private func combs(in path: FilePath) throws -> Double {
        let last = try FFprobe.measure(path, by: "idet").last
        return (last?.number("multiple.tff") ?? 0) + (last?.number("multiple.bff") ?? 0)
    }

    // MARK: - Frame rates

    @Test(
        "frame rates are kept up to the cap, and the length is the same",
        arguments: [
            (50, .automatic, 50.0), (60, .automatic, 60), (100, .automatic, 50),
            (120, .automatic, 60), (240, .automatic, 60), (60, .perSecond(Rational(30, 1)), 30),
            (50, .perSecond(Rational(30, 1)), 25), (120, .source, 120),
        ] as [(Int, FrameRateCap, Double)]
    )
    func frameRates(_ own: Int, _ cap: FrameRateCap, _ kept: Double) async throws {
        let run = try Run(
            Clip(.noise, width: 64, height: 64, rate: Rational(own, 1), frames: own),
            name: "in.y4m"
        )
        _ = try await run.perform(run.request(to: 40_000, frameRateCap: cap))
        let answer = try FFprobe.describe(run.output)
        let video = try #require(answer.video)
        #expect(video.avgFrameRate == "\(Int(kept))/1")
        let seconds = try #require(answer.format?.duration.flatMap(Double.init))
        #expect(abs(seconds - 1) <= 1 / kept + 0.001)
    }

    @Test("slow motion stays slow: 240 frames shown in eight seconds last eight seconds")
    func slowMotion() async throws {
        let run = try Run(Clip(.noise, width: 64, height: 64, rate: Rational(30, 1), frames: 240))
        _ = try await run.perform(run.request(to: 60_000))
        let answer = try FFprobe.describe(run.output)
        #expect(answer.video?.avgFrameRate == "30/1")
        #expect(answer.video?.nbReadFrames == "240")
    }

    @Test("a file that fits but has more frames than asked for is not copied")
    func cappedCopy() async throws {
        let run = try Run(Clip(width: 64, height: 64, rate: Rational(50, 1), frames: 50))
        _ = try await run.perform(
            run.request(to: 500_000, frameRateCap: .perSecond(Rational(25, 1)))
        )
        #expect(try FFprobe.describe(run.output).video?.avgFrameRate == "25/1")
    }

    // MARK: - Transparency

    @Test(
        "what is transparent is shown on white, half of it half",
        arguments: [
            ("png", "rgba", "in.mov"), ("qtrle", "argb", "in.mov"), ("ffv1", "yuva420p", "in.mkv"),
            ("ffv1", "yuva444p10le", "in.mkv"), ("prores_ks", "yuva444p10le", "in.mov"),
            ("libvpx-vp9", "yuva420p", "in.webm"),
        ] as [(String, String, String)]
    )
    func transparency(_ codec: String, _ format: String, _ name: String) async throws {
        // Left red, in the middle half of it, right nothing under a colour that must not show.
        let alpha = "geq=r=200:g=0:b=0:a='if(lt(X,32),255,if(lt(X,64),128,0))'"
        let run = try Run(folder: Folder(), name: name) { path in
            try FFmpeg.make(
                "color=black:s=96x64:r=10:d=1",
                ["-vf", "format=rgba,\(alpha)", "-c:v", codec, "-pix_fmt", format],
                at: path
            )
        }
        let report = try await run.perform(run.request(to: 30_000))
        #expect(report.method != .remux)
        let opaque = try #require(try FFprobe.colour(of: run.output, x: 12, y: 28))
        let half = try #require(try FFprobe.colour(of: run.output, x: 44, y: 28))
        let clear = try #require(try FFprobe.colour(of: run.output, x: 76, y: 28))
        #expect(opaque.red > 190, "\(opaque)")
        #expect(clear.luma > 232 && abs(clear.red - 128) < 2, "\(clear)")
        #expect(half.luma > opaque.luma + 50 && half.luma < clear.luma - 50, "\(half)")
    }

    @Test("a GIF becomes an MP4 of its own length, on white")
    func animation() async throws {
        let run = try Run(folder: Folder(), name: "in.gif") { path in
            try FFmpeg.make("testsrc2=s=121x91:r=10:d=2", at: path)
        }
        _ = try await run.perform(run.request(to: 60_000))
        let answer = try FFprobe.describe(run.output)
        #expect(answer.format?.formatName?.contains("mp4") == true)
        let video = try #require(answer.video)
        #expect(video.codecName == "h264" && video.pixFmt == "yuv420p")
        #expect(video.nbReadFrames == "20")
        let seconds = try #require(answer.format?.duration.flatMap(Double.init))
        #expect(abs(seconds - 2) < 0.06)
    }
}

/// `a b c d` of every display matrix without oblique angles.
enum OrientationMatrix {
    static let all = [
        [1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0],
        [-1, 0, 0, 1], [1, 0, 0, -1], [0, 1, 1, 0], [0, -1, -1, 0],
    ]
}
