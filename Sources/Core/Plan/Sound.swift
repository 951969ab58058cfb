/// What becomes of the sound.
package enum Sound: Hashable, Codable, Sendable {
    case none
    /// The source's own AAC packets.
    case copy(streamIndex: Int, bitsPerSecond: Int, sampleRate: Int)
    /// AAC-LC, stereo or mono.
    case encode(streamIndex: Int, bitsPerSecond: Int, channels: Int, sampleRate: Int)
    /// Several tracks heard at once, as one of AAC-LC.
    case mix(streamIndexes: [Int], bitsPerSecond: Int, channels: Int, sampleRate: Int)

    package var bitsPerSecond: Int {
        switch self {
        case .none: 0
        case .copy(_, let rate, _): rate
        case .encode(_, let rate, _, _), .mix(_, let rate, _, _): rate
        }
    }

    package var packetsPerSecond: Double {
        switch self {
        case .none: 0
        case .copy(_, _, let rate), .encode(_, _, _, let rate), .mix(_, _, _, let rate):
            Double(rate) / 1024
        }
    }
}

/// Which of a file's sound tracks are wanted.
package enum AudioTrackWish: Sendable, Equatable, Codable {
    /// The main one: by disposition, then by the user's language.
    case automatic
    /// The one of that number, from 1, in the file's order.
    case number(Int)
    /// All of them heard at once.
    case mixed
    /// All of them, each a track of its own.
    case keep

    /// Reads `auto`, `all-mixed`, `keep` or a number from 1; nil for anything else.
    package init?(parsing text: String) {
        switch text.lowercased() {
        case "auto": self = .automatic
        case "all-mixed": self = .mixed
        case "keep": self = .keep
        case let other:
            guard other.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(other),
                number > 0
            else { return nil }
            self = .number(number)
        }
    }
}

extension AudioTrack {
    /// The tracks with the one that most people want to hear first.
    ///
    /// What cannot be decoded comes last; commentaries, and versions for those who see or hear less,
    /// before that. Then the track that the file marks as its default, then the user's languages in
    /// their order, then what libav takes for the best.
    package static func inOrderOfPreference(
        _ tracks: [AudioTrack],
        best streamIndex: Int?,
        languages: [String] = []
    ) -> [AudioTrack] {
        func rank(_ track: AudioTrack) -> [Int] {
            let language = track.language.map(Self.threeLetters)
            return [
                track.isDecodable ? 0 : 1,
                track.isSecondary ? 1 : 0,
                track.isDefault ? 0 : 1,
                languages.firstIndex { threeLetters($0) == language } ?? languages.count,
                track.streamIndex == streamIndex ? 0 : 1,
                track.streamIndex,
            ]
        }
        return tracks.sorted { rank($0).lexicographicallyPrecedes(rank($1)) }
    }

    /// ISO 639-2's bibliographic codes, as containers write them, for what else stands for them.
    private static func threeLetters(_ language: String) -> String {
        let code = language.lowercased().prefix { $0.isLetter }
        return codes[String(code)] ?? String(code)
    }

    private static let codes: [String: String] = [
        "ar": "ara", "cs": "cze", "ces": "cze", "da": "dan", "de": "ger", "deu": "ger",
        "el": "gre", "ell": "gre", "en": "eng", "es": "spa", "fi": "fin", "fr": "fre",
        "fra": "fre", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita",
        "ja": "jpn", "ko": "kor", "nb": "nor", "nl": "dut", "nld": "dut", "no": "nor",
        "pl": "pol", "pt": "por", "ro": "rum", "ron": "rum", "ru": "rus", "sk": "slo",
        "slk": "slo", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie",
        "zh": "chi", "zho": "chi",
    ]
}

extension Recording {
    /// The source with the sound tracks that were asked for alone, the main one first.
    package func selecting(_ wish: AudioTrackWish) throws(Failure) -> Self {
        guard case .number(let number) = wish else { return self }
        var result = self
        result.audio = audio.filter { $0.number == number }
        guard let track = result.audio.first else {
            throw Failure(
                .usage,
                "There is no sound track \(number) in \(path)",
                why: audio.isEmpty
                    ? "it has none"
                    : audio.count == 1 ? "it has one" : "it has \(audio.count)",
                advice: "'cinch probe' lists them with their numbers."
            )
        }
        guard track.isDecodable else {
            throw Failure(
                .unreadable,
                "Sound track \(number) of \(path) cannot be decoded here",
                why: "it is \(track.codec)",
                advice: "Choose another one with --audio-track."
            )
        }
        return result
    }
}

extension Sound {
    /// What becomes of each track that is wanted; empty for none.
    package static func chooseAll(
        for source: Source,
        request: Request,
        totalBitsPerSecond: Int
    ) -> [Sound] {
        let tracks = source.audio.filter(\.isDecodable)
        var one = source
        switch request.audioTrack {
        case .keep where tracks.count > 1:
            return tracks.map { track in
                one.audio = [track]
                return choose(
                    for: one,
                    wish: request.audio,
                    totalBitsPerSecond: totalBitsPerSecond / tracks.count
                )
            }.filter { $0 != .none }
        case .mixed where tracks.count > 1:
            // As a recording of all: what is mixed cannot be copied, and has no rate of its own.
            one.audio = [
                AudioTrack(
                    streamIndex: tracks[0].streamIndex,
                    codec: "pcm_f32le",
                    channels: tracks.map(\.channels).max() ?? 2,
                    sampleRate: tracks[0].sampleRate
                )
            ]
            let sound = choose(
                for: one,
                wish: request.audio,
                totalBitsPerSecond: totalBitsPerSecond
            )
            guard case .encode(_, let rate, let channels, let sampleRate) = sound else {
                return []
            }
            return [
                .mix(
                    streamIndexes: tracks.map(\.streamIndex),
                    bitsPerSecond: rate,
                    channels: channels,
                    sampleRate: sampleRate
                )
            ]
        default:
            let sound = choose(
                for: source,
                wish: request.audio,
                totalBitsPerSecond: totalBitsPerSecond
            )
            return sound == .none ? [] : [sound]
        }
    }
}

extension [Sound] {
    package var bitsPerSecond: Int { reduce(0) { $0 + $1.bitsPerSecond } }
    var packetsPerSecond: Double { reduce(0) { $0 + $1.packetsPerSecond } }
}

extension Sound {
    /// The track that it is made of, or the first of several.
    package var streamIndex: Int? {
        switch self {
        case .none: nil
        case .copy(let index, _, _), .encode(let index, _, _, _): index
        case .mix(let indexes, _, _, _): indexes.first
        }
    }
}
