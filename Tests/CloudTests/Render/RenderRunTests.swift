import Core
import Synchronization
import Testing

@testable import Cloud

/// A render as a dialogue.
@Suite struct RenderRunTests {
    private final class Counter: Sendable {
        let count = Locked(0)
        func next() -> String {
            count.withLock {
                $0 += 1
                return "render_\($0)"
            }
        }
    }

    private func fresh() -> RenderRun {
        let counter = Counter()
        return RenderRun(at: .zero) { counter.next() }
    }

    @Test("a render is submitted, polled every thirty seconds and downloaded")
    func happyPath() {
        var run = fresh()
        #expect(run.start(at: .zero) == .submit(id: "render_1"))
        #expect(run.take(.accepted(id: nil), at: .zero) == .wait(until: .seconds(30)))
        #expect(run.take(.time, at: .seconds(30)) == .poll(id: "render_1"))
        #expect(
            run.take(.status(RenderStatus(.running)), at: .seconds(31))
                == .wait(until: .seconds(61))
        )
        #expect(run.take(.time, at: .seconds(61)) == .poll(id: "render_1"))
        #expect(
            run.take(.status(RenderStatus(.completed, url: "u", byteCount: 7)), at: .seconds(61))
                == .download(id: "render_1", url: "u", byteCount: 7)
        )
    }

    @Test("the id that the service names is the one that is polled")
    func adoptsNamedID() {
        var run = fresh()
        _ = run.start(at: .zero)
        _ = run.take(.accepted(id: "theirs"), at: .zero)
        #expect(run.take(.time, at: .seconds(30)) == .poll(id: "theirs"))
    }

    @Test("a failed render gets one new id, and no third")
    func oneNewID() {
        var run = fresh()
        _ = run.start(at: .zero)
        _ = run.take(.accepted(id: nil), at: .zero)
        _ = run.take(.time, at: .seconds(30))
        let failed = RenderRun.Input.status(RenderStatus(.failed, problem: "no GPU"))
        #expect(run.take(failed, at: .seconds(30)) == .submit(id: "render_2"))
        _ = run.take(.accepted(id: nil), at: .seconds(31))
        #expect(run.take(.time, at: .seconds(61)) == .poll(id: "render_2"))
        #expect(run.take(failed, at: .seconds(61)) == .finish(.failed("no GPU", times: 2)))
    }

    @Test("a submission in doubt is looked for before a new id is made")
    func doubtIsLookedFor() {
        var run = fresh()
        _ = run.start(at: .zero)
        #expect(run.take(.inDoubt, at: .seconds(60)) == .wait(until: .seconds(62)))
        #expect(run.take(.time, at: .seconds(62)) == .poll(id: "render_1"))
        #expect(
            run.take(.status(RenderStatus(.running)), at: .seconds(62))
                == .wait(until: .seconds(92))
        )
        // Adopted: from now on an unknown job is a lost one, not a reason for another.
        #expect(run.take(.time, at: .seconds(92)) == .poll(id: "render_1"))
        #expect(run.take(.unknownJob, at: .seconds(92)) == .wait(until: .seconds(122)))
        #expect(run.take(.time, at: .seconds(122)) == .poll(id: "render_1"))
        #expect(run.take(.unknownJob, at: .seconds(122)) == .finish(.unknown))
    }

    @Test("a submission that the service never saw is made once more under a new id")
    func doubtIsResolved() {
        var run = fresh()
        _ = run.start(at: .zero)
        _ = run.take(.inDoubt, at: .zero)
        #expect(run.take(.time, at: .seconds(2)) == .poll(id: "render_1"))
        #expect(run.take(.unknownJob, at: .seconds(2)) == .wait(until: .seconds(12)))
        #expect(run.take(.time, at: .seconds(12)) == .poll(id: "render_1"))
        #expect(run.take(.unknownJob, at: .seconds(12)) == .submit(id: "render_2"))
        _ = run.take(.inDoubt, at: .seconds(13))
        _ = run.take(.time, at: .seconds(15))
        _ = run.take(.unknownJob, at: .seconds(15))
        _ = run.take(.time, at: .seconds(25))
        #expect(run.take(.unknownJob, at: .seconds(25)) == .finish(.neverTaken))
    }

    @Test("blips keep polling the same id until the limit, which leaves the job to be resumed")
    func stuck() {
        var run = fresh()
        _ = run.start(at: .zero)
        var action = run.take(.accepted(id: nil), at: .zero)
        var polls = 0
        var now = Duration.zero
        while case .wait(let until) = action {
            now = until
            guard run.take(.time, at: now) == .poll(id: "render_1") else { break }
            polls += 1
            action = run.take(
                polls.isMultiple(of: 2) ? .blip : .status(RenderStatus(.running)),
                at: now
            )
        }
        #expect(action == .finish(.stillRendering))
        #expect(polls == 20)
        #expect(now == .seconds(600))
    }

    @Test("a finished job without an address is polled three times more, then fetched by its id")
    func noAddress() {
        var run = fresh()
        _ = run.start(at: .zero)
        _ = run.take(.accepted(id: nil), at: .zero)
        _ = run.take(.time, at: .seconds(30))
        let done = RenderRun.Input.status(RenderStatus(.completed))
        var now = Duration.seconds(30)
        for _ in 0..<3 {
            #expect(run.take(done, at: now) == .wait(until: now + .seconds(5)))
            now += .seconds(5)
            #expect(run.take(.time, at: now) == .poll(id: "render_1"))
        }
        #expect(run.take(done, at: now) == .download(id: "render_1", url: nil, byteCount: nil))
    }

    @Test("a resumed job is polled at once and never submitted again")
    func resumed() {
        var run = RenderRun(resuming: "old", at: .seconds(5))
        #expect(run.start(at: .seconds(5)) == .poll(id: "old"))
        #expect(
            run.take(.status(RenderStatus(.failed)), at: .seconds(6))
                == .finish(.failed("", times: 1))
        )
    }

    @Test("status words are read in any case, and unknown ones mean that it goes on")
    func words() {
        for word in ["completed", "SUCCESS", "Succeeded", "done"] {
            #expect(RenderStatus.Phase(word) == .completed)
        }
        for word in ["failed", "Error"] { #expect(RenderStatus.Phase(word) == .failed) }
        #expect(RenderStatus.Phase("cancelled") == .cancelled)
        for word in ["pending", "processing", "queued", "rendering", "running", "新", ""] {
            #expect(RenderStatus.Phase(word) == .running)
        }
    }
}
