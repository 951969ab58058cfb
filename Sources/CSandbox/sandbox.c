#define _GNU_SOURCE
#include "include/cinch_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

void cinch_close_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0) return;
#endif
    struct rlimit limit;
    int most = 1024;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536) most = (int)limit.rlim_cur;
    for (int number = first; number < most; number++) close(number);
}

#if defined(__linux__)

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

void cinch_hide_memory(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool cinch_has_seatbelt(void) { return false; }

// MARK: Landlock

// The headers of older systems lack some of this or all (linux/landlock.h).
enum { create_ruleset = 444, add_rule = 445, restrict_self = 446 };

struct ruleset {
    uint64_t files, network, scopes;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

enum {
    execute = 1 << 0, write_file = 1 << 1, read_file = 1 << 2, read_folder = 1 << 3,
    remove_folder = 1 << 4, remove_file = 1 << 5, make_file = 1 << 8, truncate_file = 1 << 14,
};

int cinch_landlock_version(void) {
    const long version = syscall(create_ruleset, NULL, 0, 1);
    return version > 0 ? (int)version : 0;
}

static void allow(int ruleset, int folder, uint64_t what) {
    struct path_rule rule = {what, folder};
    syscall(add_rule, ruleset, 1, &rule, 0);
}

static void allow_path(int ruleset, const char *path, uint64_t what) {
    const int folder = open(path, O_PATH | O_CLOEXEC);
    if (folder < 0) return;
    allow(ruleset, folder, what);
    close(folder);
}

static bool restrict_files(const int *readable, int count, int work_folder) {
    const int version = cinch_landlock_version();
    if (version == 0) return false;
    // Each version knows more of what can be forbidden, and refuses what it does not know.
    const int rights = version == 1 ? 13 : version == 2 ? 14 : version < 5 ? 15 : 16;
    const uint64_t all = (1ull << rights) - 1;
    const struct ruleset wanted = {
        all,
        // To bind and to connect by TCP.
        version >= 4 ? 3 : 0,
        // Abstract sockets and signals of processes outside.
        version >= 6 ? 3 : 0,
    };
    const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    const int ruleset = (int)syscall(create_ruleset, &wanted, size, 0);
    if (ruleset < 0) return false;
    // Libraries, fonts, character sets and time zones: nothing of the user's.
    static const char *const folders[] = {
        "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share", "/usr/local/lib",
        "/usr/local/share", "/lib", "/lib32", "/lib64", "/etc/fonts", "/sys/devices/system/cpu",
    };
    static const char *const files[] = {
        "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/dev/random", "/dev/zero",
        // libdispatch reads the state of its threads, and ends the process where it cannot. Other
        // processes cannot be listed, and Landlock keeps their memory, files and environment closed.
        "/proc",
    };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        allow_path(ruleset, folders[i], read_file | read_folder);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        allow_path(ruleset, files[i], read_file);
    allow_path(ruleset, "/dev/null", read_file | write_file);
    for (int i = 0; i < count; i++) allow(ruleset, readable[i], read_file);
    if (work_folder >= 0) {
        const uint64_t work =
            write_file | read_file | read_folder | remove_file | make_file | truncate_file;
        allow(ruleset, work_folder, work & all);
    }
    const bool is_done = syscall(restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return is_done;
}

/// Leaves to the superuser no more than other users have: files, by their names.
static void drop_capabilities(void) {
    // linux/capability.h: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
    const uint32_t kept = 1u << 1 | 1u << 2;
    struct { uint32_t version; int32_t process; } header = {0x20080522, 0};
    struct { uint32_t effective, permitted, inheritable; } sets[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, sets) != 0) return;
    for (int i = 0; i < 2; i++) {
        sets[i].effective &= i == 0 ? kept : 0;
        sets[i].permitted &= i == 0 ? kept : 0;
        sets[i].inheritable = 0;
    }
    syscall(SYS_capset, &header, sets);
}

// MARK: seccomp

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/// Network, other processes, other programs, the machine; and files by what Landlock leaves open:
/// owners, modes, attributes and times.
static const int forbidden[] = {
    SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_execve,
    SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill, SYS_tkill,
    SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_kcmp, SYS_setns, SYS_unshare, SYS_mount,
    SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd, SYS_open_by_handle_at, SYS_name_to_handle_at,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_sethostname,
    SYS_personality, SYS_fchmodat, SYS_fchownat, SYS_setxattr, SYS_lsetxattr, SYS_removexattr,
    SYS_lremovexattr, SYS_utimensat,
#ifdef SYS_pidfd_open
    SYS_pidfd_open, SYS_pidfd_send_signal,
#endif
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
#ifdef SYS_open_tree
    SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_process_madvise
    SYS_process_madvise,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
#ifdef SYS_fork
    SYS_fork, SYS_vfork, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
    452, // fchmodat2
};

static bool restrict_calls(void) {
#ifdef OWN_ARCHITECTURE
    enum { calls = sizeof forbidden / sizeof *forbidden };
    struct sock_filter program[2 * calls + 24];
    unsigned short n = 0;
#define LOAD(field) \
    program[n++] = (struct sock_filter)BPF_STMT( \
        BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define UNLESS_EQUAL(value, skip) \
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define ANSWER(action) \
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (action))
    const uint32_t refused = SECCOMP_RET_ERRNO | EPERM;
    LOAD(arch);
    program[n++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0);
    ANSWER(SECCOMP_RET_KILL_PROCESS);
    LOAD(nr);
#if defined(__x86_64__)
    // The second way to the same calls (x32).
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1);
    ANSWER(refused);
#endif
    for (int i = 0; i < calls; i++) {
        UNLESS_EQUAL((uint32_t)forbidden[i], 1);
        ANSWER(refused);
    }
    // The C library falls back to clone, whose flags can be seen from here.
    UNLESS_EQUAL(435, 1);
    ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
    // Threads, but no processes: CLONE_THREAD.
    UNLESS_EQUAL(SYS_clone, 4);
    LOAD(args[0]);
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10000, 0, 1);
    ANSWER(SECCOMP_RET_ALLOW);
    ANSWER(refused);
    // A signal to itself, as abort(3) sends one.
    UNLESS_EQUAL(SYS_tgkill, 4);
    LOAD(args[0]);
    UNLESS_EQUAL((uint32_t)getpid(), 1);
    ANSWER(SECCOMP_RET_ALLOW);
    ANSWER(refused);
    ANSWER(SECCOMP_RET_ALLOW);
    const struct sock_fprog filter = {n, program};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0)
        return true;
