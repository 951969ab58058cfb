/// What the agent does with one message.
package struct Turn: Sendable {
    /// In order; the steps that the message itself leads to stand where `.answer` is.
    package var steps: [Step]
    /// What a client that hangs up does to the work (§20: the documents and stock ADK differ).
    package var whenLeft: WhenLeft
    /// The part of the message's costs that is charged, in credits; nil: as usual.
    package var cost: Int?

    package enum WhenLeft: Sendable {
        case workGoesOn
        case workStops
    }

    /// A preface, a call, a response, the change, and final words.
    package init(
        _ steps: Step...,
        whenLeft: WhenLeft = .workGoesOn,
        cost: Int? = nil
    ) {
        self.steps = steps.isEmpty ? [.answer] : steps
        (self.whenLeft, self.cost) = (whenLeft, cost)
    }

    package enum Step: Sendable {
        /// Everything the message leads to: preface and call, change, response, final words.
        case answer
        /// The same without a word: call, change, response (§4.10).
        case silentAnswer
        /// Without a word, and the change is to be seen later.
        case laggingAnswer(When)
        /// The words before the work, and the call, in one event.
        case preface
        /// The call alone.
        case call
        /// The tool's response.
        case response
        /// The final words.
        case final

        /// The change of the draft that the message asks for.
        case change(When = .now)
        /// A change that the service makes by itself: music is added (§4.11).
        case secondStage(When = .now)

        /// Something that happens to the service meanwhile.
        case deed(Behaviour.Deed)

        case text(String)
        case thought(String)
        /// Increments, then the whole text again where `repeated` (§4.5).
        case partials([String], repeated: Bool = true, sharedID: Bool = false)
        /// An event without parts.
        case emptyParts
        case failure(Failure, String)
        /// A code of the service's own inside the stream, as in `{"code":2001,…}`.
        case code(Int)
        /// Bytes as they are.
        case raw([UInt8])
        /// A tool's response of so many bytes.
        case large(Int)

        case wait(Duration)
        /// Signs of life for so long, one every `every`.
        case heartbeats(Heartbeat, for: Duration, every: Duration = .seconds(15))
        /// The stream ends inside an event; what follows is still done, unheard.
        case cut(Cut, resetting: Bool = false)
        /// The stream ends in order; what follows is still done, unheard.
        case end
        /// No byte any more and the connection open, until the client leaves.
        case stall

        /// Bytes as they are, written as UTF-8.
        package static func raw(_ text: String) -> Step { .raw(Array(text.utf8)) }
    }

    /// When a change is to be seen in the state.
    package enum When: Sendable, Equatable {
        case now
        /// At the n-th reading of the state from now, counted from 1.
        case atRead(Int)
        /// So much later, in the service's time.
        case after(Duration)
    }

    /// The error forms of §4.6.
    package enum Failure: Sendable, CaseIterable {
        /// `{"error": "…"}`, the message not escaped.
        case s1
        /// An event of the author `system`.
        case s2
        /// `{"error": "…"}`, escaped, ASCII only.
        case s3
        /// `errorCode` and then `error` with details.
        case s4
        /// `errorCode` `SAFETY`, no content.
        case s5
        /// `{"type":"error",…}`.
        case s6
    }

    /// The signs of life of §4.3.
    package enum Heartbeat: Sendable, CaseIterable {
        case comment
        case emptyData
        case dataWord
        case eventName
        case eventNameOnly
        case typed
        case ping
    }

    /// Where a stream is broken.
    package enum Cut: Sendable, CaseIterable {
        case midEvent
        case midCodePoint
        case midChunkHeader
        /// Before the first byte of the answer, head included.
        case beforeHead
        /// Between two events, without the last chunk.
        case betweenEvents
    }
}
