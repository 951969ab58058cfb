import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// Kept frames come back as they went in, wherever they were kept.
@Suite struct FrameStoreTests {
    // Of lines that need no padding in memory: 128 and 64 bytes.
    static let frameBytes = 128 * 96 * 3 / 2
    static let frames = 12

    struct Limits: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var memoryFrames: Int
        var fileFrames: Int
    }

    static let places = [
        Limits(testDescription: "memory", memoryFrames: 12, fileFrames: 0),
        Limits(testDescription: "a file", memoryFrames: 0, fileFrames: 12),
        Limits(testDescription: "both", memoryFrames: 5, fileFrames: 7),
    ]

    @Test("every place hands out the same frames, in any order, again and again", arguments: places)
    func parity(_ limits: Limits) throws {
        let folder = try Folder()
        let (source, picture) = try clip(in: folder)
        let expected = try checksums(source, picture)
        var store = try FrameStore(
            size: picture.size,
            memoryLimit: limits.memoryFrames * Self.frameBytes,
            fileLimit: limits.fileFrames * Self.frameBytes,
            path: folder.file("frames")
        )
        try forEachFrame(source, picture) { try store.append($0) }
        #expect(store.isComplete == true)
        #expect(store.count == Self.frames)
        #expect(store.memoryBytes == limits.memoryFrames * Self.frameBytes)
        #expect(store.fileBytes == limits.fileFrames * Self.frameBytes)
        #expect(folder.file("frames").byteCount == store.fileBytes)
        var frame = try Frame()
        for index in Array(0..<Self.frames) + (0..<Self.frames).reversed() {
            try store.read(index, into: &frame)
            #expect(frame.checksum == expected[index])
            #expect(frame.presentationTime == index)
        }
    }

    @Test("one frame more than the limits drops everything, and the disk is given back")
    func drops() throws {
        let folder = try Folder()
        let (source, picture) = try clip(in: folder)
        for (memory, file) in [(11, 0), (0, 11), (5, 6), (0, 0)] {
            var store = try FrameStore(
                size: picture.size,
                memoryLimit: memory * Self.frameBytes,
                fileLimit: file * Self.frameBytes,
                path: folder.file("frames")
            )
            try forEachFrame(source, picture) { try store.append($0) }
            #expect(store.isComplete == false)
            #expect(store.count == 0)
            #expect(store.memoryBytes == 0 && store.fileBytes == 0)
            #expect(folder.file("frames").byteCount == 0)
        }
    }

    @Test("what is kept in memory counts with the padding of its lines, in a file without")
    func padding() throws {
        let folder = try Folder()
        let (source, picture) = try Studio.raw(
            Clip(.noise, width: 160, height: 96, frames: 4),
            in: folder
        )
        // Lines of 160 bytes take 192, and those of 80 take 128.
        let padded = 192 * 96 + 2 * 128 * 48
        var store = try FrameStore(
            size: picture.size,
            memoryLimit: 3 * padded - 1,
            fileLimit: 1 << 24,
            path: folder.file("frames")
        )
        try forEachFrame(source, picture) { try store.append($0) }
        #expect(store.memoryBytes == 2 * padded)
        #expect(store.fileBytes == 2 * picture.size.pixels * 3 / 2)
    }

    @Test("without a path nothing is written")
    func withoutPath() throws {
        let folder = try Folder()
        let (source, picture) = try clip(in: folder)
        var store = try FrameStore(
            size: picture.size,
            memoryLimit: 3 * Self.frameBytes,
            fileLimit: .max,
            path: nil
        )
        try forEachFrame(source, picture) { try store.append($0) }
        #expect(store.isComplete == false)
    }

    @Test("a picture that is repeated is kept once", arguments: [true, false])
    func repeats(_ inMemory: Bool) throws {
        let folder = try Folder()
        let (source, own) = try clip(in: folder)
        var picture = own
        // Five times as many frames as there are pictures.
        picture.frameRate = Rational(own.frameRate.numerator * 5, own.frameRate.denominator)
        var store = try FrameStore(
            size: picture.size,
            memoryLimit: inMemory ? 1 << 24 : 0,
            fileLimit: 1 << 24,
            path: folder.file("frames")
        )
        let expected = try checksums(source, picture)
        try forEachFrame(source, picture) { try store.append($0) }
        #expect(store.count == expected.count)
        #expect(store.count > Self.frames * 4)
        #expect(store.memoryBytes + store.fileBytes == Self.frames * Self.frameBytes)
        var frame = try Frame()
        for index in 0..<store.count {
            try store.read(index, into: &frame)
            #expect(frame.checksum == expected[index])
        }
    }

    @Test("what stands still is kept once, and every frame comes back whole", arguments: places)
    func still(_ limits: Limits) throws {
        let folder = try Folder()
        // Neither side is a whole number of tiles.
        let (source, picture) = try Studio.raw(
            Clip(.pointer, width: 330, height: 186, frames: 300),
            in: folder
        )
        let expected = try checksums(source, picture)
        let wholeBytes = picture.size.pixels * 3 / 2
        var store = try FrameStore(
            size: picture.size,
            memoryLimit: limits.memoryFrames == 12 ? 1 << 30 : limits.memoryFrames * wholeBytes,
            fileLimit: limits.fileFrames == 0 ? 0 : 1 << 30,
            path: folder.file("frames")
        )
        try forEachFrame(source, picture) { try store.append($0) }
        #expect(store.count == 300)
        #expect(store.memoryBytes + store.fileBytes < 300 * wholeBytes / 12)
        #expect((store.memoryBytes == 0) == (limits.memoryFrames == 0))
        #expect((store.fileBytes == 0) == (limits.fileFrames == 0))
        var frame = try Frame()
        var kept = try Frame()
        let leaps = stride(from: 0, to: 300 * 7, by: 7).map { $0 % 300 }
        for index in Array(0..<300) + (0..<300).reversed() + leaps {
            try store.read(index, into: &frame)
            #expect(frame.checksum == expected[index], "frame \(index)")
            if index == 120 { try store.read(index, into: &kept) }
            // What was handed out stays as it was.
            if index == 130 { #expect(kept.checksum == expected[120]) }
        }
    }

    @Test("a folder that is not there is an error, not a crash")
    func noFolder() throws {
        let folder = try Folder()
        let (source, picture) = try clip(in: folder)
        #expect(throws: MediaError.self) {
            var store = try FrameStore(
                size: picture.size,
                memoryLimit: 0,
                fileLimit: 1 << 24,
                path: folder.file("none").appending("frames")
            )
            try forEachFrame(source, picture) { try store.append($0) }
        }
    }

    @Test(
        "prepared frames are the same at every reading, kept or decoded again",
        arguments: [
            FrameKeeping.Place.memory, .memoryAndFile, .coded, .decodeAgain,
        ]
    )
    func prepared(_ place: FrameKeeping.Place) throws {
        let folder = try Folder()
        let (source, picture) = try clip(in: folder)
        let memory = place == .memory ? 12 * Self.frameBytes : 2 * Self.frameBytes
        var frames = try PreparedFrames(
            source: source,
            picture: picture,
            keeping: FrameKeeping(
                place: place,
                memoryLimitBytes: memory,
                fileLimitBytes: place == .memory ? 0 : 1 << 24,
                estimatedBytes: 0
            ),
            frames: Self.frames,
            file: folder.file("frames"),
            flag: CancellationFlag()
        )
        let expected = try checksums(source, picture)
        var frame = try Frame()
        for reading in 0..<3 {
            var sums: [UInt64] = []
            while try frames.next(into: &frame) { sums.append(frame.checksum) }
            #expect(sums == expected, "reading \(reading)")
            try frames.rewind()
        }
        #expect(frames.count == Self.frames)
        #expect(frames.place == place)
        #expect((frames.keptBytes == 0) == (place == .decodeAgain))
        for index in 0..<Self.frames where try frames.sample(index, into: &frame) {
            #expect(frame.checksum == expected[index])
        }
    }

    @Test(
        "frames handed out in a smaller size are the same at every reading, with room for them or not",
        arguments: [40, 13, 12]
    )
    func scaled(memoryFrames: Int) throws {
        let folder = try Folder()
        let (source, picture) = try clip(in: folder)
        var frames = try PreparedFrames(
            source: source,
            picture: picture,
            keeping: FrameKeeping(
                place: .memory,
                memoryLimitBytes: memoryFrames * Self.frameBytes,
                fileLimitBytes: 0,
                estimatedBytes: 0
            ),
            frames: Self.frames,
            file: folder.file("frames"),
            flag: CancellationFlag()
        )
        var frame = try Frame()
        while try frames.next(into: &frame) {}
        let whole = frames.keptBytes
        try frames.scale(to: PixelSize(width: 64, height: 48))
        var readings: [[UInt64]] = []
        for start in [0, 0, 5, 0] {
            try frames.rewind(to: start)
            var sums: [UInt64] = []
            while try frames.next(into: &frame) { sums.append(frame.checksum) }
            readings.append(sums)
        }
        #expect(readings[0].count == Self.frames && Set(readings[0]).count > 1)
        #expect(readings[1] == readings[0] && readings[3] == readings[0])
        #expect(readings[2] == Array(readings[0][5...]))
        #expect((frames.keptBytes > whole) == (memoryFrames == 40))
    }

    private func clip(in folder: Folder) throws -> (Source, Picture) {
        try Studio.raw(Clip(.noise, width: 128, height: 96, frames: Self.frames), in: folder)
    }
}
