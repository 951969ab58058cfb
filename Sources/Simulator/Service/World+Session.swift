import Core
import Foundation

/// Media, messages and the state of a session (§4 to §7).
extension World {
    /// Adds media to a session; the answer's payload.
    mutating func add(_ media: [Media], to id: String, userID: String) throws(Refusal) -> JSON {
        var session = try session(id, of: userID)
        for item in media where session.media.contains(where: { $0.isSame(as: item) }) {
            journal.violate("\(item.name) was uploaded again into a session that has it")
        }
        session.media += media
        if scenario.knobs.uploadFillsDraft, let first = media.first, session.draft == nil {
            session.current = session.media.count - media.count
            session.draft = Draft(of: first, title: session.taskName)
        }
        sessions[id] = session
        return uploadPayload(media)
    }

    private func uploadPayload(_ media: [Media]) -> JSON {
        let knobs = scenario.knobs
        let list = JSON.array(media.map { $0.json(optional: knobs.optionalFields) })
        var data: JSON
        switch knobs.uploadShape {
        case .files: data = ["files": list]
        case .uploadedFiles:
            data = ["uploaded_files": .array(media.map { ["url": .string($0.address)] })]
        case .array: return list
        case .emptyList: data = ["files": []]
        }
        if let applied = knobs.sessionStateApplied {
            data = data.setting(["session_state_applied"], to: .bool(applied))
        }
        return data
    }

    // MARK: State (§7)

    /// The payload of a state call, after the changes that were waiting for it.
    mutating func state(_ id: String, userID: String, now: Duration) throws(Refusal) -> JSON {
        var session = try session(id, of: userID)
        session.mature(now: now)
        let draft = draftJSON(session)
        if let bytes = draft?.bytes, session.served.last != bytes { session.served.append(bytes) }
        sessions[id] = session
        for text in messages.keys { messages[text]?.stateWasRead = true }

        let canvas: JSON
        if let draft = session.draft {
            canvas = ["width": .number(draft.width), "height": .number(draft.height)]
        } else {
            canvas = [:]
        }
        var state: JSON = [:]
        if let draft { state = state.setting(["draft"], to: draft) }
        let infos = session.media.map { $0.json(optional: true) }
        state = state.setting(["video_infos"], to: .array(infos))
        state = state.setting(["generated_media"], to: .array(session.generated))
        state = state.setting(["canvas_config"], to: canvas)
        state = state.setting(["video_analyses"], to: [:])
        if scenario.knobs.stateFilling > 0 {
            let filling = String(repeating: "x", count: scenario.knobs.stateFilling)
            state = state.setting(["filling"], to: .string(filling))
        }
        if scenario.knobs.stateShape == .flat { return state }
        var data: JSON = [
            "session_id": .string(id), "task_id": .string(session.taskID),
            "task_name": .string(session.taskName),
        ]
        if scenario.knobs.optionalFields {
            data = data.setting(["user_id"], to: .string(userID))
        }
        return data.setting(["state"], to: state)
    }

    private func draftJSON(_ session: Session) -> JSON? {
        let traps = scenario.knobs.draftTraps
        switch scenario.knobs.draftForm {
        case .absent: return nil
        case .null: return .null
        case .empty: return [:]
        case .object: return session.draft?.json(traps: traps) ?? .null
        case .emptySegments: return session.draft?.json(traps: traps, emptySegments: true) ?? .null
        case .string:
            guard let draft = session.draft?.json(traps: traps) else { return .null }
            return .string(String(decoding: draft.bytes, as: UTF8.self))
        }
    }

    // MARK: Messages (§4)

    /// Takes a message; what the agent will do with it.
    mutating func begin(_ message: String, in id: String, userID: String) throws(Refusal) -> Answer
    {
        var session = try session(id, of: userID)
        if session.isRunning {
            journal.violate("a second message in a session while the first is being worked on")
        }
        let answer = Answer.to(message, hasMedia: !session.media.isEmpty || session.draft != nil)
        let cost = answer.isGeneration ? options.creditsPerGeneration : options.creditsPerMessage
        guard var user = users[userID], user.available >= cost else { throw Refusal(2001) }
        user.available -= cost
        user.frozen += cost
        users[userID] = user
        session.isRunning = true
        session.target = Answer.Change.size(in: message)
        session.pick(for: message)
        sessions[id] = session
        return answer
    }

    /// Ends a message's work: what was frozen is charged, the rest given back.
    mutating func end(in id: String, userID: String, isGeneration: Bool, cost: Int?) {
        let frozen = isGeneration ? options.creditsPerGeneration : options.creditsPerMessage
        sessions[id]?.isRunning = false
        users[userID]?.frozen -= frozen
        users[userID]?.available += frozen - min(frozen, cost ?? frozen)
    }

    /// Makes a change now, or leaves it waiting.
    mutating func change(
        _ change: Answer.Change,
        in id: String,
        when: Turn.When,
        now: Duration
    ) {
        switch when {
        case .now: sessions[id]?.apply(change)
        case .atRead(let count):
            sessions[id]?.waiting.append(WaitingChange(change: change, readsLeft: count))
        case .after(let time):
            sessions[id]?.waiting.append(WaitingChange(change: change, at: now + time))
        }
    }

