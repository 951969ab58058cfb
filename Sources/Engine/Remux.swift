import Core
import Media
import SystemPackage

/// Copies a source's packets into a fresh MP4 with its index in front: seconds, and nothing lost.
struct Remux {
    var source: Source
    var plan: Plan
    var trimmings: Trimmings

    struct Result {
        var fileBytes: Int
        var pictureBytes: Int
        var durationSeconds: Double
        /// Where the picture ends.
        var pictureSeconds: Double
        /// Without one at its beginning nobody sees anything for a while.
        var beginsWithKeyframe: Bool
        var endedEarly: MediaError?
        /// Packets that could not be read.
        var lostPackets: Int
    }

    /// `onProgress`: called with the share that is done, 0 to 1.
    mutating func run(
        sound: inout Track?,
        to path: FilePath,
        flag: CancellationFlag,
        onProgress: (Double) -> Void
    ) throws -> Result {
        var picture = try PictureCopy(
            path: source.path,
            streamIndex: source.video.streamIndex,
            flag: flag
        )
        var muxer = try picture.muxer(
            to: path,
            sound: sound,
            trimmings: trimmings,
            seconds: source.durationSeconds
        )
        var packet = try Packet()
        while try picture.next(into: &packet) {
            if flag.isRaised { throw Failure.interrupted }
            try muxer.writeSound(from: &sound, until: picture.seconds)
            try muxer.writePicture(&packet)
            onProgress(picture.seconds / max(0.1, source.durationSeconds))
        }
        try muxer.writeSound(from: &sound, until: .infinity)
        try muxer.finish()
        return Result(
            fileBytes: try FileSize.of(path),
            pictureBytes: picture.byteCount,
            durationSeconds: max(picture.endSeconds, sound?.durationSeconds ?? 0),
            pictureSeconds: picture.endSeconds,
            beginsWithKeyframe: picture.beginsWithKeyframe,
            endedEarly: picture.endedEarly,
            lostPackets: picture.lostPackets
        )
    }
}
