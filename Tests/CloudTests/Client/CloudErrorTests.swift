import Core
import Testing

@testable import Cloud

@Suite struct CloudErrorTests {
    static let kinds: [CloudError.Kind] = [
        .cancelled, .consentMissing(.network), .consentMissing(.upload), .offlineMode, .fileMissing,
        .fileEmpty, .fileUnreadable, .fileUnsupported, .fileChanged,
        .fileTooLarge(bytes: 600_000_000, limit: 500_000_000), .destination(isTaken: true),
        .destination(isTaken: false), .storage,
        .nothingToExport, .noSession, .refusedAddress, .defect, .resolve, .connect, .proxy, .tls,
        .timedOut, .stalled, .cut, .tooLarge, .captivePortal, .transport, .malformed,
        .tokenRejected(isFromEnvironment: true), .tokenRejected(isFromEnvironment: false),
        .sessionUnknown, .sessionLost, .notFound, .outOfCredits(isAnonymous: true),
        .outOfCredits(isAnonymous: false), .unsupportedByService, .tooLargeForService,
        .clientIDRejected, .planRequired, .forbidden, .rateLimited(isToken: true),
        .rateLimited(isToken: false), .service(status: 503), .refused(code: 7), .agentFailed,
        .runLost,
        .renderFailed(.once), .renderFailed(.twice), .renderFailed(.cancelled),
        .renderFailed(.lost),
        .busy, .stillRendering, .uploadNotApplied, .resultUnusable,
    ]

    static let steps: [CloudError.Step] = [
        .connecting, .openingSession, .readingCredits, .readingState, .linking,
        .uploading("a b.mp4"),
        .sending, .rendering, .downloading, .remembering,
    ]

    @Test("every end is told in whole sentences with what to do next", arguments: kinds)
    func words(_ kind: CloudError.Kind) {
        for step in Self.steps {
            let error = CloudError(kind, step, detail: "its own words", link: nil)
            let failure = error.failure
            #expect(!failure.what.isEmpty && !failure.what.hasSuffix("."))
            #expect(failure.why.contains("its own words"))
            #expect(!failure.why.hasSuffix("."))
            #expect(failure.advice.isEmpty || ".:".contains(failure.advice.suffix(1)))
            #expect(failure.kind.exitCode != 0)
            // Whoever can do something about it is told what.
            let isPlain = [.cancelled, .defect].contains(kind)
            #expect(isPlain || !failure.advice.isEmpty)
        }
    }

    @Test("a link ends the advice that announces it")
    func link() {
        let error = CloudError(.planRequired, .rendering, link: "https://nemovideo.com/register")
        #expect(error.advice.hasSuffix("unlock export: https://nemovideo.com/register"))
    }

    @Test("a name goes into the command that is advised as a shell would want it")
    func commands() {
        func advice(_ name: String) -> String {
            CloudError(.tooLargeForService, .uploading(name)).advice
        }
        #expect(advice("a.mp4").contains("cinch a.mp4 --to 450MB"))
        #expect(advice("a b.mp4").contains("cinch 'a b.mp4' --to"))
        #expect(advice("it's.mp4").contains(#"cinch 'it'\''s.mp4' --to"#))
    }

    @Test("no detail shows a secret or steers a terminal")
    func details() {
        let error = CloudError(.malformed, .sending, detail: "\u{1B}]0;x\u{7}token=abc nmv_usr_1")
        #expect(!"\(error) \(error.failure)".contains("abc"))
        #expect(!error.why.contains("nmv_usr") && !error.why.contains("\u{1B}"))
    }

    @Test("only what may pass by itself is tried again")
    func transient() {
        let transient = Self.kinds.filter { CloudError($0, .sending).isTransient }
        #expect(
            transient == [
                .resolve, .connect, .proxy, .timedOut, .stalled, .cut, .transport,
                .service(status: 503),
            ]
        )
    }
}
