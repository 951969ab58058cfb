import Foundation

/// Takes the steps of a turn: waits, changes the draft, and puts events on the stream.
struct Teller: Sendable {
    let service: Service
    let session: String
    let answer: Answer
    let stream: RunStream
    let knobs: Knobs
    var writer: EventWriter
    private(set) var hasSpoken = false
    private(set) var hasFailed = false
    private(set) var endedInOrder = false
    private var hasChanged = false

    /// How long an edit takes between its call and its response (§4.9: 10 to 30 s with the rest).
    private static let work = Duration.seconds(4)

    init(
        service: Service,
        session: String,
        answer: Answer,
        stream: RunStream,
        knobs: Knobs
    ) {
        (self.service, self.session, self.answer) = (service, session, answer)
        (self.stream, self.knobs) = (stream, knobs)
        writer = EventWriter(knobs)
    }

    mutating func take(_ step: Turn.Step) async throws(CancellationError) {
        if Task.isCancelled { throw CancellationError() }
        switch step {
        case .answer:
            if answer.change != nil {
                try await take(.preface)
                try await work()
            }
            try await take(.final)
        case .silentAnswer: try await take(.laggingAnswer(.now))
        case .laggingAnswer(let when):
            try await take(.call)
            try await work(when)
        case .call: await stream.send(writer.text("", call: answer))
        case .deed(let deed):
            if case .wait(let time) = deed { try await service.clock.sleep(for: time) }
            service.with { $0.perform(deed) }
        case .preface:
            hasSpoken = hasSpoken || !answer.preface.isEmpty
            await stream.send(writer.text(answer.preface, call: answer))
        case .response:
            let id = session
            let delta = hasChanged ? service.with { $0.draftHint(id) } : [:]
            await stream.send(writer.response(answer.tool, delta: delta))
        case .final: try await say(answer.final)
        case .change(let when): change(answer.change, when)
        case .secondStage(let when): change(.music("Lo-fi"), when)
        case .text(let text): try await say(text)
        case .thought(let text): await stream.send(writer.thought(text))
        case .partials(let texts, let repeated, let sharedID):
            hasSpoken = true
            await partials(texts, repeated: repeated, sharedID: sharedID)
        case .emptyParts: await stream.send(writer.emptyParts())
        case .failure(let failure, let message):
            hasFailed = true
            await stream.send(writer.failure(failure, message))
        case .code(let code):
            hasFailed = true
            await stream.send(writer.code(Refusal(code)))
        case .raw(let bytes): await stream.send(bytes)
        case .large(let count):
            await stream.send(writer.response(answer.tool, delta: [:], filling: count))
        case .wait(let time): try await service.clock.sleep(for: time)
        case .heartbeats(let form, let time, let every):
            let end = service.clock.now + time
            while service.clock.now < end {
                await stream.send(writer.heartbeat(form))
                try await service.clock.sleep(for: every)
            }
        case .cut(let cut, let resetting): await stream.cut(cut, resetting: resetting)
        case .end:
            await stream.finish()
            endedInOrder = true
        case .stall: try await stall()
        }
    }

    /// The call is out: a while, the change, the response.
    private mutating func work(_ when: Turn.When = .now) async throws(CancellationError) {
        try await service.clock.sleep(for: Self.work)
        change(answer.change, when)
        try await take(.response)
    }

    private mutating func change(_ change: Answer.Change?, _ when: Turn.When) {
        guard let change else { return }
        hasChanged = hasChanged || when == .now
        let (now, id) = (service.clock.now, session)
        service.with { $0.change(change, in: id, when: when, now: now) }
    }

    private mutating func say(_ text: String) async throws(CancellationError) {
        hasSpoken = true
        guard knobs.streaming, text.count > 1 else {
            await stream.send(writer.text(text))
            return
        }
        let middle = text.index(text.startIndex, offsetBy: text.count / 2)
        await partials(
            [String(text[..<middle]), String(text[middle...])],
            repeated: true,
            sharedID: true
        )
    }

    private mutating func partials(_ texts: [String], repeated: Bool, sharedID: Bool) async {
        let id = sharedID ? UUID().uuidString.lowercased() : nil
        for text in texts {
            await stream.send(writer.partial(text, isWhole: false, id: id))
        }
        if repeated {
            await stream.send(writer.partial(texts.joined(), isWhole: true, id: id))
        }
    }

    /// Waits until the client leaves.
    private func stall() async throws(CancellationError) {
        while await stream.isOpen {
            // Real time: how soon a leaving is noticed has nothing to do with the service's clock.
            do { try await Task.sleep(for: .milliseconds(5)) } catch { throw CancellationError() }
        }
    }
}
