import Testing

@testable import CLI

@Suite("Files that are dropped on a terminal")
struct DroppedPathsTests {
    private func dropped(_ line: String, there: [String]) -> DroppedPaths {
        DroppedPaths(line, home: "/home/u") { there.contains($0) }
    }

    @Test(
        "every way in which terminals paste a path is read",
        arguments: [
            ("/v/a.mp4", "/v/a.mp4"), ("  /v/a.mp4  ", "/v/a.mp4"),
            ("'/v/a b.mp4'", "/v/a b.mp4"), ("\"/v/a b.mp4\"", "/v/a b.mp4"),
            ("/v/a\\ b\\ \\(1\\).mp4", "/v/a b (1).mp4"), ("'/v/it'\\''s.mp4'", "/v/it's.mp4"),
            ("file:///v/a%20b.mp4", "/v/a b.mp4"), ("'file:///v/a.mp4'", "/v/a.mp4"),
            ("file://localhost/v/%E8%A7%86%E9%A2%91.mp4", "/v/视频.mp4"),
            ("~/a.mov", "/home/u/a.mov"), ("./a.mp4", "./a.mp4"), ("a.mp4", "a.mp4"),
            ("/v/a b.mp4", "/v/a b.mp4"), ("/v/no-extension", "/v/no-extension"),
            ("/v/视频 1.mp4", "/v/视频 1.mp4"), ("\"/v/a\\\"b.mp4\"", "/v/a\"b.mp4"),
        ]
    )
    func forms(line: String, path: String) {
        let result = dropped(line, there: [path])
        #expect(result.paths == [path])
        #expect(result.missing.isEmpty && result.text.isEmpty)
    }

    @Test("several files and words on one line come apart, each file once")
    func several() {
        let result = dropped(
            "compress /v/a\\ b.mp4 '/v/c.mov' and /v/c.mov to 8MB please",
            there: ["/v/a b.mp4", "/v/c.mov"]
        )
        #expect(result.paths == ["/v/a b.mp4", "/v/c.mov"])
        #expect(result.text == "compress and to 8MB please")
    }

    @Test(
        "words stay as they are, quotes and apostrophes too",
        arguments: [
            "compress this video to under 50MB", "add the title 'Urban  Dreams'",
            "don't make it loud, it's fine", "use 16:9 and/or 9:16", "what about a/b?",
            "把这个视频压缩到 8MB", "it ends with a quote\"", "a \\ backslash",
            "see https://a.example/b.mp4",
            "call it clip.mp4 please", "/ is a slash", "",
        ]
    )
    func words(line: String) {
        let result = dropped(line, there: [])
        #expect(result.paths.isEmpty && result.missing.isEmpty)
        #expect(result.text == line)
    }

    @Test("a name that was sent, or is on the line with its path, is only talked about")
    func names() {
        let there = ["/v/two.mp4", "two.mp4", "one.mp4"]
        let both = dropped("/v/two.mp4 compress two.mp4 to 8MB", there: there)
        #expect(both.paths == ["/v/two.mp4"] && both.text == "compress two.mp4 to 8MB")
        let known = DroppedPaths("trim one.mp4", known: ["one.mp4"]) { there.contains($0) }
        #expect(known.paths.isEmpty && known.text == "trim one.mp4")
        #expect(dropped("trim one.mp4", there: there).paths == ["one.mp4"])
    }

    @Test("a path to a video that is not there is missed; other strange words are words")
    func missing() {
        let result = dropped("/v/gone.mp4 /v/what ~/b.txt", there: [])
        #expect(result.missing == ["/v/gone.mp4"])
        #expect(result.text == "/v/what ~/b.txt")
        #expect(dropped("file://elsewhere/v/a.mp4", there: ["/v/a.mp4"]).paths.isEmpty)
    }
}