    /// The draft as an event would tell it.
    func draftHint(_ id: String) -> JSON {
        guard let draft = sessions[id]?.draft else { return [:] }
        return ["draft": draft.json(traps: false)]
    }
}

extension World.Session {
    /// Chooses what a message is about: the file it names, else the newest one.
    fileprivate mutating func pick(for message: String) {
        let named = media.lastIndex { message.contains($0.name) }
        guard let index = named ?? media.indices.last, index != current else { return }
        current = index
        // The next file begins a timeline of its own; it is seen with the first change.
        freshTimeline = true
    }

    /// Applies what was waiting for this reading or this moment.
    fileprivate mutating func mature(now: Duration) {
        var left: [World.WaitingChange] = []
        var ripe: [Answer.Change] = []
        for var item in waiting {
            if let reads = item.readsLeft {
                item.readsLeft = reads - 1
                if reads <= 1 { ripe.append(item.change) } else { left.append(item) }
            } else if let at = item.at, at > now {
                left.append(item)
            } else {
                ripe.append(item.change)
            }
        }
        waiting = left
        for change in ripe { apply(change) }
    }

    fileprivate mutating func apply(_ change: Answer.Change) {
        if freshTimeline, let current {
            draft = Draft(of: media[current], title: taskName)
            freshTimeline = false
        }
        var draft = draft ?? Draft(title: taskName, width: 1920, height: 1080)
        switch change {
        case .compress(let target, let lines):
            draft.notes.removeAll { $0.key == "target_bytes" || $0.key == "target_height" }
            if let target { draft.notes.append(.init("target_bytes", .number(target.bytes))) }
            if let lines { draft.notes.append(.init("target_height", .number(lines))) }
            if target == nil, lines == nil { draft.notes.append(.init("compress", true)) }
            self.lines = lines
        case .music(let name):
            let segment = Draft.Segment(duration: draft.duration, name: name, volume: 0.35)
            draft.tracks.append(.init(kind: 1, segments: [segment]))
        case .title(let text):
            let length = min(3_000, max(draft.duration, 1))
            draft.tracks.append(
                .init(kind: 7, segments: [.init(duration: length, text: text)])
            )
        case .subtitles(let isChinese):
            draft.tracks.append(.init(kind: 7, segments: Self.subtitles(isChinese, draft.duration)))
        case .trim(let seconds): draft.trim(to: Int(seconds * 1_000))
        case .generate(let name):
            let segment = Draft.Segment(duration: 5_000, name: name)
            draft.tracks.removeAll { $0.kind == 0 }
            draft.tracks.insert(.init(kind: 0, segments: [segment]), at: 0)
            generated.append(["name": .string(name), "duration": 5])
        case .note(let text): draft.notes.append(.init("note", .string(text)))
        }
        self.draft = draft
    }

    private static func subtitles(_ isChinese: Bool, _ duration: Int) -> [Draft.Segment] {
        let words = isChinese ? ["大家好", "欢迎观看"] : ["Hello everyone", "and welcome"]
        return words.enumerated().map { index, text in
            .init(start: index * duration / 2, duration: max(1, duration / 2), text: text)
        }
    }
}

extension Draft {
    /// A timeline with one clip.
    init(of media: World.Media, title: String) {
        let milliseconds = Int((media.seconds ?? 5) * 1_000)
        self.init(
            title: title,
            width: media.size?.width ?? 1920,
            height: media.size?.height ?? 1080,
            tracks: [
                Track(
                    kind: 0,
                    segments: [
                        Segment(
                            duration: max(1, milliseconds),
                            name: media.name,
                            address: media.address
                        )
                    ]
                )
            ]
        )
    }

    fileprivate mutating func trim(to end: Int) {
        for track in tracks.indices {
            tracks[track].segments = tracks[track].segments.compactMap { segment in
                guard segment.start < end else { return nil }
                var segment = segment
                segment.duration = min(segment.duration, end - segment.start)
                return segment
            }
        }
    }
}

extension World.Media {
    fileprivate func isSame(as other: World.Media) -> Bool {
        name == other.name && bytes == other.bytes && hash == other.hash
    }

    /// As in `data.files[]` and in `video_infos`.
    func json(optional: Bool) -> JSON {
        var json: JSON = [
            "filename": .string(name), "file_type": .string(kind), "cdn_url": .string(address),
        ]
        if let seconds { json = json.setting(["duration"], to: .number(seconds)) }
        if let size {
            json = json.setting(["width"], to: .number(size.width))
            json = json.setting(["height"], to: .number(size.height))
        }
        guard optional else { return json }
        if let rate { json = json.setting(["fps"], to: .number(rate)) }
        json = json.setting(["size"], to: .number(bytes))
        return json.setting(["hash"], to: .string(hash))
    }
}
