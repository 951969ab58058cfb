import CFFmpeg
import Core

/// libavfilter's text for what becomes of each frame: deinterlaced, on a background, shrunk, its
/// colours converted, turned upright, 8-bit 4:2:0.
///
/// Shrinking comes before everything that is arithmetic on every pixel: converting colours in linear
/// light costs more than encoding where it is done at 4K.
struct PictureChain {
    var picture: Picture
    var source: VideoTrack
    /// `AVPixelFormat` of the decoded frames.
    var format: Int32
    /// Of the decoded frames.
    var stored: PixelSize

    var text: String {
        var chain: [String] = []
        if let deinterlacer { chain.append(deinterlacer) }
        if flattens { chain.append(onBackground) }
        chain += colours
        chain.append("format=yuv420p")
        switch picture.orientation.clockwiseDegrees {
        case 90: chain.append("transpose=dir=clock")
        case 180: chain.append("hflip,vflip")
        case 270: chain.append("transpose=dir=cclock")
        default: break
        }
        if picture.orientation.isMirrored { chain.append("hflip") }
        chain.append("setsar=1")
        return chain.joined(separator: ",")
    }

    private var isRGB: Bool { cinch_pixel_format_is_rgb(format) != 0 }

    /// Before it is turned: fewer pixels to move.
    private var size: PixelSize {
        picture.orientation.swapsSides ? picture.size.transposed : picture.size
    }

    private var deinterlacer: String? {
        // The filter's own least size.
        guard picture.deinterlaces, stored.shortSide >= 8 else { return nil }
        // What was seen in the picture goes for all frames, whatever they say of themselves.
        switch source.fieldOrder {
        case .asFlagged: return "bwdif=mode=send_frame:deint=interlaced"
        case .topFirst: return "bwdif=mode=send_frame:parity=tff:deint=all"
        case .bottomFirst: return "bwdif=mode=send_frame:parity=bff:deint=all"
        }
    }

    // MARK: - Transparency

    /// Uncompressed AVI has a fourth byte that most programs leave at 0: that is no transparency.
    private var flattens: Bool {
        cinch_pixel_format_has_alpha(format) != 0 && source.codec != "rawvideo" && !mapsTones
    }

    /// The frame over its own copy painted white: before scaling, which would mix in the colours
    /// that transparent pixels have but do not show.
    private var onBackground: String {
        let range = source.colour.isFullRange ? "in_range=pc:" : ""
        let toRGB = isRGB ? "" : "scale=\(range)in_color_matrix=\(scalerName(ownMatrix)),"
        return
            "\(toRGB)format=rgba,split[over][under];[under]lutrgb=r=255:g=255:b=255:a=255[white];"
            + "[white][over]overlay=format=rgb"
    }

    // MARK: - Colours

    private var colours: [String] {
        if mapsTones { return toneMapping }
        guard convertsColours, Self.hasConverter else { return [plainScale] }
        // Depth beyond 8 bits goes through the conversion.
        let depth = source.bitDepth > 8 ? "10" : ""
        var steps = [scale("out_range=tv:" + rgbMatrix), "format=yuv420p\(depth)"]
        let primaries = source.colour.foreignPrimaries ?? "bt709"
        // All curves of ordinary video are shown alike by every player: only the primaries differ.
        steps.append(
            "zscale=min=\(zimgName):pin=\(primaries):tin=bt709:rin=tv:m=bt709:p=bt709:t=bt709:r=tv"
        )
        return steps
    }

    /// Shrink in the source's own curve, then linear light, BT.709's primaries, the highlights bent in.
    ///
    /// White on paper is at 203 cd/m² in PQ by BT.2408, and becomes 85 % of SDR's white; HLG is
    /// made for screens of 1000 cd/m², and what cameras record in it is exposed a third of a stop
    /// brighter, as it must look right on an SDR screen too. Mobius leaves shades below 0.3 as they are.
    private var toneMapping: [String] {
        let isHybrid = source.colour.transfer == "arib-std-b67"
        // cd/m² that become 1.0, and those of the brightest highlight that is told from the others.
        let white = isHybrid ? 260.0 : 203.0
        let brightest = isHybrid ? 1000.0 : 4000.0
        let peak = Double(Int(brightest / white * 100)) / 100
        return [
            scale("out_range=tv:" + rgbMatrix), "format=yuv444p10le",
            "zscale=min=\(zimgName):pin=\(source.colour.foreignPrimaries ?? "bt709")"
                + ":tin=\(source.colour.transfer ?? "smpte2084"):rin=tv"
                + ":m=gbr:p=bt709:t=linear:r=pc:npl=\(Int(white))",
            // The filter takes luma's weights from the matrix, and from `gbr` three times too much.
            "format=gbrpf32le", "setparams=colorspace=bt709",
            "tonemap=tonemap=mobius:param=0.3:desat=2:peak=\(peak)",
            "zscale=min=gbr:pin=bt709:tin=linear:rin=pc:m=bt709:p=bt709:t=bt709:r=tv",
        ]
    }

