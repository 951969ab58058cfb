import Core
import Foundation
import Synchronization
import SystemPackage

/// One of the two streams, as every part of the command line writes to it: whole texts, under a lock.
///
/// A reader that left is tolerated: what is written after that goes nowhere, and the work goes on.
final class Output: Sendable {
    private enum Sink {
        case open
        case closed
        /// For tests: keeps the text.
        case memory(String)
    }

    private let descriptor: FileDescriptor
    private let sink: Locked<Sink>
    /// Whether a person reads along.
    let isTerminal: Bool
    /// Whether a line can be redrawn in place: a terminal, and not a dumb one.
    let isLive: Bool
    /// What colour and the rest look like here.
    let style: Style
    private let fixedColumns: Int?

    /// The stream behind a descriptor.
    init(_ descriptor: FileDescriptor, environment: [String: String]) {
        let isTerminal = Terminal.isTerminal(descriptor)
        self.descriptor = descriptor
        self.isTerminal = isTerminal
        isLive = isTerminal && environment["TERM"] != "dumb"
        style = Style(environment: environment, isTerminal: isTerminal)
        sink = Locked(.open)
        fixedColumns = nil
    }

    /// A stream that keeps its text, for tests.
    init(columns: Int, isLive: Bool = false, style: Style = .plain) {
        descriptor = .standardError
        self.isLive = isLive
        isTerminal = isLive
        self.style = style
        sink = Locked(.memory(""))
        fixedColumns = columns
    }

    /// The width to write for, read anew at each call; 80 where nobody says.
    var columns: Int {
        fixedColumns ?? Terminal.columns(of: descriptor) ?? 80
    }

    /// Whether both write to the same file, pipe or terminal.
    func isSame(as other: Output) -> Bool {
        if fixedColumns != nil || other.fixedColumns != nil { return false }
        var (own, its) = (stat(), stat())
        guard unsafe fstat(descriptor.rawValue, &own) == 0,
            unsafe fstat(other.descriptor.rawValue, &its) == 0
        else { return false }
        return own.st_dev == its.st_dev && own.st_ino == its.st_ino
    }

    /// What a stream of the second kind has kept.
    var text: String {
        sink.withLock { if case .memory(let text) = $0 { text } else { "" } }
    }

    /// Writes a text and a line break.
    func line(_ text: String = "") {
        write(text + "\n")
    }

    /// Writes a text as it is, all of it before anybody else's.
    func write(_ text: String) {
        sink.withLock { sink in
            switch sink {
            case .closed: break
            case .memory(let kept): sink = .memory(kept + text)
            case .open: if !put(text) { sink = .closed }
            }
        }
    }

    /// Writes only if that can be done at once, for the last words of a process that cannot wait.
    func writeIfPossible(_ text: String) {
        guard Terminal.isWritable(descriptor) else { return }
        _ = sink.withLockIfAvailable { sink in
            if case .open = sink { _ = put(text) }
        }
    }

    private func put(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            do {
                let count = try unsafe rest.withUnsafeBytes { try unsafe descriptor.write($0) }
                rest = rest.dropFirst(count)
            } catch {
                // A neighbour made the pipe non-blocking: there is room again in a moment.
                guard (error as? Errno) == .wouldBlock else { return false }
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        return true
    }
}
