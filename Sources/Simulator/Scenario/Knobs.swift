/// The shapes of what the service says, where no source settles them (§1.5, §4, §17, §20).
package struct Knobs: Sendable {
    // MARK: Answers
    /// Nil: each endpoint in the shape of the samples.
    package var envelope: Envelope?
    package var errors: ErrorForm = .message
    package var errorDelivery: ErrorDelivery = .codeWithOK
    package var renderShape: RenderShape = .bare
    package var uploadShape: UploadShape = .files
    package var stateShape: StateShape = .full
    package var draftForm: DraftForm = .object
    /// `user_id`, `expires_at`, `fps`, `hash` and others that some samples leave out.
    package var optionalFields = true
    package var numericSessionID = false
    package var bindID = false
    package var claimTokens = true
    package var sessionStateApplied: Bool? = true
    /// Whether media is put on the timeline at once, before any message.
    package var uploadFillsDraft = false
    /// Members of the draft that a client must hand back as they are (§19, 48).
    package var draftTraps = true
    /// Bytes of filling in each state, for a very large one.
    package var stateFilling = 0
    /// Whether a new token is another user's (§2.4).
    package var renewalMakesNewUser = false
    package var ranges = true

    // MARK: Streams
    package var events: EventFamily = .camel
    package var lineEnd: LineEnd = .lf
    package var chunking: Chunking = .event
    package var framing: StreamFraming = .chunked
    package var spaceAfterColon = true
    package var mark = false
    /// Each payload on several `data:` lines.
    package var splitData = false
    /// `id:`, `retry:` and comments between events.
    package var decorations = false
    /// `data: [DONE]` at the end.
    package var terminator = false
    /// Whether text comes in increments, then whole.
    package var streaming = false

    package enum Envelope: Sendable, CaseIterable {
        /// `{"code":0,"data":…}`
        case e1
        /// `{"success":true,"data":…}`
        case e3
        /// Bare.
        case e4
    }

    package enum ErrorForm: Sendable, CaseIterable {
        case message
        case msg
        case detail
        /// `{"code":"1001",…}`
        case codeAsText
        /// `{"success":false,"error":…}`
        case e3
        /// `{"detail":…}`
        case e5
        /// `{"detail":[{"type":…}]}`
        case e5List
        case plainText
        case html
        case empty
    }

    package enum ErrorDelivery: Sendable, CaseIterable {
        case codeWithOK
        case codeWithStatus
        /// The status alone, `code` left out of the body.
        case statusOnly
    }

    package enum RenderShape: Sendable, CaseIterable {
        /// `{"taskId","status","progress","output":{"url"}}`
        case bare
        /// `{"success":true,"data":{"id","status","progress","outputUrl"}}`
        case wrapped
        /// `{"code":0,"data":{"render_id","state","output":{"url"}}}`
        case coded
    }

    package enum UploadShape: Sendable, CaseIterable {
        case files
        case uploadedFiles
        case array
        /// Code 0 and nothing taken.
        case emptyList
    }

    package enum StateShape: Sendable, CaseIterable {
        case full
        /// `data` is the state itself.
        case flat
    }

    package enum DraftForm: Sendable, CaseIterable {
        case object
        /// JSON in a string.
        case string
        /// `{}`, whatever was done.
        case empty
        case null
        case absent
        /// Tracks without segments.
        case emptySegments
    }

    package enum EventFamily: Sendable, CaseIterable {
        case camel
        case snake
        case flat
    }

    package enum LineEnd: String, Sendable, CaseIterable {
        case lf = "\n"
        case crlf = "\r\n"
        case cr = "\r"
    }

    package enum Chunking: Sendable, Equatable {
        /// One chunk an event, when it happens.
        case event
        /// Everything in one chunk at the end.
        case whole
        /// Chunks of so many bytes.
        case every(Int)
    }

    package enum StreamFraming: Sendable, CaseIterable {
        case chunked
        case untilClose
    }

    package init() {}
}
