import Core
import Engine
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Two videos that ffmpeg made, compared by Cinch and by ffmpeg's own filters.
@Suite("Comparing two videos", .enabled(if: FFmpeg.isInstalled), .timeLimit(.minutes(10)))
struct CompareTests {
    private let folder: Folder
    private var original: FilePath { folder.file("a.mp4") }
    private var result: FilePath { folder.file("b.mp4") }
    private var picture: FilePath { folder.file("sheet.png") }
    private let painting = "testsrc2=s=320x180:r=25:d=3"
    private let colours = [
        "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc",
        "bt709",
    ]

    init() throws {
        folder = try Folder()
        try FFmpeg.make(painting, colours + ["-c:v", "libx264", "-qp", "8"], at: original)
    }

    /// Makes the second of the first.
    private func derive(_ options: [String]) throws {
        try FFmpeg.run(["-i", original.string] + options + colours + [result.string])
    }

    private func compare(
        picture: FilePath? = nil,
        overwrites: Bool = false
    ) async throws -> Comparison {
        try await Compressor().compare(
            ComparisonRequest(
                original: original,
                result: result,
                picture: picture,
                overwrites: overwrites
            )
        ) { _ in }
    }

    /// ffmpeg's own luma SSIM and PSNR, B made as large as A first.
    private func witness(size: String? = nil) throws -> (ssim: Double, psnr: Double) {
        let scale = size.map { "scale=\($0):flags=bicubic," } ?? ""
        let ssim = try FFprobe.measure(
            result,
            by: "\(scale)null[b];movie=filename='\(original.string)'[a];[b][a]ssim"
        ).compactMap { $0.number("ssim.Y") }
        let errors = try FFprobe.measure(
            result,
            by: "\(scale)null[b];movie=filename='\(original.string)'[a];[b][a]psnr"
        ).compactMap { $0.number("psnr.mse.y") }
        let error = errors.reduce(0, +) / Double(max(1, errors.count))
        return (
            ssim.reduce(0, +) / Double(max(1, ssim.count)),
            Comparison.decibels(meanSquaredError: error)
        )
    }

    @Test("a video is like itself: SSIM 1, PSNR 100 dB, in every second")
    func itself() async throws {
        let comparison = try await Compressor().compare(
            ComparisonRequest(original: original, result: original)
        ) { _ in }
        #expect(comparison.frames == 75)
        #expect(comparison.scores[0].seconds == [1, 1, 1])
        #expect(comparison.scores[1].mean == 100)
        #expect(comparison.notes.isEmpty && comparison.picture == nil)
        #expect(folder.names == ["a.mp4"])
    }

    @Test("ffmpeg's own filters measure the same")
    func sameSize() async throws {
        try derive(["-c:v", "libx264", "-crf", "36"])
        let comparison = try await compare()
        let witness = try witness()
        #expect(comparison.scores.prefix(2).map(\.metric) == [.ssim, .psnr])
        #expect(abs(comparison.scores[0].mean - witness.ssim) < 0.002)
        #expect(abs(comparison.scores[1].mean - witness.psnr) < 0.1)
    }

    @Test("a smaller result is seen at the original's size, as ffmpeg's bicubic makes it")
    func smaller() async throws {
        try derive(["-vf", "scale=160:90:flags=bicubic", "-c:v", "libx264", "-crf", "20"])
        let comparison = try await compare()
        let witness = try witness(size: "320:180")
        #expect(comparison.size == PixelSize(width: 320, height: 180))
        #expect(comparison.resultSize == PixelSize(width: 160, height: 90))
        #expect(abs(comparison.scores[0].mean - witness.ssim) < 0.002)
        #expect(abs(comparison.scores[1].mean - witness.psnr) < 0.1)
    }

    @Test("frames are matched by their time where the result has only half of them")
    func halfRate() async throws {
        try derive(["-vf", "select='not(mod(n,2))'", "-r", "12.5", "-c:v", "libx264", "-qp", "8"])
        let comparison = try await compare()
        #expect(comparison.frameRate == 12.5)
        #expect((37...38).contains(comparison.frames))
        #expect(comparison.scores[0].mean > 0.98)
        #expect(comparison.notes.contains { $0.contains("12.5") })
    }

    @Test("a turned original is compared upright")
    func turned() async throws {
        let stored = folder.file("stored.mp4")
        try FFmpeg.run(
            ["-i", original.string, "-vf", "transpose=clock", "-c:v", "libx264", "-qp", "8"]
                + colours + [stored.string]
        )
        try FFmpeg.run([
            "-i", stored.string, "-c", "copy", "-metadata:s:v:0", "rotate=90", result.string,
        ])
        try #require(try FFprobe.describe(result).video?.width == 180)
        let comparison = try await compare()
        #expect(comparison.size == PixelSize(width: 320, height: 180))
        #expect(comparison.scores[0].mean > 0.98)
    }

