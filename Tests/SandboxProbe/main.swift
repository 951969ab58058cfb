import Engine
import Foundation
import SystemPackage

// Enters the sandbox as a child process does, and then tries what an attacker would who has got hold of
// the decoder. Prints a line for each: a name, and 0 or the error's number.
//
// Usage: SandboxProbe INPUT WORK-FOLDER OUTSIDE-FILE
let arguments = CommandLine.arguments
let input = try FileDescriptor.open(FilePath(arguments[1]), .readOnly)
let folder = try FileDescriptor.open(FilePath(arguments[2]), .readOnly, options: .directory)
let outside = arguments[3]
let parent = getppid()

func attempt(_ name: String, _ call: () -> Int32) {
    errno = 0
    let isDone = call() >= 0
    print("\(name) \(isDone ? 0 : errno)")
}

func opens(_ path: String, _ flags: Int32 = O_RDONLY) -> Int32 {
    unsafe open(path, flags | O_CLOEXEC, 0o600)
}

let inForce = Sandbox.enter(reading: [input], writing: folder)
print("in-force \(inForce.files && inForce.calls ? 0 : 1)")

// What the work needs.
attempt("read-input") { opens(arguments[1]) }
attempt("make-in-work-folder") { opens(arguments[2] + "/made", O_RDWR | O_CREAT | O_EXCL) }
attempt("rename-in-work-folder") {
    unsafe rename(arguments[2] + "/made", arguments[2] + "/renamed")
}
attempt("remove-in-work-folder") { unsafe unlink(arguments[2] + "/renamed") }
let thread = Thread { print("thread 0") }
thread.start()
while !thread.isFinished { usleep(1000) }

// What an attacker wants.
attempt("read-passwords") { opens("/etc/passwd") }
attempt("read-home") { opens(NSHomeDirectory(), O_RDONLY | O_DIRECTORY) }
attempt("read-outside") { opens(outside) }
attempt("write-outside") { opens(outside, O_WRONLY) }
attempt("make-outside") { opens(outside + ".new", O_WRONLY | O_CREAT | O_EXCL) }
attempt("remove-outside") { unsafe unlink(outside) }
attempt("truncate-outside") { unsafe truncate(outside, 0) }
attempt("change-mode-outside") { unsafe chmod(outside, 0o777) }
attempt("write-input") { opens(arguments[1], O_WRONLY) }
attempt("link-in-work-folder") { unsafe symlink(outside, arguments[2] + "/link") }
attempt("link-outside") { unsafe link(arguments[1], outside + ".link") }
attempt("parents-environment") { opens("/proc/\(parent)/environ") }
attempt("list-processes") { opens("/proc", O_RDONLY | O_DIRECTORY) }
#if canImport(Glibc)
attempt("socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
attempt("local-socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
#endif
attempt("kill-parent") { kill(parent, 0) }
var program: pid_t = 0
attempt("start-program") {
    var words: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("true"), nil]
    let status = unsafe posix_spawn(&program, "/usr/bin/true", nil, nil, &words, nil)
    errno = status
    return status == 0 ? 0 : -1
}
