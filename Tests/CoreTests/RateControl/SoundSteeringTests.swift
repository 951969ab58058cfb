import Core
import Testing

/// Landing sound on its budget.
@Suite struct SoundSteeringTests {
    /// An encoder that misses what it is asked for by a factor, and by chance.
    private func encode(
        _ budget: Int,
        packets: Int,
        rate: Int = 128_000,
        bias: Double,
        noise: Double = 0.3,
        silence: Range<Int> = 0..<0
    ) -> Int {
        var steering = SoundSteering(
            budgetBytes: budget,
            limitBytes: .max,
            packets: packets,
            bitsPerSecond: rate,
            packetsPerSecond: 48_000 / 1024
        )
        var seed: UInt64 = 7
        var total = 0
        for index in 0..<packets {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let chance = 1 + noise * (Double(seed >> 40) / Double(1 << 24) - 0.5)
            let asked = Double(steering.nextBitsPerSecond) / 8 * 1024 / 48_000
            let bytes = silence.contains(index) ? 6 : Int(asked * bias * chance)
            steering.add(bytes: bytes)
            total += bytes
        }
        return total
    }

    @Test(
        "an encoder that misses its rate lands all the same",
        arguments: [0.85, 0.97, 1, 1.04, 1.2]
    )
    func lands(_ bias: Double) {
        for packets in [500, 5000] {
            let budget = packets * 341
            let total = encode(budget, packets: packets, bias: bias)
            #expect(abs(total - budget) < 341, "\(total - budget)")
        }
    }

    @Test("what silence leaves over goes to what follows")
    func silence() {
        let budget = 5000 * 341
        let total = encode(budget, packets: 5000, bias: 1, silence: 1000..<2000)
        #expect(abs(total - budget) < 400)
    }

    @Test("an encode over its limit is given up")
    func lost() {
        var steering = SoundSteering(
            budgetBytes: 1000,
            limitBytes: 1100,
            packets: 10,
            bitsPerSecond: 64_000,
            packetsPerSecond: 47
        )
        steering.add(bytes: 1050)
        #expect(!steering.isLost)
        steering.add(bytes: 51)
        #expect(steering.isLost)
    }

    @Test("what lands is accepted at once, and half a packet is kept back for it")
    func first() {
        var landing = SoundLanding(
            roomBytes: 1_000_000,
            bitsPerSecond: 64_000,
            ceilingBitsPerSecond: 256_000
        )
        guard case .encode(let budget, let rate) = landing.start(packets: 5000) else {
            Issue.record("nothing is encoded")
            return
        }
        #expect(rate == 64_000)
        #expect((999_800..<1_000_000).contains(budget))
        #expect(landing.record(bytes: 999_700, roomBytes: 1_000_000, fits: true) == .accept)
    }

    @Test("what is over is done again for less, what is under for more, a few times at the most")
    func corrects() {
        for factor in [0.3, 0.8, 1.05, 2.0] {
            var landing = SoundLanding(
                roomBytes: 100_000,
                bitsPerSecond: 64_000,
                ceilingBitsPerSecond: 256_000
            )
            var action = landing.start(packets: 500)
            var count = 0
            var best = 0
            while case .encode(let budget, let rate) = action {
                count += 1
                // An encoder that cannot be steered, and makes what its rate makes.
                let bytes = Int(Double(rate) / 64_000 * 100_000 * factor)
                #expect(budget <= 100_000)
                if bytes <= 100_000 { best = max(best, bytes) }
                action = landing.record(
                    bytes: bytes,
                    roomBytes: 100_000,
                    fits: bytes <= 100_000
                )
            }
            #expect(count <= SoundLanding.mostAttempts)
            #expect(action == .accept)
            #expect(best > 90_000, "\(factor): \(best)")
        }
    }

    @Test("silence is accepted as small as it is, and what never fits is refused")
    func ends() {
        var silent = SoundLanding(
            roomBytes: 100_000,
            bitsPerSecond: 64_000,
            ceilingBitsPerSecond: 128_000
        )
        var action = silent.start(packets: 500)
        var count = 0
        while case .encode = action {
            count += 1
            action = silent.record(bytes: 3000, roomBytes: 100_000, fits: true)
        }
        #expect(action == .accept)
        #expect(count <= 2)
        var hopeless = SoundLanding(
            roomBytes: 1000,
            bitsPerSecond: 8000,
            ceilingBitsPerSecond: 256_000
        )
        action = hopeless.start(packets: 500)
        while case .encode = action {
            action = hopeless.record(bytes: 5000, roomBytes: 1000, fits: false)
        }
        #expect(action == .refuse)
    }
}
