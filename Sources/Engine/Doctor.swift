package import Core
import Foundation
import Media
package import SystemPackage

/// What this machine offers to a run, and what it lacks.
package struct Doctor: Sendable, Equatable, Codable {
    /// An FFmpeg library: the version that the program was built with, and the one that it runs with.
    package struct Library: Sendable, Equatable, Codable {
        package var name: String
        package var built: String
        package var running: String
        package var isCompatible: Bool
    }

    /// A codec by the name that people know, and whether this FFmpeg can use it.
    package struct Codec: Sendable, Equatable, Codable {
        package var name: String
        package var isAvailable: Bool
    }

    package var ffmpeg: String
    package var licence: String
    package var libraries: [Library]
    /// Without any of these nothing can be made, but for `libwebp`, which is for WebP alone.
    package var encoders: [Codec]
    /// Without one of these, files of that kind cannot be read.
    package var decoders: [Codec]
    /// Whether HDR can be turned into what every screen shows (zscale and tonemap).
    package var canToneMap: Bool
    package var processors: Int
    package var memoryBytes: Int
    /// Nil where the system does not say.
    package var availableMemoryBytes: Int?
    /// What kept frames may use of it, without `--memory`.
    package var keptFramesMemoryBytes: Int
    /// What a file may demand, without the options that allow more.
    package var inputLimits: InputLimits
    /// The folder that was looked at: working files go beside the output.
    package var folder: String
    package var freeBytes: Int?
    package var isFolderWritable: Bool
    /// What holds a decoder back that a file has got hold of.
    package var sandbox: Sandbox.Protection
    /// Whether a run can leave a record of its work folder, by which a later one sweeps it.
    package var keepsRecords: Bool
    /// What keeps a run from working, in sentences; empty where all is well.
    package var problems: [String]

    /// Looks at this machine, and at the folder where an output would be written.
    package static func examine(folder: FilePath) -> Doctor {
        let libraries = Libraries.versions.map {
            Library(
                name: $0.name,
                built: $0.built,
                running: $0.running,
                isCompatible: $0.isCompatible
            )
        }
        let encoders = ["libx264", "aac", "mjpeg", "libwebp"].map {
            Codec(name: $0, isAvailable: Libraries.hasEncoder($0))
        }
        let decoders = decoderNames.map { name, decoders in
            Codec(name: name, isAvailable: decoders.contains(where: Libraries.hasDecoder))
        }
        let isWritable = FileManager.default.isWritableFile(atPath: folder.string)
        var problems: [String] = []
        for library in libraries where !library.isCompatible {
            problems.append(
                "\(library.name) is \(library.running), and the program was built with \(library.built): build it again"
            )
        }
        for encoder in encoders where !encoder.isAvailable && encoder.name != "libwebp" {
            problems.append(
                "FFmpeg has no \(encoder.name) encoder: install one that was built with it"
            )
        }
        return Doctor(
            ffmpeg: Libraries.release,
            licence: Libraries.licence,
            libraries: libraries,
            encoders: encoders,
            decoders: decoders,
            canToneMap: PictureReader.canToneMap,
            processors: ProcessInfo.processInfo.activeProcessorCount,
            memoryBytes: Int(clamping: ProcessInfo.processInfo.physicalMemory),
            availableMemoryBytes: Machine.availableMemory,
            keptFramesMemoryBytes: Compressor.Limits().memoryBytes,
            inputLimits: InputLimits(),
            folder: folder.string,
            freeBytes: Machine.freeBytes(in: folder),
            isFolderWritable: isWritable,
            sandbox: Sandbox.available,
            keepsRecords: RunRegistry().isUsable,
            problems: problems
        )
    }

    /// libavcodec's own `av1` needs a graphics card; the others are what decodes it in software.
    private static let decoderNames: [(String, [String])] = [
        ("h264", ["h264"]), ("hevc", ["hevc"]), ("av1", ["libdav1d", "libaom-av1"]),
        ("vp9", ["vp9"]), ("vp8", ["vp8"]), ("mpeg4", ["mpeg4"]), ("mpeg2video", ["mpeg2video"]),
        ("prores", ["prores"]), ("dnxhd", ["dnxhd"]), ("mjpeg", ["mjpeg"]), ("aac", ["aac"]),
        ("mp3", ["mp3", "mp3float"]), ("opus", ["opus", "libopus"]), ("vorbis", ["vorbis"]),
        ("flac", ["flac"]), ("png", ["png"]), ("webp", ["webp"]), ("ac3", ["ac3"]),
        ("eac3", ["eac3"]), ("pcm_s16le", ["pcm_s16le"]),
    ]
}
