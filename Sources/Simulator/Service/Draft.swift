/// The compact timeline of a session (§7.1).
struct Draft: Sendable, Equatable {
    var title: String
    var width: Int
    var height: Int
    var tracks: [Track] = []
    /// What the agent noted in the metadata, as in a size that was wished for.
    var notes: [JSON.Member] = []

    struct Track: Sendable, Equatable {
        /// 0 video, 1 sound, 7 text.
        var kind: Int
        var segments: [Segment]
    }

    /// Times in milliseconds.
    struct Segment: Sendable, Equatable {
        var start = 0
        var duration: Int
        var name: String?
        var text: String?
        var volume: Double?
        var address: String?
    }

    var duration: Int {
        tracks.flatMap(\.segments).map { $0.start + $0.duration }.max() ?? 0
    }

    /// The draft as it is served; `traps` adds what only an untouched copy keeps (§19, 48).
    func json(traps: Bool, emptySegments: Bool = false) -> JSON {
        var members = [
            JSON.Member(
                "t",
                .array(tracks.map { $0.json(empty: emptySegments) })
            ),
            JSON.Member("d", .number(duration)),
            JSON.Member(
                "m",
                .object(
                    [
                        JSON.Member("title", .string(title)),
                        JSON.Member("width", .number(width)),
                        JSON.Member("height", .number(height)),
                    ] + notes
                )
            ),
        ]
        if traps { members.append(JSON.Member("x", .raw(Self.traps))) }
        return .object(members)
    }

    /// Beyond 2^53, a decimal fraction, an exponent, spaces, escapes that need none, a lone key order.
    private static let traps = Array(
        #"{"uid": 9007199254740993,"gain":0.1,"one":1.0E+2,"备注":"caf\u00e9 \/ \ud83c\udf89","b":1,"a":2}"#
            .utf8
    )
}

extension Draft.Track {
    fileprivate func json(empty: Bool) -> JSON {
        let shown = empty ? [] : segments
        return .object([
            JSON.Member("tt", .number(kind)),
            JSON.Member("sg", .array(shown.map(\.json))),
            JSON.Member("d", .number(segments.map { $0.start + $0.duration }.max() ?? 0)),
        ])
    }
}

extension Draft.Segment {
    fileprivate var json: JSON {
        var members = [JSON.Member("st", .number(start)), JSON.Member("d", .number(duration))]
        if let volume { members.append(JSON.Member("v", .number(volume))) }
        var notes: [JSON.Member] = []
        if let name { notes.append(JSON.Member("name", .string(name))) }
        if let text { notes.append(JSON.Member("text", .string(text))) }
        if let address { notes.append(JSON.Member("cdn_url", .string(address))) }
        members.append(JSON.Member("m", .object(notes)))
        return .object(members)
    }
}
