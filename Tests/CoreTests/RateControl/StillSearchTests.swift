import Foundation
import Testing

@testable import Core

@Suite("The search for a still picture's size and quality")
struct StillSearchTests {
    /// A picture that codes by the book, but for a bend and steps of its own.
    struct Subject: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var size = PixelSize(width: 4000, height: 3000)
        /// Bytes a pixel at quality 80.
        var density = 0.15
        var slope = 0.75
        var shrinkage = 0.8
        var bend = 0.0
        var fixed = 640
        var format = StillFormat.jpeg

        func bytes(_ done: StillTry) -> Int {
            let x = format.coarseness(done.quality) - format.coarseness(80)
            let share = Double(done.size.pixels) / Double(size.pixels)
            let wave = 1 + 0.002 * sin(done.quality * 40)
            let coded =
                density * Double(size.pixels) * pow(share, shrinkage)
                * exp(-slope * x - bend * x * x) * wave
            return fixed + Int(coded)
        }

        /// Runs the search; the tries, and the one that is accepted.
        func search(
            to limit: Int,
            ceiling: Double? = nil
        ) -> (tries: [StillSearch.Outcome], best: StillSearch.Outcome?) {
            var search = StillSearch(
                limitBytes: limit,
                full: size,
                format: format,
                ceiling: ceiling
            )
            var action = search.start()
            while case .encode(let next) = action {
                action = search.record(next, bytes: bytes(next))
                if search.outcomes.count > 40 { break }
            }
            if case .accept(let index) = action { return (search.outcomes, search.outcomes[index]) }
            return (search.outcomes, nil)
        }
    }

    static let subjects = [
        Subject(testDescription: "a photograph"),
        Subject(testDescription: "a quiet one", density: 0.05, slope: 0.55),
        Subject(testDescription: "noise", density: 0.6, slope: 1.1, shrinkage: 0.95),
        Subject(testDescription: "a drawing", density: 0.03, slope: 0.35, shrinkage: 0.5),
        Subject(testDescription: "one that bends", density: 0.12, slope: 0.7, bend: 0.08),
        Subject(
            testDescription: "a small one",
            size: PixelSize(width: 640, height: 427),
            density: 0.2
        ),
        Subject(testDescription: "a WebP", density: 0.1, slope: 0.9, format: .webp),
    ]

    @Test(
        "every target is filled to 99.6 % within twelve encodes, and none is passed",
        arguments: subjects,
        [2_000_000, 700_000, 300_000, 100_000, 40_000]
    )
    func fills(_ subject: Subject, _ limit: Int) throws {
        let (tries, found) = subject.search(to: limit)
        let best = try #require(found)
        #expect(tries.count <= StillSearch.mostTries)
        #expect(best.bytes <= limit)
        let isAsGoodAsItGets =
            best.done == StillTry(size: subject.size, quality: subject.format.ceiling)
        if !isAsGoodAsItGets {
            #expect(Double(best.bytes) >= Double(limit) * StillSearch.enough, "\(tries)")
        }
    }

    @Test(
        "the frame stays whole as long as the quality is above what gets ugly",
        arguments: subjects
    )
    func wholeFrame(_ subject: Subject) throws {
        for quality in [92.0, 80, 65, subject.format.floor + 8] {
            let limit = subject.bytes(StillTry(size: subject.size, quality: quality))
            let best = try #require(subject.search(to: limit).best)
            #expect(best.done.size == subject.size)
            #expect(abs(best.done.quality - quality) < 1.5)
        }
    }

    @Test(
        "a smaller frame keeps its shape, and a quality between ugly and waste",
        arguments: subjects
    )
    func smallerFrame(_ subject: Subject) throws {
        for share in [2, 5, 20] {
            let limit =
                subject.bytes(StillTry(size: subject.size, quality: subject.format.floor)) / share
            guard limit > 3000 else { continue }
            let (tries, found) = subject.search(to: limit)
            let best = try #require(found)
            #expect(best.done.size.pixels < subject.size.pixels)
            let shape = Double(subject.size.width) / Double(subject.size.height)
            let own = Double(best.done.size.width) / Double(best.done.size.height)
            #expect(abs(own / shape - 1) < 0.01)
            #expect(best.done.quality >= subject.format.floor - 2, "\(tries)")
            #expect(best.done.quality <= subject.format.knee + 25, "\(tries)")
        }
    }

    @Test(
        "where a step of the source's own is in the way, a slightly smaller frame fills the limit"
    )
    func cliff() {
        let full = PixelSize(width: 1800, height: 1200)
        let smooth = Subject(testDescription: "smooth", size: full)
        var search = StillSearch(limitBytes: 300_000, full: full, format: .jpeg)
        var action = search.start()
        while case .encode(let next) = action {
            // As measured: a picture that was a JPEG before, at its own size.
            let bytes = next.quality > 57 ? 306_000 : 160_000
            action = search.record(
                next,
                bytes: next.size == full ? bytes + Int(next.quality * 500) : smooth.bytes(next)
            )
        }
        guard case .accept(let index) = action else {
            Issue.record("something fits")
            return
        }
        let best = search.outcomes[index]
        #expect(best.bytes <= 300_000 && best.bytes > 295_000, "\(search.outcomes)")
        #expect(best.done.size.width > 1700)
        #expect(search.outcomes.count <= StillSearch.mostTries)
    }

    @Test("where more bytes could not be seen it stops at once, at the ceiling")
    func ceiling() throws {
        let (tries, found) = Self.subjects[0].search(to: 50_000_000)
        #expect(tries.count == 1)
        #expect(found?.done.quality == StillFormat.jpeg.ceiling)
        let sharing = Self.subjects[0].search(to: 50_000_000, ceiling: StillFormat.jpeg.sharing)
        #expect(sharing.best?.done.quality == StillFormat.jpeg.sharing)
    }

    @Test("what nothing fits into is refused with the smallest size that came out")
    func refusal() {
        var search = StillSearch(
            limitBytes: 500,
            full: PixelSize(width: 800, height: 600),
            format: .jpeg
        )
        var action = search.start()
        let subject = Subject(
            testDescription: "small",
            size: PixelSize(width: 800, height: 600)
        )
        while case .encode(let next) = action {
            action = search.record(next, bytes: subject.bytes(next))
        }
        guard case .refuse(let smallest) = action else {
            Issue.record("640 bytes of head do not fit into 500")
            return
        }
        #expect(smallest == search.outcomes.map(\.bytes).min())
        #expect(smallest < 1400)
        #expect(search.outcomes.count <= StillSearch.mostTries)
    }

    @Test("quality and coarseness are each other's opposite", arguments: StillFormat.allCases)
    func scales(_ format: StillFormat) {
        for quality in stride(from: 5.0, through: 96, by: 0.7) {
            #expect(abs(format.quality(coarseness: format.coarseness(quality)) - quality) < 0.01)
        }
    }

    @Test("the tables are libjpeg's at whole qualities, and have steps between them")
    func tables() {
        #expect(JPEGTables.make(quality: 50).luma.prefix(4) == [16, 11, 10, 16])
        #expect(JPEGTables.make(quality: 75).luma.prefix(4) == [8, 6, 5, 8])
        #expect(JPEGTables.make(quality: 10).chroma[63] == 255)
        #expect(JPEGTables.make(quality: 99.9).luma.allSatisfy { $0 == 1 })
        let between = stride(from: 60.0, to: 61, by: 0.05).map { JPEGTables.make(quality: $0).luma }
        #expect(Set(between).count >= 10)
    }
}
