import Cloud
package import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// A folder whose videos are made smaller as they come.
package final class Watch: Sendable {
    private struct State {
        var settling = Settling()
        /// Where results go or may go, which are never taken for recordings.
        var own: Set<String> = []
        var finished: [BatchFile] = []
        var number = 0
    }

    /// How often the folder is looked at while a file in it is waited for, and where nothing tells of changes.
    private static let pause = Duration.milliseconds(300)

    private let folder: FilePath
    private let wish: Request
    private let purpose: String
    private let isRecursive: Bool
    private let jobs: Int
    private let limits: Compressor.Limits
    private let routes: BatchRoutes?
    /// The places for work on this machine.
    private let seats: Turnstile
    private let ledger: Ledger
    private let history: History?
    private let events: @Sendable (Batch.Event) -> Void
    private let state = Locked(State())

    /// `wish`: what becomes of each, and in which folder.
    init(
        _ folder: FilePath,
        wish: Request,
        isRecursive: Bool,
        jobs: Int,
        limits: Compressor.Limits,
        routes: BatchRoutes?,
        ledger: Ledger,
        history: History? = nil,
        events: @escaping @Sendable (Batch.Event) -> Void
    ) {
        self.folder = folder
        self.wish = wish
        purpose = wish.purpose
        self.isRecursive = isRecursive
        self.jobs = jobs
        self.limits = limits
        self.routes = routes
        seats = Turnstile(places: jobs)
        (self.ledger, self.history) = (ledger, history)
        self.events = events
    }

    /// What has become of all files so far.
    package var files: [BatchFile] { state.withLock(\.finished) }

    /// Watches until the task is cancelled.
    ///
    /// `takesExisting`: whether files that are there already are taken too.
    /// Throws: `Failure` of kind `.missing` where the folder cannot be watched, or is gone.
    package func run(takesExisting: Bool, isReady: @Sendable () -> Void) async throws(Failure) {
        let (ready, names) = AsyncStream.makeStream(of: String.self)
        async let making: Void = {
            // Files that are ready are still made where the folder has gone; that ends the stream.
            await withTaskGroup(of: Void.self) { group in
                for await name in ready where !Task.isCancelled {
                    group.addTask { await self.make(name) }
                }
            }
        }()
        let obstacle = await listen(names, takesExisting: takesExisting, isReady: isReady)
        names.finish()
        await making
        if let obstacle { throw missing(obstacle) }
    }

    /// Hands over the names of files that are ready.
    ///
    /// - Returns: why it ended, unless the task was cancelled.
    private func listen(
        _ names: AsyncStream<String>.Continuation,
        takesExisting: Bool,
        isReady: @Sendable () -> Void
    ) async -> String? {
        guard let listener = FolderEvents(folder) else { return "the system does not allow it" }
        let there = look(listener).sights
        state.withLock { $0.settling.begin(with: there, at: Self.now, takes: takesExisting) }
        isReady()
        enum Tick: Sendable {
            case event(FolderEvents.Event)
            case clock
        }
        let (ticks, tick) = AsyncStream.makeStream(of: Tick.self)
        tick.yield(.clock)
        let clock = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                tick.yield(.clock)
            }
        }
        let stream = listener.stream
        let relay = Task {
            for await event in stream { tick.yield(.event(event)) }
        }
        defer {
            clock.cancel()
            relay.cancel()
        }
        var isChanged = true
        for await next in ticks {
            if Task.isCancelled { return nil }
            switch next {
            case .event(.gone): return Self.gone
            case .event(.changed): isChanged = true
            case .event(.written(let name)):
                isChanged = true
                state.withLock { $0.settling.written(name) }
            case .event(.closed(let name)):
                isChanged = true
                state.withLock { $0.settling.closed(name) }
            case .clock:
                let isWaiting = state.withLock { $0.settling.isWaiting }
                guard isChanged || isWaiting || !FolderEvents.hearsClosing else { continue }
                isChanged = false
                guard Gathering.isFolder(folder) else { return Self.gone }
                let (files, unheard) = look(listener)
                let ready = state.withLock {
                    $0.settling.look(
                        files,
                        at: Self.now,
                        hearsClosing: FolderEvents.hearsClosing,
                        unheard: unheard
                    )
                }
                for name in ready { names.yield(name) }
            }
        }
        withExtendedLifetime(listener) {}
        return nil
    }

    /// Seconds of a clock that never goes back.
    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    private static let gone = "it is not there any more"

    /// The files in the folder that may be recordings, and those in folders that were not heard before.
    private func look(
        _ listener: FolderEvents
    ) -> (sights: [String: Settling.Sight], unheard: Set<String>) {
        let own = state.withLock(\.own)
        var found: [BatchNames.Found] = []
        var (places, newPlaces) = ([""], Set<String>())
        while let place = places.popLast() {
            let path = place.isEmpty ? folder : folder.appending(place)
            // Before it is read: what comes meanwhile is heard of.
            if !place.isEmpty, listener.add(place) { newPlaces.insert(place) }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []
            for name in names where !name.hasPrefix(".") {
                let whole = path.appending(name)
                if isRecursive, isPlainFolder(whole) {
                    places.append(place.isEmpty ? name : "\(place)/\(name)")
                } else if Gathering.isWanted(whole, for: wish.format),
                    !own.contains(Ledger.whole(whole.string))
                {
                    found.append(BatchNames.Found(whole, root: folder))
                }
            }
        }
        var (sights, unheard) = ([String: Settling.Sight](), Set<String>())
        for one in BatchNames.withoutResults(found, purpose: purpose) {
            var facts = stat()
            var below = one.path
            guard unsafe stat(one.path.string, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
                below.removePrefix(folder)
            else { continue }
            let name = below.string
            if newPlaces.contains(below.removingLastComponent().string) { unheard.insert(name) }
            #if canImport(Darwin)
            let time = facts.st_mtimespec
            #else
            let time = facts.st_mtim
            #endif
            sights[name] = Settling.Sight(
                bytes: Int(facts.st_size),
                modified: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
            )
        }
        return (sights, unheard)
    }

    /// Whether it is a folder itself, and not the one that results go to.
    private func isPlainFolder(_ path: FilePath) -> Bool {
        let facts = try? FileManager.default.attributesOfItem(atPath: path.string)
        guard facts?[.type] as? FileAttributeType == .typeDirectory else { return false }
        return wish.folder.map { Ledger.whole($0.string) } != Ledger.whole(path.string)
    }

    // MARK: One file

    private func make(_ name: String) async {
        var request = wish
        request.input = folder.appending(name)
        let place = FilePath(name).removingLastComponent()
        let root = wish.folder ?? folder
        request.folder = place.isEmpty ? root : root.appending(place.components)
        let number = state.withLock { state in
            state.number += 1
            return state.number
        }
        var item = BatchItem(number: number, name: name, request: request)
        let key = Ledger.key(of: request, total: nil, edit: routes?.scout.edit)
        let keys = key.map { [number: $0] } ?? [:]
        if let entry = ledger.made([item], keys: keys, isSameName: true)[number] {
            let file = BatchFile(
                number: number,
                input: request.input.string,
                name: name,
                outcome: .before(entry)
            )
            // One that only got another date was told of already.
            let isNew = state.withLock { state in
                let isKnown = state.finished.contains {
                    $0.name == name && $0.output == entry.output
                }
                if !isKnown { state.finished.append(file) }
                return !isKnown
            }
            if isNew { events(.finished(file)) }
            return
        }
        // Of two at once no two take one name.
        item.request.stem = state.withLock { state in
            let stem = freeStem(for: request, own: state.own)
            request.stem = stem
            state.own.formUnion(request.destinations.map { Ledger.whole($0.string) })
            return stem
        }
        let folders = NewFolders(for: [item.request])
        var job = BatchJob([item])
        (job.jobs, job.limits) = (jobs, limits)
        let batch = Batch(
            job,
            routes: routes,
            seats: seats,
            ledger: ledger,
            history: history,
            events: events
        )
        let report = try? await batch.make()
        if report?.done == 0, !place.isEmpty { folders.removeEmpty() }
        state.withLock { $0.finished += report?.files ?? [] }
    }

    /// A name that no file has yet: a recorder may use one again.
    private func freeStem(for request: Request, own: Set<String>) -> String {
        let found = [BatchNames.Found(request.input)]
        let place = BatchNames.places(for: found, purpose: purpose, folder: request.folder)[0]
        var other = request
        let plain = request.input.stem ?? "video"
        for number in 1...999 {
            other.stem = number == 1 ? place.stem : BatchNames.stem(plain, "-\(number)-\(purpose)")
            let isFree = !other.destinations.contains {
                FileManager.default.fileExists(atPath: $0.string)
                    || !request.overwrites && own.contains(Ledger.whole($0.string))
            }
            if isFree || request.overwrites { break }
        }
        return other.stem ?? place.stem
    }

    private func missing(_ why: String) -> Failure {
        Failure(
            .missing,
            "Cannot watch \(folder)",
            why: why,
            advice: "Name a folder that is there."
        )
    }
}
