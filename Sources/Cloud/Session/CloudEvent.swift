/// What work with the service tells while it goes on, in order and never concurrently.
package enum CloudEvent: Sendable, Equatable {
    /// The first contact of this run of the program.
    case connecting
    case ready
    /// A new session took the place of one that the service forgot; what was in that, files or a
    /// timeline, is gone with it.
    case newSession(lostMedia: Bool)
    /// The service limits requests: nothing happens for so long, then the call is made once more.
    case limited(wait: Duration)
    /// Another run of the program is at work on the session: this one goes on after it.
    case waitingForOther
    case uploading(name: String, TransferProgress)
    case uploaded(name: String)
    /// The message was sent; an answer may take minutes.
    case sent
    /// Words of the agent, fit to be shown.
    case text(String)
    /// What the agent told the user to press, as the things that this client can do.
    case suggested([GUIWords.Action])
    /// A tool of the service is at work, by its name.
    case working(tool: String)
    /// Two more minutes have passed.
    case stillWorking
    /// The connection was lost; the state is read until it shows a change.
    case recovering
    /// The service did not say whether it took the message: the state is read until it shows a change,
    /// and if it shows none the message is sent once more, or not.
    case inDoubt(sendsAgain: Bool)
    /// The timeline is not as it was last seen: by work of the service's own (§4.11), or by a message
    /// whose end nobody was there for.
    case changedMeanwhile(timeline: String, wasUnanswered: Bool)
    /// What a message changed, one sentence each.
    case changed([String])
    /// The tracks, in one line.
    case timeline(String)
    /// 0 to 1, never going back; nil before the service tells.
    case rendering(Double?)
    case downloading(TransferProgress)
    /// What was downloaded has fewer bytes than the service told, and nothing longer is to be had.
    case shorter(bytes: Int64, stated: Int64)
    /// A render of the same timeline had been left behind: it is taken up, not made again.
    case adopted
    /// Another render of the session is waited for first (§9.4).
    case queued
}
