import Cloud
import Core
import Engine
import Foundation
import Synchronization
import SystemPackage

/// How each file of a batch gets the ways that a file alone has.
struct BatchRoutes: Sendable {
    /// What the choice is made from, but for the file.
    let scout: RouteScout
    let common: CommonWay
    /// What all of them have been agreed to for.
    let consent: JobConsent
    /// The signal that asked for the end.
    var stopSignal: @Sendable () -> Int32? = { nil }

    /// The ways of one file.
    func routing(
        of item: BatchItem,
        _ limits: Compressor.Limits,
        key: LedgerKey?,
        runHere: @escaping @Sendable (Request) async throws(Failure) -> Report,
        onLeave: @escaping @Sendable () -> Void,
        events: @escaping @Sendable (JobEvent) -> Void
    ) -> Routing {
        var scout = scout
        scout.request = item.request
        // Who could be asked has been asked.
        scout.mayAsk = false
        return Routing(
            scout: scout,
            limits: limits,
            consent: consent,
            events: events,
            tells: scout.policy != RouteFacts.Policy(),
            runHere: runHere,
            stopSignal: stopSignal,
            common: common,
            key: key,
            onLeave: onLeave
        )
    }

    /// Asks once for all files, where somebody is to be asked and one of them would go to the cloud.
    func ask(_ items: [BatchItem]) async {
        let asks = items.contains { item in
            var scout = scout
            scout.request = item.request
            return RoutePlanner.decide(scout.facts()).first?.asksConsent == true
        }
        guard asks else { return }
        let agreement = Consent(
            folder: scout.configuration.folder,
            host: scout.configuration.host,
            isOffline: scout.configuration.isOffline,
            ask: { await consent.ask($0) }
        )
        var files = items.prefix(Self.mostNamed).map {
            (name: $0.name.withoutControls, bytes: Int64($0.bytes))
        }
        let rest = items.dropFirst(Self.mostNamed)
        if !rest.isEmpty {
            let bytes = rest.reduce(0) { $0 + Int64($1.bytes) }
            files.append((name: "\(rest.count) others", bytes: bytes))
        }
        // A no is heard by the planner: nobody has agreed.
        do throws(CloudError) {
            try await agreement.require(.network, for: .connecting)
            try await agreement.require(.upload, files: files, for: .connecting)
        } catch {}
    }

    /// Whoever is asked reads no longer list.
    private static let mostNamed = 5
}

/// Which way a file of a batch took that had a choice.
package struct FileWay: Sendable {
    /// Nil for this machine alone.
    package var madeBy: Delivered.Maker?
    /// A clause; empty where nobody could have thought otherwise.
    package var why: String

    package var isCloud: Bool { madeBy != nil }
}

/// A file's place on this machine, of which there are a few: it has one or none.
final class Seat: Sendable {
    private let seats: Turnstile
    private let isTaken = Locked(false)

    init(_ seats: Turnstile) { self.seats = seats }

    /// Waits for a place, where it has none; false where the task was cancelled before.
    func take() async -> Bool {
        if isTaken.withLock({ $0 }) { return true }
        guard await seats.enter() else { return false }
        isTaken.withLock { $0 = true }
        return true
    }

    /// Gives the place back, where it has one.
    func leave() {
        let hadOne = isTaken.withLock { taken in
            defer { taken = false }
            return taken
        }
        if hadOne { seats.leave() }
    }
}

extension Report {
    /// What a file that came from the cloud comes to.
    init(_ file: Delivered, of request: Request) {
        self.init(
            input: request.input.string,
            output: file.path.string,
            inputBytes: request.input.fileBytes ?? 0,
            bytes: file.source.bytes,
            limitBytes: file.wish?.bytes ?? file.source.bytes,
            targetBytes: file.wish?.bytes,
            method: .fit,
            stoppedAtQualityCeiling: false,
            attempts: [],
            elapsedSeconds: file.elapsedSeconds,
            notes: []
        )
    }
}
