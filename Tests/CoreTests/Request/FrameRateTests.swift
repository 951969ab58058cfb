import Core
import Testing

/// How many frames a second are kept.
@Suite struct FrameRateTests {
    @Test(
        "a cap is read as people write it",
        arguments: [
            ("30", 30.0), ("25", 25), ("29.97", 29.970029970), ("23.976", 23.976023976),
            ("59.94", 59.940059940), ("30000/1001", 29.970029970), ("12.5", 12.5),
            ("1", 1), ("240", 240), ("auto", 60),
        ] as [(String, Double)]
    )
    func reads(_ text: String, _ rate: Double) throws {
        let cap = try #require(FrameRateCap(parsing: text))
        #expect(abs(try #require(cap.rate).value - rate) < 1e-6)
    }

    @Test(
        "nonsense is no cap",
        arguments: [
            "", "0", "-30", "241", "fast", "1/0", "0/1", "1/2/3", "1e2", "nan", "inf", "30fps",
            "99999999999999999999/1", "9223372036854775807/1", ".",
        ]
    )
    func refuses(_ text: String) {
        #expect(FrameRateCap(parsing: text) == nil)
    }

    @Test("no cap is no limit")
    func source() {
        #expect(FrameRateCap(parsing: "Source") == .source)
        #expect(FrameRateCap.source.kept(of: Rational(480, 1)) == Rational(480, 1))
    }

    @Test(
        "a rate above the cap becomes an even fraction where one is near, else the cap",
        arguments: [
            (60.0, 60.0, 60.0), (59.94, 60, 59.94), (60.4, 60, 60.4), (120, 60, 60),
            (119.88, 60, 59.94), (240, 60, 60), (100, 60, 50), (144, 60, 48), (75, 60, 60),
            (90, 60, 60), (60, 30, 30), (59.94, 30, 29.97), (50, 30, 25), (30, 24, 24),
            (25, 24, 24), (24, 30, 24), (50, 24, 24),
        ] as [(Double, Double, Double)]
    )
    func kept(_ own: Double, _ cap: Double, _ expected: Double) {
        let own = Rational(Int((own * 1000).rounded()), 1000)
        let cap = FrameRateCap.perSecond(Rational(Int(cap), 1))
        #expect(abs(cap.kept(of: own).value - expected) < 0.001)
    }
}
