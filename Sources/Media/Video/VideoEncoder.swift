import CFFmpeg
package import Core
package import SystemPackage

/// libx264 through libavcodec: pass 1, pass 2, one pass at constant quality, or without any loss.
package struct VideoEncoder: ~Copyable {
    package enum Mode: Sendable {
        /// Writes the log; the packets are of use for their times alone.
        case firstPass(log: FilePath)
        /// Reads the log; `bitsPerSecond` is met over the whole clip.
        case secondPass(
            log: FilePath,
            bitsPerSecond: Int,
            tolerance: Double = VideoEncoder.rateTolerance
        )
        case constantQuality(Double)
        /// Decodes to the same picture, bit for bit; in a profile that few players know.
        case lossless
    }

    package struct Settings: Sendable {
        package var size: PixelSize
        package var frameRate: Rational
        package var matrix: Picture.Matrix
        package var preset: String
        package var keyframeIntervalFrames: Int
        package var perception = Perception.usual
        /// Frames that rate control looks ahead; nil for the preset's own.
        package var lookaheadFrames: Int?
        /// H.264's level times ten; nil lets libx264 choose one by size and rate.
        package var level: Int?

        package init(
            size: PixelSize,
            frameRate: Rational,
            matrix: Picture.Matrix,
            preset: String,
            keyframeIntervalFrames: Int
        ) {
            self.size = size
            self.frameRate = frameRate
            self.matrix = matrix
            self.preset = preset
            self.keyframeIntervalFrames = keyframeIntervalFrames
        }
    }

    private let handle: Owned<AVCodecContext>
    private var isDraining = false
    private var quantizerSum = 0.0
    private var quantizerCount = 0
    /// Payload so far.
    package private(set) var byteCount = 0
    package private(set) var packetCount = 0

    private var context: UnsafeMutablePointer<AVCodecContext> { handle.pointer }

    /// Tight enough to land a stretch within a few per cent.
    ///
    /// It costs no quality that shows (VMAF of a game clip: 75.78 at 0.3, 75.75 at 0.1, 75.71 at
    /// 0.03, 75.77 at 0.015), and the last 51 frames of a clip, asked for 508 kB, came to 94 % of
    /// it at 0.1 and to 99.6 % at 0.02. x264's default is 1.
    package static let rateTolerance = 0.02

    /// Looser, for a clip of a few seconds that is encoded in one piece.
    ///
    /// With so few frames a tight rate swings about its mark from one attempt to the next: at 0.02
    /// one clip of 14 stayed below 96 % of its target in three attempts, at 0.1 none did.
    package static let shortClipRateTolerance = 0.1

    /// x264's constant-quality scale for pass 1: finer than most targets come out, because what it
    /// sees clearly it judges better (film trailer, VMAF: 92.5 at 17, 92.3 at 23, 91.6 at 30).
    package static let firstPassQuality = 18.0

    /// Opens the encoder (`avcodec_open2` with libx264).
    package init(_ settings: Settings, mode: Mode) throws(MediaError) {
        LibraryLog.install()
        guard let codec = avcodec_find_encoder_by_name("libx264") else {
            throw MediaError(
                .unsupported,
                doing: "encode H.264",
                words: "this build of FFmpeg has no libx264 encoder"
            )
        }
        let handle = try Owned(avcodec_alloc_context3(codec), freedBy: avcodec_free_context)
        let context = handle.pointer
        context.pointee.width = Int32(clamping: settings.size.width)
        context.pointee.height = Int32(clamping: settings.size.height)
        context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
        context.pointee.framerate = av_make_q(
            Int32(clamping: settings.frameRate.numerator),
            Int32(clamping: settings.frameRate.denominator)
        )
        context.pointee.time_base = av_inv_q(context.pointee.framerate)
        context.pointee.sample_aspect_ratio = av_make_q(1, 1)
        context.pointee.gop_size = Int32(clamping: settings.keyframeIntervalFrames)
        if let level = settings.level { context.pointee.level = Int32(clamping: level) }
        context.pointee.thread_count = Threads.count
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        context.pointee.flags |= Int32(bitPattern: AV_CODEC_FLAG_CLOSED_GOP)
        context.pointee.color_range = AVCOL_RANGE_MPEG
        switch settings.matrix {
        case .bt709:
            context.pointee.colorspace = AVCOL_SPC_BT709
            context.pointee.color_primaries = AVCOL_PRI_BT709
            context.pointee.color_trc = AVCOL_TRC_BT709
        case .smpte170m:
            context.pointee.colorspace = AVCOL_SPC_SMPTE170M
            context.pointee.color_primaries = AVCOL_PRI_SMPTE170M
            context.pointee.color_trc = AVCOL_TRC_SMPTE170M
        }

        func set(_ name: String, _ value: String) throws(MediaError) {
            try MediaError.check(
                av_opt_set(context.pointee.priv_data, name, value, 0),
                "set up libx264 (\(name))"
            )
        }
        try set("preset", settings.preset)
        if let frames = settings.lookaheadFrames { try set("rc-lookahead", "\(frames)") }
        if settings.perception != .usual {
            try set("aq-strength", "\(settings.perception.adaptiveQuantization)")
            try set("psy-rd", "\(settings.perception.psychovisual),0")
        }
        switch mode {
        case .lossless: try set("profile", "high444")
        case .firstPass, .secondPass, .constantQuality: try set("profile", "high")
        }
        switch mode {
        case .firstPass(let log):
            context.pointee.flags |= AV_CODEC_FLAG_PASS1
            try set("stats", log.string)
            try set("crf", "\(Self.firstPassQuality)")
        case .secondPass(let log, let bitsPerSecond, let tolerance):
            context.pointee.flags |= AV_CODEC_FLAG_PASS2
            context.pointee.bit_rate = Int64(bitsPerSecond)
            try set("stats", log.string)
            // Stitchable: headers that do not depend on content, so that stretches can follow each other.
            try set("x264-params", "ratetol=\(tolerance):stitchable=1")
        case .constantQuality(let quality):
            try set("crf", "\(quality)")
        case .lossless:
            try set("qp", "0")
        }
        var failure = MediaError.Kind.encoder
        // Nothing else keeps a second pass from opening that the first one opened with the same settings.
        if case .secondPass = mode { failure = .tooFewBits }
        try MediaError.check(avcodec_open2(context, codec, nil), "open libx264", as: failure)
        self.handle = handle
    }

    /// Hands a frame in; its time is counted in frames.
    package mutating func send(_ frame: borrowing Frame) throws(MediaError) {
        try MediaError.check(
            avcodec_send_frame(context, frame.pointer),
            "encode a frame",
            as: .encoder
        )
    }

    /// Says that no frame follows: `receive` yields what is left.
    package mutating func finish() throws(MediaError) {
        guard !isDraining else { return }
        isDraining = true
        try MediaError.check(
            avcodec_send_frame(context, nil),
            "encode the last frames",
            as: .encoder
        )
    }

    /// Takes the next packet; false when more frames are needed, or at the end.
    package mutating func receive(into packet: inout Packet) throws(MediaError) -> Bool {
        av_packet_unref(packet.pointer)
        let status = avcodec_receive_packet(context, packet.pointer)
        if status == cinch_error_again || status == cinch_error_eof { return false }
        try MediaError.check(status, "encode a frame", as: .encoder)
        if packet.pointer.pointee.duration == 0 { packet.pointer.pointee.duration = 1 }
        if packetCount == 0 { packet.dropEncoderNote() }
        byteCount += packet.byteCount
        packetCount += 1
        if let quantizer = packet.quantizer {
            quantizerSum += quantizer
            quantizerCount += 1
        }
        return true
    }

    /// Mean quantizer of what came out so far; nil before the first packet.
    package var averageQuantizer: Double? {
        quantizerCount == 0 ? nil : quantizerSum / Double(quantizerCount)
    }

    func copyParameters(
        to parameters: UnsafeMutablePointer<AVCodecParameters>
    ) throws(MediaError) {
        try MediaError.check(
            avcodec_parameters_from_context(parameters, context),
            "describe the picture"
        )
    }

    var timeBase: AVRational { context.pointee.time_base }
    var frameRate: AVRational { context.pointee.framerate }
}

