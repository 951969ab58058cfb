import Core
import SystemPackage
import Testing

/// Which part of a recording is meant, and what is known of it.
@Suite struct SpanTests {
    @Test(
        "a time is read in seconds, minutes and hours",
        arguments: [
            ("12", 12_000_000), ("12.5", 12_500_000), ("0", 0), ("0.000001", 1),
            ("1:02.5", 62_500_000), ("00:01:02.500", 62_500_000), ("90", 90_000_000),
            ("90:00", 5_400_000_000), ("1:00:00", 3_600_000_000), ("007", 7_000_000),
            ("12.1234567", 12_123_456),
        ]
    )
    func readsTime(_ text: String, _ microseconds: Int) {
        #expect(Span.microseconds(parsing: text) == microseconds)
    }

    @Test(
        "what is no time is not read",
        arguments: [
            "", ".", ":", "1:", ":30", "1:60", "1:60:00", "1:2:3:4", "1.5:30", "1,5", "-3", "+3",
            "1e3", "٣", "12.", "99999999999", " 3", "1.2.3",
        ]
    )
    func refusesTime(_ text: String) {
        #expect(Span.microseconds(parsing: text) == nil)
    }

    @Test(
        "a moment is written as people write it",
        arguments: [
            (0, "0:00"), (10_000_000, "0:10"), (62_500_000, "1:02.5"), (59_999_600, "1:00"),
            (3_600_040_000, "1:00:00.04"),
        ]
    )
    func writesTime(_ microseconds: Int, _ text: String) {
        #expect(Span.text(microseconds: microseconds) == text)
    }

    @Test(
        "a part has the length, the bytes and the place of what it is of a minute",
        arguments: [
            (Span(start: .afterStart(10_000_000)), 10_000_000, 50.0),
            (Span(end: .afterStart(15_000_000)), 0, 15),
            (Span(start: .afterStart(5_000_000), length: 3_000_000), 5_000_000, 3),
            (Span(start: .beforeEnd(6_000_000)), 54_000_000, 6),
            (Span(end: .beforeEnd(6_000_000)), 0, 54),
            (Span(start: .afterStart(50_000_000), length: 99_000_000), 50_000_000, 10),
            (Span(start: .beforeEnd(90_000_000), end: .afterStart(20_000_000)), 0, 20),
        ]
    )
    func cuts(_ span: Span, _ start: Int, _ seconds: Double) throws {
        let part = try phoneClip().part(span)
        #expect(part.part?.startMicroseconds == start)
        #expect(part.startMicroseconds == start)
        #expect(part.durationSeconds == seconds)
        #expect(part.bytes == Int(seconds * 1_000_000))
        #expect(part.fileBytes == 60_000_000)
    }

    @Test("a span of all there is leaves the source as it is")
    func wholeIsNoPart() throws {
        for span in [Span(), Span(end: .afterStart(60_000_000)), Span(length: 1_000_000_000)] {
            #expect(try phoneClip().part(span) == phoneClip())
        }
    }

    @Test("a part that would be empty is an error of the call")
    func refusesEmptyPart() {
        for span in [
            Span(start: .afterStart(60_000_000)), Span(start: .afterStart(70_000_000)),
            Span(start: .afterStart(9_000_000), end: .afterStart(9_000_000)),
            Span(start: .afterStart(9_000_000), end: .afterStart(3_000_000)),
            Span(end: .beforeEnd(60_000_000)),
        ] {
            let failure = #expect(throws: Failure.self) { try phoneClip().part(span) }
            #expect(failure?.kind == .usage)
        }
    }

    @Test("where the length is a guess, a later end is believed")
    func believesEndOfEstimate() throws {
        var source = phoneClip()
        source.durationIsEstimated = true
        let part = try source.part(
            Span(start: .afterStart(50_000_000), end: .afterStart(90_000_000))
        )
        #expect(part.part?.endMicroseconds == 90_000_000)
        #expect(part.durationSeconds == 40)
    }

    @Test("chapters move with the part, and those outside of it go")
    func cutsChapters() throws {
        var source = phoneClip()
        source.metadata.chapters = [
            Metadata.Chapter(startMicroseconds: 0, endMicroseconds: 10_000_000, title: "A"),
            Metadata.Chapter(
                startMicroseconds: 10_000_000,
                endMicroseconds: 30_000_000,
                title: "B"
            ),
            Metadata.Chapter(
                startMicroseconds: 30_000_000,
                endMicroseconds: 60_000_000,
                title: "C"
            ),
        ]
        let part = try source.part(
            Span(start: .afterStart(12_000_000), end: .afterStart(40_000_000))
        )
        #expect(
            part.metadata.chapters == [
                Metadata.Chapter(startMicroseconds: 0, endMicroseconds: 18_000_000, title: "B"),
                Metadata.Chapter(
                    startMicroseconds: 18_000_000,
                    endMicroseconds: 28_000_000,
                    title: "C"
                ),
            ]
        )
    }

    @Test("what is missing at the end of a file is no damage to a part before it")
    func cutBehindPart() throws {
        var source = phoneClip(seconds: 40)
        source.cut = Source.Cut(statedSeconds: 60, statedBytes: 90_000_000, pictureSeconds: 40)
        #expect(try source.part(Span(end: .afterStart(30_000_000))).cut == nil)
        let rest = try source.part(Span(start: .afterStart(30_000_000)))
        #expect(rest.cut?.statedSeconds == 30)
        #expect(rest.cut?.pictureSeconds == 10)
    }

    @Test("a part is planned for its own length, and nothing of it is copied")
    func plansPart() throws {
        let request = Request(input: "/videos/clip.mp4", target: ByteSize(bytes: 40_000_000))
        let part = try phoneClip(bytes: 30_000_000).part(Span(start: .afterStart(40_000_000)))
        let plan = try Plan.make(for: part, request: request)
        #expect(plan.method == .fit)
        #expect(plan.frames == 600)
        #expect(plan.reasons.first == "only the part from 0:40 to the end of 1 min")
        guard case .encode = plan.sound else {
            Issue.record("sound that is cut was to be copied")
            return
        }
    }
}
