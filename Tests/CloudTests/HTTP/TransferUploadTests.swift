import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

@Suite struct TransferUploadTests {
    let transfer = Transfer(environment: [:])
    let folder: Folder

    init() throws { folder = try Folder() }

    private func file(
        _ name: String,
        _ bytes: Data,
        as filename: String? = nil
    ) throws -> UploadFile {
        let path = folder.file(name)
        try path.write(bytes)
        try path.makeOld()
        return UploadFile(
            path: path,
            filename: filename ?? name,
            mediaType: "video/mp4",
            byteCount: Int64(bytes.count)
        )
    }

    private func zeros(_ name: String, _ count: Int) throws -> UploadFile {
        var file = try file(name, Data())
        try file.path.makeZeros(count)
        try file.path.makeOld()
        file.byteCount = Int64(count)
        return file
    }

    private func upload(_ files: UploadFile..., to server: RawServer) -> HTTPRequest {
        HTTPRequest(.post, server.url + "/up", body: .files(files, field: "files"))
    }

    /// Answers with the body that it was sent, below a line with its boundary.
    private func mirror() throws -> RawServer {
        try RawServer { connection in
            try connection.readHead()
            let body = try connection.readBody()
            let boundary = connection.header("content-type")?.components(separatedBy: "boundary=")
                .last
            try connection.answer("200 OK", headers: "X-Boundary: \(boundary ?? "")", body: body)
        }
    }

    @Test("one file is sent as one part, two as two, byte for byte", arguments: 1...2)
    func parts(_ count: Int) async throws {
        let server = try mirror()
        let first = try file(
            "a.mp4",
            Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        )
        let second = try file("b.mp4", Data("\r\n--\r\n".utf8))
        let files = Array([first, second].prefix(count))
        let request = HTTPRequest(.post, server.url, body: .files(files, field: "files"))
        let answer = try await transfer.answer(to: request)
        let boundary = try #require(answer.head.headers["x-boundary"])
        var expected = Data()
        for file in files {
            expected += Data(
                """
                --\(boundary)\r
                Content-Disposition: form-data; name="files"; filename="\(file.filename)"\r
                Content-Type: video/mp4\r
                \r\n
                """.utf8
            )
            expected += try file.path.contents()
            expected += Data("\r\n".utf8)
        }
        expected += Data("--\(boundary)--\r\n".utf8)
        // Compared as a fact: a difference of two bodies takes minutes to print.
        let isExact = Data(answer.body) == expected
        #expect(isExact)
        #expect(!boundary.isEmpty)
        try await eventually { server.heads.count == 1 }
        #expect(server.heads.first?.contains("Content-Length: \(expected.count)\r\n") == true)
    }

    @Test(
        "scenario 45: file names with quotes, newline, Chinese, very long are one valid line",
        arguments: [
            ("a \"b\".mp4", "a %22b%22.mp4"),
            ("a\r\nX-Evil: 1\n.mp4", "a%0D%0AX-Evil: 1%0A.mp4"),
            ("\r\n\r\n--", "%0D%0A%0D%0A--"),
            ("标题 🎬.mp4", "标题 🎬.mp4"),
            ("back\\slash/and\\", "back_slash_and_"),
            ("nul\0tab\t.mp4", "nul_tab_.mp4"),
            ("", "file"),
            (
                String(repeating: "长", count: 200) + ".mp4",
                String(repeating: "长", count: 83) + ".mp4"
            ),
        ]
    )
    func names(_ name: String, _ sent: String) async throws {
        let server = try mirror()
        let file = try file("a", Data("x".utf8), as: name)
        let answer = try await transfer.answer(to: upload(file, to: server))
        let lines = String(decoding: answer.body, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.count == 7)
        #expect(lines[1] == "Content-Disposition: form-data; name=\"files\"; filename=\"\(sent)\"")
        #expect(lines[2] == "Content-Type: video/mp4")
        #expect(lines[4] == "x")
    }

