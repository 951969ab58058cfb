package import Cloud
package import Core

/// What a job tells while it goes on, in order for each file.
///
/// Facts and no sentences: what shows them has the words.
package enum JobEvent: Sendable {
    // The choice.
    /// Which way is taken and why; `isExplained`: whether it could be a surprise.
    case route(RouteDecision, isExplained: Bool)
    /// A way came to nothing: this one is taken instead.
    case changedRoute(to: RouteWay, because: Failure)
    /// An earlier run of the same was cut short: this one goes on from there.
    case resumed

    // The cloud.
    case service(CloudEvent)
    /// What was agreed to with the call itself is about to be done.
    case agreedBeforehand(Consent.Question)
    /// What a message of before has changed is looked for.
    case lookingAgain
    /// A message failed, and the timeline, in one line, has changed all the same.
    case changedAllTheSame(timeline: String)
    /// What came down is decoded to its end.
    case checking
    /// Made here from a file of that name, as the cloud's is no use.
    case remade(Delivered.Reason, from: String)
    /// Fitted here from a file of that name, or from the cloud's.
    case fitted(Delivered.Reason, from: String?)
    /// Taken all the same, as there is no other way.
    case shortfall(Shortfall)
    /// What went on is over, or something else takes its place.
    case activityEnded

    // This machine.
    case localBegan(targetBytes: Int?)
    case local(Event)
    case localEnded
    /// The sample that was asked for; nil where it would show nothing.
    case sample(Report?)

    // What runs have left.
    case stillRendering(destination: String)
    /// Another run of the program is at work on it, or has been.
    case takenElsewhere(destination: String)
    case notFetched(destination: String, because: Failure)
    case delivered(Delivered)

    // The end.
    case finished(Routing.Outcome)
}
