import Core
import Foundation
import SystemPackage

/// A file while it is sent, which must stay what it was when the upload was planned.
final class OpenFile {
    /// What the system knows about an open file.
    struct Facts: Equatable {
        var identity: FileIdentity
        var isRegular: Bool
        var byteCount: Int64
        var names: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let byteCount: Int64
    private let file: RegularFile
    private let before: Facts
    private var sent: Int64 = 0
    private(set) var failure: TransferError?

    init(_ file: UploadFile) throws(TransferError) {
        let opened: RegularFile
        do throws(FileRefusal) {
            opened = try RegularFile(file.path, for: .reading)
        } catch {
            switch error {
            case .system(let error): throw .file(error, "The file cannot be opened")
            case .kind, .tooLarge: throw Self.other
            }
        }
        guard let facts = facts(of: opened.descriptor), facts.byteCount == file.byteCount,
            file.identity == nil || file.identity == facts.identity
        else { throw Self.other }
        (byteCount, before) = (file.byteCount, facts)
        self.file = opened
    }

    private static let other = TransferError(
        .file(0),
        "The file is not what it was when the upload was planned."
    )

    /// Lets `read` fetch the next bytes, up to `room` of them, and says how many it got.
    ///
    /// `read` is given the descriptor, a position and a count. Nil where the upload must end, with
    /// `failure` set.
    func give(room: Int, read: (FileDescriptor, Int64, Int) throws -> Int) -> Int? {
        do {
            let wanted = Int(min(Int64(room), byteCount - sent))
            let count = try read(file.descriptor, sent, wanted)
            sent += Int64(count)
            if count == 0, wanted > 0 {
                failure = TransferError(.file(0), "The file became shorter while it was sent.")
            } else if sent == byteCount {
                failure = change
            }
            return failure == nil ? count : nil
        } catch {
            failure = .file(error, "The file cannot be read")
            return nil
        }
    }

    /// Goes on from `offset`; false where there is no such place.
    func seek(to offset: Int64) -> Bool {
        guard (0...byteCount).contains(offset) else { return false }
        sent = offset
        return true
    }

    /// Looked for before the last bytes leave: what is sent must be one state of one file.
    private var change: TransferError? {
        guard let after = facts(of: file.descriptor), after.names > 0 else {
            return TransferError(.file(ENOENT), "The file vanished while it was sent.")
        }
        var expected = before
        expected.names = after.names
        guard after == expected else {
            return TransferError(.file(0), "The file changed while it was sent.")
        }
        return nil
    }
}

extension TransferError {
    /// An error of the file system, in its own words after `what`.
    static func file(_ error: any Error, _ what: String) -> TransferError {
        let errno = (error as? Errno) ?? Errno(rawValue: 0)
        return TransferError(.file(errno.rawValue), "\(what): \(errno)")
    }
}
