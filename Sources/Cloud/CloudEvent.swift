/// What work with the service tells while it goes on, in order and never concurrently.
package enum CloudEvent: Sendable, Equatable {
    /// The first contact of this run of the program.
    case connecting
    case ready
    /// A new session took the place of one that the service forgot; its media is gone with it.
    case newSession(lostMedia: Bool)
    /// The service limits requests: nothing happens for so long, then the call is made once more.
    case limited(wait: Duration)
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
    /// What a message changed, one sentence each.
    case changed([String])
    /// The tracks, in one line.
    case timeline(String)
    /// 0 to 1, never going back; nil before the service tells.
    case rendering(Double?)
    case downloading(TransferProgress)
    /// A render of the same timeline had been left behind: it is taken up, not made again.
    case adopted
    /// Another render of the session is waited for first (§9.4).
    case queued
    case noted(String)
}
