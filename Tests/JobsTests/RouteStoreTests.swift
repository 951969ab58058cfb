import Cloud
import Core
import Foundation
import Jobs
import SystemPackage
import TestSupport
import Testing

@Suite("What runs learn of the ways, between processes")
struct RouteStoreTests {
    private let service = "https://service.example"

    private func store(_ folder: Folder, at now: Double = 1000) -> RouteStore {
        RouteStore(folder: StateFolder(environment: ["CINCH_STATE_DIR": folder.path.string])) {
            now
        }
    }

    @Test("an outage that one run met keeps the next one away for some minutes")
    func outage() async throws {
        let folder = try Folder()
        await store(folder).change { $0.note(.unreachable, of: service, at: $1) }
        var facts = RouteFacts()
        store(folder).memory.fill(&facts, service: service, at: 1060)
        #expect(facts.cloud.outageSeconds == 240)
    }

    @Test("runs at the same time lose nothing of each other")
    func concurrent() async throws {
        let folder = try Folder()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await store(folder).change { $0.note(.faulty, of: "service \(number)", at: $1) }
                }
            }
        }
        #expect(store(folder).memory.services.count == 20)
    }

    @Test(
        "a file that makes no sense counts as none, and is replaced",
        arguments: ["", "{", "[]", #"{"version":2,"services":{}}"#, #"{"version":1,"services":7}"#]
    )
    func nonsense(_ text: String) async throws {
        let folder = try Folder()
        try Data(text.utf8).write(
            to: URL(fileURLWithPath: folder.path.appending("route.json").string)
        )
        #expect(store(folder).memory == RouteMemory())
        await store(folder).change { $0.noteCredits(7, of: service, at: $1) }
        #expect(store(folder).memory.services[service]?.credits == 7)
    }

    @Test("what learned nothing writes nothing")
    func quiet() async throws {
        let folder = try Folder()
        await store(folder).change { $0.note(.agentFailed, of: service, at: $1) }
        let path = folder.path.appending("route.json").string
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(
        "each end has its meaning for the choice of a way",
        arguments: [
            (CloudError(.planRequired, .rendering), RouteTrouble.planRequired),
            (CloudError(.outOfCredits(isAnonymous: true), .sending), .outOfCredits),
            (CloudError(.rateLimited(isToken: false), .sending), .rateLimited),
            (CloudError(.rateLimited(isToken: true), .connecting), .rateLimited),
            (CloudError(.unsupportedByService, .uploading("a")), .fileRefused),
            (CloudError(.tooLargeForService, .uploading("a")), .fileTooLarge),
            (CloudError(.resolve, .connecting), .unreachable),
            (CloudError(.timedOut, .connecting), .unreachable),
            (CloudError(.captivePortal, .connecting), .unreachable),
            (CloudError(.service(status: 503), .sending), .faulty),
            (CloudError(.stillRendering, .rendering), .renderStuck),
            (CloudError(.renderFailed(.twice), .rendering), .renderFailed),
            (CloudError(.cut, .downloading), .downloadBroken),
            (CloudError(.service(status: 503), .downloading), .downloadBroken),
            (CloudError(.resultUnusable, .downloading), .unusable),
            (CloudError(.nothingToExport, .rendering), .agentFailed),
            (CloudError(.consentMissing(.upload), .connecting), .consentRefused),
        ]
    )
    func meaning(_ error: CloudError, _ trouble: RouteTrouble) {
        #expect(error.trouble == trouble)
    }

    @Test(
        "what another way would not change is no reason to take one",
        arguments: [
            CloudError.Kind.cancelled, .fileMissing, .fileEmpty, .fileChanged,
            .destination(isTaken: true), .busy, .refusedAddress,
        ]
    )
    func final(_ kind: CloudError.Kind) {
        #expect(CloudError(kind, .connecting).trouble == nil)
    }
}
