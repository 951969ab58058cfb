import SystemPackage
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
        // Nothing that fits looks better than what was chosen, and by SSIM alone, which does not choose, by no
        // more than half of what is seen.
        let chosen = try #require(outlooks.first { $0.isChosen })
        let bits = Double(plan.budget.videoBytes) * 8 / Double(plan.frames)
        func visibleLoss(_ size: PixelSize) -> Double {
            Self.content.prospect(at: size, bitsPerFrame: bits).visibleLoss
        }
        for other in outlooks where other.isFeasible {
            #expect(visibleLoss(chosen.size) <= visibleLoss(other.size) * 1.02, "\(other.size)")
            #expect(other.quality <= chosen.quality, "\(other.size)")
            let limit = chosen.similarity + Content.clearGain / 2
            #expect(other.similarity <= limit, "\(other.size)")
        }
    }

    @Test(
        "what is expected to look worse is refused, and where samples see too dark only what clearly does"
    )
    func refused() throws {
        func refuses(_ plan: Plan, lossTimes factor: Double) throws -> Bool {
            let prospect = try #require(plan.prospect)
            return plan.objection(
                least: 1 - (1 - prospect.similarity) * factor,
                source: phoneClip(seconds: 60),
                request: CoreTests.request(to: plan.limitBytes)
            ) != nil
        }
        let scant = try Self.plan(1_000_000)
        #expect(try #require(scant.prospect).quantizer > 34)
        #expect(try refuses(scant, lossTimes: 0.99))
        #expect(try !refuses(scant, lossTimes: 1.01))
        let ample = try Self.plan(20_000_000)
        #expect(try #require(ample.prospect).quantizer < 28)
        #expect(try !refuses(ample, lossTimes: 0.4))
        #expect(try refuses(ample, lossTimes: 0.3))
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

@Suite("Sources that H.264 cannot match, and pictures that stand still")
struct FrugalPlanTests {
    /// Costs next to nothing between its keyframes.
    private static func content(bits: Double) -> Content {
        Content(
            full: PixelSize(width: 1920, height: 1080),
            shrunk: [.init(lines: 540, loss: 0.01), .init(lines: 270, loss: 0.05)],
            fine: .init(lines: 432, quantizer: 25, bitsPerFrame: bits * 6, loss: 0.012),
            coarse: .init(lines: 432, quantizer: 39, bitsPerFrame: bits, loss: 0.05),
            large: .init(lines: 648, quantizer: 33, bitsPerFrame: bits * 4, loss: 0.02),
            frames: 240
        )
    }

    private static func plan(
        bytes: Int,
        to target: Int,
        bits: Double,
        frameRateCap: FrameRateCap = .automatic
    ) throws -> Plan {
        var source = phoneClip(
            seconds: 360,
            video: phoneVideo(size: PixelSize(width: 1920, height: 1080))
        )
        source.bytes = bytes
        source.video.codec = "av1"
        source.video.frameRate = Rational(60, 1)
        var request = CoreTests.request(to: target)
        request.frameRateCap = frameRateCap
        return try Plan.make(for: source, request: request, content: content(bits: bits))
    }

    @Test("what H.264 cannot do in the source's bytes may have more, within the target")
    func more() throws {
        let plan = try Self.plan(bytes: 6_000_000, to: 50_000_000, bits: 20_000)
        #expect(plan.limitBytes > 6_000_000 && plan.limitBytes <= 50_000_000)
        #expect(try #require(plan.prospect).quantizer <= Plan.worstQuantizer)
        #expect(plan.reasons.contains { $0.contains("too small for H.264 to match") })
        let tight = try Self.plan(bytes: 6_000_000, to: 8_000_000, bits: 20_000)
        #expect(tight.limitBytes == 8_000_000)
    }

    @Test("what it can do in the source's bytes has no more than those")
    func noMore() throws {
        #expect(try Self.plan(bytes: 6_000_000, to: 50_000_000, bits: 2000).limitBytes == 6_000_000)
    }

    @Test("where little moves and frames alone would be a tenth of the bytes, there are fewer")
    func fewerFrames() throws {
        let plan = try Self.plan(bytes: 9_000_000, to: 2_500_000, bits: 200)
        #expect(plan.picture.frameRate.value == 30)
        #expect(plan.reasons.contains { $0.contains("little moves") })
        #expect(Double(plan.frames) * 13.5 <= 250_000)
    }

    @Test("motion is not given up for bytes, nor what was asked for")
    func motionStays() throws {
        #expect(
            try Self.plan(bytes: 9_000_000, to: 2_500_000, bits: 2000).picture.frameRate.value == 60
        )
        #expect(
            try Self.plan(bytes: 90_000_000, to: 30_000_000, bits: 200).picture.frameRate.value
                == 60
        )
        let forced = try Self.plan(
            bytes: 9_000_000,
            to: 2_500_000,
            bits: 200,
            frameRateCap: .perSecond(Rational(60, 1))
        )
        #expect(forced.picture.frameRate.value == 60)
    }

    @Test("a height that was asked for stands, whatever the bytes say")
    func height() throws {
        var request = CoreTests.request(to: 400_000)
        request.heightCap = .exactly(720)
        let source = phoneClip(video: phoneVideo(size: PixelSize(width: 1920, height: 1080)))
        let plan = try Plan.make(for: source, request: request, content: Self.content(bits: 3000))
        #expect(plan.picture.size == PixelSize(width: 1280, height: 720))
        #expect(plan.prospect?.size == plan.picture.size)
        // Compared with what it could have been.
        #expect(plan.outlooks.first?.size == PixelSize(width: 1920, height: 1080))
        #expect(plan.outlooks.filter(\.isChosen).map(\.size.height) == [720])
    }

    @Test("a sample for looking at has the frame size and the share of the bytes of the whole")
    func preview() throws {
        let source = phoneClip(
            seconds: 50,
            video: phoneVideo(size: PixelSize(width: 1920, height: 1080))
        )
        let request = CoreTests.request(to: 5_000_000)
        let plan = try Plan.make(for: source, request: request, content: Self.content(bits: 3000))
        let sample = try #require(request.preview(of: source, plan, 5_000_000))
        #expect(sample.target?.bytes == 500_000)
        #expect(sample.heightCap == .exactly(plan.picture.size.shortSide))
        #expect(sample.span == Span(start: .afterStart(22_500_000), length: 5_000_000))
        #expect(sample.destination.lastComponent?.string.hasSuffix("-5MB-preview.mp4") == true)
        #expect(request.preview(of: source, plan, 45_000_000) == nil)
    }

    @Test("a sample of a busy scene gets more than its share of the time, one of a calm scene less")
    func weighedPreview() throws {
        let whole = phoneClip(seconds: 50)
        let request = CoreTests.request(to: 500_000)
        var sample = try whole.part(Span(start: .afterStart(20_000_000), length: 5_000_000))
        // Only estimated, its bytes say nothing.
        #expect(request.preview(weighing: sample, against: whole).target?.bytes == 500_000)
        sample.part?.bytesAreEstimated = false
        for (times, bytes) in [(1.0, 500_000), (2, 1_000_000), (0.5, 250_000), (100, 2_000_000)] {
            sample.bytes = Int(Double(whole.bytes) / 10 * times)
            let weighed = try #require(request.preview(weighing: sample, against: whole).target)
            #expect(abs(weighed.bytes - bytes) < 10)
        }
    }
}