    @Test("the worst moment is where the result is spoiled, and so is the worst second")
    func spoiled() async throws {
        try derive([
            "-vf", "boxblur=8:enable='between(t,1.2,1.6)'", "-c:v", "libx264", "-qp", "8",
        ])
        let comparison = try await compare()
        let worst = try #require(comparison.moments.first)
        #expect((1.19...1.61).contains(worst.seconds))
        #expect(comparison.scores[0].worstSecond == 1)
        #expect(worst.ssim < 0.9 && comparison.scores[0].seconds[0] > 0.97)
        #expect(comparison.moments.map(\.ssim) == comparison.moments.map(\.ssim).sorted())
    }

    @Test(
        "the picture is a PNG of both plots and of four moments side by side, and nothing else is left"
    )
    func sheet() async throws {
        try derive(["-c:v", "libx264", "-crf", "40"])
        let comparison = try await compare(picture: picture)
        #expect(comparison.moments.count == 4 && comparison.picture == picture.string)
        let video = try #require(try FFprobe.describe(picture).video)
        #expect(video.codecName == "png" && video.pixFmt == "rgb24")
        // Frames this small are shown at twice their size.
        #expect(video.width == 2 * 640 + 48)
        #expect((video.height ?? 0) > 4 * 360)
        #expect(folder.names == ["a.mp4", "b.mp4", "sheet.png"])
    }

    @Test("a picture that exists is replaced only where that is asked for")
    func exists() async throws {
        try derive(["-c:v", "libx264", "-crf", "40"])
        try picture.write(Data("mine".utf8))
        let failure = await #expect(throws: Failure.self) { try await compare(picture: picture) }
        #expect(failure?.kind == .output)
        #expect(try picture.contents() == Data("mine".utf8))
        _ = try await compare(picture: picture, overwrites: true)
        #expect(try picture.contents().starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }

    @Test("what cannot be compared is told as what it is")
    func refusals() async throws {
        func kind(
            _ one: FilePath,
            _ other: FilePath,
            _ sheet: FilePath? = nil
        ) async -> Failure.Kind? {
            do {
                _ = try await Compressor().compare(
                    ComparisonRequest(
                        original: one,
                        result: other,
                        picture: sheet,
                        overwrites: true
                    )
                ) { _ in }
                return nil
            } catch {
                return error.kind
            }
        }
        let sound = folder.file("sound.wav")
        try FFmpeg.make("sine=d=1", at: sound)
        #expect(await kind(sound, original) == .unreadable)
        #expect(await kind(original, sound) == .unreadable)
        #expect(await kind(original, folder.file("none.mp4")) == .missing)
        #expect(await kind(original, original, folder.file("sheet.jpg")) == .usage)
        #expect(await kind(original, original, original) == .usage)
        #expect(await kind(original, original, folder.file("no/sheet.png")) == .output)
        #expect(folder.names == ["a.mp4", "sound.wav"])
    }

    @Test("the picture never takes the place of one of the two")
    func same() async throws {
        let png = folder.file("b.png")
        try FileManager.default.copyItem(atPath: original.string, toPath: png.string)
        let failure = await #expect(throws: Failure.self) {
            try await Compressor().compare(
                ComparisonRequest(original: original, result: png, picture: png, overwrites: true)
            ) { _ in }
        }
        #expect(failure?.kind == .output)
        #expect(try png.digest() == original.digest())
    }

    @Test("a comparison that is stopped leaves nothing")
    func stopped() async throws {
        let (began, continuation) = AsyncStream.makeStream(of: Void.self)
        let request = ComparisonRequest(original: original, result: original, picture: picture)
        let task = Task {
            try await Compressor().compare(request) { event in
                guard case .progress(let progress) = event, progress.phase == .comparing else {
                    return
                }
                continuation.yield()
                Thread.sleep(forTimeInterval: 0.3)
            }
        }
        for await _ in began { break }
        task.cancel()
        switch await task.result {
        case .success: Issue.record("it went on")
        case .failure(let error): #expect((error as? Failure)?.kind == .interrupted)
        }
        #expect(folder.names == ["a.mp4"])
    }

    @Test("HDR is compared in ordinary colours, and like itself")
    func highDynamicRange() async throws {
        let clip = Fixture.path("hdr10-256x144.mkv")
        let comparison = try await Compressor().compare(
            ComparisonRequest(original: clip, result: clip)
        ) { _ in }
        #expect(comparison.scores[0].mean == 1)
        let run = try Run(fixture: "hdr10-256x144.mkv")
        _ = try await run.perform(run.request())
        let made = try await Compressor().compare(
            ComparisonRequest(original: run.input, result: run.output)
        ) { _ in }
        // A picture in HDR's own numbers would be far darker.
        #expect(made.scores[0].mean > 0.93)
    }
}
