/// The words of a timeline with their times, as subtitle files (§8).
///
/// Best effort, like everything that is read from a draft; empty if no words with times are found.
package struct Subtitles: Sendable, Equatable {
    /// The two kinds of files, by their extensions.
    package enum Format: String, Sendable {
        case srt
        case vtt
    }

    /// A text and when it is shown.
    package struct Cue: Sendable, Equatable {
        /// In milliseconds.
        package var start: Int
        /// In milliseconds, after `start`.
        package var end: Int
        /// One line.
        package var text: String
    }

    /// In order of time.
    package var cues: [Cue]

    /// Takes the segments of all text tracks, in order of time.
    package init(of timeline: Timeline) {
        cues = []
        for segment in timeline.tracks.filter({ $0.kind == .text }).flatMap(\.segments) {
            guard let end = segment.end, end > segment.start, let text = segment.name else {
                continue
            }
            cues.append(Cue(start: Int(segment.start), end: Int(end.rounded(.up)), text: text))
        }
        cues.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    /// SubRip: numbered, with commas before the milliseconds.
    package var srt: String {
        cues.enumerated().map { number, cue in
            "\(number + 1)\n\(Self.time(cue.start, ",")) --> \(Self.time(cue.end, ","))\n\(cue.text)\n"
        }.joined(separator: "\n")
    }

    /// WebVTT: with points before the milliseconds, and its three special characters escaped.
    package var vtt: String {
        let blocks = cues.map { cue in
            let text = cue.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
                .replacing(">", with: "&gt;")
            return "\(Self.time(cue.start, ".")) --> \(Self.time(cue.end, "."))\n\(text)\n"
        }
        return (["WEBVTT\n"] + blocks).joined(separator: "\n")
    }

    private static func time(_ milliseconds: Int, _ separator: Character) -> String {
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let seconds = milliseconds / 1000
        return padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":"
            + padded(seconds % 60, 2) + String(separator) + padded(milliseconds % 1000, 3)
    }
}
