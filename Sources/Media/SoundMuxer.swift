import CFFmpeg
import Core
package import SystemPackage

/// An M4A being written: sound, its tags and chapters, a cover, the index in front.
package struct SoundMuxer: ~Copyable {
    private let handle: Owned<AVFormatContext>
    private let timeBases: [AVRational]
    private let inMemory: Bool

    private var context: UnsafeMutablePointer<AVFormatContext> { handle.pointer }

    /// Begins a file (`avformat_write_header`).
    ///
    /// Parameters:
    ///   - path: nil for a file in memory, to be counted.
    ///   - seconds: how long it will be.
    private init(
        path: FilePath?,
        sound: borrowing Track,
        trimmings: Trimmings,
        seconds: Double
    ) throws(MediaError) {
        LibraryLog.install()
        var opened: UnsafeMutablePointer<AVFormatContext>?
        try MediaError.check(
            // Its brand says that there is nothing to see.
            avformat_alloc_output_context2(&opened, nil, "ipod", path.map { "file:" + $0.string }),
            "set up the M4A"
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
        let bases = try sound.addStreams(to: context)
        try trimmings.addCover(to: context)
        context.pointee.flags |= AVFMT_FLAG_BITEXACT
        if let path {
            try MediaError.check(
                avio_open(&context.pointee.pb, "file:" + path.string, AVIO_FLAG_WRITE),
                "create the file"
            )
        } else {
            try MediaError.check(avio_open_dyn_buf(&context.pointee.pb), "count the container")
        }
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        if path != nil { av_dict_set(&options, "movflags", "+faststart", 0) }
        // The edit list, which says what is heard of the first and the last block, counts in it.
        let rate = Int64(bases.first?.den ?? 0)
        if rate > 0 { av_dict_set_int(&options, "movie_timescale", rate, 0) }
        try trimmings.describe(context, seconds: seconds, options: &options)
        try MediaError.check(avformat_write_header(context, &options), "begin the M4A")
        try trimmings.writeCover(to: context)
        self.handle = handle
        timeBases = bases
        inMemory = isMemory
    }

    /// Writes a file of finished tracks.
    package static func write(
        _ sound: inout Track,
        trimmings: Trimmings,
        to path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) {
        var muxer = try SoundMuxer(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: sound.durationSeconds
        )
        sound.rewind()
        var packet = try Packet()
        while try sound.next(into: &packet) {
            if flag.isRaised { throw MediaError(.other, doing: "write the file") }
            try muxer.write(&packet)
        }
        try muxer.finish()
    }

    /// What the file has beside its packets, in bytes, by writing it for once without them.
    package static func containerBytes(
        _ sound: inout Track,
        trimmings: Trimmings
    ) throws(MediaError) -> Int {
        var muxer = try SoundMuxer(
            path: nil,
            sound: sound,
            trimmings: trimmings,
            seconds: sound.durationSeconds
        )
        sound.rewind()
        var packet = try Packet()
        var payload = 0
        while try sound.next(into: &packet, isEmpty: true) {
            payload += packet.byteCount
            try muxer.write(&packet)
        }
        sound.rewind()
        return try muxer.finishCounting() - payload
    }

    private mutating func write(_ packet: inout Packet) throws(MediaError) {
        let index = packet.streamIndex
        guard timeBases.indices.contains(index), let target = cinch_stream(context, Int32(index))
        else { return }
        packet.pointer.pointee.pos = -1
        av_packet_rescale_ts(packet.pointer, timeBases[index], target.pointee.time_base)
        try MediaError.check(av_write_frame(context, packet.pointer), "write the file")
    }

    private consuming func finish() throws(MediaError) {
        try MediaError.check(av_write_trailer(context), "finish the file")
        if !inMemory {
            try MediaError.check(avio_closep(&context.pointee.pb), "finish the file")
        }
    }

    private consuming func finishCounting() throws(MediaError) -> Int {
        try MediaError.check(av_write_trailer(context), "count the container")
        return Int(
            try MediaError.check(
                Int32(clamping: avio_size(context.pointee.pb)),
                "count the container"
            )
        )
    }
}