    private var plainScale: String {
        // Converting too, libzimg would need to know more of the source than many files say.
        let isPlain =
            !flattens && !convertsColours && !source.colour.isFullRange
            && [AV_PIX_FMT_YUV420P.rawValue, AV_PIX_FMT_YUV420P10LE.rawValue].contains(format)
        if isPlain,
            let text = Self.scaling(from: stored, to: size, isDeep: source.bitDepth > 8)
        {
            return text
        }
        var options = "out_range=tv"
        if isRGB || flattens {
            options += ":out_color_matrix=\(scalerName(picture.matrix.rawValue))"
        } else if convertsColours {
            options +=
                ":in_color_matrix=\(scalerName(ownMatrix)):out_color_matrix=\(scalerName(picture.matrix.rawValue))"
        }
        return scale(options)
    }

    private func scale(_ options: String) -> String {
        // A source that says so only in its container has frames that do not know.
        let range = source.colour.isFullRange && !isRGB && !flattens ? "in_range=pc:" : ""
        return Self.bySwscale(to: size) + ":\(range)\(options)"
    }

    /// Pictures of red, green and blue get BT.709's matrix as soon as they get one.
    private var rgbMatrix: String {
        isRGB || flattens ? "out_color_matrix=\(scalerName(ownMatrix))" : "in_color_matrix=auto"
    }

    private var mapsTones: Bool { picture.toneMaps && Self.hasConverter }

    private var convertsColours: Bool {
        ownMatrix != picture.matrix.rawValue || source.colour.foreignPrimaries != nil
    }

    /// The matrix of the pixels as they are when their colours are converted.
    private var ownMatrix: String {
        if source.isRGB || isRGB { return "bt709" }
        let known = [
            "bt709", "smpte170m", "bt470bg", "fcc", "bt2020nc", "bt2020c", "smpte240m", "ycgco",
        ]
        if let matrix = source.colour.matrix { return known.contains(matrix) ? matrix : "bt709" }
        if source.colour.isHighDynamicRange || source.colour.isWideGamut { return "bt2020nc" }
        return source.isHighDefinition ? "bt709" : "smpte170m"
    }

    /// libswscale has a shorter list of names.
    private func scalerName(_ matrix: String) -> String {
        switch matrix {
        case "bt2020nc", "bt2020c": "bt2020"
        case "bt470bg": "bt470"
        default: matrix
        }
    }

    /// The filter of FFmpeg 5 and 6 has this one's name wrong, and takes its number in ISO 23091-2.
    private var zimgName: String { ownMatrix == "smpte240m" ? "7" : ownMatrix }

    /// Scales frames of limited range by libzimg's bicubic filter; nil where it cannot, or nothing is to be scaled.
    ///
    /// It takes less than half of libswscale's time (4K to 878 lines 2.7 ms a frame instead of 5.9), and the
    /// same coefficients make the same picture (PSNR 58 dB).
    static func scaling(from: PixelSize, to size: PixelSize, isDeep: Bool = false) -> String? {
        let sides = [from.width, from.height, size.width, size.height]
        guard from != size, FilterGraph.has("zscale"),
            sides.allSatisfy({ $0 >= 16 && $0.isMultiple(of: 2) }),
            ScalerCheck.agrees(from: from, to: size)
        else { return nil }
        return byZimg(to: size) + (isDeep ? ":dither=ordered" : "")
    }

    /// libzimg's bicubic filter with libswscale's coefficients.
    static func byZimg(to size: PixelSize) -> String {
        // What frames say of themselves may be nothing that it knows, or that they are fields.
        "setparams=range=tv:field_mode=prog:colorspace=unknown:color_primaries=unknown:color_trc=unknown,"
            + "zscale=w=\(size.width):h=\(size.height):filter=bicubic:param_a=0:param_b=0.6:chromal=left"
    }

    static func bySwscale(to size: PixelSize, flags: String = "bicubic") -> String {
        "scale=w=\(size.width):h=\(size.height):flags=\(flags)"
    }

    /// Whether this build can convert colours in linear light (it needs libzimg).
    static var hasConverter: Bool { FilterGraph.has("zscale") && FilterGraph.has("tonemap") }
}
