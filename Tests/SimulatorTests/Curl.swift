import Foundation
import SystemPackage
import TestSupport

@testable import Simulator

/// The `curl` program: a witness of what the simulator puts on the wire that shares no code with it.
struct Curl: Sendable {
    /// What a run of it gave.
    struct Answer: Sendable {
        /// 0, or why it failed: 18 partial body, 52 no answer, 56 reset, 28 time-out.
        var exit: Int32
        var status: Int
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSON? { JSONReader.read(body) }
        var data: JSON? { json?["data"] }
    }

    let folder: Folder
    var headers = [
        "X-Skill-Source: video-compressor-clideo", "X-Skill-Version: 1.0.0",
        "X-Skill-Platform: unknown",
    ]

    init() throws { folder = try Folder() }

    /// Runs it; the attribution headers are sent unless `bare`.
    func callAsFunction(
        _ url: String,
        _ arguments: String...,
        bare: Bool = false
    ) async throws -> Answer {
        let name = UUID().uuidString
        let (body, head) = (folder.file(name + ".body"), folder.file(name + ".head"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "curl", "-q", "-sS", "--noproxy", "*", "-m", "60", "-o", body.string, "-D",
                head.string,
            ]
            + (bare ? [] : headers.flatMap { ["-H", $0] }) + arguments + [url]
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let exit: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let text = (try? head.contents()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        // The last answer: `100 Continue` comes before it.
        let last = text.components(separatedBy: "\r\n\r\n").last { !$0.isEmpty } ?? ""
        var answer = Answer(exit: exit, status: 0, headers: [:], body: [])
        for (index, line) in last.components(separatedBy: "\r\n").enumerated() {
            if index == 0 {
                answer.status = Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                answer.headers[line[..<colon].lowercased()] = value
            }
        }
        answer.body = (try? body.contents()).map { [UInt8]($0) } ?? []
        return answer
    }
}

/// A simulator at work with a client that has a token and, where wanted, a session.
struct Stage: Sendable {
    let simulator: NemoSimulator
    let urls: NemoSimulator.URLs
    var curl: Curl
    var token = ""
    var session = ""

    /// Runs `body` against a simulator and stops it, whatever happens.
    static func with(
        session: Bool = true,
        _ change: (inout SimulatorOptions) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        var options = SimulatorOptions()
        options.speed = 1_000
        options.product = .bytes(Array("a rendered file".utf8))
        change(&options)
        let simulator = NemoSimulator(options)
        let urls = try await simulator.start()
        do {
            var stage = Stage(simulator: simulator, urls: urls, curl: try Curl())
            if session { try await stage.enter() }
            try await body(stage)
        } catch {
            await simulator.stop()
            throw error
        }
        await simulator.stop()
    }

    private mutating func enter() async throws {
        let answer = try await curl(
            urls.api + "/api/auth/anonymous-token",
            "-X",
            "POST",
            "-H",
            "X-Client-Id: 6f1c2d3e"
        )
        token = answer.data?["token"]?.string ?? ""
        curl.headers.append("Authorization: Bearer \(token)")
        let made = try await post(
            "/api/tasks/me/with-session/nemo_agent",
            #"{"task_name":"project","language":"en"}"#
        )
        session = made.data?["session_id"]?.string ?? ""
    }

    func get(_ path: String) async throws -> Curl.Answer {
        try await curl(urls.api + path, "-X", "GET")
    }

    func post(_ path: String, _ body: String) async throws -> Curl.Answer {
        try await curl(
            urls.api + path,
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            body
        )
    }

    /// Uploads bytes as a file of that name.
    func upload(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) async throws -> Curl.Answer {
        let file = curl.folder.file(UUID().uuidString)
        try file.write(Data(bytes))
        return try await curl(
            urls.api + "/api/upload-video/nemo_agent/me/\(session)",
            "-H",
            "Expect:",
            "-F",
            "files=@\(file.string);filename=\(name);type=video/mp4"
        )
    }

    func say(_ message: String) async throws -> Curl.Answer {
        let body: JSON = [
            "app_name": "nemo_agent", "user_id": "me", "session_id": .string(session),
            "new_message": ["parts": [["text": .string(message)]]],
        ]
        return try await curl(
            urls.api + "/run_sse",
            "-N",
            "-H",
            "Accept: text/event-stream",
            "-H",
            "Content-Type: application/json",
            "--data-binary",
            String(decoding: body.bytes, as: UTF8.self)
        )
    }

    func state() async throws -> Curl.Answer {
        try await get("/api/state/nemo_agent/me/\(session)/latest")
    }

    /// Submits the draft as it is served.
    func submit(_ id: String) async throws -> Curl.Answer {
        let state = try await state()
        let data = JSONReader.slice(of: "data", in: state.body) ?? []
        let draft =
            JSONReader.slice(of: "state", in: data)
            .flatMap { JSONReader.slice(of: "draft", in: $0) } ?? []
        let body: JSON = [
            "id": .string(id), "sessionId": .string(session), "draft": .raw(draft),
            "output": ["format": "mp4", "quality": "high"],
        ]
        return try await post(
            "/api/render/proxy/lambda",
            String(decoding: body.bytes, as: UTF8.self)
        )
    }

    func poll(_ id: String) async throws -> Curl.Answer {
        try await get("/api/render/proxy/lambda/\(id)")
    }
}
