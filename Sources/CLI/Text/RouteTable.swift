import Core
import Jobs

/// Where a plan would be carried out, as `plan` shows it.
enum RouteTable {
    /// A paragraph, and a table where the cloud is in play; empty without a decision.
    ///
    /// With `isAlone` nothing comes before it.
    static func text(
        _ decision: RouteDecision?,
        width: Int,
        style: Style,
        isAlone: Bool = false
    ) -> String {
        guard let decision else { return "" }
        let width = min(100, width)
        let paragraph = Wrapping.lines(decision.text, width: width - 2).map { "  " + $0 }
        var lines = [style.bold("Where"), ""] + paragraph
        if decision.isAboutCloud { lines += [""] + rows(decision, width: width, style: style) }
        return (isAlone ? "" : "\n\n") + lines.joined(separator: "\n")
    }

    private static func rows(_ decision: RouteDecision, width: Int, style: Style) -> [String] {
        var columns = Columns()
        for (index, attempt) in decision.attempts.enumerated() {
            let price = attempt.priceText.map { "\($0): " } ?? ""
            let why = attempt.reasons.map(\.text).joined(separator: ", ")
            columns.add("\(index + 1). \(attempt.way.name)", price + why)
        }
        for attempt in decision.excluded {
            let mark = style.usesUnicode ? "–" : "-"
            columns.add("\(mark)  \(attempt.way.name)", "not: \(attempt.obstaclesText)")
        }
        return columns.lines(width: width, style: style)
    }
}

extension RouteDecision {
    /// Whether more speaks against the cloud than that nobody has agreed to it, or wants it.
    fileprivate var isAboutCloud: Bool {
        guard let cloud = excluded.first(where: \.way.usesCloud) else { return true }
        return !cloud.obstacles.contains { [.consent, .offline, .routeIsLocal].contains($0.code) }
    }
}

extension RouteWay {
    /// For a person, in a table.
    fileprivate var name: String {
        switch self {
        case .local: "here"
        case .cloud: "cloud"
        case .shrinkThenCloud: "here, then cloud"
        }
    }
}
