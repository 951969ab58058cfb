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

extension LocalRun {
    /// Copies the packets into a fresh MP4; nil where the result is larger than the limit after all.
    mutating func remux(in workspace: Workspace) throws -> Report? {
        var sound = try makeSound(in: workspace)
        record.meter.begin(.encoding, until: 0.6)
        var copying = Remux(source: source, plan: plan, trimmings: trimmings)
        let path = workspace.file("copy.mp4")
        let result = try copying.run(sound: &sound, to: path, flag: flag) {
            record.meter.update($0, frames: 0)
        }
        guard result.fileBytes <= plan.limitBytes, result.beginsWithKeyframe else { return nil }
        record.addCopy(bytes: result.fileBytes)
        let verifier = Verifier(
            limitBytes: plan.limitBytes,
            size: source.video.codedSize,
            frames: nil,
            durationSeconds: result.durationSeconds,
            frameSeconds: 1 / max(1, source.video.frameRate.value),
            hasSound: sound?.isSound == true
        )
        record.meter.begin(.verifying, until: 1)
        let total = Double(max(1, plan.frames))
        let candidate = try workspace.candidate("copy.mp4")
        let checked = Result { () throws(Failure) in
            try verifier.check(
                candidate.path,
                bytes: result.fileBytes,
                flag: flag,
                original: { _, _ in false },
                onFrame: { record.meter.update(Double($0) / total, frames: $0) }
            )
        }
        // What is damaged in the source is damaged in a copy; encoding conceals it.
        if case .failure(let failure) = checked, [.defect, .unreadable].contains(failure.kind) {
            return nil
        }
        let finding = try checked.get()
        try record.judge(result, sound: sound, of: source, request)
        let file = Finished(
            name: "copy.mp4",
            frames: finding.frames,
            fileBytes: result.fileBytes,
            pictureBytes: result.pictureBytes
        )
        return try submit(
            candidate,
            of: file,
            finding,
            soundBytes: sound?.soundByteCount ?? 0,
            in: workspace
        )
    }
}
