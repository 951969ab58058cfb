package import Core
import Foundation
import Media
import Synchronization
import SystemPackage

/// A file that was made and checked in a work folder, with its receipt.
struct Product: Codable, Sendable {
    var report: Report
    var file: Workspace.Candidate
}

extension Compressor {
    /// Makes the file.
    ///
    /// `events`: called in order and never concurrently, from the run's own thread; returns fast.
    /// Throws: `Failure`; then nothing was written and nothing is left behind.
    package func run(
        _ request: Request,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Report {
        if request.input.isStandardStream || request.output?.isStandardStream == true {
            return try await runPiped(request, events: events)
        }
        let input = try HeldInput(request.input)
        try Self.checkName(of: request.destination)
        let workspace = try Workspace(beside: request.destination)
        defer { workspace.remove() }
        return try await publish(request, checking: input, in: workspace, events: events)
    }

    /// Makes the file and gives it its name.
    func publish(
        _ request: Request,
        checking input: HeldInput? = nil,
        in workspace: Workspace,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Report {
        let gate = DestinationGate(request, workspace)
        defer { gate.release() }
        var product = try await make(request, in: workspace, gate: gate, events: events)
        try input?.check()
        for leftover in workspace.leftovers {
            events(.noted(leftover))
            product.report.notes.append(leftover)
        }
        // The destination is the request's own, whatever a child process says.
        let destination = try request.settled(for: product.report.kind).destination
        guard product.report.bytes == product.file.bytes,
            product.file.bytes <= request.target?.bytes ?? .max
        else { throw Failure.failedCheck("it has \(product.file.bytes) bytes") }
        try workspace.publish(product.file, at: destination, overwrites: request.overwrites)
        product.report.output = destination.string
        return product.report
    }

    /// Makes and checks the file in a work folder, here or in a child process.
    func make(
        _ request: Request,
        in workspace: Workspace,
        gate: DestinationGate? = nil,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Product {
        let work = Task { () async -> Result<Product, Failure> in
            do throws(Failure) {
                return .success(
                    try await perform(request, in: workspace) { event in
                        if case .identified(let kind, _) = event, gate?.enter(kind) == false {
                            return
                        }
                        events(event)
                    }
                )
            } catch {
                return .failure(error)
            }
        }
        gate?.whenRefused { work.cancel() }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        if let refusal = gate?.refusal { throw refusal }
        return try result.get()
    }

    private func perform(
        _ request: Request,
        in workspace: Workspace,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Product {
        if let worker {
            let job = Job(.run(request, workspace.location), limits)
            return try await worker.perform(job, events: events)
        }
        return try await Self.make(request, limits, in: workspace, events: events)
    }

    /// Makes and checks the file in this process.
    static func make(
        _ request: Request,
        _ limits: Limits,
        in workspace: Workspace,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Product {
        try await offload(request.input.string, limits.input) { flag in
            Result { () throws(Failure) in
                var record = RunRecord(events: events)
                record.meter.begin(.probing, until: 0.01)
                let input = try HeldInput(request.input, in: workspace, flag: flag)
                let material = try Self.material(request.input, flag: flag)
                let request = try request.settled(for: material.kind)
                events(.identified(material.kind, output: request.destination.string))
                try Self.checkDestination(request)
                if material.kind == .video { record.meter.begin(.sampling, until: 0.1) }
                let planned = try Planned(material, request, flag: flag)
                record.meter.update(1, frames: 0)
                events(planned.event)
                if let failure = planned.tooPoor { throw failure }
                if let misnomer = material.misnomer { record.note(misnomer) }
                if let idle = request.idleOptions { record.note(idle) }
                var run = planned.run(limits: limits, flag: flag, record: record)
                do throws(Failure) {
                    var report = try run.perform(in: workspace)
                    report.namedLimit = request.namedLimit
                    try input.check()
                    guard let file = workspace.submitted else {
                        throw Failure(.defect, "A run ended without a result")
                    }
                    return Product(report: report, file: file)
                } catch {
                    throw input.explain(error)
                }
            }
        }
    }

    /// Removes what runs of this process have on disk, for an exit that cannot wait for them.
    package static func abandonRuns() {
        Child.abandonAll()
        Workspace.abandonAll()
    }
}

/// Lets one run at a time make a destination, which is known once the input is.
final class DestinationGate: Sendable {
    private struct State {
        var lock: RunRegistry.LockedFile?
        var refusal: Failure?
        var cancel: (@Sendable () -> Void)?
    }

    private let request: Request
    private let parent: FileIdentity?
    private let state = Locked(State())

    init(_ request: Request, _ workspace: Workspace) {
        self.request = request
        let folder = Workspace.parent(of: request.destination)
        parent = (try? folder.stat()).map(FileIdentity.init)
    }

    /// Takes the destination that an input of that kind has; false where another run has it.
    func enter(_ kind: Material.Kind) -> Bool {
        guard let parent else { return true }
        do throws(Failure) {
            let destination = try request.settled(for: kind).destination
            let lock = try RunRegistry().lock(destination, in: parent)
            state.withLock { $0.lock = lock }
            return true
        } catch {
            let cancel = state.withLock { state in
                state.refusal = error
                return state.cancel
            }
            cancel?()
            return false
        }
    }

    /// What ends the work where the destination was refused, now or later.
    func whenRefused(_ cancel: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.cancel = cancel
            return state.refusal != nil
        }
        if isLate { cancel() }
    }

    var refusal: Failure? { state.withLock(\.refusal) }

    /// Lets the next run in.
    func release() { state.withLock { $0.lock.take() }?.release() }
}
