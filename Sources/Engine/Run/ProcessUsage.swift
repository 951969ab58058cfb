import Foundation

/// What this process has used up to now, by the kernel's accounts (`getrusage`).
struct ProcessUsage {
    /// Of all its threads, user and system.
    var cpuSeconds: Double
    /// The most that it had touched at one time.
    var peakMemoryBytes: Int

    /// Nothing where the kernel does not say.
    static var now: ProcessUsage {
        var usage = rusage()
        // RUSAGE_SELF, whose type is not the function's own on Linux.
        guard unsafe getrusage(0, &usage) == 0 else {
            return ProcessUsage(cpuSeconds: 0, peakMemoryBytes: 0)
        }
        #if canImport(Darwin)
        let unit = 1
        #else
        let unit = 1024
        #endif
        return ProcessUsage(
            cpuSeconds: [usage.ru_utime, usage.ru_stime].reduce(0) {
                $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000
            },
            peakMemoryBytes: usage.ru_maxrss * unit
        )
    }
}
