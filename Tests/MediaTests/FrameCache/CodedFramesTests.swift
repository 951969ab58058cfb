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
        try forEachFrame(source, picture) { try kept.append($0) }
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
        try forEachFrame(source, picture) { try kept.append($0) }
        try kept.finish()
        #expect(kept.byteCount > 0)
        #expect(kept.byteCount < Self.frames * picture.size.pixels * 3 / 2 / 2)
    }

    @Test("a picture that is repeated is coded once")
    func repeats() throws {
        let folder = try Folder()
        let (source, own) = try clip(.noise, in: folder)
        var once = try store(own, in: folder)
        try forEachFrame(source, own) { try once.append($0) }
        try once.finish()
        var picture = own
        picture.frameRate = Rational(own.frameRate.numerator * 3, own.frameRate.denominator)
        let expected = try checksums(source, picture)
        var kept = try CodedFrames(
            of: picture,
            fileLimit: 1 << 30,
            path: folder.file("repeated")
        )
        try forEachFrame(source, picture) { try kept.append($0) }
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
        try forEachFrame(source, picture) { try whole.append($0) }
        try whole.finish()
        let needed = whole.byteCount
        for (limit, isComplete) in [(needed, true), (needed - 1, false), (needed / 2, false)] {
            var kept = try store(picture, in: folder, limit: limit)
            try forEachFrame(source, picture) { try kept.append($0) }
            try kept.finish()
            #expect(kept.isComplete == isComplete)
            #expect(kept.count == (isComplete ? Self.frames : 0))
            #expect(kept.byteCount == (isComplete ? needed : 0))
            #expect(folder.file("frames").byteCount == kept.byteCount)
        }
    }

    @Test("a full disk drops everything, and stops nothing", .enabled(if: SmallDisk.isAllowed))
    func fullDisk() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.noise, in: folder)
        let disk = try SmallDisk(bytes: 64 << 10)
        var kept = try CodedFrames(of: picture, fileLimit: 1 << 30, path: disk.path.appending("f"))
        try forEachFrame(source, picture) { try kept.append($0) }
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
            try forEachFrame(source, picture) { try kept.append($0) }
        }
    }

    @Test(
        "frames of a few pixels come back too, or are not kept",
        arguments: [(2, 2), (2, 64), (64, 2), (4, 6), (16, 16), (18, 34), (66, 50)]
    )
    func small(_ width: Int, _ height: Int) throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(
            Clip(.noise, width: width, height: height, frames: 9),
            in: folder
        )
        let expected = try checksums(source, picture)
        var kept = try store(picture, in: folder)
        try forEachFrame(source, picture) { try kept.append($0) }
        try kept.finish()
        #expect(kept.count == (kept.isComplete ? expected.count : 0))
        #expect(kept.isComplete == true || min(width, height) < 16)
        var frame = try Frame()
        for index in 0..<kept.count {
            try kept.read(index, into: &frame)
            #expect(frame.checksum == expected[index])
        }
    }

    // MARK: - As PreparedFrames uses it

    @Test("prepared frames in coded form are the same at every reading, from any frame on")
    func prepared() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.moving, in: folder)
        let expected = try checksums(source, picture)
        var frames = try prepare(source, picture, in: folder, limit: 1 << 30)
        var frame = try Frame()
        for start in [0, 0, 70, 130, 59, 0] {
            try frames.rewind(to: start)
            var sums: [UInt64] = []
            while try frames.next(into: &frame) { sums.append(frame.checksum) }
            #expect(sums == Array(expected[start...]), "from frame \(start)")
        }
        #expect(frames.place == .coded)
        #expect(frames.keptBytes == folder.file("frames").byteCount)
        #expect(frames.keptBytes > 0)
        // Stretches of pass 2 are read up to their end alone.
        for range in [0..<50, 50..<90, 90..<131, 60..<70] {
            try frames.rewind(to: range.lowerBound)
            for index in range {
                #expect(try frames.next(into: &frame) == true)
                #expect(frame.checksum == expected[index])
            }
        }
    }

    @Test("prepared frames that pass the limit in coded form are decoded again")
    func preparedTooLarge() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.noise, in: folder)
        let expected = try checksums(source, picture)
        var frames = try prepare(source, picture, in: folder, limit: 100_000)
        var frame = try Frame()
        for start in [0, 0, 70] {
            try frames.rewind(to: start)
            var sums: [UInt64] = []
            while try frames.next(into: &frame) { sums.append(frame.checksum) }
            #expect(sums == Array(expected[start...]), "from frame \(start)")
            #expect(folder.file("frames").byteCount == 0)
        }
        #expect(frames.place == .decodeAgain)
        #expect(frames.keptBytes == 0)
    }

    @Test("prepared frames in coded form are handed out in a smaller size too")
    func scaled() throws {
        let folder = try Folder()
        let (source, picture) = try clip(.moving, in: folder)
        var readings: [[UInt64]] = []
        for place in [FrameKeeping.Place.memory, .coded] {
            var frames = try prepare(source, picture, in: folder, limit: 1 << 30, place: place)
            var frame = try Frame()
            while try frames.next(into: &frame) {}
            try frames.scale(to: PixelSize(width: 160, height: 90))
            for start in [0, 70] {
                try frames.rewind(to: start)
                var sums: [UInt64] = []
                while try frames.next(into: &frame) { sums.append(frame.checksum) }
                #expect(sums.count == Self.frames - start)
                readings.append(sums)
            }
        }
        #expect(readings[0] == readings[2])
        #expect(readings[1] == readings[3])
    }

    enum Painted: Sendable {
        case noise
        case moving

        var scene: Scene { self == .noise ? .noise : .moving }
    }

    private func clip(_ scene: Scene, in folder: Folder) throws -> (Source, Picture) {
        try Studio.raw(Clip(scene, width: 320, height: 178, frames: Self.frames), in: folder)
    }

    private func store(
        _ picture: Picture,
        in folder: Folder,
        limit: Int = 1 << 30
    ) throws -> CodedFrames {
        try CodedFrames(of: picture, fileLimit: limit, path: folder.file("frames"))
    }

    private func prepare(
        _ source: Source,
        _ picture: Picture,
        in folder: Folder,
        limit: Int,
        place: FrameKeeping.Place = .coded
    ) throws -> PreparedFrames {
        var frames = try PreparedFrames(
            source: source,
            picture: picture,
            keeping: FrameKeeping(
                place: place,
                memoryLimitBytes: 1 << 30,
                fileLimitBytes: limit,
                estimatedBytes: 0
            ),
            frames: Self.frames,
            file: folder.file("frames"),
            flag: CancellationFlag()
        )
        var frame = try Frame()
        while try frames.next(into: &frame) {}
        return frames
    }
}
