import Testing

@testable import Core

@Suite("What would fit")
struct OutlookTests {
    private static let content = Content(
        full: PixelSize(width: 1920, height: 1080),
        shrunk: [
            .init(lines: 720, loss: 0.006), .init(lines: 540, loss: 0.015),
            .init(lines: 270, loss: 0.06),
        ],
        fine: .init(lines: 432, quantizer: 25, bitsPerFrame: 20_000, loss: 0.035),
        coarse: .init(lines: 432, quantizer: 39, bitsPerFrame: 3000, loss: 0.11),
        large: .init(lines: 648, quantizer: 33, bitsPerFrame: 14_000, loss: 0.04),
        frames: 240
    )

    private static func plan(_ bytes: Int, content: Content? = content) throws -> Plan {
        try Plan.make(
            for: phoneClip(
                seconds: 60,
                video: phoneVideo(size: PixelSize(width: 1920, height: 1080))
            ),
            request: CoreTests.request(to: bytes),
            content: content
        )
    }

    private func row(_ lines: Int, _ bytes: Int) throws -> Outlook? {
        try Self.plan(bytes).outlooks.first { $0.size.height == lines }
    }

    @Test("the words follow the similarity, and each has a least one")
    func words() {
        #expect(Quality(similarity: 1) == .excellent)
        #expect(Quality(similarity: 0.985) == .excellent)
        #expect(Quality(similarity: 0.9849) == .good)
        #expect(Quality(similarity: 0.92) == .fair)
        #expect(Quality(similarity: 0) == .poor)
        #expect(Quality(similarity: .nan) == .poor)
        #expect(Quality.excellent > .good && Quality.fair > .poor)
    }

    @Test("a plan has a row for each usual size from large to small, and marks its own")
    func rows() throws {
        let plan = try Self.plan(8_000_000)
        let outlooks = plan.outlooks
        #expect(outlooks.first?.size == PixelSize(width: 1920, height: 1080))
        #expect(outlooks.filter(\.isChosen).map(\.size) == [plan.picture.size])
        #expect(outlooks.map(\.size.pixels) == outlooks.map(\.size.pixels).sorted(by: >))
        #expect(outlooks.contains { $0.size.height == 270 })
        // Nothing that fits promises more than what was chosen.
        let chosen = try #require(outlooks.first { $0.isChosen })
        for other in outlooks where other.isFeasible {
            #expect(other.similarity <= chosen.similarity + 1e-9, "\(other.size)")
        }
    }

    @Test("asked for as many bytes as a size looks good from, that size looks good")
    func goodFrom() throws {
        let row = try #require(try self.row(720, 4_000_000))
        let bytes = try #require(row.goodBytes)
        let again = try #require(try self.row(720, bytes))
        #expect(abs(again.similarity - Quality.good.leastSimilarity) < 0.002)
        let seconds = try #require(row.goodSeconds)
        #expect(abs(seconds / 60 - 4_000_000 / Double(bytes)) < 0.01)
    }

    @Test("a size that loses too much by itself never looks good")
    func never() throws {
        let row = try #require(try self.row(270, 8_000_000))
        #expect(row.goodBytes == nil && row.goodSeconds == nil)
    }

    @Test("without samples there is no table")
    func none() throws {
        #expect(try Self.plan(8_000_000, content: nil).outlooks.isEmpty)
    }

    @Test("a larger frame takes longer to encode, but no longer to decode")
    func time() {
        let time = ExpectedTime(preparingSeconds: 10, encodingSeconds: 20)
        let (small, large) = (
            PixelSize(width: 640, height: 360), PixelSize(width: 1280, height: 720)
        )
        #expect(time.seconds == 30)
        #expect(time.seconds(at: large, insteadOf: small) == 90)
        #expect(time.seconds(at: small, insteadOf: large) == 15)
    }
}
