import Testing

@testable import Cloud

@Suite struct CloudClockTests {
    @Test("a fast clock makes minutes pass in milliseconds")
    func minutesPass() async throws {
        let clock = CloudClock(speed: 10_000)
        let start = ContinuousClock.now
        try await clock.sleep(for: .seconds(60))
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(clock.now() >= .seconds(60))
    }
}
