import Core
import Foundation
import Jobs
import Testing

@Suite("What runs learn of the ways")
struct RouteMemoryTests {
    private let service = "https://service.example"

    private func facts(_ memory: RouteMemory, at now: Double) -> RouteFacts {
        var facts = RouteFacts()
        memory.fill(&facts, service: service, at: now)
        return facts
    }

    @Test("after an outage the service is left alone for five minutes, then longer each time")
    func breaker() {
        var memory = RouteMemory()
        memory.note(.unreachable, of: service, at: 1000)
        #expect(facts(memory, at: 1000).cloud.outageSeconds == 300)
        #expect(facts(memory, at: 1299).cloud.outageSeconds == 1)
        #expect(facts(memory, at: 1300).cloud.outageSeconds == nil)
        memory.note(.faulty, of: service, at: 1300)
        #expect(facts(memory, at: 1300).cloud.outageSeconds == 600)
        for _ in 0..<20 { memory.note(.renderStuck, of: service, at: 2000) }
        #expect(facts(memory, at: 2000).cloud.outageSeconds == 1800)
        memory.noteSuccess(of: service, at: 2100)
        #expect(facts(memory, at: 2100).cloud.outageSeconds == nil)
        memory.note(.rateLimited, of: service, at: 2200)
        #expect(facts(memory, at: 2200).cloud.outageSeconds == 300)
    }

    @Test("an outage of long ago does not make the next pause longer")
    func oldOutage() {
        var memory = RouteMemory()
        memory.note(.unreachable, of: service, at: 1000)
        memory.note(.unreachable, of: service, at: 100_000)
        #expect(facts(memory, at: 100_000).cloud.outageSeconds == 300)
    }

    @Test("one service's outage is not another's")
    func others() {
        var memory = RouteMemory()
        memory.note(.unreachable, of: "https://other.example", at: 1000)
        #expect(facts(memory, at: 1000).cloud == RouteFacts().cloud)
    }

    @Test("an outage that lies in the future, because the clock was set back, is none")
    func clockBack() {
        var memory = RouteMemory()
        memory.note(.unreachable, of: service, at: 100_000)
        memory.note(.planRequired, of: service, at: 100_000)
        #expect(facts(memory, at: 1000).cloud == RouteFacts().cloud)
    }

    @Test("402 and 2001 are believed for an hour, and gone after a login or a success")
    func refusals() {
        var memory = RouteMemory()
        memory.note(.planRequired, of: service, at: 1000)
        memory.note(.outOfCredits, of: service, at: 1000)
        #expect(facts(memory, at: 1060).cloud.planRefusedSecondsAgo == 60)
        #expect(facts(memory, at: 1060).cloud.creditsRefusedSecondsAgo == 60)
        #expect(facts(memory, at: 4600).cloud.planRefusedSecondsAgo == nil)
        var forgiven = memory
        forgiven.forgive(service)
        memory.noteSuccess(of: service, at: 1060)
        for memory in [memory, forgiven] {
            #expect(facts(memory, at: 1060).cloud == RouteFacts().cloud)
        }
    }

    @Test("troubles of one file say nothing about the next", arguments: RouteTrouble.allCases)
    func ownTroubles(_ trouble: RouteTrouble) {
        var memory = RouteMemory()
        memory.note(trouble, of: service, at: 1000)
        let isRemembered = facts(memory, at: 1000).cloud != RouteFacts().cloud
        #expect(
            isRemembered
                == (trouble.isOutage || [.planRequired, .outOfCredits].contains(trouble))
        )
    }

    @Test("a balance counts for a quarter of an hour")
    func credits() {
        var memory = RouteMemory()
        memory.noteCredits(12, of: service, at: 1000)
        #expect(facts(memory, at: 1800).cloud.creditsAvailable == 12)
        #expect(facts(memory, at: 1900).cloud.creditsAvailable == nil)
    }

    @Test("rates and ratios follow what was measured, without jumping")
    func measured() {
        var memory = RouteMemory()
        memory.noteUpload(bytes: 50_000, seconds: 1, of: service)
        #expect(facts(memory, at: 0).cloud.uploadBytesPerSecond == nil)
        memory.noteUpload(bytes: 2_000_000, seconds: 1, of: service)
        memory.noteUpload(bytes: 4_000_000, seconds: 1, of: service)
        #expect(facts(memory, at: 0).cloud.uploadBytesPerSecond == 3_000_000)
        memory.noteRun(planned: 10, took: 20)
        #expect(facts(memory, at: 0).machine.calibration == 2)
        memory.noteRun(planned: 10, took: 1e9)
        #expect(abs(facts(memory, at: 0).machine.calibration - 2.6) < 1e-9)
        memory.noteRender(seconds: 100, of: service)
        memory.noteRender(seconds: 50, of: service)
        #expect(facts(memory, at: 0).cloud.renderSeconds == [30, 70])
    }

    @Test("what is kept is read as it was written")
    func codable() throws {
        var memory = RouteMemory()
        memory.note(.unreachable, of: service, at: 1000)
        memory.noteRun(planned: 10, took: 20)
        #expect(
            try JSONDecoder().decode(RouteMemory.self, from: JSONEncoder().encode(memory)) == memory
        )
    }
}
