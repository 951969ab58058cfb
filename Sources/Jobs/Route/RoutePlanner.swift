import Core

/// Chooses between this machine and the cloud: a pure function of the facts.
///
/// This machine comes first whenever it can do the work in acceptable time. The service is taken
/// where it was asked for, where an edit is wanted that only it can make, where this machine cannot
/// read the file, or where the wait would be too long and it is foretold to be at least twice as fast;
/// never without consent, over the ceiling of credits, or with what it refuses.
package enum RoutePlanner {
    /// Decides, and says why.
    package static func decide(_ facts: RouteFacts) -> RouteDecision {
        var local = attempt(.local, facts)
        local.obstacles = localObstacles(facts)
        // What the service takes as it is goes as it is.
        let way: RouteWay = facts.preparation == nil ? .cloud : .shrinkThenCloud
        var cloud = attempt(way, facts)
        cloud.obstacles = cloudObstacles(facts)
        let isCloudFirst = weigh(facts, &local, &cloud)
        if let preparation = facts.preparation { cloud.reasons.append(preparation.reason) }
        if !facts.cloud.hasToken {
            cloud.reasons.append(RouteReason(.newToken, "a free token is fetched first"))
        }
        let both = isCloudFirst ? [cloud, local] : [local, cloud]
        return RouteDecision(
            attempts: both.filter(\.obstacles.isEmpty),
            excluded: both.filter { !$0.obstacles.isEmpty }
        )
    }

    // MARK: Order

    /// Whether the service comes first; gives both their reasons.
    private static func weigh(
        _ facts: RouteFacts,
        _ local: inout RouteAttempt,
        _ cloud: inout RouteAttempt
    ) -> Bool {
        switch facts.policy.route {
        case _ where facts.wish.isEdit:
            cloud.reasons.append(RouteReason(.edit, "only the service's agent edits"))
            return true
        case .local:
            local.reasons.append(RouteReason(.asked, "it was asked for"))
            return false
        case .cloud:
            cloud.reasons.append(RouteReason(.asked, "it was asked for"))
            local.reasons.append(
                RouteReason(
                    .fallback,
                    cloud.obstacles.isEmpty
                        ? "it is there if the cloud fails"
                        : "the cloud, which was asked for, cannot be used"
                )
            )
            return true
        case .automatic: break
        }
        guard local.obstacles.isEmpty else {
            let why = local.obstacles.map(\.text).joined(separator: "; ")
            cloud.reasons.append(RouteReason(.cannotHere, why))
            return true
        }
        local.reasons.append(RouteReason(.canDoIt, "this machine can do it"))
        let isFaster = isTooSlowHere(facts, &local, &cloud)
        if isFaster {
            local.reasons.append(RouteReason(.fallback, "it is there if the cloud fails"))
        } else {
            cloud.reasons.append(RouteReason(.fallback, "it is there if this machine fails"))
        }
        return isFaster
    }

    /// Whether the wait would be too long here, and so much shorter there that it is worth it.
    private static func isTooSlowHere(
        _ facts: RouteFacts,
        _ local: inout RouteAttempt,
        _ cloud: inout RouteAttempt
    ) -> Bool {
        guard let most = facts.policy.mostSeconds, let here = local.expectedSeconds else {
            return false
        }
        let limit = durationText(most)
        guard here > most else {
            local.reasons.append(RouteReason(.withinWait, "in less than the \(limit) it may take"))
            return false
        }
        local.reasons.append(
            RouteReason(.beyondWait, "though it takes longer than the \(limit) it may take")
        )
        guard cloud.obstacles.isEmpty, let there = cloud.expectedSeconds else { return false }
        guard there * 2 <= here else {
            local.reasons.append(
                RouteReason(.notTwiceAsFast, "and the cloud would not be twice as fast")
            )
            return false
        }
        cloud.reasons.append(
            RouteReason(
                .twiceAsFast,
                "here it would take \(durationText(here)), longer than the \(limit) it may take, and "
                    + "there about \(durationText(there))"
            )
        )
        if facts.machine.isOnBattery == true {
            cloud.reasons.append(RouteReason(.onBattery, "and this machine is on its battery"))
        }
        return true
    }

    // MARK: One way

    private static func attempt(_ way: RouteWay, _ facts: RouteFacts) -> RouteAttempt {
        let cost = way.usesCloud ? facts.cloud.editCredits : [0, 0]
        return RouteAttempt(
            way: way,
            reasons: [],
            obstacles: [],
            creditsAtLeast: cost.first ?? 0,
            creditsAtMost: cost.last ?? 0,
            expectedSeconds: way.usesCloud
                ? facts.cloudSeconds : facts.machine.expectedSeconds,
            shrinkToBytes: way == .shrinkThenCloud ? facts.preparation?.bytes : nil,
            asksConsent: way.usesCloud && facts.cloud.consent == .askable
        )
    }

    private static func localObstacles(_ facts: RouteFacts) -> [RouteObstacle] {
        var obstacles = facts.sharedObstacles
        func add(_ code: RouteObstacle.Code, _ text: String) {
            obstacles.append(RouteObstacle(code, text))
        }
        let machine = facts.machine
        if facts.wish.isEdit { add(.edit, "an edit is wanted, and this machine only compresses") }
        if let why = machine.decodingObjection {
            add(.cannotDecode, why.isEmpty ? "this machine cannot read the file" : why)
        }
        if let why = machine.encodingObjection {
            add(.cannotEncode, why.isEmpty ? "this machine cannot make such a file" : why)
        }
        if let tried = facts.tried.first(where: { $0.way == .local }) {
            add(.tried, tried.trouble.words)
        }
        return obstacles
    }

    private static func cloudObstacles(_ facts: RouteFacts) -> [RouteObstacle] {
        var obstacles = facts.policyObstacles + facts.sharedObstacles
        func add(_ code: RouteObstacle.Code, _ text: String) {
            obstacles.append(RouteObstacle(code, text))
        }
        let (input, wish, cloud) = (facts.input, facts.wish, facts.cloud)
        if let seconds = cloud.outageSeconds, seconds > 0 {
            add(.outage, "it failed a moment ago, and is tried again in \(durationText(seconds))")
        }
        if cloud.planRefusedSecondsAgo != nil {
            add(.planRefused, "its plan did not include exports (402)")
        }
        if cloud.creditsRefusedSecondsAgo != nil {
            add(.creditsRefused, "the credits were used up (2001)")
        }
        let least = cloud.editCredits.first ?? 0
        if let available = cloud.creditsAvailable, available < least {
            add(.creditsShort, "there are too few credits, \(number(available))")
        }
        let most = cloud.editCredits.last ?? 0
        if let ceiling = facts.policy.mostCredits {
            let spent = facts.policy.spentCredits
            let left = max(0, ceiling - spent)
            let words =
                spent > 0
                ? "\(number(left)) of the \(number(ceiling)) allowed \(left == 1 ? "is" : "are") left"
                : "\(number(ceiling)) \(ceiling == 1 ? "is" : "are") allowed"
            if most > left {
                add(.overCeiling, "it may cost \(number(most)) credits, and \(words)")
            }
        }
        if let kind = input.kind, kind != .video {
            add(.notAVideo, "it renders videos, and this is \(kind.words)")
        }
        if let format = wish.format, format != .mp4 {
            add(.format, "it makes MP4 alone")
        }
        if wish.isPart { add(.part, "a part of a file is cut here alone") }
        if wish.isStrict { add(.strict, "--strict refuses what it would save without a word") }
        if input.isPiped { add(.piped, "a pipe can be read here alone") }
        if input.bytes <= 0 { add(.empty, "there is nothing to send") }
        if let preparation = facts.preparation, !facts.canPrepare {
            obstacles.append(preparation.obstacle)
        }
        if let tried = facts.tried.first(where: { $0.way.usesCloud }) {
            add(.tried, tried.trouble.words)
        }
        return obstacles
    }

    /// Credits, with a tenth where they are not whole.
    static func number(_ value: Double) -> String {
        let tenths = (min(max(value, -1e12), 1e12) * 10).rounded()
        let whole = ByteSize.grouped(Int(tenths / 10))
        let rest = abs(Int(tenths)) % 10
        return rest == 0 ? whole : "\(whole).\(rest)"
    }
}

