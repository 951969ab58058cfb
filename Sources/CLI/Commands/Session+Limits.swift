import Core
import Jobs

/// The names that sizes have.
extension Session {
    func tellLimits(_ command: LimitsCommand, json: JSONLines?) throws(Failure) {
        let limits = try settings().allLimits
        guard let name = command.name else {
            let result = LimitsResult(limits: limits.all.map(LimitPayload.init))
            finish("limits", result, json: json) { LimitFacts.text(limits, width: $0, style: $1) }
            return
        }
        let limit = try limits.named(name)
        let result = LimitsResult(limits: [LimitPayload(limit)])
        finish("limits", result, json: json) { LimitFacts.text(limit, width: $0, style: $1) }
    }
}
