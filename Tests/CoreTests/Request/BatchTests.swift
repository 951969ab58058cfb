import Core
import SystemPackage
import Testing

@Suite("The names and the least quality of a batch")
struct BatchTests {
    private func places(
        _ paths: [String],
        root: FilePath? = nil,
        folder: FilePath? = nil
    ) -> [String] {
        let found = paths.map { BatchNames.Found(FilePath($0), root: root) }
        return BatchNames.places(for: found, purpose: "8MB", folder: folder)
            .map { $0.folder.appending($0.stem).string }
    }

    @Test("results lie beside their inputs and are called after them")
    func beside() {
        #expect(places(["a.mov", "x/b.mkv"]) == ["a-8MB", "x/b-8MB"])
    }

    @Test("in a folder of their own they keep the folders below the one that was named")
    func below() {
        #expect(
            places(["in/a.mov", "in/x/y/a.mov"], root: "in", folder: "out")
                == ["out/a-8MB", "out/x/y/a-8MB"]
        )
        #expect(places(["in/a.mov", "b.mov"], folder: "out") == ["out/a-8MB", "out/b-8MB"])
    }

    @Test("two that would meet are told by their extensions, then by numbers, whatever the case")
    func collisions() {
        #expect(
            places(["a.mov", "A.mp4", "b.mov"]) == ["a-mov-8MB", "A-mp4-8MB", "b-8MB"]
        )
        #expect(
            places(["x/a.mov", "y/a.mov", "z/a.mov"], folder: "out")
                == ["out/a-mov-8MB", "out/a-2-8MB", "out/a-3-8MB"]
        )
        // Where no two results can have one name nothing is told.
        #expect(places(["a.mov", "a.mp3", "a.jpg"]) == ["a-8MB", "a-8MB", "a-8MB"])
        #expect(places(["b.mov", "b.gif"]) == ["b-mov-8MB", "b-gif-8MB"])
        let many = places((0..<50).map { "\($0)/a.mov" }, folder: "out")
        #expect(Set(many).count == 50)
    }

    @Test("a name as long as names can be still leaves room for what comes after it")
    func long() {
        let stem = places([String(repeating: "é", count: 125) + ".mov"])[0]
        #expect(stem.utf8.count <= 250 && stem.hasSuffix("-8MB"))
        let name = String(repeating: "x", count: 251) + ".mov"
        let several = places(["a/\(name)", "b/\(name)", "c/\(name)"], folder: "out")
        #expect(Set(several).count == 3)
        #expect(several.allSatisfy { $0.utf8.count <= 4 + 250 }, "\(several)")
    }

    @Test("what a run before made of a folder is not made smaller again, unless it is named")
    func results() {
        func kept(_ names: [String], root: FilePath?) -> [String] {
            BatchNames.withoutResults(
                names.map { BatchNames.Found(FilePath($0), root: root) },
                purpose: "8MB"
            ).map(\.path.string)
        }
        let chain = ["in/a.mov", "in/a-1MB.mp4", "in/a-1MB-small.mp4", "in/A-2.5MB-1of3.mp4"]
        #expect(kept(chain, root: "in") == ["in/a.mov"])
        let others = ["in/a.mov", "in/a-2.mp4", "in/a-1MB.mov", "in/a-b.mp4", "in/b-1MB.mp4"]
        #expect(kept(others, root: "in") == others)
        let names = ["in/a-8MB.mp4", "in/a.mov", "in/b-8MB.mp4", "in/c-mov-8MB.mp4", "in/c.mov"]
        #expect(kept(names, root: "in") == ["in/a.mov", "in/b-8MB.mp4", "in/c.mov"])
        #expect(kept(names, root: nil) == names)
    }

    @Test(
        "the least quality is a word, a number or a percentage",
        arguments: [
            ("good", 0.96), ("EXCELLENT", 0.985), ("0.95", 0.95), ("95%", 0.95), ("poor", 0),
        ]
    )
    func quality(text: String, value: Double) {
        #expect(LeastQuality(parsing: text)?.similarity == value)
    }

    @Test(
        "anything else is no quality",
        arguments: ["", "nice", "1", "1.5", "-0.5", "0", "95", "%"]
    )
    func noQuality(text: String) {
        #expect(LeastQuality(parsing: text) == nil)
    }
}
