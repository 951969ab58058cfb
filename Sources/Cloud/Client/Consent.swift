import Foundation
import SystemPackage

/// What a person has agreed to, for each host, kept until they log out (§16).
///
/// What holds for one call alone is kept by whoever answers. Nothing goes to the network before the
/// first yes, and no file before the second. Working offline forbids both, whatever was agreed.
package struct Consent: Sendable {
    package enum Subject: String, Sendable, Codable, CaseIterable {
        /// To contact the service at all: prompts go to a third party.
        case network
        /// To send files to it.
        case upload
    }

    /// What is asked, in plain words for the person who decides.
    package struct Question: Sendable, Equatable {
        package var subject: Subject
        /// Whose service it is.
        package var host: String
        /// The files about to be sent, with their sizes in bytes; empty for `.network`.
        package var files: [(name: String, bytes: Int64)]
        /// Addresses that the service is about to fetch files from.
        package var addresses: [String] = []

        package static func == (one: Question, other: Question) -> Bool {
            one.subject == other.subject && one.host == other.host
                && one.files.map(\.name) == other.files.map(\.name)
                && one.files.map(\.bytes) == other.files.map(\.bytes)
                && one.addresses == other.addresses
        }

        /// One paragraph: what is sent, where, and what is not known about it.
        package var text: String {
            switch subject {
            case .network:
                return
                    "Cinch is about to contact \(host). What you write in cloud commands is sent "
                    + "there, with a random id of this machine; the service is run by a third "
                    + "party. Nothing is sent from your files yet."
            case .upload:
                let list = files.map { "\($0.name) (\(($0.bytes + 999_999) / 1_000_000) MB)" }
                let deed =
                    addresses.isEmpty
                    ? "send \(list.joined(separator: ", ")) to \(host), a third party"
                    : "have \(host), a third party, fetch \(addresses.joined(separator: ", "))"
                return
                    "Cinch is about to \(deed). How long it keeps uploads and results is not known, and links to "
                    + "results work without a password."
            }
        }
    }

    package enum Answer: Sendable {
        /// Also where nobody can be asked.
        case no
        /// For this call alone.
        case once
        /// Until they log out.
        case always
    }

    /// Asks the person.
    package typealias Ask = @Sendable (Question) async -> Answer

    let folder: StateFolder
    let host: String
    let isOffline: Bool
    let ask: Ask

    package init(
        folder: StateFolder,
        host: String,
        isOffline: Bool,
        ask: @escaping Ask = { _ in .no }
    ) {
        (self.folder, self.host, self.isOffline, self.ask) = (folder, host, isOffline, ask)
    }

    /// Passes when the subject was agreed to before or is agreed to now.
    ///
    /// - Throws: `.offlineMode`, or `.consentMissing` after a no.
    package func require(
        _ subject: Subject,
        files: [(name: String, bytes: Int64)] = [],
        addresses: [String] = [],
        for step: CloudError.Step
    ) async throws(CloudError) {
        if isOffline { throw CloudError(.offlineMode, step) }
        if isGiven(subject) { return }
        let question = Question(subject: subject, host: host, files: files, addresses: addresses)
        switch await ask(question) {
        case .no: throw CloudError(.consentMissing(subject), step)
        case .once: break
        case .always: try give(subject)
        }
    }

    /// Whether it was agreed to on this machine.
    package func isGiven(_ subject: Subject) -> Bool { given[host]?.contains(subject) ?? false }

    /// Keeps a yes.
    package func give(_ subject: Subject) throws(CloudError) {
        var all = given
        all[host, default: []].insert(subject)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let bytes = try? encoder.encode(all) else { throw CloudError(.defect, .remembering) }
        try folder.write([UInt8](bytes), to: file)
    }

    /// Forgets every yes.
    package func withdraw() { folder.remove(file) }

    private var file: StateFolder.File { folder.file("consent.json") }

    private var given: [String: Set<Subject>] {
        guard let bytes = folder.read(file) else { return [:] }
        return (try? JSONDecoder().decode([String: Set<Subject>].self, from: Data(bytes))) ?? [:]
    }
}
