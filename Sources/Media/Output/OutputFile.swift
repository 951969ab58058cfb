import CFFmpeg
import Core
import SystemPackage

/// A file being written by libavformat, on disk or, to be counted, in memory.
///
/// Its tracks are added first; then it begins, takes packets, and is finished or counted.
struct OutputFile: ~Copyable {
    enum Format {
        case mp4
        /// Its brand says that there is nothing to see.
        case m4a

        fileprivate var muxer: String { self == .mp4 ? "mp4" : "ipod" }
        fileprivate var name: String { self == .mp4 ? "MP4" : "M4A" }
    }

    private let handle: Owned<AVFormatContext>
    private let inMemory: Bool
    private let format: Format
    /// Of the packets of each track, as they are handed in.
    private var timeBases: [AVRational] = []
    private var payload = 0

    private var context: UnsafeMutablePointer<AVFormatContext> { handle.pointer }

    /// Path nil: into memory, for counting.
    init(path: FilePath?, as format: Format) throws(MediaError) {
        LibraryLog.install()
        let url = path.map { "file:" + $0.string }
        var opened: UnsafeMutablePointer<AVFormatContext>?
        try MediaError.check(
            avformat_alloc_output_context2(&opened, nil, format.muxer, url),
            "set up the \(format.name)"
        )
        let isMemory = path == nil
        let handle = try Owned(opened) { pointer in
            guard let context = pointer?.pointee else { return }
            if isMemory {
                var bytes: UnsafeMutablePointer<UInt8>?
                if let io = context.pointee.pb { avio_close_dyn_buf(io, &bytes) }
                av_free(bytes)
            } else {
                avio_closep(&context.pointee.pb)
            }
            avformat_free_context(context)
        }
        let context = handle.pointer
        // What wrote the file is of no use to who watches it, and 60 bytes are 60 bytes.
        context.pointee.flags |= AVFMT_FLAG_BITEXACT
        if let url, let path {
            // libavformat would follow a link, and give the file the mode of any other.
            do {
                try FileDescriptor.openNew(path).close()
            } catch {
                throw MediaError(error, doing: "create the file")
            }
            try MediaError.check(
                avio_open(&context.pointee.pb, url, AVIO_FLAG_WRITE),
                "create the file"
            )
        } else {
            try MediaError.check(avio_open_dyn_buf(&context.pointee.pb), "count the container")
        }
        self.handle = handle
        self.inMemory = isMemory
        self.format = format
    }

    /// Adds a track, which the caller describes.
    mutating func addStream(
        timeBase: AVRational
    ) throws(MediaError) -> UnsafeMutablePointer<AVStream> {
        guard let stream = avformat_new_stream(context, nil) else {
            throw MediaError(.memory, doing: "set up the \(format.name)")
        }
        stream.pointee.time_base = timeBase
        timeBases.append(timeBase)
        return stream
    }

    /// Adds a finished track and those that go along with it.
    mutating func addStreams(for track: borrowing Track) throws(MediaError) {
        timeBases += try track.addStreams(to: context)
    }

    /// Writes the head (`avformat_write_header`); the index comes to stand in front.
    ///
    /// `seconds`: how long it will be.
    mutating func begin(_ trimmings: Trimmings, seconds: Double) throws(MediaError) {
        try trimmings.addCover(to: context)
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        if !inMemory, !trimmings.isFragmented {
            av_dict_set(&options, "movflags", "+faststart", 0)
        }
        if format == .m4a, let rate = timeBases.first?.den, rate > 0 {
            // The edit list, which says what is heard of the first and the last block, counts in it.
            av_dict_set_int(&options, "movie_timescale", Int64(rate), 0)
        }
        try trimmings.describe(context, seconds: seconds, options: &options)
        try MediaError.check(avformat_write_header(context, &options), "begin the \(format.name)")
        try trimmings.writeCover(to: context)
    }

    /// Writes a packet of a track; one of no track is let go.
    mutating func write(_ packet: inout Packet, stream: Int) throws(MediaError) {
        guard timeBases.indices.contains(stream), let target = cinch_stream(context, Int32(stream))
        else { return }
        payload += packet.byteCount
        packet.pointer.pointee.stream_index = Int32(stream)
        packet.pointer.pointee.pos = -1
        av_packet_rescale_ts(packet.pointer, timeBases[stream], target.pointee.time_base)
        // The caller interleaves; libavformat's own queue would only copy.
        try MediaError.check(av_write_frame(context, packet.pointer), "write the file")
    }

    /// Completes the file and moves its index to the front (`av_write_trailer`).
    consuming func finish() throws(MediaError) {
        try MediaError.check(av_write_trailer(context), "finish the file")
        if !inMemory {
            // Data still buffered is written here, and a full disk shows up here at the latest.
            try MediaError.check(avio_closep(&context.pointee.pb), "finish the file")
        }
    }

    /// Completes a file in memory; what it has beside its packets, in bytes.
    consuming func containerBytes() throws(MediaError) -> Int {
        try MediaError.check(av_write_trailer(context), "count the container")
        let size = avio_size(context.pointee.pb)
        return Int(try MediaError.check(Int32(clamping: size), "count the container")) - payload
    }
}
