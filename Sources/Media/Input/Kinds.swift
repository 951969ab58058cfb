import CFFmpeg
import Core
import SystemPackage

/// What a file is where nothing in it moves: sound alone, or one picture.
extension Prober {
    /// Whether the picture of a file is one that stands still: an image format with one frame.
    static func isStill(
        _ demuxer: borrowing Demuxer,
        stream: UnsafeMutablePointer<AVStream>,
        path: String,
        flag: CancellationFlag
    ) throws(MediaError) -> Bool {
        let format = String(cString: demuxer.handle.pointer.pointee.iformat.pointee.name)
        if format == "webp_pipe", isAnimatedWebP(path, flag) {
            throw MediaError(
                .unsupported,
                .reading,
                doing: "decode the animated WebP",
                words: "this build of FFmpeg reads WebP pictures that stand still"
            )
        }
        // Cameras put further pictures, films even, behind the one that is meant.
        if format.hasSuffix("_pipe") { return true }
        switch format {
        case "gif", "apng":
            return try packets(of: Int(stream.pointee.index), in: path, upTo: 2, flag: flag) < 2
        case let other where other.hasPrefix("mov"):
            // HEIF and AVIF are MP4 by another brand.
            let context = demuxer.handle.pointer
            let brand =
                ToldText.read("major_brand", of: context.pointee.metadata, upTo: 4) ?? ""
            return ["heic", "heix", "mif1", "avif"].contains(brand)
                && stream.pointee.nb_frames <= 1
        default: return false
        }
    }

    private static func packets(
        of index: Int,
        in path: String,
        upTo most: Int,
        flag: CancellationFlag
    ) throws(MediaError) -> Int {
        var demuxer = try Demuxer(path: path, flag: flag)
        demuxer.keepOnly(stream: index)
        var packet = try Packet()
        var count = 0
        while count < most, try demuxer.read(into: &packet) { count += 1 }
        return count
    }

    /// The flag in an extended header (RFC 9649, 2.7).
    private static func isAnimatedWebP(_ path: String, _ flag: CancellationFlag) -> Bool {
        guard let head = StillReader.head(of: path, count: 21, flag: flag) else { return false }
        let block = ByteBlock(head[...])
        return block.has("VP8X", at: 12) && head[20] & 0b10 != 0
    }

    /// The facts about a picture.
    static func still(
        _ picture: VideoTrack,
        of demuxer: borrowing Demuxer,
        stream: UnsafeMutablePointer<AVStream>,
        path: String,
        bytes: Int
    ) -> StillSource {
        StillSource(
            path: path,
            bytes: bytes,
            container: String(cString: demuxer.handle.pointer.pointee.iformat.pointee.name),
            codec: picture.codec,
            codedSize: picture.codedSize,
            orientation: picture.orientation,
            displaySize: picture.displaySize,
            hasAlpha: picture.hasAlpha,
            colour: picture.colour,
            metadata: metadata(of: demuxer, main: stream)
        )
    }

    /// The facts about sound alone.
    ///
    /// Throws: `MediaError` of kind `.noVideo` where there is no sound either.
    static func sound(
        of demuxer: borrowing Demuxer,
        path: String,
        bytes: Int,
        _ flag: CancellationFlag,
        languages: [String]
    ) throws(MediaError) -> SoundSource {
        let tracks = audioTracks(demuxer, bestFor: -1, languages: languages)
        guard let main = tracks.first, let stream = demuxer.stream(main.streamIndex) else {
            throw MediaError(.noVideo, doing: "find anything to see or to hear")
        }
        let rate = Double(main.bitsPerSecond ?? 128_000) / 8
        var (seconds, isEstimated) = duration(
            demuxer,
            stream: stream,
            bytes: bytes,
            usualBytesPerSecond: rate
        )
        if isEstimated,
            let counted = try countedSeconds(of: main.streamIndex, in: path, flag: flag)
        {
            (seconds, isEstimated) = (counted, false)
        }
        let cut = try cut(demuxer, main: main.streamIndex, bytes: bytes, seconds: seconds)
        return SoundSource(
            path: path,
            bytes: bytes,
            container: String(cString: demuxer.handle.pointer.pointee.iformat.pointee.name),
            durationSeconds: cut?.durationSeconds ?? seconds,
            durationIsEstimated: isEstimated,
            startMicroseconds: Int(demuxer.startMicroseconds),
            audio: tracks,
            metadata: metadata(of: demuxer, main: stream, isSound: true),
            cut: cut
        )
    }

    /// The length by reading through the file, for those that do not state it (ADTS, MP3 of a varying rate).
    private static func countedSeconds(
        of index: Int,
        in path: String,
        flag: CancellationFlag
    ) throws(MediaError) -> Double? {
        var demuxer = try Demuxer(path: path, flag: flag)
        guard let stream = demuxer.stream(index) else { return nil }
        let base = stream.pointee.time_base
        demuxer.keepOnly(stream: index)
        var packet = try Packet()
        var length: Int64 = 0
        while try demuxer.read(into: &packet) {
            let (sum, overflow) = length.addingReportingOverflow(
                max(0, packet.pointer.pointee.duration)
            )
            if overflow { return nil }
            length = sum
        }
        let seconds = Double(length) * av_q2d(base)
        return seconds > 0 && seconds < 1_000_000 ? seconds : nil
    }
}
