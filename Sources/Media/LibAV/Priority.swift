import CFFmpeg
import Synchronization

/// How much this process takes of the machine where others want it too.
package enum Priority {
    /// From now on others come first, at the processor (nice 10) and, on Linux, at the disk (idle).
    ///
    /// For all threads of the process; those to come take after the one that starts them.
    package static func stepBack() {
        hasSteppedBack.store(true, ordering: .relaxed)
        cinch_step_back()
    }

    /// The same for the calling thread and all that it starts, if the process has stepped back: a
    /// thread that libdispatch started has the priority that libdispatch gave it.
    package static func keepBack() {
        if hasSteppedBack.load(ordering: .relaxed) { cinch_step_back() }
    }

    private static let hasSteppedBack = Atomic(false)
}
