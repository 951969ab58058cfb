package import Foundation
package import SystemPackage

/// ffprobe as an independent witness of what a file is.
package enum FFprobe {
    package struct Answer: Decodable, Sendable {
        package var streams: [Stream]?
        package var format: Format?
        package var packets: [Packet]?
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

    /// The picture's packets in file order.
    package static func packets(_ path: FilePath) throws -> [Packet] {
        try answer(["-select_streams", "v:0", "-show_packets", path.string]).packets ?? []
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
    /// Whether there is an ffmpeg to ask.
    package static let isInstalled = (try? Tool.run("ffmpeg", ["-version"])) != nil

    /// Runs it; what it writes to its standard output.
    @discardableResult
    package static func run(_ arguments: [String]) throws -> Data {
        try Tool.run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments)
    }

    /// One of a file's sound tracks as 32-bit floats, channels interleaved.
    package static func samples(of path: FilePath, track: Int = 0) throws -> [Float] {
        let data = try run(["-i", path.string, "-map", "0:a:\(track)", "-f", "f32le", "-"])
        return stride(from: 0, to: data.count - 3, by: 4).map { offset in
            let bits = (0..<4).reduce(UInt32(0)) {
                $0 | UInt32(data[data.startIndex + offset + $1]) << UInt32($1 * 8)
            }
            return Float(bitPattern: bits)
        }
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
