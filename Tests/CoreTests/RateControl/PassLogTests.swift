import Core
import Testing

/// x264's statistics, read and rewritten.
@Suite struct PassLogTests {
    /// The first lines of a log as libx264 164 writes it, with a frame of every type.
    static let text = """
        #options: 320x180 fps=25/1 timebase=1/25 bitdepth=8 cabac=1 ref=1 deblock=1:0:0
        in:0 out:0 type:I dur:2 cpbdur:2 q:21.16 aq:15.93 tex:28541 mv:2421 misc:78 imb:240 pmb:0 smb:0 d:- ref:;
        in:3 out:1 type:P dur:2 cpbdur:2 q:22.76 aq:18.21 tex:9341 mv:1821 misc:190 imb:40 pmb:180 smb:20 d:s ref:0 ;
        in:1 out:2 type:B dur:2 cpbdur:2 q:24.10 aq:20.01 tex:3120 mv:900 misc:84 imb:0 pmb:120 smb:120 d:t ref:0 ;
        in:2 out:3 type:b dur:2 cpbdur:2 q:25.40 aq:21.00 tex:840 mv:610 misc:62 imb:0 pmb:60 smb:180 d:t ref:0 ;
        in:5 out:4 type:i dur:2 cpbdur:2 q:21.50 aq:16.00 tex:27111 mv:2300 misc:93 imb:240 pmb:0 smb:0 d:- ref:;
        in:4 out:5 type:b dur:2 cpbdur:2 q:26.00 aq:22.00 tex:400 mv:330 misc:54 imb:0 pmb:30 smb:210 d:t ref:0 ;

        """

    static let pixels = 320 * 180

    static func log() throws -> PassLog {
        try #require(PassLog(parsing: Array(text.utf8), pixels: pixels))
    }

    /// A log of a clip: a keyframe, then groups of P, b, b.
    static func longText(frames: Int, hasBFrames: Bool = true) -> [UInt8] {
        var text = "#options: 320x180\n"
        for index in 0..<frames {
            let type = index == 0 ? "I" : hasBFrames && index % 3 != 1 ? "b" : "P"
            text +=
                "in:\(index) out:\(index) type:\(type) dur:2 cpbdur:2 q:23.00 aq:20.00 tex:\(4000 + index * 7) mv:500 misc:80 imb:1 pmb:2 smb:3 d:- ref:;\n"
        }
        return Array(text.utf8)
    }

    @Test("every frame's line is read")
    func reads() throws {
        let log = try Self.log()
        #expect(log.frames.count == 6)
        #expect(log.pixels == Self.pixels)
        let first = try #require(log.frames.first)
        #expect(first.quantizer == 21.16)
        #expect([first.textureBits, first.motionBits, first.otherBits] == [28_541, 2421, 78])
        #expect(log.frames.map(\.isKeyframe) == [true, false, false, false, false, false])
        #expect(log.bits == 78_296)
        #expect(abs(log.averageQuantizer - 23.487) < 0.01)
    }

    @Test("a log cut anywhere inside its last line is no log", arguments: 1..<40)
    func refusesTruncated(_ missing: Int) {
        let whole = Array(Self.text.utf8.dropLast())
        #expect(PassLog(parsing: whole, pixels: Self.pixels) != nil)
        #expect(PassLog(parsing: whole.dropLast(missing), pixels: Self.pixels) == nil)
    }

    @Test(
        "a line that lacks a number is no line",
        arguments: [
            ";", "in:0 out:0;", "in:0 out:0 type:I dur:2 cpbdur:2 q:x aq:1 tex:1 mv:1 misc:1 ;",
            "in:0 out:0 type:I q:1 aq:1 tex:1 mv:1 ;", "\u{0}\u{0}\u{0};",
        ]
    )
    func refusesGarbage(_ line: String) {
        #expect(PassLog(parsing: Array(line.utf8), pixels: 1) == nil)
    }

    @Test("an empty log has no frames and needs no bits")
    func empty() throws {
        let log = try #require(PassLog(parsing: [], pixels: 0))
        #expect(log.frames.isEmpty)
        #expect(log.bits == 0)
        #expect(log.averageQuantizer == 0)
        #expect(log.bits(atQuantizerShift: 3, pixels: 100) == 0)
        #expect(log.shares(atQuantizerShift: 0).isEmpty)
    }

    @Test("at the log's own size and quantizers the forecast is the log")
    func forecastOfItself() throws {
        let log = try Self.log()
        let bits = log.bits(atQuantizerShift: 0, pixels: Self.pixels)
        #expect(abs(bits - Double(log.bits)) < 1)
    }

    @Test("a coarser quantizer never needs more bits")
    func bitsAreMonotone() throws {
        let log = try Self.log()
        var last = Double.infinity
        for step in -120...120 {
            let bits = log.bits(atQuantizerShift: Double(step) / 2, pixels: Self.pixels)
            #expect(bits <= last)
            #expect(bits > 0)
            last = bits
        }
    }

    @Test("a larger frame needs more bits, but fewer than its area says")
    func bitsGrowWithArea() throws {
        let log = try Self.log()
        let one = log.bits(atQuantizerShift: 0, pixels: Self.pixels)
        let four = log.bits(atQuantizerShift: 0, pixels: Self.pixels * 4)
        #expect(four > one * 2)
        #expect(four < one * 4)
    }

