import Cloud
import Core
import Foundation
import Jobs
import SystemPackage

/// What the cloud commands write with `--json`, as `JSON.md` promises.
extension CloudConsole {
    /// Writes what the work with the service tells.
    func write(_ event: CloudEvent, _ json: JSONLines) {
        guard !isQuiet else { return }
        switch event {
        case .connecting: json.write(.connecting, EmptyPayload())
        case .ready: json.write(.ready, EmptyPayload())
        case .newSession(let lostMedia):
            json.write(.session, SessionPayload(isNew: true, lostMedia: lostMedia))
        case .limited(let wait): json.write(.waiting, WaitingPayload(waitSeconds: wait.inSeconds))
        case .waitingForOther: json.write(.note, NotePayload(text: words.waitingForOther))
        case .uploading(let name, let progress):
            guard isDue(progress) else { return }
            json.write(.upload, TransferPayload(name: name, progress))
        case .uploaded(let name): json.write(.uploaded, NamePayload(name: name))
        case .sent: json.write(.sent, EmptyPayload())
        case .text(let text): json.write(.text, NotePayload(text: text))
        case .suggested(let actions):
            json.write(.suggestion, SuggestionPayload(actions: actions.map(\.name)))
        case .working(let tool):
            let activity = tool.contains("generate") ? "generating" : "editing"
            json.write(.working, WorkingPayload(activity: activity))
        case .stillWorking: json.write(.stillWorking, EmptyPayload())
        case .recovering: json.write(.recovering, EmptyPayload())
        case .inDoubt(let sendsAgain):
            json.write(.inDoubt, InDoubtPayload(sendsAgain: sendsAgain))
        case .changedMeanwhile(let timeline, let wasUnanswered):
            let payload = MeanwhilePayload(text: timeline, wasUnanswered: wasUnanswered)
            json.write(.changedMeanwhile, payload)
        case .changed(let sentences): json.write(.changed, ChangedPayload(changes: sentences))
        case .timeline(let text): json.write(.timeline, NotePayload(text: text))
        case .rendering(let fraction): json.write(.render, RenderPayload(fraction: fraction))
        case .downloading(let progress):
            guard isDue(progress) else { return }
            json.write(.download, TransferPayload(name: nil, progress))
        case .shorter(let bytes, let stated):
            json.write(.note, NotePayload(text: words.shorter(Int(bytes), Int(stated))))
        case .adopted: json.write(.note, NotePayload(text: words.adopted))
        case .queued: json.write(.note, NotePayload(text: words.queued))
        }
    }
}

extension GUIWords.Action {
    /// Its name for programs.
    var name: String {
        switch self {
        case .export, .offerExport: "export"
        case .credits: "credits"
        case .state: "state"
        case .timeline: "timeline"
        case .askForEdit: "edit"
        case .subtitles: "subtitles"
        }
    }
}

struct EmptyPayload: Encodable {}

struct InDoubtPayload: Encodable {
    var sendsAgain: Bool
}

struct MeanwhilePayload: Encodable {
    /// The tracks as they are now.
    var text: String
    var wasUnanswered: Bool
}

struct SessionPayload: Encodable {
    var isNew: Bool
    var lostMedia: Bool
}

struct WaitingPayload: Encodable {
    var waitSeconds: Double
}

struct NamePayload: Encodable {
    var name: String
}

struct SuggestionPayload: Encodable {
    var actions: [String]
}

struct WorkingPayload: Encodable {
    var activity: String
}

struct ChangedPayload: Encodable {
    var changes: [String]
}

struct RenderPayload: Encodable {
    var fraction: Double?
}

/// How far an upload or a download is.
struct TransferPayload: Encodable {
    var name: String?
    var bytes: Int64
    var totalBytes: Int64?

    init(name: String?, _ progress: TransferProgress) {
        self.name = name
        (bytes, totalBytes) = (progress.bytes, progress.total)
    }
}

