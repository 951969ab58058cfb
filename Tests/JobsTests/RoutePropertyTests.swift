import Core
import Foundation
import Jobs
import TestSupport
import Testing

/// Choices that are the same in each run.
private struct Dice {
    var numbers: Sequence64

    init(state: UInt64) { numbers = Sequence64(state: state) }

    mutating func isLucky(_ part: Double = 0.5) -> Bool {
        Double.random(in: 0..<1, using: &numbers) < part
    }

    mutating func maybe<Value>(_ part: Double = 0.5, _ value: (inout Dice) -> Value) -> Value? {
        isLucky(part) ? value(&self) : nil
    }

    mutating func pick<Value>(_ values: [Value]) -> Value? { values.randomElement(using: &numbers) }
}

extension RouteFacts {
    /// Anything that could be so, and some that could not.
    fileprivate static func random(_ dice: inout Dice) -> RouteFacts {
        var facts = RouteFacts()
        facts.input.bytes =
            dice.pick([0, 1, 40_000, 8_000_000, 500_000_000, 500_000_001, 9 << 30]) ?? 0
        facts.input.kind = dice.pick([.video, .video, .video, .sound, .still, nil]) ?? nil
        facts.input.isPiped = dice.isLucky(0.1)
        facts.input.uploadObjection = dice.maybe(0.1) { _ in "no such files" }
        facts.wish.targetBytes = dice.maybe { $0.pick([1, 9000, 8_000_000, 2 << 30]) ?? 1 }
        facts.wish.format = dice.maybe(0.2) { $0.pick(Format.allCases) ?? .mp4 }
        facts.wish.isEdit = dice.isLucky(0.2)
        facts.wish.isPart = dice.isLucky(0.1)
        facts.wish.isStrict = dice.isLucky(0.1)
        facts.machine.decodingObjection = dice.maybe(0.2) { _ in "no decoder" }
        facts.machine.encodingObjection = dice.maybe(0.05) { _ in "no encoder" }
        facts.machine.freeBytes = dice.maybe { $0.pick([0, 8_000_000, 1 << 40]) ?? 0 }
        facts.machine.plannedSeconds = dice.maybe {
            Double.random(in: 0...20_000, using: &$0.numbers)
        }
        facts.machine.calibration = Double.random(in: 0.25...4, using: &dice.numbers)
        facts.machine.smallestBytes = dice.maybe(0.3) { $0.pick([1, 10_000, 1 << 30]) ?? 1 }
        facts.machine.isOnBattery = dice.maybe { $0.isLucky() }
        facts.cloud.host = "service.example"
        facts.cloud.consent = dice.pick(RouteFacts.Cloud.Consent.allCases) ?? .missing
        facts.cloud.outageSeconds = dice.maybe(0.2) {
            Double.random(in: -1...1800, using: &$0.numbers)
        }
        facts.cloud.hasToken = dice.isLucky()
        facts.cloud.creditsAvailable = dice.maybe { $0.pick([-3, 0, 0.5, 1, 49, 50, 100]) ?? 0 }
        facts.cloud.planRefusedSecondsAgo = dice.maybe(0.1) { _ in 60 }
        facts.cloud.creditsRefusedSecondsAgo = dice.maybe(0.1) { _ in 60 }
        facts.cloud.uploadBytesPerSecond = dice.maybe {
            Double.random(in: 0...100_000_000, using: &$0.numbers)
        }
        facts.policy.route = dice.pick(RouteWish.allCases) ?? .automatic
        facts.policy.isOffline = dice.isLucky(0.2)
        facts.policy.mostSeconds = dice.maybe { Double.random(in: 0...7200, using: &$0.numbers) }
        facts.policy.mostCredits = dice.maybe(0.3) { $0.pick([0, 10, 49.9, 50, 1000]) ?? 0 }
        facts.policy.spentCredits = dice.maybe(0.3) { $0.pick([5, 50, 900]) ?? 0 } ?? 0
        if dice.isLucky(0.2) {
            facts.tried = [
                Tried(
                    dice.pick(RouteWay.allCases) ?? .local,
                    dice.pick(RouteTrouble.allCases) ?? .crashed
                )
            ]
        }
        return facts
    }
}

