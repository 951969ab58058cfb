import Foundation

/// A draft read for display: tracks and what lies on them (§7).
///
/// Only `t`, `tt`, `sg`, `d` and `m` are documented; the names of all other keys are guesses of
/// §7.1, so everything here is best effort and nothing of it is ever sent. What the service gets is
/// the draft's own bytes (`CloudState.draftBytes`).
package struct Timeline: Sendable, Equatable {
    /// What a track is for, from `tt`.
    package enum Kind: Sendable, Hashable {
        case video
        case audio
        case text
        /// Stickers, effects, filters and whatever else has a number.
        case other
    }

    /// A piece on a track; times in milliseconds.
    package struct Segment: Sendable, Equatable {
        /// From the beginning of the timeline.
        package var start: Double
        /// Nil if neither a length nor an end is known.
        package var end: Double?
        /// A clip's name, or the words of a title.
        package var name: String?
        /// In percent.
        package var volume: Int?
    }

    /// A track and what lies on it.
    package struct Track: Sendable, Equatable {
        /// What it is for.
        package var kind: Kind
        /// Its own name, apart from those of its segments.
        package var name: String?
        /// In the draft's order.
        package var segments: [Segment]
    }

    /// In the draft's order.
    package var tracks: [Track]
    /// The project's name.
    package var title: String?
    /// The whole length in milliseconds, if the draft tells it.
    package var duration: Double?
    /// The canvas in pixels.
    package var width: Int?
    /// The canvas in pixels.
    package var height: Int?
    /// A hash of all that the draft says, also of what is not understood; the same draft has the
    /// same one after a restart and however it was spelt.
    package var fingerprint: String

    /// Reads a draft that is an object, or a string with one in it.
    ///
    /// Nil for everything else: absent, `null`, `{}`, or a document of another kind.
    package init?(draft: JSONValue) {
        var draft = draft
        if let text = draft.string {
            guard let inner = try? JSONDocument(Array(text.utf8)).root else { return nil }
            draft = inner
        }
        guard draft.kind == .object, draft.count > 0 else { return nil }
        let fields = DraftFields(draft)
        let metadata = draft["m"].map(DraftFields.init)
        tracks = (draft["t"]?.array ?? []).map(Track.init)
        duration = fields.milliseconds(["d"])
        title = metadata?.words(DraftKeys.name)
        width = draft["m"]?["width"]?.int.flatMap(Int.init(exactly:))
        height = draft["m"]?["height"]?.int.flatMap(Int.init(exactly:))
        fingerprint = Fingerprint.of(draft.canonical)
    }

    /// The same with every name and all words put through `change`.
    func mapWords(_ change: (String) -> String) -> Timeline {
        var timeline = self
        timeline.title = title.map(change)
        timeline.tracks = tracks.map { track in
            var track = track
            track.name = track.name.map(change)
            track.segments = track.segments.map { segment in
                var segment = segment
                segment.name = segment.name.map(change)
                return segment
            }
            return track
        }
        return timeline
    }

    /// Whether there is anything to render: a track with a segment (§7.1).
    package var isReadyForExport: Bool { tracks.contains { !$0.segments.isEmpty } }

    /// `Timeline (1 track): 1. Video: city timelapse (0-10s)`, as the briefs write it (§7.2).
    package var summary: String {
        let count = "\(tracks.count) \(tracks.count == 1 ? "track" : "tracks")"
        let items = tracks.enumerated().map { "\($0 + 1). \($1.summary)" }
        return items.isEmpty
            ? "Timeline (\(count))" : "Timeline (\(count)): " + items.joined(separator: " ")
    }

    /// Seconds without needless decimals: `10`, `2.5`, `0.33`.
    static func seconds(_ milliseconds: Double) -> String {
        let hundredths = Int((milliseconds / 10).rounded())
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole)" }
        return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension Timeline.Track {
    fileprivate init(_ track: JSONValue) {
        switch track["tt"]?.int {
        case 0: kind = .video
        case 1: kind = .audio
        case 7: kind = .text
        case nil:
            kind =
                switch track["type"]?.string?.lowercased() {
                case "video": .video
                case "audio", "bgm", "music": .audio
                case "text", "title", "subtitle", "caption": .text
                default: .other
                }
        default: kind = .other
        }
        let fields = DraftFields(track)
        name =
            fields.words(DraftKeys.name)
            ?? track["m"].flatMap { DraftFields($0).words(DraftKeys.name) }
        segments = []
        let pieces = track["sg"]?.array ?? []
        // Without a place of its own a segment begins where the one before it ends.
        var place = 0.0
        for piece in pieces {
            var segment = Timeline.Segment(piece, kind: kind, after: place)
            if segment.end == nil, pieces.count == 1, let length = fields.milliseconds(["d"]) {
                segment.end = segment.start + length
            }
            place = segment.end ?? segment.start
            segments.append(segment)
        }
    }

    /// From the first moment to the last, in milliseconds.
    package var span: (start: Double, end: Double)? {
        guard let start = segments.map(\.start).min(),
            let end = segments.compactMap(\.end).max(), end >= start
        else { return nil }
        return (start, end)
    }

    /// The volume that all its segments have.
    package var volume: Int? {
        let volumes = Set(segments.map(\.volume))
        return volumes.count == 1 ? volumes.first ?? nil : nil
    }

    /// `Video: city timelapse (0-10s)`, `BGM: Lo-fi (0-10s, 35%)`, `Title: "Urban Dreams" (0-3s)`.
    package var summary: String {
        let word =
            switch kind {
            case .video: "Video"
            case .audio: "BGM"
            case .text: "Title"
            case .other: "Other"
            }
        let label = label.map { ": \($0)" } ?? ""
        guard !segments.isEmpty else { return "\(word)\(label) (empty)" }
        var notes: [String] = []
        if let range { notes.append(range) }
        if let volume { notes.append("\(volume)%") }
        return word + label + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
    }

    /// `0-10s`.
    var range: String? {
        span.map { "\(Timeline.seconds($0.start))-\(Timeline.seconds($0.end))s" }
    }

    /// What is on it, in a few words: the first two names, and how many more there are.
    var label: String? {
        var names: [String] = []
        for case let name? in segments.map(\.name) where !names.contains(name) {
            names.append(name)
        }
        if names.isEmpty { return name }
        let shown = names.prefix(2).map { name in
            let short = name.count > 60 ? name.prefix(59) + "…" : name
            return kind == .text ? "\"\(short)\"" : short
        }
        let more = names.count > 2 ? " +\(names.count - 2) more" : ""
        return shown.joined(separator: ", ") + more
    }
}

extension Timeline.Segment {
    fileprivate init(_ segment: JSONValue, kind: Timeline.Kind, after place: Double) {
        let own = DraftFields(segment)
        let metadata = segment["m"].map(DraftFields.init)
        func first<Value>(_ read: (DraftFields) -> Value?) -> Value? {
            read(own) ?? metadata.flatMap(read)
        }
        start = first { $0.milliseconds(DraftKeys.start) } ?? place
        let length = first { $0.milliseconds(DraftKeys.length) }
        end = length.map { [start] in start + $0 } ?? first { $0.milliseconds(DraftKeys.end) }
        name =
            first { $0.words(kind == .text ? DraftKeys.title : DraftKeys.clip) }
            ?? first { $0.fileName(DraftKeys.file) }
        guard kind == .video || kind == .audio else { return }
        volume = first { $0.percent(DraftKeys.volume) }
    }
}

/// The names that are tried for what has no documented one (§7.1).
private enum DraftKeys {
    static let start = ["s", "st", "start", "startTime", "start_time", "ts"]
    static let length = ["d", "duration"]
    static let end = ["e", "end", "endTime", "end_time"]
    static let name = ["n", "name", "title"]
    static let words = ["text", "txt", "content"]
    static let title = words + name
    static let clip = name + words
    static let file = ["src", "url", "cdn_url"]
    static let volume = ["v", "vol", "volume"]
}

/// The members of a part of a draft, read once because a dozen names are tried on them.
private struct DraftFields {
    private let members: [(key: String, value: JSONValue)]

    init(_ value: JSONValue) { members = value.object ?? [] }

    /// What the first name gives that gives anything.
    private func first<Value>(_ keys: [String], _ read: (JSONValue) -> Value?) -> Value? {
        for key in keys {
            if let member = members.first(where: { $0.key == key }), let value = read(member.value)
            {
                return value
            }
        }
        return nil
    }

    /// A length or a place in milliseconds; nil if it is none that a video can have.
    func milliseconds(_ keys: [String]) -> Double? {
        first(keys, \.double).flatMap { 0...1e12 ~= $0 ? $0 : nil }
    }

    /// The first that has words, on one line.
    func words(_ keys: [String]) -> String? {
        first(keys) { $0.string.flatMap(PlainText.line) }
    }

    func fileName(_ keys: [String]) -> String? {
        first(keys) { value in
            guard let path = value.string?.prefix(while: { $0 != "?" && $0 != "#" }),
                let name = path.split(separator: "/").last
            else { return nil }
            return PlainText.line(name.removingPercentEncoding ?? String(name))
        }
    }

    /// 0.35 and 35 are both 35 %.
    func percent(_ keys: [String]) -> Int? {
        guard let value = first(keys, \.double), 0...1000 ~= value else { return nil }
        let isShare = value <= 1 || (value < 10 && value != value.rounded())
        return Int((isShare ? value * 100 : value).rounded())
    }
}

extension PlainText {
    private static let blanks: Set<Unicode.Scalar> = [
        " ", "\n", "\t", "\u{A0}", "\u{2028}", "\u{2029}", "\u{3000}",
    ]

    /// The text on one line; nil if nothing is left to show.
    static func line(_ text: String) -> String? {
        let words = cleaned(text).unicodeScalars.split(whereSeparator: blanks.contains)
        let line = words.map { String($0) }.joined(separator: " ")
        return line.isEmpty ? nil : line
    }
}

/// A short name for bytes, the same on every machine and in every run.
package enum Fingerprint {
    /// 64 bits of FNV-1a in hexadecimal: enough to see that something changed, no proof against forgery.
    package static func of(_ bytes: some Sequence<UInt8>) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
