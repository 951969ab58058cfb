import CFFmpeg
package import Core
import SystemPackage

/// A decoded still picture, as it is stored.
package struct StillPicture: ~Copyable {
    fileprivate(set) var frame: Frame
    /// The colour profile, unpacked.
    package let profile: [UInt8]?
    /// Whether the decoder met damage in it.
    package let isDamaged: Bool

    /// The size of the decoded frame, before it is turned.
    package var size: PixelSize { PixelSize(width: frame.width, height: frame.height) }

    /// Whether the pixels have all of the colour, or could have it: not those of most cameras.
    package var hasFullColour: Bool {
        let format = frame.pointer.pointee.format
        return cinch_pixel_format_is_rgb(format) != 0
            || format == AV_PIX_FMT_YUVJ444P.rawValue || format == AV_PIX_FMT_YUV444P.rawValue
    }

    /// Whether this build can convert wider ranges of colours.
    package static var canConvertColours: Bool { PictureChain.hasConverter }

    /// The largest difference, of 255, that a quarter of the colour makes somewhere in a photograph.
    ///
    /// Those that were looked at had up to 34, words in colour 56, and drawings 100 and more.
    private static let mostColourLost = 48.0

    /// Whether a quarter of the colour would show: letters and lines of a screen, drawings.
    package func needsFullColour(source: StillSource) throws(MediaError) -> Bool {
        var full = try Frame()
        let upright = size
        var plain = source
        plain.orientation = Orientation()
        try prepared(
            source: plain,
            size: upright,
            pixels: .jpegFullColour,
            gamut: nil,
            into: &full
        )
        let input = FilterGraph.Input(picture: full, timeBase: av_make_q(1, 25))
        let graph = try FilterGraph(
            inputs: [input],
            chain: "split[a][b];[b]format=yuvj420p,format=yuvj444p[c];"
                + "[a][c]blend=all_mode=difference,signalstats"
        )
        try graph.push(full)
        try graph.finish(at: 1)
        var result = try Frame()
        guard try graph.pull(into: &result) else { return false }
        return ["U", "V"].contains { plane in
            let key = "lavfi.signalstats.\(plane)MAX"
            let entry = av_dict_get(result.pointer.pointee.metadata, key, nil, 0)
            return entry.flatMap { Double(String(cString: $0.pointee.value)) } ?? 0
                > Self.mostColourLost
        }
    }

    /// The picture as an encoder takes it.
    ///
    /// Parameters:
    ///   - size: upright.
    ///   - gamut: wider primaries that are converted to sRGB's, in libav's names.
    package func prepared(
        source: StillSource,
        size: PixelSize,
        pixels: StillPixels,
        gamut: String?,
        into result: inout Frame
    ) throws(MediaError) {
        let input = FilterGraph.Input(picture: frame, timeBase: av_make_q(1, 25))
        let chain = StillChain(
            source: source,
            format: input.format,
            stored: self.size,
            size: size,
            pixels: pixels,
            gamut: gamut
        )
        let graph = try FilterGraph(inputs: [input], chain: chain.text)
        try graph.push(frame)
        try graph.finish(at: 1)
        guard try graph.pull(into: &result) else {
            throw MediaError(.other, doing: "prepare the picture", words: "the filters kept it")
        }
    }
}

