/// What will be done with sound alone, decided before the first sample is decoded.
package struct SoundPlan: Hashable, Codable, Sendable {
    /// `constantQuality` stands for a usual rate, without a size.
    package var method: Plan.Method
    /// What the file may weigh: the target, or less where the source is smaller.
    package var limitBytes: Int
    /// What the person asked for; nil without `--to`.
    package var targetBytes: Int?
    /// The tracks of the result, the main one first; never empty.
    package var sounds: [Sound]
    package var metadata: KeptMetadata
    package var speed: Speed
    package var durationSeconds: Double
    /// Packets of all tracks together.
    package var audioBytes: Int
    package var containerBytes: Int
    package var expectedBytes: Int
    /// The smallest size that this sound can be asked for.
    package var smallestBytes: Int
    /// Whether the limit allows more than anyone could hear.
    package var stopsAtCeiling: Bool
    /// Why it is done this way, in sentences for a person.
    package var reasons: [String]

    package var bitsPerSecond: Int { sounds.bitsPerSecond }
}

extension SoundPlan {
    /// Decides everything about a run.
    ///
    /// `mayRemux`: false after a copy turned out larger than the limit.
    /// Throws: `Failure` of kind `.unreachable` where the target is below what the sound can be made,
    ///   with that size, and `.usage` where nothing is asked for.
    package static func make(
        for source: SoundSource,
        request: Request,
        mayRemux: Bool = true
    ) throws(Failure) -> SoundPlan {
        let source = try source.selecting(request.audioTrack)
        let tracks = try tracks(of: source, request: request)
        let seconds = max(0.001, source.durationSeconds)
        let target = request.target?.bytes
        let useful = tracks.reduce(0) { $0 + $1.usefulBitsPerSecond(in: source) }
        let smallest = smallestBytes(tracks, seconds: seconds)
        if let target, target < smallest {
            throw unreachable(target: target, smallest: smallest, seconds: seconds)
        }

        var reasons: [String] = []
        if let part = source.whatIsCutOut { reasons.append(part) }
        if let loss = source.whatIsCutOff { reasons.append(loss) }
        let usefulBytes = bytes(of: tracks, bitsPerSecond: useful, seconds: seconds)
        let own = source.mostBytes
        let metadata = KeptMetadata.choose(
            from: source,
            policy: request.metadata,
            limitBytes: min(target ?? own, max(own, usefulBytes)),
            sparedBytes: max(0, (target ?? own) - usefulBytes),
            isSound: true
        )
        // A better codec than AAC-LC may have made the source smaller than AAC-LC can.
        let most = max(own, usefulBytes + metadata.estimatedBytes)
        let limit = target.map { min($0, most) } ?? own
        guard limit >= smallest else { throw small(source, smallest: smallest) }
        if mayRemux,
            let copy = remux(
                tracks,
                of: source,
                request: request,
                metadata: metadata,
                limit: limit
            )
        {
            return copy
        }

        let room = limit - metadata.estimatedBytes
        var rate = affordable(tracks, bytes: room, seconds: seconds)
        var ceiling = useful
        if case .bitsPerSecond(let asked) = request.audio { ceiling = asked * tracks.count }
        if target == nil, request.audio == .automatic {
            ceiling = min(ceiling, tracks.reduce(0) { $0 + $1.usualBitsPerSecond })
        }
        let stops = rate >= ceiling - ceiling / 500
        rate = max(leastBitsPerSecond * tracks.count, min(rate, ceiling))
        let share = rate / tracks.count
        let sounds = encodings(
            of: tracks,
            isMixed: request.audioTrack == .mixed,
            source: source,
            bitsPerSecond: share
        )
        reasons += soundReasons(tracks[0], sounds[0], stops && target != nil, share, request)
        let container = containerBytes(sounds, seconds: seconds) + metadata.estimatedBytes
        let audio = Int(Double(rate) / 8 * seconds)
        return SoundPlan(
            method: target == nil ? .constantQuality : .fit,
            limitBytes: limit,
            targetBytes: target,
            sounds: sounds,
            metadata: metadata,
            speed: request.speed,
            durationSeconds: seconds,
            audioBytes: stops ? audio : max(audio, limit - container),
            containerBytes: container,
            expectedBytes: min(limit, stops ? audio + container : Int(Double(limit) * 0.999)),
            smallestBytes: smallest,
            stopsAtCeiling: stops && target != nil,
            reasons: reasons
        )
    }

