package import Core

/// Why work with the cloud service cannot go on: what was tried, what kind of end it came to, and
/// the little that a person needs beside that.
///
/// Decisions are made on `kind` alone; the sentences are in `CloudError+Words.swift`. `detail` holds
/// the service's or the system's own words, already redacted and short.
package struct CloudError: Error, Sendable, Equatable {
    /// What was being done; it begins the sentence that a person reads.
    package enum Step: Sendable, Equatable {
        case connecting
        case openingSession
        case readingCredits
        case readingState
        case linking
        case uploading(String)
        case sending
        case rendering
        case downloading
        case remembering
    }

    package enum Kind: Sendable, Equatable {
        /// Stopped by the user or by the caller.
        case cancelled

        // Local refusals: nothing was sent.
        case consentMissing(Consent.Subject)
        case offlineMode
        case fileMissing, fileEmpty, fileUnreadable, fileUnsupported, fileChanged
        /// Larger than the service takes; both in bytes.
        case fileTooLarge(bytes: Int64, limit: Int64)
        /// The destination cannot be made, or exists and may not be replaced.
        case destination(isTaken: Bool)
        /// The disk is full, or reading or writing failed.
        case storage
        /// Another run of the program is at work on the same, for longer than is waited.
        case busy
        /// The timeline has nothing that could be exported (§7.1).
        case nothingToExport
        /// No session has been opened on this machine, or the saved one is gone.
        case noSession
        /// The base address is neither `https` nor loopback, or not an address.
        case refusedAddress
        /// An invariant of ours broke.
        case defect

        // Transport.
        case resolve, connect, proxy, tls, timedOut, stalled, cut, tooLarge
        /// A page came where the service's answer should be: a sign-in page of the network.
        case captivePortal
        case transport

        // Answers (§10.1).
        /// Not what the endpoint answers with.
        case malformed
        /// 1001, 1010, 1011, HTTP 401.
        case tokenRejected(isFromEnvironment: Bool)
        /// 1002.
        case sessionUnknown
        /// The service forgot the session after a message was sent to it.
        case sessionLost
        /// HTTP 404 where it does not mean a session.
        case notFound
        /// 2001.
        case outOfCredits(isAnonymous: Bool)
        /// 4001, HTTP 415.
        case unsupportedByService
        /// 4002, HTTP 413.
        case tooLargeForService
        /// 400: the client id was missing or not accepted.
        case clientIDRejected
        /// 402.
        case planRequired
        /// 403.
        case forbidden
        /// 429; `isToken` where a new token was refused, which lasts for days.
        case rateLimited(isToken: Bool)
        /// 408 and 5xx.
        case service(status: Int)
        /// 422 and other refusals, with the code that came.
        case refused(code: Int)

        // Work that was accepted and came to nothing.
        /// The agent reported an error of its own.
        case agentFailed
        /// The connection was lost and the timeline never changed (§4.9).
        case runLost
        case renderFailed(RenderEnd)
        /// Not finished within the limit; the job can be taken up again.
        case stillRendering
        /// The upload was accepted, yet the session does not have the file.
        case uploadNotApplied
        /// The file came whole and is not what was asked for, or not a video.
        case resultUnusable
    }

    /// How a render came to nothing.
    package enum RenderEnd: Sendable {
        /// One that is not made again by itself: it had only been taken up.
        case once
        case twice
        case cancelled
        /// The service knows nothing of it any more.
        case lost
    }

    package var kind: Kind
    package var step: Step
    package var detail: String
    /// Where a person can go on: registration or plans (§12).
    package var link: String?
    /// A message that the service may have taken all the same.
    package var isInDoubt = false
    /// Part of an answer had come: the service saw the request.
    var answerBegan = false

    package init(_ kind: Kind, _ step: Step, detail: String = "", link: String? = nil) {
        self.kind = kind
        self.step = step
        self.detail = Redaction.line(detail)
        self.link = link
    }

    /// What the user is told.
    package var failure: Failure {
        Failure(failureKind, what, why: why, advice: advice)
    }

    /// Whether trying the same call again soon may help: the transient end of §10.1.
    var isTransient: Bool {
        switch kind {
        case .resolve, .connect, .proxy, .timedOut, .stalled, .cut, .transport, .service: true
        default: false
        }
    }

    /// Whether the service cannot have seen the request.
    var neverLeft: Bool {
        switch kind {
        case .resolve, .connect, .proxy, .tls, .captivePortal, .refusedAddress, .offlineMode,
            .consentMissing:
            true
        default: false
        }
    }

    private var failureKind: Failure.Kind {
        switch kind {
        case .cancelled: .interrupted
        case .consentMissing, .tokenRejected, .outOfCredits, .planRequired, .forbidden,
            .rateLimited, .clientIDRejected:
            .denied
        case .fileMissing, .fileUnreadable, .noSession: .missing
        case .fileEmpty, .fileUnsupported, .fileChanged, .fileTooLarge, .unsupportedByService,
            .tooLargeForService, .nothingToExport:
            .unreadable
        case .destination: .output
        case .storage: .storage
        case .refusedAddress: .usage
        case .defect: .defect
        case .offlineMode, .busy, .resolve, .connect, .proxy, .tls, .timedOut, .stalled, .cut,
            .tooLarge, .captivePortal, .transport, .malformed, .sessionUnknown, .sessionLost,
            .notFound,
            .service, .refused,
            .agentFailed, .runLost, .renderFailed, .stillRendering, .uploadNotApplied,
            .resultUnusable:
            .unavailable
        }
    }
}

extension CloudError {
    /// Nothing further is done because the user said so.
    static func cancelled(_ step: Step) -> CloudError { CloudError(.cancelled, step) }

    /// What a transfer's end means for the step it belonged to.
    init(_ error: TransferError, _ step: Step) {
        let kind: Kind =
            switch error.kind {
            case .cancelled: .cancelled
            case .refusedAddress: .refusedAddress
            case .resolve: .resolve
            case .connect: .connect
            case .proxy: .proxy
            case .tls: .tls
            case .timedOut: .timedOut
            case .stalled: .stalled
            case .cut: .cut
            case .tooLarge: .tooLarge
            case .file: if case .uploading = step { .fileChanged } else { .storage }
            case .other: .transport
            }
        self.init(kind, step, detail: error.detail)
        answerBegan = error.answerBegan
    }
}
