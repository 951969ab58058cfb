import Synchronization

/// How many threads a decoder and an encoder of this process may have each.
package enum Threads {
    /// From now on, for what is opened then; processes that work beside each other share the machine so.
    package static func limit(to count: Int) {
        most.store(max(1, count), ordering: .relaxed)
    }

    /// As libav takes it: 0 leaves it to libav, which then has as many as there are processors.
    static var count: Int32 { Int32(clamping: most.load(ordering: .relaxed)) }

    private static let most = Atomic(0)
}
