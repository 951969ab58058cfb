import Core
import Foundation
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// Renders and their files: scenarios 47 to 58 of §19.
@Suite struct RenderScenarios {
    /// A session with a clip that was edited, ready to be exported.
    private func ready(
        hasTimers: Bool = false,
        limitSpeed: Double = 1,
        changes: [Scene.Change] = [],
        _ options: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (Scene, CloudSession) async throws -> Void
    ) async throws {
        try await Scene.with(hasTimers: hasTimers, changes: changes, options) { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            _ = try await client.send("compress this video")
            try await body(scene, try scene.client(limitSpeed: limitSpeed))
            let leftovers = scene.folder.names.filter { $0.hasPrefix(".cinch") }
            #expect(leftovers.isEmpty)
        }
    }

    private func ids(_ scene: Scene) -> [String] {
        scene.simulator.requests.filter { $0.endpoint == .renderSubmit }.compactMap {
            guard let body = $0.body, let json = try? JSONDocument(Array(body.utf8)) else {
                return nil
            }
            return json.root["id"]?.string
        }
    }

    // MARK: 47, 48

    @Test(
        "scenario 47: without anything on the timeline nothing is rendered",
        arguments: [Knobs.DraftForm.null, .empty, .absent, .emptySegments]
    )
    func notReady(_ form: Knobs.DraftForm) async throws {
        try await Scene.with {
            $0.script.knobs.draftForm = form
        } _: { scene in
            let client = try scene.client()
            _ = try await client.upload([try scene.video()])
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .nothingToExport)
            #expect(error?.what == "There is nothing to export yet")
            #expect(scene.count(.renderSubmit) == 0)
        }
    }

    @Test(
        "scenario 48: the draft goes back byte for byte",
        arguments: [Knobs.DraftForm.object, .string]
    )
    func draftFidelity(_ form: Knobs.DraftForm) async throws {
        // The simulator compares the bytes and complains where one differs.
        try await ready {
            $0.script.knobs.draftForm = form
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            let sent = scene.simulator.requests.last { $0.endpoint == .renderSubmit }
            #expect(sent?.body?.contains("9007199254740993") == true)
            #expect(sent?.body?.contains("1.0E+2") == true)
        }
    }

    @Test("a height that was asked for is passed on, and none otherwise")
    func height() async throws {
        try await ready { scene, client in
            _ = try await client.export(to: scene.folder.file("small.mp4"), height: 720)
            _ = try await client.export(to: scene.folder.file("usual.mp4"))
            let bodies = scene.simulator.requests.filter { $0.endpoint == .renderSubmit }
                .compactMap(\.body)
            #expect(bodies.map { $0.contains(#""resolution":"720p""#) } == [true, false])
        }
    }

    // MARK: 49, 50, 51, 52

    @Test("scenario 49: a render that never ends is left after ten minutes and can be taken up")
    func stuck() async throws {
        try await ready(hasTimers: true) {
            $0.script.usualRender.course = .stuck
        } _: { scene, client in
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .stillRendering)
            #expect(error?.advice.contains("cinch jobs --resume") == true)
            #expect(scene.count(.renderSubmit) == 1)
            #expect(client.jobs().map(\.renderID) == ids(scene))
            #expect(!scene.folder.file("out.mp4").exists)
        }
    }

    @Test("scenario 50: a failed render is made again under a new id, once")
    func failedOnce() async throws {
        try await ready {
            $0.script.renders = [.failing("no GPU")]
            $0.script.usualRender = .stepwise
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(Set(ids(scene)).count == 2)
            #expect(client.jobs().isEmpty)
        }
        try await ready {
            $0.script.usualRender = .failing("no GPU")
        } _: { scene, client in
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .renderFailed(.twice))
            #expect(error?.why == "the service could not render it, twice (no GPU)")
            #expect(Set(ids(scene)).count == 2)
            #expect(client.jobs().isEmpty)
        }
    }

    @Test("scenario 50b: a result is measured, and one that its reader refuses is not kept")
    func unusable() async throws {
        try await ready { scene, client in
            let measured = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(measured.byteCount == 15)
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("second.mp4")) { path in
                    #expect(path.byteCount == 15)
                    throw Failure(.unreadable, "It is no video", advice: "Do it here.")
                }
            }
            #expect(error?.kind == .resultUnusable)
            #expect(error?.why.contains("It is no video") == true)
            #expect(error?.advice.contains("compress locally") == true)
            #expect(!scene.folder.file("second.mp4").exists)
        }
    }

    @Test("scenario 50b: an empty result is never a file")
    func empty() async throws {
        try await ready {
            $0.product = .bytes([])
        } _: { scene, client in
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .resultUnusable)
            #expect(!scene.folder.file("out.mp4").exists)
        }
    }

    @Test("scenario 51: an id that the service says to have already is adopted, not repeated")
    func duplicate() async throws {
        try await ready {
            $0.script[.renderSubmit] = [Behaviour.refuse(409).afterWork]
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(scene.count(.renderSubmit) == 1)
        }
    }

    @Test("scenario 52: a submission whose answer was lost is adopted, not repeated")
    func submissionLost() async throws {
        for lost in [
            Behaviour.status(504), .close(resetting: true), .html(502), .spoiled(.truncated),
        ] {
            for adopts in [true, false] {
                try await ready {
                    $0.script.usualRender.adoptsDuplicates = adopts
                    $0.script[.renderSubmit] = [lost.afterWork]
                } _: { scene, client in
                    _ = try await client.export(to: scene.folder.file("out.mp4"))
                    #expect(scene.count(.renderSubmit) == 1)
                }
            }
        }
    }

    @Test("scenario 51: a submission that the service never saw is made under another id")
    func submissionNeverSeen() async throws {
        try await ready {
            $0.script[.renderSubmit] = [.refuse(409)]
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(Set(ids(scene)).count == 2)
            #expect(scene.count(.renderSubmit) == 2)
        }
    }

    @Test("exports of one session wait for each other, within a program and between two")
    func oneAtATime() async throws {
        try await ready { scene, client in
            let other = try scene.client()
            async let one = client.export(to: scene.folder.file("1.mp4"))
            async let two = client.export(to: scene.folder.file("2.mp4"))
            async let three = other.export(to: scene.folder.file("3.mp4"))
            for file in [try await one, try await two, try await three] {
                #expect(file.path.byteCount == 15)
            }
            #expect(Set(ids(scene)).count == 3)
            // None is submitted before the file of the one before it is there.
            let work = scene.asked.filter { [.renderSubmit, .file].contains($0) }
            #expect(work == [.renderSubmit, .file, .renderSubmit, .file, .renderSubmit, .file])
        }
    }

    // MARK: 53, 54

    @Test("scenario 53: polls that fail go on with the same id")
    func blips() async throws {
        // A poll without an answer is given up after a second and a half.
        try await ready(limitSpeed: 20) {
            $0.script.usualRender = .stepwise
            $0.script[.renderPoll] = [
                .status(502), .normal, .close(), .silence, .spoiled(.truncated), .refuse(429),
                .refuse(408),
            ]
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(scene.count(.renderSubmit) == 1)
            let paths = scene.simulator.requests.filter { $0.endpoint == .renderPoll }.map(\.path)
            #expect(Set(paths).count == 1)
            #expect(paths.count >= 9)
        }
    }

    @Test("scenario 54: progress never goes back, however it is told")
    func progress() async throws {
        try await ready {
            $0.script.usualRender.course = .polls([
                .init("queued", nil), .init("PROCESSING", "40"), .init("rendering", 0.55),
                .init("processing", 20), .init("mystery", 150), .init("processing", -3),
            ])
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            let shown = scene.heard.events.compactMap {
                if case .rendering(let fraction) = $0 { fraction } else { nil }
            }
            #expect(shown == shown.sorted())
            #expect(shown.allSatisfy { (0...1).contains($0) })
            #expect(shown.contains(0.4) && shown.contains(0.55))
        }
    }

    // MARK: 55, 56

    @Test(
        "scenario 55: a finished render without a usable address is fetched from the service itself",
        arguments: [RenderScript.Address.late(polls: 2), .never, .wrong]
    )
    func noAddress(_ address: RenderScript.Address) async throws {
        try await ready {
            $0.script.usualRender.address = address
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(scene.count(.renderDownload) == (address == .late(polls: 2) ? 0 : 1))
        }
    }

    @Test(
        "scenario 55: an address that has expired is not tried for long, and costs no token",
        arguments: [401, 402, 403, 410]
    )
    func expired(_ status: Int) async throws {
        try await ready {
            $0.script[.file] = [.status(status, type: "application/xml", "<Error/>").forever]
        } _: { scene, client in
            _ = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(scene.count(.file) == 1)
            #expect(scene.count(.renderDownload) == 1)
            #expect(scene.count(.anonymousToken) == 1)
        }
    }

    @Test(
        "scenario 56: a download that breaks off goes on where it stopped",
        arguments: [true, false]
    )
    func resumed(_ hasRanges: Bool) async throws {
        let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
        try await ready {
            $0.product = .bytes(bytes)
            $0.script.knobs.ranges = hasRanges
            $0.script[.file] = [.truncated(at: 0.5), .truncated(at: 0.5, resetting: true)]
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 500_000)
            #expect(try result.path.contents() == Data(bytes))
            let ranges = scene.simulator.requests.filter { $0.endpoint == .file }.map {
                $0["range"]
            }
            #expect(ranges.count == 3)
            #expect(ranges.first == .some(nil))
            #expect(ranges[1]?.hasPrefix("bytes=") == true)
        }
    }

    @Test("scenario 56: a download of the wrong length is not taken for the file")
    func wrongLength() async throws {
        try await ready {
            $0.script[.file] = [Behaviour.normal.delivered { $0.lengthError = 5 }.forever]
            $0.script[.renderDownload] = [Behaviour.normal.delivered { $0.lengthError = 5 }.forever]
        } _: { scene, client in
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.failure.kind == .unavailable)
            #expect(scene.count(.file) == 4)
            #expect(scene.count(.renderDownload) == 4)
            #expect(!scene.folder.file("out.mp4").exists)
            // It can be asked for again.
            #expect(client.jobs().count == 1)
        }
    }

    @Test("scenario 56: a download that is moved to another host takes no token along")
    func moved() async throws {
        try await ready { scene, client in
            // The simulator complains if its file host hears a token.
            scene.play {
                $0.usualRender.address = .never
                $0[.renderDownload] = [.redirect(to: "\(scene.urls.files)/nothing.mp4")]
            }
            let error = await scene.error {
                _ = try await client.export(to: scene.folder.file("out.mp4"))
            }
            #expect(error?.kind == .notFound)
            #expect(scene.count(.file) == 1)
        }
    }

    @Test("scenario 56: a page in the place of the file is not the file")
    func page() async throws {
        try await ready {
            $0.script[.file] = [.html(200)]
        } _: { scene, client in
            let result = try await client.export(to: scene.folder.file("out.mp4"))
            #expect(result.byteCount == 15)
            #expect(scene.count(.renderDownload) == 1)
        }
    }

    @Test(
        "a destination that is taken is refused before anything is rendered, and replaced if asked"
    )
    func destination() async throws {
        try await ready { scene, client in
            let taken = try scene.video("out.mp4")
            let count = scene.simulator.requests.count
            let error = await scene.error { _ = try await client.export(to: taken) }
            #expect(error?.kind == .destination(isTaken: true))
            #expect(error?.failure.kind == .output)
            let nowhere = scene.folder.file("none").appending("out.mp4")
            let lost = await scene.error { _ = try await client.export(to: nowhere) }
            #expect(lost?.kind == .destination(isTaken: false))
            #expect(lost?.advice.contains("a folder that is there") == true)
            #expect(scene.simulator.requests.count == count)
            #expect(taken.byteCount == 2000)
            _ = try await client.export(to: taken, overwrites: true)
            #expect(taken.byteCount == 15)
        }
    }

    // MARK: 57, 58

    @Test("scenario 57: a render that an earlier run left is taken up by its id")
    func orphaned() async throws {
        try await ready {
            $0.script.usualRender.course = .timed(seconds: 500)
        } _: { scene, client in
            let short: Scene.Change = { $0.renderLimits.whole = .seconds(60) }
            var hasty = scene
            hasty.changes = [short]
            let impatient = try hasty.client()
            let out = scene.folder.file("out.mp4")
            let error = await scene.error { _ = try await impatient.export(to: out) }
            #expect(error?.kind == .stillRendering)
            // Another program starts.
            let next = try scene.client()
            let job = try #require(next.jobs().first)
            #expect(job.source == "a.mp4")
            #expect(job.destination == out.string)
            let result = try await next.resume(job)
            #expect(result?.path == out)
            #expect(out.byteCount == 15)
            #expect(scene.count(.renderSubmit) == 1)
            #expect(next.jobs().isEmpty)
        }
    }

    @Test("scenario 57: the job is written down before it is submitted, and forgotten after a day")
    func writtenBefore() async throws {
        try await ready { scene, client in
            scene.play { $0[.renderSubmit] = [.silence] }
            let exporting = Task { try await client.export(to: scene.folder.file("out.mp4")) }
            try await scene.until { !ids(scene).isEmpty }
            #expect(client.jobs().map(\.renderID) == ids(scene))
            var later = scene
            later.skew = 25 * 3600
            #expect(try later.client().jobs().isEmpty)
            exporting.cancel()
            _ = await exporting.result
        }
    }

    @Test("scenario 57: a job that the service does not know any more is forgotten")
    func gone() async throws {
        try await ready { scene, client in
            let job = JobRecord(
                renderID: "render_gone",
                sessionID: "1",
                submitted: Date().timeIntervalSince1970,
                source: "a.mp4",
                destination: scene.folder.file("out.mp4").string,
                api: scene.urls.api
            )
            let records = Records(
                folder: client.client.configuration.folder,
                api: scene.urls.api,
                now: { Date().timeIntervalSince1970 }
            )
            try records.save(job)
            #expect(client.jobs() == [job])
            let error = await scene.error { _ = try await client.resume(job) }
            #expect(error?.why == "the service lost the job")
            #expect(client.jobs().isEmpty)
        }
    }

    /// Where a person may press Ctrl-C.
    static let stages: [Endpoint] = [
        .anonymousToken, .withSession, .upload, .state, .runSSE, .credits, .claimToken,
        .renderSubmit, .renderPoll, .file, .renderDownload,
    ]

    /// Nothing is waited for where a person wants to stop; a machine that is busy may be late once.
    static let atOnce = Duration.milliseconds(500)

    @Test("scenario 58: stopping at any stage ends at once and leaves nothing", arguments: stages)
    func cancelled(_ stage: Endpoint) async throws {
        let times = try await triedUntilFast {
            var time = Duration.zero
            try await Scene.with {
                $0.script[stage] = [.silence]
                if stage == .renderDownload { $0.script.usualRender.address = .never }
            } _: { scene in
                let client = try scene.client()
                let work = Task { try await scene.everything(client) }
                try await scene.until { scene.count(stage) > 0 }
                try await Task.sleep(for: .milliseconds(5))
                time = try await cancelling(scene, work)
                // What the service has not heard of may be on its way: it is asked again.
                let wishes = [.renderSubmit: 2, .renderPoll: 1][stage] ?? 0
                #expect(scene.count(.renderCancel) == wishes)
                // What is rendered already can be fetched later.
                let isRendered = [.file, .renderDownload].contains(stage)
                #expect(client.jobs().isEmpty != isRendered)
                #expect(
                    scene.folder.names == ["a.mp4", "state"] || scene.folder.names == ["state"]
                )
                // The next command is not held up by what was left.
                _ = try await scene.client().credits()
            }
            return time
        }
        #expect(times.contains { $0 < Self.atOnce }, "\(times)")
    }

    @Test("scenario 58: stopping ends every wait, and not when its time has come")
    func cancelledInWaits() async throws {
        let times = try await triedUntilFast {
            var longest = Duration.zero
            // In real time: half a minute for a 429, and as long before a state is read.
            try await Scene.with(speed: 1) {
                $0.script.turns = [Turn(.preface, .cut(.betweenEvents))]
                $0.script[.credits] = [.refuse(429)]
            } _: { scene in
                let client = try scene.client()
                _ = try await client.upload([try scene.video()])
                let limited = Task { _ = try await client.credits() }
                try await scene.until { scene.heard.count(.limited(wait: .seconds(30))) > 0 }
                longest = try await cancelling(scene, limited)
                let torn = Task { _ = try await client.send("add a title") }
                try await scene.until { scene.heard.count(.recovering) > 0 }
                longest = max(longest, try await cancelling(scene, torn))
                #expect(scene.count(.credits) == 1)
                #expect(scene.count(.runSSE) == 1)
            }
            return longest
        }
        #expect(times.contains { $0 < Self.atOnce }, "\(times)")
    }

    /// Cancels some work and measures how long it takes to end.
    private func cancelling<Value: Sendable>(
        _ scene: Scene,
        _ work: Task<Value, any Error>
    ) async throws -> Duration {
        let start = ContinuousClock.now
        work.cancel()
        let error = await scene.error { _ = try await work.value }
        let time = ContinuousClock.now - start
        #expect(error?.kind == .cancelled)
        #expect(error?.failure.kind == .interrupted)
        return time
    }

    /// Repeats a measurement until it is short, five times at most.
    private func triedUntilFast(_ measure: () async throws -> Duration) async throws -> [Duration] {
        var times: [Duration] = []
        while times.count < 5 {
            times.append(try await measure())
            if times.last.map({ $0 < Self.atOnce }) == true { break }
        }
        return times
    }

    @Test("scenario 58: a submission that arrives after the wish to stop it is stopped as well")
    func cancelledOnTheWay() async throws {
        try await ready {
            $0.script[.renderSubmit] = [.silence.afterWork]
            $0.script[.renderCancel] = [.refuse(404)]
        } _: { scene, client in
            let work = Task { try await client.export(to: scene.folder.file("out.mp4")) }
            try await scene.until { scene.count(.renderSubmit) > 0 }
            _ = try await cancelling(scene, work)
            #expect(scene.count(.renderCancel) == 2)
            #expect(client.jobs().isEmpty)
        }
    }

    @Test("scenario 58: stopping between two polls cancels the render at the service")
    func cancelledWhileWaiting() async throws {
        try await ready {
            $0.script.usualRender.course = .stuck
        } _: { scene, client in
            let work = Task { try await client.export(to: scene.folder.file("out.mp4")) }
            try await scene.until { scene.count(.renderPoll) >= 2 }
            work.cancel()
            let error = await scene.error { _ = try await work.value }
            #expect(error?.kind == .cancelled)
            #expect(scene.count(.renderCancel) == 1)
            #expect(client.jobs().isEmpty)
        }
    }
}
