import Core
import Foundation
import SystemPackage
import Testing

@testable import Jobs

@Suite("The journal and the names of a batch")
struct BatchTests {
    @Test("the same bytes and the same wish have the same key, and anything else has another")
    func keys() {
        let parts: [[UInt8]] = [[1, 2, 3], [4, 5]]
        let key = LedgerKey(bytes: 5, parts: parts, wish: "8MB")
        #expect(key == LedgerKey(bytes: 5, parts: parts, wish: "8MB"))
        let others = [
            LedgerKey(bytes: 6, parts: parts, wish: "8MB"),
            LedgerKey(bytes: 5, parts: parts, wish: "9MB"),
            LedgerKey(bytes: 5, parts: [[1, 2], [3, 4, 5]], wish: "8MB"),
            LedgerKey(bytes: 5, parts: [[1, 2, 3], [4, 6]], wish: "8MB"),
            LedgerKey(bytes: 5, parts: [[2, 1, 3], [4, 5]], wish: "8MB"),
        ]
        #expect(!others.contains(key) && Set(others).count == others.count)
    }

    @Test(
        "a source is looked at from end to end, short ones whole",
        arguments: [
            0, 1, 65_536, 65_537, 327_680, 327_681, 5_000_000, 1 << 40,
        ]
    )
    func offsets(bytes: Int) {
        let offsets = LedgerKey.offsets(bytes: bytes)
        #expect(offsets == offsets.sorted() && Set(offsets).count == offsets.count)
        #expect(offsets.count <= 5)
        if bytes > 0 {
            #expect(offsets.first == 0)
            #expect((offsets.last ?? 0) + LedgerKey.partBytes >= bytes)
        }
        #expect(offsets.allSatisfy { $0 < max(1, bytes) })
    }

    @Test("every kind of failure has a place of its own among the worst")
    func severity() {
        let all = Failure.Kind.allCases
        #expect(Set(all.map(\.severity)).count == all.count)
        #expect(all.max { $0.severity < $1.severity } == .terminated)
        #expect(all.min { $0.severity < $1.severity } == .unreachable)
    }

    @Test("files of one name are told by their folders")
    func names() {
        let found = ["x/a.mov", "y/a.mov", "b.mov", "z/y/a.mov"].map {
            BatchNames.Found(FilePath($0))
        }
        #expect(BatchItem.shortNames(found) == ["x/a.mov", "y/a.mov", "b.mov", "z/y/a.mov"])
    }
}
