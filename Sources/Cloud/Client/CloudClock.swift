import Foundation

/// The clock that every wait of the cloud goes through, so that tests pass minutes in milliseconds.
///
/// All durations outside this type are those of the specification (`nemo-api.md` 4.9 and 11);
/// only `sleep` divides by `speed`. The limits of a transfer are not of this clock: a busy machine
/// is no faster because a test's minutes are short.
package struct CloudClock: Sendable {
    /// How many times faster than real time it runs; 1 for people.
    package var speed: Double
    /// Time since an arbitrary start that never goes back, in the clock's own (virtual) time.
    package var now: @Sendable () -> Duration
    /// Seconds since 1970, in real time, for dates that are saved or come from the service.
    package var unixSeconds: @Sendable () -> Double

    /// A clock that runs `speed` times faster than real time.
    package init(speed: Double = 1) {
        self.speed = speed
        let start = ContinuousClock.now
        now = { (ContinuousClock.now - start) * speed }
        unixSeconds = { Date().timeIntervalSince1970 }
    }

    /// The real time that a wait of `duration` takes.
    package func real(_ duration: Duration) -> Duration { duration / speed }

    /// Waits; throws only when the task is cancelled.
    package func sleep(for duration: Duration) async throws(CancellationError) {
        do { try await Task.sleep(for: real(duration)) } catch { throw CancellationError() }
    }
}
