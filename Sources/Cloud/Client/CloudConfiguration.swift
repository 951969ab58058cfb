import Foundation
package import SystemPackage

/// Which service, for which product, with which limits: everything that does not change during a
/// run of the program.
package struct CloudConfiguration: Sendable {
    /// Without a slash at its end.
    package var api: String
    package var web: String
    package var attribution: Attribution
    package var environment: [String: String]
    package var folder: StateFolder
    package var clock: CloudClock
    /// Nothing may go to the network, whatever else is set.
    package var isOffline: Bool
    /// The user's, as `en` or `zh-CN` (§3).
    package var language: String
    /// Whether messages say `"role":"user"`, which no document has and old servers of the framework
    /// need (§4.1).
    package var sendsRole: Bool
    /// The most that is uploaded; both readings of "500MB" allow this one (§5.4).
    package var uploadLimit = Profile.mostUploadBytes
    /// Of files that are fetched, once they are checked.
    package var resultPermissions = FilePermissions.ownerReadWrite
    package var runLimits = AgentRun.Limits()
    package var renderLimits = RenderRun.Limits()

    package static let productionAPI = "https://mega-api-prod.nemovideo.ai"
    package static let productionWeb = "https://nemovideo.com"

    /// Reads `NEMO_API_URL`, `NEMO_WEB_URL`, `NEMO_MESSAGE_ROLE`, `CINCH_OFFLINE` and what `Attribution` and
    /// `StateFolder` read.
    ///
    /// - Throws: `.refusedAddress` for an API address that is neither https nor loopback.
    package init(
        profile: Profile,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        installPath: String = Bundle.main.executablePath ?? "",
        language: String? = nil,
        clock: CloudClock = CloudClock(),
        isOffline: Bool = false
    ) throws(CloudError) {
        func set(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        guard let api = Self.base(set("NEMO_API_URL") ?? Self.productionAPI) else {
            throw CloudError(.refusedAddress, .connecting)
        }
        self.api = api
        web = set("NEMO_WEB_URL").flatMap(Self.base) ?? Self.productionWeb
        attribution = Attribution(
            source: profile.skillSource,
            environment: environment,
            installPath: installPath
        )
        self.environment = environment
        folder = StateFolder(environment: environment)
        self.clock = clock
        self.isOffline =
            isOffline || !["", "0", "no", "false"].contains(set("CINCH_OFFLINE") ?? "")
        self.language = language ?? "en"
        sendsRole = set("NEMO_MESSAGE_ROLE") == "user"
    }

    /// The name of the service's host, for questions and records; with its port if that is unusual.
    package var host: String {
        guard let address = try? Address(api) else { return api }
        let usual = address.scheme == "https" ? "443" : "80"
        return address.port == usual ? address.host : "\(address.host):\(address.port)"
    }

    /// Whether the service is on this machine, by the form of its address.
    package var isLocal: Bool { (try? Address(api))?.isLoopback ?? false }

    /// Where a person registers; the id ties their anonymous work to the account (§12).
    package func registration(bind id: String?) -> String {
        guard let id, !id.isEmpty else { return "\(web)/register" }
        return "\(web)/register?bind=\(Self.escaped(id))"
    }

    /// An address to build on, if it is https or loopback and has no more than a path.
    static func base(_ text: String) -> String? {
        guard !text.contains(where: { "?#".contains($0) }), (try? Address(text)) != nil else {
            return nil
        }
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }

    /// Whether an address is on the API's own host and port, which alone may see the token (§9.4).
    func isOwn(_ address: String) -> Bool {
        guard let address = try? Address(address), let own = try? Address(api) else { return false }
        return address.hasSameOrigin(as: own)
    }

    /// Text from outside as one part of an address.
    static func escaped(_ text: String) -> String {
        let plain = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~"
        )
        // A dot alone or doubled would walk through the path, so dots are escaped too.
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}
