import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

@Suite struct TransferDownloadTests {
    let transfer = Transfer(environment: [:])
    let folder: Folder
    let path: FilePath
    private static let bytes = [UInt8](
        (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    )

    private var bytes: [UInt8] { Self.bytes }

    init() throws {
        folder = try Folder()
        path = folder.file("part")
    }

    /// A file host; knows ranges unless told otherwise.
    private func host(ranges: Bool = true) throws -> RawServer {
        let bytes = bytes
        return try RawServer { connection in
            try connection.readHead()
            guard ranges, let range = connection.header("range"),
                let first = Int(range.dropFirst("bytes=".count).dropLast())
            else { return try connection.answer("200 OK", headers: "ETag: \"v1\"", body: bytes) }
            guard first < bytes.count else {
                return try connection.answer("416 Range Not Satisfiable", body: Array("no".utf8))
            }
            try connection.answer(
                "206 Partial Content",
                headers: "Content-Range: bytes \(first)-\(bytes.count - 1)/\(bytes.count)",
                body: Array(bytes[first...])
            )
        }
    }

    private func content() throws -> [UInt8] { [UInt8](try path.contents()) }

    /// Compared as a fact: a difference of two files takes minutes to print.
    private func isWhole() throws -> Bool { try content() == bytes }

    @Test("a file is fetched whole, for this user only, with its length told on the way")
    func whole() async throws {
        let server = try host()
        let last = Locked<TransferProgress?>(nil)
        let answer = try await transfer.download(HTTPRequest(.get, server.url), to: path) {
            progress in
            last.withLock { $0 = progress }
        }
        #expect(answer.head.status == 200)
        #expect(answer.head.headers["etag"] == "\"v1\"")
        #expect(answer.body.isEmpty)
        #expect(try isWhole())
        let count = Int64(bytes.count)
        #expect(last.withLock { $0 } == TransferProgress(bytes: count, total: count))
        let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try await eventually { server.heads.count == 1 }
        #expect(server.heads.first?.contains("Range") == false)
        #expect(server.heads.first?.contains("Accept-Encoding") == false)
    }

    @Test(
        "scenario 56: what is there is kept and the rest is fetched; beyond the offset nothing is kept"
    )
    func resumed() async throws {
        let server = try host()
        try path.write(Data(bytes[..<100_000]) + Data(count: 77))
        let seen = Locked<[TransferProgress]>([])
        let answer = try await transfer.download(
            HTTPRequest(.get, server.url),
            to: path,
            from: 100_000
        ) { progress in seen.withLock { $0.append(progress) } }
        #expect(answer.head.status == 206)
        #expect(try isWhole())
        let count = Int64(bytes.count)
        #expect(seen.withLock { $0.last } == TransferProgress(bytes: count, total: count))
        #expect(seen.withLock { $0.allSatisfy { $0.bytes >= 100_000 } })
    }

    @Test("a host that ignores the range starts the file from zero")
    func rangeIgnored() async throws {
        let server = try host(ranges: false)
        try path.write(Data(count: 200_000))
        let answer = try await transfer.download(
            HTTPRequest(.get, server.url),
            to: path,
            from: 200_000
        )
        #expect(answer.head.status == 200)
        #expect(try isWhole())
    }

    @Test(
        "another part than was asked for is refused, and the file keeps what it had",
        arguments: [
            "Content-Range: bytes 0-9/20", "Content-Range: bytes 11-20/21", "X-None: 1",
            "Content-Range: bytes 10-18/20", "Content-Range: bytes 10-20/20",
            "Content-Range: bytes */20", "Content-Range: bytes 10-5/20", "Content-Range: nonsense",
        ]
    )
    func wrongRange(_ header: String) async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer(
                "206 Partial Content",
                headers: header,
                body: Array(repeating: 1, count: 10)
            )
        }
        try path.write(Data(count: 10))
        let error = await #expect(throws: TransferError.self) {
            try await transfer.download(HTTPRequest(.get, server.url), to: path, from: 10)
        }
        #expect(error?.kind == .other)
        #expect(try content() == Array(repeating: 0, count: 10))
    }

    @Test("a part that ends before the file does is cut")
    func shortRange() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer(
                "206 Partial Content",
                headers: "Content-Range: bytes 10-19/30",
                body: Array(repeating: 1, count: 10)
            )
        }
        try path.write(Data(count: 10))
        let error = await #expect(throws: TransferError.self) {
            try await transfer.download(HTTPRequest(.get, server.url), to: path, from: 10)
        }
        #expect(error?.kind == .cut)
        #expect(path.byteCount == 20)
    }

    @Test("scenario 56: a truncated body is cut, and the bytes that came are in the file")
    func truncated() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            try connection.send([UInt8](repeating: 5, count: 200))
        }
        let error = await #expect(throws: TransferError.self) {
            try await transfer.download(HTTPRequest(.get, server.url), to: path)
        }
        #expect(error?.kind == .cut)
        #expect(path.byteCount == 200)
    }

    @Test(
        "scenario 55: an error is returned with its words and leaves the file alone",
        arguments: [0, 10]
    )
    func refused(_ offset: Int64) async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("403 Forbidden", body: [UInt8](repeating: 0x41, count: 200_000))
        }
        if offset > 0 { try path.write(Data(count: 20)) }
        let answer = try await transfer.download(
            HTTPRequest(.get, server.url),
            to: path,
            from: offset
        )
        #expect(answer.head.status == 403)
        #expect(answer.body.count == Transfer.mostErrorBytes)
        #expect(path.byteCount == (offset > 0 ? 20 : 0))
    }

    @Test("a file that is complete already is told by the host's refusal of the range")
    func complete() async throws {
        let server = try host()
        try path.write(Data(bytes))
        let answer = try await transfer.download(
            HTTPRequest(.get, server.url),
            to: path,
            from: Int64(bytes.count)
        )
        #expect(answer.head.status == 416)
        #expect(try isWhole())
    }

    @Test("a packed file that nobody asked for is refused")
    func packed() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("200 OK", headers: "Content-Encoding: gzip", body: [1, 2, 3])
        }
        await #expect(throws: TransferError.self) {
            try await transfer.download(HTTPRequest(.get, server.url), to: path)
        }
        #expect(path.byteCount == 0)
    }

    // MARK: The file

    @Test("what is no file, and one that is too short, is not written")
    func badPaths() async throws {
        let server = try host()
        let short = folder.file("short")
        try short.write(Data(count: 5))
        let (reader, writer) = try FileDescriptor.pipe()
        let file = try FileDescriptor.open(short, .readWrite)
        defer { for end in [reader, writer, file] { try? end.close() } }
        for (file, offset) in [(writer, Int64(0)), (file, 10)] {
            let error = await #expect(throws: TransferError.self) {
                try await transfer.download(HTTPRequest(.get, server.url), into: file, from: offset)
            }
            #expect(error?.kind == .file(EINVAL))
        }
        #expect(short.byteCount == 5)
    }

    // MARK: Redirects

    @Test("scenario 56: another host is told no secret, and the same one is")
    func redirects() async throws {
        let files = try host()
        let first = try RawServer { connection in
            if try connection.readHead().hasPrefix("GET /a ") {
                try connection.answer("307 Temporary Redirect", headers: "Location: /b")
            } else {
                try connection.answer(
                    "302 Found",
                    headers: "Location: \(files.url)/c?sig=1",
                    "Set-Cookie: k=v"
                )
            }
        }
        let answer = try await transfer.download(
            HTTPRequest(
                .get,
                first.url + "/a",
                headers: [
                    ("Authorization", "Bearer nmv_usr_x"), ("X-Skill-Source", "clideo"),
                    ("If-Range", "\"v1\""),
                ]
            ),
            to: path
        )
        #expect(answer.head.status == 200)
        #expect(try isWhole())
        try await eventually { first.heads.count == 2 && files.heads.count == 1 }
        #expect(first.heads.allSatisfy { $0.contains("Authorization: Bearer nmv_usr_x") })
        let told = try #require(files.heads.first)
        #expect(told.hasPrefix("GET /c?sig=1 "))
        #expect(told.contains("If-Range: \"v1\""))
        for word in ["Authorization", "nmv_usr_", "X-Skill", "Cookie", "Referer"] {
            #expect(!told.contains(word))
        }
    }

    @Test("a resumed download asks every host on the way for the same part")
    func redirectedRange() async throws {
        let files = try host()
        let first = try RawServer { connection in
            try connection.readHead()
            try connection.answer("302 Found", headers: "Location: \(files.url)/")
        }
        try path.write(Data(bytes[..<1000]))
        let answer = try await transfer.download(HTTPRequest(.get, first.url), to: path, from: 1000)
        #expect(answer.head.status == 206)
        #expect(try isWhole())
    }

    @Test(
        "a redirect to what may not be talked to is refused",
        arguments: [
            "http://example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://a@127.0.0.1/",
        ]
    )
    func refusedRedirect(_ location: String) async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("302 Found", headers: "Location: \(location)")
        }
        let error = await #expect(throws: TransferError.self) {
            try await transfer.download(HTTPRequest(.get, server.url), to: path)
        }
        #expect(error?.kind == .refusedAddress)
    }

    @Test("redirects in a circle end after five")
    func circle() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("301 Moved", headers: "Location: /again")
        }
        let error = await #expect(throws: TransferError.self) {
            try await transfer.download(HTTPRequest(.get, server.url), to: path)
        }
        #expect(error?.kind == .other)
        try await eventually { server.heads.count == 6 }
    }

    @Test("a redirect to nowhere is an answer")
    func noLocation() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("304 Not Modified")
        }
        let answer = try await transfer.download(HTTPRequest(.get, server.url), to: path)
        #expect(answer.head.status == 304)
        #expect(path.byteCount == 0)
    }
}

extension Transfer {
    /// The same into a file of a name, which is made where it is not there.
    @discardableResult
    func download(
        _ request: HTTPRequest,
        to path: FilePath,
        from offset: Int64 = 0,
        progress: (@Sendable (TransferProgress) -> Void)? = nil
    ) async throws(TransferError) -> HTTPResponse {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                path,
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: .ownerReadWrite
            )
        } catch { throw .file(error, "No file for the test") }
        defer { try? file.close() }
        return try await download(request, into: file, from: offset, progress: progress)
    }
}