    @Test("the shift for so many bits is the inverse of the bits at a shift", arguments: -18...20)
    func shiftIsInverse(_ shift: Int) throws {
        let log = try Self.log()
        let bits = log.bits(atQuantizerShift: Double(shift), pixels: Self.pixels * 4)
        let found = log.quantizerShift(forBits: bits, pixels: Self.pixels * 4)
        #expect(abs(found - Double(shift)) < 0.001)
    }

    @Test("bits that no shift can meet give the end of the scale")
    func shiftEnds() throws {
        let log = try Self.log()
        #expect(log.quantizerShift(forBits: 1, pixels: Self.pixels) > 29)
        #expect(log.quantizerShift(forBits: 1e12, pixels: Self.pixels) < -26)
    }

    @Test("shares grow from frame to frame up to one")
    func shares() throws {
        let shares = try Self.log().shares(atQuantizerShift: 4)
        #expect(shares.count == 6)
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 < $1 })
        #expect(abs((shares.last ?? 0) - 1) < 1e-9)
    }
}

/// The log that makes x264 spend a rate that is no whole number of kilobits.
@Suite struct TunedLogTests {
    @Test(
        "longer durations make up for the rounded rate, to less than one tick and never above",
        arguments: [
            2001, 2500, 2999, 12_345, 64_999, 99_001, 250_500, 999_999, 1_500_250, 8_000_999,
        ],
        [30, 750, 9000]
    )
    func meetsRate(_ wanted: Int, _ frames: Int) {
        let text = PassLogTests.longText(frames: frames)
        let tuned = PassLogText.tuned(text, for: wanted)
        #expect(tuned.bitsPerSecond % 1000 == 0)
        #expect(tuned.bitsPerSecond <= wanted && tuned.bitsPerSecond > wanted - 1000)
        // x264 spends rate × all durations; the clip's own length is the old sum.
        let before = durations(of: text).reduce(0, +)
        let after = durations(of: tuned.text).reduce(0, +)
        let spent = Double(tuned.bitsPerSecond) * Double(after) / Double(before)
        let tick = Double(tuned.bitsPerSecond) / Double(before)
        #expect(spent <= Double(wanted) * (1 + 1e-12))
        #expect(spent > Double(wanted) - tick * 1.000001)
    }

    @Test("only the durations of B-frames change", arguments: [1500, 64_700, 250_500])
    func changesOnlyBFrames(_ wanted: Int) throws {
        let text = PassLogTests.longText(frames: 90)
        let before = text.split(separator: UInt8(ascii: "\n"))
        let after = PassLogText.tuned(text, for: wanted).text.split(separator: UInt8(ascii: "\n"))
        try #require(before.count == after.count)
        let marker = Array(" type:b dur:".utf8)
        for (old, new) in zip(before, after) where !old.elementsEqual(new) {
            #expect(contains(old, marker) && contains(new, marker))
            #expect(withoutDuration(old) == withoutDuration(new))
        }
        #expect(PassLog(parsing: PassLogText.tuned(text, for: wanted).text, pixels: 1) != nil)
    }

    @Test("the extra time is spread evenly")
    func spreadsEvenly() {
        let text = PassLogTests.longText(frames: 300)
        let durations = durations(of: PassLogText.tuned(text, for: 10_900).text, ofBFrames: true)
        let (least, most) = (durations.min() ?? 0, durations.max() ?? 9)
        #expect(most - least <= 1)
    }

    @Test("without B-frames the text stays, and the rate is rounded down")
    func withoutBFrames() {
        let text = PassLogTests.longText(frames: 90, hasBFrames: false)
        let tuned = PassLogText.tuned(text, for: 64_700)
        #expect(tuned.text == text)
        #expect(tuned.bitsPerSecond == 64_000)
    }

    @Test("a whole number of kilobits needs no tuning", arguments: [2000, 64_000, 8_000_000])
    func wholeRates(_ wanted: Int) {
        let text = PassLogTests.longText(frames: 90)
        let tuned = PassLogText.tuned(text, for: wanted)
        #expect(tuned.text == text)
        #expect(tuned.bitsPerSecond == wanted)
    }

    @Test(
        "less than two kilobits are two, the least that x264 takes",
        arguments: [-5, 0, 1, 999, 1999]
    )
    func leastRate(_ wanted: Int) {
        #expect(
            PassLogText.tuned(PassLogTests.longText(frames: 9), for: wanted).bitsPerSecond == 2000
        )
    }

    @Test("an empty log and one of other lines are left as they are")
    func foreignText() {
        for text in ["", "\n\n", "#options only\n", "in:0\n", "in: out: type: dur:\n"] {
            #expect(PassLogText.tuned(Array(text.utf8), for: 1500).text == Array(text.utf8))
        }
    }

    private func durations(of text: [UInt8], ofBFrames: Bool = false) -> [Int] {
        String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            if ofBFrames, !line.contains("type:b ") { return nil }
            return line.split(separator: " ").first { $0.hasPrefix("dur:") }
                .flatMap { Int($0.dropFirst(4)) }
        }
    }

    private func withoutDuration(_ line: ArraySlice<UInt8>) -> [Substring] {
        String(decoding: line, as: UTF8.self).split(separator: " ").filter {
            !$0.hasPrefix("dur:")
        }.map { $0 }
    }

    private func contains(_ line: ArraySlice<UInt8>, _ part: [UInt8]) -> Bool {
        String(decoding: line, as: UTF8.self).contains(String(decoding: part, as: UTF8.self))
    }
}
