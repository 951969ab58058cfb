import CFFmpeg

/// A compressed packet, reused from one read to the next.
package struct Packet: ~Copyable {
    let handle: Owned<AVPacket>
    var pointer: UnsafeMutablePointer<AVPacket> { handle.pointer }

    package init() throws(MediaError) {
        handle = try Owned(av_packet_alloc(), freedBy: av_packet_free)
    }

    package var byteCount: Int { Int(pointer.pointee.size) }
    package var streamIndex: Int { Int(pointer.pointee.stream_index) }
}

/// An open file: its container read, its packets handed out in file order.
///
/// Input is hostile until proved otherwise: only regular files are opened, by the `file` protocol,
/// and only containers that hold their media themselves (a playlist named .mp4 could open any other file).
package struct Demuxer: ~Copyable {
    let handle: Owned<AVFormatContext>
    // The interrupt callback holds an unretained pointer to it.
    private let flag: CancellationFlag
    /// What a broken file did to reading: it ended early, with libav's reason.
    package private(set) var endedEarly: MediaError?

    private var context: UnsafeMutablePointer<AVFormatContext> { handle.pointer }

    /// Containers that people have, in libav's short names.
    ///
    /// A name not listed is refused.
    static let containers = [
        "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "live_flv", "asf", "ogg",
        "gif", "apng", "rm", "nut", "ivf", "mxf", "mxf_opatom", "h264", "hevc", "m4v", "av1", "obu",
        "dv", "dvbsub", "yuv4mpegpipe", "vc1", "vc1test", "3gp", "wtv", "nsv", "nuv", "roq", "smk",
        "bink", "swf", "flic", "ea", "mjpeg", "mjpeg_2000", "cavsvideo", "dirac", "h261", "h263",
        "mp3", "wav", "aac", "flac", "amr", "aiff", "caf", "ac3", "eac3", "opus", "w64", "au",
    ].joined(separator: ",")

    /// Opens a file and reads enough of it to know its streams (`avformat_open_input`, `avformat_find_stream_info`).
    ///
    /// `isKnown`: the file was probed before; containers that describe their streams in
    ///   full are then not decoded for it again, which for 4K costs as much as ten frames.
    package init(
        path: String,
        flag: CancellationFlag,
        isKnown: Bool = false
    ) throws(MediaError) {
        LibraryLog.install()
        var context = avformat_alloc_context()
        guard let opened = context else { throw MediaError(.memory, doing: "open the file") }
        cinch_set_interrupt(
            opened,
            { opaque in
                guard let opaque else { return 0 }
                let flag = Unmanaged<CancellationFlag>.fromOpaque(opaque).takeUnretainedValue()
                return flag.isRaised ? 1 : 0
            },
            Unmanaged.passUnretained(flag).toOpaque()
        )

        var options: OpaquePointer?
        av_dict_set(&options, "protocol_whitelist", "file", 0)
        av_dict_set(&options, "format_whitelist", Self.containers, 0)
        // A track of an MP4 may name another file; nothing but the file that was given is read.
        av_dict_set(&options, "enable_drefs", "0", 0)
        let status = avformat_open_input(&context, "file:" + path, nil, &options)
        av_dict_free(&options)
        // On failure libav has freed the context.
        try MediaError.check(status, "open the file")
        let handle = try Owned(context, freedBy: avformat_close_input)
        let name = String(cString: handle.pointer.pointee.iformat.pointee.name)
        let describesItself = name.hasPrefix("mov") || name.hasPrefix("matroska")
        if !(isKnown && describesItself) {
            // Before this call, streams are known but not their frame rates and pixel formats.
            try MediaError.check(avformat_find_stream_info(handle.pointer, nil), "read the streams")
        }
        self.handle = handle
        self.flag = flag
    }

    /// Lets only one stream's packets through; the others are skipped without being copied.
    package mutating func keepOnly(stream index: Int) {
        for other in 0..<Int32(context.pointee.nb_streams) where Int(other) != index {
            cinch_stream(context, other)?.pointee.discard = AVDISCARD_ALL
        }
    }

    /// Goes to the keyframe at or before a time after the start (`av_seek_frame`); false where the
    /// container cannot, and then nothing has moved.
    package mutating func seek(toSeconds seconds: Double) -> Bool {
        let time = startMicroseconds + Int64(seconds * 1_000_000)
        return av_seek_frame(context, -1, time, AVSEEK_FLAG_BACKWARD) >= 0
    }

    /// Reads the next packet of the kept streams (`av_read_frame`); false at the end.
    ///
    /// A damaged end counts as the end and is remembered in `endedEarly`; what it means is the caller's decision.
    package mutating func read(into packet: inout Packet) throws(MediaError) -> Bool {
        while true {
            av_packet_unref(packet.pointer)
            let status = av_read_frame(context, packet.pointer)
            if status >= 0 {
                let stream = cinch_stream(context, packet.pointer.pointee.stream_index)
                if let stream, stream.pointee.discard == AVDISCARD_ALL { continue }
                return true
            }
            if flag.isRaised { throw MediaError(status: status, doing: "read the file") }
            if status == cinch_error_again { continue }
            if status != cinch_error_eof {
                let error = MediaError(status: status, doing: "read the file")
                if error.kind == .inputOutput || error.kind == .memory { throw error }
                endedEarly = error
            }
            return false
        }
    }

    /// The stream at an index, if there is one.
    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
        cinch_stream(context, Int32(clamping: index))
    }

    var streamCount: Int { Int(context.pointee.nb_streams) }

    /// Presentation time of the earliest sample in microseconds; 0 where the container says none.
    var startMicroseconds: Int64 {
        let start = context.pointee.start_time
        return start == cinch_no_pts ? 0 : start
    }
}
