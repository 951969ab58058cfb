import Foundation
package import SystemPackage

/// ffprobe as an independent witness of what a file is.
package enum FFprobe {
    package struct Answer: Decodable, Sendable {
        package var streams: [Stream]?
        package var format: Format?
        package var packets: [Packet]?
        package var frames: [Picture]?

        package var video: Stream? { streams?.first { $0.codecType == "video" } }
        package var audio: Stream? { streams?.first { $0.codecType == "audio" } }
    }

    package struct Stream: Decodable, Sendable {
        package var codecName: String?
        package var codecType: String?
        package var profile: String?
        package var width: Int?
        package var height: Int?
        package var pixFmt: String?
        package var sampleAspectRatio: String?
        package var avgFrameRate: String?
        package var colorSpace: String?
        package var colorTransfer: String?
        package var colorPrimaries: String?
        package var fieldOrder: String?
        package var sideDataList: [SideData]?
        package var colorRange: String?
        package var startTime: String?
        package var duration: String?
        package var nbReadFrames: String?
        package var sampleRate: String?
        package var channels: Int?
    }

    package struct SideData: Decodable, Sendable {
        package var rotation: Int?
    }

    /// A frame, with what a measuring filter wrote on it.
    package struct Picture: Decodable, Sendable {
        package var tags: [String: String]?

        /// A number by the end of its key, as in `signalstats.YAVG`.
        package func number(_ key: String) -> Double? {
            tags?.first { $0.key.hasSuffix("." + key) }.flatMap { Double($0.value) }
        }
    }

    package struct Format: Decodable, Sendable {
        package var formatName: String?
        package var duration: String?
        package var startTime: String?
    }

    package struct Packet: Decodable, Sendable {
        package var pts: Int?
        package var dts: Int?
        package var size: String?
        package var flags: String?

        package var isKeyframe: Bool { flags?.hasPrefix("K") == true }
    }

    private static let program = "/usr/bin/env"

    /// Whether there is an ffprobe to ask.
    package static let isInstalled = (try? run(["-version"])) != nil

    /// Streams, with all frames decoded and counted, and the format.
    package static func describe(_ path: FilePath) throws -> Answer {
        try answer(["-count_frames", "-show_streams", "-show_format", path.string])
    }

    /// The picture's packets in file order.
    package static func packets(_ path: FilePath) throws -> [Packet] {
        try answer(["-select_streams", "v:0", "-show_packets", path.string]).packets ?? []
    }

    /// What a measuring filter of libavfilter says of each frame.
    ///
    /// `filter`: as in `crop=16:16:0:0,signalstats` or `idet`.
    package static func measure(_ path: FilePath, by filter: String) throws -> [Picture] {
        let chain = "movie=filename='\(path.string)',\(filter)"
        return try answer(["-f", "lavfi", "-i", chain, "-show_entries", "frame_tags"]).frames ?? []
    }

    /// The middle frame's brightness and colour in a part of it, as they are stored: luma, blue, red.
    package static func colour(
        of path: FilePath,
        x: Int,
        y: Int,
        side: Int = 8
    ) throws -> (luma: Double, blue: Double, red: Double)? {
        let frames = try measure(path, by: "crop=\(side):\(side):\(x):\(y),signalstats")
        guard !frames.isEmpty else { return nil }
        let middle = frames[frames.count / 2]
        guard let luma = middle.number("signalstats.YAVG"),
            let blue = middle.number("signalstats.UAVG"),
            let red = middle.number("signalstats.VAVG")
        else { return nil }
        return (luma, blue, red)
    }

    private static func answer(_ arguments: [String]) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            Answer.self,
            from: try run(["-v", "error", "-of", "json"] + arguments)
        )
    }

    fileprivate struct Refused: Error {
        var status: Int32
    }

    private static func run(_ arguments: [String]) throws -> Data {
        try run("ffprobe", arguments)
    }

    fileprivate static func run(_ name: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [name] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Refused(status: process.terminationStatus)
        }
        return data
    }
}

/// The ffmpeg program as a maker of clips that the project's own encoder cannot make.
package enum FFmpeg {
    /// Whether the program is there, with ffprobe to judge what becomes of its clips.
    package static let isInstalled =
        FFprobe.isInstalled && (try? FFprobe.run("ffmpeg", ["-version"])) != nil

    /// Runs it with a painted source and options, as in `testsrc2=s=64x64:d=1`.
    package static func make(
        _ painting: String,
        _ options: [String] = [],
        at path: FilePath
    ) throws {
        _ = try FFprobe.run(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-f", "lavfi", "-i", painting] + options + [path.string]
        )
    }
}
