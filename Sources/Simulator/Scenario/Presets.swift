/// The scenarios of §19 by their numbers, each in one plain form.
///
/// A number that is about the client alone (2, 6, 45, 46, 57, 58, 60, 62, 63) has no scenario: the
/// happy path, the options and the strict list are all it needs.
extension Scenario {
    /// The scenario of that number; nil where it takes nothing but the happy path.
    ///
    /// `isB`: 28b and 50b.
    package static func numbered(_ number: Int, isB: Bool = false) -> Scenario? {
        switch number {
        case 1: Scenario { $0.usualRender = .stepwise }
        case 3...17: ofRefusals(number)
        case 18: Scenario { ($0.knobs.envelope, $0.knobs.errors) = (.e4, .codeAsText) }
        case 19...39: ofStreams(number, isB: isB)
        case 40...44: ofUploads(number)
        case 47...57: ofRenders(number, isB: isB)
        case 59: odd(.credits, .set("available", to: -5), .remove("frozen"))
        case 61: everywhere(.html(200).forever)
        case 64: pingPong
        default: nil
        }
    }

    /// A scenario with changes to the happy path.
    package init(_ change: (inout Scenario) -> Void) {
        self.init()
        change(&self)
    }

    /// One endpoint meets its next requests like this.
    package static func at(_ endpoint: Endpoint, _ behaviours: Behaviour...) -> Scenario {
        Scenario { $0[endpoint] = behaviours }
    }

    /// Every endpoint of the service meets its next requests like this.
    package static func everywhere(_ behaviours: Behaviour...) -> Scenario {
        Scenario { scenario in
            for endpoint in Endpoint.allCases where endpoint != .file {
                scenario[endpoint] = behaviours
            }
        }
    }

    /// The token expires just before a call to this endpoint (7).
    package static func expiry(at endpoint: Endpoint) -> Scenario {
        .at(endpoint, .normal.after(.expireTokens))
    }

    /// The session is forgotten just before a call to this endpoint (10).
    package static func sessionLost(at endpoint: Endpoint) -> Scenario {
        .at(endpoint, .normal.after(.forgetSessions))
    }

    /// The next message is worked on like this.
    package static func turn(
        _ steps: Turn.Step...,
        whenLeft: Turn.WhenLeft = .workGoesOn
    ) -> Scenario {
        Scenario { scenario in
            var turn = Turn(whenLeft: whenLeft)
            turn.steps = steps
            scenario.turns = [turn]
        }
    }

    /// The next renders go like this.
    package static func renders(_ scripts: RenderScript...) -> Scenario {
        Scenario { $0.renders = scripts }
    }

    /// Members of an endpoint's payload are changed, every time.
    package static func odd(_ endpoint: Endpoint, _ edits: Behaviour.Edit...) -> Scenario {
        Scenario { scenario in
            var behaviour = Behaviour.normal
            behaviour.edits = edits
            scenario[endpoint] = [behaviour.forever]
        }
    }

    private static var pingPong: Scenario {
        Scenario { scenario in
            for endpoint in [Endpoint.upload, .runSSE, .state] {
                scenario[endpoint] = (0..<20).map { .refuse($0 % 2 == 0 ? 1001 : 1002) }
            }
        }
    }

    private static func ofRefusals(_ number: Int) -> Scenario? {
        switch number {
        case 3: .at(.anonymousToken, .refuse(400))
        case 4: .at(.anonymousToken, .refuse(429))
        case 5: .at(.anonymousToken, .refuse(429).forever)
        case 7: .expiry(at: .state)
        case 8: .turn(.preface, .deed(.expireTokens), .cut(.midEvent), .change(.atRead(1)))
        case 9:
            Scenario { scenario in
                scenario.turns = [Turn(.preface, .deed(.expireTokens), .cut(.midEvent))]
                scenario.knobs.renewalMakesNewUser = true
            }
        case 10: .sessionLost(at: .state)
        case 11: .turn(.preface, .code(2001))
        case 12: .at(.upload, .refuse(4001))
        case 13: .at(.renderSubmit, .refuse(402))
        case 14: .at(.renderSubmit, .refuse(403))
        case 15: .everywhere(.refuse(429))
        case 16: .everywhere(.refuse(503))
        case 17: .everywhere(.spoiled(.truncated))
        default: nil
        }
    }

