import Core

/// The sentences of each end: what failed, why, what to do next (§10).
extension CloudError {
    /// What failed, without a full stop.
    package var what: String {
        switch kind {
        case .cancelled: return "Stopped"
        case .nothingToExport: return "There is nothing to export yet"
        case .noSession: return "No cloud session is open"
        case .stillRendering: return "The render is not finished yet"
        case .resultUnusable: return "The downloaded file cannot be used"
        default: break
        }
        return switch step {
        case .connecting: "Cannot connect to the cloud service"
        case .openingSession: "Cannot open a cloud session"
        case .readingCredits: "Cannot read the credits"
        case .readingState: "Cannot read the session's state"
        case .linking: "Cannot make a link to the session"
        case .uploading(let name): "Cannot upload \(Redaction.line(name))"
        case .sending: "The message was not answered"
        case .rendering: "The export failed"
        case .downloading: "Cannot download the result"
        case .remembering: "Cannot keep the cloud session's records"
        }
    }

    /// Why, in our words where the service has none.
    package var why: String {
        let words = ownWords
        if words.isEmpty { return detail }
        return detail.isEmpty || detail == words ? words : "\(words) (\(detail))"
    }

    private var ownWords: String {
        switch kind {
        case .cancelled: "interrupted before the work was finished"
        case .consentMissing(.network): "nobody has agreed to contact the service yet"
        case .consentMissing(.upload): "nobody has agreed to send files to the service yet"
        case .offlineMode: "cinch is set to work offline"
        case .fileMissing: "there is no such file"
        case .fileEmpty: "the file is empty"
        case .fileUnreadable: "the file cannot be read"
        case .fileUnsupported: "the service does not take this kind of file"
        case .fileChanged: "the file changed or vanished while it was sent"
        case .fileTooLarge(let bytes, let limit):
            "it has \(ByteSize.grouped(Int(bytes))) bytes and the service takes "
                + "\(Self.size(limit)) at most"
        case .destination, .storage, .defect: ""
        case .busy: "another run of cinch is at work on it"
        case .nothingToExport: "the session's timeline is empty"
        case .noSession: ""
        case .refusedAddress: "the address is not https"
        case .resolve: "the service's name cannot be found; this machine may be offline"
        case .connect: "the service cannot be reached"
        case .proxy: "the network's proxy refused the connection"
        case .tls: "the connection is not secure: the certificate was not accepted"
        case .timedOut: "the service took too long"
        case .stalled: "nothing came from the service for too long"
        case .cut: "the connection ended early"
        case .tooLarge: "the answer is larger than can be right"
        case .captivePortal: "a web page answered instead of the service"
        case .transport: "the transfer failed"
        case .malformed: "the service answered in a way that makes no sense"
        case .tokenRejected(true): "the service does not accept the token in NEMO_TOKEN"
        case .tokenRejected(false): "the service does not accept the saved token"
        case .sessionUnknown: "the service no longer knows the session"
        case .sessionLost: "the service forgot the session while it worked on the message"
        case .notFound: "the service does not know it"
        case .outOfCredits: "the credits are used up"
        case .unsupportedByService: "the service does not take this kind of file"
        case .tooLargeForService: "the file is too large for the service"
        case .clientIDRejected: "the service did not accept this machine's client id"
        case .planRequired: "the current plan does not include export; this is not about credits"
        case .forbidden: "the token or the plan does not allow it"
        case .rateLimited(true):
            "the service gives one free token a machine in seven days, and a few an address"
        case .rateLimited(false): "the service is limiting requests"
        case .service(let status): "the service has a problem of its own, HTTP \(status)"
        case .refused(let code): "the service refused, code \(code)"
        case .agentFailed: "the service's editor reported an error"
        case .runLost:
            "the connection was lost, and no change to the timeline was seen for five minutes"
        case .renderFailed(.once): "the service could not render it"
        case .renderFailed(.twice): "the service could not render it, twice"
        case .renderFailed(.cancelled): "the render was cancelled"
        case .renderFailed(.lost): "the service lost the job"
        case .stillRendering: "the service is still working on it"
        case .uploadNotApplied: "the service took the file and the session does not show it"
        case .resultUnusable: ""
        }
    }

