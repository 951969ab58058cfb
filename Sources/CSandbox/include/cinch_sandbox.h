#ifndef CINCH_SANDBOX_H
#define CINCH_SANDBOX_H

#include <stdbool.h>

// What a process that decodes hostile files gives up, by the system's own calls: Landlock
// (landlock(7)) and seccomp (seccomp(2)) on Linux, the seatbelt on macOS. Every function may be
// called where the system has none of it; what is in force is what the function returns.

/// The version of Landlock's interface that the kernel has; 0 where it has none.
int cinch_landlock_version(void);

/// Whether the kernel filters system calls.
bool cinch_has_call_filter(void);

/// Whether macOS's seatbelt is at hand.
bool cinch_has_seatbelt(void);

/// What cinch_enter_sandbox has put in force.
enum {
    cinch_sandbox_files = 1,
    cinch_sandbox_calls = 2,
    cinch_sandbox_seatbelt = 4,
};

/// Gives up all files but the system's own, `readable` (open files or folders, to read), and
/// `work_folder` (to make, write and remove files in; -1 for none), and all of the network, of
/// other processes and of other programs.
///
/// For the calling thread and the threads that it starts, and for good.
///
/// - Returns: what is in force, a sum of the above.
int cinch_enter_sandbox(const int *readable, int readable_count, int work_folder);

/// Leaves no core file, and lets no other process of the user look into this one.
void cinch_hide_memory(void);

/// Closes every descriptor from `first` on.
void cinch_close_from(int first);

#endif
