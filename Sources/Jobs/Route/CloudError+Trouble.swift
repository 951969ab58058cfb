package import Cloud

extension CloudError {
    /// What the end means for the choice of a way; nil where no other way would do better, because
    /// the caller stopped, or the file or the place for the result is not as it should be.
    package var trouble: RouteTrouble? {
        let isDownload = step == .downloading
        return switch kind {
        case .cancelled, .fileMissing, .fileEmpty, .fileUnreadable, .fileChanged, .destination,
            .busy, .refusedAddress:
            nil
        case .consentMissing, .offlineMode: .consentRefused
        case .fileUnsupported, .unsupportedByService: .fileRefused
        case .fileTooLarge, .tooLargeForService: .fileTooLarge
        case .storage: .diskFull
        case .defect, .noSession: .crashed
        case .nothingToExport, .agentFailed, .runLost: .agentFailed
        case .resolve, .connect, .proxy, .tls, .captivePortal: .unreachable
        case .timedOut, .stalled, .cut, .transport: isDownload ? .downloadBroken : .unreachable
        case .tooLarge, .malformed, .notFound, .service, .refused:
            isDownload ? .downloadBroken : .faulty
        case .sessionUnknown, .sessionLost, .uploadNotApplied: .faulty
        case .tokenRejected, .clientIDRejected, .forbidden: .forbidden
        case .outOfCredits: .outOfCredits
        case .planRequired: .planRequired
        case .rateLimited: .rateLimited
        case .renderFailed: .renderFailed
        case .stillRendering: .renderStuck
        case .resultUnusable: .unusable
        }
    }
}
