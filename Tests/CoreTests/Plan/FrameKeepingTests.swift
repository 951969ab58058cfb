import Core
import Testing

/// Where prepared frames wait for pass 2, chosen by size and by cost.
@Suite struct FrameKeepingTests {
    static let dearCoding = FrameKeeping.Costs(coded: 2, decodedAgain: 1)
    static let cheapCoding = FrameKeeping.Costs(coded: 1, decodedAgain: 2)

    @Test(
        "memory first, then a file, then decoding again",
        arguments: [
            (1000, 10, 10_000, 0, FrameKeeping.Place.memory),
            (1000, 10, 9999, 0, .decodeAgain),
            (1000, 10, 9999, 1, .memoryAndFile),
            (1000, 10, 0, 10_000, .memoryAndFile),
            (1000, 10, 0, 9999, .decodeAgain),
            (1000, 10, 4000, 6000, .memoryAndFile),
            (1000, 10, 4000, 5999, .decodeAgain),
            (1000, 0, 1000, 0, .memory),
            (1000, 0, 999, 0, .decodeAgain),
        ]
    )
    func chooses(
        _ frameBytes: Int,
        _ frames: Int,
        _ memory: Int,
        _ file: Int,
        _ place: FrameKeeping.Place
    ) {
        let keeping = FrameKeeping.choose(
            frameBytes: frameBytes,
            frames: frames,
            costs: Self.dearCoding,
            memoryLimitBytes: memory,
            fileLimitBytes: file
        )
        #expect(keeping.place == place)
        #expect(keeping.estimatedBytes == frameBytes * max(1, frames))
        #expect(keeping.memoryLimitBytes == memory)
        #expect(keeping.fileLimitBytes == file)
    }

    @Test("a clip of any length is counted without overflow")
    func overflow() {
        let keeping = FrameKeeping.choose(
            frameBytes: 1 << 40,
            frames: 1 << 40,
            costs: Self.dearCoding,
            memoryLimitBytes: 1 << 30,
            fileLimitBytes: 1 << 34
        )
        #expect(keeping.place == .decodeAgain)
        #expect(keeping.estimatedBytes == Int.max)
    }

    @Test(
        "frames that have no room raw are coded where that fits, and costs less than decoding again",
        arguments: [
            (cheapCoding, 10_000, 0, FrameKeeping.Place.memory),
            (cheapCoding, 4000, 6000, .memoryAndFile),
            (cheapCoding, 4000, 5999, .coded),
            (cheapCoding, 0, 2500, .coded),
            (cheapCoding, 0, 2499, .decodeAgain),
            (cheapCoding, 9999, 0, .decodeAgain),
            (dearCoding, 4000, 5999, .decodeAgain),
        ]
    )
    func choosesByCost(
        _ costs: FrameKeeping.Costs,
        _ memory: Int,
        _ file: Int,
        _ place: FrameKeeping.Place
    ) {
        let keeping = FrameKeeping.choose(
            frameBytes: 1000,
            frames: 10,
            costs: costs,
            memoryLimitBytes: memory,
            fileLimitBytes: file
        )
        #expect(keeping.place == place)
        #expect(keeping.estimatedBytes == (place == .coded ? 2500 : 10_000))
    }

    /// A source, and lines of the result for which coding its frames costs less than decoding it again.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var codec = "h264"
        var height = 1080
        var bitDepth = 8
        var rate = Rational(30, 1)
        var bitsPerSecond: Int?
        var deinterlaces = false
        var toneMaps = false
        var lines: Int
        var isCoded: Bool
    }

    @Test(
        "a source that is hard to decode is kept in coded form, an easy one is decoded again",
        arguments: [
            Case(testDescription: "1080p to 360 lines", lines: 360, isCoded: true),
            Case(testDescription: "1080p to 720 lines", lines: 720, isCoded: false),
            Case(
                testDescription: "1080p at 50 Mbit/s to 720 lines",
                bitsPerSecond: 50_000_000,
                lines: 720,
                isCoded: true
            ),
            Case(
                testDescription: "1080p MPEG-2 at 50 Mbit/s to 720 lines",
                codec: "mpeg2video",
                bitsPerSecond: 50_000_000,
                lines: 720,
                isCoded: false
            ),
            Case(testDescription: "1080p as it is", lines: 1080, isCoded: false),
            Case(testDescription: "720p to 540 lines", height: 720, lines: 540, isCoded: false),
            Case(testDescription: "4K H.264 to 720 lines", height: 2160, lines: 720, isCoded: true),
            Case(
                testDescription: "4K HEVC of 10 bits to 1080 lines",
                codec: "hevc",
                height: 2160,
                bitDepth: 10,
                lines: 1080,
                isCoded: true
            ),
            Case(testDescription: "4K as it is", height: 2160, lines: 2160, isCoded: false),
            Case(
                testDescription: "1080i, deinterlaced, to 576 lines",
                deinterlaces: true,
                lines: 576,
                isCoded: true
            ),
            Case(
                testDescription: "HDR as it is",
                codec: "hevc",
                bitDepth: 10,
                toneMaps: true,
                lines: 1080,
                isCoded: true
            ),
            Case(
                testDescription: "1080p at 240 frames a second to 720 lines at 60",
                rate: Rational(240, 1),
                lines: 720,
                isCoded: true
            ),
        ]
    )
    func costs(_ source: Case) {
        let size = PixelSize(width: source.height * 16 / 9, height: source.height)
        let video = VideoTrack(
            streamIndex: 0,
            codec: source.codec,
            codedSize: size,
            frameRate: source.rate,
            bitDepth: source.bitDepth,
            bitsPerSecond: source.bitsPerSecond
        )
        let picture = Picture(
            size: size.fitted(shortSide: source.lines),
            frameRate: Rational(min(60, source.rate.numerator), 1),
            deinterlaces: source.deinterlaces,
            toneMaps: source.toneMaps
        )
        let costs = FrameKeeping.Costs(picture, of: video)
        #expect((costs.coded < costs.decodedAgain) == source.isCoded, "\(costs)")
    }

    @Test(
        "a rate that means nothing makes no cost that means nothing",
        arguments: [0, -1, 1 << 60]
    )
    func senselessRates(_ numerator: Int) {
        for denominator in [0, 1, 1 << 60] {
            let video = VideoTrack(
                streamIndex: 0,
                codec: "h264",
                codedSize: PixelSize(width: 640, height: 360),
                frameRate: Rational(numerator, denominator)
            )
            let picture = Picture(
                size: PixelSize(width: 640, height: 360),
                frameRate: Rational(denominator, numerator)
            )
            let costs = FrameKeeping.Costs(picture, of: video)
            #expect(costs.coded > 0 && costs.coded.isFinite)
            #expect(costs.decodedAgain > 0 && costs.decodedAgain.isFinite)
        }
    }
}
