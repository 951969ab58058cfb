import ArgumentParser
import Core
import Foundation
import Testing

@testable import CLI

@Suite("The receipt and the pages")
struct ReceiptTests {
    private func report() -> Report {
        Report(
            input: "/films/holiday.mov",
            output: "/films/holiday-8MB.mp4",
            inputBytes: 187_000_000,
            bytes: 7_995_123,
            limitBytes: 8_000_000,
            targetBytes: 8_000_000,
            method: .fit,
            stoppedAtQualityCeiling: false,
            width: 1280,
            height: 720,
            frameRate: 29.97,
            frames: 1439,
            durationSeconds: 48,
            videoBytes: 7_200_000,
            audioBytes: 770_000,
            containerBytes: 25_123,
            videoBitsPerSecond: 1_200_000,
            audioBitsPerSecond: 128_000,
            secondPassRuns: 1,
            attempts: [
                Attempt(
                    number: 1,
                    mode: .secondPass,
                    videoBitsPerSecond: 1_201_000,
                    bytes: 7_995_123,
                    isAccepted: true,
                    reason: "4 877 bytes below the limit"
                )
            ],
            keeping: nil,
            keptFrameBytes: 0,
            ssim: 0.97124,
            ssimFrames: 48,
            ssimSize: PixelSize(width: 1920, height: 1080),
            elapsedSeconds: 21.3,
            notes: []
        )
    }

    @Test("a receipt and its JSON name the limit")
    func receipt() throws {
        var report = report()
        report.namedLimit = try NamedLimits.builtIn.named("discord")
        #expect(Receipt.text(report, width: 80).contains("Discord, 20 MB"))
        let data = try JSONEncoder().encode(ReportResult(report))
        #expect(String(decoding: data, as: UTF8.self).contains(#""limitName":"discord""#))
    }

    @Test("the receipt of an ordinary run, in eighty columns")
    func ordinary() {
        #expect(
            Receipt.text(report(), width: 80) == """
                ✓ /films/holiday-8MB.mp4

                  Size     7 995 123 bytes, from 187 MB
                           99.93 % of 8 MB, 4 877 bytes to spare
                  Picture  1280×720 at 29.97 fps, 48 s
                  Video    H.264, 1 200 kbit/s
                  Sound    AAC, 128 kbit/s
                  Passes   one sweep, one second pass
                  Time     21 s, 2.3× faster than it plays
                  Quality  Good: SSIM 0.9712 against the source at 1920×1080, over 48 frames
                """
        )
    }

    @Test("the quality ceiling, a copy and a slow machine are said in words")
    func special() {
        var ceiling = report()
        ceiling.stoppedAtQualityCeiling = true
        ceiling.bytes = 4_920_000
        #expect(
            Receipt.text(ceiling, width: 100).contains(
                "as good as it gets: stopped at 61.50 % because more bytes could not be seen"
            )
        )
        var copy = report()
        copy.method = .remux
        copy.ssim = nil
        copy.elapsedSeconds = 96
        let text = Receipt.text(copy, width: 80)
        #expect(text.contains("already fits: copied without encoding"))
        #expect(text.contains("1 min 36 s, 2.0× as long as it plays"))
        #expect(!text.contains("SSIM"))
    }

    @Test("attempts and notes are listed where there is something to list")
    func lists() {
        var many = report()
        many.secondPassRuns = 2
        many.attempts.insert(
            Attempt(
                number: 1,
                mode: .secondPass,
                videoBitsPerSecond: 1_230_000,
                bytes: 8_012_000,
                isAccepted: false,
                reason: "12 000 bytes over the limit"
            ),
            at: 0
        )
        many.attempts[1].number = 2
        many.notes = ["the source has 2 sound tracks: the main one is kept"]
        let text = Receipt.text(many, width: 80)
        #expect(text.contains("one sweep, two second passes"))
        #expect(
            text.contains(
                "Attempts  1. 8 012 000 bytes at 1 230 kbit/s, 12 000 bytes over the limit"
            )
        )
        #expect(text.contains("Notes     the source has 2 sound tracks: the main one is kept"))
    }

    @Test("no line is wider than the terminal, and numbers stay in one piece", arguments: 24...120)
    func widths(width: Int) {
        var many = report()
        many.stoppedAtQualityCeiling = true
        many.attempts.append(many.attempts[0])
        many.notes = ["the source has 2 sound tracks: the main one is kept"]
        let text = Receipt.text(many, width: width)
        for line in text.split(separator: "\n").dropFirst() {
            #expect(line.count <= width)
        }
        #expect(text.contains("7 995 123 bytes"))
    }

    @Test("a file name cannot speak to the terminal")
    func controls() {
        var evil = report()
        evil.output = "a\u{1B}[2Jb\n.mp4"
        #expect(Receipt.text(evil, width: 80).hasPrefix("✓ a\u{FFFD}[2Jb\u{FFFD}.mp4\n"))
        let failure = Failure(.missing, "Cannot find a\u{1B}[31m", why: "there is no such file")
        #expect(!Session.text(failure).contains("\u{1B}"))
    }

    @Test("an error says what and why, and below it what to do")
    func errors() {
        let failure = Failure(
            .missing,
            "Cannot find a.mp4",
            why: "there is no such file",
            advice: "Check the name."
        )
        #expect(
            Session.text(failure)
                == "cinch: Cannot find a.mp4: there is no such file.\n       Check the name."
        )
    }

    @Test("the help page fits eighty columns and names every option and exit code")
    func help() {
        for line in Help.text.split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
        let options = [
            "--to", "--output", "--max-height", "--fps", "--speed", "--audio", "--force", "--json",
            "--quiet", "--memory", "--disk", "--version", "--help",
        ]
        for option in options { #expect(Help.text.contains(option)) }
        for kind in Failure.Kind.allCases {
            #expect(Help.text.contains(" \(kind.exitCode) "), "\(kind)")
        }
        let generated = Cinch.helpMessage(for: CompressCommand.self)
        for word in generated.split(whereSeparator: { " ,./\n".contains($0) })
        where word.hasPrefix("--") {
            #expect(Help.text.contains(word), "\(word)")
        }
    }

    @Test(
        "help is asked for where it is meant",
        arguments: [
            (["--help"], true), (["-h"], true), (["help"], true), (["a.mp4", "--help"], true),
            (["plan", "--help"], false), (["help", "plan"], false), (["a.mp4"], false),
            (["--", "--help"], false), ([], false),
        ]
    )
    func asking(arguments: [String], isAsked: Bool) {
        #expect(Help.isAsked(by: arguments) == isAsked)
    }
}
