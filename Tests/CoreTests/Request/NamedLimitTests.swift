import Core
import Foundation
import SystemPackage
import Testing

@Suite("Limits that have a name")
struct NamedLimitTests {
    private let limits = NamedLimits.builtIn

    @Test("every name is typed with small letters, digits and hyphens, and there are no two of it")
    func names() {
        let names = limits.all.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") })
        }
    }

    @Test("every entry of Cinch's own has a size, a source, a grade and a date")
    func sources() {
        for limit in limits.all {
            #expect(limit.size.bytes >= 500_000, "\(limit.name)")
            #expect(!limit.source.isEmpty && limit.grade != nil && !limit.isOwn, "\(limit.name)")
            #expect(limit.checked?.hasPrefix("20") == true, "\(limit.name)")
        }
    }

    @Test(
        "sizes of which only MB is known are decimal, and counts of bytes are what was counted",
        arguments: [
            ("discord", 20_000_000), ("discord-safe", 10_000_000), ("discord-nitro", 500_000_000),
            ("whatsapp", 16_000_000), ("x-dm", 512_000_000), ("signal", 104_857_600),
            ("telegram", 2_097_152_000), ("github", 10_000_000), ("mastodon", 103_809_024),
        ]
    )
    func bytes(name: String, bytes: Int) throws {
        #expect(try limits.named(name).size.bytes == bytes)
    }

    @Test(
        "what a mail may carry survives its own encoding in base64, and one line more would not",
        arguments: ["gmail", "gmail-safe", "outlook", "exchange", "exchange-server"]
    )
    func mail(name: String) throws {
        let limit = try limits.named(name)
        guard case .message(let whole) = limit.measure else {
            Issue.record("\(name) counts no message")
            return
        }
        // A tenth of a percent of the file, so that the test takes no memory worth the name.
        func encoded(_ bytes: Int) -> Int {
            let lines = bytes / 57
            let rest = Data(count: bytes % 57).base64EncodedString().utf8.count
            return lines * 78 + (rest > 0 ? rest + 2 : 0)
        }
        let room = whole - NamedLimit.messageHeaderBytes
        #expect(encoded(limit.size.bytes) <= room)
        #expect(encoded(limit.size.bytes + 57) > room)
        // What Foundation makes of 57 bytes is what was counted above.
        let line = Data(count: 57 * 3).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        #expect(abs(line.utf8.count - 3 * 78) <= 2)
    }

    @Test("25 MiB go through Gmail's own servers, but for what the headers take")
    func gmail() throws {
        let bytes = try limits.named("gmail").size.bytes
        #expect((26_100_000...(25 << 20)).contains(bytes))
    }

    @Test("a message that has no room for its headers carries nothing")
    func tiny() {
        #expect(NamedLimit.rawBytes(inMessageOf: 1000) == 0)
    }

    @Test("a name is found whatever its case")
    func anyCase() throws {
        #expect(try limits.named("Discord").name == "discord")
    }

    @Test(
        "an unknown name is refused with those that are nearest",
        arguments: [
            ("discrod", "discord"), ("mastdon", "mastodon"), ("nitro", "discord-nitro"),
            ("googlemail", ""), ("discordnitro", "discord-nitro"), ("telegram-bt", "telegram-bot"),
        ]
    )
    func unknown(text: String, nearest: String) {
        let failure = #expect(throws: Failure.self) { try limits.named(text) }
        #expect(failure?.kind == .usage)
        #expect(failure?.advice.contains("cinch limits") == true)
        #expect(nearest.isEmpty || limits.nearest(to: text).contains(nearest))
        #expect(nearest.isEmpty == limits.nearest(to: text).isEmpty)
    }

    @Test("a user's own entry replaces the one of its name, and stands before all others")
    func own() throws {
        let mine = NamedLimit("discord", "Discord", .file(bytes: 3), .exact, source: "here")
        let all = limits.adding([mine])
        #expect(try all.named("discord") == mine)
        #expect(all.all.count == limits.all.count && all.all.first == mine && mine.isOwn)
    }

    @Test("a clip that lasts longer than a place takes is told so, and another is not")
    func length() throws {
        let limit = try limits.named("x-dm")
        #expect(limit.objection(toSeconds: 140.4) == nil)
        #expect(limit.objection(toSeconds: 150)?.contains("2 min 20 s") == true)
        #expect(try limits.named("discord").objection(toSeconds: 1e6) == nil)
    }

    @Test("the result of a named limit is named after it")
    func destination() throws {
        let limit = try limits.named("gmail-safe")
        let request = Request(input: "a/b.mov", target: limit.size, namedLimit: limit)
        #expect(request.destination == "a/b-gmail-safe.mp4")
    }
}
