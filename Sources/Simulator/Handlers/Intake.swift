import Core
import Engine
import Foundation
import SystemPackage

/// Takes a request's body in the way its behaviour says; forms go to disk as they come.
struct Intake: Sendable {
    let service: Service
    let visit: Desk.Visit

    enum Taken: Sendable {
        case unread
        case bytes([UInt8])
        case form([Received])
        /// The connection is to be ended now.
        case cut(resetting: Bool)
        /// The answer is due though the body still comes; `isDeaf`: nothing is read any more.
        case unfinished(isDeaf: Bool)

        var bytes: [UInt8] { if case .bytes(let bytes) = self { bytes } else { [] } }

        var json: JSON? { JSONReader.read(bytes) }
    }

    /// A part of a form, on disk.
    struct Received: Sendable {
        var part: MultipartReader.Part
        var path: FilePath
        var bytes = 0
        /// The same for the same bytes in one process.
        var hash = ""
    }

    private static let longestJSON = 64 << 20

    func take(_ body: inout Body) async throws(Connection.Failure) -> Taken {
        let reading = visit.behaviour.reading
        if visit.head["expect"]?.lowercased() == "100-continue", !body.isComplete {
            switch reading {
            case .early(0), .deaf(0): break
            default: try await visit.connection.write("HTTP/1.1 100 Continue\r\n\r\n")
            }
        }
        let type = visit.head["content-type"] ?? ""
        if visit.route.endpoint == .upload, type.lowercased().hasPrefix("multipart/") {
            return try await form(&body, type: type)
        }
        var bytes: [UInt8] = []
        let end = try await read(&body) { more in bytes += more }
        note(parts: [], body: body, json: bytes)
        return end ?? .bytes(bytes)
    }

    /// Hands over the body piece by piece; what ended it early, if anything did.
    private func read(
        _ body: inout Body,
        _ use: ([UInt8]) async throws(Connection.Failure) -> Void
    ) async throws(Connection.Failure) -> Taken? {
        let reading = visit.behaviour.reading
        var most = 64 << 10
        if case .throttled(let rate) = reading { most = max(1, min(most, rate / 20)) }
        while true {
            switch reading {
            case .whole, .throttled: break
            case .cut(let part, let resetting):
                let limit = Int(part * Double(body.announced ?? 0))
                if body.count >= limit { return .cut(resetting: resetting) }
                most = min(most, limit - body.count)
            case .early(let count):
                if body.count >= count { return .unfinished(isDeaf: false) }
                most = min(most, count - body.count)
            case .deaf(let count):
                if body.count >= count { return .unfinished(isDeaf: true) }
                most = min(most, count - body.count)
            }
            guard let bytes = try await body.next(from: visit.connection, atMost: most) else {
                return nil
            }
            if case .throttled(let rate) = reading {
                let time = Duration.seconds(Double(bytes.count) / Double(rate))
                do { try await service.clock.sleep(for: time) } catch { throw .lost }
            }
            if bytes.count > Self.longestJSON { throw .malformed("a body over 64 MiB") }
            try await use(bytes)
        }
    }

    // MARK: Forms (§5.1)

    private func form(
        _ body: inout Body,
        type: String
    ) async throws(Connection.Failure) -> Taken {
        guard let reader = MultipartReader(contentType: type) else {
            throw .malformed("a form without a boundary")
        }
        let store = FormStore(reader, service: service)
        let end: Taken?
        do {
            end = try await read(&body) { bytes async throws(Connection.Failure) in
                try store.take(bytes)
            }
        } catch {
            note(parts: store.received, body: body, json: nil)
            throw error
        }
        note(parts: store.received, body: body, json: nil)
        if let end { return end }
        if !store.isFinished {
            service.with { $0.journal.violate("a form that ends before its last boundary") }
        }
        return .form(store.received)
    }

    private func note(parts: [Received], body: Body, json: [UInt8]?) {
        let (endpoint, head) = (visit.route.endpoint, visit.head)
        let count = body.count
        service.with { world in
            let text = json.flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
                .map(world.journal.redacted)
            world.journal.note(visit.number) { recorded in
                recorded.bodyBytes = count
                recorded.body = text
                recorded.parts = parts.map {
                    .init(
                        name: $0.part.name,
                        filename: $0.part.filename,
                        mediaType: $0.part.mediaType,
                        bytes: $0.bytes
                    )
                }
            }
            if let json, body.isComplete {
                let value = json.isEmpty ? nil : JSONReader.read(json)
                if !json.isEmpty, value == nil {
                    world.journal.violate("\(endpoint.rawValue) with a body that is not JSON")
                }
                world.inspect(value, of: endpoint, head: head)
            } else if json == nil {
                world.inspect(parts, head: head)
            }
        }
    }

    // MARK: What was sent, as media

    private static let kinds: [String: String] = [
        "mp4": "video", "mov": "video", "avi": "video", "webm": "video", "mkv": "video",
        "jpg": "image", "jpeg": "image", "png": "image", "gif": "image", "webp": "image",
        "mp3": "audio", "wav": "audio", "m4a": "audio", "aac": "audio",
    ]

