import Core
import Testing

/// Every decision about a run that is made before the first frame is decoded.
@Suite struct PlanTests {
    @Test(
        "the automatic cap is 1080 lines for every target",
        arguments: [
            (8_000_000, "1920×1080"), (20_000_000, "1920×1080"), (50_000_000, "1920×1080"),
        ]
    )
    func automaticCap(_ target: Int, _ size: String) throws {
        let source = phoneClip(
            seconds: 20,
            video: phoneVideo(size: PixelSize(width: 3840, height: 2160))
        )
        let plan = try Plan.make(for: source, request: request(to: target))
        #expect(plan.method == .fit)
        #expect(plan.picture.size.description == size)
    }

    @Test("without a target the cap is 1080 lines")
    func capWithoutTarget() throws {
        let source = phoneClip(video: phoneVideo(size: PixelSize(width: 3840, height: 2160)))
        let plan = try Plan.make(for: source, request: request())
        #expect(plan.method == .constantQuality)
        #expect(plan.picture.size.description == "1920×1080")
        #expect(plan.targetBytes == nil)
    }

    @Test("the cap counts the short side of a portrait")
    func portrait() throws {
        let upright = phoneVideo(
            displaySize: PixelSize(width: 2160, height: 3840),
            orientation: Orientation(clockwiseDegrees: 90)
        )
        for video in [upright, phoneVideo(size: PixelSize(width: 2160, height: 3840))] {
            let plan = try Plan.make(
                for: phoneClip(video: video),
                request: request(to: 15_000_000)
            )
            #expect(plan.picture.size.description == "1080×1920")
            #expect(plan.picture.orientation == video.orientation)
        }
    }

    @Test(
        "nothing is enlarged",
        arguments: [.automatic, .source, .lines(1080), .lines(4320)] as [HeightCap]
    )
    func neverEnlarges(_ cap: HeightCap) throws {
        let size = PixelSize(width: 640, height: 360)
        let source = phoneClip(seconds: 10, video: phoneVideo(size: size))
        for target in [nil, 5_000_000, 50_000_000] {
            let plan = try Plan.make(for: source, request: request(to: target, heightCap: cap))
            #expect(plan.picture.size == size)
        }
    }

    @Test("a named cap is kept, and source keeps the source's lines")
    func namedCap() throws {
        let low = try Plan.make(
            for: phoneClip(),
            request: request(to: 15_000_000, heightCap: .lines(480))
        )
        #expect(low.picture.size.description == "854×480")
        let full = try Plan.make(
            for: phoneClip(seconds: 10),
            request: request(to: 15_000_000, heightCap: .source)
        )
        #expect(full.picture.size.description == "1920×1080")
    }

    @Test(
        "above 60 frames a second a whole fraction of the rate is kept, or 60",
        arguments: [
            (Rational(120, 1), 60.0), (Rational(240, 1), 60), (Rational(100, 1), 50),
            (Rational(120_000, 1001), 59.94), (Rational(60, 1), 60), (Rational(61, 1), 60),
            (Rational(30_000, 1001), 29.97), (Rational(24, 1), 24), (Rational(1, 1), 1),
        ] as [(Rational, Double)]
    )
    func frameRates(_ own: Rational, _ expected: Double) throws {
        let plan = try Plan.make(
            for: phoneClip(video: phoneVideo(rate: own)),
            request: request(to: 30_000_000)
        )
        #expect(abs(plan.picture.frameRate.value - expected) < 0.01)
        #expect(plan.frames == Int((60 * plan.picture.frameRate.value).rounded()))
    }

    @Test("a target above the source never makes it larger")
    func neverInflates() throws {
        let source = phoneClip(bytes: 5_000_000, video: phoneVideo(codec: "hevc"))
        for target in [5_000_001, 8_000_000, 1_000_000_000] {
            let plan = try Plan.make(for: source, request: request(to: target))
            #expect(plan.method == .fit)
            #expect(plan.limitBytes == 5_000_000)
            #expect(plan.targetBytes == target)
            #expect(plan.reasons.contains { $0.contains("not be larger than the source") })
        }
    }

    @Test("a source below what H.264 can do may grow, within the target")
    func tinySourceMayGrow() throws {
        let source = phoneClip(bytes: 20_000, video: phoneVideo(codec: "av1"), audio: [])
        let plan = try Plan.make(for: source, request: request(to: 1_000_000))
        #expect(plan.limitBytes == plan.smallestBytes)
        #expect(plan.limitBytes > source.bytes && plan.limitBytes <= 1_000_000)
        #expect(plan.reasons.contains { $0.contains("av1") })
    }

