import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// What a message may come to: scenarios 19 to 28b, 37, 38, 60 and 62 of §19.
@Suite struct RunScenarios {
    /// A session with a clip, and what a message to it comes to.
    ///
    /// With a speed of their own scenes have the specification's timers: the slower, the longer a
    /// busy machine may stand still before a timer that is not meant speaks.
    private func outcome(
        _ turn: Turn,
        timersAt speed: Double? = nil,
        _ check: (Scene, Result<Reply, CloudError>) async throws -> Void
    ) async throws {
        try await Scene.with(speed: speed ?? 1_000, hasTimers: speed != nil) {
            $0.script.turns = [turn]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let result: Result<Reply, CloudError>
            do throws(CloudError) {
                result = .success(try await client.send("add a title 'Urban Dreams'"))
            } catch {
                scene.heard.note(error)
                result = .failure(error)
            }
            #expect(scene.count(.runSSE) == 1)
            try await check(scene, result)
        }
    }

    /// When the state was read after the message, in the service's time since it came.
    private func readings(_ scene: Scene) -> [Duration] {
        let requests = scene.simulator.requests
        guard let sent = requests.last(where: { $0.endpoint == .runSSE }) else { return [] }
        return requests.filter { $0.endpoint == .state && $0.number > sent.number }.map {
            $0.time - sent.time
        }
    }

    // MARK: 19 to 22

    @Test("scenario 19: a silent edit is told by what it changed")
    func silentEdit() async throws {
        try await outcome(Turn(.silentAnswer)) { scene, result in
            let reply = try result.get()
            #expect(reply.outcome == .edited)
            #expect(reply.paragraphs.isEmpty)
            #expect(reply.changes.contains { $0.contains("Urban Dreams") })
            #expect(scene.heard.count(.changed(reply.changes)) == 1)
            #expect(readings(scene).count == 1)
        }
    }

    @Test("scenario 20: a change that shows late is waited for", arguments: [2, 3, 5])
    func silentEditLags(_ reading: Int) async throws {
        try await outcome(Turn(.change(.atRead(reading)), .large(10))) { scene, result in
            let reply = try result.get()
            #expect(reply.outcome == .edited)
            #expect(!reply.changes.isEmpty)
            #expect(readings(scene).count == reading)
        }
    }

    @Test("scenario 21: a silent run without a change is said to be one, and not repeated")
    func nothingChanged() async throws {
        try await silent(Turn(.large(10)))
    }

    @Test(
        "scenario 22: thoughts and empty events are silence",
        arguments: [
            Turn(.thought("hidden")), Turn(.emptyParts),
            Turn(.thought("hidden"), .emptyParts, .heartbeats(.comment, for: .seconds(30))),
        ]
    )
    func thoughts(_ turn: Turn) async throws {
        try await silent(turn)
    }

    private func silent(_ turn: Turn) async throws {
        try await outcome(turn) { scene, result in
            let reply = try result.get()
            #expect(reply.outcome == .nothing)
            #expect(reply.notice?.contains("no change") == true)
            #expect(reply.changes.isEmpty && reply.paragraphs.isEmpty)
            let times = readings(scene)
            #expect(times.count == 8)
            #expect(!scene.heard.text.contains("hidden"))
        }
    }

    // MARK: 23 to 26

    @Test("scenario 23: signs of life for minutes, then words: notes meanwhile, no time-out")
    func heartbeats() async throws {
        // At once: each alone would take its minutes.
        try await Scene.each(of: Turn.Heartbeat.allCases) { heartbeat in
            // Four times as long as silence would be borne.
            let turn = Turn(.heartbeats(heartbeat, for: .seconds(500)), .change(), .final)
            try await outcome(turn, timersAt: 75) { scene, result in
                let reply = try result.get()
                #expect(reply.outcome == .answered, "\(heartbeat)")
                #expect(reply.paragraphs.count == 1, "\(heartbeat)")
                #expect((3...4).contains(scene.heard.count(.stillWorking)), "\(heartbeat)")
                #expect(scene.heard.count(.recovering) == 0, "\(heartbeat)")
            }
        }
    }

