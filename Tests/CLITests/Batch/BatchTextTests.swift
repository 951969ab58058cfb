import Core
import Foundation
import Jobs
import SystemPackage
import Testing

@testable import CLI

@Suite("What a batch says")
struct BatchTextTests {
    private let report = BatchReport(
        files: [
            BatchFile(
                number: 1,
                input: "in/a.mov",
                name: "a.mov",
                outcome: .before(
                    LedgerEntry(
                        key: LedgerKey(bytes: 1, parts: [], wish: ""),
                        output: "/out/a-8MB.mp4",
                        bytes: 7_990_000,
                        inputBytes: 120_000_000
                    )
                )
            ),
            BatchFile(
                number: 2,
                input: "in/a rather long name of a clip from the holidays.mov",
                name: "a rather long name of a clip from the holidays.mov",
                outcome: .failed(
                    Failure(
                        .unreadable,
                        "It is no video",
                        why: "it is a text",
                        advice: "Try another.\nOr not."
                    )
                )
            ),
            BatchFile(number: 3, input: "in/\u{1B}c.mov", name: "\u{1B}c.mov", outcome: .stopped),
        ],
        jobs: 2,
        totalBytes: 20_000_000,
        elapsedSeconds: 75
    )

    @Test(
        "no line is wider than the terminal, and nothing in a name is obeyed",
        arguments: [40, 80, 200]
    )
    func widths(columns: Int) {
        let text = BatchFacts.text(report, hasTable: true, width: columns)
        for line in text.split(separator: "\n") { #expect(line.columns <= columns) }
        #expect(!text.contains("\u{1B}"))
        let words = text.replacing(/\s+/, with: " ")
        #expect(words.contains("3 files: 1 made before, 1 failed, 1 not made."))
        #expect(words.contains("12 010 000 bytes to spare") && words.contains("in 1:15"))
        #expect(words.contains("It is no video: it is a text. Try another. Or not."))
    }

    @Test(
        "a long name keeps its end, a log cuts nothing, and damage is told of a file that was made"
    )
    func ends() {
        func line(_ name: String, _ width: Int) -> String {
            let file = BatchFile(number: 1, input: name, name: name, outcome: .fits(1_500_000))
            return BatchFacts.line(file, nameColumns: name.columns, width: width)
        }
        let names = (1...2).map { "holidays at the sea with everybody, part \($0).mov" }
        #expect(line(names[0], 60) != line(names[1], 60))
        #expect(line(names[0], 60).contains("part 1.mov") && line(names[0], 60).columns <= 60)
        #expect(line(names[0], .max) == "– \(names[0])  1.50 MB, fits already")
        var damage = Damage()
        (damage.statedSeconds, damage.reachedSeconds) = (30, 10)
        let made = Report(
            input: "a.mov",
            output: "a-8MB.mp4",
            inputBytes: 10_000_000,
            bytes: 7_000_000,
            limitBytes: 8_000_000,
            targetBytes: 8_000_000,
            method: .fit,
            stoppedAtQualityCeiling: false,
            attempts: [],
            elapsedSeconds: 3,
            notes: [],
            damage: damage
        )
        let file = BatchFile(number: 1, input: "a.mov", name: "a.mov", outcome: .done(made))
        let damaged = BatchReport(files: [file], jobs: 1, elapsedSeconds: 3)
        let text = BatchFacts.text(damaged, hasTable: true, width: 100)
        #expect(text.split(separator: "\n").first?.contains("damaged") == true)
        #expect(text.contains("a.mov: damaged: \(damage.sentences[0].prefix(20))"))
        #expect(FinishedPayload(file).damage == damage)
    }

    @Test("the exit code is that of the worst")
    func exitCode() {
        #expect(report.exitCode == 65)
        var stopped = report
        stopped.stop = .stopped(bySignal: SIGINT)
        #expect(stopped.exitCode == 130)
        var good = report
        good.files = [report.files[0]]
        #expect(good.exitCode == 0)
    }

    @Test("the line of progress never fills the terminal, however narrow", arguments: 1...200)
    func line(columns: Int) {
        var state = BatchLine.State(files: 120)
        state.finished = 41
        state.running = [
            .init(number: 42, name: "海边的假期.mov", fraction: 0.5),
            .init(number: 43, name: "talk.mkv", fraction: 0.25),
        ]
        (state.fraction, state.elapsedSeconds) = (0.34, 100)
        let line = BatchLine.draw(state, width: columns)
        #expect(line.columns < max(2, columns))
        if columns >= 40 { #expect(line.contains("42/120") && line.contains("34 %")) }
        if columns >= 100 {
            #expect(line.contains("talk.mkv 25 %") && line.contains("3:15 left"))
        }
    }
}
