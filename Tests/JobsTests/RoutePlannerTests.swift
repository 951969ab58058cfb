import Core
import Jobs
import Testing

/// What somebody would say about it, and what then happens.
@Suite("Which way: what a user would say")
struct RoutePlannerTests {
    /// A video of 100 MB that this machine reads, with a service that is at hand and agreed to.
    static func facts(_ change: (inout RouteFacts) -> Void = { _ in }) -> RouteFacts {
        var facts = RouteFacts(input: .init(bytes: 100_000_000, kind: .video))
        facts.wish.targetBytes = 8_000_000
        facts.cloud.host = "service.example"
        facts.cloud.consent = .given
        change(&facts)
        return facts
    }

    private func expect(
        _ ways: [RouteWay],
        _ change: (inout RouteFacts) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> RouteDecision {
        let decision = RoutePlanner.decide(Self.facts(change))
        #expect(
            decision.attempts.map(\.way) == ways,
            "\(decision.text)",
            sourceLocation: sourceLocation
        )
        return decision
    }

    private func obstacles(_ decision: RouteDecision, _ way: RouteWay) -> [RouteObstacle.Code] {
        decision[way]?.obstacles.map(\.code) ?? []
    }

    private func reasons(_ decision: RouteDecision, _ way: RouteWay) -> [RouteReason.Code] {
        decision[way]?.reasons.map(\.code) ?? []
    }

    // MARK: This machine first

