import Core
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// The calls into the system that no Swift library wraps: the only unsafe code of the command line.
enum Terminal {
    /// Makes the process fit for its streams; called before anything else.
    ///
    /// A stream that the parent closed is opened on `/dev/null`: otherwise the next file opened, the
    /// result itself, would get its number and receive what is printed. SIGPIPE is ignored, so that a
    /// reader that left ends a write and not the process with its working folder.
    static func prepare() {
        _ = FilePermissions.usual
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) == -1 {
            _ = try? FileDescriptor.open(FilePath("/dev/null"), .readWrite)
        }
        ignore(SIGPIPE)
    }

    /// Whether a stream is a terminal (`isatty`).
    static func isTerminal(_ descriptor: FileDescriptor) -> Bool {
        isatty(descriptor.rawValue) == 1
    }

    /// The width of the terminal behind a stream, read anew at each call; nil where there is none.
    static func columns(of descriptor: FileDescriptor) -> Int? {
        // `struct winsize`: rows, columns, and two that nobody fills. By its layout, because the type
        // itself belongs to whichever C module included its header first.
        var size: [UInt16] = [0, 0, 0, 0]
        guard unsafe ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), &size) == 0, size[1] > 0
        else { return nil }
        return Int(size[1])
    }

    /// Whether a write would be taken at once, for the last words of a process that cannot wait.
    static func isWritable(_ descriptor: FileDescriptor) -> Bool {
        var request = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&request, 1, 0) == 1 && request.revents & Int16(POLLOUT) != 0
    }

    /// Takes a signal's own effect away, as a dispatch source needs it.
    static func ignore(_ number: Int32) {
        _ = signal(number, SIG_IGN)
    }

    /// Whether the parent asked for a signal to be ignored, as `nohup` does.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        let ignoring = unsafe unsafeBitCast(SIG_IGN, to: Int.self)
        #if canImport(Darwin)
        return unsafe unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == ignoring
        #else
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == ignoring
        #endif
    }

    /// Stops the process, as Ctrl-Z does; returns when it is continued.
    static func suspend() {
        _ = kill(getpid(), SIGSTOP)
    }

    /// Ends the process without waiting for any thread (`_exit`).
    static func exitNow(_ code: Int32) -> Never {
        _exit(code)
    }
}

/// How a terminal hands over what is typed: whole lines as it usually does, or each key.
final class TerminalMode: Sendable {
    private let descriptor: FileDescriptor
    /// The usual mode, while keys are taken.
    private let usual = Locked<termios?>(nil)

    init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// From now on each key is handed over as it is typed, and not shown.
    ///
    /// Ctrl-C and Ctrl-Z stay signals. False where there is no terminal.
    func takeKeys() -> Bool {
        usual.withLock { usual in
            if usual != nil { return true }
            var mode = termios()
            guard unsafe tcgetattr(descriptor.rawValue, &mode) == 0 else { return false }
            let before = mode
            mode.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
            mode.c_iflag &= ~tcflag_t(IXON)
            guard unsafe tcsetattr(descriptor.rawValue, TCSADRAIN, &mode) == 0 else {
                return false
            }
            usual = before
            return true
        }
    }

    /// As it was.
    func restore() {
        usual.withLock { usual in
            guard var mode = usual.take() else { return }
            _ = unsafe tcsetattr(descriptor.rawValue, TCSADRAIN, &mode)
        }
    }
}
