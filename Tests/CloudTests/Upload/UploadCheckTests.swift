import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// What `scripts/upload-check` runs, for minutes: many large uploads that are cut at random.
///
/// The suite is alone in its process then, so that memory and descriptors are those of uploads. What is
/// promised beyond one transfer is in `UploadCheckSessionTests`.
@Suite(.enabled(if: UploadTrial.count != nil), .serialized)
struct UploadCheckTests {
    @Test("many uploads of 480 MB, most of them cut, need no memory and leave nothing")
    func transfers() async throws {
        let count = try #require(UploadTrial.count)
        let folder = try Folder()
        let file = try UploadTrial.file(in: folder, byteCount: 480_000_000)
        let cuts = Cuts(seed: UInt64(count), byteCount: file.byteCount)
        let server = try cuttingServer(of: file, cuts)
        let transfer = Transfer(environment: [:])
        let request = HTTPRequest(.post, server.url, body: .files([file], field: "files"))

        // Everything is loaded and has run once.
        _ = try await transfer.answer(to: HTTPRequest(.post, server.url))
        try await Task.sleep(for: .milliseconds(100))
        let memory = UploadTrial.residentBytes
        let most = Locked(0)
        let descriptors = UploadTrial.descriptorCount
        let temporary = UploadTrial.temporaryNames
        let start = ContinuousClock.now
        var whole = 0

        for number in 1...count {
            let plan = cuts.next()
            do {
                let answer = try await transfer.answer(to: request) { _ in
                    most.withLock { $0 = max($0, UploadTrial.residentBytes) }
                }
                #expect(plan == .none, "upload \(number) was to be cut: \(plan)")
                #expect(answer.body == Array("same".utf8), "upload \(number)")
                whole += 1
            } catch {
                #expect(plan != .none, "upload \(number) was not to be cut: \(error)")
                #expect(error.kind == .cut, "upload \(number), \(plan): \(error)")
                #expect(!error.answerBegan, "upload \(number), \(plan)")
            }
        }

        try await eventually { server.openCount == 0 }
        let growth = most.withLock { $0 } - memory
        #expect(most.withLock { $0 } > 0)
        #expect(growth <= 40_000_000)
        #expect(UploadTrial.descriptorCount <= descriptors)
        #expect(folder.names == ["clip.mp4"])
        #expect(UploadTrial.temporaryNames == temporary)
        let sent = cuts.sentBytes
        UploadTrial.say(
            "\(count) uploads of \(file.byteCount) bytes, \(whole) whole and \(count - whole) cut, "
                + "\(sent / 1_000_000) MB sent in \(ContinuousClock.now - start); "
                + "memory grew by \(Double(growth / 100_000) / 10) MB"
        )
    }

    /// Compares what it is sent with the file, and ends as planned.
    private func cuttingServer(of file: UploadFile, _ cuts: Cuts) throws -> RawServer {
        try RawServer { connection in
            try connection.readHead()
            let length = Int64(connection.header("content-length") ?? "") ?? 0
            guard length > 0 else { return try connection.answer("200 OK") }
            if connection.header("expect") != nil {
                try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            }
            let plan = cuts.current
            let descriptor = try FileDescriptor.open(file.path, .readOnly)
            defer { try? descriptor.close() }

            // The head of the part, then the file.
            var bytes: [UInt8] = []
            var end: Int?
            while end == nil, plan.position > 0 {
                bytes += try connection.read()
                let text = String(decoding: bytes, as: UTF8.self)
                end = text.range(of: "\r\n\r\n").map {
                    text.utf8.distance(from: text.startIndex, to: $0.upperBound)
                }
            }
            var isSame = true
            var count = Int64(bytes.count)
            bytes.removeFirst(end ?? 0)
            var offset: Int64 = 0
            while true {
                let part = bytes.prefix(Int(min(Int64(bytes.count), file.byteCount - offset)))
                if !part.isEmpty {
                    // As data, which is compared at once and not byte by byte.
                    isSame = try isSame && descriptor.data(at: offset, part.count) == Data(part)
                }
                offset += Int64(part.count)
                guard count < min(length, plan.position) else { break }
                bytes = try connection.read()
                count += Int64(bytes.count)
            }
            cuts.took(count)
            switch plan {
            case .none:
                try connection.answer(
                    "200 OK",
                    body: Array((isSame ? "same" : "not the same").utf8)
                )
            case .reset: connection.reset()
            case .close: break
            }
        }
    }