    @Test("“Just make it small”: here, and nobody has agreed to anything else")
    func usual() {
        let decision = expect([.local]) { $0.cloud.consent = .missing }
        #expect(obstacles(decision, .cloud) == [.consent])
        #expect(reasons(decision, .local) == [.canDoIt])
        #expect(
            decision.text == "On this machine, because this machine can do it. "
                + "The cloud is not used: nobody has agreed to send it files (--cloud agrees)."
        )
    }

    @Test("“I agreed to the cloud once”: here all the same, the cloud if this machine fails")
    func agreed() {
        let decision = expect([.local, .cloud])
        #expect(reasons(decision, .cloud) == [.fallback])
        #expect(decision.attempts[0].creditsAtMost == 0)
        #expect(decision.attempts[1].creditsAtMost == 50)
    }

    @Test("“I could say yes”: without --route cloud nobody is asked")
    func askable() {
        #expect(obstacles(expect([.local]) { $0.cloud.consent = .askable }, .cloud) == [.consent])
    }

    @Test("“Nothing leaves this machine”: --route local and --offline both mean it")
    func private_() {
        let local = expect([.local]) { $0.policy.route = .local }
        #expect(obstacles(local, .cloud) == [.routeIsLocal])
        let offline = expect([.local]) { $0.policy.isOffline = true }
        #expect(obstacles(offline, .cloud) == [.offline])
        #expect(
            obstacles(
                expect([.local]) {
                    $0.policy.isOffline = true
                    $0.policy.route = .cloud
                },
                .cloud
            ) == [.offline]
        )
    }

    @Test("“Nothing leaves this machine”, and nobody agreed either: what was laid down is enough")
    func privateWithoutConsent() {
        for consent in [RouteFacts.Cloud.Consent.missing, .askable] {
            let offline = expect([.local]) {
                ($0.policy.isOffline, $0.cloud.consent) = (true, consent)
            }
            #expect(obstacles(offline, .cloud) == [.offline])
            let local = expect([.local]) {
                ($0.policy.isOffline, $0.policy.route) = (true, .local)
                $0.cloud.consent = consent
            }
            #expect(obstacles(local, .cloud) == [.routeIsLocal])
        }
    }

    // MARK: The cloud when asked

    @Test("“Do it in the cloud”: there, and here if it cannot")
    func asked() {
        let decision = expect([.cloud, .local]) { $0.policy.route = .cloud }
        #expect(reasons(decision, .cloud) == [.asked])
        #expect(reasons(decision, .local) == [.fallback])
        #expect(decision.text.contains("If that fails, this machine makes it."))
    }

    @Test("“Do it in the cloud”, for the first time: somebody is asked")
    func askedForConsent() {
        let decision = expect([.cloud, .local]) {
            $0.policy.route = .cloud
            $0.cloud.consent = .askable
        }
        #expect(decision.first?.asksConsent == true)
        let script = expect([.local]) {
            $0.policy.route = .cloud
            $0.cloud.consent = .missing
        }
        #expect(obstacles(script, .cloud) == [.consent])
    }

    @Test("“Add music to it”: only the agent can")
    func edit() {
        let decision = expect([.cloud]) { $0.wish.isEdit = true }
        #expect(reasons(decision, .cloud) == [.edit])
        #expect(obstacles(decision, .local) == [.edit])
    }

    @Test("“Add music to it, but send nothing”: it cannot be made, and both reasons are told")
    func editOffline() {
        let decision = expect([]) {
            $0.wish.isEdit = true
            $0.policy.isOffline = true
        }
        #expect(decision.text.hasPrefix("It cannot be made here, because an edit is wanted"))
        #expect(decision.text.contains("nor in the cloud, because nothing may be sent"))
        _ = expect([]) {
            $0.wish.isEdit = true
            $0.policy.route = .local
        }
    }

    @Test("“My computer cannot play this”: the cloud, where it may")
    func undecodable() {
        let decision = expect([.cloud]) { $0.machine.decodingObjection = "no decoder for prores" }
        #expect(reasons(decision, .cloud) == [.cannotHere])
        #expect(decision.text.contains("In the cloud, because no decoder for prores."))
        _ = expect([]) {
            $0.machine.decodingObjection = ""
            $0.cloud.consent = .missing
        }
        _ = expect([.cloud]) { $0.machine.encodingObjection = "no libx264" }
    }

    // MARK: The wait

    @Test("“I have five minutes”, and it takes two: here")
    func enoughTime() {
        let decision = expect([.local, .cloud]) {
            $0.policy.mostSeconds = 300
            $0.machine.plannedSeconds = 120
        }
        #expect(reasons(decision, .local) == [.canDoIt, .withinWait])
    }

    @Test("“I have five minutes”, and it takes an hour: the cloud, which is done in three")
    func tooSlowHere() {
        let decision = expect([.cloud, .local]) {
            $0.policy.mostSeconds = 300
            $0.machine.plannedSeconds = 3600
            $0.cloud.uploadBytesPerSecond = 2_000_000
        }
        #expect(reasons(decision, .cloud) == [.twiceAsFast])
        #expect(reasons(decision, .local) == [.canDoIt, .beyondWait, .fallback])
        let onBattery = expect([.cloud, .local]) {
            $0.policy.mostSeconds = 300
            $0.machine.plannedSeconds = 3600
            $0.machine.isOnBattery = true
        }
        #expect(reasons(onBattery, .cloud) == [.twiceAsFast, .onBattery])
    }

    @Test("“I have five minutes”, it takes six, and the cloud four: here, as that is not worth it")
    func notTwiceAsFast() {
        let decision = expect([.local, .cloud]) {
            $0.policy.mostSeconds = 300
            $0.machine.plannedSeconds = 360
        }
        #expect(reasons(decision, .local).contains(.notTwiceAsFast))
    }

    @Test("“I have five minutes”, it takes an hour, and nobody agreed: here, and it is said")
    func tooSlowWithoutConsent() {
        let decision = expect([.local]) {
            $0.policy.mostSeconds = 300
            $0.machine.plannedSeconds = 3600
            $0.cloud.consent = .missing
        }
        #expect(reasons(decision, .local) == [.canDoIt, .beyondWait])
    }

    @Test("“My computer is slower than it thinks”: what runs really took counts")
    func calibration() {
        func first(_ calibration: Double) -> RouteWay? {
            RoutePlanner.decide(
                Self.facts {
                    $0.policy.mostSeconds = 300
                    $0.machine.plannedSeconds = 290
                    $0.machine.calibration = calibration
                    $0.input.bytes = 10_000_000
                }
            ).first?.way
        }
        #expect(first(1) == .local)
        #expect(first(2) == .cloud)
    }

    @Test("“I have five minutes”, and nothing is known of the time: here")
    func unknownTime() { _ = expect([.local, .cloud]) { $0.policy.mostSeconds = 300 } }

    // MARK: What the cloud refuses

    @Test("“It has 2 GB, and I want the cloud”: first made smaller here, and that is said")
    func tooLarge() {
        let decision = expect([.shrinkThenCloud, .local]) {
            $0.policy.route = .cloud
            $0.input.bytes = 2_000_000_000
        }
        #expect(decision.first?.shrinkToBytes == 450_000_000)
        #expect(reasons(decision, .shrinkThenCloud) == [.asked, .shrinkFirst])
        #expect(decision.text.contains("first made smaller here, to 450 MB"))
    }

    @Test("“It has 2 GB, and my computer cannot play it”: nobody can")
    func tooLargeToSend() {
        let decision = expect([]) {
            $0.input.bytes = 2_000_000_000
            $0.machine.decodingObjection = "no decoder"
        }
        #expect(obstacles(decision, .shrinkThenCloud) == [.tooLarge])
    }

    @Test("“It is an old MPEG, and I want titles on it”: made an MP4 here before it is sent")
    func foreignFormat() {
        let decision = expect([.shrinkThenCloud]) {
            $0.wish.isEdit = true
            $0.input.uploadObjection = "the service does not take MPEG"
        }
        #expect(reasons(decision, .shrinkThenCloud) == [.edit, .convertFirst])
        let unreadable = expect([]) {
            $0.machine.decodingObjection = "no decoder"
            $0.input.uploadObjection = ""
        }
        #expect(obstacles(unreadable, .shrinkThenCloud) == [.fileRefused])
    }

    @Test(
        "“It is a song”, “a picture”, “an M4A please”, “a part of it”, “from a pipe”: never the cloud"
    )
    func notForTheCloud() {
        func excluded(_ change: (inout RouteFacts) -> Void) -> [RouteObstacle.Code] {
            obstacles(
                expect([.local]) {
                    $0.policy.route = .cloud
                    change(&$0)
                },
                .cloud
            )
        }
        #expect(excluded { $0.input.kind = .sound } == [.notAVideo])
        #expect(excluded { $0.input.kind = .still } == [.notAVideo])
        #expect(excluded { $0.wish.format = .m4a } == [.format])
        #expect(excluded { $0.input.isPiped = true } == [.piped])
        #expect(excluded { $0.wish.isStrict = true } == [.strict])
        #expect(excluded { $0.wish.isPart = true } == [.part])
        #expect(excluded { $0.input.bytes = 0 } == [.empty])
    }

    // MARK: Credits

    @Test("“No more than 10 credits”: an edit may cost 50, so it stays here")
    func ceiling() {
        let decision = expect([.local]) {
            $0.policy.route = .cloud
            $0.policy.mostCredits = 10
        }
        #expect(obstacles(decision, .cloud) == [.overCeiling])
        _ = expect([.cloud, .local]) {
            $0.policy.route = .cloud
            $0.policy.mostCredits = 50
        }
    }

    @Test("“60 credits for all of them”: what the files before took is not there any more")
    func sharedCeiling() {
        let decision = expect([.local]) {
            $0.policy.route = .cloud
            ($0.policy.mostCredits, $0.policy.spentCredits) = (60, 15)
        }
        #expect(
            decision[.cloud]?.obstaclesText
                == "it may cost 50 credits, and 45 of the 60 allowed are left"
        )
        _ = expect([.cloud, .local]) {
            $0.policy.route = .cloud
            ($0.policy.mostCredits, $0.policy.spentCredits) = (60, 10)
        }
    }

    @Test("“I have no credits left”: here")
    func noCredits() {
        #expect(
            obstacles(expect([.local]) { $0.cloud.creditsAvailable = 0 }, .cloud)
                == [.creditsShort]
        )
        _ = expect([.local, .cloud]) { $0.cloud.creditsAvailable = 1 }
        #expect(
            obstacles(expect([.local]) { $0.cloud.creditsRefusedSecondsAgo = 60 }, .cloud)
                == [.creditsRefused]
        )
        #expect(
            obstacles(expect([.local]) { $0.cloud.planRefusedSecondsAgo = 60 }, .cloud)
                == [.planRefused]
        )
    }

    @Test("“The cloud was down a minute ago”: it is left alone for a while, even where asked for")
    func outage() {
        let decision = expect([.local]) {
            $0.policy.route = .cloud
            $0.cloud.outageSeconds = 240
        }
        #expect(obstacles(decision, .cloud) == [.outage])
        #expect(decision.text.contains("tried again in 4 min"))
    }

    @Test("“I have no token yet”: a free one is asked for, and that is said")
    func noToken() {
        let decision = expect([.local, .cloud]) { $0.cloud.hasToken = false }
        #expect(reasons(decision, .cloud) == [.fallback, .newToken])
    }

    // MARK: Neither

    @Test("“8 kB, please”: too small for everybody")
    func tooSmall() {
        let decision = expect([]) {
            $0.wish.targetBytes = 8000
            $0.machine.smallestBytes = 100_000
        }
        #expect(decision.excluded.allSatisfy { $0.obstacles.map(\.code) == [.tooSmall] })
    }

    @Test("“My disk is full”: nowhere to put it")
    func noRoom() {
        #expect(
            expect([]) { $0.machine.freeBytes = 1000 }.excluded.allSatisfy {
                $0.obstacles.map(\.code) == [.noRoom]
            }
        )
        _ = expect([.local, .cloud]) { $0.machine.freeBytes = 8_000_000 }
    }

    // MARK: When one failed

    @Test("“It failed in the cloud”: here, whatever it was", arguments: RouteTrouble.allCases)
    func afterTheCloud(_ trouble: RouteTrouble) {
        let decision = expect([.local]) {
            $0.policy.route = .cloud
            $0.tried = [.init(.cloud, trouble)]
        }
        #expect(decision.excluded.first?.obstacles.first?.text == trouble.words)
    }

    @Test("“It failed here”: in the cloud, if that was agreed to", arguments: RouteTrouble.allCases)
    func afterThisMachine(_ trouble: RouteTrouble) {
        let failed = RouteFacts.Tried(.local, trouble)
        _ = expect([.cloud]) { $0.tried = [failed] }
        _ = expect([]) {
            $0.tried = [failed]
            $0.cloud.consent = .missing
        }
        // It could not be made smaller here either.
        _ = expect([]) {
            $0.tried = [failed]
            $0.input.bytes = 2_000_000_000
        }
    }

    @Test("“It failed everywhere”: that is the end of it")
    func afterBoth() {
        _ = expect([]) { $0.tried = [.init(.cloud, .renderFailed), .init(.local, .crashed)] }
        _ = expect([]) {
            $0.tried = [.init(.shrinkThenCloud, .unusable), .init(.local, .diskFull)]
        }
    }
}
