import Core
import Testing

@Suite("The numbers of a comparison")
struct ComparisonTests {
    @Test("SSIM is the mean of all frames, and each second has its own")
    func seconds() {
        let frames = Array(repeating: 1.0, count: 10) + Array(repeating: 0.5, count: 10)
        let score = Comparison.Score(.ssim, frames: frames, rate: 10)
        #expect(score.mean == 0.75)
        #expect(score.seconds == [1, 0.5])
        #expect(score.worst == 0.5 && score.worstSecond == 1)
    }

    @Test("PSNR is that of the mean error, not the mean of each frame's")
    func psnr() {
        let score = Comparison.Score(.psnr, frames: [0, 2], rate: 25)
        #expect(abs(score.mean - 48.1308) < 0.001)
        #expect(Comparison.decibels(meanSquaredError: 0) == 100)
        #expect(Comparison.decibels(meanSquaredError: 1e-20) == 100)
        #expect(Comparison.decibels(meanSquaredError: 65_025) == 0)
    }

    @Test("a few frames after the last whole second belong to it")
    func rest() {
        let score = Comparison.Score(.ssim, frames: Array(repeating: 1, count: 52), rate: 25)
        #expect(score.seconds.count == 2)
        let half = Comparison.Score(.ssim, frames: Array(repeating: 1, count: 65), rate: 25)
        #expect(half.seconds.count == 3)
    }

    @Test("broken rates still have one second after the other", arguments: [29.97, 12.5, 0.5, 240])
    func rates(_ rate: Double) {
        let score = Comparison.Score(.ssim, frames: Array(repeating: 0.9, count: 500), rate: rate)
        #expect(abs(Double(score.seconds.count) - 500 / max(1, rate)) <= 1)
        #expect(abs(score.mean - 0.9) < 1e-9)
    }

    @Test("the worst moments are the worst of all, not all of them in one place")
    func worst() {
        var worst = WorstMoments(wanted: 3, apart: 10)
        for index in 0..<100 {
            let dips = [20: 0.5, 21: 0.4, 22: 0.6, 50: 0.7, 80: 0.3, 95: 0.65]
            _ = worst.consider(index, value: dips[index] ?? 1 - Double(index) / 1e6)
        }
        #expect(worst.ranked.map { worst.entries[$0].index } == [80, 21, 95])
    }

    @Test("a clip that gets worse and worse has as many moments as any other")
    func decline() {
        var worst = WorstMoments(wanted: 4, apart: 25)
        for index in 0..<1000 { _ = worst.consider(index, value: 1 - Double(index) / 2000) }
        let found = worst.ranked.map { worst.entries[$0].index }
        #expect(found.first == 999 && found.count == 4)
        for (one, other) in zip(found, found.dropFirst()) { #expect(abs(one - other) >= 12) }
    }

    @Test("a frame takes a place only where it is worse than what is there")
    func places() {
        var worst = WorstMoments(wanted: 1, apart: 5)
        #expect(worst.consider(0, value: 0.9) == 0)
        #expect(worst.consider(1, value: 0.95) == nil)
        #expect(worst.consider(2, value: 0.8) == 0)
        #expect(worst.consider(10, value: 0.7) == 1)
        #expect(worst.consider(20, value: 0.99) == nil)
        #expect(worst.consider(30, value: 0.75) == 0)
        #expect(worst.ranked == [1])
    }
}
