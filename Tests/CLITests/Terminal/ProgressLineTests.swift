import Core
import Foundation
import Testing

@testable import CLI

@Suite("The progress line")
struct ProgressLineTests {
    private let encoding = ProgressLine.State(
        phase: .encoding,
        fraction: 0.625,
        framesPerSecond: 143.2,
        remainingSeconds: 42,
        projectedBytes: 7_980_000,
        targetBytes: 8_000_000,
        attempt: 1,
        elapsedSeconds: 70
    )

    @Test("forty columns show the phase, a bar, the share and the time left")
    func forty() {
        #expect(
            ProgressLine.draw(state: encoding, width: 40)
                == "Encoding   ━━━━━━────  62 %  0:42 left"
        )
    }

    @Test("eighty columns add the projected size and the speed")
    func eighty() {
        #expect(
            ProgressLine.draw(state: encoding, width: 80)
                == "Encoding   ━━━━━━━━━━━━━━━━━━───────────  62 %  0:42 left   ≈ 7.98 MB  143 fps"
        )
    }

    @Test("two hundred columns add the target and the time spent, and the bar stays a bar")
    func twoHundred() {
        let line = ProgressLine.draw(state: encoding, width: 200)
        #expect(
            line
                == "Encoding   " + String(repeating: "━", count: 37) + "╸"
                + String(repeating: "─", count: 22)
                + "  62 %  0:42 left   ≈ 7.98 MB  143 fps   target 8 MB  1:10 spent"
        )
    }

    @Test("no width is exceeded, and what is less wanted goes first", arguments: 1...220)
    func everyWidth(width: Int) {
        var state = encoding
        state.attempt = 3
        state.remainingSeconds = 40_000
        state.framesPerSecond = 123_456
        state.elapsedSeconds = 5000
        let line = ProgressLine.draw(state: state, width: width)
        #expect(line.count < max(2, width))
        let order = ["left", "≈", "fps", "target", "spent"].map { line.contains($0) }
        #expect(order == order.sorted { $0 && !$1 })
        if width > 6 { #expect(line.contains("62 %")) }
    }

    @Test("the bar stands still when numbers come and go")
    func stillness() {
        var state = encoding
        let full = ProgressLine.draw(state: state, width: 80)
        state.remainingSeconds = nil
        state.projectedBytes = nil
        let empty = ProgressLine.draw(state: state, width: 80)
        #expect(full.prefix(46) == empty.prefix(46))
        #expect(empty.hasSuffix("143 fps"))
    }

    @Test("a correction is counted, and the ends of the bar are empty and full")
    func ends() {
        var state = encoding
        state.attempt = 2
        state.fraction = 1
        let full = ProgressLine.draw(state: state, width: 40)
        #expect(full.hasPrefix("Encoding 2 ━━━━━━━━━━ 100 %"))
        state.fraction = -1
        #expect(ProgressLine.draw(state: state, width: 40).contains("──────────   0 %"))
        state.fraction = .infinity
        #expect(ProgressLine.draw(state: state, width: 40).contains("100 %"))
    }

    @Test("ASCII where the locale knows no more")
    func ascii() {
        let line = ProgressLine.draw(state: encoding, width: 40, style: .ascii)
        #expect(line == "Encoding   ######....  62 %  0:42 left")
    }

    @Test("a log gets a plain line")
    func plain() {
        #expect(
            ProgressLine.plain(encoding) == "Encoding 62 %, 143 fps, 0:42 left, ≈ 7.98 MB"
        )
        #expect(ProgressLine.plain(ProgressLine.State()) == "Reading")
    }

    @Test(
        "clocks",
        arguments: [
            (0.0, "0:00"), (6.2, "0:07"), (754, "12:34"), (3720, "1h02m"), (108_000, "30 h"),
            (.infinity, "?"),
        ]
    )
    func clocks(seconds: Double, text: String) {
        #expect(Clock.text(seconds) == text)
    }

    @Test("colours only in a terminal, and never with NO_COLOR or TERM=dumb")
    func colours() {
        func colours(_ environment: [String: String], _ isTerminal: Bool = true) -> Bool {
            Style(environment: environment, isTerminal: isTerminal).usesColour
        }
        #expect(colours(["TERM": "xterm"]))
        #expect(!colours(["TERM": "xterm"], false))
        #expect(!colours(["TERM": "dumb"]))
        #expect(!colours(["TERM": "xterm", "NO_COLOR": "1"]))
        // no-color.org: an empty value asks for nothing.
        #expect(colours(["TERM": "xterm", "NO_COLOR": ""]))
        let colourful = Style(usesColour: true, usesUnicode: true)
        let line = ProgressLine.draw(state: encoding, width: 80, style: colourful)
        #expect(line.contains("\u{1B}[36m━"))
        #expect(!ProgressLine.draw(state: encoding, width: 80).contains("\u{1B}"))
    }

    @Test("the locale decides on fine lines, and silence means UTF-8")
    func locales() {
        func isFine(_ environment: [String: String]) -> Bool {
            Style(environment: environment, isTerminal: true).usesUnicode
        }
        #expect(isFine([:]))
        #expect(isFine(["LANG": "de_DE.UTF-8"]))
        #expect(!isFine(["LANG": "C"]))
        #expect(!isFine(["LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"]))
    }

    @Test("a terminal gets its cursor back, whatever was drawn")
    func cursor() {
        let output = Output(columns: 80, isLive: true)
        let renderer = Renderer(output, showsNotes: true)
        renderer.begin(targetBytes: 8_000_000)
        renderer.show(.progress(Progress(phase: .encoding, fraction: 0.5)))
        renderer.show(.noted("something worth knowing"))
        renderer.end()
        renderer.end()
        renderer.show(.progress(Progress(phase: .verifying, fraction: 0.9)))
        #expect(output.text.hasSuffix("\r\u{1B}[K\u{1B}[?25h"))
        let hidden = output.text.components(separatedBy: "\u{1B}[?25l").count
        #expect(hidden == output.text.components(separatedBy: "\u{1B}[?25h").count)
        #expect(output.text.contains("· something worth knowing\n"))
        #expect(!output.text.contains("Checking"))
    }

    @Test("a log gets a line at each phase and each quarter, and no escapes")
    func log() {
        let output = Output(columns: 80)
        let renderer = Renderer(output, showsNotes: true)
        renderer.begin(targetBytes: nil)
        for step in 0...100 {
            let fraction = Double(step) / 100
            renderer.show(
                .progress(
                    Progress(phase: step < 40 ? .analysing : .encoding, fraction: fraction)
                )
            )
        }
        renderer.end()
        let lines = output.text.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "Reading", "Analysing 0 %", "Analysing 25 %", "Encoding 40 %", "Encoding 65 %",
                "Encoding 90 %",
            ]
        )
    }
}
