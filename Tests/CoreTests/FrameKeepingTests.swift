import Core
import Testing

/// Where prepared frames wait for pass 2, chosen by size alone.
@Suite struct FrameKeepingTests {
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
            memoryLimitBytes: 1 << 30,
            fileLimitBytes: 1 << 34
        )
        #expect(keeping.place == .decodeAgain)
        #expect(keeping.estimatedBytes == Int.max)
    }
}
