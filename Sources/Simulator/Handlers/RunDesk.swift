import Foundation

/// Meets `/run_sse`: takes the message, lets the agent work, tells what it does (§4).
struct RunDesk: Sendable {
    let service: Service

    /// A message that is being worked on.
    private struct Run: Sendable {
        var message: String
        var session: String
        var user: String
        var answer: Answer
        var turn: Turn
    }

    func meet(
        _ visit: Desk.Visit,
        _ taken: Intake.Taken,
        _ sender: Sender
    ) async throws(Connection.Failure) -> Bool {
        let body = taken.json
        let message = body?["new_message"]?["parts"]?.array?.first?["text"]?.string
        let session = body?["session_id"]?.string
        if let message { service.with { $0.heard(message, in: session) } }
        let behaviour = visit.behaviour
        var isPlain = behaviour.works && behaviour.spoiling == nil
        if case .usual = behaviour.reply {} else { isPlain = false }
        let outcome: Result<Run, Refusal>
        if behaviour.works, let message, let session {
            outcome = begin(message, session, visit.head)
        } else {
            outcome = .failure(Refusal(422))
        }
        switch outcome {
        case .success(let run) where isPlain:
            return try await tell(run, visit, sender)
        case .success(let run):
            // The work is done, but the answer says something else, or is lost.
            finish(run, spoken: false, change: behaviour.shows)
            service.with {
                let fate = World.fate(after: behaviour.reply, worked: true)
                $0.settle(run.message, fate, in: run.session)
            }
            let lost = Desk.Outcome.payload([:])
            return try await sender.answer(behaviour, lost, usual: .e1, to: visit.head)
        case .failure(let refusal):
            let reply = behaviour.works ? .refusal(refusal) : behaviour.reply
            service.with { world in
                if let message {
                    let fate = World.fate(after: reply, worked: false)
                    world.settle(message, fate, in: session)
                }
            }
            var refused = behaviour
            refused.reply = reply
            return try await sender.answer(refused, nil, usual: .e1, to: visit.head)
        }
    }

    private func begin(
        _ message: String,
        _ session: String,
        _ head: RequestHead
    ) -> Result<Run, Refusal> {
        let date = service.clock.unixSeconds
        return service.with { world in
            Result { () throws(Refusal) in
                let user = try world.user(head, now: date)
                let answer = try world.begin(message, in: session, userID: user)
                return Run(
                    message: message,
                    session: session,
                    user: user,
                    answer: answer,
                    turn: world.scenario.nextTurn()
                )
            }
        }
    }

    private func finish(_ run: Run, spoken: Bool, change: Turn.When?) {
        let now = service.clock.now
        service.with { world in
            if let change, let wish = run.answer.change {
                world.change(wish, in: run.session, when: change, now: now)
            }
            world.end(
                in: run.session,
                userID: run.user,
                isGeneration: run.answer.isGeneration,
                cost: run.turn.cost
            )
            world.settle(run.message, spoken ? .done : .begun, in: run.session)
        }
    }

    // MARK: The stream

    private func tell(
        _ run: Run,
        _ visit: Desk.Visit,
        _ sender: Sender
    ) async throws(Connection.Failure) -> Bool {
        let knobs = service.with { $0.scenario.knobs }
        let stream = RunStream(visit.connection, knobs)
        let work = Task { await perform(run, stream, knobs) }
        await stream.watch {
            await stream.leave()
            if run.turn.whenLeft == .workStops { work.cancel() }
        }
        let spoken = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        await stream.stopWatching()
        finish(run, spoken: spoken, change: nil)
        if await stream.hasBegun {
            sender.note(status: 200)
        } else {
            sender.note(status: nil)
        }
        // A stream that was cut has closed its connection; one that ended in order may go on.
        return knobs.framing == .chunked && !sender.wantsClose(visit.head)
    }

    /// Takes the steps; whether the client was told words and an orderly end.
    @concurrent
    private func perform(_ run: Run, _ stream: RunStream, _ knobs: Knobs) async -> Bool {
        var teller = Teller(
            service: service,
            session: run.session,
            answer: run.answer,
            stream: stream,
            knobs: knobs
        )
        let isHeadless = run.turn.steps.contains { step in
            if case .cut(.beforeHead, _) = step { true } else { false }
        }
        if !isHeadless { await stream.begin() }
        do {
            for step in run.turn.steps { try await teller.take(step) }
        } catch {
            return false
        }
        if await stream.isOpen {
            if knobs.terminator { await stream.send(teller.writer.terminator) }
            await stream.finish()
            return teller.hasSpoken && !teller.hasFailed
        }
        return teller.endedInOrder && teller.hasSpoken && !teller.hasFailed
    }
}