#endif
    return false;
}

bool cinch_has_call_filter(void) {
#ifdef OWN_ARCHITECTURE
    const uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
#else
    return false;
#endif
}

int cinch_enter_sandbox(const int *readable, int readable_count, int work_folder) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
    drop_capabilities();
    return (restrict_files(readable, readable_count, work_folder) ? cinch_sandbox_files : 0)
        | (restrict_calls() ? cinch_sandbox_calls : 0);
}

#else

// MARK: macOS

#include <dlfcn.h>
#include <limits.h>

void cinch_hide_memory(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

int cinch_landlock_version(void) { return 0; }

bool cinch_has_call_filter(void) { return false; }

/// sandbox_init(3), which the headers call deprecated and name no successor of.
typedef int (*initialise)(const char *profile, uint64_t flags, char **error);

static initialise seatbelt(void) { return (initialise)dlsym(RTLD_DEFAULT, "sandbox_init"); }

bool cinch_has_seatbelt(void) { return seatbelt() != NULL; }

static void append_path(char *profile, size_t size, const char *kind, const char *path) {
    size_t length = strlen(profile);
    length += (size_t)snprintf(profile + length, size - length, "(%s \"", kind);
    for (const char *next = path; *next != 0 && length + 4 < size; next++) {
        if (*next == '"' || *next == '\\') profile[length++] = '\\';
        profile[length++] = *next;
    }
    snprintf(profile + length, size - length, "\")");
}

int cinch_enter_sandbox(const int *readable, int readable_count, int work_folder) {
    const initialise enter = seatbelt();
    if (enter == NULL) return 0;
    const size_t size = 64 << 10;
    char *profile = calloc(1, size);
    if (profile == NULL) return 0;
    snprintf(
        profile, size,
        "(version 1)(allow default)(deny network*)(deny process-exec*)(deny process-fork)"
        "(deny file-write*)(deny file-read-data (subpath \"/Users\") (subpath \"/Volumes\")"
        " (subpath \"/private/etc\"))(allow file-write-data (literal \"/dev/null\"))"
        "(allow file-read-data file-write*");
    // The seatbelt goes by name.
    char path[PATH_MAX];
    if (work_folder >= 0 && fcntl(work_folder, F_GETPATH, path) == 0)
        append_path(profile, size, "subpath", path);
    else
        strcat(profile, "(literal \"/dev/null\")");
    strcat(profile, ")");
    for (int i = 0; i < readable_count; i++) {
        if (fcntl(readable[i], F_GETPATH, path) != 0) continue;
        char rule[8192] = "(allow file-read-data ";
        append_path(rule, sizeof rule - 2, "literal", path);
        strcat(rule, ")");
        if (strlen(profile) + strlen(rule) < size) strcat(profile, rule);
    }
    char *error = NULL;
    const bool is_done = enter(profile, 0, &error) == 0;
    free(profile);
    return is_done ? cinch_sandbox_seatbelt : 0;
}

#endif
