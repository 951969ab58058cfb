import Core
import Media
import TestSupport
import Testing

/// Frames are scaled by the quicker library, and right.
@Suite struct ScalerTests {
    @Test(
        "every size comes out as libswscale makes it, where libzimg is known to be wrong too",
        arguments: [
            // libzimg 3.0.4 with AVX-512 gets columns of the first three wrong.
            PixelSize(width: 622, height: 350), PixelSize(width: 628, height: 354),
            PixelSize(width: 634, height: 356), PixelSize(width: 640, height: 360),
            PixelSize(width: 534, height: 300), PixelSize(width: 1000, height: 562),
            PixelSize(width: 1920, height: 1080),
        ]
    )
    func scaling(_ size: PixelSize) throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(
            Clip(.bars, width: 1280, height: 720, frames: 2),
            in: folder
        )
        var reader = try PictureReader(source: source, picture: picture, flag: CancellationFlag())
        var frame = try Frame()
        try #require(try reader.next(into: &frame))
        let quick = try Shrinker(from: picture.size, to: size, flags: "bicubic")
        let plain = try Shrinker(from: picture.size, to: size, flags: "bicubic+full_chroma_int")
        var one = try Frame()
        var other = try Frame()
        try quick.shrink(frame, into: &one)
        try plain.shrink(frame, into: &other)
        var similarity = try Similarity(size: size)
        try similarity.add(one, other)
        let mean = try #require(try similarity.mean())
        #expect(mean > 0.998)
    }
}