    @Test("scenario 24: nothing but signs of life for ten minutes leads to the readings")
    func heartbeatsOnly() async throws {
        // At once: each alone would take its minutes.
        try await Scene.each(of: Turn.Heartbeat.allCases) { heartbeat in
            let turn = Turn(.heartbeats(heartbeat, for: .seconds(1_000_000)))
            try await outcome(turn, timersAt: 100) { scene, result in
                #expect(throws: CloudError(.runLost, .sending)) { try result.get() }
                // After ten minutes, neither after two (silence) nor after fifteen (the whole).
                let times = readings(scene).suffix(5)
                #expect(times.count == 5, "\(heartbeat)")
                let first = try #require(times.first)
                #expect(first >= .seconds(620) && first < .seconds(900), "\(heartbeat)")
                #expect(scene.heard.count(.recovering) >= 1, "\(heartbeat)")
            }
        }
    }

    @Test("scenario 25: total silence on an open connection leads to the readings")
    func silence() async throws {
        try await outcome(Turn(.preface, .stall), timersAt: 200) { scene, result in
            #expect(throws: CloudError(.runLost, .sending)) { try result.get() }
            // After two minutes, long before those that signs of life would have.
            let times = readings(scene)
            #expect(times.count == 5)
            let first = try #require(times.first)
            #expect(first >= .seconds(140) && first < .seconds(600))
            // A reading that comes late means that the run goes on without its listener.
            #expect(scene.heard.texts.count == 1)
        }
        let turn = Turn(.preface, .change(.after(.seconds(200))), .stall)
        try await outcome(turn, timersAt: 200) { _, result in
            let reply = try result.get()
            #expect(reply.outcome == .recovered)
        }
    }

    @Test("scenario 25: work that goes on only while somebody listens is waited for to its end")
    func silenceThenWords() async throws {
        // Between the first reading, after 150 seconds, and the second, after 210.
        let turn = Turn(
            .preface,
            .wait(.seconds(180)),
            .change(),
            .final,
            whenLeft: .workStops
        )
        try await outcome(turn, timersAt: 50) { scene, result in
            let reply = try result.get()
            #expect(reply.outcome == .answered)
            #expect(reply.paragraphs.count == 2)
            #expect(!reply.changes.isEmpty)
            #expect(scene.heard.count(.recovering) == 1)
        }
    }

    @Test("scenario 25: a message that is not answered at all is not sent again")
    func silenceBeforeHead() async throws {
        try await Scene.with(speed: 200, hasTimers: true) {
            $0.script[.runSSE] = [.silence]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error { _ = try await client.send("add a title") }
            #expect(error?.kind == .runLost)
            #expect(scene.count(.runSSE) == 1)
            #expect(readings(scene).count >= 5)
            #expect(scene.heard.count(.sent) == 0)
        }
    }

    @Test("scenario 26: a run of more than fifteen minutes leads to the readings")
    func tooLong() async throws {
        var turn = Turn(.preface)
        turn.steps = (0..<60).flatMap { [.wait(.seconds(30)), .text("step \($0)")] }
        try await outcome(turn, timersAt: 300) { scene, result in
            #expect(throws: CloudError(.runLost, .sending)) { try result.get() }
            // A busy machine may have looked like a dead connection in between.
            let times = readings(scene).suffix(5)
            #expect(times.count == 5)
            // The run began a little before the message came, which on such a machine is long.
            #expect(times.allSatisfy { $0 >= .seconds(800) })
        }
    }

    // MARK: 27, 28

    @Test("scenario 27: a torn stream whose work is done ends well", arguments: Turn.Cut.allCases)
    func torn(_ cut: Turn.Cut) async throws {
        for resetting in [false, true] {
            let turn = Turn(.preface, .change(), .cut(cut, resetting: resetting))
            try await outcome(turn) { scene, result in
                let reply = try result.get()
                #expect(reply.outcome == .recovered)
                #expect(reply.changes.contains { $0.contains("Urban Dreams") })
                // What had been said whole was shown, and half a text was not.
                #expect(!scene.heard.text.contains("half"))
                #expect(scene.heard.count(.recovering) == 1)
                #expect(readings(scene).count == 1)
            }
        }
    }

    @Test("scenario 27: a stream that ends by closing is torn where an event is")
    func tornWithoutChunks() async throws {
        try await Scene.with {
            $0.script.knobs.framing = .untilClose
            $0.script.turns = [Turn(.preface, .change(), .cut(.midEvent)), Turn(.answer)]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            #expect(try await client.send("add a title").outcome == .recovered)
            #expect(try await client.send("add music").outcome == .answered)
        }
    }

