import Cloud
import Core
import Foundation
import Jobs
import Simulator
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Answers all questions alike, as a page could, and remembers them.
private final class Page: JobAnswerer {
    private let answer: JobAnswer
    private let onSignIn: @Sendable () -> Void
    private let asked = Locked<[JobQuestion]>([])

    init(_ answer: JobAnswer, onSignIn: @escaping @Sendable () -> Void = {}) {
        (self.answer, self.onSignIn) = (answer, onSignIn)
    }

    var questions: [JobQuestion] { asked.withLock { $0 } }

    var subjects: [Consent.Subject] {
        questions.compactMap {
            if case .consent(let question) = $0 { question.subject } else { nil }
        }
    }

    func answer(_ question: JobQuestion) async -> JobAnswer {
        asked.withLock { $0.append(question) }
        if case .signIn = question { onSignIn() }
        return answer
    }
}

@Suite("Jobs without a terminal")
struct JobRunTests {
    private let folder: Folder
    private let clip: FilePath

    init() throws {
        folder = try Folder()
        clip = folder.file("clip.mp4")
        try Clip(.moving, width: 192, height: 108, frames: 25)
            .write(to: clip, quality: 8, tone: Tone(seconds: 1))
    }

    private func request(_ input: FilePath? = nil) -> Request {
        Request(input: input ?? clip, target: ByteSize(bytes: 60_000), speed: .fast)
    }

    /// A job's runner beside a simulated service.
    private func withService(
        _ change: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (JobRunner, NemoSimulator) async throws -> Void
    ) async throws {
        var options = SimulatorOptions()
        (options.speed, options.product) = (300, .file(clip))
        change(&options)
        let simulator = NemoSimulator(options)
        let urls = try await simulator.start()
        let runner = JobRunner(
            environment: [
                "NEMO_API_URL": urls.api, "CINCH_STATE_DIR": folder.file("state").string,
                "NEMO_CLOCK_SPEED": "300",
            ]
        )
        do {
            try await body(runner, simulator)
        } catch {
            await simulator.stop()
            throw error
        }
        #expect(simulator.violations == [])
        await simulator.stop()
    }

    /// What a call that asks for the cloud prefers.
    private var cloud: RoutePreferences {
        var preferences = RoutePreferences()
        (preferences.policy.route, preferences.mayAsk) = (.cloud, true)
        return preferences
    }

    private func all(_ stream: JobStream<JobEvent>) async throws(Failure) -> [JobEvent] {
        var events: [JobEvent] = []
        for try await event in stream { events.append(event) }
        return events
    }

    @Test("a file is made here, its progress is told, and the last event has the report")
    func here() async throws {
        let runner = JobRunner(environment: ["CINCH_STATE_DIR": folder.file("state").string])
        let events = try await all(runner.start(try runner.job(request())))
        guard case .finished(.local(let report))? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(report.bytes <= 60_000 && FilePath(report.output).byteCount == report.bytes)
        #expect(events.contains { if case .local(.progress) = $0 { true } else { false } })
        #expect(!events.contains { if case .service = $0 { true } else { false } })
        #expect(History(["CINCH_STATE_DIR": folder.file("state").string])?.entries.count == 1)
    }

    @Test("a file goes through the cloud where a page agrees, and nothing is asked twice")
    func there() async throws {
        try await withService { runner, simulator in
            let page = Page(.yes)
            let events = try await all(
                runner.start(try runner.job(request(), cloud), answerer: page)
            )
            #expect(page.subjects == [.network, .upload] && page.questions.count == 2)
            #expect(simulator.count(.upload) == 1)
            guard case .route(let decision, isExplained: true)? = events.first,
                case .finished(.cloud(let file))? = events.last
            else {
                Issue.record("\(events)")
                return
            }
            #expect(decision.first?.way == .cloud && file.path.byteCount <= 60_000)
            #expect(
                events.contains { if case .service(.rendering) = $0 { true } else { false } }
            )
        }
    }

    @Test("without an agreement it is made here, which is told with the reason")
    func refused() async throws {
        try await withService { runner, simulator in
            let events = try await all(
                runner.start(try runner.job(request(), cloud), answerer: Page(.no))
            )
            #expect(simulator.requests.isEmpty)
            let change = events.compactMap { event -> Failure.Kind? in
                if case .changedRoute(to: .local, let failure) = event { failure.kind } else { nil }
            }
            #expect(change == [.denied])
            guard case .finished(.local)? = events.last else {
                Issue.record("\(events)")
                return
            }
        }
    }

    @Test(
        "a refusal that an account would lift is a question, and after a yes the cloud is tried again",
        arguments: [JobAnswer.yes, .no]
    )
    func signIn(answer: JobAnswer) async throws {
        try await withService {
            $0.script = Scenario.numbered(13) ?? Scenario()
        } _: { runner, simulator in
            let page = Page(answer) { simulator.play(Scenario()) }
            var preferences = cloud
            preferences.agrees = true
            let events = try await all(
                runner.start(try runner.job(request(), preferences), answerer: page)
            )
            #expect(page.questions.count == 1)
            guard case .signIn(let address, let refusal)? = page.questions.first else {
                Issue.record("\(page.questions)")
                return
            }
            #expect(address.hasPrefix("http") && refusal.contains("plan"))
            switch events.last {
            case .finished(.cloud): #expect(answer == .yes)
            case .finished(.local): #expect(answer == .no)
            default: Issue.record("\(events)")
            }
        }
    }

    @Test("a listener that ends early ends the job, and hears of it when nothing is left")
    func stopped() async throws {
        let long = folder.file("long.mp4")
        try Clip(.moving, width: 640, height: 360, frames: 500).write(to: long, quality: 8)
        let runner = JobRunner(environment: [:])
        var request = request(long)
        request.speed = .best
        let job = try runner.job(request)
        let listener = Task { () -> Failure? in
            do throws(Failure) {
                for try await event in runner.start(job) {
                    if case .local(.progress) = event {
                        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                    }
                }
                return nil
            } catch { return error }
        }
        #expect(await listener.value?.kind == .interrupted)
        #expect(folder.names == ["clip.mp4", "long.mp4"])
    }

    @Test("several files are told of one by one, and the last event has the report of all")
    func batch() async throws {
        let broken = folder.file("broken.mov")
        try broken.write(Data("no video".utf8))
        let items = BatchItem.items(
            for: [BatchNames.Found(clip), BatchNames.Found(broken)],
            wish: request(),
            purpose: "small",
            folder: folder.file("out")
        )
        let runner = JobRunner(environment: [:])
        var ends: [String: Bool] = [:]
        var report: BatchReport?
        for try await event in runner.start(BatchJob(items)) {
            switch event {
            case .finished(let file): ends[file.name] = file.output != nil
            case .ended(let all): report = all
            default: break
            }
        }
        #expect(ends == ["clip.mp4": true, "broken.mov": false])
        #expect(report?.done == 1 && report?.exitCode == Failure.Kind.unreadable.exitCode)
        #expect(folder.file("out/clip-small.mp4").exists)
    }
}
