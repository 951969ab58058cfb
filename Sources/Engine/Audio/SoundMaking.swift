import Core
import Media
import SystemPackage

extension RunRecord {
    /// Finishes the sound before the picture is budgeted, and says what is left out of it.
    mutating func makeSound(
        of source: Source,
        plan: Plan,
        request: Request,
        path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) -> Track? {
        meter.begin(.audio, until: 0.03)
        let source = plan.metadata.policy == .none ? source.withoutTrackNames : source
        let total = max(0.1, source.durationSeconds)
        var sound = try SoundTrack.make(
            [plan.sound] + plan.furtherSounds,
            source: source,
            path: path,
            flag: flag
        ) { meter.update($0 / total, frames: 0) }
        if sound?.packetCount ?? 0 == 0, plan.sound != .none {
            note("nothing of the source's sound can be decoded: it is left out")
        } else if source.audio.count > 1, plan.sound != .none {
            note(Self.choice(of: plan, among: source.audio, wish: request.audioTrack))
        }
        if !source.audio.isEmpty, plan.sound == .none, request.audio != .none {
            note("the sound cannot be decoded here and is left out")
        }
        var subtitles = try makeSubtitles(of: source, plan: plan, path: path, flag: flag)
        if let text = subtitles.take() { Track.join(text, to: &sound) }
        return sound
    }

    /// Text goes along; what is too long for so small a file, or no text, is left out and named.
    private mutating func makeSubtitles(
        of source: Source,
        plan: Plan,
        path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) -> Track? {
        let texts = source.subtitles.filter(\.isText)
        let pictures = source.subtitles.count - texts.count
        if pictures > 0 {
            note(
                "\(pictures) of the source's subtitle tracks are pictures, which MP4 cannot hold: left out"
            )
        }
        let made = try Subtitles.make(
            texts,
            of: source,
            roomBytes: plan.limitBytes / 20,
            path: FilePath(path.string + "-text"),
            flag: flag
        )
        var count = 0
        switch made {
        case .some(let made): count = made.trackCount
        case .none: break
        }
        let left = texts.count - count
        if left > 0 {
            note("\(left) of the source's subtitle tracks are empty or too long: left out")
        }
        return made
    }

    private static func choice(
        of plan: Plan,
        among tracks: [AudioTrack],
        wish: AudioTrackWish
    ) -> String {
        let track = tracks.first { $0.streamIndex == plan.sound.streamIndex }
        let language = track?.language.map { $0 == "und" ? "" : ", \($0)," } ?? ""
        return wish.outcome(
            kept: 1 + plan.furtherSounds.count,
            of: tracks.count,
            main: AudioTrackWish.name(of: track) + language
        )
    }
}

extension AudioTrackWish {
    /// What is told of several sound tracks.
    ///
    /// `main`: what the one is called that is kept, where one is.
    func outcome(kept: Int, of count: Int, main: String) -> String {
        let count = "the source has \(count) sound tracks: "
        switch self {
        case .keep: return count + "\(kept) are kept"
        case .mixed: return count + "they are mixed into one"
        case .automatic: return count + main + " is kept, as the main one; --audio-track chooses"
        case .number: return count + main + " is kept"
        }
    }

    /// A track by its number, as the option counts.
    static func name(of track: AudioTrack?) -> String {
        track.map { "number \($0.number)" } ?? "one"
    }
}
