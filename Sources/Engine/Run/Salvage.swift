import Core
import Media
import SystemPackage

/// What can be saved of a damaged source is saved, and what was lost is said; or all is refused,
/// where nothing but the whole is wanted (`Request.isStrict`).
extension RunRecord {
    /// Looks at what is known of the source before any work.
    mutating func begin(_ source: some Recording, _ request: Request) throws(Failure) {
        guard let cut = source.cut else { return }
        var known = Damage()
        known.end(
            source,
            pictureSeconds: cut.pictureSeconds,
            soundSeconds: cut.soundSeconds ?? 0
        )
        if request.isStrict { throw .damaged(source.path, known) }
    }

    /// Takes in what the sound lost on its way through a decoder.
    mutating func judge(
        sound: borrowing Track?,
        of source: Source,
        _ request: Request
    ) throws(Failure) {
        switch sound {
        case .some(let sound): damage.sound = sound.loss
        case .none: return
        }
        if damage.sound.count > 0, request.isStrict { throw .damaged(source.path, damage) }
    }

    /// Takes in what the first reading of the picture found, once it has come to its end.
    mutating func judge(
        _ prepared: borrowing PreparedFrames,
        sound: borrowing Track?,
        of source: Source,
        rate: Rational,
        _ request: Request
    ) throws(Failure) {
        damage = Damage(sound: damage.sound)
        damage.picture = prepared.loss
        let late = prepared.lateSeconds
        damage.lateSeconds = late >= Damage.leastLateSeconds ? late : 0
        damage.end(
            source,
            pictureSeconds: Double(prepared.count) / rate.value,
            soundSeconds: Self.reachedSeconds(of: sound),
            endedEarly: prepared.endedEarly != nil
        )
        try conclude(source, request)
    }

    /// Takes in how sound came through that is the whole of the source.
    mutating func judge(
        only sound: borrowing Track,
        of source: some Recording,
        _ request: Request
    ) throws(Failure) {
        guard damage.isNone else { return }
        damage.sound = sound.loss
        let reached = sound.reachedSeconds
        damage.end(source, pictureSeconds: reached, soundSeconds: reached)
        try conclude(source, request)
    }

    /// Takes in where copied packets ended.
    mutating func judge(
        _ copy: Remux.Result,
        sound: borrowing Track?,
        of source: Source,
        _ request: Request
    ) throws(Failure) {
        damage.picture.undecoded = copy.lostPackets
        damage.end(
            source,
            pictureSeconds: copy.pictureSeconds,
            soundSeconds: Self.reachedSeconds(of: sound),
            endedEarly: copy.endedEarly != nil
        )
        try conclude(source, request)
    }

    /// Takes in what the check of the result found in sound that was copied as it is.
    mutating func judge(
        _ finding: Verifier.Finding,
        of source: Source,
        _ request: Request
    ) throws(Failure) {
        guard finding.soundLoss.count > 0 else { return }
        let before = damage.sentences
        damage.sound = finding.soundLoss
        if request.isStrict { throw .damaged(source.path, damage) }
        for sentence in damage.sentences where !before.contains(sentence) {
            meter.send(.noted(sentence))
        }
    }

    /// Takes in what is missing of a still picture.
    mutating func judge(
        _ picture: borrowing StillPicture,
        of file: StillFile,
        _ request: Request
    ) throws(Failure) {
        damage.isStillCutOff = file.isWhole == false
        damage.picture.concealed = picture.isDamaged && !damage.isStillCutOff ? 1 : 0
        guard !damage.isNone else { return }
        if request.isStrict { throw .damaged(request.input.string, damage) }
        for sentence in damage.sentences { meter.send(.noted(sentence)) }
    }

    private func conclude(_ source: some Recording, _ request: Request) throws(Failure) {
        guard !damage.isNone else { return }
        if request.isStrict { throw .damaged(source.path, damage) }
        for sentence in damage.sentences { meter.send(.noted(sentence)) }
    }

    private static func reachedSeconds(of sound: borrowing Track?) -> Double {
        switch sound {
        case .some(let sound): return sound.reachedSeconds
        case .none: return 0
        }
    }
}

extension Failure {
    /// The source is not whole, and nothing but the whole was wanted.
    static func damaged(_ path: String, _ damage: Damage) -> Failure {
        Failure(
            .unreadable,
            "\(path) is cut off or damaged",
            why: damage.sentences.joined(separator: "; "),
            advice: "If it was downloaded, download it again. "
                + "Without --strict, what can be saved is saved."
        )
    }

    /// An MP4 without its index says nothing of where its pictures are.
    static func withoutIndex(_ path: String) -> Failure {
        Failure(
            .unreadable,
            "Cannot read \(path) as a video",
            why: "it is cut off: its index (moov), which stands at its end, is missing",
            advice: "If it was downloaded, download it again. If it was recorded, the camera or a "
                + "repair program may rebuild the index with the help of another clip of the same camera."
        )
    }
}
