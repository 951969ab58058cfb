import Foundation

/// The service's time, which may run faster than ours.
struct SimulatedClock: Sendable {
    let speed: Double
    private let start = ContinuousClock.now

    init(speed: Double) { self.speed = speed }

    /// Time since the service began.
    var now: Duration { (ContinuousClock.now - start) * speed }

    /// Seconds since 1970 in real time, for dates that are told to clients.
    var unixSeconds: Double { Date().timeIntervalSince1970 }

    func sleep(for time: Duration) async throws(CancellationError) {
        do { try await Task.sleep(for: time / speed) } catch { throw CancellationError() }
    }
}
