import Core
import Foundation
import Synchronization
import Testing

@testable import Cloud

@Suite struct TransferStreamTests {
    let transfer = Transfer(environment: [:])
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

    @Test("the head is there before the first byte of the body, and chunks come as they are sent")
    func asTheyCome() async throws {
        let steps = Steps()
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
            steps.wait(for: 1)
            try connection.send("3\r\none\r\n")
            steps.wait(for: 2)
            try connection.send("3\r\ntwo\r\n0\r\n\r\n")
            connection.waitForClose()
        }
        let stream = try await transfer.stream(HTTPRequest(.get, server.url))
        #expect(stream.head.headers["content-type"] == "text/event-stream")
        steps.reach(1)
        #expect(try await stream.next() == Array("one".utf8))
        steps.reach(2)
        #expect(try await stream.next() == Array("two".utf8))
        #expect(try await stream.next() == nil)
        #expect(try await stream.next() == nil)
        // The thread has finished with the connection when the end is told.
        try await eventually { server.openCount == 0 }
    }

    enum Cut: CaseIterable {
        case closedInChunk
        case closedInChunkHeader
        case reset
        case lengthNotReached
    }

    @Test("scenario 27: a cut is told after all bytes that came", arguments: Cut.allCases)
    func cut(_ cut: Cut) async throws {
        let steps = Steps()
        let server = try RawServer { connection in
            try connection.readHead()
            switch cut {
            case .closedInChunk:
                try connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhal")
            case .closedInChunkHeader:
                try connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhal\r\n1")
            case .reset:
                try connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhal")
            case .lengthNotReached: try connection.send(Self.head + "Content-Length: 9\r\n\r\nhal")
            }
            steps.wait(for: 1)
            if cut == .reset { connection.reset() }
        }
        let stream = try await transfer.stream(HTTPRequest(.get, server.url))
        #expect(try await stream.next() == Array("hal".utf8))
        steps.reach(1)
        let error = await #expect(throws: TransferError.self) { try await stream.next() }
        #expect(error?.kind == .cut)
        #expect(error?.answerBegan == true)
    }

    @Test("an end of the connection is an orderly end where nothing else marks one")
    func closeDelimited() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.send(Self.head + "\r\ndata")
        }
        let stream = try await transfer.stream(HTTPRequest(.get, server.url))
        var bytes: [UInt8] = []
        while let chunk = try await stream.next() { bytes += chunk }
        #expect(bytes == Array("data".utf8))
    }

    @Test("scenario 36: an answer that is no stream is read in the same way")
    func refusal() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.readBody()
            try connection.answer("422 Unprocessable", body: Array(#"{"detail":[]}"#.utf8))
        }
        let stream = try await transfer.stream(
            HTTPRequest(.post, server.url, body: .json(Array("{}".utf8)))
        )
        #expect(stream.head.status == 422)
        #expect(try await stream.next() == Array(#"{"detail":[]}"#.utf8))
        #expect(try await stream.next() == nil)
    }

    @Test("a slow reader stops the sender, is not taken for a stall, and gets every byte")
    func backPressure() async throws {
        let total = 48 << 20
        let sent = Locked(0)
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.send(Self.head + "Content-Length: \(total)\r\n\r\n")
            let block = [UInt8](repeating: 7, count: 1 << 16)
            for _ in 0..<(total >> 16) {
                try connection.send(block)
                sent.withLock { $0 += block.count }
            }
        }
        var request = HTTPRequest(.get, server.url)
        request.limits.idle = .milliseconds(300)
        let stream = try await transfer.stream(request)
        try await Task.sleep(for: .seconds(1))
        // What the system's buffers of both sides and ours take.
        #expect(sent.withLock { $0 } < 24 << 20)
        var count = 0
        while let chunk = try await stream.next() { count += chunk.count }
        #expect(count == total)
    }

    @Test("a stream that nobody holds any more closes its connection")
    func released() async throws {
        let server = try silentServer()
        do {
            let stream = try await transfer.stream(HTTPRequest(.get, server.url))
            #expect(stream.head.status == 200)
            #expect(server.openCount == 1)
        }
        try await eventually { server.openCount == 0 }
    }

    @Test("cancelling the task that reads a stream ends the wait and the connection")
    func cancelled() async throws {
        let server = try silentServer()
        let stream = try await transfer.stream(HTTPRequest(.get, server.url))
        let reader = Task { try await stream.next() }
        try await Task.sleep(for: .milliseconds(50))
        let start = ContinuousClock.now
        reader.cancel()
        let error = await #expect(throws: TransferError.self) { try await reader.value }
        #expect(error?.kind == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(5))
        await #expect(throws: TransferError.self) { try await stream.next() }
        try await eventually { server.openCount == 0 }
    }

    @Test("scenario 25: silence with an open socket is a stall")
    func stall() async throws {
        let server = try silentServer()
        // A second instead of a minute.
        let fast = Transfer(limitSpeed: 60, environment: [:])
        let start = ContinuousClock.now
        let stream = try await fast.stream(HTTPRequest(.get, server.url))
        let error = await #expect(throws: TransferError.self) { try await stream.next() }
        #expect(error?.kind == .stalled)
        #expect(error?.answerBegan == true)
        #expect(ContinuousClock.now - start >= .milliseconds(900))
    }

    @Test(
        "scenario 23: bytes that come now and then keep a stream alive, up to the limit of the whole"
    )
    func heartbeats() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.send(Self.head + "\r\n")
            while true {
                try connection.send(":\n")
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        var request = HTTPRequest(.get, server.url)
        request.limits.idle = .milliseconds(800)
        request.limits.total = .milliseconds(1500)
        let start = ContinuousClock.now
        let stream = try await transfer.stream(request)
        let error = await #expect(throws: TransferError.self) {
            while try await stream.next() != nil {}
        }
        #expect(error?.kind == .timedOut)
        #expect(ContinuousClock.now - start >= .milliseconds(1400))
    }

    private func silentServer() throws -> RawServer {
        try RawServer { connection in
            try connection.readHead()
            try connection.send(Self.head + "\r\n")
            connection.waitForClose()
        }
    }
}

/// Lets a server wait for a test.
final class Steps: Sendable {
    private let reached = Locked(0)

    func reach(_ step: Int) { reached.withLock { $0 = max($0, step) } }

    func wait(for step: Int) {
        for _ in 0..<10_000 where reached.withLock({ $0 }) < step {
            Thread.sleep(forTimeInterval: 0.001)
        }
    }
}