    /// Where the connection of each upload ends, the same again for the same seed.
    private final class Cuts: Sendable {
        enum Plan: Equatable {
            case none
            case reset(at: Int64)
            case close(at: Int64)

            var position: Int64 {
                switch self {
                case .none: .max
                case .reset(let position), .close(let position): position
                }
            }
        }

        private struct State {
            var seed: UInt64
            var plan = Plan.none
            var sentBytes: Int64 = 0
        }

        private let byteCount: Int64
        private let state: Locked<State>

        init(seed: UInt64, byteCount: Int64) {
            self.byteCount = byteCount
            state = Locked(State(seed: seed))
        }

        var current: Plan { state.withLock { $0.plan } }
        var sentBytes: Int64 { state.withLock { $0.sentBytes } }

        func took(_ count: Int64) { state.withLock { $0.sentBytes += count } }

        /// A quarter is whole, the others end anywhere from before the first byte to the last.
        func next() -> Plan {
            state.withLock { state in
                // Knuth's linear congruential generator: any will do that repeats itself.
                state.seed = state.seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let random = state.seed >> 33
                let position = Int64(Double(random) / Double(1 << 31) * Double(byteCount))
                state.plan =
                    switch random % 4 {
                    case 0: .none
                    case 1: .close(at: position)
                    default: .reset(at: position)
                    }
                return state.plan
            }
        }
    }
}

/// What the tests behind `scripts/upload-check` share.
enum UploadTrial {
    /// How many uploads were asked for; nil where this is not a run of the script.
    static let count = ProcessInfo.processInfo.environment["CINCH_UPLOAD_CHECK"]
        .flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }

    /// How many uploads into a session were asked for; nil as above.
    static let sessionCount = ProcessInfo.processInfo.environment["CINCH_UPLOAD_CHECK_SESSION"]
        .flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }

    /// A file that is neither all zero nor large on the disk: a random block in each megabyte, and
    /// a video by its first bytes.
    static func file(in folder: Folder, byteCount: Int64) throws -> UploadFile {
        let path = folder.file("clip.mp4")
        try path.makeZeros(Int(byteCount))
        let descriptor = try FileDescriptor.open(path, .writeOnly)
        defer { try? descriptor.close() }
        for offset in stride(from: 0, to: byteCount - 512, by: 1_000_000) {
            try descriptor.seek(offset: offset, from: .start)
            try descriptor.writeAll((0..<512).map { _ in UInt8.random(in: 0...255) })
        }
        try descriptor.seek(offset: 0, from: .start)
        try descriptor.writeAll([0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0])
        try path.makeOld()
        return UploadFile(
            path: path,
            filename: "clip.mp4",
            mediaType: "video/mp4",
            byteCount: byteCount
        )
    }

    /// Memory of this process now; where the system does not say that, the most it has had so far.
    static var residentBytes: Int {
        #if canImport(Darwin)
        var usage = rusage()
        _ = unsafe getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #else
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
        #endif
    }

    /// Descriptors that are open, with that of looking.
    static var descriptorCount: Int {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")
        return names?.count ?? 0
    }

    /// What is in the folder for temporary files, which the script gives it for itself alone.
    static var temporaryNames: [String] {
        let folder = FileManager.default.temporaryDirectory.path
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// A line that the script passes on.
    static func say(_ line: String) { print("upload-check: \(line)") }
}

extension FileDescriptor {
    /// Bytes of the file, fewer at its end.
    fileprivate func data(at offset: Int64, _ count: Int) throws -> Data {
        var data = Data(count: count)
        let filled = try unsafe data.withUnsafeMutableBytes {
            try unsafe read(fromAbsoluteOffset: offset, into: $0)
        }
        return data.prefix(filled)
    }
}
