import Core
import Testing

/// What a file says of itself is told as far as a person would read it.
@Suite struct ToldTextTests {
    @Test("a text within the limit is as it was, and a longer one ends in an ellipsis within it")
    func clips() {
        #expect("abc".clipped(to: 3) == "abc")
        #expect("abcd".clipped(to: 3) == "ab…")
        #expect("äöü".clipped(to: 3) == "äöü")
        #expect("äöüß".clipped(to: 3) == "äö…")
        #expect("".clipped(to: 3) == "")
    }

    @Test("a letter with a million accents is one character, and is cut all the same")
    func cutsLetters() {
        let letter = "e" + String(repeating: "\u{301}", count: 1_000_000)
        #expect(letter.count == 1)
        #expect(letter.clipped(to: 100).unicodeScalars.count == 100)
    }

    @Test("titles, names and languages are as long as names are")
    func names() {
        let long = String(repeating: "x", count: 1_000_000)
        let metadata = Metadata(
            tags: [Metadata.Tag("title", long), Metadata.Tag(long, "short")],
            chapters: [.init(startMicroseconds: 0, endMicroseconds: 1, title: long)]
        )
        #expect(metadata.tags[0].value.utf8.count <= 502)
        #expect(metadata.tags[1].key.utf8.count <= 102)
        #expect(metadata.chapters[0].title?.utf8.count ?? 0 <= 502)
        let sound = AudioTrack(
            streamIndex: 0,
            codec: "aac",
            channels: 2,
            sampleRate: 48_000,
            language: long,
            title: long
        )
        #expect(sound.language?.utf8.count ?? 0 <= 42)
        #expect(sound.title?.utf8.count ?? 0 <= 502)
        let words = SubtitleTrack(streamIndex: 1, codec: "subrip", language: long, title: long)
        #expect(words.language?.utf8.count ?? 0 <= 42)
        #expect(words.title?.utf8.count ?? 0 <= 502)
    }

    @Test("all that a file says together has a limit, and no tag is lost from the list")
    func together() {
        let tags = (0..<400).map { Metadata.Tag("gps-\($0)", String(repeating: "x", count: 4000)) }
        let metadata = Metadata(
            tags: tags,
            chapters: (0..<1000).map {
                .init(
                    startMicroseconds: $0,
                    endMicroseconds: $0 + 1,
                    title: String(repeating: "c", count: 400)
                )
            }
        )
        #expect(metadata.tags.map(\.key) == tags.map(\.key))
        #expect(metadata.tags.reduce(0) { $0 + $1.value.utf8.count } < 70_000)
        #expect(metadata.chapters.count == 1000)
        #expect(metadata.chapters.reduce(0) { $0 + ($1.title?.utf8.count ?? 0) } < 70_000)
    }

    @Test("a description of a few pages is whole")
    func honest() {
        let lyrics = String(repeating: "la ", count: 1300)
        #expect(Metadata(tags: [Metadata.Tag("lyrics", lyrics)]).tags[0].value == lyrics)
    }
}
