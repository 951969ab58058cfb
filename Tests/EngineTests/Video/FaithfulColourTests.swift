import Core
import Engine
import Media
import SystemPackage
import TestSupport
import Testing

/// Colours come out as they are meant, judged by ffprobe: shades and tags of whole runs.
@Suite(
    .enabled(if: FFmpeg.isInstalled && PictureReader.canToneMap),
    .timeLimit(.minutes(10))
) struct FaithfulColourTests {
    struct Shade: Sendable, CustomTestStringConvertible {
        var transfer: String
        /// As stored in 10 bits.
        var code: Int
        /// Where 8-bit SDR should have it.
        var luma: ClosedRange<Double>
        var testDescription: String
    }

    // The code for so many cd/m² is the curve's own (SMPTE ST 2084, ARIB STD-B67).
    static let shades = [
        Shade(transfer: "smpte2084", code: 64, luma: 16...17, testDescription: "PQ black"),
        Shade(transfer: "smpte2084", code: 397, luma: 98...114, testDescription: "PQ grey, 26"),
        Shade(transfer: "smpte2084", code: 573, luma: 190...215, testDescription: "PQ paper, 203"),
        Shade(transfer: "smpte2084", code: 723, luma: 220...235, testDescription: "PQ, 1000"),
        Shade(transfer: "arib-std-b67", code: 64, luma: 16...17, testDescription: "HLG black"),
        Shade(transfer: "arib-std-b67", code: 397, luma: 90...110, testDescription: "HLG grey"),
        Shade(transfer: "arib-std-b67", code: 502, luma: 118...138, testDescription: "HLG half"),
        Shade(transfer: "arib-std-b67", code: 721, luma: 185...210, testDescription: "HLG paper"),
        Shade(transfer: "arib-std-b67", code: 940, luma: 228...235, testDescription: "HLG peak"),
    ]

    @Test("HDR greys land where SDR has them, neither grey nor glaring", arguments: shades)
    func highDynamicRange(_ shade: Shade) async throws {
        let run = try painted(
            [paint(shade.code, 512, 512, most: 940)],
            format: "yuv420p10le",
            tags: Tags(matrix: "bt2020nc", primaries: "bt2020", transfer: shade.transfer)
        )
        _ = try await run.perform(run.request())
        let colour = try #require(try FFprobe.colour(of: run.output, x: 24, y: 24))
        #expect(shade.luma.contains(colour.luma), "\(colour)")
        // A grey stays grey.
        #expect(abs(colour.blue - 128) <= 1 && abs(colour.red - 128) <= 1, "\(colour)")
        try expectTags(of: run.output)
    }

    @Test(
        "HDR that names its curve only is read as BT.2020",
        arguments: ["smpte2084", "arib-std-b67"]
    )
    func halfTagged(_ transfer: String) async throws {
        let filters = [paint(450, 512, 512, most: 940)]
        let run = try painted(filters, format: "yuv420p10le", tags: Tags(transfer: transfer))
        _ = try await run.perform(run.request())
        let colour = try #require(try FFprobe.colour(of: run.output, x: 24, y: 24))
        #expect((100...150).contains(colour.luma), "\(colour)")
        try expectTags(of: run.output)
    }

    struct Wide: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var tags: Tags
        var format = "yuv420p10le"
    }

    @Test(
        "Dolby Vision is taken with an ordinary picture in it, and refused with none",
        arguments: [(8, 1), (8, 4), (5, 0)]
    )
    func dolbyVision(_ profile: Int, _ compatibility: Int) async throws {
        let run = try Run(folder: Folder(), name: "in.mp4") { path in
            try FFmpeg.make("testsrc2=s=64x64:r=10:d=1", ["-c:v", "libx264"], at: path)
            try MP4.declareDolbyVision(profile: profile, compatibility: compatibility, of: path)
        }
        if compatibility > 0 {
            #expect(try await run.perform(run.request()).frames == 10)
            return
        }
        let failure = await #expect(throws: Failure.self) { try await run.perform(run.request()) }
        #expect(failure?.kind == .unreadable)
        #expect(failure?.why.contains("Dolby Vision profile 5") == true)
    }

    @Test(
        "colours of another standard are converted to BT.709, not relabelled",
        arguments: [
            Wide(
                testDescription: "BT.601 of 525 lines",
                tags: Tags(matrix: "smpte170m", primaries: "smpte170m", transfer: "smpte170m"),
                format: "yuv420p"
            ),
            Wide(
                testDescription: "BT.601 of 625 lines",
                tags: Tags(matrix: "bt470bg", primaries: "bt470bg", transfer: "smpte170m"),
                format: "yuv420p"
            ),
            Wide(
                testDescription: "BT.2020",
                tags: Tags(matrix: "bt2020nc", primaries: "bt2020", transfer: "bt2020-10")
            ),
            Wide(
                testDescription: "SMPTE 240M",
                tags: Tags(matrix: "smpte240m", primaries: "smpte240m", transfer: "smpte240m"),
                format: "yuv420p"
            ),
            Wide(
                testDescription: "YCgCo",
                tags: Tags(matrix: "ycgco", primaries: "bt709", transfer: "bt709"),
                format: "yuv444p"
            ),
            Wide(
                testDescription: "Display P3",
                tags: Tags(matrix: "bt709", primaries: "smpte432", transfer: "bt709"),
                format: "yuv422p10le"
            ),
        ]
    )
    func converted(_ wide: Wide) async throws {
        // The same orange, painted in BT.709 and brought into the other standard by zimg.
        let orange = paint(140, 90, 170, most: 235)
        let matrix = wide.tags.matrix ?? "709"
        let into =
            "zscale=min=709:pin=709:tin=709:rin=tv:m=\(matrix == "smpte240m" ? "7" : matrix)"
            + ":p=\(wide.tags.primaries ?? "709"):t=709:r=tv"
        let run = try painted(
            ["format=yuv444p16le", paint(140 * 256, 90 * 256, 170 * 256, most: 235 * 256), into],
            format: wide.format,
            tags: wide.tags
        )
        let plain = try painted(
            ["format=yuv420p", orange],
            format: "yuv420p",
            tags: Tags(matrix: "bt709", primaries: "bt709", transfer: "bt709")
        )
        _ = try await run.perform(run.request())
        _ = try await plain.perform(plain.request())
        let colour = try #require(try FFprobe.colour(of: run.output, x: 24, y: 24))
        let meant = try #require(try FFprobe.colour(of: plain.output, x: 24, y: 24))
        #expect(abs(colour.luma - meant.luma) <= 2, "\(colour) \(meant)")
        #expect(abs(colour.blue - meant.blue) <= 2, "\(colour) \(meant)")
        #expect(abs(colour.red - meant.red) <= 2, "\(colour) \(meant)")
        try expectTags(of: run.output)
    }

    @Test(
        "full range becomes limited range: black 16, white 235",
        arguments: ["yuv420p", "yuv422p10le", "yuv444p"]
    )
    func fullRange(_ format: String) async throws {
        for (stored, shown) in [(0, 16.0), (128, 125.7), (255, 235)] {
            let depth = format.hasSuffix("10le") ? 4 : 1
            let code = min(stored * depth, 256 * depth - 1)
            let run = try painted(
                ["format=\(format)", paint(code, 128 * depth, 128 * depth, most: 255 * depth)],
                format: format,
                tags: Tags(matrix: "bt709", primaries: "bt709", transfer: "bt709", range: "pc")
            )
            _ = try await run.perform(run.request())
            let colour = try #require(try FFprobe.colour(of: run.output, x: 24, y: 24))
            #expect(abs(colour.luma - shown) <= 1.5, "\(stored): \(colour)")
            try expectTags(of: run.output)
        }
    }

    @Test(
        "red, green and blue keep their colours in BT.709",
        arguments: [
            ("bgr0", "ffv1", "in.mkv"), ("gbrp10le", "ffv1", "in.mkv"),
            ("gbrp", "utvideo", "in.avi"),
            ("bgr24", "rawvideo", "in.avi"), ("bgra", "rawvideo", "in.avi"),
            ("rgb24", "png", "in.mov"),
        ] as [(String, String, String)]
    )
    func redGreenBlue(_ format: String, _ codec: String, _ name: String) async throws {
        let noise = "if(lt(X,48),%,random(1)*255)"
        let shades = [("r", 200), ("g", 100), ("b", 50)].map {
            "\($0.0)='\(noise.replacing("%", with: String($0.1)))'"
        }
        // An uncompressed AVI's fourth byte is 0 and means nothing.
        let alpha = format == "bgra" ? ",format=rgba,lutrgb=a=0" : ""
        let run = try Run(folder: Folder(), name: name) { path in
            try FFmpeg.make(
                "color=gray:s=64x64:r=10:d=1",
                ["-vf", "format=gbrp,geq=\(shades.joined(separator: ":"))\(alpha)"]
                    + ["-c:v", codec, "-pix_fmt", format],
                at: path
            )
        }
        _ = try await run.perform(run.request())
        let colour = try #require(try FFprobe.colour(of: run.output, x: 24, y: 24))
        // 200, 100, 50 by BT.709's matrix in limited range.
        #expect(abs(colour.luma - 117) <= 2, "\(colour)")
        #expect(abs(colour.blue - 96) <= 2, "\(colour)")
        #expect(abs(colour.red - 172) <= 2, "\(colour)")
        try expectTags(of: run.output)
    }

    struct Tags: Sendable {
        var matrix: String?
        var primaries: String?
        var transfer: String?
        var range = "tv"

        var options: [String] {
            (matrix.map { ["-colorspace", $0] } ?? [])
                + (primaries.map { ["-color_primaries", $0] } ?? [])
                + (transfer.map { ["-color_trc", $0] } ?? []) + ["-color_range", range]
        }
    }

    /// One shade, and beside it noise, so that the file has bytes to lose.
    private func paint(_ luma: Int, _ blue: Int, _ red: Int, most: Int) -> String {
        "geq=lum='if(lt(X,48),\(luma),random(1)*\(most))':cb=\(blue):cr=\(red)"
    }

    /// A run on a lossless clip, with these tags in its container.
    private func painted(_ filters: [String], format: String, tags: Tags) throws -> Run {
        let chain = (["format=\(format)"] + filters + ["format=\(format)"]).joined(separator: ",")
        return try Run(folder: Folder(), name: "in.mkv") { path in
            try FFmpeg.make(
                "color=gray:s=64x64:r=10:d=1",
                ["-vf", chain, "-c:v", "ffv1", "-g", "1", "-slicecrc", "1"] + tags.options,
                at: path
            )
        }
    }

    private func expectTags(of path: FilePath) throws {
        let video = try #require(try FFprobe.describe(path).video)
        #expect(video.pixFmt == "yuv420p")
        #expect(video.colorSpace == "bt709")
        #expect(video.colorPrimaries == "bt709")
        #expect(video.colorTransfer == "bt709")
        #expect(video.colorRange == "tv")
    }
}
