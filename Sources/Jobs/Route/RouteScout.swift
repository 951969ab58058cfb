import Cloud
package import Core
package import Engine
import Foundation
import SystemPackage

/// Gathers what the choice of a way is made from; nothing is sent for it.
package struct RouteScout: Sendable {
    let configuration: CloudConfiguration
    var request: Request
    var policy: RouteFacts.Policy
    /// What the agent shall do beside making it smaller; nil: nothing.
    var edit: String?
    /// Whether a yes to sending was given with the call.
    var agrees = false
    /// Whether there is somebody to be asked.
    var mayAsk = false

    /// Whether this machine's owner has agreed to send files: only then can a plain call need the cloud.
    static func isAgreed(_ configuration: CloudConfiguration) -> Bool {
        let consent = Consent(
            folder: configuration.folder,
            host: configuration.host,
            isOffline: configuration.isOffline
        )
        return !configuration.isOffline && consent.isGiven(.network) && consent.isGiven(.upload)
    }

    /// What is known without reading the input's pictures.
    package func facts() -> RouteFacts {
        var facts = RouteFacts(policy: policy)
        facts.policy.isOffline = policy.isOffline || configuration.isOffline
        facts.input.isPiped =
            request.input.isStandardStream || request.output?.isStandardStream == true
        facts.input.bytes = request.input.fileBytes ?? 0
        facts.wish.targetBytes = request.target?.bytes
        facts.wish.format = request.format
        facts.wish.isEdit = edit != nil
        facts.wish.isStrict = request.isStrict
        facts.wish.isPart = request.span != nil
        facts.machine.freeBytes = Machine.freeBytes(
            in: request.destination.removingLastComponent().string.isEmpty
                ? "." : request.destination.removingLastComponent()
        )
        facts.machine.isOnBattery = Battery.isInUse
        facts.cloud.host = configuration.host
        facts.cloud.uploadLimitBytes = Int(configuration.uploadLimit)
        facts.cloud.consent =
            agrees || Self.isAgreed(configuration) ? .given : mayAsk ? .askable : .missing
        let identity = Identity(
            folder: configuration.folder,
            environment: configuration.environment,
            api: configuration.api
        )
        facts.cloud.hasToken = identity.environmentToken != nil || identity.savedToken != nil
        if !facts.input.isPiped { facts.input.uploadObjection = objection }
        if request.span != nil, edit == nil {
            facts.input.uploadObjection = "a part of it is wanted, and only whole files are sent"
        }
        let store = RouteStore(configuration)
        store.memory.fill(
            &facts,
            service: configuration.api,
            at: configuration.clock.unixSeconds()
        )
        return facts
    }

    /// Adds what reading the input tells; its failure where it cannot be read.
    ///
    /// - Throws: what no way would change.
    func look(
        _ facts: inout RouteFacts,
        limits: Compressor.Limits
    ) async throws(Failure) -> Failure? {
        do throws(Failure) {
            let material = try await Compressor(limits: limits).probe(request.input)
            facts.input.kind = material.kind
            facts.wish.format = try request.settled(for: material.kind).format
            return nil
        } catch { return try note(error, in: &facts) }
    }

    /// Adds a plan and its time.
    package func note(_ planned: Planned, _ time: ExpectedTime?, in facts: inout RouteFacts) {
        facts.machine.plannedSeconds = time?.seconds
        facts.wish.format = planned.request.format
        switch planned {
        case .video(_, let plan, _):
            facts.input.kind = .video
            facts.machine.smallestBytes = plan.smallestBytes
        case .sound: facts.input.kind = .sound
        case .still: facts.input.kind = .still
        }
    }

    /// Adds that this machine cannot, and why.
    ///
    /// - Returns: the failure.
    /// - Throws: it, where no way would change it.
    package func note(_ failure: Failure, in facts: inout RouteFacts) throws(Failure) -> Failure {
        let why = failure.why.isEmpty ? failure.what : failure.why
        switch failure.kind {
        case .unreadable:
            facts.machine.decodingObjection = why
            if !isKnown {
                facts.input.uploadObjection = "nothing in the file says that it is a video"
            }
        case .unavailable: facts.machine.encodingObjection = why
        case .unreachable: facts.machine.smallestBytes = failure.smallestBytes ?? .max
        default: throw failure
        }
        return failure
    }

    /// Why the service would not take a file of this kind; its size is another matter.
    private var objection: String? {
        do throws(CloudError) {
            _ = try UploadFile.checked(request.input, limit: .max)
            return nil
        } catch {
            guard error.kind == .fileUnsupported else { return nil }
            let what = error.detail.isEmpty ? "such files" : error.detail
            return "the service does not take \(what)"
        }
    }

    /// Whether the input's first bytes are those of a film, whatever its name is.
    private var isKnown: Bool {
        guard let file = try? RegularFile(request.input, for: .reading),
            let head = try? file.bytes(atMost: SniffedFormat.bytesNeeded), !head.isEmpty
        else { return false }
        if case .known = SniffedFormat(head: head) { return true }
        return false
    }
}

/// Whether the machine lives from its battery, where the system says so in a file.
enum Battery {
    static var isInUse: Bool? {
        let root = "/sys/class/power_supply"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        for name in names {
            guard let text = try? String(contentsOfFile: "\(root)/\(name)/online", encoding: .utf8)
            else { continue }
            if text.hasPrefix("1") { return false }
        }
        return names.contains { name in
            let path = "\(root)/\(name)/status"
            return (try? String(contentsOfFile: path, encoding: .utf8))?.hasPrefix("Discharging")
                == true
        } ? true : nil
    }
}
