import Foundation
import SystemPackage

/// The token a request goes out with, and whose it is.
package struct Token: Sendable, Equatable {
    package var secret: Secret
    package var isFromEnvironment: Bool
    /// The anonymous user's; nil where the service did not tell.
    package var userID: String?
    /// Seconds since 1970.
    package var expires: Double
}

/// Who the client is to the service: the client id that lasts, and the token that it got (§2).
///
/// The order is that of §2.2: `NEMO_TOKEN`, which is never kept, then the saved token, then a new
/// one. A token belongs to the address it came from and goes nowhere else.
package struct Identity: Sendable {
    /// A token lives seven days where the service does not say.
    static let lifetime = 7.0 * 24 * 3600
    static let longestClientID = 64

    let folder: StateFolder
    let environment: [String: String]
    let api: String

    package init(folder: StateFolder, environment: [String: String], api: String) {
        (self.folder, self.environment, self.api) = (folder, environment, api)
    }

    /// `NEMO_TOKEN`, whatever is wrong with it: the service says so better.
    package var environmentToken: Token? {
        let text = (environment["NEMO_TOKEN"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return nil }
        let secret = Secret(text)
        return Token(secret: secret, isFromEnvironment: true, userID: nil, expires: .infinity)
    }

    /// The token of the last acquisition for this address, expired or not.
    package var savedToken: Token? {
        guard let bytes = folder.read(tokenFile, limit: 64 << 10),
            let file = try? JSONDecoder().decode(TokenFile.self, from: Data(bytes)),
            file.api == api, Self.isPlain(file.token, longest: 8192)
        else { return nil }
        return Token(
            secret: Secret(file.token),
            isFromEnvironment: false,
            userID: file.userID,
            expires: file.expires
        )
    }

    /// Keeps a token: losing it would lock this machine out for a week (§2.4).
    func save(_ token: Token, clientID: String) throws(CloudError) {
        let file = TokenFile(
            api: api,
            token: token.secret.exposed,
            userID: token.userID,
            expires: token.expires,
            clientID: clientID
        )
        guard let bytes = try? JSONEncoder().encode(file) else {
            throw CloudError(.defect, .remembering)
        }
        try folder.write([UInt8](bytes), to: tokenFile)
    }

    /// Forgets the token; the client id stays, as a new one would not help (§2.3).
    package func forgetToken() { folder.remove(tokenFile) }

    /// The id of this machine: `NEMO_CLIENT_ID`, else the saved one, else a new one, saved.
    func clientID() throws(CloudError) -> String {
        if let given = environment["NEMO_CLIENT_ID"], Self.isPlain(given) { return given }
        if let saved = savedClientID { return saved }
        return try renewClientID()
    }

    /// The id in the shared file; nil for an empty, long, or strange one.
    var savedClientID: String? {
        guard let bytes = folder.read(folder.clientIDFile, limit: 1024) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return Self.isPlain(text) ? text : nil
    }

    /// A new id, for a machine without one and for the service that did not take the old one.
    func renewClientID() throws(CloudError) -> String {
        let id = UUID().uuidString.lowercased()
        try folder.write(Array("\(id)\n".utf8), to: folder.clientIDFile)
        return id
    }

    /// One for each address: trying another service must not cost the token of the first.
    private var tokenFile: StateFolder.File {
        folder.file("\(StateFolder.fileName(for: api)).json", in: "tokens")
    }

    private static func isPlain(_ text: String, longest: Int = longestClientID) -> Bool {
        (1...longest).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private struct TokenFile: Codable {
        var api: String
        var token: String
        var userID: String?
        var expires: Double
        var clientID: String
    }
}
