package import Core

/// All that the choice between this machine and the cloud is made from.
///
/// Gathered beforehand, so that the choice itself asks nobody and comes out the same every time.
/// What is not known is nil, and counts neither for a way nor against it.
package struct RouteFacts: Sendable, Equatable, Codable {
    package var input: Input
    package var wish: Wish
    package var machine: Machine
    package var cloud: Cloud
    package var policy: Policy
    /// Ways that were taken already and came to nothing.
    package var tried: [Tried]

    package init(
        input: Input = Input(),
        wish: Wish = Wish(),
        machine: Machine = Machine(),
        cloud: Cloud = Cloud(),
        policy: Policy = Policy(),
        tried: [Tried] = []
    ) {
        (self.input, self.wish, self.machine) = (input, wish, machine)
        (self.cloud, self.policy, self.tried) = (cloud, policy, tried)
    }

    /// The file as it is.
    package struct Input: Sendable, Equatable, Codable {
        package var bytes = 0
        /// Nil where it has not been read, or cannot be.
        package var kind: Material.Kind?
        /// Whether it comes through a pipe, or the result goes into one.
        package var isPiped = false
        /// Why the service would not take this kind of file; nil where it would.
        package var uploadObjection: String?

        package init(bytes: Int = 0, kind: Material.Kind? = nil) {
            (self.bytes, self.kind) = (bytes, kind)
        }
    }

    /// What shall become of it.
    package struct Wish: Sendable, Equatable, Codable {
        package var targetBytes: Int?
        /// Nil: what suits the input.
        package var format: Format?
        /// Whether more is asked for than a smaller file: only the service's agent edits.
        package var isEdit = false
        /// Whether only a part of it is wanted.
        package var isPart = false
        /// Whether a damaged file shall be refused rather than saved.
        package var isStrict = false

        package init() {}
    }

    /// What this machine can do about it.
    package struct Machine: Sendable, Equatable, Codable {
        /// Why it cannot read the file; nil where it can, or nobody has tried.
        package var decodingObjection: String?
        /// Why it cannot make such a file.
        package var encodingObjection: String?
        /// Free where the result goes.
        package var freeBytes: Int?
        /// As the plan foretells it, before the calibration.
        package var plannedSeconds: Double?
        /// What runs took here, over what their plans had foretold.
        package var calibration = 1.0
        /// The least that the clip can be made.
        package var smallestBytes: Int?
        package var isOnBattery: Bool?

        package init() {}

        /// What the run will take, by the plan and by what plans are worth here.
        package var expectedSeconds: Double? { plannedSeconds.map { $0 * calibration } }
    }

    /// What is known of the service, without asking it.
    package struct Cloud: Sendable, Equatable, Codable {
        package enum Consent: String, Sendable, Codable, CaseIterable {
            /// To contact it, and to send it files.
            case given
            /// Not given, and there is somebody to be asked.
            case askable
            case missing
        }

        package var host = ""
        package var consent = Consent.missing
        /// Seconds for which nothing more is tried after an outage; nil without one.
        package var outageSeconds: Double?
        /// Whether a token is at hand, which the service may still refuse.
        package var hasToken = true
        /// As last read, without those that are reserved.
        package var creditsAvailable: Double?
        /// How long ago the service said that the plan does not include exports (402).
        package var planRefusedSecondsAgo: Double?
        /// How long ago it said that the credits are used up (2001).
        package var creditsRefusedSecondsAgo: Double?
        package var uploadLimitBytes = 500_000_000
        /// As measured; nil before the first upload.
        package var uploadBytesPerSecond: Double?
        /// A render's typical shortest and longest.
        package var renderSeconds = [30.0, 90.0]
        /// What a session of editing costs, at least and at most; exports cost nothing.
        package var editCredits = [1.0, 50.0]

        package init() {}
    }

    /// What the user has laid down.
    package struct Policy: Sendable, Equatable, Codable {
        package var route = RouteWish.automatic
        package var isOffline = false
        /// How long the work may take; nil: as long as it takes.
        package var mostSeconds: Double?
        package var mostCredits: Double?
        /// What of them the files before this one have taken.
        package var spentCredits = 0.0

        package init() {}
    }

    /// A way that came to nothing.
    package struct Tried: Sendable, Equatable, Codable {
        package var way: RouteWay
        package var trouble: RouteTrouble

        package init(_ way: RouteWay, _ trouble: RouteTrouble) {
            (self.way, self.trouble) = (way, trouble)
        }
    }
}

/// Where the work is wanted, as `--route` says it.
package enum RouteWish: String, Sendable, Codable, CaseIterable {
    case automatic = "auto"
    case local
    case cloud
}

/// One way to the file.
package enum RouteWay: String, Sendable, Codable, CaseIterable {
    /// Here, by our own encoder.
    case local
    /// Uploaded as it is, rendered by the service.
    case cloud
    /// First made here into something that the service takes.
    case shrinkThenCloud

    /// Whether anything is sent on it.
    package var usesCloud: Bool { self != .local }
}

/// How a way came to nothing, where another one may do better.
package enum RouteTrouble: String, Sendable, Codable, CaseIterable, Error {
    // Of the service.
    /// 402.
    case planRequired
    /// 2001.
    case outOfCredits
    /// 429, again after the wait.
    case rateLimited
    /// 4001.
    case fileRefused
    /// 4002.
    case fileTooLarge
    case unreachable
    /// It answers with faults of its own, or nothing that makes sense.
    case faulty
    /// The token, or what it allows.
    case forbidden
    /// The agent did not do what it was asked.
    case agentFailed
    case renderStuck
    case renderFailed
    case downloadBroken
    /// What came down is no video that can be played.
    case unusable
    /// What came down has a smaller picture, or less of it, than this machine would make.
    case worse
    /// Agreement was asked for and not given.
    case consentRefused
    // Of this machine.
    case cannotDecode
    case crashed
    case diskFull

    /// Whether it is this machine's own.
    package var isLocal: Bool {
        switch self {
        case .cannotDecode, .crashed, .diskFull: true
        default: false
        }
    }

    /// Whether the next run would most likely meet the same: then it waits some minutes.
    package var isOutage: Bool {
        switch self {
        case .unreachable, .faulty, .rateLimited, .renderStuck: true
        default: false
        }
    }

    /// What happened, to end a sentence with.
    package var words: String {
        switch self {
        case .planRequired: "the plan there does not include exports (402)"
        case .outOfCredits: "the credits are used up (2001)"
        case .rateLimited: "the service limits requests (429)"
        case .fileRefused: "the service does not take this file (4001)"
        case .fileTooLarge: "the file is too large for the service (4002)"
        case .unreachable: "the service cannot be reached"
        case .faulty: "the service has a problem of its own"
        case .forbidden: "the service does not allow it"
        case .agentFailed: "the service's editor did not do it"
        case .renderStuck: "the render did not come to its end"
        case .renderFailed: "the render failed"
        case .downloadBroken: "the download broke off"
        case .unusable: "what came back cannot be played"
        case .worse: "what came back is worse than what was asked for"
        case .consentRefused: "nobody agreed to it"
        case .cannotDecode: "this machine cannot read the file"
        case .crashed: "the work broke down on this machine"
        case .diskFull: "the disk is full"
        }
    }
}
