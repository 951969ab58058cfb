import Core
import Foundation
import Media
import SystemPackage

/// A media file: probed, planned, and its first pictures, sounds and subtitles read.
enum FuzzedMedia {
    /// Who started this says where files of a moment may lie.
    private static let folder = FilePath(
        ProcessInfo.processInfo.environment["CINCH_FUZZ_FOLDER"] ?? NSTemporaryDirectory()
    )
    private static let input = folder.appending("input")
    private static let packets = folder.appending("packets")

    /// Narrow, so that what is slow by right does not keep it from what is wrong.
    private static let limits = InputLimits(
        pixelsPerFrame: 1 << 20,
        frames: 100_000,
        streams: 32,
        waitSeconds: 20
    )

    static func read(_ bytes: [UInt8]) {
        guard (try? Data(bytes).write(to: URL(fileURLWithPath: input.string))) != nil else {
            return
        }
        do {
            try examine(count: bytes.count)
        } catch is MediaError {
            return
        } catch is Failure {
            return
        } catch {
            // Our own modules throw nothing else.
            preconditionFailure("\(error)")
        }
    }

    private static func examine(count: Int) throws {
        let flag = CancellationFlag(limits: limits)
        let source = try Prober.probe(
            path: input.string,
            bytes: count,
            flag: flag,
            languages: ["en"]
        )
        precondition(source.durationSeconds > 0 && source.video.frameRate.isPositive)
        // As it crosses from the child process to its parent.
        let line = try? JSONEncoder().encode(source)
        let same = line.flatMap { try? JSONDecoder().decode(Source.self, from: $0) }
        precondition(same == source)
        let plan = try Plan.make(
            for: source,
            request: Request(
                input: input,
                target: ByteSize(bytes: max(50_000, count / 3)),
                heightCap: .lines(64),
                audioTrack: .keep,
                metadata: .keep
            )
        )
        _ = try Trimmings(plan.metadata, of: source, flag: flag)
        try readPictures(source, plan.picture, flag)
        try readSound(source, [plan.sound] + plan.furtherSounds)
        _ = try Subtitles.make(
            source.subtitles,
            of: source,
            roomBytes: 1 << 16,
            path: packets,
            flag: flag
        )
    }

    private static func readPictures(
        _ source: Source,
        _ picture: Picture,
        _ flag: CancellationFlag
    ) throws {
        var reader = try PictureReader(source: source, picture: picture, flag: flag)
        var frame = try Frame()
        for _ in 0..<6 where try !reader.next(into: &frame) { return }
    }

    /// A gap may be filled with an hour of silence: two seconds of work are enough.
    private static func readSound(_ source: Source, _ sounds: [Sound]) throws {
        let flag = CancellationFlag(limits: limits)
        let end = ContinuousClock.now.advanced(by: .seconds(2))
        _ = try SoundTrack.make(sounds, source: source, path: packets, flag: flag) { _ in
            if ContinuousClock.now > end { flag.raise() }
        }
    }
}