extension Packet {
    /// Takes out the 700 bytes in which x264 writes down its settings (an SEI message of user
    /// data before the first picture): they are no use to who watches, and outside its rate control.
    fileprivate mutating func dropEncoderNote() {
        let count = byteCount
        guard count > 5, let data = pointer.pointee.data else { return }
        let bytes = UnsafeBufferPointer(start: data, count: count)
        let start = bytes[2] == 1 ? 3 : 4
        guard bytes[..<start].elementsEqual([0, 0, 0, 1].suffix(start)), bytes[start] & 31 == 6
        else {
            return
        }
        // The next start code ends it; its payload is escaped so that none is inside.
        for index in (start + 1)..<(count - 4)
        where bytes[index] == 0 && bytes[index + 1] == 0
            && (bytes[index + 2] == 1 || bytes[index + 2] == 0 && bytes[index + 3] == 1)
        {
            pointer.pointee.data += index
            pointer.pointee.size -= Int32(index)
            return
        }
    }

    /// The mean quantizer of its picture, where the encoder said it.
    package var quantizer: Double? {
        let quality = cinch_packet_quality(pointer)
        return quality < 0 ? nil : Double(quality) / Double(FF_QP2LAMBDA)
    }

    /// When the packet is decoded and shown, and whether it stands alone: what a container writes down of it.
    package var timing: PacketTiming {
        PacketTiming(
            decodeTime: Int(pointer.pointee.dts),
            presentationTime: Int(pointer.pointee.pts),
            isKeyframe: pointer.pointee.flags & AV_PKT_FLAG_KEY != 0
        )
    }
}

/// A packet as a container's index sees it; times in frames.
package struct PacketTiming: Sendable, Equatable {
    package var decodeTime: Int
    package var presentationTime: Int
    package var isKeyframe: Bool
}
