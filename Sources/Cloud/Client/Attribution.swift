/// The three headers that say which product is calling, in one place (§1.2, §1.3).
///
/// Without them the service takes the caller for a stranger and refuses export with 402, so no
/// request leaves without them (`CloudClient` checks before sending).
package struct Attribution: Sendable, Equatable {
    package static let sourceHeader = "X-Skill-Source"
    package static let versionHeader = "X-Skill-Version"
    package static let platformHeader = "X-Skill-Platform"

    /// The product's name, as `video-compressor-8mb`.
    package var source: String
    package var version: String
    package var platform: String

    /// The headers for a product called from a place.
    ///
    /// - Parameters:
    ///   - source: the profile's name.
    ///   - environment: `SKILL_SOURCE` names the platform, `NEMO_SKILL_VERSION` the version.
    ///   - installPath: where the program lies; the folders of known platforms tell themselves.
    package init(source: String, environment: [String: String], installPath: String) {
        self.source = Self.headerValue(source) ?? "cinch"
        version = Self.headerValue(environment["NEMO_SKILL_VERSION"]) ?? "1.0.0"
        platform =
            if let named = Self.headerValue(environment["SKILL_SOURCE"]) {
                named
            } else if "\(installPath)/".contains("/.clawhub/") {
                "clawhub"
            } else if "\(installPath)/".contains("/.cursor/skills/") {
                "cursor"
            } else {
                "unknown"
            }
    }

    /// In the order in which the documents name them.
    package var headers: [(name: String, value: String)] {
        [
            (Self.sourceHeader, source), (Self.versionHeader, version),
            (Self.platformHeader, platform),
        ]
    }

    /// Whether all three are among these headers, once each and not empty.
    package static func isComplete(_ headers: [(name: String, value: String)]) -> Bool {
        [sourceHeader, versionHeader, platformHeader].allSatisfy { name in
            let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
            return values.count == 1 && values.allSatisfy { !$0.isEmpty }
        }
    }

    /// A value that can stand in a header: visible ASCII and blanks, trimmed, not too long; nil for
    /// anything else, so that nothing can smuggle a header in.
    static func headerValue(_ text: String?, longest: Int = 128) -> String? {
        guard let text else { return nil }
        var trimmed = text.utf8[...]
        while trimmed.first == 0x20 { trimmed.removeFirst() }
        while trimmed.last == 0x20 { trimmed.removeLast() }
        guard (1...longest).contains(trimmed.count),
            trimmed.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return String(trimmed)
    }
}
