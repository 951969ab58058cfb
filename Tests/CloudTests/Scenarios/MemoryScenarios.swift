import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// What a service that sends too much may cost: scenario 37 of §19.
@Suite struct MemoryScenarios {
    /// A session with a service that answers by path.
    private static func session(_ server: RawServer, _ folder: Folder) throws -> CloudSession {
        let environment = [
            "NEMO_API_URL": server.url, "CINCH_STATE_DIR": folder.file("state").string,
            "NEMO_TOKEN": "preset",
        ]
        return CloudSession(
            try CloudConfiguration(profile: .clideo, environment: environment),
            transfer: Transfer(environment: [:]),
            ask: { _ in .always }
        )
    }

    private static func answer(_ connection: Connection, _ data: String) throws {
        let body = Array(#"{"code":0,"data":\#(data)}"#.utf8)
        try connection.answer("200 OK", headers: "Content-Type: application/json", body: body)
    }

    private static let session = #"{"session_id":"1","task_id":"task_1"}"#
    private static let state = #"{"state":{"draft":{},"video_infos":[]}}"#

    @Test("scenario 37: a state that is larger than any is refused, not taken in")
    func endlessState() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            if connection.head.hasPrefix("POST") {
                _ = try connection.skipBody()
                return try Self.answer(connection, Self.session)
            }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            let block = [UInt8](repeating: 0x20, count: 1 << 20)
            while true { try connection.send(block) }
        }
        let folder = try Folder()
        let session = try Self.session(server, folder)
        try await session.connect()
        let error = await #expect(throws: CloudError.self) { _ = try await session.state() }
        #expect(error?.kind == .tooLarge)
        try await eventually { server.openCount == 0 }
    }

    #if os(Linux)
    @Test(
        "scenario 37: an event without end and floods of events and words are not kept in memory",
        .disabled(if: TransferTraceTests.Process.isSanitized, "it keeps what was freed"),
        arguments: [(1, "tool_result"), (256, "tool_result"), (256, "text")]
    )
    func flood(_ events: Int, _ type: String) async {
        await #expect(processExitsWith: .success) { [events, type] in
            let server = try RawServer { connection in
                try connection.readHead()
                _ = try connection.skipBody()
                let path = connection.head.split(separator: " ")[1]
                guard path == "/run_sse" else {
                    let isState = path.hasSuffix("/latest")
                    return try Self.answer(connection, isState ? Self.state : Self.session)
                }
                try connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                // 24 MiB in all, in pieces that the system passes on at once.
                let piece = [UInt8](repeating: 0x78, count: (24 << 20) / 512)
                for number in 0..<events {
                    try connection.send(
                        Array(#"data: {"type":"\#(type)","content":"\#(number) "#.utf8) + piece
                    )
                    for _ in 1..<(512 / events) { try connection.send(piece) }
                    try connection.send(Array("\"}\n\n".utf8))
                }
                try connection.send("data: {\"type\":\"text\",\"content\":\"Done.\"}\n\n")
            }
            let folder = try Folder()
            let session = try Self.session(server, folder)
            try await session.connect()
            let before = UploadTrial.residentBytes
            let most = Locked(before)
            let isOver = Atomic<Bool>(false)
            async let watching: Void = {
                while !isOver.load(ordering: .relaxed) {
                    most.withLock { $0 = max($0, UploadTrial.residentBytes) }
                    try? await Task.sleep(for: .milliseconds(2))
                }
            }()
            let reply = try await session.send("hello")
            isOver.store(true, ordering: .relaxed)
            await watching
            #expect(reply.outcome == .answered)
            if type == "text" {
                #expect(reply.paragraphs.count < 12)
                #expect(reply.paragraphs.last?.hasSuffix("…") == true)
            } else {
                #expect(reply.paragraphs == ["Done."])
            }
            // Of an event the limit is 16 MiB, which may stand there twice while it grows; of many
            // events no more than a few wait.
            #expect(most.withLock { $0 } - before < (events == 1 ? 40 : 16) << 20)
        }
    }
    #endif
}
