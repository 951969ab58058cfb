import Core
import Jobs
import Testing

@Suite("When a file in a watched folder is finished")
struct SettlingTests {
    private var settling = Settling()

    private func sight(_ bytes: Int, _ time: Int64 = 0) -> Settling.Sight {
        Settling.Sight(bytes: bytes, modified: time)
    }

    private mutating func look(
        _ bytes: Int?,
        _ time: Int64 = 0,
        at now: Double,
        hearsClosing: Bool = true
    ) -> [String] {
        settling.look(
            bytes.map { ["a": sight($0, time)] } ?? [:],
            at: now,
            hearsClosing: hearsClosing
        )
    }

    @Test("one that was closed is taken a moment later, and once")
    mutating func closed() {
        settling.closed("a")
        #expect(look(100, at: 0).isEmpty)
        #expect(look(100, at: 0.5).isEmpty)
        #expect(look(100, at: 0.8) == ["a"])
        #expect(look(100, at: 100).isEmpty)
        #expect(!settling.isWaiting)
    }

    @Test("one whose closing may have been missed needs only stand still")
    mutating func unheard() {
        func seen(at now: Double, _ unheard: Set<String>) -> [String] {
            settling.look(["a": sight(100)], at: now, hearsClosing: true, unheard: unheard)
        }
        #expect(seen(at: 0, ["a"]).isEmpty && seen(at: 2.5, []).isEmpty)
        #expect(seen(at: 3.5, []) == ["a"])
    }

    @Test("one that comes is waited for from the first moment, however long its writer pauses")
    mutating func coming() {
        settling.begin(with: [:], at: 0, takes: true)
        #expect(look(100, at: 1).isEmpty)
        #expect(look(100, at: 50).isEmpty)
        settling.closed("a")
        #expect(look(100, at: 50.1) == ["a"])
    }

    @Test("one that was there before is taken when it has stood still for a while")
    mutating func there() {
        settling.begin(with: ["a": sight(100)], at: 0, takes: true)
        #expect(look(100, at: 2.9).isEmpty)
        #expect(look(100, at: 3) == ["a"])
    }

    @Test("one that grows is not taken while its writer pauses")
    mutating func growing() {
        #expect(look(100, at: 0).isEmpty)
        #expect(look(200, at: 1).isEmpty)
        #expect(look(200, at: 50).isEmpty)
        #expect(look(300, at: 55).isEmpty)
        settling.closed("a")
        #expect(look(300, at: 55.2).isEmpty)
        #expect(look(300, at: 56) == ["a"])
    }

    @Test("one that is never closed is taken in the end")
    mutating func neverClosed() {
        _ = look(100, at: 0)
        _ = look(200, at: 1)
        #expect(look(200, at: 60.9).isEmpty)
        #expect(look(200, at: 61) == ["a"])
    }

    @Test("one that is opened again after it was closed is waited for again")
    mutating func reopened() {
        settling.closed("a")
        _ = look(100, at: 0)
        #expect(look(150, at: 0.5).isEmpty)
        #expect(look(150, at: 5).isEmpty)
        settling.closed("a")
        #expect(look(150, at: 5.1) == ["a"])
    }

    @Test("one that is written to after it was closed is open, though it looks the same")
    mutating func writtenAgain() {
        settling.closed("a")
        settling.written("a")
        #expect(look(100, at: 0).isEmpty && look(100, at: 9).isEmpty)
        settling.closed("a")
        #expect(look(100, at: 9.1) == ["a"])
    }

    @Test("where nobody tells of closing, standing still is enough")
    mutating func polled() {
        _ = look(100, at: 0, hearsClosing: false)
        _ = look(200, at: 1, hearsClosing: false)
        #expect(look(200, at: 3.9, hearsClosing: false).isEmpty)
        #expect(look(200, at: 4, hearsClosing: false) == ["a"])
    }

    @Test("an empty one is not finished, and a changed time is a change")
    mutating func empty() {
        settling.closed("a")
        _ = look(0, at: 0)
        #expect(look(0, at: 100).isEmpty)
        settling.closed("a")
        #expect(look(5, 1, at: 101).isEmpty)
        #expect(look(5, 1, at: 102) == ["a"])
        #expect(look(5, 2, at: 103).isEmpty)
        #expect(settling.isWaiting)
    }

    @Test("what was there before is left alone until it changes, and what is gone is forgotten")
    mutating func left() {
        settling.begin(with: ["a": sight(100)], at: 0, takes: false)
        #expect(look(100, at: 0).isEmpty && look(100, at: 90).isEmpty)
        _ = look(200, at: 91)
        _ = look(nil, at: 92)
        #expect(!settling.isWaiting)
        settling.closed("a")
        _ = look(100, at: 93)
        #expect(look(100, at: 94) == ["a"])
    }
}
