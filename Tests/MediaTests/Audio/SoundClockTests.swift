import Testing

@testable import Media

/// Where blocks of sound go whose times are not where the last block ended.
@Suite struct SoundClockTests {
    /// The places of blocks of 20 ms with these stated times.
    private func places(_ stated: [Double?]) -> [Double] {
        var clock = SoundClock()
        return stated.map { clock.place($0, lasting: 0.02) }
    }

    private func regular(_ count: Int, from start: Double = 0) -> [Double] {
        (0..<count).map { start + Double($0) * 0.02 }
    }

    @Test("times that tremble by 15 ms leave no gap and no overlap")
    func trembles() {
        let stated = regular(200).enumerated().map {
            $1 + [0.0, 0.015, -0.015, 0.01, -0.01][$0 % 5]
        }
        let placed = places(stated)
        for (one, next) in zip(placed, placed.dropFirst()) {
            #expect(abs(next - one - 0.02) < 1e-9)
        }
    }

    @Test(
        "a small gap is followed once it has lasted, a large one at once",
        arguments: [0.04, 0.4]
    )
    func gaps(_ gap: Double) {
        let placed = places(regular(50) + regular(50, from: 1 + gap))
        let late = gap < SoundClock.jumpSeconds ? 10 : 0
        #expect(abs(placed[50 + late] - (1 + gap + Double(late) * 0.02)) < 1e-9)
        #expect(abs((placed.last ?? 0) - (1 + gap + 0.98)) < 1e-9)
    }

    @Test("an overlap is trimmed")
    func overlap() {
        let placed = places(regular(50) + regular(50, from: 0.95))
        #expect(abs((placed.last ?? 0) - (0.95 + 0.98)) < 1e-9)
    }

    @Test(
        "a clock that goes wrong is never off by more than 20 ms",
        arguments: [0.998, 1.002, 1.01]
    )
    func drift(_ pace: Double) {
        let stated = regular(3000).map { $0 * pace }
        for (own, placed) in zip(stated, places(stated)) { #expect(abs(own - placed) < 0.02) }
    }

    @Test("a jump of more than an hour and a missing time are no gap")
    func impossible() {
        let placed = places([0, 9000, nil, 0.06])
        #expect(placed.map { ($0 * 100).rounded() } == [0, 2, 4, 6])
    }

    @Test("sound that begins late begins there")
    func lateStart() {
        #expect(places([2.5, 2.52]) == [2.5, 2.52])
    }
}
