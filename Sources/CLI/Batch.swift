import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// Several files made in one call: a few at once, none of them stopping the others.
final class Batch: Sendable {
    /// A file that shall be made.
    struct Item: Sendable {
        var number: Int
        var name: String
        var request: Request
        /// Of the source, as the weight of its progress; at least 1.
        var bytes: Int
    }

    /// What happens on the way, in order for each file.
    enum Event: Sendable {
        /// Looked at, for the division of a total.
        case looked(Item)
        case begun(Item)
        case told(Item, Core.Event)
        case finished(BatchFile)
    }

    private struct State {
        var next = 0
        var outcomes: [Int: BatchOutcome] = [:]
        /// For a total: what is known of each, by number.
        var demands: [Int: Demand] = [:]
        /// What was given to files that are being made.
        var given: [Int: Int] = [:]
    }

    private let items: [Item]
    private let jobs: Int
    private let total: Int?
    private let compressor: Compressor
    private let ledger: Ledger
    private let isResumed: Bool
    private let events: @Sendable (Event) -> Void
    private let state = Locked(State())

    init(
        _ items: [Item],
        jobs: Int,
        total: Int?,
        isResumed: Bool,
        limits: Compressor.Limits,
        ledger: Ledger,
        events: @escaping @Sendable (Event) -> Void
    ) {
        self.items = items
        self.jobs = max(1, min(jobs, items.count))
        self.total = total
        self.isResumed = isResumed
        self.ledger = ledger
        self.events = events
        let folder = items.first.map { $0.request.destination.removingLastComponent() } ?? "."
        compressor = Compressor(
            limits: limits.shared(among: self.jobs, folder: folder.isEmpty ? "." : folder)
        )
    }

    /// Makes the files; where the task is cancelled, those that are finished by then.
    ///
    /// Throws: `Failure` of kind `.unreachable` where a total is too small for all, before anything is made.
    func run() async throws(Failure) -> BatchReport {
        let clock = ContinuousClock()
        let start = clock.now
        if isResumed { leaveOutWhatIsMade() }
        if total != nil { try await look() }
        await inParallel { await self.make($0) }
        let outcomes = state.withLock(\.outcomes)
        return BatchReport(
            files: items.map { file($0, outcomes[$0.number] ?? .stopped) },
            jobs: jobs,
            totalBytes: total,
            elapsedSeconds: start.duration(to: clock.now).inSeconds
        )
    }

    private func file(_ item: Item, _ outcome: BatchOutcome) -> BatchFile {
        BatchFile(
            number: item.number,
            input: item.request.input.string,
            name: item.name,
            outcome: outcome
        )
    }

    private func finish(_ item: Item, _ outcome: BatchOutcome) {
        state.withLock { state in
            state.outcomes[item.number] = outcome
            state.given[item.number] = nil
        }
        events(.finished(file(item, outcome)))
    }

    private func leaveOutWhatIsMade() {
        var keys: [Int: LedgerKey] = [:]
        for item in items {
            guard !Task.isCancelled else { return }
            keys[item.number] = Ledger.key(of: item.request, total: total)
        }
        let made = ledger.made(items, keys: keys)
        for item in items {
            if let entry = made[item.number] { finish(item, .before(entry)) }
        }
    }

    /// Does something with each file that has no outcome yet, a few at once.
    private func inParallel(_ work: @escaping @Sendable (Item) async -> Void) async {
        state.withLock { $0.next = 0 }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<jobs {
                group.addTask {
                    while !Task.isCancelled, let item = self.takeNext() { await work(item) }
                }
            }
        }
    }

    private func takeNext() -> Item? {
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

    private func make(_ item: Item) async {
        var item = item
        if total != nil {
            guard let share = share(of: item) else {
                finish(item, .failed(Self.nothingLeft))
                return
            }
            item.request.target = ByteSize(bytes: share)
        }
        // Before it is read: what is written to it meanwhile is not what was made.
        let key = Ledger.key(of: keyed(item.request), total: total)
        events(.begun(item))
        let events = events
        let begun = item
        do throws(Failure) {
            let report = try await compressor.run(item.request) { events(.told(begun, $0)) }
            if let key {
                ledger.add(
                    LedgerEntry(
                        key: key,
                        output: Ledger.whole(report.output),
                        bytes: report.bytes,
                        inputBytes: report.inputBytes
                    )
                )
            }
            finish(item, .done(report))
        } catch {
            finish(item, error.kind == .interrupted ? .stopped : .failed(error))
        }
    }

    /// As it was before it got its share, which is another in the next run.
    private func keyed(_ request: Request) -> Request {
        guard total != nil else { return request }
        return items.first { $0.request.input == request.input }?.request ?? request
    }

    // MARK: A total

    /// What is left for a file, after those that are made have taken what they took.
    private func share(of item: Item) -> Int? {
        guard let total else { return nil }
        return state.withLock { state in
            let made = state.outcomes.values.reduce(0) { sum, outcome in
                switch outcome {
                case .done(let report): sum + report.bytes
                case .before(let entry): sum + entry.bytes
                case .failed, .stopped: sum
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
        await inParallel { item in
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
        await inParallel { item in
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
