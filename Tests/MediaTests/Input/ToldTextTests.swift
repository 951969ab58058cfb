import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// What a container says of itself is read as far as it is told.
@Suite struct ToldTextTests {
    private let folder: Folder
    private let path: FilePath

    init() throws {
        folder = try Folder()
        path = folder.file("clip.mkv")
    }

    @Test("a file put together by hand says what was put into it")
    func honest() throws {
        var file = Matroska()
        (file.title, file.trackName, file.language) = ("A title", "A track", "fre")
        file.hasSound = true
        file.chapters = ["One", "Two"]
        file.tags = [("COMMENT", "A comment")]
        try path.write(file.data)
        let source = try Studio.probe(path)
        #expect(source.metadata.tags.contains(Metadata.Tag("title", "A title")))
        #expect(source.metadata.tags.contains { $0.value == "A comment" })
        #expect(source.metadata.chapters.map(\.title) == ["One", "Two"])
        #expect(source.audio.first?.title == "A track")
        #expect(source.audio.first?.language == "fre")
    }

    @Test("texts of a megabyte come to a few hundred characters, and a letter is not cut in two")
    func long() throws {
        let long = String(repeating: "é", count: 500_000)
        var file = Matroska()
        (file.title, file.trackName, file.language) = (long, long, long)
        file.hasSound = true
        file.chapters = [long]
        file.tags = [("COMMENT", long), (String(repeating: "K", count: 300_000), "v")]
        try path.write(file.data)
        let source = try Studio.probe(path)
        let title = try #require(source.metadata.tags.first { $0.key == "title" }?.value)
        #expect(title == String(repeating: "é", count: 499) + "…")
        #expect(source.metadata.chapters.first?.title == title)
        #expect(source.audio.first?.title == title)
        #expect(source.audio.first?.language?.unicodeScalars.count ?? 99 <= 40)
        let encoded = try JSONEncoder().encode(source)
        #expect(encoded.count < 20_000)
    }
}
