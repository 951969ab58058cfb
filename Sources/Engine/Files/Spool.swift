import Core
import Foundation
import Media
import SystemPackage

/// Standard input and output as files: media is read more than once and from its end too, and a
/// result is checked before anybody has it.
enum Spool {
    /// Bytes read or written at once where that cannot wait for the other side.
    private static let chunk = 1 << 20

    /// Copies a stream to its end into a new file, and returns how many bytes there were.
    ///
    /// Parameters:
    ///   - limit: more bytes than this are refused.
    ///   - onProgress: called with the bytes so far.
    static func fill(
        _ path: FilePath,
        from stream: FileDescriptor,
        limit: Int,
        flag: CancellationFlag,
        onProgress: (Int) -> Void
    ) throws(Failure) -> Int {
        var count = 0
        do {
            let file = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
            defer { try? file.close() }
            var buffer = [UInt8](repeating: 0, count: chunk)
            while true {
                try wait(for: stream, POLLIN, flag)
                let read: Int
                do {
                    read = try unsafe buffer.withUnsafeMutableBytes {
                        try unsafe stream.read(into: $0)
                    }
                } catch let error as Errno where error == .wouldBlock || error == .interrupted {
                    continue
                }
                guard read > 0 else { return count }
                count += read
                guard count <= limit else { throw tooLong(limit) }
                _ = try file.writeAll(buffer[..<read])
                onProgress(count)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .storage,
                "Cannot keep what comes on standard input",
                why: (error as? Errno) == .noSpace ? "the disk is full" : reason(error),
                advice: "Free some space, or save it to a file first and name that."
            )
        }
    }

    /// Copies a finished file, open to read, to a stream.
    static func empty(
        _ file: FileDescriptor,
        to stream: FileDescriptor,
        flag: CancellationFlag
    ) throws(Failure) {
        do {
            // A pipe that has room takes so many bytes without waiting for its reader.
            var buffer = [UInt8](repeating: 0, count: Int(PIPE_BUF))
            var offset: Int64 = 0
            while true {
                let read = try unsafe buffer.withUnsafeMutableBytes {
                    try unsafe file.read(fromAbsoluteOffset: offset, into: $0)
                }
                guard read > 0 else { return }
                offset += Int64(read)
                var rest = buffer[..<read]
                while !rest.isEmpty {
                    try wait(for: stream, POLLOUT, flag)
                    do {
                        let written = try unsafe rest.withUnsafeBytes {
                            try unsafe stream.write($0)
                        }
                        rest = rest.dropFirst(written)
                    } catch let error as Errno
                        where error == .wouldBlock || error == .interrupted
                    {
                        continue
                    }
                }
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            let hasLeft = (error as? Errno) == .brokenPipe
            throw Failure(
                .storage,
                "Cannot write to standard output",
                why: hasLeft ? "the program that read it has ended" : reason(error),
                advice: "Name a file with -o instead."
            )
        }
    }

    /// Waits until a stream is ready, a moment at a time: the flag is seen in between.
    private static func wait(
        for stream: FileDescriptor,
        _ event: Int32,
        _ flag: CancellationFlag
    ) throws(Failure) {
        while true {
            if flag.isRaised { throw .interrupted }
            var request = pollfd(fd: stream.rawValue, events: Int16(event), revents: 0)
            // What is at its end or broken is ready as well: the call itself then tells.
            if unsafe poll(&request, 1, 100) > 0 { return }
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? Errno)?.description.lowercased() ?? "\(error)"
    }

    private static func tooLong(_ limit: Int) -> Failure {
        Failure(
            .storage,
            "Standard input is too long",
            why: "more than \(ByteSize.text(limit)) came, and no more may be kept on the disk",
            advice: "Free some space, allow more with --disk, or save it to a file and name that."
        )
    }
}
