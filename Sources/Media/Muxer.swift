import CFFmpeg
import Core
package import SystemPackage

/// An MP4 being written: one picture track, the sound and what goes along with it, the index in front.
package struct Muxer: ~Copyable {
    private let handle: Owned<AVFormatContext>
    private let inMemory: Bool
    private let videoTimeBase: AVRational
    /// Of the sound and of those that go along with it.
    private let soundTimeBases: [AVRational]

    private var context: UnsafeMutablePointer<AVFormatContext> { handle.pointer }

    /// Writes a file (`avformat_write_header` with `movflags=+faststart`).
    package init(
        path: FilePath,
        video: borrowing VideoEncoder,
        sound: borrowing Track?,
        trimmings: Trimmings = Trimmings(),
        seconds: Double = 0
    ) throws(MediaError) {
        try self.init(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: seconds,
            timeBase: video.timeBase
        ) { (stream) throws(MediaError) in
            try video.copyParameters(to: stream.pointee.codecpar)
            stream.pointee.avg_frame_rate = video.frameRate
        }
    }

    /// Writes a file of finished tracks.
    package init(
        path: FilePath,
        picture: borrowing Track,
        sound: borrowing Track?,
        trimmings: Trimmings = Trimmings()
    ) throws(MediaError) {
        try self.init(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: max(picture.durationSeconds, Self.seconds(of: sound)),
            timeBase: picture.timeBase
        ) { (stream) throws(MediaError) in
            try picture.copyParameters(to: stream.pointee.codecpar)
            stream.pointee.avg_frame_rate = picture.frameRate
        }
    }

    /// Writes a file with the source's own picture packets, turned as the source says.
    package init(
        path: FilePath,
        copying demuxer: borrowing Demuxer,
        videoStream index: Int,
        sound: borrowing Track?,
        trimmings: Trimmings,
        seconds: Double
    ) throws(MediaError) {
        guard let source = demuxer.stream(index) else {
            throw MediaError(.invalid, doing: "find the picture")
        }
        try self.init(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: seconds,
            timeBase: source.pointee.time_base
        ) { (stream) throws(MediaError) in
            try MediaError.check(
                avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar),
                "describe the picture"
            )
            stream.pointee.codecpar.pointee.codec_tag = 0
            stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
            cinch_copy_display_matrix(stream, source)
        }
    }

    /// Path nil: into memory, for counting.
    ///
    /// The stream's description is filled in by `describe`.
    private init(
        path: FilePath?,
        sound: borrowing Track?,
        trimmings: Trimmings,
        seconds: Double,
        timeBase: AVRational,
        describe: (UnsafeMutablePointer<AVStream>) throws(MediaError) -> Void
    ) throws(MediaError) {
        LibraryLog.install()
        var opened: UnsafeMutablePointer<AVFormatContext>?
        try MediaError.check(
            avformat_alloc_output_context2(&opened, nil, "mp4", path.map { "file:" + $0.string }),
            "set up the MP4"
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
        guard let video = avformat_new_stream(context, nil) else {
            throw MediaError(.memory, doing: "set up the MP4")
        }
        try describe(video)
        video.pointee.time_base = timeBase
        let soundBases = try Self.addStreams(for: sound, to: context)
        try trimmings.addCover(to: context)
        // What wrote the file is of no use to who watches it, and 60 bytes are 60 bytes.
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
        if path != nil, !trimmings.isFragmented {
            av_dict_set(&options, "movflags", "+faststart", 0)
        }
        try trimmings.describe(context, seconds: seconds, options: &options)
        let status = avformat_write_header(context, &options)
        av_dict_free(&options)
        try MediaError.check(status, "begin the MP4")
        try trimmings.writeCover(to: context)
        self.handle = handle
        self.inMemory = isMemory
        self.videoTimeBase = timeBase
        self.soundTimeBases = soundBases
    }

    /// Writes a packet of the picture; it must come in decode order.
    package mutating func writePicture(_ packet: inout Packet) throws(MediaError) {
        try write(&packet, stream: 0, timeBase: videoTimeBase)
    }

    /// Writes a packet of the sound, or of what goes along with it.
    package mutating func writeSound(_ packet: inout Packet) throws(MediaError) {
        let index = packet.streamIndex
        guard soundTimeBases.indices.contains(index) else { return }
        try write(&packet, stream: Int32(index) + 1, timeBase: soundTimeBases[index])
    }

    private mutating func write(
        _ packet: inout Packet,
        stream: Int32,
        timeBase: AVRational
    ) throws(MediaError) {
        guard let target = cinch_stream(context, stream) else { return }
        packet.pointer.pointee.stream_index = stream
        packet.pointer.pointee.pos = -1
        av_packet_rescale_ts(packet.pointer, timeBase, target.pointee.time_base)
        // The caller interleaves; libavformat's own queue would only copy.
        try MediaError.check(av_write_frame(context, packet.pointer), "write the file")
    }

    /// Completes the file and moves its index to the front (`av_write_trailer`).
    package consuming func finish() throws(MediaError) {
        try MediaError.check(av_write_trailer(context), "finish the file")
        if !inMemory {
            // Data still buffered is written here, and a full disk shows up here at the latest.
            try MediaError.check(avio_closep(&context.pointee.pb), "finish the file")
        }
    }

    /// What the container adds to these packets, in bytes, by writing it for once without their payload.
    ///
    /// The index depends on how many packets there are and on their times, not on what is in them,
    /// so pass 1's packets tell what pass 2's will cost.
    package static func containerBytes(
        video: borrowing VideoEncoder,
        packets: [PacketTiming],
        sound: inout Track?,
        trimmings: Trimmings = Trimmings()
    ) throws(MediaError) -> Int {
        let seconds = Double(packets.count) * av_q2d(video.timeBase)
        var muxer = try Muxer(
            path: nil,
            sound: sound,
            trimmings: trimmings,
            seconds: max(seconds, Self.seconds(of: sound)),
            timeBase: video.timeBase
        ) { (stream) throws(MediaError) in
            try video.copyParameters(to: stream.pointee.codecpar)
            stream.pointee.avg_frame_rate = video.frameRate
        }
        var packet = try Packet()
        var payload = 0
        sound?.rewind()
        let frameSeconds = av_q2d(video.timeBase)
        let isHeld = holds(lastPictureAt: seconds, until: Self.seconds(of: sound))
        for (index, timing) in packets.enumerated() {
            while let next = sound?.nextSeconds, next <= Double(timing.decodeTime) * frameSeconds {
                guard try sound?.next(into: &packet, isEmpty: true) == true else { break }
                payload += packet.byteCount
                try muxer.writeSound(&packet)
            }
            av_packet_unref(packet.pointer)
            // A length-prefixed NAL unit of one or two bytes; equal sizes would be stored shorter.
            let size = Int32(5 + index % 2)
            try MediaError.check(av_new_packet(packet.pointer, size), "count the container")
            guard let data = packet.pointer.pointee.data else { continue }
            memset(data, 0xFF, Int(size))
            for (place, byte) in [0, 0, 0, 1].enumerated() { data[place] = UInt8(byte) }
            packet.pointer.pointee.dts = Int64(timing.decodeTime)
            packet.pointer.pointee.pts = Int64(timing.presentationTime)
            packet.pointer.pointee.duration =
                isHeld && index == packets.count - 1
                ? Int64(Self.seconds(of: sound) / frameSeconds) - Int64(timing.presentationTime) : 1
            packet.pointer.pointee.flags = timing.isKeyframe ? AV_PKT_FLAG_KEY : 0
            payload += Int(size)
            try muxer.writePicture(&packet)
        }
        while try sound?.next(into: &packet, isEmpty: true) == true {
            payload += packet.byteCount
            try muxer.writeSound(&packet)
        }
        sound?.rewind()
        return try muxer.finishCounting() - payload
    }

    /// Whether the last picture stays until the sound ends, because that is much later.
    ///
    /// A few samples more are no reason to say in the index that the last picture is not like the others.
    package static func holds(lastPictureAt end: Double, until soundEnd: Double) -> Bool {
        soundEnd - end > 0.5
    }

    private static func seconds(of track: borrowing Track?) -> Double {
        switch track {
        case .some(let track): return track.durationSeconds
        case .none: return 0
        }
    }

    /// Streams for the sound and for what goes along with it; their time bases.
    private static func addStreams(
        for track: borrowing Track?,
        to context: UnsafeMutablePointer<AVFormatContext>
    ) throws(MediaError) -> [AVRational] {
        switch track {
        case .some(let track): return try track.addStreams(to: context)
        case .none: return []
        }
    }

    private consuming func finishCounting() throws(MediaError) -> Int {
        try MediaError.check(av_write_trailer(context), "count the container")
        let size = avio_size(context.pointee.pb)
        return Int(try MediaError.check(Int32(clamping: size), "count the container"))
    }
}
