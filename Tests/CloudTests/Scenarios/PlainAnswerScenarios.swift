import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Answers that say nothing, say too much, or say that they are over when they are not: scenarios 17, 23
/// and 63 of §19.
@Suite struct PlainAnswerScenarios {
    // MARK: 17

    static let hollow: [Behaviour] = [
        .json(200, ["code": 0, "data": .null]), .json(200, ["code": 0]),
        .json(200, ["code": 0, "data": "done"]), .json(200, ["success": true, "data": .null]),
    ]

    @Test("scenario 17: a success without a payload is no empty project and no empty account")
    func hollowAnswers() async throws {
        for hollow in Self.hollow {
            try await Scene.with {
                $0.script[.state] = [hollow.forever]
                $0.script[.credits] = [hollow.forever]
            } _: { scene in
                let client = try scene.client()
                try await client.connect()
                let state = await scene.error { _ = try await client.state() }
                #expect(state?.kind == .malformed)
                let credits = await scene.error { _ = try await client.credits() }
                #expect(credits?.kind == .malformed)
                let export = await scene.error {
                    _ = try await client.export(to: scene.folder.file("out.mp4"))
                }
                #expect(export?.kind == .malformed)
            }
        }
    }

    @Test(
        "scenario 17: a reading without a payload does not end the ladder, nor is it told as a change"
    )
    func hollowReadings() async throws {
        for hollow in Self.hollow {
            try await Scene.with {
                $0.script.turns = [Turn(.preface, .change(.atRead(2)), .cut(.midEvent))]
                $0.script[.state] = [.normal, hollow, .normal, hollow]
            } _: { scene in
                let client = try scene.client()
                _ = try await client.upload([try scene.video()])
                let reply = try await client.send("add a title 'Urban Dreams'")
                #expect(reply.outcome == .recovered)
                #expect(reply.changes.contains { $0.contains("Urban Dreams") })
                #expect(!reply.changes.contains { $0.contains("removed") || $0.contains("empty") })
                #expect(scene.count(.state) == 5)
            }
        }
    }

    @Test("a balance without numbers is nothing, not an error")
    func emptyBalance() async throws {
        try await Scene.with {
            $0.script[.credits] = [.json(200, ["code": 0, "data": [:]])]
        } _: { scene in
            let credits = try await scene.client().credits()
            #expect(credits.available == 0)
        }
    }

    // MARK: 63

    @Test("scenario 63: an agent that repeats a secret is not repeated")
    func repeatedSecrets() async throws {
        try await Scene.with(environment: ["NEMO_CLIENT_ID": "machine-4711-blue"]) { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.link()
            let secrets = scene.simulator.secrets
            #expect(secrets.count >= 3)
            let words = "yours: \(secrets.joined(separator: ", ")). Bearer of good news: a title."
            scene.play {
                $0.turns = [Turn(.text(words), .change(), .final)]
            }
            // The title is told as a change, and stands in the timeline and in the final words.
            let title = secrets.first { $0.hasPrefix("nmv_usr_") } ?? ""
            let reply = try await client.send("add a title '\(title)'")
            #expect(reply.paragraphs.first?.hasPrefix("yours: …") == true)
            #expect(reply.paragraphs.first?.hasSuffix("Bearer of good news: a title.") == true)
            #expect(reply.changes.contains { $0.contains("…") })
            let told = "\(reply) \(scene.heard.text)"
            #expect(!secrets.contains { told.contains($0) })
        }
    }

    // MARK: 23

    @Test("an end that is spoken of is no end while events come: what follows is heard and done")
    func goodbyeTooEarly() async throws {
        let patient: Scene.Change = { $0.runLimits.farewell = .seconds(300) }
        try await Scene.with(speed: 100, changes: [patient]) {
            $0.script.turns = [
                Turn(
                    .preface,
                    .raw("data: [DONE]\n\n"),
                    .wait(.seconds(20)),
                    .change(),
                    .final,
                    whenLeft: .workStops
                )
            ]
        } _: { scene in
            let reply = try await scene.titled()
            #expect(reply.outcome == .answered)
            #expect(reply.paragraphs.count == 2)
            #expect(!reply.changes.isEmpty)
        }
    }

    @Test(
        "after an end that is spoken of an open connection is waited for a little, and not read for"
    )
    func goodbyeAndSilence() async throws {
        for word in [
            "data: [DONE]\n\n", "event: done\ndata: {}\n\n", "data: {\"type\":\"done\"}\n\n",
        ] {
            try await Scene.with {
                $0.script.turns = [Turn(.preface, .change(), .final, .raw(word), .stall)]
            } _: { scene in
                let reply = try await scene.titled()
                #expect(reply.outcome == .answered)
                #expect(reply.paragraphs.count == 2)
                #expect(scene.heard.count(.recovering) == 0)
                #expect(scene.asked.suffix(3) == [.state, .runSSE, .state])
            }
        }
    }

    @Test("a step that is complete does not end the run")
    func completeStep() async throws {
        try await Scene.with {
            $0.script.turns = [
                Turn(
                    .preface,
                    .raw("event: complete\ndata: {}\n\ndata: {\"type\":\"end\"}\n\n"),
                    .wait(.seconds(100)),
                    .change(),
                    .final,
                    whenLeft: .workStops
                )
            ]
        } _: { scene in
            let reply = try await scene.titled()
            #expect(reply.outcome == .answered)
            #expect(reply.paragraphs.count == 2)
        }
    }
}
