import Core
import SystemPackage
import Testing

/// Several files of one: how many, where one ends, and what they are called.
@Suite struct PartitionTests {
    @Test("files lie end to end and leave nothing out")
    func spansMeet() throws {
        let source = phoneClip()
        let (spans, seconds) = Partition.spans(
            of: source,
            cuts: [601, 1200],
            rate: Rational(30, 1)
        )
        #expect(
            spans == [
                Span(end: .afterStart(20_033_333)),
                Span(start: .afterStart(20_033_333), end: .afterStart(40_000_000)),
                Span(start: .afterStart(40_000_000)),
            ]
        )
        #expect(seconds.reduce(0, +) == 60)
        for (span, length) in zip(spans, seconds) {
            #expect(try source.part(span).durationSeconds == length)
        }
    }

    @Test("of a part, the files are of the whole file's time")
    func spansOfPart() throws {
        let part = try phoneClip().part(
            Span(start: .afterStart(10_000_000), end: .afterStart(30_000_000))
        )
        let (spans, _) = Partition.spans(of: part, cuts: [300], rate: Rational(30, 1))
        #expect(
            spans == [
                Span(start: .afterStart(10_000_000), end: .afterStart(20_000_000)),
                Span(start: .afterStart(20_000_000), end: .afterStart(30_000_000)),
            ]
        )
    }

    @Test("cuts are looked for around even points, and never in each other's windows")
    func windowsAreEven() {
        let windows = Partition.windows(frames: 900, count: 3, rate: Rational(30, 1))
        #expect(windows == [255..<346, 555..<646])
        #expect(Partition.windows(frames: 900, count: 1, rate: Rational(30, 1)).isEmpty)
        for count in 2...20 {
            let all = Partition.windows(frames: 100, count: count, rate: Rational(25, 1))
            #expect(all.count == count - 1)
            for (one, next) in zip(all, all.dropFirst()) {
                #expect(one.upperBound <= next.lowerBound)
            }
        }
    }

    @Test("a file begins where the picture changes, or in the middle where it does not")
    func cutsAtChange() {
        var scores = [Double](repeating: 0.5, count: 91)
        #expect(Partition.cut(in: 255..<346, scores: scores) == 300)
        #expect(Partition.cut(in: 255..<346, scores: []) == 300)
        scores[20] = 40
        #expect(Partition.cut(in: 255..<346, scores: scores) == 275)
        // The nearer of two that are alike.
        scores[50] = 40
        #expect(Partition.cut(in: 255..<346, scores: scores) == 305)
    }

    @Test("files are numbered before their ending")
    func numbersNames() {
        let partition = Partition(
            spans: [Span(end: .afterStart(1_000_000)), Span(start: .afterStart(1_000_000))],
            seconds: [1, 1],
            quality: nil,
            reasons: []
        )
        var request = Request(input: "/v/clip.mov", target: ByteSize(bytes: 8_000_000))
        #expect(request.part(0, of: partition).destination == "/v/clip-8MB-1of2.mp4")
        #expect(request.part(1, of: partition).span == partition.spans[1])
        request.output = "out.part.mp4"
        #expect(request.part(1, of: partition).destination == "out.part-2of2.mp4")
    }

    @Test("what fits as it is needs one file")
    func copyNeedsOne() throws {
        let request = Request(input: "/videos/clip.mp4", target: ByteSize(bytes: 90_000_000))
        let plan = try Plan.make(for: phoneClip(), request: request)
        #expect(plan.method == .remux)
        #expect(Partition.fewest(plan, limitBytes: 90_000_000).count == 1)
    }
}
