package import Cloud
import Core
import Foundation
package import SystemPackage

/// What the command line remembers of a session beside what the client does: which files of this
/// machine went into it, and what was asked for in words.
///
/// The service promises no size, so the wish has to be here when the export begins, in whichever run
/// of the program that is; from then on the job has it.
package struct Notebook: Codable, Equatable, Sendable {
    package var sessionID: String
    package var originals: [LocalFile] = []
    /// What the result may weigh; nil while nobody has said.
    package var wishedBytes: Int?
    /// Whether anything but a smaller file was asked for.
    package var hasEdits = false
    /// Seconds since 1970, when anything was last noted.
    package var noted = 0.0

    /// How long a session is remembered that nobody came back to.
    private static let lifetime = 30.0 * 24 * 3600

    /// Notes what a message asks for.
    package mutating func note(message: String) {
        if let wish = SizeWish.of(message) { wishedBytes = wish.bytes }
        if !SizeWish.isAll(of: message) { hasEdits = true }
    }

    /// Notes a file; with a new one a new wish begins.
    package mutating func note(upload path: FilePath) {
        let whole = URL(fileURLWithPath: path.string).standardizedFileURL.path
        originals.append(LocalFile(at: whole))
        wishedBytes = nil
    }

    /// The file that the result is made from, where a local run on it would show the same: the only
    /// one, unchanged, with nothing asked for but a size.
    package var soleOriginal: LocalFile? {
        guard originals.count == 1, let only = originals.first, !hasEdits, only.isUnchanged else {
            return nil
        }
        return only
    }

    // MARK: Keeping

    /// What is kept of a session; an empty one where nothing is.
    package init(of sessionID: String, _ configuration: CloudConfiguration) {
        let file = Self.file(of: sessionID, configuration)
        if let kept = Self.read(file, configuration), kept.sessionID == sessionID {
            self = kept
        } else {
            self.init(sessionID: sessionID)
        }
    }

    package init(sessionID: String) { self.sessionID = sessionID }

    /// Keeps it; where that is impossible the next run knows no wish, and nothing else is lost.
    ///
    /// Those of sessions long left are removed.
    package func save(_ configuration: CloudConfiguration) {
        var notebook = self
        notebook.noted = configuration.clock.unixSeconds()
        guard let bytes = try? JSONEncoder().encode(notebook) else { return }
        let file = Self.file(of: sessionID, configuration)
        try? configuration.folder.write([UInt8](bytes), to: file)
        for name in configuration.folder.names(in: Self.place) {
            let other = configuration.folder.file(name, in: Self.place)
            let noted = Self.read(other, configuration)?.noted ?? 0
            if notebook.noted - noted > Self.lifetime { configuration.folder.remove(other) }
        }
    }

    private static let place = "notebooks"

    private static func read(
        _ file: StateFolder.File,
        _ configuration: CloudConfiguration
    ) -> Notebook? {
        guard let bytes = configuration.folder.read(file) else { return nil }
        return try? JSONDecoder().decode(Notebook.self, from: Data(bytes))
    }

    /// One for each session: several conversations may go on at once.
    private static func file(
        of sessionID: String,
        _ configuration: CloudConfiguration
    ) -> StateFolder.File {
        let name = StateFolder.fileName(for: "\(configuration.api) \(sessionID)")
        return configuration.folder.file("\(name).json", in: place)
    }
}
