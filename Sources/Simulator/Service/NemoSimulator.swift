import Core
import FlyingSocks
import Foundation
import Synchronization
import SystemPackage

/// The cloud service on loopback: an independent reading of its specification, for tests and for
/// trying the client without an account.
///
/// Two real HTTP/1.1 servers: the service and its file host. What it does differently from the
/// happy path is written in `SimulatorOptions.script`.
package final class NemoSimulator: Sendable {
    package typealias Options = SimulatorOptions

    /// Where the two servers are, without a slash at the end.
    package struct URLs: Sendable, Equatable {
        package var api: String
        package var files: String
    }

    /// Why it could not be started.
    package struct StartError: Error, CustomStringConvertible {
        package var description: String
    }

    private let service: Service
    /// Nil where a folder was given, and where none could be made.
    private let own: TemporaryFolder?
    private let running = Locked<Running?>(nil)
    private let connections = Atomic<Int>(0)

    private struct Running: Sendable {
        var listeners: [Listener]
        var pool: Task<Void, Never>
        var urls: URLs
    }

    package init(_ options: Options = Options()) {
        let shared = FilePath(FileManager.default.temporaryDirectory.path)
        own =
            options.folder == nil
            ? try? TemporaryFolder(in: shared, prefix: "cinch-simulator-") : nil
        service = Service(options, folder: options.folder ?? own?.path ?? shared)
    }

    /// Opens both ports; the second start of a running simulator gives the same ones.
    package func start() async throws(StartError) -> URLs {
        if let urls = running.withLock({ $0?.urls }) { return urls }
        guard own != nil || service.options.folder != nil else {
            throw StartError(description: "The simulator cannot make a folder in \(service.folder)")
        }
        do {
            if own == nil {
                try FileManager.default.createDirectory(
                    atPath: service.folder.string,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            }
            let pool: some AsyncSocketPool = SocketPool.make(maxEvents: 64)
            try await pool.prepare()
            let task = Task { _ = try? await pool.run() }
            let service = service
            let api = try listen(pool, port: service.options.port) {
                (head, connection) async throws(Connection.Failure) in
                try await Desk(service: service).serve(head, connection)
            }
            let files = try listen(pool, port: 0) {
                (head, connection) async throws(Connection.Failure) in
                try await FileDesk(service: service).serve(head, connection)
            }
            let urls = URLs(
                api: "http://127.0.0.1:\(api.port)",
                files: "http://127.0.0.1:\(files.port)"
            )
            service.with { $0.files = urls.files }
            running.withLock {
                $0 = Running(listeners: [api, files], pool: task, urls: urls)
            }
            return urls
        } catch {
            throw StartError(description: "The simulator cannot listen on loopback: \(error)")
        }
    }

    /// Ends every connection and every render, and removes its own folder.
    package func stop() async {
        guard let running = running.withLock({ $0.take() }) else { return }
        for listener in running.listeners { await listener.stop() }
        await service.stop()
        running.pool.cancel()
        await running.pool.value
        own?.remove()
    }

    private func listen(
        _ pool: any AsyncSocketPool,
        port: UInt16,
        _ handler: @escaping Listener.Handler
    ) throws -> Listener {
        let service = service
        return try Listener(
            pool: pool,
            port: port,
            receiveBuffer: service.options.receiveBuffer,
            number: { [self] in connections.add(1, ordering: .relaxed).newValue },
            complain: { why in service.with { $0.journal.violate(why) } },
            handler: handler
        )
    }

    // MARK: What was seen

    /// What no client may do and this one did; always empty unless `strict` is set.
    package var violations: [String] {
        service.options.strict ? service.with { $0.journal.violations } : []
    }

    /// Every request in order, secrets replaced by names.
    package var requests: [Recorded] { service.with { $0.journal.requests } }

    /// How often an endpoint was asked.
    package func count(_ endpoint: Endpoint) -> Int {
        requests.count { $0.endpoint == endpoint }
    }

    /// Every token, claim token and client id seen or given out: what no log may hold.
    package var secrets: [String] { service.with { $0.journal.secrets } }

    // MARK: What happens while it runs

    /// Replaces what is left of the scenario.
    package func play(_ scenario: Scenario) { service.with { $0.scenario = scenario } }

    /// Does something to the service between two requests; a wait is not among it.
    package func perform(_ deed: Behaviour.Deed) { service.with { $0.perform(deed) } }

    /// From now on every message may be sent again: a person has decided so.
    package func allowRepeats() { service.with { $0.messages = [:] } }
}