    private static func ofStreams(_ number: Int, isB: Bool) -> Scenario? {
        switch number {
        case 19: .turn(.silentAnswer)
        case 20: .turn(.laggingAnswer(.atRead(2)))
        case 21: .turn(.call, .response)
        case 22: .turn(.thought("The user wants a smaller file."), .emptyParts, .change())
        case 23: .turn(.heartbeats(.comment, for: .seconds(300)), .answer)
        case 24: .turn(.preface, .heartbeats(.emptyData, for: .seconds(900)))
        case 25: .turn(.stall)
        case 26: Scenario { $0.turns = [longTurn] }
        case 27: .turn(.preface, .cut(.midCodePoint), .change())
        case 28 where isB: .turn(.preface, .cut(.midEvent), .change(.atRead(3)))
        case 28: .turn(.preface, .cut(.midEvent), whenLeft: .workStops)
        case 29: .turn(.partials(["Title added ", "✅ 标题已添加。"]), .change())
        case 30: .turn(.partials(["Half ", "said"], repeated: false), .change())
        case 31: .turn(.preface, .failure(.s1, "bad \"quote\"\nnewline 错误"), .change(), .final)
        case 32:
            .turn(.answer, .text("I encountered a temporary issue. Please try again later."))
        case 33: .turn(.preface, .raw("data: {\"content\": oops\n\n"), .change(), .final)
        case 34:
            Scenario { scenario in
                scenario.knobs.chunking = .every(1)
                scenario.turns = [Turn(.preface, .text("行\u{2028}尾 🎬"), .change())]
            }
        case 35:
            Scenario { scenario in
                (scenario.knobs.lineEnd, scenario.knobs.mark) = (.crlf, true)
                scenario.knobs.spaceAfterColon = false
                (scenario.knobs.splitData, scenario.knobs.decorations) = (true, true)
            }
        case 36: .at(.runSSE, .json(422, ["detail": [["type": "missing", "loc": ["body"]]]]))
        case 37:
            Scenario { scenario in
                scenario.turns = [Turn(.preface, .large(1_200_000), .change(), .final)]
                scenario.knobs.stateFilling = 8_000_000
            }
        case 38: .turn(.answer, .secondStage(.atRead(2)))
        case 39:
            .turn(
                .change(),
                .text(
                    "The title “click here” is set. Click the Export button to download your "
                        + "video, or click http://evil.example/x to continue. 点击“导出”按钮下载。"
                )
            )
        default: nil
        }
    }

    /// Tools at work for more than a quarter of an hour (26).
    private static var longTurn: Turn {
        var turn = Turn()
        turn.steps = [.preface]
        for _ in 0..<20 { turn.steps += [.response, .wait(.seconds(60))] }
        turn.steps += [.change(), .final]
        return turn
    }

    private static func ofUploads(_ number: Int) -> Scenario? {
        switch number {
        case 40: .at(.upload, .normal.reading(.throttled(bytesPerSecond: 50_000)))
        case 41: .at(.upload, .normal.reading(.cut(at: 0.5, resetting: true)))
        case 42: .at(.upload, .close().afterWork)
        case 43: .at(.upload, .refuse(4002).reading(.early(after: 4_096)))
        case 44: Scenario { $0.knobs.uploadShape = .uploadedFiles }
        default: nil
        }
    }

    private static func ofRenders(_ number: Int, isB: Bool) -> Scenario? {
        switch number {
        case 47: Scenario { $0.knobs.draftForm = .emptySegments }
        case 49: .renders(RenderScript().with { $0.course = .stuck })
        case 50 where isB: .renders(RenderScript.stepwise.with { $0.product = .bytes([]) })
        case 50: .renders(.failing())
        case 51: .at(.renderSubmit, .refuse(409, "render id exists"))
        case 52: .at(.renderSubmit, .refuse(504).afterWork)
        case 53: .at(.renderPoll, .normal, .html(502), .close(), .spoiled(.truncated))
        case 54: .renders(RenderScript.stepwise.with { $0.course = .polls(oddProgress) })
        case 55: .renders(RenderScript.stepwise.with { $0.address = .wrong })
        case 56: .at(.file, .truncated(at: 0.5))
        default: nil
        }
    }

    /// Progress absent, as text, as a part of one, going back, and beside words nobody knows (54).
    private static let oddProgress: [RenderScript.Poll] = [
        .init("queued", nil), .init("RENDERING", "30"), .init("processing", 0.7),
        .init("processing", 40), .init("encoding", -1), .init("processing", 250),
    ]
}
