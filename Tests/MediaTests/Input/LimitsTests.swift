import Core
import Foundation
import Media
import SystemPackage
import TestSupport
import Testing

/// A file that demands more than it may ends in a clear error, at once.
@Suite(.timeLimit(.minutes(5))) struct LimitsTests {
    /// Expects a refusal by one of the limits, with words that tell the number.
    private func expect(
        _ limit: InputLimits.Name,
        _ words: String,
        of movie: Movie,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try Folder()
        let path = folder.file("clip.mov")
        try path.write(movie.data)
        let clock = ContinuousClock()
        let start = clock.now
        let error = #expect(throws: MediaError.self, sourceLocation: sourceLocation) {
            try Studio.probe(path)
        }
        #expect(error?.kind == .beyond(limit), sourceLocation: sourceLocation)
        #expect(
            error?.words.contains(words) == true,
            "\(error?.words ?? "")",
            sourceLocation: sourceLocation
        )
        #expect(start.duration(to: clock.now) < .seconds(30), sourceLocation: sourceLocation)
    }

    @Test("a movie put together by hand is one that can be read")
    func honest() throws {
        let folder = try Folder()
        let path = folder.file("clip.mov")
        try path.write(Movie().data)
        let source = try Studio.probe(path)
        #expect(source.video.codec == "mjpeg")
        #expect(source.video.codedSize == PixelSize(width: 64, height: 48))
    }

    @Test("a picture of 60 000 × 60 000 is refused")
    func pixels() throws {
        try expect(.pixels, "60000×60000", of: Movie(width: 60_000, height: 60_000))
    }

    @Test("a file that declares 10¹² frames is refused")
    func frames() throws {
        try expect(
            .frames,
            "1 000 000 000 000 frames",
            of: Movie(declaredFrames: 1_000_000_000_000)
        )
    }

    @Test(
        "an index of more frames than memory would hold is refused",
        arguments: [30_000_000, 170_000_000, 4_000_000_000]
    )
    func index(_ count: Int) throws {
        try expect(
            .frames,
            "\(ByteSize.grouped(count)) frames",
            of: Movie(declaredFrames: count, indexedFrames: count)
        )
    }

    @Test("more tracks than anybody has are refused")
    func streams() throws {
        try expect(.streams, "300 tracks", of: Movie(tracks: 300))
    }

    @Test("what the usual limits refuse is allowed by higher ones, and the other way round")
    func changed() throws {
        let folder = try Folder()
        let path = folder.file("clip.mov")
        try path.write(Movie(tracks: 300).data)
        let more = CancellationFlag(limits: InputLimits(streams: 300))
        #expect(try Studio.probe(path, flag: more).video.codec == "mjpeg")
        try Clip(width: 64, height: 48, frames: 12).write(to: path)
        for (limits, limit) in [
            (InputLimits(pixelsPerFrame: 64 * 48 - 1), InputLimits.Name.pixels),
            (InputLimits(frames: 11), .frames), (InputLimits(streams: 0), .streams),
        ] {
            let error = #expect(throws: MediaError.self) {
                try Studio.probe(path, flag: CancellationFlag(limits: limits))
            }
            #expect(error?.kind == .beyond(limit))
        }
        let enough = InputLimits(pixelsPerFrame: 64 * 48, frames: 12, streams: 1)
        #expect(
            try Studio.probe(path, flag: CancellationFlag(limits: enough)).durationSeconds > 0.4
        )
    }

    @Test("frames beyond the limit are not decoded, whatever the file declared")
    func decodedFrames() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 64, height: 48, frames: 30).write(to: path)
        let source = try Studio.probe(path)
        var prepared = try PreparedFrames(
            source: source,
            picture: try Studio.picture(of: source),
            keeping: FrameKeeping(
                place: .decodeAgain,
                memoryLimitBytes: 0,
                fileLimitBytes: 0,
                estimatedBytes: 0
            ),
            frames: 30,
            file: folder.file("frames"),
            flag: CancellationFlag(limits: InputLimits(frames: 20))
        )
        var frame = try Frame()
        var count = 0
        do {
            while try prepared.next(into: &frame) { count += 1 }
            Issue.record("all of them were decoded")
        } catch {
            #expect(error.kind == .beyond(.frames))
        }
        #expect(count == 20)
    }

    @Test("a stream that grows beyond the limit after it was probed is not decoded")
    func decodedPixels() throws {
        let folder = try Folder()
        let path = folder.file("clip.mp4")
        try Clip(width: 64, height: 48, frames: 5).write(to: path)
        let source = try Studio.probe(path)
        let flag = CancellationFlag(limits: InputLimits(pixelsPerFrame: 1000))
        do {
            var decoder = try Decoder(
                path: path.string,
                streamIndex: source.video.streamIndex,
                flag: flag
            )
            var frame = try Frame()
            while try decoder.next(into: &frame) {}
            let count = decoder.frameCount
            #expect(count == 0)
        } catch {
            #expect(error.kind != .memory)
        }
    }
}
