import Core
import Media
import SystemPackage

/// Reopens the finished file and checks what was promised of it.
struct Verifier {
    var limitBytes: Int
    var size: PixelSize
    /// Of the frames that the result is compared with; it is shown in theirs.
    var comparedSize: PixelSize?
    /// Nil where packets were copied: then the source's own number is not known.
    var frames: Int?
    var durationSeconds: Double
    var frameSeconds: Double
    var hasSound: Bool

    struct Finding {
        var frames: Int
        var durationSeconds: Double
        var similarity: Double?
        var comparedFrames: Int
        /// Nil where nothing was compared.
        var comparedSize: PixelSize?
        /// What does not decode of the sound, which may be a copy of damaged packets.
        var soundLoss = Damage.Loss()
    }

    /// Decodes the file to its end.
    ///
    /// Parameters:
    ///   - original: puts the source's frame of that number, at `comparedSize`, into the given
    ///     one; false where it is not at hand.
    ///   - onFrame: called with the number of frames done.
    /// Throws: `Failure` of kind `.defect` where the file is not what it should be.
    func check(
        _ path: FilePath,
        bytes: Int,
        flag: CancellationFlag,
        original: (Int, inout Frame) throws -> Bool,
        onFrame: (Int) -> Void
    ) throws(Failure) -> Finding {
        try readBack(flag) { (flag) throws in
            try inspect(path, bytes: bytes, flag: flag, original: original, onFrame: onFrame)
        }
    }

    private func inspect(
        _ path: FilePath,
        bytes: Int,
        flag: CancellationFlag,
        original: (Int, inout Frame) throws -> Bool,
        onFrame: (Int) -> Void
    ) throws -> Finding {
        guard bytes <= limitBytes else {
            throw Failure.failedCheck(
                "it has \(bytes) bytes, \(bytes - limitBytes) more than allowed"
            )
        }
        let result = try Prober.probe(path: path.string, bytes: bytes, flag: flag)
        guard result.cut == nil else {
            throw Failure.failedCheck("it ends before its own index says")
        }
        guard result.video.codec == "h264" else {
            throw Failure.failedCheck("its picture is not H.264")
        }
        if frames != nil {
            guard result.video.codedSize == size else {
                throw Failure.failedCheck("its frame is \(result.video.codedSize), not \(size)")
            }
        }
        guard result.audio.isEmpty == !hasSound else {
            throw Failure.failedCheck(
                hasSound ? "its sound is missing" : "it has sound that nobody planned"
            )
        }
        guard abs(result.durationSeconds - durationSeconds) <= frameSeconds + 0.05 else {
            throw Failure.failedCheck(
                "it lasts \(result.durationSeconds) s instead of \(durationSeconds) s"
            )
        }

        var decoder = try Decoder(
            path: path.string,
            streamIndex: result.video.streamIndex,
            flag: flag
        )
        var frame = try Frame()
        var before = try Frame()
        let shown = comparedSize ?? size
        var similarity = try Similarity(size: shown)
        var enlarged = try Frame()
        let enlarger = shown == size ? nil : try Shrinker(from: size, to: shown, flags: "bicubic")
        var index = 0
        while try decoder.next(into: &frame) {
            if flag.isRaised { throw Failure.interrupted }
            if try original(index, &before) {
                if enlarger != nil {
                    try enlarger?.shrink(frame, into: &enlarged)
                    try similarity.add(before, enlarged)
                } else {
                    try similarity.add(before, frame)
                }
            }
            index += 1
            onFrame(index)
        }
        guard decoder.damagedCount == 0, decoder.endedEarly == nil else {
            throw Failure.failedCheck("\(decoder.damagedCount) of its pictures do not decode")
        }
        if let frames {
            guard index == frames else {
                throw Failure.failedCheck("it has \(index) frames, not \(frames)")
            }
        } else if index == 0 {
            throw Failure.failedCheck("it has no frames")
        }
        var soundLoss = Damage.Loss()
        for track in result.audio {
            var sound = try Decoder(
                path: path.string,
                streamIndex: track.streamIndex,
                flag: flag
            )
            while try sound.next(into: &frame) {
                if flag.isRaised { throw Failure.interrupted }
            }
            // What was encoded here decodes; what was copied is as the source has it.
            guard sound.frameCount > 0 else {
                throw Failure(
                    .unreadable,
                    "The source's sound is damaged",
                    why: "none of it can be decoded",
                    advice: "Leave it out with --audio none. Nothing was written."
                )
            }
            soundLoss.add(sound.loss(sinceMicroseconds: result.startMicroseconds))
        }
        let compared = similarity.count
        return Finding(
            frames: index,
            durationSeconds: result.durationSeconds,
            similarity: try similarity.mean(),
            comparedFrames: compared,
            comparedSize: compared > 0 ? shown : nil,
            soundLoss: soundLoss
        )
    }
}
