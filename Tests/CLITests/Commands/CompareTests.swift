import Core
import Foundation
import SystemPackage
import Testing

@testable import CLI

@Suite("Comparing, in a terminal and for programs")
struct ComparingTests {
    private let comparison = Comparison(
        original: "holiday.mov",
        result: "holiday-8MB.mp4",
        originalBytes: 187_000_000,
        resultBytes: 7_995_123,
        size: PixelSize(width: 1920, height: 1080),
        resultSize: PixelSize(width: 1280, height: 720),
        frameRate: 10,
        frames: 1800,
        durationSeconds: 180,
        scores: [
            Comparison.Score(
                .ssim,
                frames: (0..<1800).map { 0.9 + Double($0 % 700) / 7000 },
                rate: 10
            ),
            Comparison.Score(.psnr, frames: Array(repeating: 6.5, count: 1800), rate: 10),
        ],
        moments: [Comparison.Moment(seconds: 72.5, ssim: 0.91234, psnr: 31.25)],
        picture: "sheet.png",
        notes: []
    )

    @Test(
        "no line is wider than the terminal, and the curve fills what there is",
        arguments: [40, 100, 200]
    )
    func widths(columns: Int) {
        let lines = ComparisonFacts.text(comparison, width: columns)
            .split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines { #expect(line.count <= columns) }
        let curves = lines.filter { $0.contains("▁") || $0.contains("█") }
        #expect(curves.count == 2)
        #expect(curves.allSatisfy { $0.count > min(columns, 100) - 5 })
    }

    @Test("what is said has the numbers, the worst moment and where the picture is")
    func words() {
        let text = ComparisonFacts.text(comparison, width: 100)
        for word in ["1920×1080", "1280×720", "0.9123", "31.25 dB", "1:12.5", "sheet.png"] {
            #expect(text.contains(word))
        }
        #expect(!text.contains("\u{1B}"))
    }

    @Test("a locale without Unicode gets a curve of ASCII")
    func ascii() {
        let lines = ComparisonFacts.plot(comparison.scores[0], width: 60, style: .ascii)
        let text = lines.joined()
        #expect(text.unicodeScalars.filter { !$0.isASCII }.isEmpty)
    }

    @Test(
        "a call that cannot be meant is answered with 64",
        arguments: [
            ["compare"], ["compare", "a.mp4"], ["compare", "a.mp4", "-"],
            ["compare", "a.mp4", "b.mp4", "-o", ""],
        ]
    )
    func refusals(arguments: [String]) async throws {
        let messages = Output(columns: 80)
        let session = Session(results: Output(columns: 80), messages: messages)
        #expect(await session.run(arguments: arguments) == 64)
        #expect(!messages.text.isEmpty)
    }

    @Test("the program compares two files, writes the picture once, and says all of it in JSON")
    func program() async throws {
        let folder = try Folder()
        let sheet = folder.path("sheet.png")
        let arguments = ["compare", Program.clip.path, Program.clip.path, "-o", sheet, "--json"]
        let first = try await Program.run(arguments)
        let objects = try first.objects()
        let result = try #require(objects.last)
        #expect(first.exitCode == 0 && first.messages.isEmpty)
        #expect(objects.first?["version"] as? Int == 1)
        #expect(objects.contains { $0["phase"] as? String == "comparing" })
        #expect(result["command"] as? String == "compare" && result["output"] as? String == sheet)
        let scores = try #require(result["scores"] as? [[String: Any]])
        #expect(scores.first?["metric"] as? String == "ssim")
        #expect(scores.first?["mean"] as? Double == 1)
        #expect(FileManager.default.fileExists(atPath: sheet))
        let second = try await Program.run(arguments)
        #expect(second.exitCode == 73)
        #expect(folder.names == ["sheet.png"])
    }
}
