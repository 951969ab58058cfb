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
        let finding: Result<Finding, Failure>
        do throws(MediaError) {
            finding = try inspect(path, bytes: bytes, flag: flag.forOwnFile, onProgress)
        } catch {
            if flag.isRaised { throw .interrupted }
            throw broken("it does not read back: \(error.doing): \(error.words)")
        }
        return try finding.get()
    }

    private func inspect(
        _ path: FilePath,
        bytes: Int,
        flag: CancellationFlag,
        _ onProgress: (Double) -> Void
    ) throws(MediaError) -> Result<Finding, Failure> {
        func broken(_ why: String) -> Result<Finding, Failure> { .failure(self.broken(why)) }
        guard bytes <= limitBytes else {
            return broken("it has \(bytes) bytes, \(bytes - limitBytes) more than allowed")
        }
        guard
            case .sound(let result) = try Prober.examine(
                path: path.string,
                bytes: bytes,
                flag: flag
            )
        else { return broken("there is more than sound in it") }
        guard result.audio.count == trackCount, let main = result.audio.first else {
            return broken("it has \(result.audio.count) tracks, not \(trackCount)")
        }
        // A block of samples at 8 kHz lasts an eighth of a second.
        let tolerance = 0.02 + 1024 / Double(max(1, main.sampleRate))
        guard abs(result.durationSeconds - durationSeconds) <= tolerance else {
            return broken("it lasts \(result.durationSeconds) s instead of \(durationSeconds) s")
        }
        var done = 0.0
        for track in result.audio {
            guard track.codec == "aac" else { return broken("its sound is \(track.codec)") }
            var decoder = try Decoder(
                path: path.string,
                streamIndex: track.streamIndex,
                flag: flag
            )
            var frame = try Frame()
            var samples = 0
            while try decoder.next(into: &frame) {
                if flag.isRaised { return .failure(.interrupted) }
                samples += frame.sampleCount
                onProgress(done + Double(samples) / Double(max(1, track.sampleRate)))
            }
            guard isCopied || decoder.damagedCount == 0 && decoder.endedEarly == nil else {
                return broken("\(decoder.damagedCount) of its packets do not decode")
            }
            guard samples > 0 else { return broken("its sound does not decode") }
            done += Double(samples) / Double(max(1, track.sampleRate))
        }
        return .success(
            Finding(
                durationSeconds: result.durationSeconds,
                channels: main.channels,
                sampleRate: main.sampleRate
            )
        )
    }

    private func broken(_ why: String) -> Failure {
        Failure(
            .defect,
            "The finished file failed its check",
            why: why,
            advice: "Nothing was written. Please report this with the output of 'cinch doctor'."
        )
    }
}
