import Core
import Foundation
import SystemPackage

/// The file host: uploads and results, with ranges.
struct FileDesk: Sendable {
    let service: Service

    func serve(
        _ head: RequestHead,
        _ connection: Connection
    ) async throws(Connection.Failure) -> Bool {
        let now = service.clock.now
        let (number, behaviour, path) = service.with { world in
            let number = world.journal.record(
                head,
                port: .files,
                endpoint: .file,
                connection: connection.number,
                time: now
            )
            world.inspectFile(head)
            let behaviour = world.scenario.next(.file)
            for deed in behaviour.deeds { world.perform(deed) }
            return (number, behaviour, world.file(at: head.path))
        }
        for case .wait(let time) in behaviour.deeds {
            do { try await service.clock.sleep(for: time) } catch { throw .lost }
        }
        var body = Body(try Desk.framing(of: head))
        _ = try await body.whole(from: connection)
        let sender = Sender(
            service: service,
            connection: connection,
            number: number,
            delivery: behaviour.delivery
        )
        if case .usual = behaviour.reply {
            guard ["GET", "HEAD"].contains(head.method), let path else {
                let reply = HTTPAnswer(status: 404, type: "application/xml", body: Self.missing)
                return try await sender.send(reply, to: head)
            }
            return try await send(path, to: head, by: sender)
        }
        return try await sender.answer(behaviour, nil, usual: .e4, to: head)
    }

    private static let missing = Array("<Error><Code>NoSuchKey</Code></Error>".utf8)

    /// Sends a file or the range of it that was asked for.
    func send(
        _ path: FilePath,
        to head: RequestHead,
        by sender: Sender
    ) async throws(Connection.Failure) -> Bool {
        guard let file = try? RegularFile(path, for: .reading) else {
            return try await sender.send(
                HTTPAnswer(status: 404, type: "application/xml", body: Self.missing),
                to: head
            )
        }
        let count = (try? file.byteCount) ?? 0
        let mark = "\"\(path.lastComponent?.string ?? "")-\(count)\""
        var lines = [("Content-Type", "video/mp4"), ("ETag", mark)]
        var range = 0..<count
        var status = 200
        if service.with({ $0.scenario.knobs.ranges }) {
            lines.append(("Accept-Ranges", "bytes"))
            if let asked = head["range"], head["if-range"].map({ $0 == mark }) ?? true {
                guard let found = Self.range(asked, of: count) else {
                    let reply = HTTPAnswer(
                        status: 416,
                        type: "text/plain",
                        body: [],
                        headers: [("Content-Range", "bytes */\(count)")]
                    )
                    return try await sender.send(reply, to: head)
                }
                (range, status) = (found, 206)
                lines.append(
                    ("Content-Range", "bytes \(found.lowerBound)-\(found.upperBound - 1)/\(count)")
                )
            }
        }
        let delivery = sender.delivery
        let isLast = sender.wantsClose(head) || delivery.cutAt != nil || delivery.lengthError != 0
        lines.append(("Content-Length", String(range.count + delivery.lengthError)))
        if isLast { lines.append(("Connection", "close")) }
        sender.note(status: status)
        try await sender.connection.write(Sender.head(status, lines))
        if head.method == "HEAD" { return !isLast }
        var left = delivery.cutAt.map { Int(Double(range.count) * $0) } ?? range.count
        var offset = range.lowerBound
        while left > 0 {
            guard let bytes = try? file.bytes(from: offset, atMost: min(left, 256 << 10)),
                !bytes.isEmpty
            else { throw .lost }
            left -= bytes.count
            offset += bytes.count
            try await sender.trickle(bytes)
        }
        if delivery.cutAt != nil {
            await sender.connection.close(resetting: delivery.resetting)
            return false
        }
        return !isLast
    }

    /// One range of `bytes=…`; nil where it cannot be had.
    static func range(_ text: String, of count: Int) -> Range<Int>? {
        guard text.hasPrefix("bytes="), !text.contains(",") else { return nil }
        let ends = text.dropFirst("bytes=".count)
            .split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        if ends[0].isEmpty {
            guard let length = Int(ends[1]), length > 0, count > 0 else { return nil }
            return max(0, count - length)..<count
        }
        guard let first = Int(ends[0]), first >= 0, first < count else { return nil }
        if ends[1].isEmpty { return first..<count }
        guard let last = Int(ends[1]), last >= first else { return nil }
        return first..<min(count, last + 1)
    }
}

extension World {
    /// What the file host has at a path.
    func file(at path: String) -> FilePath? {
        if let hosted = hosted[path] { return hosted }
        let (start, end) = ("/render-result/", ".mp4")
        guard path.hasPrefix(start), path.hasSuffix(end) else { return nil }
        let id = String(path.dropFirst(start.count).dropLast(end.count)).removingPercentEncoding
        guard let id, case .made(let file, _)? = renders[id]?.file else { return nil }
        return file
    }
}
