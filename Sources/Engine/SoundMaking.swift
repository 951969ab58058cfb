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
        guard let text = subtitles.take() else { return sound }
        if var heard = sound.take() {
            heard.join(text)
            return consume heard
        }
        return consume text
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
        let count = "the source has \(tracks.count) sound tracks: "
        switch wish {
        case .keep: return count + "\(1 + plan.furtherSounds.count) are kept"
        case .mixed: return count + "they are mixed into one"
        case .automatic, .number:
            let track = tracks.first { $0.streamIndex == plan.sound.streamIndex }
            let number = track.map { "number \($0.number)" } ?? "one"
            let language = track?.language.map { $0 == "und" ? "" : ", \($0)," } ?? ""
            let how = wish == .automatic ? ", as the main one; --audio-track chooses" : ""
            return count + number + language + " is kept" + how
        }
    }
}
