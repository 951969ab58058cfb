import Core
import SystemPackage
import Testing

@testable import Simulator

/// The agent understands a few wishes in two languages and changes the draft for them.
@Suite struct AgentTests {
    @Test(
        "a wish is understood in English and in Chinese",
        arguments: [
            (
                "compress this video to under 50MB without losing too much quality",
                Answer.Change.compress(target: ByteSize(bytes: 50_000_000), lines: nil)
            ),
            ("把这个视频压到8MB", .compress(target: ByteSize(bytes: 8_000_000), lines: nil)),
            ("export 720p MP4", .compress(target: nil, lines: 720)),
            ("add BGM", .music("Lo-fi")), ("加点音乐", .music("Lo-fi")),
            ("add title 'Urban Dreams'", .title("Urban Dreams")),
            ("加标题“你好”", .title("你好")), ("加字幕", .subtitles(isChinese: true)),
            ("burn captions in", .subtitles(isChinese: false)),
            ("trim it to 10 s", .trim(seconds: 10)), ("剪到 3.5 秒", .trim(seconds: 3.5)),
            ("make it nicer", .note("make it nicer")),
        ]
    )
    func wishes(_ message: String, _ change: Answer.Change) {
        let answer = Answer.to(message, hasMedia: true)
        #expect(answer.change == change)
        let isChinese = message.unicodeScalars.contains { $0.value >= 0x4E00 }
        let said = answer.preface + answer.final
        #expect(said.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } == isChinese)
        #expect(!answer.preface.isEmpty && !answer.final.isEmpty)
    }

    @Test("without media only a generation changes anything")
    func nothingToWorkOn() {
        #expect(Answer.to("compress to 8MB", hasMedia: false).change == nil)
        #expect(Answer.to("加字幕", hasMedia: false).final.contains("上传"))
        #expect(Answer.to("generate a city timelapse", hasMedia: false).isGeneration)
    }

    private func session(_ world: inout World) -> String {
        world.users["u"] = .init(id: "u", available: 1_000)
        let made = world.newSession(["task_name": "p"], userID: "u")
        return made["session_id"]?.string ?? ""
    }

    private func media(_ name: String) -> World.Media {
        World.Media(
            name: name,
            kind: "video",
            path: "/v",
            address: "http://x/\(name)",
            bytes: 1,
            hash: name,
            seconds: 20
        )
    }

    private func say(_ world: inout World, _ id: String, _ message: String) throws {
        let answer = try world.begin(message, in: id, userID: "u")
        if let change = answer.change { world.change(change, in: id, when: .now, now: .zero) }
        world.end(in: id, userID: "u", isGeneration: answer.isGeneration, cost: nil)
    }

    @Test("tracks are added to the timeline, and trimming shortens them all")
    func timeline() throws {
        var world = World(SimulatorOptions())
        let id = session(&world)
        _ = try world.add([media("a.mp4")], to: id, userID: "u")
        for message in ["add BGM", "add title 'Hi'", "加字幕", "trim to 5 s"] {
            try say(&world, id, message)
        }
        let draft = try #require(world.sessions[id]?.draft)
        #expect(draft.tracks.map(\.kind) == [0, 1, 7, 7])
        #expect(draft.duration == 5_000)
        #expect(draft.tracks[1].segments == [.init(duration: 5_000, name: "Lo-fi", volume: 0.35)])
        #expect(draft.tracks[2].segments == [.init(duration: 3_000, text: "Hi")])
        #expect(draft.tracks[3].segments.count == 1)
    }

    @Test("each file begins a timeline of its own, the newest unless one is named")
    func severalFiles() throws {
        var world = World(SimulatorOptions())
        let id = session(&world)
        _ = try world.add([media("a.mp4"), media("b.mp4")], to: id, userID: "u")
        func clip() -> String? {
            world.sessions[id]?.draft?.tracks.first?.segments.first?.name
        }
        try say(&world, id, "compress it")
        #expect(clip() == "b.mp4")
        try say(&world, id, "add BGM to a.mp4")
        #expect(clip() == "a.mp4")
        #expect(world.sessions[id]?.draft?.tracks.count == 2)
    }

    @Test("a changed draft is served with the same bytes until it changes again")
    func stableBytes() throws {
        var world = World(SimulatorOptions())
        let id = session(&world)
        _ = try world.add([media("a.mp4")], to: id, userID: "u")
        try say(&world, id, "add BGM")
        let first = try world.state(id, userID: "u", now: .zero).bytes
        #expect(try world.state(id, userID: "u", now: .zero).bytes == first)
        try say(&world, id, "add BGM")
        #expect(try world.state(id, userID: "u", now: .zero).bytes != first)
    }

    @Test("a change can wait for a reading or for a moment")
    func waiting() throws {
        var world = World(SimulatorOptions())
        let id = session(&world)
        _ = try world.add([media("a.mp4")], to: id, userID: "u")
        world.change(.music("a"), in: id, when: .atRead(2), now: .seconds(5))
        world.change(.music("b"), in: id, when: .after(.seconds(10)), now: .seconds(5))
        func tracks(_ seconds: Int) throws -> Int? {
            _ = try world.state(id, userID: "u", now: .seconds(seconds))
            return world.sessions[id]?.draft?.tracks.count
        }
        #expect(try tracks(6) == nil)
        #expect(try tracks(7) == 1)
        #expect(try tracks(14) == 1)
        #expect(try tracks(15) == 2)
    }

    @Test("every number of §19 that has a scenario differs from the happy path in something")
    func numbers() {
        let plain = "\(Scenario())"
        let without: Set = [2, 6, 45, 46, 48, 57, 58, 60, 62, 63]
        for number in 1...64 {
            let scenario = Scenario.numbered(number)
            #expect((scenario == nil) == without.contains(number), "\(number)")
            if let scenario { #expect("\(scenario)" != plain, "\(number)") }
        }
        #expect(Scenario.numbered(28, isB: true)?.turns.first?.steps.count == 3)
        #expect(Scenario.numbered(50, isB: true)?.renders.count == 1)
    }
}
