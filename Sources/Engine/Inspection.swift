package import Core
import Media
package import SystemPackage

extension Compressor {
    /// Reads what a file is and decodes its picture to the end, as a file that somebody else made is
    /// checked before anybody relies on it.
    ///
    /// Throws: `Failure`, of kind `.unreadable` where it is no video, damaged or cut off.
    package func inspect(_ path: FilePath) async throws(Failure) -> Source {
        if let worker {
            _ = try InputFile.check(path)
            return try await worker.perform(Job(.inspect(path), limits))
        }
        let source = try await probeVideo(path)
        if let cut = source.cut {
            throw Failure(
                .unreadable,
                "\(path.string) is cut off",
                why: "it says \(durationText(cut.statedSeconds)), and ends at "
                    + durationText(cut.pictureSeconds)
            )
        }
        try await offload(path.string, limits.input) { flag in
            Result { () throws(Failure) in try Self.decode(source, path, flag) }
        }
        return source
    }

    private static func decode(
        _ source: Source,
        _ path: FilePath,
        _ flag: CancellationFlag
    ) throws(Failure) {
        let damaged: Int
        do throws(MediaError) {
            var decoder = try Decoder(
                path: path.string,
                streamIndex: source.video.streamIndex,
                flag: flag
            )
            var frame = try Frame()
            while !flag.isRaised, try decoder.next(into: &frame) {}
            if flag.isRaised { throw MediaError.noPicture }
            if let error = decoder.endedEarly { throw error }
            guard decoder.frameCount > 0 else { throw MediaError.noPicture }
            damaged = decoder.damagedCount
        } catch {
            throw Failure(error, input: path.string, flag: flag)
        }
        guard damaged == 0 else {
            throw Failure(
                .unreadable,
                "\(path.string) is damaged",
                why: "\(damaged) of its pictures do not decode"
            )
        }
    }
}
