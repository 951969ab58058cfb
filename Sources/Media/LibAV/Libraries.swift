import CFFmpeg

/// The FFmpeg libraries that this program was built with and those that it runs with.
package enum Libraries {
    package struct Version: Sendable, Equatable, Codable {
        package var name: String
        package var built: String
        package var running: String

        /// A library of another major version has other structs: what is read from it is garbage.
        package var isCompatible: Bool {
            built.prefix { $0 != "." } == running.prefix { $0 != "." }
        }
    }

    package static var versions: [Version] {
        let all: [(String, UInt32, UInt32)] = [
            ("libavformat", cinch_built_avformat, avformat_version()),
            ("libavcodec", cinch_built_avcodec, avcodec_version()),
            ("libavfilter", cinch_built_avfilter, avfilter_version()),
            ("libswscale", cinch_built_swscale, swscale_version()),
            ("libswresample", cinch_built_swresample, swresample_version()),
            ("libavutil", cinch_built_avutil, avutil_version()),
        ]
        return all.map { name, built, running in
            Version(name: name, built: text(built), running: text(running))
        }
    }

    private static func text(_ version: UInt32) -> String {
        "\(version >> 16).\(version >> 8 & 255).\(version & 255)"
    }

    /// FFmpeg's own release text, such as `5.1.9-0+deb12u1`.
    package static var release: String { String(cString: av_version_info()) }

    package static var licence: String { String(cString: avcodec_license()) }

    /// Whether an encoder is there, by libavcodec's name.
    package static func hasEncoder(_ name: String) -> Bool {
        avcodec_find_encoder_by_name(name) != nil
    }

    /// Whether a decoder is there, by libavcodec's name.
    package static func hasDecoder(_ name: String) -> Bool {
        avcodec_find_decoder_by_name(name) != nil
    }
}
