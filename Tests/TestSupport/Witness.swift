import Foundation
package import SystemPackage

/// ffprobe as an independent witness of what a file is.
package enum FFprobe {
    package struct Answer: Decodable, Sendable {
        package var streams: [Stream]?
        package var format: Format?
        package var packets: [Packet]?

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

    private static func answer(_ arguments: [String]) throws -> Answer {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            Answer.self,
            from: try run(["-v", "error", "-of", "json"] + arguments)
        )
    }

    private struct Refused: Error {
        var status: Int32
    }

    private static func run(_ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["ffprobe"] + arguments
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
