import Core
import Media
import TestSupport
import Testing

/// Samples of a clip: short runs from all over it, prepared as the whole would be.
@Suite struct SampledFramesTests {
    private struct Sample {
        var sum: UInt64
        var startsGroup: Bool
    }

    private func samples(
        _ name: String,
        places: Int,
        length: Int,
        rateShare: Int = 1
    ) throws -> (frames: [Sample], complexity: Double?) {
        let source = try Studio.probe(Fixture.path(name))
        var picture = try Studio.picture(of: source)
        picture.size = picture.size.fitted(shortSide: 120)
        picture.frameRate = Rational(
            picture.frameRate.numerator,
            picture.frameRate.denominator * rateShare
        )
        var sampled = try SampledFrames(
            source: source,
            picture: picture,
            places: places,
            length: length,
            flag: CancellationFlag()
        )
        var frame = try Frame()
        var frames: [Sample] = []
        while try sampled.next(into: &frame) {
            #expect(PixelSize(width: frame.width, height: frame.height) == picture.size)
            frames.append(Sample(sum: frame.checksum, startsGroup: frame.startsGroup))
        }
        return (frames, sampled.complexityElsewhere)
    }

    @Test("each run begins a group of pictures, and no picture comes twice")
    func runs() throws {
        let (frames, complexity) = try samples("traffic-432p.mp4", places: 4, length: 10)
        #expect(frames.count == 40)
        #expect(frames.indices.filter { frames[$0].startsGroup } == [0, 10, 20, 30])
        #expect(Set(frames.map(\.sum)).count == 40)
        #expect((0.3...3).contains(try #require(complexity)))
    }

    @Test("the same samples come out every time")
    func repeats() throws {
        let first = try samples("traffic-432p.mp4", places: 3, length: 8).frames.map(\.sum)
        let second = try samples("traffic-432p.mp4", places: 3, length: 8).frames.map(\.sum)
        #expect(first == second)
    }

    @Test("at half the rate every second picture is left out")
    func half() throws {
        let whole = try samples("traffic-432p.mp4", places: 1, length: 20).frames.map(\.sum)
        let half = try samples("traffic-432p.mp4", places: 1, length: 9, rateShare: 2)
            .frames.map(\.sum)
        let alternate = whole.indices.filter { $0 % 2 == 1 }.map { whole[$0] }
        #expect(half == Array(alternate.prefix(9)))
    }

    @Test("whatever the container, frames come and there is an end", arguments: Fixture.names)
    func anything(_ name: String) throws {
        let (frames, _) = try samples(name, places: 5, length: 6)
        #expect((1...30).contains(frames.count))
        #expect(frames.first?.startsGroup == true)
    }
}
