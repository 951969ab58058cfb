import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Cloud

/// What transfers leave in a process, each in one of its own: other tests open files too.
@Suite struct TransferTraceTests {
    @Test("a disk that takes no more is an error of the file")
    func diskFull() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder()
            let path = folder.file("part")
            let server = try RawServer { connection in
                try connection.readHead()
                try connection.answer("200 OK", body: [UInt8](repeating: 1, count: 1 << 20))
            }
            // A full disk cannot be made without rights; a limit on the size of files can.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
            #if canImport(Glibc)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #else
            _ = unsafe setrlimit(RLIMIT_FSIZE, &limit)
            #endif
            let error = await #expect(throws: TransferError.self) {
                try await Transfer(environment: [:]).download(
                    HTTPRequest(.get, server.url),
                    to: path
                )
            }
            #expect(error?.kind == .file(EFBIG))
            #expect(path.byteCount == 100_000)
        }
    }

    #if os(Linux)
    @Test(
        "scenario 46: 200 MB go up and come down without being in memory",
        .disabled(if: Process.isSanitized, "the address sanitizer keeps what was freed")
    )
    func memory() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder()
            let count = 200 << 20
            let path = folder.file("big")
            try path.makeZeros(count)
            let server = try RawServer { connection in
                try connection.readHead()
                if connection.head.hasPrefix("POST") {
                    try connection.answer("200 OK", body: Array("\(connection.skipBody())".utf8))
                } else {
                    try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n")
                    let block = [UInt8](repeating: 1, count: 1 << 16)
                    for _ in 0..<(count >> 16) { try connection.send(block) }
                }
            }
            let transfer = Transfer(environment: [:])
            // Everything is loaded and has run once.
            _ = try await transfer.answer(to: HTTPRequest(.post, server.url))
            let before = UploadTrial.residentBytes
            let most = Locked(0)
            let look: @Sendable (TransferProgress) -> Void = { _ in
                most.withLock { $0 = max($0, UploadTrial.residentBytes) }
            }
            let file = UploadFile(
                path: path,
                filename: "big.mp4",
                mediaType: "video/mp4",
                byteCount: Int64(count)
            )
            let body = HTTPRequest.Body.files([file], field: "files")
            let answer = try await transfer.answer(
                to: HTTPRequest(.post, server.url, body: body),
                progress: look
            )
            #expect(answer.head.status == 200)
            let part = folder.file("part")
            _ = try await transfer.download(
                HTTPRequest(.get, server.url),
                to: part,
                progress: look
            )
            #expect(part.byteCount == count)
            #expect(most.withLock { $0 } > 0)
            #expect(most.withLock { $0 } - before < 40 << 20)
        }
    }

    @Test("scenario 58: nothing stays open after answers, cuts, stalls, refusals and cancelling")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let folder = try Folder()
            let path = folder.file("a")
            try path.makeZeros(400_000)
            let server = try RawServer { connection in
                try connection.readHead()
                switch connection.head.split(separator: " ")[1] {
                case "/ok": try connection.answer("\(connection.skipBody() < 0 ? 500 : 200) OK")
                case "/early": try connection.answer("413 No")
                case "/cut": connection.reset()
                case "/short":
                    try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
                default: connection.waitForClose()
                }
            }
            let transfer = Transfer(environment: [:])
            var before = 0
            for round in 0..<5 {
                // After the first, everything that is opened once for all is open.
                if round == 1 { before = Process.openFileCount }
                for name in ["/ok", "/early", "/cut", "/short", "/silent"] {
                    let file = UploadFile(
                        path: path,
                        filename: "a",
                        mediaType: "video/mp4",
                        byteCount: 400_000
                    )
                    var post = HTTPRequest(
                        .post,
                        server.url + name,
                        body: .files([file, file], field: "files")
                    )
                    post.limits.idle = .milliseconds(50)
                    var get = HTTPRequest(.get, server.url + name)
                    get.limits.idle = .milliseconds(50)
                    _ = try? await transfer.answer(to: post)
                    _ = try? await transfer.download(get, to: folder.file("part"))
                    let stream = try? await transfer.stream(get)
                    _ = try? await stream?.next()
                    let task = Task { try await transfer.answer(to: post) }
                    try? await Task.sleep(for: .milliseconds(2))
                    task.cancel()
                    _ = try? await task.value
                }
            }
            try await eventually {
                server.openCount == 0 && Process.openFileCount <= before
                    && !Process.threadNames.contains("cinch")
            }
            #expect(Process.openFileCount <= before)
            #expect(folder.names == ["a", "part"])
        }
    }

    /// What Linux knows about this process.
    enum Process {
        static var openFileCount: Int { list("/proc/self/fd").count }
        static var isSanitized: Bool { unsafe dlsym(nil, "__asan_init") != nil }

        static var threadNames: [String] {
            list("/proc/self/task").compactMap { id in
                try? String(contentsOfFile: "/proc/self/task/\(id)/comm", encoding: .utf8)
                    .trimmingCharacters(in: .newlines)
            }
        }

        private static func list(_ path: String) -> Set<String> {
            Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
        }
    }
    #endif
}
