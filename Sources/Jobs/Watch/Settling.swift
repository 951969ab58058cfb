/// Decides when a file in a watched folder is finished: whoever writes it has stopped.
///
/// A file is ready where it is not empty, its size and its time have stood still for a while, and, where the
/// system tells of it, nobody has it open for writing any more. Pure: the clock and what is seen come from outside.
package struct Settling: Sendable {
    /// A file as it is seen at a moment.
    package struct Sight: Sendable, Equatable {
        package var bytes: Int
        /// When it was written last, in nanoseconds since 1970.
        package var modified: Int64

        package init(bytes: Int, modified: Int64) {
            (self.bytes, self.modified) = (bytes, modified)
        }
    }

    private struct Pending {
        var sight: Sight
        /// Since when it has stood still.
        var since: Double
        /// Whether its writer closed it after it was last seen to change; nil where nobody would have said.
        var isClosed: Bool?
    }

    /// Seconds of standing still after the writer has closed it: it may be opened again at once.
    package static let closedSeconds = 0.7
    /// The same where nothing is known of a writer, as of files that were there before.
    package static let unknownSeconds = 3.0
    /// The same where a writer seems to have it open: a recorder may pause, and some files are never closed.
    package static let openSeconds = 60.0

    private var pending: [String: Pending] = [:]
    /// As they were when they were taken, or when they were to be left alone.
    private var taken: [String: Sight] = [:]

    package init() {}

    /// Whether anything is waited for.
    package var isWaiting: Bool { !pending.isEmpty }

    /// Takes what is in the folder before anything is heard of it.
    ///
    /// Where it shall not be taken it is left alone as long as it is as it is now.
    package mutating func begin(with files: [String: Sight], at now: Double, takes: Bool) {
        for (name, sight) in files {
            if takes {
                pending[name] = Pending(sight: sight, since: now, isClosed: nil)
            } else {
                taken[name] = sight
            }
        }
    }

    /// The writer of a file has closed it, or it was moved here whole.
    package mutating func closed(_ name: String) {
        pending[name]?.isClosed = true
        closing.insert(name)
    }

    /// The writer of a file, or another one, writes on.
    package mutating func written(_ name: String) {
        closing.remove(name)
        pending[name]?.isClosed = false
    }

    /// Closed since the folder was last looked at, or before the file was seen.
    private var closing: Set<String> = []

    /// Takes what is in the folder now, at a time in seconds.
    ///
    /// `hearsClosing`: whether `closed` is called for files that are written while this goes on; `unheard`: those
    /// of which it may have been missed.
    ///
    /// - Returns: the names of files that are finished now, each once, in their order.
    package mutating func look(
        _ files: [String: Sight],
        at now: Double,
        hearsClosing: Bool,
        unheard: Set<String> = []
    ) -> [String] {
        for name in Array(pending.keys) where files[name] == nil { pending[name] = nil }
        for name in Array(taken.keys) where files[name] == nil { taken[name] = nil }
        for (name, sight) in files where taken[name] != sight {
            if pending[name]?.sight == sight { continue }
            // It comes or grows before our eyes: if its end can be heard, it is waited for.
            let isHeard = hearsClosing && !unheard.contains(name)
            let isClosed = closing.contains(name) ? true : (isHeard ? false : nil)
            pending[name] = Pending(sight: sight, since: now, isClosed: isClosed)
        }
        closing.removeAll()
        var ready: [String] = []
        for (name, file) in pending where file.sight.bytes > 0 {
            let patience =
                switch file.isClosed {
                case true?: Self.closedSeconds
                case nil: Self.unknownSeconds
                case false?: Self.openSeconds
                }
            if now - file.since >= patience { ready.append(name) }
        }
        for name in ready {
            taken[name] = pending[name]?.sight
            pending[name] = nil
        }
        return ready.sorted()
    }
}
