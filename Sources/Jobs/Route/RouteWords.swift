import Core

extension RouteDecision {
    /// Where the work is done and why, in a short paragraph.
    package var text: String {
        guard let first else {
            let here = excluded.first { !$0.way.usesCloud }
            let there = excluded.first { $0.way.usesCloud }
            let parts = [("here", here), ("in the cloud", there)].compactMap { place, attempt in
                attempt.map { "\(place), because \($0.obstaclesText)" }
            }
            return "It cannot be made " + parts.joined(separator: ", nor ") + "."
        }
        let reasons = first.reasons.filter { $0.code != .newToken }.map(\.text)
        var sentences = [
            (first.way.usesCloud ? "In the cloud" : "On this machine") + ", because "
                + reasons.joined(separator: ", ") + "."
        ]
        if first.reasons.contains(where: { $0.code == .newToken }) {
            sentences.append("A free token is fetched first.")
        }
        if let price = first.priceText { sentences.append("It takes \(price).") }
        if first.asksConsent { sentences.append("You are asked before anything is sent.") }
        if let next = attempts.dropFirst().first {
            let place = next.way.usesCloud ? "the cloud" : "this machine"
            let price = next.way.usesCloud ? next.priceText.map { ", for \($0)" } ?? "" : ""
            sentences.append("If that fails, \(place) makes it\(price).")
        }
        for other in excluded {
            let place = other.way.usesCloud ? "The cloud" : "This machine"
            sentences.append("\(place) is not used: \(other.obstaclesText).")
        }
        return sentences.joined(separator: " ")
    }
}

extension RouteAttempt {
    /// What rules it out, in one clause; empty where nothing does.
    package var obstaclesText: String { obstacles.map(\.text).joined(separator: "; ") }

    /// `about 2 min and 1 to 50 credits`; nil where neither is known.
    package var priceText: String? {
        let time = expectedSeconds.map { "about \(durationText($0))" }
        let parts = [time, creditsText].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }

    /// `1 to 50 credits`; nil for nothing.
    package var creditsText: String? {
        guard creditsAtMost > 0 else { return nil }
        let most = RoutePlanner.number(creditsAtMost)
        return creditsAtLeast < creditsAtMost
            ? "\(RoutePlanner.number(creditsAtLeast)) to \(most) credits" : "\(most) credits"
    }
}
