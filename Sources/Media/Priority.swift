import CFFmpeg

/// How much this process takes of the machine where others want it too.
package enum Priority {
    /// From now on others come first, at the processor (nice 10) and, on Linux, at the disk (idle).
    ///
    /// For all threads of the process and those to come.
    package static func stepBack() { cinch_step_back() }
}
