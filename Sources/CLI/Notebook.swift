import Cloud
import Core
import Foundation
import SystemPackage

/// What the command line remembers of a session beside what the client does: which files of this
/// machine went into it, and what was asked for in words.
///
/// The service promises no size, so the wish has to be here when the export begins, in whichever run
/// of the program that is; from then on the job has it.
struct Notebook: Codable, Equatable, Sendable {
    var sessionID: String
    var originals: [LocalFile] = []
    /// What the result may weigh; nil while nobody has said.
    var wishedBytes: Int?
    /// Whether anything but a smaller file was asked for.
    var hasEdits = false

    /// Notes what a message asks for.
    mutating func note(message: String) {
        if let wish = SizeWish.of(message) { wishedBytes = wish.bytes }
        if !SizeWish.isAll(of: message) { hasEdits = true }
    }

    /// Notes a file; with a new one a new wish begins.
    mutating func note(upload path: FilePath) {
        let whole = URL(fileURLWithPath: path.string).standardizedFileURL.path
        originals.append(LocalFile(at: whole))
        wishedBytes = nil
    }

    /// The file that the result is made from, where a local run on it would show the same: the only
    /// one, unchanged, with nothing asked for but a size.
    var soleOriginal: LocalFile? {
        guard originals.count == 1, let only = originals.first, !hasEdits, only.isUnchanged else {
            return nil
        }
        return only
    }

    // MARK: Keeping

    /// What is kept of a session; an empty one for another session than the service's last.
    init(of sessionID: String, _ configuration: CloudConfiguration) {
        if let bytes = configuration.folder.read(Self.file(configuration)),
            let kept = try? JSONDecoder().decode(Notebook.self, from: Data(bytes)),
            kept.sessionID == sessionID
        {
            self = kept
        } else {
            self.init(sessionID: sessionID)
        }
    }

    init(sessionID: String) { self.sessionID = sessionID }

    /// Keeps it; where that is impossible the next run knows no wish, and nothing else is lost.
    func save(_ configuration: CloudConfiguration) {
        guard let bytes = try? JSONEncoder().encode(self) else { return }
        try? configuration.folder.write([UInt8](bytes), to: Self.file(configuration))
    }

    /// One for each service.
    private static func file(_ configuration: CloudConfiguration) -> StateFolder.File {
        let name = StateFolder.fileName(for: configuration.api)
        return configuration.folder.file("\(name).json", in: "notebooks")
    }
}
