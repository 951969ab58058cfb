import Foundation
import Simulator
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Renders that an earlier run left behind, and the exports that find them: scenario 57 of §19.
@Suite struct LeftBehindScenarios {
    /// A session whose render was left behind by a program that did not wait for it.
    private func left(
        _ course: RenderScript.Course,
        _ body: (Scene, CloudSession, JobRecord) async throws -> Void
    ) async throws {
        try await Scene.with {
            $0.script.usualRender.course = course
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("compress this video")
            var hasty = scene
            hasty.changes = [{ $0.renderLimits.whole = .seconds(30) }]
            let impatient = try hasty.client()
            let error = await scene.error {
                _ = try await impatient.export(
                    to: scene.folder.file("out.mp4"),
                    wishedBytes: 100,
                    original: LocalFile(at: scene.folder.file("a.mp4").string)
                )
            }
            #expect(error?.kind == .stillRendering)
            let next = try scene.client()
            try await body(scene, next, try #require(next.jobs().first))
        }
    }

    @Test("scenario 57: an export of the same timeline takes up the render that was left behind")
    func adopted() async throws {
        try await left(.timed(seconds: 300)) { scene, client, job in
            #expect(job.wishedBytes == 100 && job.original?.bytes == 2000)
            let other = scene.folder.file("other.mp4")
            let result = try await client.export(to: other)
            #expect(result.renderID == job.renderID)
            #expect(other.byteCount == 15)
            #expect(scene.count(.renderSubmit) == 1)
            #expect(scene.heard.count(.adopted) == 1)
            #expect(client.jobs().isEmpty)
        }
    }

    @Test("scenario 57: a render left behind with other lines is not taken for the one wanted")
    func otherHeight() async throws {
        try await left(.timed(seconds: 300)) { scene, client, job in
            let result = try await client.export(to: scene.folder.file("small.mp4"), height: 720)
            #expect(result.renderID != job.renderID)
            #expect(scene.count(.renderSubmit) == 2)
            #expect(client.jobs() == [job])
        }
    }

    @Test("scenario 57: an export of another timeline waits until the earlier render is over")
    func queued() async throws {
        try await left(.polls((0..<6).map { _ in .init("processing", 50) })) { scene, client, job in
            _ = try await client.send("add a title")
            let result = try await client.export(to: scene.folder.file("other.mp4"))
            #expect(result.renderID != job.renderID)
            let submits = scene.simulator.requests.filter { $0.endpoint == .renderSubmit }
            #expect(submits.count == 2)
            let polls = scene.simulator.requests.filter {
                $0.endpoint == .renderPoll && $0.path.contains(job.renderID)
            }
            // The last of them found it done, and the other one was submitted after that.
            #expect(polls.count == 7)
            #expect(polls.allSatisfy { $0.number < submits[1].number })
            #expect(scene.heard.count(.queued) == 1)
            // The earlier one can be had all the same.
            #expect(try await client.phase(of: job) == .completed)
            _ = try await client.resume(job)
            #expect(scene.folder.file("out.mp4").byteCount == 15)
        }
    }

    @Test("an export that is stopped while it waits for an earlier render leaves no job of its own")
    func stoppedInQueue() async throws {
        try await left(.stuck) { scene, client, job in
            _ = try await client.send("add a title")
            scene.play { $0[.renderPoll] = [.silence] }
            let polls = scene.count(.renderPoll)
            let work = Task { try await client.export(to: scene.folder.file("other.mp4")) }
            try await scene.until { scene.count(.renderPoll) > polls }
            work.cancel()
            let error = await scene.error { _ = try await work.value }
            #expect(error?.kind == .cancelled)
            #expect(client.jobs() == [job])
            #expect(scene.count(.renderSubmit) == 1)
        }
    }

    @Test("scenario 57: a render that the same file is to replace is stopped and forgotten")
    func replaced() async throws {
        try await left(.stuck) { scene, client, job in
            scene.play { $0.usualRender = .stepwise }
            _ = try await client.send("add a title")
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.renderID != job.renderID)
            #expect(scene.count(.renderCancel) == 1)
            #expect(client.jobs().isEmpty)
        }
    }

    @Test("scenario 57: a job that never reached the service, or failed there, is made anew, once")
    func madeAnew() async throws {
        for isLost in [true, false] {
            try await left(.stuck) { scene, client, job in
                scene.play {
                    $0.usualRender = .stepwise
                    $0[.renderPoll] =
                        isLost
                        ? [.refuse(404).times(3)]
                        : [.json(200, ["status": "failed", "error": "no GPU"])]
                }
                let result = try await client.export(to: scene.folder.file("out.mp4"))
                #expect(result.renderID != job.renderID)
                #expect(scene.count(.renderSubmit) == 2)
                #expect(client.jobs().isEmpty)
            }
        }
    }

    @Test(
        "scenario 57: a render that another run fetches meanwhile is waited for, and not fetched again"
    )
    func fetchedMeanwhile() async throws {
        try await left(.timed(seconds: 300)) { scene, client, job in
            let folder = client.client.configuration.folder
            let lock = try await StateLock("export-\(job.sessionID)", in: folder)
            let work = Task { try await client.resume(job, overwrites: true) }
            try await scene.until { scene.heard.count(.waitingForOther) == 1 }
            client.records.forget(jobID: job.renderID)
            let requests = scene.simulator.requests.count
            lock.release()
            #expect(try await work.value == nil)
            #expect(scene.simulator.requests.count == requests)
            #expect(!scene.folder.file("out.mp4").exists)
        }
    }

    @Test("a render left behind that fails, or was cancelled, is not said to have failed twice")
    func failedOnce() async throws {
        for (status, why) in [
            ("failed", "the service could not render it (no GPU)"),
            ("cancelled", "the render was cancelled"),
        ] {
            try await left(.stuck) { scene, client, job in
                scene.play {
                    let answer: JSON = ["status": .string(status), "error": "no GPU"]
                    $0[.renderPoll] = [.json(200, answer)]
                }
                let error = await scene.error { _ = try await client.resume(job) }
                #expect(error?.why == why)
                #expect(error?.advice == "Export again, or compress locally with 'cinch'.")
                #expect(client.jobs().isEmpty)
            }
        }
    }

    @Test("a render that another run is at work on is not there to be taken up")
    func elsewhere() async throws {
        try await left(.stuck) { scene, client, job in
            #expect(await !client.isBeingExported(job))
            let other = try scene.client()
            let work = Task { try await other.resume(job) }
            try await scene.until { scene.heard.events.last == .rendering(0.4) }
            #expect(await client.isBeingExported(job))
            work.cancel()
            _ = await work.result
            #expect(await !client.isBeingExported(job))
        }
    }
}
