import Core
import Media
import SystemPackage
import TestSupport
import Testing

/// The picture as the encoder gets it: the same every time, at a constant rate, from zero on.
@Suite struct PictureReaderTests {
    static let files = Fixture.names

    @Test("a second reading yields the same frames bit for bit", arguments: files)
    func repeats(_ name: String) throws {
        let source = try Studio.probe(Fixture.path(name))
        var picture = try Studio.picture(of: source)
        picture.size = picture.size.fitted(shortSide: 120)
        let first = try checksums(source, picture)
        let second = try checksums(source, picture)
        #expect(!first.isEmpty)
        #expect(first == second)
    }

    @Test("there are as many frames as duration times rate", arguments: files)
    func counts(_ name: String) throws {
        let source = try Studio.probe(Fixture.path(name))
        var picture = try Studio.picture(of: source)
        picture.size = picture.size.fitted(shortSide: 64)
        let frames = try checksums(source, picture).count
        let expected = source.durationSeconds * picture.frameRate.value
        // Sound may go on for a moment after the picture.
        #expect(abs(Double(frames) - expected) <= max(3, expected * 0.03))
    }

    @Test("a raw clip comes out with every frame, and different scenes differ")
    func everyFrame() throws {
        let folder = try Folder()
        let path = folder.file("clip.y4m")
        try Clip(.noise, width: 64, height: 48, frames: 40).writeRaw(to: path)
        let source = try Studio.probe(path)
        let sums = try checksums(source, try Studio.picture(of: source))
        #expect(sums.count == 40)
        #expect(Set(sums).count == 40)
    }

    @Test(
        "odd sizes become even ones",
        arguments: [(35, 17), (1, 1), (2, 99), (641, 361), (3, 2), (127, 64)]
    )
    func oddSizes(_ width: Int, _ height: Int) throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(
            Clip(.moving, width: width, height: height, frames: 3),
            in: folder
        )
        #expect(picture.size.width % 2 == 0 && picture.size.height % 2 == 0)
        #expect(try checksums(source, picture).count == 3)
    }

    @Test("halving a frame rate halves the frames", arguments: [(120, 60), (100, 50), (240, 60)])
    func halvesRate(_ own: Int, _ kept: Int) throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 64, height: 64, rate: Rational(own, 1), frames: own).write(to: path)
        let source = try Studio.probe(path)
        let picture = try Studio.picture(of: source)
        #expect(picture.frameRate.value == Double(kept))
        #expect(abs(try checksums(source, picture).count - kept) <= 1)
    }

    @Test("a picture that begins late is there from zero on")
    func startsLate() throws {
        // Its file begins at zero with sound, the picture a second later.
        let source = try Studio.probe(Fixture.path("picture-starts-at-1s.mp4"))
        var picture = try Studio.picture(of: source)
        picture.size = picture.size.fitted(shortSide: 64)
        let sums = try checksums(source, picture)
        #expect(sums.count > 250)
        #expect(Set(sums.prefix(28)).count == 1)
    }

    @Test("deinterlacing keeps the number of frames")
    func deinterlaces() throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(
            Clip(width: 128, height: 96, frames: 20, isInterlaced: true),
            in: folder
        )
        #expect(picture.deinterlaces)
        let count = try checksums(source, picture).count
        #expect(count == 20)
    }

    @Test("a raised flag ends reading before the end", arguments: [1, 7, 60])
    func cancels(_ after: Int) throws {
        let flag = CancellationFlag()
        let source = try Studio.probe(Fixture.path("traffic-432p.mp4"))
        var picture = try Studio.picture(of: source)
        picture.size = picture.size.fitted(shortSide: 64)
        var reader = try PictureReader(source: source, picture: picture, flag: flag)
        var frame = try Frame()
        var count = 0
        do {
            while try reader.next(into: &frame) {
                count += 1
                if count == after { flag.raise() }
            }
        } catch {
            // Reading stops with an error; what was read ahead may still come out first.
            #expect(flag.isRaised)
        }
        #expect(flag.isRaised)
        #expect(count < 377)
    }

    @Test("a flag that is up from the start opens nothing")
    func cancelledBefore() throws {
        let flag = CancellationFlag()
        flag.raise()
        #expect(throws: MediaError.self) {
            try Studio.probe(Fixture.path("traffic-432p.mp4"), flag: flag)
        }
    }
}

/// The checksums of a file's prepared frames.
func checksums(_ source: Source, _ picture: Picture, most: Int = .max) throws -> [UInt64] {
    var sums: [UInt64] = []
    try forEachFrame(source, picture, most: most) { frame in
        #expect(frame.presentationTime == sums.count)
        #expect(frame.width == picture.size.width && frame.height == picture.size.height)
        sums.append(frame.checksum)
    }
    return sums
}

/// Hands out a file's prepared frames.
func forEachFrame(
    _ source: Source,
    _ picture: Picture,
    most: Int = .max,
    _ body: (borrowing Frame) throws -> Void
) throws {
    var reader = try PictureReader(source: source, picture: picture, flag: CancellationFlag())
    var frame = try Frame()
    var count = 0
    while count < most, try reader.next(into: &frame) {
        try body(frame)
        count += 1
    }
}
