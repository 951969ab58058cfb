import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

@Suite struct TransferTests {
    let transfer = Transfer(environment: [:])

    @Test("a GET brings status, headers and body")
    func get() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer(
                "404 Not Found",
                headers: "X-One: a",
                "x-one: b",
                body: Array("no".utf8)
            )
        }
        let answer = try await transfer.answer(
            to: HTTPRequest(.get, server.url + "/a?b=c", headers: [("X-Skill-Source", "clideo")])
        )
        #expect(answer.head.status == 404)
        #expect(answer.head.headers["x-one"] == "a, b")
        #expect(answer.body == Array("no".utf8))
        try await eventually { server.heads.count == 1 }
        let head = try #require(server.heads.first)
        #expect(head.hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
        #expect(head.contains("X-Skill-Source: clideo\r\n"))
        #expect(head.contains("User-Agent: cinch\r\n"))
        #expect(!head.contains("Content-Type"))
    }

    @Test("a POST sends its JSON as it is, of any length and without waiting to be asked for it")
    func post() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            let body = try connection.readBody()
            try connection.answer("200 OK", body: Array("\(body.count)".utf8))
        }
        for count in [0, 5, 3 << 20] {
            let body = [UInt8](repeating: 0x20, count: count)
            let answer = try await transfer.answer(
                to: HTTPRequest(.post, server.url, body: .json(body))
            )
            #expect(answer.body == Array("\(count)".utf8))
        }
        try await eventually { server.heads.count == 3 }
        for head in server.heads {
            #expect(head.contains("Content-Type: application/json\r\n"))
            #expect(!head.contains("Expect"))
        }
    }

    @Test("a POST without a body says that it has none")
    func emptyPost() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("200 OK")
        }
        _ = try await transfer.answer(to: HTTPRequest(.post, server.url))
        try await eventually { server.heads.count == 1 }
        #expect(server.heads.first?.contains("Content-Length: 0\r\n") == true)
        #expect(server.heads.first?.contains("Content-Type") == false)
    }
}

/// Waits until something that happens on another thread has happened.
func eventually(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) async throws {
    for _ in 0..<1000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("it did not happen within ten seconds", sourceLocation: sourceLocation)
}