    /// What to do next, in whole sentences.
    package var advice: String {
        // Whether it is sent anew is for a person to decide (§4.9).
        var advice = isInDoubt ? CloudError(.runLost, step).nextStep : nextStep
        if let link { advice += advice.isEmpty ? link : " \(link)" }
        return advice
    }

    private var nextStep: String {
        switch kind {
        case .cancelled, .defect: ""
        case .consentMissing(.network):
            "In a terminal 'cinch cloud login' asks you; elsewhere add --cloud to agree, or compress "
                + "locally with 'cinch'."
        case .consentMissing(.upload): "Add --cloud to agree, or compress locally with 'cinch'."
        case .offlineMode: "Leave out --offline (or unset CINCH_OFFLINE), or compress locally."
        case .fileMissing: "Check the name and the folder."
        case .fileUnreadable: "Check that you may read it."
        case .fileEmpty: "Choose a file with something in it."
        case .fileUnsupported, .unsupportedByService:
            "\(Profile.formatsLine) Convert the file first."
        case .fileChanged: "Upload it again once nothing writes to it."
        case .fileTooLarge, .tooLargeForService:
            "Make it smaller first: cinch \(uploadName) --to 450MB, then upload the result; "
                + "or trim it."
        case .destination(isTaken: true): "Name another output, or add --force to replace it."
        case .destination(isTaken: false):
            "Name an output in a folder that is there and that you may write to."
        case .storage: "Free some space, or name another place."
        case .busy: "Wait until that is done, or stop it, and try again."
        case .nothingToExport: "Upload a video and say what to do with it first."
        case .noSession: "Run 'cinch cloud upload' or 'cinch cloud send' first."
        case .refusedAddress: "Set NEMO_API_URL to an https address, or unset it."
        case .resolve, .connect: "Check the network and try again."
        case .proxy: "Check the proxy settings (https_proxy) and try again."
        case .tls: "Check this machine's clock and that nothing inspects the connection."
        case .captivePortal: "Open a web page, sign in to the network, and try again."
        case .timedOut, .stalled, .cut, .transport, .service, .tooLarge, .malformed:
            "Try again in a few minutes."
        case .tokenRejected(true): "Set NEMO_TOKEN to a valid token, or unset it."
        case .tokenRejected(false): "Try 'cinch cloud login', or register for a lasting account:"
        case .sessionUnknown, .sessionLost:
            "A new session is needed: upload the files again, and say anew what to do."
        case .notFound: step == .downloading ? "Export again." : "Try again in a few minutes."
        case .outOfCredits(true): "Register to get more credits:"
        case .outOfCredits(false): "Top up credits in your account."
        case .clientIDRejected: "Unset NEMO_CLIENT_ID if it is set, and try again."
        case .planRequired: "Register or upgrade your plan to unlock export:"
        case .forbidden: "Register or upgrade your plan, or use a token that may do this:"
        case .rateLimited(true):
            "Wait until the seven days are over, set NEMO_TOKEN, or register for an account:"
        case .rateLimited(false): "Wait a minute and try again."
        case .refused:
            step == .downloading ? "Export again." : "Report this if it happens again."
        case .agentFailed: "Say it in other words, or try again."
        case .runLost: "Send the message again if you want it repeated; it may cost credits."
        case .renderFailed(.twice): "Try again later, or compress locally with 'cinch'."
        case .stillRendering: "It is not lost: 'cinch jobs --resume' takes it up again."
        case .uploadNotApplied: "Upload it again."
        case .renderFailed, .resultUnusable: "Export again, or compress locally with 'cinch'."
        }
    }

    private var uploadName: String {
        guard case .uploading(let name) = step else { return "FILE" }
        let plain = name.allSatisfy { $0.isLetter || $0.isNumber || "._-/".contains($0) }
        return plain ? name : "'\(name.replacing("'", with: "'\\''"))'"
    }

    private static func size(_ bytes: Int64) -> String {
        "\((bytes + 999_999) / 1_000_000) MB"
    }
}