// What follows from the facts before anything is chosen.
extension RouteFacts {
    /// What the user has ruled out, whatever the file is; the first says it all.
    fileprivate var policyObstacles: [RouteObstacle] {
        if policy.route == .local {
            return [RouteObstacle(.routeIsLocal, "--route local keeps it here")]
        }
        if policy.isOffline { return [RouteObstacle(.offline, "nothing may be sent (offline)")] }
        // Whoever asks for the cloud, or for what only it can do, may be asked in turn.
        let mayAsk = cloud.consent == .askable && (policy.route == .cloud || wish.isEdit)
        if cloud.consent == .given || mayAsk { return [] }
        return [RouteObstacle(.consent, "nobody has agreed to send it files (--cloud agrees)")]
    }

    /// What no way can change.
    fileprivate var sharedObstacles: [RouteObstacle] {
        var obstacles: [RouteObstacle] = []
        if let target = wish.targetBytes, let smallest = machine.smallestBytes, target < smallest {
            obstacles.append(
                RouteObstacle(
                    .tooSmall,
                    "\(ByteSize.text(target)) is too small; \(ByteSize.text(smallest)) is possible"
                )
            )
        }
        let needed = min(wish.targetBytes ?? input.bytes, max(1, input.bytes))
        if let free = machine.freeBytes, free < needed {
            obstacles.append(
                RouteObstacle(.noRoom, "the disk has only \(ByteSize.text(free)) free")
            )
        }
        return obstacles
    }

