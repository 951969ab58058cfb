import Core
import SystemPackage

/// Renders, from submission to file (§9).
extension World {
    struct Render: Sendable {
        var id: String
        var userID: String
        var script: RenderScript
        var startedAt: Duration
        /// Seconds since 1970, in real time.
        var createdAt: Double
        var completedAt: Double?
        var seconds: Double
        var polls = 0
        var completedPolls = 0
        var isCancelled = false
        var file: File = .making
    }

    enum File: Sendable {
        case making
        case made(FilePath, bytes: Int)
        case failed(String)
    }

    /// What has to be made for a render that was accepted.
    struct Job: Sendable {
        var renderID: String
        var product: RenderScript.Product
        var source: FilePath?
        /// Nil for a clip that was generated: there is no file of it.
        var generatedSeconds: Double?
        var lines: Int
        var target: ByteSize?
    }

    /// Takes a submission; the payload and the work, nil where the job was there before.
    mutating func submit(
        _ bytes: [UInt8],
        head: RequestHead,
        userID: String,
        now: Duration,
        date: Double
    ) throws(Refusal) -> (JSON, Job?) {
        let trio = ["x-skill-source", "x-skill-version", "x-skill-platform"]
        if trio.contains(where: { (head[$0] ?? "").isEmpty }) { throw Refusal(402) }
        guard let body = JSONReader.read(bytes), let id = body["id"]?.string, !id.isEmpty,
            let sessionID = body["sessionId"]?.string
        else { throw Refusal(422) }
        let session = try session(sessionID, of: userID)
        guard let draft = JSONReader.slice(of: "draft", in: bytes) else { throw Refusal(422) }
        inspect(draft, value: body["draft"], of: session)
        guard let timeline = session.draft,
            timeline.tracks.contains(where: { !$0.segments.isEmpty })
        else {
            journal.violate("a render of a session with nothing on its timeline")
            throw Refusal(422, "the draft is empty")
        }
        if let old = renders[id] {
            journal.violate("a render id submitted a second time")
            guard old.script.adoptsDuplicates else { throw Refusal(409, "render id exists") }
            return (submitPayload(id, status: "processing"), nil)
        }
        let script = scenario.nextRender()
        renders[id] = Render(
            id: id,
            userID: userID,
            script: script,
            startedAt: now,
            createdAt: date,
            seconds: Double(timeline.duration) / 1_000
        )
        let media = session.current.map { session.media[$0] }
        let isGenerated = timeline.tracks.first?.segments.first?.address == nil
        let job = Job(
            renderID: id,
            product: script.product ?? options.product,
            source: isGenerated ? nil : media?.path,
            generatedSeconds: isGenerated ? Double(timeline.duration) / 1_000 : nil,
            lines: lines(body["output"], session: session, source: head["x-skill-source"]),
            target: options.honoursSizeWish ? session.target : nil
        )
        return (submitPayload(id, status: "pending"), job)
    }

    private mutating func inspect(_ draft: [UInt8], value: JSON?, of session: Session) {
        // A draft that was served as text may come back as what the text says.
        let text = value?.string.map { Array($0.utf8) }
        let inner = session.served.map { JSONReader.read($0)?.string.map { Array($0.utf8) } }
        let places = session.served.indices.filter { index in
            session.served[index] == draft || inner[index] == draft
                || (text != nil && inner[index] == text)
        }
        guard let place = places.last else {
            journal.violate("a render whose draft is not, byte for byte, one that was served")
            return
        }
        if place != session.served.indices.last {
            journal.violate("a render with an older draft than the newest that was served")
        }
    }

    private func lines(_ output: JSON?, session: Session, source: String?) -> Int {
        if let text = output?["resolution"]?.string,
            let lines = Int(text.lowercased().hasSuffix("p") ? String(text.dropLast()) : text)
        {
            return lines
        }
        return session.lines ?? (source == "video-compressor-8mb" ? 720 : 1_080)
    }

    private func submitPayload(_ id: String, status: String) -> JSON {
        switch scenario.knobs.renderShape {
        case .bare, .wrapped: ["id": .string(id), "status": .string(status), "progress": 5]
        case .coded: ["id": .string(id)]
        }
    }

    /// The file of a render is there, or cannot be.
    mutating func finish(_ id: String, _ file: File, date: Double) {
        renders[id]?.file = file
        renders[id]?.completedAt = date
    }

