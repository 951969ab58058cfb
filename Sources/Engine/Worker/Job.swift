import Core
import Foundation
import SystemPackage

/// Media work as it crosses to a process of its own: one line of JSON there, lines of JSON back.
struct Job: Codable, Sendable {
    /// What `Compressor` is asked, by its own names.
    enum Work: Codable, Sendable {
        case probe(FilePath)
        case inspect(FilePath)
        case plan(Request)
        case expectedTime(Planned, Workspace.Location?)
        case split(Request, PartsWish)
        case run(Request, Workspace.Location)
        case compare(ComparisonRequest, Workspace.Location)
    }

    var work: Work
    var limits: Compressor.Limits

    /// The process that asks, with which its child ends.
    var parent = getpid()

    init(_ work: Work, _ limits: Compressor.Limits) { (self.work, self.limits) = (work, limits) }

    /// The file that is read.
    var input: String {
        switch work {
        case .probe(let path), .inspect(let path): path.string
        case .plan(let request), .run(let request, _), .split(let request, _):
            request.input.string
        case .expectedTime(let planned, _): planned.request.input.string
        case .compare(let request, _): request.original.string
        }
    }

    /// All files that are read.
    var inputs: [FilePath] {
        if case .compare(let request, _) = work { return [request.original, request.result] }
        return [FilePath(input)]
    }

    /// The folder that is written in; nil where nothing is written.
    var location: Workspace.Location? {
        switch work {
        case .run(_, let location), .compare(_, let location): location
        case .expectedTime(_, let location): location
        case .probe, .inspect, .plan, .split: nil
        }
    }
}

/// A line that comes back: what happens, or how it ended.
enum Reply<Value: Codable & Sendable>: Codable, Sendable {
    case event(Event)
    case value(Value)
    case failure(Failure)
}

/// Lines of JSON on a descriptor, read and written whole.
struct JSONLinePipe {
    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []
    /// Read so far, not yet handed over.
    private var start = 0

    /// A line carries a cover picture at the most.
    private static let longest = 64 << 20

    init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// The next line; nil at the end, and where what comes is no line.
    mutating func next() -> Data? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(buffer[start..<end])
                start = end + 1
                return line
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            guard buffer.count < Self.longest else { return nil }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = unsafe chunk.withUnsafeMutableBytes {
                (try? unsafe descriptor.read(into: $0)) ?? 0
            }
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }

    /// - Throws: an error of the encoder or of the system, such as a broken pipe.
    static func write(_ value: some Encodable, to descriptor: FileDescriptor) throws {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        try descriptor.writeAll(encoder.encode(value) + [UInt8(ascii: "\n")])
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from line: Data) -> Value? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return try? decoder.decode(type, from: line)
    }
}
