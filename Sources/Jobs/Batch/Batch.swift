import Cloud
package import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// Several files made in one call: a few at once, none of them stopping the others.
package final class Batch: Sendable {
    /// What happens on the way, in order for each file.
    package enum Event: Sendable {
        /// Whoever was to be asked has answered: files are begun from here on.
        case ready
        /// Looked at, for the division of a total.
        case looked(BatchItem)
        case begun(BatchItem)
        /// On its way, here or through the cloud.
        case job(BatchItem, JobEvent)
        case finished(BatchFile)
        /// Of all files together.
        case shared(JobEvent)
        /// The last of a stream.
        case ended(BatchReport)
    }

    private struct State {
        var next = 0
        var outcomes: [Int: BatchOutcome] = [:]
        var ways: [Int: FileWay] = [:]
        /// For a total: what is known of each, by number.
        var demands: [Int: Demand] = [:]
        /// What was given to files that are being made.
        var given: [Int: Int] = [:]
    }

    private let items: [BatchItem]
    private let jobs: Int
    private let total: Int?
    private let limits: Compressor.Limits
    private let compressor: Compressor
    /// Nil where all is made here.
    private let routes: BatchRoutes?
    /// The places for work on this machine.
    private let seats: Turnstile
    private let ledger: Ledger
    /// Where receipts are kept; nil where none are wanted.
    private let history: History?
    private let isResumed: Bool
    private let leavesFitting: Bool
    private let events: @Sendable (Event) -> Void
    private let state = Locked(State())

    /// `seats`, where others too wait for places on this machine, are as many as the job's.
    init(
        _ job: BatchJob,
        routes: BatchRoutes? = nil,
        seats: Turnstile? = nil,
        ledger: Ledger,
        history: History? = nil,
        events: @escaping @Sendable (Event) -> Void
    ) {
        items = job.items
        jobs = seats == nil ? max(1, min(job.jobs, items.count)) : job.jobs
        (total, isResumed, leavesFitting) = (job.total, job.isResumed, job.leavesFitting)
        self.routes = routes
        self.seats = seats ?? Turnstile(places: jobs)
        (self.ledger, self.history) = (ledger, history)
        self.events = events
        let folder = items.first.map { $0.request.destination.removingLastComponent() } ?? "."
        limits = job.limits.shared(among: jobs, folder: folder.isEmpty ? "." : folder)
        compressor = Compressor(limits: limits)
    }

    /// Asks what is to be asked, and makes the files; where the task is cancelled, those that are finished by then.
    ///
    /// Throws: `Failure` of kind `.unreachable` where a total is too small for all, before anything is made, and
    /// `.interrupted` where the task was cancelled by then.
    package func run() async throws(Failure) -> BatchReport {
        await routes?.ask(items)
        if Task.isCancelled { throw .interrupted }
        events(.ready)
        let folders = NewFolders(for: items.map(\.request))
        // What a closed terminal leaves in the cloud is to find its place there.
        defer {
            if routes?.stopSignal() ?? SIGINT == SIGINT { folders.removeEmpty() }
        }
        return try await make()
    }

    /// Makes the files; where the task is cancelled, those that are finished by then.
    ///
    /// Throws: `Failure` of kind `.unreachable` where a total is too small for all, before anything is made.
    func make() async throws(Failure) -> BatchReport {
        let clock = ContinuousClock()
        let start = clock.now
        if isResumed { leaveOutWhatIsMade() }
        if total != nil { try await look() }
        // Whoever waits for the cloud keeps nobody from this machine.
        await inParallel(jobs + (routes == nil ? 0 : CommonWay.mostAtOnce)) { await self.make($0) }
        let (outcomes, ways) = state.withLock { ($0.outcomes, $0.ways) }
        return BatchReport(
            files: items.map { file($0, outcomes[$0.number] ?? .stopped, ways[$0.number]) },
            jobs: jobs,
            totalBytes: total,
            elapsedSeconds: start.duration(to: clock.now).inSeconds
        )
    }

    private func file(_ item: BatchItem, _ outcome: BatchOutcome, _ way: FileWay?) -> BatchFile {
        BatchFile(
            number: item.number,
            input: item.request.input.string,
            name: item.name,
            outcome: outcome,
            way: way
        )
    }

    private func finish(_ item: BatchItem, _ outcome: BatchOutcome, _ way: FileWay? = nil) {
        state.withLock { state in
            state.outcomes[item.number] = outcome
            state.ways[item.number] = way
            state.given[item.number] = nil
        }
        if case .done(let report) = outcome {
            history?.add(report, route: way?.madeBy == .cloud ? .cloud : .local)
        }
        events(.finished(file(item, outcome, way)))
    }

    private func key(of item: BatchItem) -> LedgerKey? {
        Ledger.key(of: item.request, total: total, edit: routes?.scout.edit)
    }

    private func leaveOutWhatIsMade() {
        var keys: [Int: LedgerKey] = [:]
        for item in items {
            guard !Task.isCancelled else { return }
            keys[item.number] = key(of: item)
        }
        let made = ledger.made(items, keys: keys)
        for item in items {
            if let entry = made[item.number] { finish(item, .before(entry)) }
        }
    }

    /// Does something with each file that has no outcome yet, a few at once.
    private func inParallel(
        _ count: Int,
        _ work: @escaping @Sendable (BatchItem) async -> Void
    ) async {
        state.withLock { $0.next = 0 }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    while !Task.isCancelled, let item = self.takeNext() { await work(item) }
                }
            }
        }
    }

    private func takeNext() -> BatchItem? {
        state.withLock { state in
            while state.next < items.count {
                let item = items[state.next]
                state.next += 1
                if state.outcomes[item.number] == nil { return item }
            }
            return nil
        }
    }

    // MARK: One file

    private func make(_ item: BatchItem) async {
        let seat = Seat(seats)
        guard await seat.take() else { return }
        defer { seat.leave() }
        // Before it is read: what is written to it meanwhile is not what was made. And before it gets its
        // share, which is another in the next run.
        let key = key(of: item)
        var item = item
        if total != nil {
            guard let share = share(of: item) else {
                finish(item, .failed(Self.nothingLeft))
                return
            }
            item.request.target = ByteSize(bytes: share)
        }
        if leavesFitting, let bytes = await fittingBytes(of: item.request) {
            finish(item, .fits(bytes))
            return
        }
        events(.begun(item))
        do throws(Failure) {
            let (report, way) = try await made(item, key, seat)
            if let key { ledger.add(LedgerEntry(key, of: report)) }
            finish(item, .done(report), way)
        } catch {
            finish(item, error.kind == .interrupted ? .stopped : .failed(error))
        }
    }

    /// The bytes of a file that is within its target and may stay; nil for any other.
    private func fittingBytes(of request: Request) async -> Int? {
        guard let target = request.target?.bytes, let bytes = request.input.fileBytes,
            bytes <= target, request.span == nil, request.metadata != .none,
            routes?.scout.edit == nil,
            let material = try? await compressor.probe(request.input),
            request.mayLeave(material)
        else { return nil }
        return bytes
    }

    /// Makes a file by whichever way does it, as a call for it alone would.
    private func made(
        _ item: BatchItem,
        _ key: LedgerKey?,
        _ seat: Seat
    ) async throws(Failure) -> (Report, FileWay?) {
        let (events, compressor) = (events, compressor)
        let here: @Sendable (Request) async throws(Failure) -> Report = {
            request async throws(Failure) in
            guard await seat.take() else { throw .interrupted }
            defer { seat.leave() }
            return try await compressor.run(request) { events(.job(item, .local($0))) }
        }
        guard let routes else { return (try await here(item.request), nil) }
        let start = ContinuousClock.now
        let routing = routes.routing(
            of: item,
            limits,
            key: key,
            runHere: here,
            onLeave: { seat.leave() },
            events: { events(.job(item, $0)) }
        )
        let taken = try await routing.run()
        switch taken.outcome {
        case .local(let report): return (report, FileWay(madeBy: nil, why: taken.why))
        case .cloud(let file):
            var report = Report(file, of: item.request)
            report.elapsedSeconds = start.duration(to: .now).inSeconds
            return (report, FileWay(madeBy: file.maker, why: taken.why))
        }
    }

    // MARK: A total

    /// What is left for a file, after those that are made have taken what they took.
    private func share(of item: BatchItem) -> Int? {
        guard let total else { return nil }
        return state.withLock { state in
            let made = state.outcomes.values.reduce(0) { sum, outcome in
                switch outcome {
                case .done(let report): sum + report.bytes
                case .before(let entry): sum + entry.bytes
                case .fits, .failed, .stopped: sum
                }
            }
            let rest = total - made - state.given.values.reduce(0, +)
            let open = items.filter {
                state.outcomes[$0.number] == nil && state.given[$0.number] == nil
            }
            let demands = open.compactMap { state.demands[$0.number] }
            guard demands.count == open.count,
                let index = open.firstIndex(where: { $0.number == item.number }),
                let shares = TotalShare.divide(rest, among: demands)
            else { return nil }
            state.given[item.number] = shares[index]
            return shares[index]
        }
    }

    /// Looks at all files, so that each gets what makes them equally good.
    private func look() async throws(Failure) {
        let found = Locked<[Int: Material]>([:])
        await inParallel(jobs) { item in
            do throws(Failure) {
                let material = try await self.compressor.probe(item.request.input)
                found.withLock { $0[item.number] = material }
                self.state.withLock {
                    $0.demands[item.number] = Demand(material, request: item.request)
                }
            } catch {
                self.finish(item, error.kind == .interrupted ? .stopped : .failed(error))
            }
        }
        // A first division by what there is in each, for which samples of the picture are taken.
        let first = try divide()
        let materials = found.withLock { $0 }
        await inParallel(jobs) { item in
            guard let bytes = first[item.number], case .video? = materials[item.number] else {
                return
            }
            var request = item.request
            request.target = ByteSize(bytes: bytes)
            // Whoever cannot be planned is told so when it is made.
            let planned = try? await self.compressor.plan(request)
            if let (source, plan) = planned?.video, let content = plan.content {
                let demand = Demand(.video(source), request: item.request, content: content)
                self.state.withLock { $0.demands[item.number] = demand }
            }
            self.events(.looked(item))
        }
        _ = try divide()
    }

    private func divide() throws(Failure) -> [Int: Int] {
        guard let total, !Task.isCancelled else { return [:] }
        let (made, demands) = state.withLock { state in
            let made = state.outcomes.values.reduce(0) { sum, outcome in
                if case .before(let entry) = outcome { sum + entry.bytes } else { sum }
            }
            let open = items.filter { state.outcomes[$0.number] == nil }
            return (made, open.compactMap { item in state.demands[item.number].map { (item, $0) } })
        }
        let all = demands.map(\.1)
        guard let shares = TotalShare.divide(total - made, among: all) else {
            let least = made + all.reduce(0) { $0 + $1.smallest }
            throw Failure(
                .unreachable,
                "\(ByteSize.text(total)) is too small for \(items.count) files together",
                why: "the smallest that they can be made take about \(ByteSize.text(least))",
                advice: "Ask for more, or for fewer files.",
                smallestBytes: least
            )
        }
        return Dictionary(uniqueKeysWithValues: zip(demands.map(\.0.number), shares))
    }

    private static let nothingLeft = Failure(
        .unreachable,
        "Nothing is left of the total",
        why: "the files before it took more than was foreseen",
        advice: "Ask for a larger total."
    )
}