    // MARK: - Tracks

    /// The tracks that are made into the result's, one or all of them.
    private static func tracks(
        of source: SoundSource,
        request: Request
    ) throws(Failure) -> [AudioTrack] {
        guard request.audio != .none else {
            throw Failure(
                .usage,
                "Without its sound there is nothing left of \(source.path)",
                why: "--audio is none",
                advice: "Leave --audio out."
            )
        }
        let tracks = source.audio.filter(\.isDecodable)
        guard !tracks.isEmpty else {
            let codec = source.audio.first.map { "it is \($0.codec)" } ?? "it has none"
            throw Failure(
                .unreadable,
                "The sound of \(source.path) cannot be decoded here",
                why: codec,
                advice: "See 'cinch doctor' for what is missing."
            )
        }
        switch request.audioTrack {
        case .keep: return tracks
        case .mixed where tracks.count > 1:
            // As a recording of all: what is mixed has no rate of its own.
            return [
                AudioTrack(
                    streamIndex: tracks[0].streamIndex,
                    codec: "pcm_f32le",
                    channels: tracks.map(\.channels).max() ?? 2,
                    sampleRate: tracks.map(\.sampleRate).max() ?? 48_000
                )
            ]
        default: return [tracks[0]]
        }
    }

    private static func encodings(
        of tracks: [AudioTrack],
        isMixed: Bool,
        source: SoundSource,
        bitsPerSecond: Int
    ) -> [Sound] {
        let sounds = tracks.map {
            $0.encoding(bitsPerSecond: bitsPerSecond, seconds: source.durationSeconds)
        }
        let decodable = source.audio.filter(\.isDecodable)
        guard isMixed, decodable.count > 1,
            case .encode(_, let rate, let channels, let samples) = sounds[0]
        else { return sounds }
        return [
            .mix(
                streamIndexes: decodable.map(\.streamIndex),
                bitsPerSecond: rate,
                channels: channels,
                sampleRate: samples
            )
        ]
    }

    /// The source's own packets, where they fit and every player takes them.
    private static func remux(
        _ tracks: [AudioTrack],
        of source: SoundSource,
        request: Request,
        metadata: KeptMetadata,
        limit: Int
    ) -> SoundPlan? {
        guard request.audio == .automatic || request.audio == .copy,
            request.audioTrack != .mixed || source.audio.count == 1,
            // A cut between two packets needs the one before.
            source.part == nil,
            tracks.allSatisfy({ $0.codec == "aac" && $0.profile != nil && $0.channels <= 8 })
        else { return nil }
        let sounds = tracks.map(Sound.copying)
        let container =
            containerBytes(sounds, seconds: source.durationSeconds) + metadata.estimatedBytes
        let isKnown = tracks.allSatisfy { $0.bitsPerSecond != nil }
        let audio = isKnown ? Int(Double(sounds.bitsPerSecond) / 8 * source.durationSeconds) : 0
        // What a file of sound weighs is what its sound weighs, or more.
        let expected = isKnown ? min(source.bytes, audio + container) : source.bytes
        guard expected <= limit else { return nil }
        if request.target == nil, request.audio == .automatic,
            tracks.contains(where: { ($0.bitsPerSecond ?? .max) > $0.usualBitsPerSecond * 11 / 10 })
        {
            return nil
        }
        return SoundPlan(
            method: .remux,
            limitBytes: limit,
            targetBytes: request.target?.bytes,
            sounds: sounds,
            metadata: metadata,
            speed: request.speed,
            durationSeconds: source.durationSeconds,
            audioBytes: audio,
            containerBytes: container,
            expectedBytes: expected,
            smallestBytes: 0,
            stopsAtCeiling: false,
            reasons: [
                "it is AAC already and small enough: nothing is encoded again"
            ]
        )
    }

    // MARK: - Bytes

    /// Below this AAC is noise.
    package static let leastBitsPerSecond = 8000

