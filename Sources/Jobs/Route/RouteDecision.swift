/// Which ways are taken in which order, why, and what rules the others out.
package struct RouteDecision: Sendable, Equatable, Codable {
    /// The form of this very value, for programs that read it.
    package var version = 1
    /// In order: the next is taken where the one before came to nothing; may be empty.
    package var attempts: [RouteAttempt]
    /// Ways that are not taken; each has obstacles.
    package var excluded: [RouteAttempt]

    /// The way that is taken first; nil where there is none.
    package var first: RouteAttempt? { attempts.first }

    /// The attempt or the excluded one that goes this way.
    package subscript(way: RouteWay) -> RouteAttempt? {
        attempts.first { $0.way == way } ?? excluded.first { $0.way == way }
    }
}

/// One way with all that speaks for it and against it.
package struct RouteAttempt: Sendable, Equatable, Codable {
    package var way: RouteWay
    /// Why it is taken, the most important first.
    package var reasons: [RouteReason]
    /// What rules it out; empty for one that may be taken.
    package var obstacles: [RouteObstacle]
    /// At least and at most; 0 on this machine.
    package var creditsAtLeast: Double
    package var creditsAtMost: Double
    /// Nil where nothing was measured that could tell.
    package var expectedSeconds: Double?
    /// What is uploaded is made this small before; nil where it goes as it is.
    package var shrinkToBytes: Int?
    /// Whether somebody must agree first.
    package var asksConsent: Bool
}

/// Why a way is taken.
package struct RouteReason: Sendable, Equatable, Codable {
    package enum Code: String, Sendable, Codable, CaseIterable {
        case canDoIt
        case withinWait
        case beyondWait
        case notTwiceAsFast
        case twiceAsFast
        case asked
        case edit
        case cannotHere
        case fallback
        case shrinkFirst
        case convertFirst
        case onBattery
        case newToken
    }

    package var code: Code
    /// A clause without a capital or a full stop.
    package var text: String

    package init(_ code: Code, _ text: String) { (self.code, self.text) = (code, text) }
}

/// What rules a way out.
package struct RouteObstacle: Sendable, Equatable, Codable {
    package enum Code: String, Sendable, Codable, CaseIterable {
        // This machine.
        case edit
        case cannotDecode
        case cannotEncode
        // Both.
        case tooSmall
        case noRoom
        case tried
        // The service.
        case routeIsLocal
        case offline
        case piped
        case consent
        case outage
        case planRefused
        case creditsRefused
        case creditsShort
        case overCeiling
        case notAVideo
        case format
        case part
        case strict
        case empty
        case fileRefused
        case tooLarge
    }

    package var code: Code
    /// A clause without a capital or a full stop.
    package var text: String

    package init(_ code: Code, _ text: String) { (self.code, self.text) = (code, text) }
}
