/// What earlier runs have learned of the ways: kept between runs, shared by all of them.
///
/// Times are seconds since 1970. A clock that was set back makes what lies ahead of it count as not there.
package struct RouteMemory: Sendable, Equatable, Codable {
    package var version = 1
    /// By the address of the service.
    package var services: [String: Service] = [:]
    /// What runs took here over what their plans foretold, smoothed; nil before the first.
    package var calibration: Double?

    package init() {}

    /// What is known of one service.
    package struct Service: Sendable, Equatable, Codable {
        package var outage: Outage?
        /// When it last said 402.
        package var planRefused: Double?
        /// When it last said 2001.
        package var creditsRefused: Double?
        package var credits: Double?
        package var creditsRead: Double?
        package var uploadBytesPerSecond: Double?
        /// The longest of the last renders, fading.
        package var renderSeconds: Double?
    }

    /// A time in which nothing more is tried.
    package struct Outage: Sendable, Equatable, Codable {
        package var trouble: RouteTrouble
        package var began: Double
        package var ends: Double
        /// Troubles in a row, without a success between them.
        package var count: Int
    }

    /// The first pause after an outage; each further one is twice as long.
    package static let firstPause = 300.0
    package static let longestPause = 1800.0
    /// How long a refusal by plan or credits is believed.
    package static let refusalLifetime = 3600.0
    /// How long a balance is.
    package static let creditsLifetime = 900.0

    // MARK: Learning

    /// Notes how the work with a service came to nothing.
    package mutating func note(_ trouble: RouteTrouble, of service: String, at now: Double) {
        var known = services[service] ?? Service()
        switch trouble {
        case .planRequired: known.planRefused = now
        case .outOfCredits:
            known.creditsRefused = now
            (known.credits, known.creditsRead) = (nil, nil)
        case _ where trouble.isOutage:
            let before = known.outage.map { $0.ends > now - Self.longestPause ? $0.count : 0 } ?? 0
            let pause = min(Self.longestPause, Self.firstPause * Double(1 << min(before, 10)))
            known.outage = Outage(
                trouble: trouble,
                began: now,
                ends: now + pause,
                count: before + 1
            )
        default: return
        }
        services[service] = known
    }

    /// Notes that a service made a file: whatever was wrong with it is over.
    package mutating func noteSuccess(of service: String, at now: Double) {
        var known = services[service] ?? Service()
        (known.outage, known.planRefused, known.creditsRefused) = (nil, nil, nil)
        // They were spent.
        (known.credits, known.creditsRead) = (nil, nil)
        services[service] = known
    }

    /// Forgets refusals and outages, as somebody has seen to them.
    package mutating func forgive(_ service: String) {
        guard var known = services[service] else { return }
        (known.outage, known.planRefused, known.creditsRefused) = (nil, nil, nil)
        services[service] = known
    }

    package mutating func noteCredits(_ credits: Double, of service: String, at now: Double) {
        services[service, default: Service()].credits = credits
        services[service]?.creditsRead = now
    }

    /// Notes an upload; small ones say more about the connection's beginning than about its rate.
    package mutating func noteUpload(bytes: Int, seconds: Double, of service: String) {
        guard seconds > 0, bytes >= 100_000 else { return }
        let rate = Double(bytes) / seconds
        let old = services[service]?.uploadBytesPerSecond
        services[service, default: Service()].uploadBytesPerSecond =
            old.map { $0 * 0.5 + rate * 0.5 } ?? rate
    }

    /// Notes what a render took.
    package mutating func noteRender(seconds: Double, of service: String) {
        guard seconds > 0, seconds < 86_400 else { return }
        let old = services[service]?.renderSeconds ?? 0
        services[service, default: Service()].renderSeconds = max(seconds, old * 0.7)
    }

    /// Notes what a run took here; within bounds, because one busy hour should not rule the next.
    package mutating func noteRun(planned: Double, took seconds: Double) {
        guard planned > 0.2, seconds > 0 else { return }
        let ratio = min(max(seconds / planned, 0.25), 4)
        calibration = calibration.map { $0 * 0.7 + ratio * 0.3 } ?? ratio
    }

    // MARK: Telling

    /// Puts what is remembered, and still counts, into the facts.
    package func fill(_ facts: inout RouteFacts, service: String, at now: Double) {
        if let calibration { facts.machine.calibration = min(max(calibration, 0.25), 4) }
        guard let known = services[service] else { return }
        func age(_ time: Double?, within most: Double) -> Double? {
            guard let time, time <= now, now - time < most else { return nil }
            return now - time
        }
        if let outage = known.outage, outage.began <= now, outage.ends > now {
            facts.cloud.outageSeconds = min(outage.ends - now, Self.longestPause)
        }
        facts.cloud.planRefusedSecondsAgo = age(known.planRefused, within: Self.refusalLifetime)
        facts.cloud.creditsRefusedSecondsAgo = age(
            known.creditsRefused,
            within: Self.refusalLifetime
        )
        if age(known.creditsRead, within: Self.creditsLifetime) != nil {
            facts.cloud.creditsAvailable = known.credits
        }
        facts.cloud.uploadBytesPerSecond = known.uploadBytesPerSecond
        if let seconds = known.renderSeconds {
            facts.cloud.renderSeconds = [min(seconds, 30), seconds]
        }
    }
}