    /// The media of a form or of a list of addresses.
    func media(_ taken: Taken) async throws(Refusal) -> [World.Media] {
        switch taken {
        case .form(let parts):
            let files = parts.filter { $0.part.name == "files" }
            guard !files.isEmpty else { throw Refusal(422) }
            if files.contains(where: { $0.bytes > service.options.largestUpload }) {
                throw Refusal(4002)
            }
            var media: [World.Media] = []
            for file in files { media.append(try await one(file)) }
            return media
        case .bytes:
            let addresses = taken.json?["urls"]?.array?.compactMap(\.string) ?? []
            guard !addresses.isEmpty else { throw Refusal(422) }
            var media: [World.Media] = []
            for address in addresses { media.append(try remote(address)) }
            return media
        case .unread, .cut, .unfinished: throw Refusal(422)
        }
    }

    private func one(_ file: Received) async throws(Refusal) -> World.Media {
        let name = file.part.filename ?? "file"
        guard let kind = Self.kinds[Self.ending(of: name)] else { throw Refusal(4001) }
        let folded = name.unicodeScalars.map { scalar in
            CharacterSet.alphanumerics.contains(scalar) && scalar.isASCII || scalar == "."
                ? String(scalar) : "_"
        }
        let hosted = service.with { world in
            let path = "/uploads/\(world.next())/\(folded.joined())"
            world.hosted[path] = file.path
            return world.files + path
        }
        var media = World.Media(
            name: name,
            kind: kind,
            path: file.path,
            address: hosted,
            bytes: file.bytes,
            hash: file.hash
        )
        switch kind {
        case "video":
            // Bytes that are no video are taken all the same, with facts as in the samples:
            // tests send them, and the render is what fails.
            let source = try? await Compressor().probeVideo(file.path)
            media.seconds = source?.durationSeconds ?? 10
            media.size = source?.video.displaySize ?? PixelSize(width: 1_920, height: 1_080)
            media.rate = source?.video.frameRate.value ?? 30
        case "audio": media.seconds = 10
        default: media.size = PixelSize(width: 1_920, height: 1_080)
        }
        return media
    }

    private func remote(_ address: String) throws(Refusal) -> World.Media {
        let path = String(address.prefix { $0 != "?" })
        let name = String(path.split(separator: "/").last ?? "file")
        guard address.hasPrefix("http://") || address.hasPrefix("https://"),
            let kind = Self.kinds[Self.ending(of: name)]
        else { throw Refusal(4001) }
        return World.Media(
            name: name,
            kind: kind,
            path: nil,
            address: address,
            bytes: 0,
            hash: "",
            seconds: kind == "image" ? nil : 10,
            size: kind == "audio" ? nil : PixelSize(width: 1_920, height: 1_080)
        )
    }

    private static func ending(of name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }
}

extension World {
    /// Looks at the parts of a form.
    mutating func inspect(_ parts: [Intake.Received], head: RequestHead) {
        if head["content-length"] == nil { journal.violate("an upload without Content-Length") }
        for part in parts.map(\.part) {
            if part.name != "files" { journal.violate("a form field named `\(part.name)`") }
            if part.filename == nil { journal.violate("a form part without a filename") }
            if part.mediaType == nil { journal.violate("a form part without a type") }
        }
    }
}

/// Writes the parts of a form to disk while they come.
private final class FormStore {
    private(set) var received: [Intake.Received] = []
    private var reader: MultipartReader
    private var file: FileDescriptor?
    private var hasher = Hasher()
    private let service: Service

    init(_ reader: MultipartReader, service: Service) {
        (self.reader, self.service) = (reader, service)
    }

    deinit { try? file?.close() }

    var isFinished: Bool { reader.isFinished }

    func take(_ bytes: [UInt8]) throws(Connection.Failure) {
        do {
            for event in try reader.feed(bytes) { try take(event) }
        } catch let error as MultipartReader.Malformed {
            throw .malformed(error.why)
        } catch {
            throw .malformed("a form that could not be stored")
        }
    }

    private func take(_ event: MultipartReader.Event) throws {
        switch event {
        case .begin(let part):
            let ending = part.filename?.split(separator: ".").last.map(String.init) ?? "bin"
            let isPlain = ending.utf8.allSatisfy { (0x30...0x7A).contains($0) && $0 != 0x5C }
            let path = service.newFile("-upload.\(isPlain ? ending.lowercased() : "bin")")
            file = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
            hasher = Hasher()
            received.append(Intake.Received(part: part, path: path))
        case .bytes(let bytes):
            _ = try file?.writeAll(bytes)
            unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
            received[received.count - 1].bytes += bytes.count
        case .end:
            let finished = file.take()
            try finished?.close()
            let sum = UInt(bitPattern: hasher.finalize())
            received[received.count - 1].hash = String(sum, radix: 16)
        }
    }
}
