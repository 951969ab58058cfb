import CFFmpeg
import Core
import SystemPackage

/// What goes into the sound encoder.
struct SoundShape {
    /// Several are mixed.
    var streamIndexes: [Int]
    var channels: Int
    var sampleRate: Int
}

extension Sound {
    /// What of it goes into the encoder; nil for what is not encoded.
    var shape: SoundShape? {
        switch self {
        case .none, .copy: nil
        case .encode(let stream, _, let channels, let rate):
            SoundShape(streamIndexes: [stream], channels: channels, sampleRate: rate)
        case .mix(let streams, _, let channels, let rate):
            SoundShape(streamIndexes: streams, channels: channels, sampleRate: rate)
        }
    }
}

/// libavcodec's AAC encoder.
struct AudioEncoder: ~Copyable {
    /// How long it looks for the best quantizers.
    enum Search: String {
        case thorough = "twoloop"
        case fast
    }

    private let handle: Owned<AVCodecContext>

    init(
        _ shape: SoundShape,
        bitsPerSecond: Int,
        search: Search? = nil
    ) throws(MediaError) {
        guard let codec = avcodec_find_encoder(AV_CODEC_ID_AAC) else {
            throw MediaError(
                .unsupported,
                doing: "encode the sound",
                words: "this build of FFmpeg has no AAC encoder"
            )
        }
        let handle = try Owned(avcodec_alloc_context3(codec), freedBy: avcodec_free_context)
        let context = handle.pointer
        context.pointee.sample_fmt = AV_SAMPLE_FMT_FLTP
        context.pointee.sample_rate = Int32(clamping: shape.sampleRate)
        context.pointee.bit_rate = Int64(bitsPerSecond)
        context.pointee.time_base = av_make_q(1, Int32(clamping: shape.sampleRate))
        context.pointee.profile = cinch_profile_aac_low
        context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        av_channel_layout_default(&context.pointee.ch_layout, Int32(clamping: shape.channels))
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        if let search { av_dict_set(&options, "aac_coder", search.rawValue, 0) }
        try MediaError.check(avcodec_open2(context, codec, &options), "open the AAC encoder")
        self.handle = handle
    }

    var blockSize: Int { Int(handle.pointer.pointee.frame_size) }

    /// Samples of silence before the first one that was sent.
    var delay: Int { Int(handle.pointer.pointee.initial_padding) }

    /// Asks for another rate from the next block on.
    ///
    /// libavcodec's encoder reads it for each block; one that did not would end off its budget, which
    /// is found out by its size.
    func steer(to bitsPerSecond: Int) {
        handle.pointer.pointee.bit_rate = Int64(bitsPerSecond)
    }

    func send(_ frame: borrowing Frame) throws(MediaError) {
        try MediaError.check(
            avcodec_send_frame(handle.pointer, frame.pointer),
            "encode the sound"
        )
    }

    func finish() throws(MediaError) {
        try MediaError.check(avcodec_send_frame(handle.pointer, nil), "encode the sound")
    }

    func receive(into packet: inout Packet) throws(MediaError) -> Bool {
        av_packet_unref(packet.pointer)
        let status = avcodec_receive_packet(handle.pointer, packet.pointer)
        if status == cinch_error_again || status == cinch_error_eof { return false }
        try MediaError.check(status, "encode the sound")
        return true
    }

    /// An empty track for what it makes; its packets go into a new file.
    func track(at path: FilePath) throws(MediaError) -> Track {
        let parameters = try Owned(avcodec_parameters_alloc(), freedBy: avcodec_parameters_free)
        try MediaError.check(
            avcodec_parameters_from_context(parameters.pointer, handle.pointer),
            "describe the sound"
        )
        return try Track(
            path: path,
            parameters: parameters,
            timeBase: av_make_q(1, handle.pointer.pointee.sample_rate)
        )
    }
}
