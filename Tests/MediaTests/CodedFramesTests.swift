import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// Frames in coded form come back as they went in, and never take more of the disk than they may.
@Suite struct CodedFramesTests {
    // More than two keyframes' distance, and odd.
    static let frames = 131

    @Test(
        "frames come back bit for bit and with their own times, in any order",
        arguments: [Painted.noise, .moving]
    )
    func parity(_ painted: Painted) throws {
        let folder = try Folder()
        let (source, picture) = try clip(painted.scene, in: folder)
        let expected = try checksums(source, picture)
        var kept = try store(picture, in: folder)
        try fill(&kept, source, picture)
        try kept.finish()
        #expect(kept.isComplete == true)
        #expect(kept.count == Self.frames)
        #expect(folder.file("frames").byteCount == kept.byteCount)
        let jumps = [130, 0, 59, 60, 61, 119, 121, 120, 7, 7, 130, 64]
        var frame = try Frame()
        for index in Array(0..<Self.frames) + jumps + Array(100..<Self.frames) + Array(0..<30) {
            try kept.read(index, into: &frame)
            #expect(frame.checksum == expected[index], "frame \(index)")
            #expect(frame.presentationTime == index)
            #expect(frame.width == picture.size.width && frame.height == picture.size.height)
            // The encoder of pass 2 would begin a group of pictures there.
            #expect(frame.startsGroup == false)
        }
    }

    @Test("a picture takes less than half of its room")
    func size() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.moving, in: folder)
        var kept = try store(picture, in: folder)
        try fill(&kept, source, picture)
        try kept.finish()
        #expect(kept.byteCount > 0)
        #expect(kept.byteCount < Self.frames * picture.size.pixels * 3 / 2 / 2)
    }

    @Test("a picture that is repeated is coded once")
    func repeats() throws {
        let folder = try Folder()
        let (source, own) = try clip(.noise, in: folder)
        var once = try store(own, in: folder)
        try fill(&once, source, own)
        try once.finish()
        var picture = own
        picture.frameRate = Rational(own.frameRate.numerator * 3, own.frameRate.denominator)
        let expected = try checksums(source, picture)
        var kept = try CodedFrames(
            of: picture,
            fileLimit: 1 << 30,
            path: folder.file("repeated")
        )
        try fill(&kept, source, picture)
        try kept.finish()
        #expect(kept.count == expected.count)
        #expect(kept.count > Self.frames * 2)
        #expect(kept.byteCount < once.byteCount * 11 / 10)
        var frame = try Frame()
        for index in Array(0..<kept.count) + [200, 199, 3] {
            try kept.read(index, into: &frame)
            #expect(frame.checksum == expected[index])
            #expect(frame.presentationTime == index)
        }
    }

    @Test("one byte more than the limit drops everything, and the disk is given back")
    func drops() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.noise, in: folder)
        var whole = try store(picture, in: folder)
        try fill(&whole, source, picture)
        try whole.finish()
        let needed = whole.byteCount
        for (limit, isComplete) in [(needed, true), (needed - 1, false), (needed / 2, false)] {
            var kept = try store(picture, in: folder, limit: limit)
            try fill(&kept, source, picture)
            try kept.finish()
            #expect(kept.isComplete == isComplete)
            #expect(kept.count == (isComplete ? Self.frames : 0))
            #expect(kept.byteCount == (isComplete ? needed : 0))
            #expect(folder.file("frames").byteCount == kept.byteCount)
        }
    }

    @Test(
        "a full disk drops everything, and stops nothing",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))
    )
    func fullDisk() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.noise, in: folder)
        var kept = try CodedFrames(of: picture, fileLimit: 1 << 30, path: "/dev/full")
        try fill(&kept, source, picture)
        try kept.finish()
        #expect(kept.isComplete == false)
        #expect(kept.byteCount == 0)
    }

    @Test("a folder that is not there is an error, not a crash")
    func noFolder() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.noise, in: folder)
        #expect(throws: MediaError.self) {
            var kept = try CodedFrames(
                of: picture,
                fileLimit: 1 << 30,
                path: folder.file("none").appending("frames")
            )
            try fill(&kept, source, picture)
        }
    }

    @Test(
        "frames of a few pixels come back too, or are not kept",
        arguments: [(2, 2), (2, 64), (64, 2), (4, 6), (16, 16), (18, 34), (66, 50)]
    )
    func small(_ width: Int, _ height: Int) throws {
        let folder = try Folder()
        let path = folder.file("clip.y4m")
        try Clip(.noise, width: width, height: height, frames: 9).writeRaw(to: path)
        let source = try Studio.probe(path)
        let picture = try Studio.picture(of: source)
        let expected = try checksums(source, picture)
        var kept = try store(picture, in: folder)
        try fill(&kept, source, picture)
        try kept.finish()
        #expect(kept.count == (kept.isComplete ? expected.count : 0))
        #expect(kept.isComplete == true || min(width, height) < 16)
        var frame = try Frame()
        for index in 0..<kept.count {
            try kept.read(index, into: &frame)
            #expect(frame.checksum == expected[index])
        }
    }

    enum Painted: Sendable {
        case noise
        case moving

        var scene: Scene { self == .noise ? .noise : .moving }
    }

    private func clip(_ scene: Scene, in folder: Folder) throws -> (Source, Picture) {
        let path = folder.file("clip.y4m")
        try Clip(scene, width: 320, height: 178, frames: Self.frames).writeRaw(to: path)
        let source = try Studio.probe(path)
        return (source, try Studio.picture(of: source))
    }

    private func store(
        _ picture: Picture,
        in folder: Folder,
        limit: Int = 1 << 30
    ) throws -> CodedFrames {
        try CodedFrames(of: picture, fileLimit: limit, path: folder.file("frames"))
    }

    private func fill(
        _ store: inout CodedFrames,
        _ source: Source,
        _ picture: Picture
    ) throws {
        var reader = try PictureReader(
            source: source,
            picture: picture,
            flag: CancellationFlag()
        )
        var frame = try Frame()
        while try reader.next(into: &frame) { try store.append(frame) }
    }
}
