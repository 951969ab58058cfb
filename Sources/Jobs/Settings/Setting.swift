package import Core

/// What can be set once for all calls: in `config.toml` by its name, or as a variable of the environment.
///
/// A flag on the command line goes before a variable, and a variable before the file.
package enum Setting: String, CaseIterable, Codable, Sendable {
    case to
    case limitName = "for"
    case maxHeight = "max-height"
    case fps
    case speed
    case audio
    case audioTrack = "audio-track"
    case metadata
    case outputFolder = "output-folder"
    case memory
    case disk
    case jobs
    case background
    case strict
    case route
    case maxWait = "max-wait"
    case maxCredits = "max-credits"
    case offline
    case history

    /// Its variable: `CINCH_MAX_HEIGHT`.
    package var variable: String {
        "CINCH_" + rawValue.uppercased().replacing("-", with: "_")
    }

    /// What holds where nobody says.
    package var usual: String {
        switch self {
        case .to, .limitName, .maxWait, .maxCredits: "none"
        case .route, .maxHeight, .fps, .audio, .audioTrack, .memory, .disk, .jobs: "auto"
        case .speed: Speed.balanced.rawValue
        case .metadata: Metadata.Policy.private.rawValue
        case .outputFolder: "beside the input"
        case .background, .strict, .offline: "false"
        case .history: "true"
        }
    }

    /// What it does, in a few words.
    package var words: String {
        switch self {
        case .to: "what a file may weigh"
        case .limitName: "the same by the name of a place"
        case .maxHeight: "lines of the short side at most"
        case .fps: "frames a second at most"
        case .speed: "fast, balanced or best"
        case .audio: "auto, copy, none, or kilobits a second"
        case .audioTrack: "a number, all-mixed or keep"
        case .metadata: "keep, private or none"
        case .outputFolder: "where results go that are not named"
        case .memory: "for frames kept between the passes"
        case .disk: "the same beside the output"
        case .jobs: "files of a batch at once"
        case .background: "let other programs go first"
        case .strict: "refuse a damaged source"
        case .route: "auto, local or cloud"
        case .maxWait: "how long a file may take"
        case .maxCredits: "what the cloud may cost"
        case .offline: "never use the cloud service"
        case .history: "keep receipts for 'cinch history'"
        }
    }

    /// Whether it is yes or no.
    package var isFlag: Bool {
        switch self {
        case .background, .strict, .offline, .history: true
        default: false
        }
    }

    /// Refuses a text that is no value of it; `limits` are those that `for` knows.
    package func check(_ text: String, limits: NamedLimits) throws(Failure) {
        switch self {
        case .to: _ = try Reading.size(text, option: "--to")
        case .limitName: _ = try limits.named(text)
        case .maxHeight: let _: HeightCap = try Reading.value(text)
        case .fps: let _: FrameRateCap = try Reading.value(text)
        case .speed: let _: Speed = try Reading.value(text)
        case .audio: let _: AudioWish = try Reading.value(text)
        case .audioTrack: let _: AudioTrackWish = try Reading.value(text)
        case .metadata: let _: Metadata.Policy = try Reading.value(text)
        case .outputFolder: try Reading.checkPath(text, name: rawValue)
        case .memory, .disk: _ = try Reading.allowance(text, option: "--\(rawValue)")
        case .jobs: _ = try Reading.count(text, option: "--jobs", upTo: Reading.mostJobs)
        case .route: let _: RouteWish = try Reading.value(text)
        case .maxWait: let _: WholeWait = try Reading.value(text)
        case .maxCredits: let _: CreditCeiling = try Reading.value(text)
        case .background, .strict, .offline, .history:
            guard Self.truth(of: text) != nil else {
                throw Failure(
                    .usage,
                    "Cannot read \(rawValue)",
                    why: "'\(text)' is neither yes nor no",
                    advice: "Write true or false."
                )
            }
        }
    }

    /// Yes or no, as people write it; nil for anything else.
    package static func truth(of text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// Of what nobody knows, the one that was probably meant.
    package static func nearest(to name: String) -> Setting? {
        allCases.map { ($0, NamedLimits.distance($0.rawValue, name.lowercased())) }
            .filter { $0.1 <= 2 }.min { $0.1 < $1.1 }?.0
    }
}
