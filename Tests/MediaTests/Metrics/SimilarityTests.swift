import Core
import Media
import SystemPackage
import TestSupport
import Testing

/// How alike two pictures are.
@Suite struct SimilarityTests {
    @Test("a picture is exactly like itself")
    func identical() throws {
        let folder = try Folder()
        try Clip(frames: 5).writeRaw(to: folder.file("clip.y4m"))
        let source = try Studio.probe(folder.file("clip.y4m"))
        let (mean, count) = try compare(source, source)
        #expect(count == 5)
        #expect(try #require(mean) == 1)
    }

    @Test("the coarser the quality, the less alike")
    func coarser() throws {
        let folder = try Folder()
        let raw = folder.file("clip.y4m")
        let clip = Clip(frames: 10)
        try clip.writeRaw(to: raw)
        let original = try Studio.probe(raw)
        var last = 1.0
        for quality in [15.0, 30, 45] {
            let path = folder.file("clip.mp4")
            try clip.write(to: path, quality: quality)
            let mean = try #require(try compare(original, try Studio.probe(path)).mean)
            #expect(mean < last)
            #expect(mean > 0.2)
            last = mean
        }
    }

    @Test("noise is like nothing else")
    func noise() throws {
        let folder = try Folder()
        try Clip(.noise, frames: 3).writeRaw(to: folder.file("noise.y4m"))
        try Clip(.moving, frames: 3).writeRaw(to: folder.file("moving.y4m"))
        let mean = try compare(
            try Studio.probe(folder.file("noise.y4m")),
            try Studio.probe(folder.file("moving.y4m"))
        ).mean
        #expect(try #require(mean) < 0.3)
    }

    @Test("comparing nothing has no result")
    func nothing() throws {
        let similarity = try Similarity(size: PixelSize(width: 64, height: 64))
        #expect(try similarity.mean() == nil)
    }

    @Test("halving keeps the frame's time and gives the asked size")
    func shrinks() throws {
        let folder = try Folder()
        try Clip(frames: 3).writeRaw(to: folder.file("clip.y4m"))
        let source = try Studio.probe(folder.file("clip.y4m"))
        let picture = try Studio.picture(of: source)
        var reader = try PictureReader(
            source: source,
            picture: picture,
            flag: CancellationFlag()
        )
        let shrinker = try Shrinker(
            from: picture.size,
            to: PixelSize(width: 160, height: 90),
            flags: "area"
        )
        var frame = try Frame()
        var small = try Frame()
        for index in 0..<3 {
            let isThere = try reader.next(into: &frame)
            #expect(isThere)
            try shrinker.shrink(frame, into: &small)
            #expect(small.presentationTime == index)
            #expect(small.width == 160 && small.height == 90)
        }
    }

    private func compare(_ one: Source, _ other: Source) throws -> (mean: Double?, count: Int) {
        let picture = try Studio.picture(of: one)
        var left = try PictureReader(source: one, picture: picture, flag: CancellationFlag())
        var right = try PictureReader(source: other, picture: picture, flag: CancellationFlag())
        var similarity = try Similarity(size: picture.size)
        var first = try Frame()
        var second = try Frame()
        while try left.next(into: &first), try right.next(into: &second) {
            try similarity.add(first, second)
        }
        let count = similarity.count
        return (try similarity.mean(), count)
    }
}
