import CFFmpeg
package import Core

extension Decoder {
    /// Seconds to aim before a part of pictures: a keyframe may be far, and its time be told late.
    private static let pictureMargins: [Double] = [0, 2, 12, 60, 600]
    /// A block of sound lives on the one before it.
    private static let soundMargins: [Double] = [0.5, 3, 15]

    /// Containers that seek to a keyframe and know its time.
    ///
    /// The others are read from their beginning: slower, and as exact.
    private static let seekingPictures: Set<Substring> = ["mov", "matroska", "mpegts", "flv"]
    private static let seekingSounds: Set<Substring> = ["mov", "matroska"]

    /// Opens a decoder that stands where the source's part begins, or before that.
    static func opened(
        _ source: some Recording,
        stream: Int,
        isSound: Bool = false,
        flag: CancellationFlag
    ) throws(MediaError) -> Decoder {
        var decoder = try Decoder(path: source.path, streamIndex: stream, flag: flag)
        guard let part = source.part, part.startMicroseconds > 0 else { return decoder }
        let family = source.container.split(separator: ",").first ?? ""
        guard (isSound ? seekingSounds : seekingPictures).contains(family) else { return decoder }
        let isThere = try decoder.enter(
            atMicroseconds: source.startMicroseconds,
            margins: isSound ? soundMargins : pictureMargins
        )
        return isThere ? decoder : try Decoder(path: source.path, streamIndex: stream, flag: flag)
    }
}

extension Recording {
    /// The same with the bytes of its part as the container's index has them.
    ///
    /// Unchanged where it is the whole, or where the container has no index of all packets.
    package func measuringPart(flag: CancellationFlag) throws(MediaError) -> Self {
        guard let part else { return self }
        let demuxer = try Demuxer(path: path, flag: flag, isKnown: true)
        let start = Int64(startMicroseconds)
        let end = part.lengthMicroseconds.map { start + Int64($0) } ?? .max
        var (all, own) = (0, 0)
        for index in 0..<demuxer.streamCount {
            guard let stream = demuxer.stream(index) else { continue }
            let from = Demuxer.ticks(microseconds: start, stream.pointee.time_base)
            let until =
                end == .max ? end : Demuxer.ticks(microseconds: end, stream.pointee.time_base)
            for entry in 0..<avformat_index_get_entries_count(stream) {
                var (time, bytes, key) = (Int64(0), Int32(0), Int32(0))
                guard cinch_index_entry(stream, entry, &time, &bytes, &key) != 0 else { continue }
                all += max(0, Int(bytes))
                if time >= from, time < until { own += max(0, Int(bytes)) }
            }
        }
        // Others list keyframes alone, without their sizes.
        guard all > part.wholeBytes / 2, own > 0 else { return self }
        var copy = self
        copy.bytes = own
        copy.part?.bytesAreEstimated = false
        return copy
    }
}
