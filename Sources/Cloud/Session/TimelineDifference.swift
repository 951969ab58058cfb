extension Timeline {
    /// What changed between two drafts, in sentences for a person; empty if nothing did, or
    /// nothing that can be named (§4.10).
    package static func difference(from old: Timeline?, to new: Timeline?) -> [String] {
        guard let new else {
            return (old?.tracks.isEmpty ?? true) ? [] : ["The timeline is empty now."]
        }
        let before = old?.tracks ?? []
        var sentences: [String] = []
        var lengthIsTold = false
        for kind in [Kind.video, .audio, .text, .other] {
            let pairs = matched(
                before.filter { $0.kind == kind },
                new.tracks.filter { $0.kind == kind }
            )
            for pair in pairs {
                switch pair {
                case (let track?, nil): sentences.append("Removed \(track.mention).")
                case (nil, let track?): sentences.append("Added \(track.mention).")
                case (let from?, let to?): sentences += to.changes(since: from)
                case (nil, nil): break
                }
                lengthIsTold = lengthIsTold || pair.0?.range != pair.1?.range
            }
        }
        if let title = new.title, let was = old?.title, title != was {
            sentences.append("The project is now called \"\(title)\" instead of \"\(was)\".")
        }
        if !lengthIsTold, let length = new.duration, let was = old?.duration, length != was {
            sentences.append(
                "The project is now \(seconds(length)) s long instead of \(seconds(was)) s."
            )
        }
        return sentences
    }

    /// Pairs the tracks of one kind: those that stayed as they are leave first, the rest goes by
    /// order.
    private static func matched(_ old: [Track], _ new: [Track]) -> [(Track?, Track?)] {
        var gone: [Track] = []
        var rest = new
        for track in old {
            if let place = rest.firstIndex(of: track) {
                rest.remove(at: place)
            } else {
                gone.append(track)
            }
        }
        return (0..<max(gone.count, rest.count)).map { place in
            (
                place < gone.count ? gone[place] : nil,
                place < rest.count ? rest[place] : nil
            )
        }
    }
}

extension Timeline.Track {
    /// `a title: "Urban Dreams" (0-3s)`.
    fileprivate var mention: String {
        let words = summary.drop { $0 != ":" && $0 != "(" }
        let blank = words.first == "(" ? " " : ""
        return "\(kind == .text && segments.count > 1 ? "titles" : article)\(blank)\(words)"
    }

    private var article: String {
        switch kind {
        case .video: "a video track"
        case .audio: "music"
        case .text: "a title"
        case .other: "a track of another kind"
        }
    }

    private var subject: String {
        switch kind {
        case .video: "The video"
        case .audio: "The music"
        case .text: segments.count > 1 ? "The titles" : "The title"
        case .other: "A track of another kind"
        }
    }

    /// What is different, each in a sentence.
    fileprivate func changes(since old: Timeline.Track) -> [String] {
        var sentences: [String] = []
        let count = segments.count
        let isPlural = kind == .text && count > 1
        let verb = isPlural ? "are" : "is"
        if count != old.segments.count {
            let unit = count == 1 ? "piece" : "pieces"
            sentences.append(
                "\(subject) now \(isPlural ? "have" : "has") \(count) \(unit)"
                    + " instead of \(old.segments.count)."
            )
        }
        if label != old.label, let label {
            let now = kind == .text ? "now \(isPlural ? "read" : "reads")" : "\(verb) now"
            let was = old.label.map { " instead of \($0)" } ?? ""
            sentences.append("\(subject) \(now) \(label)\(was).")
        }
        if range != old.range, let range {
            let was = old.range.map { " instead of \($0)" } ?? ""
            sentences.append("\(subject) now \(isPlural ? "run" : "runs") \(range)\(was).")
        }
        if volume != old.volume, let volume {
            let was = old.volume.map { " instead of \($0)%" } ?? ""
            sentences.append("\(subject) \(verb) now at \(volume)%\(was).")
        }
        if sentences.isEmpty {
            sentences.append("\(subject) \(isPlural ? "were" : "was") changed.")
        }
        return sentences
    }
}
