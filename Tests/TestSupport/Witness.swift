package import Foundation
package import SystemPackage

/// ffprobe as an independent witness of what a file is.
package enum FFprobe {
    package struct Answer: Decodable, Sendable {
        package var streams: [Stream]?
        package var format: Format?
        package var packets: [Packet]?
        package var frames: [Picture]?
        package var chapters: [Chapter]?

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
        package var tags: [String: String]?
        package var disposition: [String: Int]?

        /// The stream's length in seconds.
        package var seconds: Double? { duration.flatMap(Double.init) }
    }

    package struct Chapter: Decodable, Sendable {
        package var startTime: String?
        package var endTime: String?
        package var tags: [String: String]?
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
        package var tags: [String: String]?
    }

    package struct Packet: Decodable, Sendable {
        package var pts: Int?
        package var dts: Int?
        package var size: String?
        package var flags: String?
        /// Where it lies in the file.
        package var pos: String?

        package var isKeyframe: Bool { flags?.hasPrefix("K") == true }
    }

    /// Whether there is an ffprobe to ask.
    package static let isInstalled = (try? run(["-version"])) != nil

    /// Streams, with all frames decoded and counted, and the format.
    package static func describe(_ path: FilePath) throws -> Answer {
        try answer(["-count_frames", "-show_streams", "-show_format", path.string])
    }

    /// Streams, chapters and tags, nothing decoded.
    package static func facts(_ path: FilePath) throws -> Answer {
        try answer(["-show_streams", "-show_chapters", "-show_format", path.string])
    }

    /// The packets of a stream in file order: the picture's, or as in `a:0`.
    package static func packets(_ path: FilePath, of stream: String = "v:0") throws -> [Packet] {
        try answer(["-select_streams", stream, "-show_packets", path.string]).packets ?? []
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

    private static func run(_ arguments: [String]) throws -> Data {
        try Tool.run("ffprobe", arguments)
    }
}

/// ffmpeg, which makes what the project's own encoder never writes and decodes with no code of ours.
package enum FFmpeg {
    /// Whether the program is there, with ffprobe to judge what becomes of its clips.
    package static let isInstalled =
        FFprobe.isInstalled && (try? Tool.run("ffmpeg", ["-version"])) != nil

    /// Runs it; what it writes to its standard output.
    @discardableResult
    package static func run(_ arguments: [String]) throws -> Data {
        try Tool.run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments)
    }

    /// Makes a clip of a painted source and options, as in `testsrc2=s=64x64:d=1`.
    package static func make(
        _ painting: String,
        _ options: [String] = [],
        at path: FilePath
    ) throws {
        try run(["-f", "lavfi", "-i", painting] + options + [path.string])
    }

    /// One of a file's sound tracks as 32-bit floats, channels interleaved.
    package static func samples(of path: FilePath, track: Int = 0) throws -> [Float] {
        floats(try run(["-i", path.string, "-map", "0:a:\(track)", "-f", "f32le", "-"]))
    }

    static func floats(_ data: Data) -> [Float] {
        unsafe data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { index in
                unsafe bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
            }
        }
    }
}

/// mediainfo, a reader of containers that shares no code with FFmpeg.
package enum MediaInfo {
    /// Whether the program is there.
    package static let isInstalled = (try? Tool.run("mediainfo", ["--Version"])) != nil

    /// What it says of a file's tracks: its own names of the facts, and `@type`.
    package static func tracks(_ path: FilePath) throws -> [[String: String]] {
        let data = try Tool.run("mediainfo", ["--Output=JSON", path.string])
        let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let media = answer?["media"] as? [String: Any]
        let tracks = media?["track"] as? [[String: Any]] ?? []
        return tracks.map { track in track.compactMapValues { $0 as? String } }
    }
}

/// Another program, run to its end.
private enum Tool {
    struct Refused: Error {
        var status: Int32
    }

    static func run(_ name: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
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
