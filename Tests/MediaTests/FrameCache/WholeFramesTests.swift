import Core
import Media
import SystemPackage
import TestSupport
import Testing

/// The frames that a result is compared with, taken from before the shrinking.
@Suite struct WholeFramesTests {
    /// Checksums of all frames at full size, by two readings with nothing to do with each other.
    private func frames(
        _ name: String,
        rate: Rational? = nil
    ) throws -> (whole: [UInt64], sampled: [Int: UInt64], stride: Int) {
        let source = try Studio.probe(Fixture.path(name))
        var full = try Studio.picture(of: source)
        if let rate { full.frameRate = rate }
        var reader = try PictureReader(source: source, picture: full, flag: CancellationFlag())
        var frame = try Frame()
        var whole: [UInt64] = []
        while try reader.next(into: &frame) { whole.append(frame.checksum) }

        var small = full
        small.size = full.size.fitted(shortSide: full.size.shortSide / 2)
        let folder = try Folder()
        var prepared = try PreparedFrames(
            source: source,
            picture: small,
            keeping: FrameKeeping(
                place: .memory,
                memoryLimitBytes: 500_000_000,
                fileLimitBytes: 0,
                estimatedBytes: 0
            ),
            frames: whole.count,
            file: folder.file("frames"),
            flag: CancellationFlag(),
            comparedAt: full.size
        )
        while try prepared.next(into: &frame) {}
        try prepared.rewind()
        var sampled: [Int: UInt64] = [:]
        for index in 0..<prepared.count where try prepared.sample(index, into: &frame) {
            #expect(PixelSize(width: frame.width, height: frame.height) == full.size)
            sampled[index] = frame.checksum
        }
        return (whole, sampled, prepared.sampleStride)
    }

    @Test(
        "each is the very frame that the whole clip has at that place",
        arguments: [
            "traffic-432p.mp4", "variable-rate-518x488.mp4", "starts-at-10s-oblong-pixels.mp4",
        ]
    )
    func same(_ name: String) throws {
        let (whole, sampled, stride) = try frames(name)
        #expect(sampled.count >= whole.count / stride / 2)
        #expect(sampled.count >= 4)
        for (index, sum) in sampled { #expect(whole[index] == sum, "frame \(index)") }
    }

    @Test("also where frames are left out, or shown twice", arguments: [10, 50])
    func otherRate(_ rate: Int) throws {
        let (whole, sampled, _) = try frames("traffic-432p.mp4", rate: Rational(rate, 1))
        #expect(sampled.count >= 20)
        for (index, sum) in sampled { #expect(whole[index] == sum, "frame \(index)") }
    }
}
