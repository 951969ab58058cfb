import CFFmpeg
package import Core

/// Reads what a file is, without decoding it to the end.
package enum Prober {
    /// Describes a video: its picture track, its sound tracks, its length.
    ///
    /// - Throws: `MediaError`: `.noVideo` where nothing moves, `.invalid` where it cannot be read.
    package static func probe(
        path: String,
        bytes: Int,
        flag: CancellationFlag,
        languages: [String] = []
    ) throws(MediaError) -> Source {
        guard
            case .video(let source) = try examine(
                path: path,
                bytes: bytes,
                flag: flag,
                languages: languages
            )
        else {
            throw MediaError(.noVideo, doing: "find the picture")
        }
        return source
    }

    /// Describes a file by what is in it, whatever it is called.
    ///
    /// - Throws: `MediaError`: `.noVideo` where there is nothing to see or to hear, `.invalid` where it
    ///   cannot be read or ends before its own index says.
    package static func examine(
        path: String,
        bytes: Int,
        flag: CancellationFlag,
        languages: [String] = []
    ) throws(MediaError) -> Material {
        let demuxer = try Demuxer(path: path, flag: flag)
        let context = demuxer.handle.pointer
        // Cover pictures are video streams too; so are empty tracks.
        let index = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard index >= 0, let stream = demuxer.stream(Int(index)),
            stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        else {
            try StillReader.refuseUnreadable(path, flag: flag)
            return .sound(
                try sound(of: demuxer, path: path, bytes: bytes, flag, languages: languages)
            )
        }
        let parameters = stream.pointee.codecpar.pointee
        try Demuxer.checkSize(parameters, flag.limits)
        let isPicture = String(cString: context.pointee.iformat.pointee.name).hasSuffix("_pipe")
        let most: Int32 = isPicture ? 65_535 : 16_384
        guard parameters.width > 0, parameters.height > 0,
            parameters.width <= most, parameters.height <= most
        else {
            // A decoder that is not allowed so many pixels does not tell how many there are.
            if isPicture { try StillReader.refuseLarge(path, flag: flag) }
            throw MediaError(
                .invalid,
                doing: "read the picture's size",
                words:
                    "the \(codecTitle(stream.pointee.codecpar)) track states none that is possible"
            )
        }
        guard avcodec_find_decoder(parameters.codec_id) != nil else {
            throw MediaError(
                .unsupported,
                .reading,
                doing: "decode the \(codecTitle(stream.pointee.codecpar)) track",
                words: "this build of FFmpeg has no decoder for it"
            )
        }
        let dolby = cinch_stream_dolby_only_profile(stream)
        guard dolby == 0 else {
            // Taken for ordinary ones, such colours are purple and green.
            throw MediaError(
                .dolbyOnly,
                doing: "read the picture's colours",
                words: "it is Dolby Vision profile \(dolby), which has no ordinary picture in it"
            )
        }
        let video = videoTrack(stream, context: context)
        if try isStill(demuxer, stream: stream, path: path, flag: flag) {
            let found = still(video, of: demuxer, stream: stream, path: path, bytes: bytes)
            return .still(try StillReader.described(found, flag: flag))
        }
        try refuseLong(stream, context: context, rate: video.frameRate, flag.limits)
        // Recordings of browsers state no length: a tenth of a bit a pixel is a usual rate.
        let usual = Double(video.codedSize.pixels) * video.frameRate.value * 0.1 / 8
        let (seconds, isEstimated) = duration(
            demuxer,
            stream: stream,
            bytes: bytes,
            usualBytesPerSecond: usual
        )
        let cut = try cut(demuxer, main: Int(index), bytes: bytes, seconds: seconds)
        return .video(
            Source(
                path: path,
                bytes: bytes,
                container: String(cString: context.pointee.iformat.pointee.name),
                durationSeconds: cut?.durationSeconds ?? seconds,
                durationIsEstimated: isEstimated,
                startMicroseconds: Int(demuxer.startMicroseconds),
                video: video,
                audio: audioTracks(demuxer, bestFor: Int(index), languages: languages),
                subtitles: subtitleTracks(demuxer),
                metadata: metadata(of: demuxer, main: stream),
                cut: cut
            )
        )
    }

    /// Believes the index where there is one: damaged headers tell of centuries over a few good frames.
    private static func refuseLong(
        _ stream: UnsafeMutablePointer<AVStream>,
        context: UnsafeMutablePointer<AVFormatContext>,
        rate: Rational,
        _ limits: InputLimits
    ) throws(MediaError) {
        var declared = Double(stream.pointee.nb_frames)
        let isGuess =
            context.pointee.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE
        if declared <= 0, !isGuess, context.pointee.duration > 0 {
            declared = Double(context.pointee.duration) / 1_000_000 * rate.value
        }
        guard declared > Double(limits.frames) else { return }
        throw MediaError(
            .beyond(.frames),
            doing: "read the picture's length",
            words: "it declares \(ByteSize.grouped(Int(min(declared, 1e18)))) frames, and "
                + "\(ByteSize.grouped(limits.frames)) are allowed"
        )
    }

    private static func videoTrack(
        _ stream: UnsafeMutablePointer<AVStream>,
        context: UnsafeMutablePointer<AVFormatContext>
    ) -> VideoTrack {
        let parameters = stream.pointee.codecpar.pointee
        let coded = PixelSize(width: Int(parameters.width), height: Int(parameters.height))
        var aspect = av_guess_sample_aspect_ratio(context, stream, nil)
        let ratio = aspect.den == 0 ? 0 : av_q2d(aspect)
        // Damaged headers carry ratios that no camera has.
        if ratio < 0.1 || ratio > 10 { aspect = av_make_q(1, 1) }
        let orientation = orientation(of: stream)
        var display = coded
        if aspect.num != aspect.den {
            // Square pixels by enlarging neither side: the longer way round loses nothing that is seen.
            let scaled = av_q2d(aspect)
            if scaled > 1 {
                display.width = Int((Double(coded.width) * scaled).rounded())
            } else {
                display.height = Int((Double(coded.height) / scaled).rounded())
            }
        }
        if orientation.swapsSides { display = display.transposed }
        let (rate, isVariable) = frameRate(stream)
        let order = parameters.field_order
        let pixelFormat = av_get_pix_fmt_name(AVPixelFormat(rawValue: parameters.format))
            .map { String(cString: $0) }
        return VideoTrack(
            streamIndex: Int(stream.pointee.index),
            codec: codecName(stream.pointee.codecpar),
            profile: avcodec_profile_name(parameters.codec_id, parameters.profile).map {
                String(cString: $0)
            },
            level: parameters.level > 0 ? Int(parameters.level) : nil,
            codedSize: coded,
            displaySize: display,
            orientation: orientation,
            sampleAspectRatio: Rational(Int(aspect.num), Int(aspect.den)),
            frameRate: rate,
            hasVariableFrameRate: isVariable,
            isInterlaced: order != AV_FIELD_UNKNOWN && order != AV_FIELD_PROGRESSIVE,
            pixelFormat: pixelFormat ?? "unknown",
            bitDepth: Int(cinch_pixel_format_depth(parameters.format)),
            isRGB: cinch_pixel_format_is_rgb(parameters.format) != 0,
            hasAlpha: Decoder.transparentDecoder(of: stream) != nil
                || cinch_pixel_format_has_alpha(parameters.format) != 0
                    && parameters.codec_id != AV_CODEC_ID_RAWVIDEO,
            colour: Colour(
                primaries: name(
                    av_color_primaries_name(parameters.color_primaries),
                    unless: parameters.color_primaries == AVCOL_PRI_UNSPECIFIED
                ),
                transfer: name(
                    av_color_transfer_name(parameters.color_trc),
                    unless: parameters.color_trc == AVCOL_TRC_UNSPECIFIED
                ),
                matrix: name(
                    av_color_space_name(parameters.color_space),
                    unless: parameters.color_space == AVCOL_SPC_UNSPECIFIED
                ),
                isFullRange: parameters.color_range == AVCOL_RANGE_JPEG
                    || (pixelFormat?.hasPrefix("yuvj") ?? false)
            ),
            bitsPerSecond: parameters.bit_rate > 0 ? Int(parameters.bit_rate) : nil
        )
    }

    private static func name(_ text: UnsafePointer<CChar>?, unless isUnknown: Bool) -> String? {
        guard !isUnknown, let text else { return nil }
        let name = String(cString: text)
        return name == "reserved" || name == "unknown" ? nil : name
    }

    /// The display matrix in the eight forms that filters can do; an oblique angle reads as the nearest.
    private static func orientation(of stream: UnsafeMutablePointer<AVStream>) -> Orientation {
        guard let matrix = cinch_stream_display_matrix(stream) else { return Orientation() }
        let mirrored =
            Int64(matrix[0]) * Int64(matrix[4]) - Int64(matrix[1]) * Int64(matrix[3]) < 0
        var copy = (0..<9).map { matrix[$0] }
        // libav's own order: what is left after taking the mirroring out is a rotation.
        if mirrored { av_display_matrix_flip(&copy, 1, 0) }
        let angle = av_display_rotation_get(copy)
        guard angle.isFinite else { return Orientation() }
        // libav counts counter-clockwise, as the picture is stored.
        let quarter = Int((-angle / 90).rounded()) % 4
        let clockwise = (quarter + 4) % 4 * 90
        return Orientation(clockwiseDegrees: clockwise, isMirrored: mirrored)
    }

    /// The rate that the output keeps: the stream's own where it is constant, and for variable
    /// streams the common rate at or above their mean.
    private static func frameRate(
        _ stream: UnsafeMutablePointer<AVStream>
    ) -> (rate: Rational, isVariable: Bool) {
        let average = rational(stream.pointee.avg_frame_rate)
        let real = rational(stream.pointee.r_frame_rate)
        func isSane(_ rate: Rational) -> Bool {
            rate.isPositive && rate.value >= 0.1 && rate.value <= 300
        }
        switch (isSane(average), isSane(real)) {
        case (false, false): return (Rational(30, 1), true)
        case (true, false): return (common(above: average), true)
        case (false, true): return (real, true)
        case (true, true):
            let ratio = real.value / average.value
            if ratio > 0.98, ratio < 1.02 { return (real, false) }
            // Frames that come on a grid with pauses between them keep the grid; recordings that stand still
            // most of the time, and clocks that are no grid, get the next common rate.
            if ratio >= 1.02, ratio <= 4, real.value <= 60.5 { return (real, true) }
            return (common(above: average), true)
        }
    }

    private static func common(above rate: Rational) -> Rational {
        let rates = [
            Rational(10, 1), Rational(12, 1), Rational(15, 1), Rational(20, 1),
            Rational(24_000, 1001), Rational(24, 1), Rational(25, 1), Rational(30_000, 1001),
            Rational(30, 1), Rational(50, 1), Rational(60_000, 1001), Rational(60, 1),
        ]
        return rates.first { $0.value >= rate.value * 0.999 } ?? Rational(60, 1)
    }

    /// The length in seconds; where nobody states it, what so many bytes last at a usual rate.
    static func duration(
        _ demuxer: borrowing Demuxer,
        stream: UnsafeMutablePointer<AVStream>,
        bytes: Int,
        usualBytesPerSecond: Double
    ) -> (seconds: Double, isEstimated: Bool) {
        let context = demuxer.handle.pointer.pointee
        let isGuess = context.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE
        if context.duration != cinch_no_pts, context.duration > 0 {
            var microseconds = context.duration
            // These containers state the time of their end, not their length.
            let name = String(cString: context.iformat.pointee.name)
            if name.hasPrefix("mov") || name.hasPrefix("matroska") {
                let start = max(0, demuxer.startMicroseconds)
                if start < microseconds { microseconds -= start }
            }
            let seconds = Double(microseconds) / 1_000_000
            if seconds < 1_000_000 { return (seconds, isGuess) }
        }
        let own = stream.pointee.duration
        if own != cinch_no_pts, own > 0 {
            let seconds = Double(own) * av_q2d(stream.pointee.time_base)
            if seconds < 1_000_000 { return (seconds, false) }
        }
        return (max(0.1, Double(bytes) / max(1, usualBytesPerSecond)), true)
    }

    static func audioTracks(
        _ demuxer: borrowing Demuxer,
        bestFor video: Int,
        languages: [String]
    ) -> [AudioTrack] {
        let best = Int(
            av_find_best_stream(
                demuxer.handle.pointer,
                AVMEDIA_TYPE_AUDIO,
                -1,
                Int32(clamping: video),
                nil,
                0
            )
        )
        var tracks: [AudioTrack] = []
        for index in 0..<demuxer.streamCount {
            guard let stream = demuxer.stream(index),
                stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO
            else { continue }
            let parameters = stream.pointee.codecpar.pointee
            let channels = Int(cinch_channels(stream.pointee.codecpar))
            let words = stream.pointee.metadata
            let disposition = stream.pointee.disposition
            tracks.append(
                AudioTrack(
                    streamIndex: index,
                    codec: codecName(stream.pointee.codecpar),
                    profile: avcodec_profile_name(parameters.codec_id, parameters.profile).map {
                        String(cString: $0)
                    },
                    channels: channels,
                    sampleRate: Int(parameters.sample_rate),
                    bitsPerSecond: parameters.bit_rate > 0 ? Int(parameters.bit_rate) : nil,
                    language: ToldText.read(
                        "language",
                        of: words,
                        upTo: ToldText.longestLanguage
                    ),
                    number: tracks.count + 1,
                    title: ToldText.read("title", of: words, upTo: ToldText.longestName),
                    isDefault: disposition & AV_DISPOSITION_DEFAULT != 0,
                    isSecondary: disposition & secondary != 0,
                    isDecodable: channels > 0 && parameters.sample_rate > 0
                        && avcodec_find_decoder(parameters.codec_id) != nil
                )
            )
        }
        return AudioTrack.inOrderOfPreference(tracks, best: best, languages: languages)
    }

    private static let secondary =
        AV_DISPOSITION_COMMENT | AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_VISUAL_IMPAIRED
        | AV_DISPOSITION_DESCRIPTIONS | AV_DISPOSITION_KARAOKE

    static func codecName(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> String {
        String(cString: avcodec_get_name(parameters.pointee.codec_id))
    }

    /// For a message: a codec that FFmpeg has no name for is told by the four letters of its file.
    static func codecTitle(_ parameters: UnsafeMutablePointer<AVCodecParameters>) -> String {
        guard parameters.pointee.codec_id == AV_CODEC_ID_NONE else { return codecName(parameters) }
        let tag = parameters.pointee.codec_tag
        let letters = (0..<4).map { UInt8(truncatingIfNeeded: tag >> (8 * UInt32($0))) }
        let isWord = letters.allSatisfy { (0x30...0x7A).contains($0) }
        return isWord ? String(decoding: letters, as: UTF8.self) : "unknown"
    }

    static func codecName(_ context: UnsafeMutablePointer<AVCodecContext>) -> String {
        String(cString: avcodec_get_name(context.pointee.codec_id))
    }

    private static func rational(_ value: AVRational) -> Rational {
        Rational(Int(value.num), Int(value.den))
    }
}