    /// What has to become of the file before the service takes it; nil where it takes it as it is.
    fileprivate var preparation: (bytes: Int, reason: RouteReason, obstacle: RouteObstacle)? {
        let limit = cloud.uploadLimitBytes
        let room = limit / 10 * 9
        let most = ByteSize.text(limit)
        if input.bytes > limit {
            return (
                room,
                RouteReason(
                    .shrinkFirst,
                    "it is first made smaller here, to \(ByteSize.text(room)), because \(most) are "
                        + "the most that is uploaded"
                ), RouteObstacle(.tooLarge, "it has more than the \(most) that are taken")
            )
        }
        guard let objection = uploadObjection else { return nil }
        return (
            min(room, input.bytes),
            RouteReason(.convertFirst, "it is first made an MP4 here, because \(objection)"),
            RouteObstacle(.fileRefused, objection)
        )
    }

    private var uploadObjection: String? {
        input.uploadObjection.map { $0.isEmpty ? "the service does not take such files" : $0 }
    }

    /// Whether this machine can make what the service takes.
    fileprivate var canPrepare: Bool {
        machine.decodingObjection == nil && machine.encodingObjection == nil
            && !tried.contains { $0.way == .local }
            && (input.kind ?? .video) == .video
    }

    /// What the service will take from the first byte sent to the last one received.
    fileprivate var cloudSeconds: Double? {
        // Eight megabits a second up, as many lines have, until it is measured; four times that down.
        let rate = max(1000, cloud.uploadBytesPerSecond ?? 1_000_000)
        var seconds = 0.0
        var sent = input.bytes
        if let preparation {
            // Making it smaller here takes what making the result would.
            guard let here = machine.expectedSeconds else { return nil }
            seconds += here
            sent = preparation.bytes
        }
        let result = min(wish.targetBytes ?? sent, sent)
        seconds += Double(sent) / rate + Double(result) / (rate * 4)
        // An edit takes 10 to 30 seconds before the render begins.
        return seconds + 30 + (cloud.renderSeconds.last ?? 90)
    }
}
