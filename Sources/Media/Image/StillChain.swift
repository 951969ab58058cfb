import CFFmpeg
import Core

/// The pixels that an encoder of stills gets.
package enum StillPixels: String, Sendable, Hashable {
    /// JPEG's usual: full range, BT.601, a quarter of the colour.
    case jpeg
    /// With all of the colour, where edges are coloured and sharp.
    case jpegFullColour
    case webp
    /// With its transparency.
    case webpAlpha
    /// As they are, for a WebP that loses nothing.
    case webpLossless

    var format: String {
        switch self {
        case .jpeg: "yuvj420p"
        case .jpegFullColour: "yuvj444p"
        case .webp: "yuv420p"
        case .webpAlpha: "yuva420p"
        case .webpLossless: "bgra"
        }
    }

    var keepsAlpha: Bool { self == .webpAlpha || self == .webpLossless }
}

/// libavfilter's text for what becomes of a still picture: on a background, at its size, in usual
/// colours, upright, as the pixels that the encoder takes.
struct StillChain {
    var source: StillSource
    /// `AVPixelFormat` of the decoded frame.
    var format: Int32
    /// Of the decoded frame.
    var stored: PixelSize
    /// Upright.
    var size: PixelSize
    var pixels: StillPixels
    /// Wider primaries that are converted to sRGB's, in libav's names.
    var gamut: String?

    var text: String {
        var chain: [String] = []
        if flattens { chain.append(onBackground) }
        if source.colour.isHighDynamicRange, PictureChain.hasConverter {
            chain.append(toneMapped)
        } else if let gamut, PictureChain.hasConverter {
            chain += narrowed(from: gamut)
        }
        chain.append(final)
        switch source.orientation.clockwiseDegrees {
        case 90: chain.append("transpose=dir=clock")
        case 180: chain.append("hflip,vflip")
        case 270: chain.append("transpose=dir=cclock")
        default: break
        }
        if source.orientation.isMirrored { chain.append("hflip") }
        chain.append("setsar=1")
        return chain.joined(separator: ",")
    }

    /// Before it is turned: fewer pixels to move.
    private var ownSize: PixelSize { source.orientation.swapsSides ? size.transposed : size }

    private var hasAlpha: Bool {
        source.hasAlpha && cinch_pixel_format_has_alpha(format) != 0
    }

    private var flattens: Bool { hasAlpha && !pixels.keepsAlpha }

    /// Before scaling, which would mix in the colours that transparent pixels have but do not show.
    private var onBackground: String {
        "format=rgba,split[over][under];[under]lutrgb=r=255:g=255:b=255:a=255[white];"
            + "[white][over]overlay=format=rgb"
    }

    private static let flags = "lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"

    private func scale(_ options: String) -> String {
        "scale=w=\(ownSize.width):h=\(ownSize.height):flags=\(Self.flags)\(options)"
    }

    private var final: String {
        switch pixels {
        case .jpeg, .jpegFullColour:
            scale(":out_color_matrix=bt601:out_range=pc") + ",format=\(pixels.format)"
        case .webp, .webpAlpha:
            scale(":out_color_matrix=bt601:out_range=tv") + ",format=\(pixels.format)"
        case .webpLossless: scale("") + ",format=\(pixels.format)"
        }
    }

    /// sRGB's curve stays; only the primaries change, and what lies outside is cut off.
    private func narrowed(from primaries: String) -> [String] {
        let alpha = hasAlpha && pixels.keepsAlpha
        return [
            scale(""), "format=\(alpha ? "gbrap" : "gbrp16le")",
            "zscale=min=gbr:rin=pc:pin=\(primaries):tin=iec61966-2-1"
                + ":m=gbr:r=pc:p=bt709:t=iec61966-2-1",
        ]
    }

    /// As video is, and back to full range.
    private var toneMapped: String {
        let track = VideoTrack(
            streamIndex: 0,
            codec: source.codec,
            codedSize: stored,
            frameRate: Rational(25, 1),
            bitDepth: Int(cinch_pixel_format_depth(format)),
            isRGB: cinch_pixel_format_is_rgb(format) != 0,
            colour: source.colour
        )
        let even = PixelSize(
            width: (ownSize.width + 1) / 2 * 2,
            height: (ownSize.height + 1) / 2 * 2
        )
        let picture = Picture(size: even, frameRate: Rational(25, 1), toneMaps: true)
        let chain = PictureChain(picture: picture, source: track, format: format, stored: stored)
        return chain.text + ",scale=in_color_matrix=bt709:in_range=tv,format=gbrp"
    }
}