    /// An M4A's own bytes: its head, four for each packet, and a little for each megabyte.
    ///
    /// For the plan only: a run asks the muxer itself.
    package static func containerBytes(_ sounds: [Sound], seconds: Double) -> Int {
        sounds.reduce(500) { bytes, sound in
            let packets = seconds * sound.packetsPerSecond + 2
            let payload = Double(sound.bitsPerSecond) / 8 * seconds
            return bytes + 500 + Int(packets * 4) + Int(payload / 1_000_000) * 16
        }
    }

    private static func bytes(
        of tracks: [AudioTrack],
        bitsPerSecond: Int,
        seconds: Double
    ) -> Int {
        let sounds = tracks.map {
            $0.encoding(bitsPerSecond: bitsPerSecond / tracks.count, seconds: seconds)
        }
        return containerBytes(sounds, seconds: seconds) + Int(Double(bitsPerSecond) / 8 * seconds)
    }

    private static func smallestBytes(_ tracks: [AudioTrack], seconds: Double) -> Int {
        // A twentieth on top: the encoder meets so low a rate only roughly.
        bytes(
            of: tracks,
            bitsPerSecond: leastBitsPerSecond * tracks.count * 21 / 20,
            seconds: seconds
        )
    }

    /// The rate of all tracks together that so many bytes allow; how many packets there are depends on it in turn.
    private static func affordable(
        _ tracks: [AudioTrack],
        bytes room: Int,
        seconds: Double
    ) -> Int {
        var rate = Int(min(1e9, Double(room) * 8 / seconds))
        for _ in 0..<4 {
            let sounds = tracks.map {
                $0.encoding(bitsPerSecond: rate / tracks.count, seconds: seconds)
            }
            let left = max(0, room - containerBytes(sounds, seconds: seconds))
            rate = Int(min(1e9, Double(left) * 8 / seconds))
        }
        return rate
    }

    // MARK: - Words

    private static func soundReasons(
        _ track: AudioTrack,
        _ sound: Sound,
        _ stops: Bool,
        _ bitsPerSecond: Int,
        _ request: Request
    ) -> [String] {
        var reasons: [String] = []
        if stops, case .bitsPerSecond = request.audio {
            reasons.append("the rate is the one asked for")
        } else if stops {
            reasons.append(
                track.isLossy && bitsPerSecond < track.ceilingBitsPerSecond
                    ? "more bytes could not bring back what \(track.codec) left out of the source"
                    : "\(bitsPerSecond / 1000) kbit/s is as good as AAC gets: more bytes could not be heard"
            )
        }
        guard case .encode(_, _, let channels, let rate) = sound else { return reasons }
        if channels == 1, track.channels > 1 {
            let isSame = track.character?.isOneChannel == true
            reasons.append(isSame ? SoundCharacter.mono.reason : Sound.fewBytesInOneChannel)
        }
        if track.channels > 2 { reasons.append("\(track.channels) channels are mixed to stereo") }
        if rate < track.naturalSampleRate {
            reasons.append("so few bytes sound better at \(rate) samples a second")
        }
        return reasons
    }

    private static func unreachable(target: Int, smallest: Int, seconds: Double) -> Failure {
        let shorter = seconds * Double(target) / Double(max(1, smallest))
        var advice = "Ask for \(ByteSize.text(Plan.roundedUp(smallest))) or more"
        if shorter >= 1 { advice += ", or cut it to \(durationText(shorter)) or less" }
        return Failure(
            .unreachable,
            "\(ByteSize.text(target)) is too small for \(durationText(seconds)) of sound",
            why:
                "even in one channel at \(leastBitsPerSecond / 1000) kbit/s it needs about \(ByteSize.text(smallest))",
            advice: advice + ".",
            smallestBytes: smallest
        )
    }

    private static func small(_ source: SoundSource, smallest: Int) -> Failure {
        Failure(
            .unreachable,
            "\(source.path) is so small that an M4A of it would be larger",
            why:
                "it has \(ByteSize.text(source.bytes)), and the smallest M4A of it about \(ByteSize.text(smallest))",
            advice: "Ask for \(ByteSize.text(Plan.roundedUp(smallest))) or more with --to.",
            smallestBytes: smallest
        )
    }
}