    @Test("scenario 28: a torn stream without a change is lost after 30, 60, 60, 60 and 60 seconds")
    func lost() async throws {
        try await outcome(Turn(.preface, .cut(.betweenEvents), whenLeft: .workStops)) {
            scene,
            result in
            guard case .failure(let error) = result else {
                Issue.record("a lost run has an outcome")
                return
            }
            #expect(error.kind == .runLost)
            #expect(error.advice.contains("Send the message again if"))
            let times = readings(scene)
            #expect(times.count == 5)
            // The stream was torn as soon as the message had come.
            let first = try #require(times.first)
            #expect(first >= .seconds(29))
            for (one, next) in zip(times, times.dropFirst()) {
                #expect(next - one >= .seconds(59))
            }
        }
    }

    @Test("scenario 28b: a torn stream whose work goes on is recovered", arguments: 1...5)
    func recovered(_ reading: Int) async throws {
        let turn = Turn(.preface, .change(.atRead(reading)), .cut(.betweenEvents))
        try await outcome(turn) { scene, result in
            let reply = try result.get()
            #expect(reply.outcome == .recovered)
            #expect(readings(scene).count == reading)
        }
    }

    // MARK: 37, 38

    @Test("scenario 37: a huge event and a huge state are taken")
    func huge() async throws {
        try await Scene.with {
            $0.script.knobs.stateFilling = 5 << 20
            $0.script.turns = [Turn(.preface, .large(3 << 20), .change(), .final)]
        } _: { scene in
            let reply = try await scene.titled()
            #expect(reply.outcome == .answered)
            #expect(reply.paragraphs.count == 2)
        }
    }

    @Test("scenario 38: the export takes the draft as it is then, with what was added by itself")
    func twoStages() async throws {
        try await Scene.with {
            $0.script.turns = [Turn(.answer, .secondStage(.atRead(2)))]
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let reply = try await client.send("add a title")
            let before = reply.state?.timeline?.tracks.count ?? 0
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            let after = try await client.state().timeline?.tracks.count ?? 0
            #expect(after == before + 1)
            let submitted = scene.simulator.requests.last { $0.endpoint == .renderSubmit }
            #expect(submitted?.body?.contains(#""tt":1"#) == true)
        }
    }

    // MARK: 60, 62

    @Test("scenario 60: messages that are sent at once are worked on one after the other, in order")
    func queued() async throws {
        try await Scene.with {
            $0.script.usualTurn = Turn(.wait(.seconds(60)), .answer)
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let wishes = ["add a title 'A'", "add music", "add subtitles"]
            let tasks = wishes.map { wish in
                let task = Task { try await client.send(wish) }
                return task
            }
            for task in tasks {
                let reply = try await task.value
                #expect(reply.outcome == .answered)
            }
            // A run of another program on the same session waits its turn too.
            let other = try scene.client()
            async let one = client.send("trim to 5 seconds")
            async let two = other.send("make it smaller")
            _ = try await (one, two)
            let runs = scene.simulator.requests.filter { $0.endpoint == .runSSE }
            #expect(runs.count == 5)
            for (run, next) in zip(runs, runs.dropFirst()) {
                #expect(next.time - run.time >= .seconds(60))
            }
        }
    }

    @Test("scenario 62: a long sleep during a run expires no token and sends nothing again")
    func sleep() async throws {
        let jump = Jump()
        // Both clocks of the machine: that of the run, and the calendar that tokens expire by.
        let jumping: Scene.Change = { configuration in
            let (now, date) = (configuration.clock.now, configuration.clock.unixSeconds)
            configuration.clock.now = { now() + jump.by }
            configuration.clock.unixSeconds = { date() + jump.by / .seconds(1) }
        }
        try await Scene.with(changes: [jumping]) { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            // Only a reading can tell what came of it.
            scene.play { $0.turns = [Turn(.preface, .wait(.seconds(60)), .change(), .stall)] }
            async let sending = client.send("add a title")
            try await scene.until { !scene.heard.texts.isEmpty }
            // Thirty days, beyond every limit of the run and the life of every token.
            jump.leap(.seconds(30 * 24 * 3600))
            let reply = try await sending
            #expect(reply.outcome == .recovered)
            #expect(scene.count(.runSSE) == 1)
            #expect(scene.count(.anonymousToken) == 1)
        }
    }

    private final class Jump: Sendable {
        private let time = Locked(Duration.zero)
        var by: Duration { time.withLock { $0 } }
        func leap(_ time: Duration) { self.time.withLock { $0 = time } }
    }
}
