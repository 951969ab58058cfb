import CFFmpeg
import Core

/// A compressed packet, reused from one read to the next.
package struct Packet: ~Copyable {
    let handle: Owned<AVPacket>
    var pointer: UnsafeMutablePointer<AVPacket> { handle.pointer }

    package init() throws(MediaError) {
        handle = try Owned(av_packet_alloc(), freedBy: av_packet_free)
    }

    package var byteCount: Int { Int(pointer.pointee.size) }
    package var streamIndex: Int { Int(pointer.pointee.stream_index) }

    /// Times that no clock shows are damage, and sums of them would overflow.
    ///
    /// `base`: of its stream.
    func forgetImpossibleTimes(_ base: AVRational) {
        let seconds = Double(Demuxer.mostMicroseconds) / 1_000_000
        let ticks = seconds * Double(base.den) / Double(max(1, base.num))
        let most = UInt64(min(max(1, ticks), Double(1 << 60)))
        if pointer.pointee.pts.magnitude > most { pointer.pointee.pts = cinch_no_pts }
        if pointer.pointee.dts.magnitude > most { pointer.pointee.dts = cinch_no_pts }
        if pointer.pointee.duration.magnitude > most { pointer.pointee.duration = 0 }
    }
}

/// An open file: its container read, its packets handed out in file order.
///
/// Input is hostile until proved otherwise. Three walls, each enough by itself for most files: only
/// containers are read that hold their media themselves; libavformat is handed the open file, without its
/// name and without the means to open another; and there is no protocol but `file`.
package struct Demuxer: ~Copyable {
    let handle: Owned<AVFormatContext>
    // The interrupt callback holds an unretained pointer to it.
    private let flag: CancellationFlag
    /// What a broken file did to reading: it ended early, with libav's reason.
    package private(set) var endedEarly: MediaError?
    /// Packets that could not be read because what lies around them is damaged.
    package private(set) var lostPackets = 0
    // Errors one after the other.
    private var errors = 0

    private var context: UnsafeMutablePointer<AVFormatContext> { handle.pointer }

    /// Containers that people have, in libav's short names.
    ///
    /// A name not listed is refused.
    package static let containers = [
        "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "live_flv", "asf", "ogg",
        "gif", "apng", "rm", "nut", "ivf", "mxf", "mxf_opatom", "h264", "hevc", "m4v", "av1", "obu",
        "dv", "dvbsub", "yuv4mpegpipe", "vc1", "vc1test", "3gp", "wtv", "nsv", "nuv", "roq", "smk",
        "bink", "swf", "flic", "ea", "mjpeg", "mjpeg_2000", "cavsvideo", "dirac", "h261", "h263",
        "mp3", "wav", "aac", "flac", "amr", "aiff", "caf", "ac3", "eac3", "opus", "w64", "au",
        "wv", "ape", "tta",
        "jpeg_pipe", "png_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe",
    ].joined(separator: ",")

    /// Opens a file and reads enough of it to know its streams (`avformat_open_input`, `avformat_find_stream_info`).
    ///
    /// `isKnown`: the file was probed before; containers that describe their streams in
    ///   full are then not decoded for it again, which for 4K costs as much as ten frames.
    /// `containers`: nil lifts the first wall, so that tests can lean on the second.
    package init(
        path: String,
        flag: CancellationFlag,
        isKnown: Bool = false,
        containers: String? = Demuxer.containers
    ) throws(MediaError) {
        LibraryLog.install()
        var context: UnsafeMutablePointer<AVFormatContext>? = try Self.context(flag)
        let limits = flag.limits
        av_max_alloc(limits.blockBytes)
        var options: OpaquePointer?
        if let containers { av_dict_set(&options, "format_whitelist", containers, 0) }
        // A track of an MP4 may name another file.
        av_dict_set(&options, "enable_drefs", "0", 0)
        av_dict_set(&options, "use_absolute_path", "0", 0)
        // Above the limit, so that the count can be told; far below what would hurt.
        av_dict_set_int(&options, "max_streams", Int64(clamping: limits.streams) * 2 + 1000, 0)
        let hint = Self.hint(path)
        var copy: OpaquePointer?
        av_dict_copy(&copy, options, 0)
        defer { av_dict_free(&copy) }
        let url = "file:" + flag.location(of: path)
        var status = flag.watchOpening { cinch_open_input(&context, url, hint, &options) }
        av_dict_free(&options)
        // Some demuxers believe the name more than the bytes.
        if status < 0, hint != Self.noHint, !flag.isRaised, Self.mayBeMisnamed(status) {
            context = try Self.context(flag)
            status = flag.watchOpening { cinch_open_input(&context, url, Self.noHint, &copy) }
        }
        // On failure everything has been freed.
        do {
            try MediaError.check(status, "open the file", .opening)
        } catch {
            throw Self.meaning(of: error, limits)
        }
        let handle = try Owned(context, freedBy: cinch_close_input)
        try Self.checkStreams(handle.pointer, limits)
        for index in 0..<Int32(handle.pointer.pointee.nb_streams) {
            // Decoders that find it impossible forget the size that was stated.
            guard let stream = cinch_stream(handle.pointer, index),
                stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0,
                stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
            else { continue }
            try Self.checkSize(stream.pointee.codecpar.pointee, limits)
        }
        let name = String(cString: handle.pointer.pointee.iformat.pointee.name)
        let describesItself = name.hasPrefix("mov") || name.hasPrefix("matroska")
        if !(isKnown && describesItself) {
            // Before this call, streams are known but not their frame rates and pixel formats.
            let opened = handle.pointer
            let status = flag.watch {
                cinch_find_stream_info(opened, Int64(clamping: limits.storedPixelsPerFrame))
            }
            try MediaError.check(status, "read the streams", .reading)
            try Self.checkStreams(handle.pointer, limits)
        }
        self.handle = handle
        self.flag = flag
    }

    /// A context that stops where the flag says so.
    private static func context(
        _ flag: CancellationFlag
    ) throws(MediaError) -> UnsafeMutablePointer<AVFormatContext> {
        guard let context = avformat_alloc_context() else {
            throw MediaError(.memory, .opening, doing: "open the file")
        }
        cinch_set_interrupt(
            context,
            { opaque in
                guard let opaque else { return 0 }
                let flag = Unmanaged<CancellationFlag>.fromOpaque(opaque).takeUnretainedValue()
                return flag.isRaised ? 1 : 0
            },
            Unmanaged.passUnretained(flag).toOpaque()
        )
        return context
    }

    /// Whether a file might open where its name is not believed: what is wrong lies in its bytes.
    private static func mayBeMisnamed(_ status: Int32) -> Bool {
        let kind = MediaError(status: status, doing: "").kind
        return kind == .invalid || kind == .other
    }

    private static let noHint = "input"

    /// All that a demuxer learns of the name: its extension tells raw streams apart that look alike.
    private static func hint(_ path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return noHint }
        let end = name[name.index(after: dot)...]
        let isPlain =
            end.utf8.count <= 8 && end.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return isPlain ? "\(noHint).\(end)" : noHint
    }

    /// A frame beyond the limit is refused before any decoder is asked for it.
    static func checkSize(
        _ parameters: AVCodecParameters,
        _ limits: InputLimits
    ) throws(MediaError) {
        let (width, height) = (Int(parameters.width), Int(parameters.height))
        guard width > 0, height > 0, width * height > limits.pixelsPerFrame else { return }
        throw MediaError(
            .beyond(.pixels),
            doing: "read the picture's size",
            words: "its frames are \(width)×\(height), and "
                + "\(ByteSize.grouped(limits.pixelsPerFrame)) pixels are allowed"
        )
    }

    private static func checkStreams(
        _ context: UnsafeMutablePointer<AVFormatContext>,
        _ limits: InputLimits
    ) throws(MediaError) {
        let count = Int(context.pointee.nb_streams)
        guard count > limits.streams else { return }
        throw tooManyStreams("\(ByteSize.grouped(count))", limits)
    }

    /// A demuxer that may not make another stream calls that a lack of memory.
    private static func meaning(of error: MediaError, _ limits: InputLimits) -> MediaError {
        guard error.kind == .memory, error.lastLogLine?.contains("max_streams") == true else {
            return error
        }
        return tooManyStreams("thousands of", limits)
    }

    private static func tooManyStreams(_ count: String, _ limits: InputLimits) -> MediaError {
        MediaError(
            .beyond(.streams),
            .reading,
            doing: "read the streams",
            words: "it has \(count) tracks, and \(ByteSize.grouped(limits.streams)) are allowed"
        )
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
        // Damaged headers tell of times beyond all clocks.
        guard let offset = Int64(exactly: (seconds * 1_000_000).rounded()) else { return false }
        let (time, overflow) = startMicroseconds.addingReportingOverflow(offset)
        guard !overflow else { return false }
        let context = context
        return flag.watch { av_seek_frame(context, -1, time, AVSEEK_FLAG_BACKWARD) } >= 0
    }

    /// Goes to the keyframe at or before a decoding time of one stream (`av_seek_frame`).
    mutating func seek(stream: Int, to time: Int64) -> Bool {
        let context = context
        return flag.watch {
            av_seek_frame(context, Int32(clamping: stream), time, AVSEEK_FLAG_BACKWARD)
        } >= 0
    }

    /// Reads the next packet of the kept streams (`av_read_frame`); false at the end.
    ///
    /// A damaged end counts as the end and is remembered in `endedEarly`; what it means is the caller's decision.
    package mutating func read(into packet: inout Packet) throws(MediaError) -> Bool {
        while true {
            av_packet_unref(packet.pointer)
            let (context, target) = (context, packet.pointer)
            let status = flag.watch { av_read_frame(context, target) }
            if status >= 0 {
                if let stream = cinch_stream(context, packet.pointer.pointee.stream_index) {
                    if stream.pointee.discard == AVDISCARD_ALL { continue }
                    packet.forgetImpossibleTimes(stream.pointee.time_base)
                }
                if isHalf(packet) {
                    endedEarly = MediaError(
                        .invalid,
                        .reading,
                        doing: "read the file",
                        words: "it ends in the middle of a picture"
                    )
                    continue
                }
                errors = 0
                return true
            }
            if flag.isRaised { throw MediaError(status: status, .reading, doing: "read the file") }
            if status == cinch_error_again { continue }
            if status != cinch_error_eof {
                let error = MediaError(status: status, .reading, doing: "read the file")
                if error.kind == .memory || error.kind == .inputOutput && isDiskBroken {
                    throw error
                }
                errors += 1
                // What follows a damaged place may be whole.
                if status == cinch_error_invalid_data, errors < Self.mostErrors, !isAtEnd {
                    lostPackets += 1
                    continue
                }
                endedEarly = error
            }
            return false
        }
    }

    /// More than so many damaged packets in a row are not read over.
    private static let mostErrors = 64

    private var isAtEnd: Bool {
        guard let io = context.pointee.pb else { return true }
        return avio_feof(io) != 0
    }

    /// Some demuxers call it an input error that the file ends where it should go on.
    private var isDiskBroken: Bool {
        guard let error = context.pointee.pb?.pointee.error else { return true }
        return error < 0 && error != cinch_error_eof
    }

    /// Whether the file ends in the middle of a picture: half of one is worse than the one before it.
    ///
    /// A transport stream marks packets whose end it has not seen, and they are whole.
    private func isHalf(_ packet: borrowing Packet) -> Bool {
        guard packet.pointer.pointee.flags & AV_PKT_FLAG_CORRUPT != 0,
            let stream = cinch_stream(context, packet.pointer.pointee.stream_index),
            stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
        else { return false }
        return strcmp(context.pointee.iformat.pointee.name, "mpegts") != 0
    }

    /// The stream at an index, if there is one.
    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream>? {
        cinch_stream(context, Int32(clamping: index))
    }

    /// Whether there are any streams in it.
    package var isOpen: Bool { streamCount > 0 }

    var streamCount: Int { Int(context.pointee.nb_streams) }

    /// Presentation time of the earliest sample in microseconds; 0 where the container says none.
    var startMicroseconds: Int64 {
        let start = context.pointee.start_time
        return start == cinch_no_pts || start.magnitude > Self.mostMicroseconds ? 0 : start
    }

    /// 158 years; recorders count from 1970.
    static let mostMicroseconds: UInt64 = 5_000_000_000_000_000

    /// A time of the container's in another base; 0 where that cannot hold it.
    static func ticks(microseconds: Int64, _ base: AVRational) -> Int64 {
        let ticks = av_rescale_q(microseconds, av_make_q(1, 1_000_000), base)
        return ticks.magnitude > 7 << 60 ? 0 : ticks
    }
}