/// What `cloud login`, `cloud logout` and `cloud status` end with: what this machine knows.
struct StatusPayload: Encodable {
    var host: String
    var profile: String
    var isOffline: Bool
    var agreesToContact: Bool
    var agreesToUpload: Bool
    /// `environment`, `saved` or `none`.
    var token: String
    var tokenExpiresUnixSeconds: Double?
    var sessionOpenedUnixSeconds: Double?
    var uploads: [String]
    var jobs: Int

    init(_ status: CloudStatus, _ profile: Profile) {
        (host, isOffline) = (status.host, status.isOffline)
        self.profile = profile.title
        agreesToContact = status.agreed.contains(.network)
        agreesToUpload = status.agreed.contains(.upload)
        switch status.token {
        case .environment: token = "environment"
        case .saved(let expires): (token, tokenExpiresUnixSeconds) = ("saved", expires)
        case .none: token = "none"
        }
        sessionOpenedUnixSeconds = status.session?.opened
        uploads = status.session?.uploads ?? []
        jobs = status.jobs.count
    }
}

/// What `cloud credits` ends with.
struct CreditsPayload: Encodable {
    var available: Double
    var reserved: Double
    var total: Double

    init(_ credits: Credits) {
        (available, reserved, total) = (credits.available, credits.frozen, credits.total)
    }
}

/// What `cloud upload` ends with.
///
/// Addresses are left out: whoever has one has the file.
struct UploadPayload: Encodable {
    struct File: Encodable {
        var name: String
        var kind: String?
        var durationSeconds: Double?
        var width: Int?
        var height: Int?
    }

    var files: [File]

    init(_ files: [UploadedFile]) {
        self.files = files.map {
            File(
                name: $0.name,
                kind: $0.kind,
                durationSeconds: $0.seconds,
                width: $0.width,
                height: $0.height
            )
        }
    }
}

/// What `cloud send` ends with, and each message of a conversation.
struct ReplyPayload: Encodable {
    /// `answered`, `edited`, `nothing` or `recovered`.
    var outcome: String
    var paragraphs: [String]
    var changes: [String]
    var suggestions: [String]
    var timeline: String?

    init(_ reply: Reply) {
        outcome = "\(reply.outcome)"
        (paragraphs, changes) = (reply.paragraphs, reply.changes)
        suggestions = reply.suggestions.map(\.name)
        timeline = reply.state?.timeline?.summary
    }
}

/// What `cloud state` ends with.
struct StatePayload: Encodable {
    struct Track: Encodable {
        var kind: String
        var name: String?
        var startSeconds: Double?
        var endSeconds: Double?
        var volumePercent: Int?
    }

    var isReadyForExport: Bool
    var timeline: String?
    var tracks: [Track]
    var clips: Int
    var generatedMedia: Int
    var width: Int?
    var height: Int?

    init(_ state: CloudState) {
        isReadyForExport = state.isReadyForExport
        timeline = state.timeline?.summary
        tracks = (state.timeline?.tracks ?? []).map { track in
            Track(
                kind: "\(track.kind)",
                name: track.name ?? track.segments.lazy.compactMap(\.name).first,
                startSeconds: track.span.map { $0.start / 1000 },
                endSeconds: track.span.map { $0.end / 1000 },
                volumePercent: track.volume
            )
        }
        (clips, generatedMedia) = (state.videoInfos.count, state.generatedMediaCount)
        (width, height) = (state.width, state.height)
    }
}

/// What an export ends with.
struct DeliveredPayload: Encodable {
    var output: String
    var bytes: Int
    var wishedBytes: Int?
    var width: Int
    var height: Int
    var durationSeconds: Double
    var madeBy: Delivered.Maker
    var cloudBytes: Int?
    var reason: String?
    var elapsedSeconds: Double

    init(_ file: Delivered, _ words: CloudWords) {
        (output, bytes) = (file.path.string, file.source.bytes)
        (wishedBytes, cloudBytes) = (file.wish?.bytes, file.cloudBytes)
        width = file.source.video.displaySize.width
        height = file.source.video.displaySize.height
        durationSeconds = file.source.durationSeconds
        madeBy = file.maker
        reason = file.reason.map(words.reason)
        elapsedSeconds = file.elapsedSeconds
    }
}
