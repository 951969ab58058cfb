import Core

/// The names that sizes have.
extension Session {
    /// Cinch's own names and the user's, which are read only where a call names one.
    ///
    /// Throws: what `Settings.read` throws.
    func limits(for wish: WishOptions) throws(Failure) -> NamedLimits {
        wish.limitName == nil ? .builtIn : try allLimits()
    }

    func tellLimits(_ command: LimitsCommand, json: JSONLines?) throws(Failure) {
        let limits = try allLimits()
        guard let name = command.name else {
            let result = LimitsResult(limits: limits.all.map(LimitPayload.init))
            finish("limits", result, json: json) { LimitFacts.text(limits, width: $0, style: $1) }
            return
        }
        let limit = try limits.named(name)
        let result = LimitsResult(limits: [LimitPayload(limit)])
        finish("limits", result, json: json) { LimitFacts.text(limit, width: $0, style: $1) }
    }

    func allLimits() throws(Failure) -> NamedLimits {
        NamedLimits.builtIn.adding(try Settings.read(environment).limits)
    }
}
