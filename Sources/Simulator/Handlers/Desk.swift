import Foundation
import SystemPackage

/// Meets the requests to the service, one at a time for each connection.
struct Desk: Sendable {
    let service: Service

    /// A request on its way through the desk.
    struct Visit: Sendable {
        var number: Int
        var head: RequestHead
        var route: Route
        var behaviour: Behaviour
        var connection: Connection
    }

    func serve(
        _ head: RequestHead,
        _ connection: Connection
    ) async throws(Connection.Failure) -> Bool {
        let route = try? Route.of(head.method, head.path)
        let now = service.clock.now
        let (number, behaviour) = service.with { world in
            let number = world.journal.record(
                head,
                port: .service,
                endpoint: route?.endpoint,
                connection: connection.number,
                time: now
            )
            world.inspect(head, route?.endpoint)
            let behaviour = route.map { world.scenario.next($0.endpoint) } ?? .normal
            for deed in behaviour.deeds { world.perform(deed) }
            return (number, behaviour)
        }
        var body = Body(try Self.framing(of: head))
        guard let route else {
            _ = try await body.whole(from: connection)
            let knobs = service.with { $0.scenario.knobs }
            let sender = Sender(service: service, connection: connection, number: number)
            return try await sender.send(knobs.reply(Refusal(404)), to: head)
        }
        for case .wait(let time) in behaviour.deeds {
            do { try await service.clock.sleep(for: time) } catch { throw .lost }
        }
        let visit = Visit(
            number: number,
            head: head,
            route: route,
            behaviour: behaviour,
            connection: connection
        )
        return try await meet(visit, &body)
    }

    static func framing(
        of head: RequestHead
    ) throws(Connection.Failure) -> RequestHead.Framing {
        do { return try head.framing() } catch { throw .malformed(error.why) }
    }

    private func meet(
        _ visit: Visit,
        _ body: inout Body
    ) async throws(Connection.Failure) -> Bool {
        let intake = Intake(service: service, visit: visit)
        let sender = Sender(
            service: service,
            connection: visit.connection,
            number: visit.number,
            delivery: visit.behaviour.delivery
        )
        let taken = try await intake.take(&body)
        switch taken {
        case .cut(let resetting):
            sender.note(status: nil)
            await visit.connection.close(resetting: resetting)
            return false
        case .unfinished(let isDeaf):
            // Answered while the client still sends; what it sends is drained so that closing
            // does not throw the answer away with a reset.
            _ = try await reply(visit, .unread, sender, ending: true)
            await visit.connection.finishWriting()
            if isDeaf {
                // Until the simulator stops; in real time, as the client's own patience is.
                try? await Task.sleep(for: .seconds(60))
            } else {
                while (try? await visit.connection.bytes(atMost: 64 << 10)) ?? nil != nil {}
            }
            return false
        case .form, .bytes: return try await reply(visit, taken, sender, ending: false)
        case .unread: return false
        }
    }

    /// Does the work, if it is to be done, and answers.
    private func reply(
        _ visit: Visit,
        _ taken: Intake.Taken,
        _ sender: Sender,
        ending: Bool
    ) async throws(Connection.Failure) -> Bool {
        let (behaviour, endpoint) = (visit.behaviour, visit.route.endpoint)
        if endpoint == .runSSE {
            return try await RunDesk(service: service).meet(visit, taken, sender)
        }
        var outcome: Outcome?
        if behaviour.works, case .usual = behaviour.reply {
            outcome = await work(visit, taken)
        } else if behaviour.works {
            _ = await work(visit, taken)
        }
        return try await sender.answer(
            behaviour,
            outcome,
            usual: service.with { $0.usualEnvelope(endpoint) },
            to: visit.head,
            ending: ending
        )
    }

    /// What the work gave.
    enum Outcome: Sendable {
        case payload(JSON)
        case refusal(Refusal)
        case file(FilePath)
    }

    private func work(_ visit: Visit, _ taken: Intake.Taken) async -> Outcome {
        do {
            return try await perform(visit, taken)
        } catch {
            return .refusal(error)
        }
    }

    private func perform(
        _ visit: Visit,
        _ taken: Intake.Taken
    ) async throws(Refusal) -> Outcome {
        let (head, id) = (visit.head, visit.route.id)
        let (date, now) = (service.clock.unixSeconds, service.clock.now)
        if visit.route.endpoint == .anonymousToken {
            return .payload(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.anonymousToken(clientID: head["x-client-id"], now: date)
                }
            )
        }
        let user = try service.with { (world: inout World) throws(Refusal) in
            try world.user(head, now: date)
        }
        switch visit.route.endpoint {
        case .withSession:
            guard let body = taken.json else { throw Refusal(422) }
            return .payload(service.with { $0.newSession(body, userID: user) })
        case .claimToken:
            guard let body = taken.json else { throw Refusal(422) }
            return .payload(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.claim(body, userID: user)
                }
            )
        case .upload:
            let media = try await Intake(service: service, visit: visit).media(taken)
            return .payload(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.add(media, to: id, userID: user)
                }
            )
        case .credits: return .payload(service.with { $0.credits(of: user) })
        case .state:
            return .payload(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.state(id, userID: user, now: now)
                }
            )
        case .renderSubmit:
            let (payload, job) = try service.with { (world: inout World) throws(Refusal) in
                try world.submit(
                    taken.bytes,
                    head: head,
                    userID: user,
                    now: now,
                    date: date
                )
            }
            if let job { service.start(job) }
            return .payload(payload)
        case .renderPoll:
            return .payload(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.poll(id, userID: user, now: now)
                }
            )
        case .renderCancel:
            return .payload(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.cancel(id, userID: user)
                }
            )
        case .renderDownload:
            return .file(
                try service.with { (world: inout World) throws(Refusal) in
                    try world.product(id, userID: user)
                }
            )
        case .anonymousToken, .runSSE, .file: throw Refusal(404)
        }
    }
}