/// Reads still pictures, under the same walls and limits as videos.
package enum StillReader {
    /// The whole file.
    ///
    /// - Throws: `MediaError`, `.beyond` where it has more bytes than a picture within the limits.
    package static func bytes(
        of path: String,
        flag: CancellationFlag
    ) throws(MediaError) -> [UInt8] {
        do {
            let file = try open(path, flag)
            defer { try? file.close() }
            let size = Int(try file.seek(offset: 0, from: .end))
            guard size <= flag.limits.blockBytes else { throw tooLong(size, flag.limits) }
            try file.seek(offset: 0, from: .start)
            return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                while count < size {
                    let rest = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]
                    )
                    let read = try file.read(into: rest)
                    if read == 0 { break }
                    count += read
                }
            }
        } catch let error as MediaError {
            throw error
        } catch {
            throw MediaError(error, .reading, doing: "read the file")
        }
    }

    /// The first bytes of a file; nil where it cannot be read or has fewer.
    static func head(of path: String, count: Int, flag: CancellationFlag) -> [UInt8]? {
        guard let file = try? open(path, flag) else { return nil }
        defer { try? file.close() }
        var head = [UInt8](repeating: 0, count: count)
        let read = head.withUnsafeMutableBytes {
            (try? file.read(fromAbsoluteOffset: 0, into: $0)) ?? 0
        }
        return read == count ? head : nil
    }

    private static func open(
        _ path: String,
        _ flag: CancellationFlag
    ) throws -> FileDescriptor {
        try FileDescriptor.open(
            FilePath(flag.location(of: path)),
            .readOnly,
            options: [.nonBlocking, .closeOnExec]
        )
    }

    private static func tooLong(_ size: Int, _ limits: InputLimits) -> MediaError {
        MediaError(
            .beyond(.pixels),
            .reading,
            doing: "read the file",
            words: "it has \(ByteSize.grouped(size)) bytes, more than "
                + "\(ByteSize.grouped(limits.pixelsPerFrame)) pixels can have"
        )
    }

    /// Refuses a picture by the size that its own bytes declare.
    static func refuseLarge(_ path: String, flag: CancellationFlag) throws(MediaError) {
        try check(StillFile(try bytes(of: path, flag: flag)), limits: flag.limits)
    }

    /// Refuses a picture that is too large before any decoder is asked for it.
    package static func check(
        _ file: StillFile,
        limits: InputLimits
    ) throws(MediaError) {
        guard let size = file.size else { return }
        let (pixels, overflow) = size.width.multipliedReportingOverflow(by: size.height)
        guard overflow || pixels > limits.pixelsPerFrame else { return }
        throw MediaError(
            .beyond(.pixels),
            doing: "read the picture's size",
            words: "it is \(size.width)×\(size.height), and "
                + "\(ByteSize.grouped(limits.pixelsPerFrame)) pixels are allowed"
        )
    }

    /// The facts about a picture that its own bytes tell, where libav does not: how it is turned, and
    /// what is written beside it.
    ///
    /// - Throws: `MediaError`, `.beyond` where it is larger than allowed.
    static func described(
        _ found: StillSource,
        flag: CancellationFlag
    ) throws(MediaError) -> StillSource {
        var source = found
        let file = StillFile(try bytes(of: source.path, flag: flag))
        try check(file, limits: flag.limits)
        if case .unknown = file { return source }
        source.metadata = Metadata(tags: file.tags)
        if let orientation = file.orientation { source.orientation = orientation }
        source.displaySize =
            source.orientation.swapsSides ? source.codedSize.transposed : source.codedSize
        switch file {
        case .jpeg(let jpeg):
            source.hasAlpha = false
            source.showsEverywhere =
                [1, 3].contains(jpeg.components) && jpeg.end != nil
        case .webp(let webp):
            source.hasAlpha = webp.hasAlpha
            source.showsEverywhere = webp.isWhole
        case .png(let png):
            source.hasAlpha = png.hasAlpha
            if let points = png.codePoints {
                source.colour.primaries = name(
                    av_color_primaries_name(AVColorPrimaries(UInt32(points.primaries)))
                )
                source.colour.transfer = name(
                    av_color_transfer_name(AVColorTransferCharacteristic(UInt32(points.transfer)))
                )
            }
        case .tiff, .bmp, .gif, .unknown: break
        }
        return source
    }

    private static func name(_ text: UnsafePointer<CChar>?) -> String? {
        text.map { String(cString: $0) }.flatMap {
            ["unknown", "reserved"].contains($0) ? nil : $0
        }
    }

    /// Refuses a HEIC or AVIF of which libav found no picture: phones store theirs in tiles, which
    /// FFmpeg puts together from version 7 on.
    static func refuseUnreadable(_ path: String, flag: CancellationFlag) throws(MediaError) {
        guard let head = head(of: path, count: 12, flag: flag) else { return }
        let block = ByteBlock(head[...])
        guard block.has("ftyp", at: 4), let brand = block.name(8),
            ["heic", "heix", "mif1", "msf1", "avif"].contains(brand)
        else { return }
        throw MediaError(
            .unsupported,
            .reading,
            doing: "decode the picture",
            words:
                "it is \(brand == "avif" ? "AVIF" : "HEIC"), and this build of FFmpeg finds no picture in it"
        )
    }

    /// Decodes the picture of a file.
    ///
    /// - Throws: `MediaError`, `.invalid` where not one frame of it can be decoded.
    package static func decode(
        path: String,
        flag: CancellationFlag
    ) throws(MediaError) -> StillPicture {
        let index: Int
        do {
            let demuxer = try Demuxer(path: path, flag: flag)
            index = Int(
                av_find_best_stream(demuxer.handle.pointer, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
            )
        }
        guard index >= 0 else { throw MediaError(.noVideo, doing: "find the picture") }
        var decoder = try Decoder(path: path, streamIndex: index, flag: flag)
        var frame = try Frame()
        guard try decoder.next(into: &frame) else { throw decoder.endedEarly ?? .noPicture }
        var profile: [UInt8]?
        if let side = av_frame_get_side_data(frame.pointer, AV_FRAME_DATA_ICC_PROFILE),
            let data = side.pointee.data
        {
            profile = Array(UnsafeBufferPointer(start: data, count: Int(side.pointee.size)))
        }
        let isDamaged = decoder.damagedCount > 0 || decoder.endedEarly != nil
        // No filter has a use for them, and libavfilter copies them along.
        for kind in [AV_FRAME_DATA_ICC_PROFILE, AV_FRAME_DATA_DISPLAYMATRIX] {
            av_frame_remove_side_data(frame.pointer, kind)
        }
        frame.pointer.pointee.pts = 0
        frame.pointer.pointee.sample_aspect_ratio = av_make_q(1, 1)
        return StillPicture(frame: frame, profile: profile, isDamaged: isDamaged)
    }
}
