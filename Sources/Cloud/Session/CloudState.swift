/// What the service knows of a session (§7), in whichever shape it comes.
package struct CloudState: Sendable {
    /// The draft as it came; nil if it is absent, `null`, `{}` or an empty string.
    package var draft: JSONValue?
    /// The draft read for display; nil without a draft or for one of another kind (XML).
    package var timeline: Timeline?
    /// Uploaded and generated clips, as they came.
    package var videoInfos: [JSONValue]
    /// How many pieces of media the service made.
    package var generatedMediaCount: Int
    /// From `canvas_config`, else from the draft.
    package var width: Int?
    /// From `canvas_config`, else from the draft.
    package var height: Int?
    /// The project that the session belongs to.
    package var taskID: String?
    /// For the registration link (§12); not secret, but it identifies the person.
    package var bindID: String?

    /// Reads the `data` of an answer, with or without a `state` level.
    package init(data: JSONValue) {
        var state = data
        if let inner = data["state"] {
            if inner.kind == .object {
                state = inner
            } else if let text = inner.string,
                let document = try? JSONDocument(Array(text.utf8))
            {
                state = document.root
            }
        }
        draft = state["draft"].flatMap { $0.isVoidDraft ? nil : $0 }
        timeline = draft.flatMap(Timeline.init(draft:))
        videoInfos = state["video_infos"]?.elements ?? []
        generatedMediaCount = state["generated_media"]?.elements.count ?? 0
        let canvas = state["canvas_config"]
        width = canvas?["width"]?.int.flatMap(Int.init(exactly:)) ?? timeline?.width
        height = canvas?["height"]?.int.flatMap(Int.init(exactly:)) ?? timeline?.height
        taskID = data["task_id"]?.text ?? state["task_id"]?.text
        bindID = [data, state].lazy.compactMap { $0["bind_id"]?.text ?? $0["user_id"]?.text }.first
    }

    /// The draft for a render request: exactly the bytes that came (§9.2).
    package var draftBytes: [UInt8]? { draft?.bytes }

    /// Whether there is anything in it.
    var hasContent: Bool { draft != nil || !videoInfos.isEmpty || generatedMediaCount > 0 }

    /// Whether a render would have something to show (§7.1).
    ///
    /// The XML drafts of a newer product are passed on unread: for them a clip is enough.
    package var isReadyForExport: Bool {
        timeline?.isReadyForExport ?? draft?.string?.contains("<clip") ?? false
    }

    /// A short name for what is on the timeline; empty for nothing.
    package var draftFingerprint: String {
        timeline?.fingerprint ?? draft.map { Fingerprint.of($0.canonical) } ?? ""
    }

    /// A short name for all that can change while the agent works.
    package var fingerprint: String {
        Fingerprint.of(
            "\(draftFingerprint) \(videoInfos.count) \(generatedMediaCount) \(width ?? 0)x\(height ?? 0)"
                .utf8
        )
    }

    /// What changed, in sentences for a person; empty if nothing did (§4.10).
    package static func difference(from old: CloudState, to new: CloudState) -> [String] {
        var sentences = Timeline.difference(from: old.timeline, to: new.timeline)
        let clips = new.videoInfos.count - old.videoInfos.count
        if clips > 0 {
            sentences.append(
                "\(clips == 1 ? "A clip was" : "\(clips) clips were") added to the media."
            )
        } else if clips < 0 {
            sentences.append(
                "\(clips == -1 ? "A clip was" : "\(-clips) clips were") removed from the media."
            )
        }
        let made = new.generatedMediaCount - old.generatedMediaCount
        if made > 0 {
            let pieces = made == 1 ? "A new piece of media was" : "\(made) new pieces of media were"
            sentences.append("\(pieces) generated.")
        }
        if let from = old.size, let to = new.size, from != to {
            sentences.append("The picture is now \(to) instead of \(from).")
        }
        if sentences.isEmpty, old.fingerprint != new.fingerprint {
            sentences.append("The project changed, in details that have no words here.")
        }
        return sentences
    }

    private var size: String? {
        guard let width, let height else { return nil }
        return "\(width)×\(height)"
    }
}

extension JSONValue {
    /// A list that may also come as an object.
    fileprivate var elements: [JSONValue] { array ?? object?.map(\.value) ?? [] }

    fileprivate var isVoidDraft: Bool {
        switch kind {
        case .object, .array: count == 0
        case .string: string.map { ["", "{}", "null"].contains(PlainText.cleaned($0)) } ?? true
        case .number, .bool, .null: true
        }
    }
}