    @Test("an empty file is a part without bytes")
    func emptyFile() async throws {
        let server = try mirror()
        let answer = try await transfer.answer(to: upload(try file("a", Data()), to: server))
        #expect(String(decoding: answer.body, as: UTF8.self).contains("video/mp4\r\n\r\n\r\n--"))
    }

    @Test("progress grows to the length of the body and is told at the end")
    func progress() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            let count = try connection.skipBody()
            try connection.answer("200 OK", body: Array("\(count)".utf8))
        }
        let seen = Locked<[TransferProgress]>([])
        let file = try zeros("a", 20 << 20)
        let answer = try await transfer.answer(to: upload(file, to: server)) { progress in
            seen.withLock { $0.append(progress) }
        }
        let all = seen.withLock { $0 }
        let length = Int64(String(decoding: answer.body, as: UTF8.self))
        #expect(all.last == TransferProgress(bytes: length ?? 0, total: length))
        #expect(all.map(\.bytes) == all.map(\.bytes).sorted())
    }

    @Test("scenario 43: a large file is not sent at all to a service that refuses it by its length")
    func refusedUnsent() async throws {
        let body = Locked(0)
        let server = try RawServer { connection in
            try connection.readHead()
            try connection.answer("413 Payload Too Large", body: Array(#"{"code":4002}"#.utf8))
            while let bytes = try? connection.read() { body.withLock { $0 += bytes.count } }
        }
        let file = try zeros("a", 64 << 20)
        // Slow, so that a busy machine does not answer too late.
        let slow = Transfer(limitSpeed: 0.05, environment: [:])
        let answer = try await slow.answer(to: upload(file, to: server))
        #expect(answer.head.status == 413)
        #expect(answer.body == Array(#"{"code":4002}"#.utf8))
        try await eventually { server.openCount == 0 }
        #expect(body.withLock { $0 } == 0)
        #expect(server.heads.first?.contains("Expect: 100-continue\r\n") == true)
    }

    @Test("a service that wants a large file is asked once, and one that cannot say so gets it too")
    func permission() async throws {
        for says in [true, false] {
            let server = try RawServer { connection in
                try connection.readHead()
                if says { try connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
                try connection.answer("200 OK", body: Array("\(connection.skipBody())".utf8))
            }
            let file = try zeros("a", 4 << 20)
            let answer = try await transfer.answer(to: upload(file, to: server))
            #expect(answer.head.status == 200)
            #expect(Int(String(decoding: answer.body, as: UTF8.self)) ?? 0 > 4 << 20)
        }
    }

    @Test("scenario 43: a refusal in the middle of the upload is the answer, and ends the upload")
    func earlyRefusal() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.read()
            try connection.answer("413 Payload Too Large", body: Array(#"{"code":4002}"#.utf8))
            connection.waitForClose()
        }
        let file = try zeros("a", 64 << 20)
        let answer = try await transfer.answer(to: upload(file, to: server))
        #expect(answer.head.status == 413)
        #expect(answer.body == Array(#"{"code":4002}"#.utf8))
    }

    @Test(
        "scenario 43: a refusal without a length that the connection does not survive is the answer"
    )
    func earlyRefusalWithReset() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.read()
            try connection.send("HTTP/1.1 413 Payload Too Large\r\n\r\n{\"code\":4002}")
            Thread.sleep(forTimeInterval: 0.2)
            connection.reset()
        }
        let file = try zeros("a", 64 << 20)
        let answer = try await transfer.answer(to: upload(file, to: server))
        #expect(answer.head.status == 413)
        #expect(answer.body == Array(#"{"code":4002}"#.utf8))
    }

    @Test("scenario 41: an upload that is cut midway says so")
    func cut() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            var count = 0
            while count < 3 << 20 { count += try connection.read().count }
            connection.reset()
        }
        let file = try zeros("a", 64 << 20)
        let error = await #expect(throws: TransferError.self) {
            try await transfer.answer(to: upload(file, to: server))
        }
        #expect(error?.kind == .cut)
        #expect(error?.answerBegan == false)
    }

    @Test("scenario 42: a connection that closes instead of answering is cut, with no answer begun")
    func noAnswer() async throws {
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.skipBody()
        }
        let error = await #expect(throws: TransferError.self) {
            try await transfer.answer(to: upload(file("a", Data(count: 100)), to: server))
        }
        #expect(error?.kind == .cut)
        #expect(error?.answerBegan == false)
    }

    // MARK: Files that are not what they were

    @Test("a file that is not there, is another size or no file is refused before any connection")
    func refusedFiles() async throws {
        let server = try mirror()
        let good = try file("a", Data(count: 10))
        let missing = UploadFile(
            path: folder.file("none"),
            filename: "a",
            mediaType: "a/b",
            byteCount: 10
        )
        let other = UploadFile(path: good.path, filename: "a", mediaType: "a/b", byteCount: 11)
        let folder = UploadFile(path: folder.path, filename: "a", mediaType: "a/b", byteCount: 10)
        for (bad, code) in [(missing, ENOENT), (other, 0), (folder, 0)] {
            let error = await #expect(throws: TransferError.self) {
                try await transfer.answer(to: upload(good, bad, to: server))
            }
            #expect(error?.kind == .file(code))
        }
        #expect(server.connectionCount == 0)
    }

    @Test("another file of the same size that took the name meanwhile is not sent")
    func exchangedFile() async throws {
        let server = try mirror()
        let path = folder.file("a.mp4")
        let head: [UInt8] = [0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0]
        try path.write(Data(head))
        let planned = try UploadFile.checked(path, limit: 1000)
        let secret = folder.file("secret")
        try secret.write(Data(count: head.count))
        try FileManager.default.removeItem(atPath: path.string)
        try FileManager.default.createSymbolicLink(
            atPath: path.string,
            withDestinationPath: secret.string
        )
        let error = await #expect(throws: TransferError.self) {
            try await transfer.answer(to: upload(planned, to: server))
        }
        #expect(error?.kind == .file(0))
        #expect(server.connectionCount == 0)
    }

    enum Change: CaseIterable {
        case shrinks
        case grows
        case vanishes
        case isRewritten
    }

    @Test(
        "scenario 46: a file that changes while it is sent fails the upload",
        arguments: Change.allCases
    )
    func changes(_ change: Change) async throws {
        let file = try zeros("a", 32 << 20)
        let path = file.path.string
        let server = try RawServer { connection in
            try connection.readHead()
            _ = try connection.read()
            switch change {
            case .shrinks: try FileHandle(forWritingTo: URL(filePath: path)).truncate(atOffset: 1)
            case .grows:
                let handle = try FileHandle(forWritingTo: URL(filePath: path))
                try handle.seekToEnd()
                try handle.write(contentsOf: Data(count: 1))
            case .vanishes: try FileManager.default.removeItem(atPath: path)
            case .isRewritten:
                let handle = try FileHandle(forWritingTo: URL(filePath: path))
                try handle.write(contentsOf: Data(count: 5))
            }
            _ = try connection.skipBody()
            try connection.answer("200 OK")
        }
        let error = await #expect(throws: TransferError.self) {
            try await transfer.answer(to: upload(file, to: server))
        }
        #expect(error?.kind == .file(change == .vanishes ? ENOENT : 0))
        try await eventually { server.openCount == 0 }
    }
}

extension FilePath {
    /// Lets the file have this many bytes, without writing them.
    func makeZeros(_ count: Int) throws {
        if !exists { try write(Data()) }
        try FileHandle(forWritingTo: URL(filePath: string)).truncate(atOffset: UInt64(count))
    }

    /// Times have the grain of a clock tick: a change right after the writing could be missed.
    func makeOld() throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)],
            ofItemAtPath: string
        )
    }
}