    @Test("a target below the floor is refused with the floor")
    func refusesBelowFloor() throws {
        let failure = #expect(throws: Failure.self) {
            try Plan.make(for: phoneClip(), request: request(to: 50_000))
        }
        let smallest = try #require(failure?.smallestBytes)
        #expect(failure?.kind == .unreachable)
        #expect(smallest > 50_000)
        #expect(failure?.advice.contains("--audio none") == true)
        #expect(failure?.advice.contains("cut the clip") == true)
        // What is advised is enough.
        let plan = try Plan.make(for: phoneClip(), request: request(to: smallest))
        #expect(plan.limitBytes == smallest)
        #expect(plan.smallestBytes == smallest)
        #expect(throws: Failure.self) {
            try Plan.make(for: phoneClip(), request: request(to: smallest - 1))
        }
    }

    @Test("leaving the sound out, as advised, lowers the floor")
    func soundlessFloor() throws {
        let loud = try Plan.make(for: phoneClip(), request: request(to: 5_000_000))
        let mute = try Plan.make(for: phoneClip(), request: request(to: 5_000_000, audio: .none))
        #expect(mute.smallestBytes < loud.smallestBytes)
        let failure = #expect(throws: Failure.self) {
            try Plan.make(for: phoneClip(audio: []), request: request(to: 9000))
        }
        #expect(failure?.advice.contains("--audio none") == false)
    }

    @Test("the shorter length that is advised fits the target")
    func advisedLengthFits() throws {
        let target = 100_000
        let failure = #expect(throws: Failure.self) {
            try Plan.make(for: phoneClip(), request: request(to: target))
        }
        let smallest = try #require(failure?.smallestBytes)
        let seconds = (60.0 * Double(target) / Double(smallest)).rounded(.down)
        let plan = try Plan.make(
            for: phoneClip(seconds: seconds - 1),
            request: request(to: target)
        )
        #expect(plan.smallestBytes <= target)
    }

    @Test("fewer bits give a smaller frame, step by step")
    func sizeLadder() throws {
        var last = Int.max
        var seen: Set<Int> = []
        for target in stride(from: 8_000_000, to: 200_000, by: -100_000) {
            let plan = try Plan.make(
                for: phoneClip(),
                request: request(to: target, audio: .none)
            )
            let lines = plan.picture.size.shortSide
            #expect(lines <= last)
            #expect(Plan.ladder.contains(lines))
            last = lines
            seen.insert(lines)
            let perPixel =
                Double(plan.budget.videoBitsPerSecond) / 30 / Double(plan.picture.size.pixels)
            #expect(perPixel >= Plan.leastBitsPerPixel || lines == Plan.ladder.last)
        }
        #expect(seen.count >= 3)
    }

    @Test("the frame is the largest step that has its bits")
    func largestStep() throws {
        let plan = try Plan.make(
            for: phoneClip(),
            request: request(to: 500_000, audio: .none)
        )
        let next = try #require(Plan.ladder.last { $0 > plan.picture.size.shortSide })
        let larger = PixelSize(width: 1920, height: 1080).fitted(shortSide: next)
        let perPixel = Double(plan.budget.videoBitsPerSecond) / 30 / Double(larger.pixels)
        #expect(perPixel < Plan.leastBitsPerPixel)
        #expect(plan.reasons.contains { $0.contains("look better at") })
    }

    @Test("keyframes are 10 s apart, and 20 s where almost nothing moves")
    func keyframes() throws {
        let moving = try Plan.make(for: phoneClip(), request: request(to: 8_000_000))
        #expect(moving.keyframeIntervalFrames == 300)
        // Two more near the end, where the size is landed; one where keyframes are most of the bytes.
        #expect(moving.landingKeyframes == [1530, 1746])
        let slides = try Plan.make(
            for: phoneClip(bytes: 2_000_000),
            request: request(to: 1_000_000)
        )
        #expect(slides.keyframeIntervalFrames == 600)
        #expect(slides.landingKeyframes == [1692])
        let slow = phoneClip(video: phoneVideo(rate: Rational(1, 20)), audio: [])
        #expect(try Plan.make(for: slow, request: request()).keyframeIntervalFrames == 1)
    }

    @Test("the limit is divided without a remainder going over it")
    func budget() throws {
        for target in [1_000_000, 8_000_000, 25_000_000] {
            let budget = try Plan.make(for: phoneClip(), request: request(to: target)).budget
            #expect(budget.limitBytes == target)
            #expect(budget.audioBytes + budget.containerBytes + budget.videoBytes <= target)
            #expect(abs(budget.videoBitsPerSecond - budget.videoBytes * 8 / 60) <= 1)
        }
    }

    @Test("the expected size is just below the target, and never above the limit")
    func expected() throws {
        let fit = try Plan.make(for: phoneClip(), request: request(to: 8_000_000))
        #expect(fit.expectedBytes <= 8_000_000 && fit.expectedBytes > 7_900_000)
        let free = try Plan.make(for: phoneClip(bytes: 1000), request: request())
        #expect(free.expectedBytes <= 1000)
    }

    @Test("a clip of no length at all still has a plan")
    func noLength() throws {
        let plan = try Plan.make(
            for: phoneClip(bytes: 100_000, seconds: 0),
            request: request(to: 50_000)
        )
        #expect(plan.frames == 1)
        #expect(plan.budget.videoBytes > 0)
    }

    @Test("the speed is passed on", arguments: Speed.allCases)
    func speed(_ speed: Speed) throws {
        #expect(try Plan.make(for: phoneClip(), request: request(speed: speed)).speed == speed)
    }
}