    private func render(_ id: String, of userID: String) throws(Refusal) -> Render {
        guard let render = renders[id], render.userID == userID else {
            throw Refusal(404, "render not found")
        }
        return render
    }

    mutating func cancel(_ id: String, userID: String) throws(Refusal) -> JSON {
        var render = try render(id, of: userID)
        render.isCancelled = true
        renders[id] = render
        return ["id": .string(id), "status": "cancelled"]
    }

    /// The file of a completed render, for the service's own download (§9.4).
    func product(_ id: String, userID: String) throws(Refusal) -> FilePath {
        guard case .made(let path, _) = try render(id, of: userID).file else {
            throw Refusal(404, "not rendered yet")
        }
        return path
    }

    /// What a poll is told.
    mutating func poll(_ id: String, userID: String, now: Duration) throws(Refusal) -> JSON {
        var render = try render(id, of: userID)
        render.polls += 1
        let elapsed = Double((now - render.startedAt) / .milliseconds(1)) / 1_000
        let (status, progress) = render.progress(elapsed: elapsed)
        var output: JSON?
        if status == "completed", case .made(_, let bytes) = render.file {
            render.completedPolls += 1
            output = [
                "duration": .number(render.seconds),
                "size": .number(render.script.statedBytes ?? bytes),
            ]
            if let address = render.address(files) {
                output = output?.setting(["url"], to: .string(address))
            }
        }
        renders[id] = render
        return pollPayload(render, status: status, progress: progress, output: output)
    }

    private func pollPayload(
        _ render: Render,
        status: String,
        progress: JSON?,
        output: JSON?
    ) -> JSON {
        var json: JSON = [:]
        switch scenario.knobs.renderShape {
        case .bare:
            json = ["taskId": .string(render.id), "status": .string(status)]
            json = json.setting(["output"], to: output)
        case .wrapped:
            json = ["id": .string(render.id), "status": .string(status)]
            if let url = output?["url"] { json = json.setting(["outputUrl"], to: url) }
            json = json.setting(["createdAt"], to: .number(Int(render.createdAt * 1_000)))
            if output != nil, let date = render.completedAt {
                json = json.setting(["completedAt"], to: .number(Int(date * 1_000)))
            }
        case .coded:
            json = ["render_id": .string(render.id), "state": .string(status)]
            json = json.setting(["output"], to: output)
        }
        if let progress { json = json.setting(["progress"], to: progress) }
        if status == "failed" { json = json.setting(["error"], to: .string(render.failure)) }
        return json
    }

    /// The envelope that goes with the shape of the samples.
    func usualEnvelope(_ endpoint: Endpoint) -> Knobs.Envelope {
        switch (endpoint, scenario.knobs.renderShape) {
        case (.renderSubmit, .bare), (.renderSubmit, .wrapped), (.renderPoll, .wrapped): .e3
        case (.renderPoll, .bare): .e4
        default: .e1
        }
    }
}

extension World.Render {
    fileprivate func progress(elapsed: Double) -> (String, JSON?) {
        if isCancelled { return ("cancelled", nil) }
        var isDue = true
        var running: (String, JSON?) = ("processing", 95)
        switch script.course {
        case .stuck:
            isDue = false
            running = ("processing", 40)
        case .polls(let list):
            if polls <= list.count {
                isDue = false
                running = (list[polls - 1].status, list[polls - 1].progress)
            }
        case .timed(let seconds):
            isDue = elapsed >= seconds
            let part = seconds > 0 ? min(1, elapsed / seconds) : 1
            running = part < 0.07 ? ("pending", 5) : ("processing", .number(5 + Int(90 * part)))
        }
        guard isDue else { return running }
        if case .failed = script.end { return ("failed", nil) }
        switch file {
        case .making: return running
        case .failed: return ("failed", nil)
        case .made: return ("completed", 100)
        }
    }

    fileprivate var failure: String {
        if case .failed(let words) = script.end { return words }
        if case .failed(let words) = file { return words }
        return "render failed"
    }

    fileprivate func address(_ files: String) -> String? {
        switch script.address {
        case .given: "\(files)/render-result/\(id).mp4"
        case .never: nil
        case .late(let count): completedPolls > count ? "\(files)/render-result/\(id).mp4" : nil
        case .wrong: "\(files)/render-result/gone.mp4"
        }
    }
}
