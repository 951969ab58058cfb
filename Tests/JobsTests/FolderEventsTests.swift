import Foundation
import Testing

@testable import Jobs

#if os(Linux)
@Suite("What inotify writes")
struct FolderEventsTests {
    private func bytes(_ mask: Int32, _ name: String, padded: Int) -> [UInt8] {
        func number(_ value: UInt32) -> [UInt8] {
            (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        let zeros = [UInt8](repeating: 0, count: padded - name.utf8.count)
        return number(1) + number(UInt32(bitPattern: mask)) + number(0) + number(UInt32(padded))
            + Array(name.utf8) + zeros
    }

    @Test("events are read one after the other, with their names")
    func read() {
        let all =
            bytes(0x2, "a.mov", padded: 16) + bytes(0x2, "a.mov", padded: 16)
            + bytes(0x8, "a.mov", padded: 16) + bytes(0x80, "海.mov", padded: 16)
            + bytes(0x400, "", padded: 0)
        #expect(
            FolderEvents.parse(all[...])
                == [.written("a.mov"), .closed("a.mov"), .closed("海.mov"), .gone]
        )
    }

    @Test("what is in a folder in it is named from there, and its end is no end of the whole")
    func below() {
        let all = bytes(0x8, "a.mov", padded: 16) + bytes(0x400, "", padded: 0)
        #expect(
            FolderEvents.parse(all[...], places: [1: "b/c"]) == [.closed("b/c/a.mov"), .changed]
        )
    }

    @Test("what was lost, and what is cut off, is a change somewhere")
    func lost() {
        #expect(FolderEvents.parse(bytes(0x4000, "", padded: 0)[...]) == [.changed])
        #expect(FolderEvents.parse(bytes(0x8, "a", padded: 16).dropLast()) == [.changed])
        #expect(FolderEvents.parse([1, 2, 3]).isEmpty)
    }
}
#endif
