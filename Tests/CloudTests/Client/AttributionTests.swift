import Testing

@testable import Cloud

@Suite struct AttributionTests {
    private func platform(
        _ environment: [String: String],
        _ path: String = "/usr/bin/cinch"
    ) -> String {
        Attribution(source: "s", environment: environment, installPath: path).platform
    }

    @Test("the environment names the platform before the install path does")
    func platform() {
        #expect(platform(["SKILL_SOURCE": "mine"], "/home/a/.clawhub/b/cinch") == "mine")
        #expect(platform(["SKILL_SOURCE": ""], "/home/a/.clawhub/b/cinch") == "clawhub")
        #expect(platform([:], "/home/a/.cursor/skills/x/cinch") == "cursor")
        #expect(platform([:], "/home/a/.cursor/cinch") == "unknown")
        #expect(platform([:], "/home/my.clawhub/cinch") == "unknown")
    }

    @Test("no value can smuggle a header in or be empty")
    func values() {
        #expect(platform(["SKILL_SOURCE": "a\r\nX-Evil: 1"]) == "unknown")
        #expect(platform(["SKILL_SOURCE": "  "]) == "unknown")
        #expect(platform(["SKILL_SOURCE": "ü"]) == "unknown")
        #expect(platform(["SKILL_SOURCE": String(repeating: "a", count: 129)]) == "unknown")
        #expect(platform(["SKILL_SOURCE": " a b "]) == "a b")
    }

    @Test("headers are complete only with all three, once each")
    func complete() {
        let all = Attribution(source: "s", environment: [:], installPath: "/").headers
        #expect(all.map(\.value) == ["s", "1.0.0", "unknown"])
        #expect(Attribution.isComplete(all))
        for index in all.indices {
            var some = all
            some.remove(at: index)
            #expect(!Attribution.isComplete(some))
        }
        #expect(!Attribution.isComplete(all + [all[0]]))
        #expect(!Attribution.isComplete(all.dropLast() + [(Attribution.platformHeader, "")]))
    }

    @Test("the version can be configured")
    func version() {
        let own = Attribution(
            source: "s",
            environment: ["NEMO_SKILL_VERSION": "2.1"],
            installPath: "/"
        )
        #expect(own.version == "2.1")
    }
}
