import Core
import Media
import SystemPackage

/// Reopens a finished file of sound and checks what was promised of it.
struct SoundVerifier {
    var limitBytes: Int
    var durationSeconds: Double
    var trackCount: Int
    /// What is damaged in a source is damaged in a copy.
    var isCopied: Bool

    struct Finding {
        var durationSeconds: Double
        var channels: Int
        var sampleRate: Int
    }

    /// Decodes the file to its end.
    ///
    /// `onProgress`: called with the seconds that are done.
    /// Throws: `Failure` of kind `.defect` where the file is not what it should be.
    func check(
        _ path: FilePath,
        bytes: Int,
        flag: CancellationFlag,
        onProgress: (Double) -> Void
    ) throws(Failure) -> Finding {
        try readBack(flag) { (flag) throws in
            try inspect(path, bytes: bytes, flag: flag, onProgress)
        }
    }

    private func inspect(
        _ path: FilePath,
        bytes: Int,
        flag: CancellationFlag,
        _ onProgress: (Double) -> Void
    ) throws -> Finding {
        guard bytes <= limitBytes else {
            throw Failure.failedCheck(
                "it has \(bytes) bytes, \(bytes - limitBytes) more than allowed"
            )
        }
        guard
            case .sound(let result) = try Prober.examine(
                path: path.string,
                bytes: bytes,
                flag: flag
            )
        else { throw Failure.failedCheck("there is more than sound in it") }
        guard result.audio.count == trackCount, let main = result.audio.first else {
            throw Failure.failedCheck("it has \(result.audio.count) tracks, not \(trackCount)")
        }
        // A block of samples at 8 kHz lasts an eighth of a second.
        let tolerance = 0.02 + 1024 / Double(max(1, main.sampleRate))
        // Sound that was cut out of a video may begin after time zero.
        let end = result.durationSeconds + Double(result.startMicroseconds) / 1_000_000
        guard abs(end - durationSeconds) <= tolerance else {
            throw Failure.failedCheck("it ends at \(end) s instead of \(durationSeconds) s")
        }
        var done = 0.0
        for track in result.audio {
            guard track.codec == "aac" else {
                throw Failure.failedCheck("its sound is \(track.codec)")
            }
            var decoder = try Decoder(
                path: path.string,
                streamIndex: track.streamIndex,
                flag: flag
            )
            var frame = try Frame()
            var samples = 0
            while try decoder.next(into: &frame) {
                if flag.isRaised { throw Failure.interrupted }
                samples += frame.sampleCount
                onProgress(done + Double(samples) / Double(max(1, track.sampleRate)))
            }
            guard isCopied || decoder.damagedCount == 0 && decoder.endedEarly == nil else {
                throw Failure.failedCheck("\(decoder.damagedCount) of its packets do not decode")
            }
            guard samples > 0 else { throw Failure.failedCheck("its sound does not decode") }
            done += Double(samples) / Double(max(1, track.sampleRate))
        }
        return Finding(
            durationSeconds: result.durationSeconds,
            channels: main.channels,
            sampleRate: main.sampleRate
        )
    }
}
