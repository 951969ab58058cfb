import CFFmpeg
package import Core
package import SystemPackage

/// Text subtitles as an MP4 holds them (`mov_text`), made before the picture is budgeted.
package enum Subtitles {
    /// Whether a codec's subtitles are text; pictures of letters cannot become text.
    static func isText(_ codec: AVCodecID) -> Bool {
        guard let descriptor = avcodec_descriptor_get(codec) else { return false }
        return descriptor.pointee.props & AV_CODEC_PROP_TEXT_SUB != 0
            && avcodec_find_decoder(codec) != nil
    }

    /// The tracks as planned, those after the first going along with it; nil where there are none.
    ///
    /// Parameters:
    ///   - roomBytes: a track that would not fit into what is left of it is left out.
    ///   - path: a new file for the packets of each, a number at its end.
    package static func make(
        _ tracks: [SubtitleTrack],
        of source: Source,
        roomBytes: Int,
        path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) -> Track? {
        var room = roomBytes
        var first: Track?
        for (index, track) in tracks.enumerated() {
            let file = FilePath(path.string + "-\(index)")
            var made: Track?
            do throws(MediaError) {
                made = try translated(track, of: source, path: file, flag: flag)
            } catch {
                // A picture without its text is worth more than neither.
                if flag.isRaised { throw error }
                continue
            }
            guard let one = made.take(), one.byteCount <= room else { continue }
            room -= one.byteCount
            Track.join(one, to: &first)
        }
        return first
    }

    private static func translated(
        _ track: SubtitleTrack,
        of source: Source,
        path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) -> Track? {
        var demuxer = try Demuxer(path: source.path, flag: flag)
        guard let stream = demuxer.stream(track.streamIndex) else { return nil }
        let decoder = try opened(stream)
        let encoder = try writing(decoder)
        let parameters = try Owned(avcodec_parameters_alloc(), freedBy: avcodec_parameters_free)
        try MediaError.check(
            avcodec_parameters_from_context(parameters.pointer, encoder.pointer),
            "describe the subtitles"
        )
        var result = try Track(path: path, parameters: parameters, timeBase: av_make_q(1, 1000))
        result.language = track.language
        result.title = track.title
        demuxer.keepOnly(stream: track.streamIndex)
        let base = stream.pointee.time_base
        let start = Int64(source.startMicroseconds / 1000)
        let end =
            source.durationIsEstimated && source.part?.endMicroseconds == nil
            ? Int64.max : Int64(min(1e9, source.durationSeconds) * 1000)
        var last: Int64 = -1
        var packet = try Packet()
        var line = try Packet()
        while try demuxer.read(into: &packet) {
            if flag.isRaised { throw MediaError(.other, doing: "read the subtitles") }
            guard packet.pointer.pointee.pts != cinch_no_pts else { continue }
            let own = av_rescale_q(packet.pointer.pointee.pts, base, av_make_q(1, 1000))
            let (time, overflow) = own.subtractingReportingOverflow(start)
            let length = av_rescale_q(packet.pointer.pointee.duration, base, av_make_q(1, 1000))
            guard !overflow, time > last || source.part != nil && time < 0, time < end,
                let found = try line.fill(from: packet, decoder, encoder)
            else { continue }
            // Some say how long it is shown in the packet, some in the text.
            var shown = found.milliseconds > 0 ? found.milliseconds : max(1, length)
            var from = time + found.delay
            if source.part != nil, from < 0 {
                // What is on the screen when the part begins stays as long as it did.
                shown += from
                from = 0
                if shown <= 0 { continue }
            }
            guard from > last, from < end else { continue }
            last = from
            line.pointer.pointee.pts = from
            line.pointer.pointee.dts = from
            line.pointer.pointee.duration = min(shown, end - from)
            line.pointer.pointee.flags = AV_PKT_FLAG_KEY
            try result.append(line)
        }
        if result.packetCount == 0 { return nil }
        return consume result
    }

    private static func opened(
        _ stream: UnsafeMutablePointer<AVStream>
    ) throws(MediaError) -> Owned<AVCodecContext> {
        let codec = avcodec_find_decoder(stream.pointee.codecpar.pointee.codec_id)
        let decoder = try Owned(avcodec_alloc_context3(codec), freedBy: avcodec_free_context)
        try MediaError.check(
            avcodec_parameters_to_context(decoder.pointer, stream.pointee.codecpar),
            "set up the subtitles"
        )
        decoder.pointer.pointee.pkt_timebase = stream.pointee.time_base
        try MediaError.check(avcodec_open2(decoder.pointer, codec, nil), "open the subtitles")
        return decoder
    }

    /// The encoder wants the styles that the decoder found.
    private static func writing(
        _ decoder: borrowing Owned<AVCodecContext>
    ) throws(MediaError) -> Owned<AVCodecContext> {
        let codec = avcodec_find_encoder(AV_CODEC_ID_MOV_TEXT)
        let encoder = try Owned(avcodec_alloc_context3(codec), freedBy: avcodec_free_context)
        encoder.pointer.pointee.time_base = av_make_q(1, 1000)
        let size = decoder.pointer.pointee.subtitle_header_size
        if let header = decoder.pointer.pointee.subtitle_header, size > 0,
            let copy = av_mallocz(Int(size) + 1)
        {
            memcpy(copy, header, Int(size))
            encoder.pointer.pointee.subtitle_header = copy.assumingMemoryBound(to: UInt8.self)
            encoder.pointer.pointee.subtitle_header_size = size
        }
        try MediaError.check(avcodec_open2(encoder.pointer, codec, nil), "write the subtitles")
        return encoder
    }
}

extension Packet {
    /// Translates one event; nil where it shows nothing or cannot be read.
    fileprivate mutating func fill(
        from source: borrowing Packet,
        _ decoder: borrowing Owned<AVCodecContext>,
        _ encoder: borrowing Owned<AVCodecContext>
    ) throws(MediaError) -> (delay: Int64, milliseconds: Int64)? {
        var subtitle = AVSubtitle()
        var isThere: Int32 = 0
        let status = avcodec_decode_subtitle2(
            decoder.pointer,
            &subtitle,
            &isThere,
            source.pointer
        )
        guard status >= 0, isThere != 0 else { return nil }
        defer { avsubtitle_free(&subtitle) }
        guard subtitle.num_rects > 0 else { return nil }
        let delay = Int64(subtitle.start_display_time)
        let end = subtitle.end_display_time
        let shown = end == UInt32.max ? 0 : max(0, Int64(end) - delay)
        // The encoder knows no delay.
        subtitle.end_display_time = UInt32(clamping: shown)
        subtitle.start_display_time = 0
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let size = avcodec_encode_subtitle(
            encoder.pointer,
            &bytes,
            Int32(clamping: bytes.count),
            &subtitle
        )
        guard size > 0 else { return nil }
        av_packet_unref(pointer)
        try MediaError.check(av_new_packet(pointer, size), "write the subtitles")
        memcpy(pointer.pointee.data, bytes, Int(size))
        return (delay, shown)
    }
}
