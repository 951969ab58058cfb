import Core
import Engine
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// A still picture in a folder of its own, and what becomes of it.
struct StillRunScene: Sendable {
    let folder: Folder
    let input: FilePath
    var output: FilePath

    /// Made by ffmpeg of a painted source, as in `testsrc2=s=640x480`.
    init(_ painting: String, name: String = "in.png", _ options: [String] = []) throws {
        folder = try Folder()
        input = folder.file(name)
        output = folder.file("out.jpg")
        try FFmpeg.make(painting, options + ["-frames:v", "1", "-update", "1"], at: input)
    }

    /// A detailed picture, as photographs are: fractal detail under soft light.
    static func photograph(
        _ width: Int,
        _ height: Int,
        name: String = "in.jpg",
        _ options: [String] = ["-q:v", "2"]
    ) throws -> StillRunScene {
        try StillRunScene(
            "mandelbrot=s=\(width)x\(height):start_scale=0.05:end_scale=0.04,noise=alls=6",
            name: name,
            options
        )
    }

    func request(
        to target: Int? = nil,
        format: Format? = nil,
        metadata: Metadata.Policy = .private,
        heightCap: HeightCap = .automatic
    ) -> Request {
        Request(
            input: input,
            output: output,
            format: format,
            target: target.map { ByteSize(bytes: $0) },
            heightCap: heightCap,
            metadata: metadata
        )
    }

