/// Everything that a simulated service is told to do differently from the plain happy path.
///
/// Per endpoint a list of behaviours, used up in order and then back to normal; the turns of the
/// agent, one a message; the renders, one a submission; and the knobs that hold all along.
package struct Scenario: Sendable {
    private var behaviours: [Endpoint: [Behaviour]] = [:]
    /// What each accepted message makes the agent do, in order; then `usualTurn`.
    package var turns: [Turn] = []
    /// What the agent does when `turns` is used up.
    package var usualTurn = Turn()
    /// Of the usual turns every n-th ends without a word (§4.10: about three in ten); nil: none.
    package var silentEvery: Int?
    private var usualTurns = 0
    /// How each accepted render goes, in order; then `usualRender`.
    package var renders: [RenderScript] = []
    /// How a render goes when `renders` is used up.
    package var usualRender = RenderScript()
    package var knobs = Knobs()

    /// The plain happy path.
    package init() {}

    package subscript(endpoint: Endpoint) -> [Behaviour] {
        get { behaviours[endpoint] ?? [] }
        set { behaviours[endpoint] = newValue }
    }

    /// The next behaviour of an endpoint, which is used up by this.
    mutating func next(_ endpoint: Endpoint) -> Behaviour {
        guard var first = behaviours[endpoint]?.first else { return .normal }
        guard let times = first.times else { return first }
        first.times = times - 1
        if times <= 1 {
            behaviours[endpoint]?.removeFirst()
        } else {
            behaviours[endpoint]?[0] = first
        }
        return first
    }

    mutating func nextTurn() -> Turn {
        if !turns.isEmpty { return turns.removeFirst() }
        usualTurns += 1
        if let silentEvery, silentEvery > 0, usualTurns % silentEvery == 0 {
            return Turn(.silentAnswer)
        }
        return usualTurn
    }

    mutating func nextRender() -> RenderScript {
        renders.isEmpty ? usualRender : renders.removeFirst()
    }
}