@Suite("Which way: what holds for any facts")
struct RoutePropertyTests {
    @Test("over random facts no way is taken that a fact forbids", arguments: 0..<20)
    func forbidden(seed: UInt64) {
        var dice = Dice(state: seed)
        for _ in 0..<500 {
            let facts = RouteFacts.random(&dice)
            let decision = RoutePlanner.decide(facts)
            #expect(decision == RoutePlanner.decide(facts))
            let ways = decision.attempts.map(\.way)
            #expect(Set(ways).count == ways.count && ways.count <= 2)
            #expect(ways.count + decision.excluded.count == 2)
            #expect(decision.excluded.allSatisfy { !$0.obstacles.isEmpty })
            #expect(!decision.text.isEmpty)
            for attempt in decision.attempts {
                #expect(attempt.obstacles.isEmpty && !attempt.reasons.isEmpty)
                #expect(isAllowed(attempt, facts), "\(attempt) for \(facts)")
            }
            let isLocalPossible = ways.contains(.local)
            if facts.policy.route == .automatic, isLocalPossible, ways.first != .local {
                // The cloud before this machine: only for the wait, and only if it is worth it.
                let here = facts.machine.expectedSeconds ?? 0
                let there = decision.first?.expectedSeconds ?? .infinity
                #expect(here > facts.policy.mostSeconds ?? .infinity && there * 2 <= here)
            }
        }
    }

    /// The rules once more, from the other side.
    private func isAllowed(_ attempt: RouteAttempt, _ facts: RouteFacts) -> Bool {
        if let smallest = facts.machine.smallestBytes, let target = facts.wish.targetBytes,
            target < smallest
        {
            return false
        }
        if facts.tried.contains(where: { $0.way.usesCloud == attempt.way.usesCloud }) {
            return false
        }
        let canMake =
            facts.machine.decodingObjection == nil && facts.machine.encodingObjection == nil
        guard attempt.way.usesCloud else { return canMake && !facts.wish.isEdit }
        let policy = facts.policy
        guard !policy.isOffline, policy.route != .local else { return false }
        switch facts.cloud.consent {
        case .missing: return false
        case .askable:
            guard policy.route == .cloud || facts.wish.isEdit, attempt.asksConsent else {
                return false
            }
        case .given: break
        }
        guard !facts.wish.isPart, !facts.wish.isStrict else { return false }
        guard (facts.cloud.outageSeconds ?? 0) <= 0 else { return false }
        guard facts.cloud.planRefusedSecondsAgo == nil,
            facts.cloud.creditsRefusedSecondsAgo == nil
        else { return false }
        guard attempt.creditsAtMost + policy.spentCredits <= policy.mostCredits ?? .infinity else {
            return false
        }
        guard facts.cloud.creditsAvailable ?? .infinity >= attempt.creditsAtLeast else {
            return false
        }
        guard (facts.input.kind ?? .video) == .video, !facts.input.isPiped,
            facts.input.bytes > 0, (facts.wish.format ?? .mp4) == .mp4
        else { return false }
        let fits =
            facts.input.bytes <= facts.cloud.uploadLimitBytes
            && facts.input.uploadObjection == nil
        guard attempt.way == .shrinkThenCloud else { return fits }
        return !fits && canMake && attempt.shrinkToBytes ?? .max <= facts.cloud.uploadLimitBytes
    }

    @Test("a decision survives being written and read")
    func codable() throws {
        var dice = Dice(state: 7)
        for _ in 0..<50 {
            let decision = RoutePlanner.decide(.random(&dice))
            #expect(decision.version == 1)
            #expect(
                try JSONDecoder().decode(RouteDecision.self, from: JSONEncoder().encode(decision))
                    == decision
            )
        }
    }
}
