import CFFmpeg
import Core

extension Prober {
    /// What is there of an MP4 whose index goes on beyond the end of the file; nil where it does not.
    ///
    /// The index names the place of every sample, so that a download that broke off shows before any
    /// work is done.
    ///
    /// Parameters:
    ///   - main: the stream of the picture, or of the sound where there is none.
    ///   - seconds: how long the file says that it is.
    /// Throws: `.invalid` where nothing of it is left.
    static func cut(
        _ demuxer: borrowing Demuxer,
        main: Int,
        bytes: Int,
        seconds: Double
    ) throws(MediaError) -> Source.Cut? {
        let name = String(cString: demuxer.handle.pointer.pointee.iformat.pointee.name)
        guard name.hasPrefix("mov") else { return nil }
        var stated = 0
        var pictureEnd: Double?
        var soundEnd: Double?
        for index in 0..<demuxer.streamCount {
            guard let stream = demuxer.stream(index) else { continue }
            let count = avformat_index_get_entries_count(stream)
            guard count > 0, let last = avformat_index_get_entry(stream, count - 1) else {
                continue
            }
            stated = max(stated, Int(clamping: end(last.pointee)))
            let isSound = stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO
            guard index == main || isSound else { continue }
            let reached = reached(stream, count, bytes: bytes, demuxer.startMicroseconds)
            if index == main {
                pictureEnd = reached
                // Before the first sample there is nothing to show.
                guard let first = avformat_index_get_entry(stream, 0),
                    end(first.pointee) <= Int64(bytes)
                else {
                    throw MediaError(
                        .invalid,
                        doing: "read its beginning",
                        words: "the file is cut off at \(ByteSize.grouped(bytes)) bytes"
                    )
                }
            } else {
                // The one that lasts longest: which is kept is decided later.
                soundEnd = max(soundEnd ?? 0, reached ?? seconds)
            }
        }
        guard stated > bytes else { return nil }
        return Source.Cut(
            statedSeconds: seconds,
            statedBytes: stated,
            pictureSeconds: min(seconds, pictureEnd ?? seconds),
            soundSeconds: soundEnd.map { min(seconds, $0) }
        )
    }

    private static func end(_ entry: AVIndexEntry) -> Int64 {
        let (end, overflow) = entry.pos.addingReportingOverflow(Int64(entry.size))
        return overflow ? .max : end
    }

    /// Where the first sample is that the file does not have in full, in seconds; nil where it has all.
    private static func reached(
        _ stream: UnsafeMutablePointer<AVStream>,
        _ count: Int32,
        bytes: Int,
        _ startMicroseconds: Int64
    ) -> Double? {
        for index in 0..<count {
            guard let entry = avformat_index_get_entry(stream, index)?.pointee,
                end(entry) > Int64(bytes)
            else { continue }
            let seconds = Double(entry.timestamp) * av_q2d(stream.pointee.time_base)
            return max(0, seconds - Double(startMicroseconds) / 1_000_000)
        }
        return nil
    }
}
