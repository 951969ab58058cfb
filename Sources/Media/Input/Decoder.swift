import CFFmpeg
package import Core

/// One stream of a file, decoded: packets go in and frames come out in presentation order.
///
/// "Send more" and "the end" are answers of libav's that never leave this type.
package struct Decoder: ~Copyable {
    private var demuxer: Demuxer
    private let handle: Owned<AVCodecContext>
    private var packet: Packet
    private let streamIndex: Int
    private let flag: CancellationFlag
    private var isDraining = false
    // The packet that `enter` found is not decoded yet.
    private var holdsPacket = false
    /// Whether `enter` found a place.
    private(set) var hasEntered = false
    private var tally: DamageTally
    /// A file may begin with so many packets that need what is missing: minutes without a keyframe.
    private static let mostUseless = 5000
    package private(set) var frameCount = 0
    /// Packets read so far that are no keyframes, and their bytes.
    private var between = (packets: 0, bytes: 0)

    private var context: UnsafeMutablePointer<AVCodecContext> { handle.pointer }

    /// Opens a decoder for one stream of a file (`avcodec_open2`), with a thread a core.
    package init(path: String, streamIndex: Int, flag: CancellationFlag) throws(MediaError) {
        var demuxer = try Demuxer(path: path, flag: flag, isKnown: true)
        guard let stream = demuxer.stream(streamIndex) else {
            throw MediaError(.invalid, doing: "find stream \(streamIndex)")
        }
        guard let parameters = stream.pointee.codecpar else {
            throw MediaError(.invalid, doing: "find stream \(streamIndex)")
        }
        let codec =
            Self.transparentDecoder(of: stream)
            ?? avcodec_find_decoder(parameters.pointee.codec_id)
        guard let codec else {
            throw MediaError(
                .unsupported,
                .reading,
                doing: "decode the \(Prober.codecTitle(parameters)) track",
                words: "this build of FFmpeg has no decoder for it"
            )
        }
        demuxer.keepOnly(stream: streamIndex)
        let handle = try Owned(avcodec_alloc_context3(codec), freedBy: DecoderLog.free)
        let log = DecoderLog()
        log.attach(to: handle.pointer)
        try MediaError.check(
            avcodec_parameters_to_context(handle.pointer, parameters),
            "set up the decoder",
            .reading
        )
        handle.pointer.pointee.pkt_timebase = stream.pointee.time_base
        handle.pointer.pointee.thread_count = Threads.count
        // A stream may announce a larger frame at any time.
        handle.pointer.pointee.max_pixels = Int64(clamping: flag.limits.storedPixelsPerFrame)
        try MediaError.check(
            avcodec_open2(handle.pointer, codec, nil),
            "open the decoder",
            .reading
        )
        let packet = try Packet()
        self.demuxer = demuxer
        self.handle = handle
        self.packet = packet
        self.streamIndex = streamIndex
        self.flag = flag
        tally = DamageTally(log)
    }

    /// The decoder for a WebM whose transparency lies beside the picture; nil for all other streams.
    ///
    /// libavcodec's own decoders of VP8 and VP9 leave it out, and show what lies under it.
    static func transparentDecoder(
        of stream: UnsafeMutablePointer<AVStream>
    ) -> UnsafePointer<AVCodec>? {
        guard let entry = av_dict_get(stream.pointee.metadata, "alpha_mode", nil, 0),
            String(cString: entry.pointee.value) == "1"
        else { return nil }
        switch stream.pointee.codecpar.pointee.codec_id {
        case AV_CODEC_ID_VP8: return avcodec_find_decoder_by_name("libvpx")
        case AV_CODEC_ID_VP9: return avcodec_find_decoder_by_name("libvpx-vp9")
        default: return nil
        }
    }

    /// Goes to the keyframe at or before a time after the start; false where the container cannot,
    /// and then decoding goes on where it stands.
    mutating func seek(toSeconds seconds: Double) -> Bool {
        guard demuxer.seek(toSeconds: seconds) else { return false }
        avcodec_flush_buffers(context)
        isDraining = false
        return true
    }

    var timeBase: AVRational {
        demuxer.stream(streamIndex)?.pointee.time_base ?? av_make_q(1, 1_000_000)
    }

    /// A time of the container's in this stream's time base.
    func ticks(microseconds: Int) -> Int64 {
        Demuxer.ticks(microseconds: Int64(microseconds), timeBase)
    }

    /// Stretches of the stream by the container's index, each from a keyframe on and with at least so
    /// many packets; empty where the container has no index of all packets.
    func stretches(ofAtLeast least: Int) -> [Stretch] {
        guard let stream = demuxer.stream(streamIndex) else { return [] }
        var stretches: [Stretch] = []
        for index in 0..<avformat_index_get_entries_count(stream) {
            var (time, bytes, key) = (Int64(0), Int32(0), Int32(0))
            guard cinch_index_entry(stream, index, &time, &bytes, &key) != 0 else { continue }
            let isKey = key != 0
            if isKey, stretches.last.map({ $0.packets >= least }) ?? true {
                stretches.append(Stretch(time: time))
            }
            guard let last = stretches.indices.last else { continue }
            stretches[last].packets += 1
            if isKey { continue }
            stretches[last].between += 1
            stretches[last].bytes += max(0, Int(bytes))
        }
        return stretches
    }

    /// A part of a stream as its container's index has it.
    struct Stretch {
        /// Decoding time of its first packet.
        var time: Int64
        var packets = 0
        /// Packets that are no keyframes, and their bytes.
        var between = 0
        var bytes = 0

        init(time: Int64) { self.time = time }

        var complexity: Double { between == 0 ? 0 : Double(bytes) / Double(between) }
    }

    /// The mean bytes of the packets read so far that are no keyframes; nil where there were none.
    var meanBytesBetween: Double? {
        between.packets == 0 ? nil : Double(between.bytes) / Double(between.packets)
    }

    /// Goes to a keyframe of which the index has the time; false where the container cannot.
    mutating func seek(to stretch: Stretch) -> Bool {
        guard demuxer.seek(stream: streamIndex, to: stretch.time) else { return false }
        avcodec_flush_buffers(context)
        isDraining = false
        return true
    }

    /// Goes to a keyframe from which everything decodes that is shown at a time of the container's.
    ///
    /// `margins`: seconds by which to aim too early, one after the other, until the keyframe is no
    ///   later than the time. Containers seek by decoding time, and some roughly.
    /// False where there is none: what was read is lost then, and the file must be opened anew.
    mutating func enter(atMicroseconds time: Int, margins: [Double]) throws(MediaError) -> Bool {
        let start = Int(demuxer.startMicroseconds)
        let wanted = ticks(microseconds: time)
        for margin in margins {
            let seconds = Double(time - start) / 1_000_000 - margin
            guard seconds > 0, seek(toSeconds: seconds) else { return false }
            while try demuxer.read(into: &packet) {
                guard packet.pointer.pointee.flags & AV_PKT_FLAG_KEY != 0 else { continue }
                let own = packet.pointer.pointee.pts
                guard own != cinch_no_pts, own <= wanted else { break }
                (holdsPacket, hasEntered) = (true, true)
                return true
            }
        }
        return false
    }

    /// Forgets what was damaged so far, where that is not shown.
    mutating func forgetLoss() { tally.forget() }

    /// Why reading ended before the end, where it did.
    package var endedEarly: MediaError? { demuxer.endedEarly }

    /// Packets that could not be decoded or not be read, and pictures with concealed damage.
    package var damagedCount: Int { tally.loss.count + demuxer.lostPackets }

    /// What was lost so far, in seconds after a time of the container's.
    package func loss(sinceMicroseconds start: Int) -> Damage.Loss {
        var loss = tally.loss.moved(bySeconds: Double(start) / 1_000_000)
        loss.undecoded += demuxer.lostPackets
        return loss
    }

    /// Seconds at the beginning whose packets are there and could not be decoded.
    package var lateSeconds: Double { tally.lateSeconds }

    /// Decodes the next frame (`avcodec_receive_frame`); false at the end.
    ///
    /// A packet that is damaged is counted and skipped, as every player does.
    package mutating func next(into frame: inout Frame) throws(MediaError) -> Bool {
        while true {
            av_frame_unref(frame.pointer)
            let (context, target) = (context, frame.pointer)
            let status = flag.watch { avcodec_receive_frame(context, target) }
            if status >= 0 {
                frame.pointer.pointee.pts = frame.pointer.pointee.best_effort_timestamp
                tally.take(frame, timeBase)
                frameCount += 1
                return true
            }
            if status == cinch_error_eof {
                tally.finish()
                return false
            }
            if status != cinch_error_again {
                try tolerate(status)
                if isDraining { return false }
            }
            try feed()
        }
    }

    private mutating func feed() throws(MediaError) {
        guard !isDraining else { return }
        if holdsPacket {
            holdsPacket = false
        } else if try !demuxer.read(into: &packet) {
            isDraining = true
            avcodec_send_packet(context, nil)
            return
        }
        tally.take(packet, timeBase)
        if packet.pointer.pointee.flags & AV_PKT_FLAG_KEY == 0 {
            between.packets += 1
            between.bytes += packet.byteCount
        }
        let (context, filled) = (context, packet.pointer)
        let status = flag.watch { avcodec_send_packet(context, filled) }
        if status < 0, status != cinch_error_again, status != cinch_error_eof {
            try tolerate(status)
        }
    }

    private mutating func tolerate(_ status: Int32) throws(MediaError) {
        let error = MediaError(
            status: status,
            .reading,
            doing: "decode the \(Prober.codecName(context))"
        )
        if error.kind == .memory { throw error }
        tally.refuse()
        // Bytes that never decode must not be read for hours.
        if frameCount == 0, damagedCount > Self.mostUseless { throw error }
    }
}