    func run(
        _ request: Request,
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws -> Report {
        try await Compressor(worker: nil).run(request, events: onEvent)
    }

    /// Puts words into the input, a JPEG.
    func write(_ words: PhoneWords) throws {
        let bytes = [UInt8](try input.contents())
        try input.write(Data(words.inserted(into: bytes)))
    }

    /// Texts that must not be in the result.
    func tells(_ text: String) throws -> Bool {
        try output.contents().range(of: Data(text.utf8)) != nil
    }
}

@Suite(.enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10))) struct StillTests {
    @Test(
        "a picture lands below its target and fills it, and ffprobe agrees on what it is",
        arguments: [400_000, 150_000, 60_000, 20_000]
    )
    func lands(_ target: Int) async throws {
        let scene = try StillRunScene.photograph(1600, 1200)
        let log = EventLog()
        let report = try await scene.run(scene.request(to: target), onEvent: log.add)
        #expect(report.kind == .still)
        #expect(report.bytes == scene.output.byteCount && report.bytes <= target)
        #expect(report.fill >= 0.99 || report.stoppedAtQualityCeiling)
        // Twice, where all of the colour turns out to be too dear.
        #expect(report.attempts.count <= 2 * StillSearch.mostTries)
        #expect(report.attempts.filter(\.isAccepted).map(\.bytes) == [report.bytes])
        let video = try #require(try FFprobe.describe(scene.output).video)
        #expect(video.codecName == "mjpeg" && video.pixFmt == "yuvj420p")
        #expect(video.width == report.width && video.height == report.height)
        let shape = Double(report.width) / Double(report.height)
        #expect(abs(shape - 1.333) < 0.01)
        #expect((report.ssim ?? 0) > 0.7)
        #expect(log.progress.map(\.fraction) == log.progress.map(\.fraction).sorted())
        #expect(scene.folder.names == ["in.jpg", "out.jpg"])
    }

    @Test("all eight turns come out upright, and say no more of turning", arguments: 1...8)
    func upright(_ number: Int) async throws {
        // White at the upper left, as stored.
        let scene = try StillRunScene(
            "color=gray:s=128x64,drawbox=0:0:64:32:white:fill",
            name: "in.jpg",
            ["-q:v", "2"]
        )
        try scene.write(PhoneWords(orientation: number, isLittleEndian: number % 2 == 0))
        // At its own size it would be copied where it is upright already.
        let report = try await scene.run(scene.request(metadata: .keep))
        let turned = number > 4
        let size = PixelSize(width: report.width, height: report.height)
        let stored = PixelSize(width: 128, height: 64)
        #expect(size == (turned ? stored.transposed : stored))
        let video = try #require(try FFprobe.describe(scene.output).video)
        #expect(video.width == report.width)
        #expect(video.sideDataList?.contains { ($0.rotation ?? 0) != 0 } != true)
        let isRight = [2, 3, 6, 7].contains(number)
        let isBottom = [3, 4, 7, 8].contains(number)
        for (right, bottom) in [(false, false), (true, false), (false, true), (true, true)] {
            let colour = try #require(
                try FFprobe.colour(
                    of: scene.output,
                    x: report.width * (right ? 3 : 1) / 4 - 4,
                    y: report.height * (bottom ? 3 : 1) / 4 - 4
                )
            )
            let isWhite = right == isRight && bottom == isBottom
            #expect((colour.luma > 200) == isWhite, "\(colour)")
        }
        let file = StillFile([UInt8](try scene.output.contents()))
        #expect(file.orientation?.isUpright != false)
    }

    // MARK: - What fits

    @Test("what fits and tells nothing is copied byte for byte")
    func copied() async throws {
        // Without the encoder's own comment.
        let scene = try StillRunScene.photograph(320, 240, ["-flags", "bitexact"])
        try scene.write(
            PhoneWords(hasPlace: false, hasCamera: false, hasOwner: false)
        )
        let report = try await scene.run(scene.request(to: 1_000_000))
        #expect(report.method == .remux)
        #expect(try scene.output.contents() == scene.input.contents())
    }

    @Test("of what fits only the words go that have to, and the picture stays as it is")
    func stripped() async throws {
        let scene = try StillRunScene.photograph(320, 240)
        let bare = try scene.input.digestOfPixels()
        try scene.write(PhoneWords(orientation: 1, thumbnail: [1, 2, 3, 4, 5]))
        try scene.input.write(scene.input.contents() + Data("a film of three seconds".utf8))
        let report = try await scene.run(scene.request(to: 1_000_000))
        #expect(report.method == .remux)
        #expect(try scene.output.digestOfPixels() == bare)
        for text in [PhoneWords.maker, PhoneWords.serial, PhoneWords.owner, "a film"] {
            #expect(try !scene.tells(text), "\(text)")
        }
        #expect(try scene.tells(PhoneWords.date) && scene.tells("Harbour at dusk"))
        let removed = Set(report.metadata?.removed ?? [])
        #expect(removed.isSuperset(of: ["location", "device", "people"]))
        #expect(report.metadata?.kept == ["title", "date"])
        #expect(report.bytes < scene.input.byteCount)
    }

    @Test("nobody asks for a size: never larger than the source", arguments: ["in.jpg", "in.png"])
    func sharing(_ name: String) async throws {
        let scene = try StillRunScene.photograph(640, 480, name: name)
        let report = try await scene.run(scene.request())
        #expect(report.bytes <= report.inputBytes && report.targetBytes == nil)
        #expect((report.quality ?? 0) <= StillFormat.jpeg.sharing + 0.01)
        #expect((report.ssim ?? 0) > 0.9)
    }

    // MARK: - Words

    @Test("the words of an encoded picture follow the policy", arguments: Metadata.Policy.allCases)
    func words(_ policy: Metadata.Policy) async throws {
        let scene = try StillRunScene.photograph(800, 600)
        try scene.write(PhoneWords(orientation: 6, thumbnail: [1, 2, 3]))
        let report = try await scene.run(scene.request(to: 60_000, metadata: policy))
        #expect(report.method == .fit && report.bytes <= 60_000)
        #expect(try scene.tells(PhoneWords.date) == (policy != .none))
        #expect(try scene.tells(PhoneWords.serial) == (policy == .keep))
        let tags = StillFile([UInt8](try scene.output.contents())).tags.map(\.key)
        #expect(tags.contains("GPSLatitude") == (policy == .keep))
        #expect(!tags.contains("Thumbnail"))
        #expect(tags.isEmpty == (policy == .none))
    }

    // MARK: - Kinds of pixels

    @Test(
        "grey, palette, 16 bits and transparency come out in their colours, on white",
        arguments: [
            ("gray", "in.png"), ("pal8", "in.png"), ("rgb48be", "in.png"), ("ya8", "in.png"),
            ("rgba", "in.png"), ("rgba64be", "in.png"), ("bgr24", "in.bmp"), ("rgb24", "in.tif"),
            ("pal8", "in.gif"), ("yuvj444p", "in.jpg"), ("yuvj422p", "in.jpg"), ("gray", "in.jpg"),
        ]
    )
    func pixels(_ format: String, _ name: String) async throws {
        // Grey on the left; on the right white, or nothing where there can be nothing.
        let hasAlpha = ["ya8", "rgba", "rgba64be"].contains(format)
        let (colour, alpha) = hasAlpha ? (0, 0) : (255, 255)
        let half = "'if(lt(X,48),128,\(colour))'"
        let scene = try StillRunScene(
            "color=gray:s=96x64,format=gbrap,"
                + "geq=r=\(half):g=\(half):b=\(half):a='if(lt(X,48),255,\(alpha))',format=\(format)",
            name: name
        )
        let report = try await scene.run(scene.request(to: 100_000))
        #expect(report.width == 96 && report.height == 64)
        let left = try #require(try FFprobe.colour(of: scene.output, x: 16, y: 16))
        let other = try #require(try FFprobe.colour(of: scene.output, x: 72, y: 16))
        #expect(abs(left.luma - 128) < 3 && abs(left.blue - 128) < 3, "\(left)")
        #expect(other.luma > 250, "\(other)")
    }

    @Test(
        "red is as red as it was: JPEG's matrix and its full range",
        arguments: ["in.png", "in.jpg"]
    )
    func red(_ name: String) async throws {
        let scene = try StillRunScene("color=red:s=96x64", name: name, ["-q:v", "2"])
        _ = try await scene.run(scene.request(to: 50_000, metadata: .none))
        let colour = try #require(try FFprobe.colour(of: scene.output, x: 32, y: 32))
        // BT.601: 0.299 × 255, and the largest difference of red.
        #expect(abs(colour.luma - 76) < 3 && colour.red > 250, "\(colour)")
    }

    @Test("Display P3 is converted to sRGB, so that it does not turn pale")
    func wideColours() async throws {
        let scene = try StillRunScene("color=0xC06060:s=96x64", name: "in.jpg", ["-q:v", "2"])
        let bytes = [UInt8](try scene.input.contents())
        let dressed = try #require(
            JPEGFile.make(of: bytes, exif: nil, profile: SampleProfile.displayP3.bytes)
        )
        try scene.input.write(Data(dressed))
        let plain = try #require(try FFprobe.colour(of: scene.input, x: 32, y: 32))
        let report = try await scene.run(scene.request(metadata: .none))
        let colour = try #require(try FFprobe.colour(of: scene.output, x: 32, y: 32))
        // The same numbers in sRGB would be a paler red.
        #expect(colour.red > plain.red + 3, "\(colour) \(plain)")
        #expect(report.notes.contains { $0.contains("sRGB") })
        #expect(JPEGFile([UInt8](try scene.output.contents()))?.profile == nil)
    }

    @Test("a profile that cannot be converted goes with the picture")
    func otherProfile() async throws {
        let scene = try StillRunScene.photograph(400, 300)
        let bytes = [UInt8](try scene.input.contents())
        let profile = SampleProfile.adobeRGB.bytes
        try scene.input.write(
            Data(try #require(JPEGFile.make(of: bytes, exif: nil, profile: profile)))
        )
        _ = try await scene.run(scene.request(to: 20_000))
        #expect(JPEGFile([UInt8](try scene.output.contents()))?.profile == profile)
    }

    // MARK: - WebP

    @Test(
        "a WebP lands below its target too, and keeps transparency",
        .enabled(if: StillEncoder.canWrite(.webp)),
        arguments: [40_000, 12_000]
    )
    func webp(_ target: Int) async throws {
        var scene = try StillRunScene(
            "mandelbrot=s=800x600,noise=alls=20,format=gbrap,"
                + "geq=r='p(X,Y)':g='p(X,Y)':b='p(X,Y)':a='if(lt(X,400),0,255)',format=rgba",
            name: "in.png"
        )
        scene.output = scene.folder.file("out.webp")
        let report = try await scene.run(scene.request(to: target, format: .webp))
        #expect(report.bytes <= target && report.fill > 0.97)
        let video = try #require(try FFprobe.describe(scene.output).video)
        #expect(video.codecName == "webp" && video.pixFmt == "yuva420p")
    }

    @Test(
        "a drawing that fits as it is becomes a WebP that loses nothing",
        .enabled(if: StillEncoder.canWrite(.webp))
    )
    func lossless() async throws {
        var scene = try StillRunScene("testsrc=s=320x240", name: "in.png")
        scene.output = scene.folder.file("out.webp")
        let report = try await scene.run(scene.request(format: .webp))
        #expect(report.bytes <= report.inputBytes)
        #expect(report.ssim.map { $0 > 0.9999 } == true)
    }

    // MARK: - What cannot be

    @Test("a picture of 60 000 × 60 000 is refused at once")
    func tooLarge() async throws {
        let scene = try StillRunScene("color=red:s=16x16", name: "in.png")
        var bytes = [UInt8](try scene.input.contents())
        bytes.replaceSubrange(16..<24, with: [0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60])
        try scene.input.write(Data(bytes))
        let error = await #expect(throws: Failure.self) {
            try await scene.run(scene.request(to: 100_000))
        }
        #expect(
            error?.kind == .unreadable && error?.why.contains("60000×60000") == true,
            "\(error as Any)"
        )
        #expect(scene.folder.names == ["in.png"])
    }

    @Test("of a JPEG that is cut off what is there is saved and said, and --strict refuses it")
    func cutOff() async throws {
        let scene = try StillRunScene.photograph(640, 480, name: "in.jpg")
        let bytes = try scene.input.contents()
        try scene.input.write(bytes.prefix(bytes.count * 2 / 3))
        var request = scene.request(to: 30_000)
        let report = try await scene.run(request)
        #expect(report.damage?.isStillCutOff == true)
        #expect(report.damage?.sentences.count == 1, "\(report.damage as Any)")
        #expect(report.bytes <= 30_000)
        (request.isStrict, request.overwrites) = (true, true)
        let error = await #expect(throws: Failure.self) { try await scene.run(request) }
        #expect(error?.kind == .unreadable, "\(error as Any)")
    }

    @Test("a PNG that is cut off is refused, for nothing of it can be decoded")
    func cutOffWhole() async throws {
        let scene = try StillRunScene.photograph(640, 480, name: "in.png")
        let bytes = try scene.input.contents()
        try scene.input.write(bytes.prefix(bytes.count * 2 / 3))
        let error = await #expect(throws: Failure.self) {
            try await scene.run(scene.request(to: 30_000))
        }
        #expect(error?.kind == .unreadable, "\(error as Any)")
        #expect(scene.folder.names == ["in.png"])
    }

    @Test("a HEIC in which no picture is found is called one, not a broken video")
    func heic() async throws {
        let scene = try StillRunScene("color=red:s=16x16", name: "in.png")
        let file = scene.folder.file("phone.heic")
        let head: [UInt8] = [0, 0, 0, 24] + Array("ftypheic".utf8) + [0, 0, 0, 0]
        try file.write(Data(head + Array("mif1heic".utf8) + [0, 0, 0, 8] + Array("moov".utf8)))
        let error = await #expect(throws: Failure.self) {
            try await Compressor(worker: nil).probe(file)
        }
        #expect(
            error?.kind == .unreadable && error?.why.contains("HEIC") == true,
            "\(error as Any)"
        )
    }

    @Test(
        "a picture that was a JPEG before fills its target too, where its old steps are in the way"
    )
    func cliff() async throws {
        let scene = try StillRunScene.photograph(800, 608, ["-q:v", "4", "-qmax", "4"])
        let report = try await scene.run(scene.request(to: scene.input.byteCount * 6 / 7))
        #expect(report.fill > 0.9, "\(report.attempts)")
    }

    @Test("a size that nothing fits into is refused with one that would do")
    func impossible() async throws {
        let scene = try StillRunScene.photograph(640, 480)
        let error = await #expect(throws: Failure.self) {
            try await scene.run(scene.request(to: 300))
        }
        #expect(error?.kind == .unreachable)
        let smallest = try #require(error?.smallestBytes)
        let report = try await scene.run(scene.request(to: smallest + 40))
        #expect(report.bytes <= smallest + 40)
    }
}

extension FilePath {
    /// A sum over the decoded pixels, by a decoder that is not ours.
    fileprivate func digestOfPixels() throws -> Int {
        try FFmpeg.run(["-i", string, "-f", "rawvideo", "-"]).hashValue
    }
}
