extension Plan {
    /// The plan to copy the source's packets, where it fits and plays everywhere as it is; nil where it does not.
    package static func remuxPlan(for source: Source, request: Request) -> Plan? {
        guard let target = request.target?.bytes, source.bytes <= target, source.part == nil,
            obstacleToPlayingEverywhere(
                source,
                heightCap: request.heightCap,
                frameRateCap: request.frameRateCap
            ) == nil,
            let chosen = try? source.selecting(request.audioTrack),
            let sounds = Sound.copied(from: chosen, request: request)
        else { return nil }
        let video = source.video
        let frames = max(1, Int((source.durationSeconds * video.frameRate.value).rounded()))
        let container = containerBytes(
            frames: frames,
            seconds: source.durationSeconds,
            audioPacketsPerSecond: sounds.packetsPerSecond
        )
        return Plan(
            method: .remux,
            limitBytes: target,
            targetBytes: target,
            picture: Picture(
                size: video.displaySize,
                frameRate: video.frameRate,
                orientation: video.orientation,
                deinterlaces: false,
                toneMaps: false,
                matrix: video.colour.matrix == "smpte170m" ? .smpte170m : .bt709
            ),
            sound: sounds.first ?? .none,
            furtherSounds: Array(sounds.dropFirst()),
            metadata: KeptMetadata.choose(
                from: source,
                policy: request.metadata,
                limitBytes: target
            ),
            speed: request.speed,
            keyframeIntervalFrames: 0,
            landingKeyframes: [],
            budget: Budget(
                limitBytes: target,
                audioBytes: 0,
                containerBytes: container,
                videoBytes: source.bytes,
                videoBitsPerSecond: video.bitsPerSecond ?? 0
            ),
            expectedBytes: source.bytes,
            smallestBytes: 0,
            frames: frames,
            reasons: [
                "it is smaller than the target already, and plays everywhere as it is: nothing is encoded again"
            ]
        )
    }

    /// Why a file might not play in every browser, phone and chat as it is; nil if it does.
    package static func obstacleToPlayingEverywhere(
        _ source: Source,
        heightCap: HeightCap = .automatic,
        frameRateCap: FrameRateCap = .automatic
    ) -> String? {
        let video = source.video
        guard video.codec == "h264" else { return "its picture is \(video.codec), not H.264" }
        guard ["yuv420p", "yuvj420p"].contains(video.pixelFormat) else {
            return "its pixels are \(video.pixelFormat), not 8-bit 4:2:0"
        }
        let profiles = ["Baseline", "Constrained Baseline", "Main", "High"]
        guard let profile = video.profile, profiles.contains(profile) else {
            return "its H.264 profile is \(video.profile ?? "unknown")"
        }
        guard let level = video.level, level <= 42 else { return "its H.264 level is above 4.2" }
        guard video.displaySize.longSide <= 1920, video.displaySize.shortSide <= 1088 else {
            return "its frame is larger than 1920×1080"
        }
        switch heightCap {
        case .lines(let lines), .exactly(let lines):
            if video.displaySize.shortSide > lines {
                return "its short side has more than \(lines) lines"
            }
        case .automatic, .source: break
        }
        guard video.frameRate.value <= 60.5 else { return "it has more than 60 frames a second" }
        if !frameRateCap.allows(video.frameRate) {
            return "it has more frames a second than asked for"
        }
        guard !video.isInterlaced else { return "it is interlaced" }
        guard video.sampleAspectRatio.value == 1 else { return "its pixels are not square" }
        guard !video.colour.isHighDynamicRange else { return "it is HDR" }
        guard !video.colour.isWideGamut else { return "its colours are wider than BT.709" }
        guard !video.orientation.isMirrored else { return "it is stored mirrored" }
        return nil
    }
}

extension Sound {
    /// The source's own sound, if every player takes it; nil where it must be encoded.
    fileprivate static func copied(from source: Source, request: Request) -> [Sound]? {
        switch request.audio {
        case .none: return []
        case .bitsPerSecond: return source.audio.isEmpty ? [] : nil
        case .automatic, .copy:
            if request.audioTrack == .mixed, source.audio.count > 1 { return nil }
            let tracks = request.audioTrack == .keep ? source.audio : Array(source.audio.prefix(1))
            return tracks.allSatisfy(\.playsEverywhere) ? tracks.map(copying) : nil
        }
    }

    static func copying(_ track: AudioTrack) -> Sound {
        .copy(
            streamIndex: track.streamIndex,
            bitsPerSecond: track.bitsPerSecond ?? 128_000,
            sampleRate: track.sampleRate
        )
    }

    /// Rates at which libavcodec's AAC is worth its bytes; mono from 32 kbit/s down.
    private static let ladder = [128_000, 96_000, 64_000, 48_000, 32_000, 24_000]

    /// What AAC-LC needs for two channels of anything; below it, a voice gets one channel and two thirds of the rate.
    private static let ampleForVoice = 96_000

    /// The share of all bytes that the sound may take before it steps down.
    private static let share = 0.125

    /// The track, rate and channels that suit a total rate (0: the least that is offered).
    package static func choose(
        for source: Source,
        wish: AudioWish,
        totalBitsPerSecond: Int
    ) -> Sound {
        guard let track = source.audio.first(where: \.isDecodable), wish != .none else {
            return .none
        }
        // A cut that falls between two packets of sound cannot be copied.
        let mayCopy = track.playsEverywhere && source.part == nil
        if wish == .copy, mayCopy { return .copying(track) }
        let rate = [44_100, 22_050, 11_025].contains(track.sampleRate) ? 44_100 : 48_000
        var wanted: Int
        var hasOneVoice = false
        if case .bitsPerSecond(let asked) = wish {
            wanted = asked
        } else {
            let allowed = Int(Double(totalBitsPerSecond) * share)
            wanted = ladder.first { $0 <= allowed } ?? 24_000
            switch track.character {
            // Of nothing AAC makes some 3 kbit/s at any rate that is asked for.
            case .empty: wanted = 4000
            case .silent: wanted = 24_000
            // Where there is enough for all, a voice keeps its room around it.
            case .voice, .monoVoice:
                if allowed < ampleForVoice {
                    wanted = ladder.first { $0 <= allowed * 2 / 3 } ?? 24_000
                    hasOneVoice = true
                }
            case .mono, .opposed, nil: break
            }
            if let own = track.bitsPerSecond, own > 0 {
                // More bits than the source has cannot bring back what it lost.
                if mayCopy, Double(own) <= Double(max(wanted, 64_000)) * 1.1,
                    own <= max(allowed, 24_000)
                {
                    return .copying(track)
                }
                if track.isLossy, track.character != .empty {
                    wanted = ladder.last { $0 >= own && $0 <= wanted } ?? wanted
                }
            }
        }
        // Below 40 kbit/s two channels sound worse than one.
        let isOne =
            hasOneVoice || track.character?.isOneChannel == true && wish == .automatic
            || wanted < 40_000 && track.character != .opposed
        let channels = track.channels == 1 || isOne ? 1 : 2
        if case .automatic = wish, channels == 1 { wanted = min(wanted, 64_000) }
        return .encode(
            streamIndex: track.streamIndex,
            bitsPerSecond: wanted,
            channels: channels,
            sampleRate: rate
        )
    }

    /// Why it is not what a person would expect, having been chosen for the same; nil where it is.
    package func reason(of source: Source, wish: AudioWish, totalBitsPerSecond: Int) -> String? {
        guard case .encode(let stream, _, let channels, _) = self,
            let index = source.audio.firstIndex(where: { $0.streamIndex == stream })
        else { return nil }
        let track = source.audio[index]
        if wish == .copy {
            let why =
                track.playsEverywhere
                ? "what is cut begins within its packets"
                : "\(track.codec) does not play everywhere in an MP4"
            return "the sound is encoded, not copied: \(why)"
        }
        var ordinary = source
        ordinary.audio[index].character = nil
        let other = Self.choose(
            for: ordinary,
            wish: wish,
            totalBitsPerSecond: totalBitsPerSecond
        )
        if other != self { return track.character?.reason }
        return channels == 1 && track.channels > 1 ? Self.fewBytesInOneChannel : nil
    }

    static let fewBytesInOneChannel = "so few bytes sound better in one channel than in two"
}

extension AudioTrack {
    /// AAC-LC, mono or stereo, at a rate that every player takes.
    package var playsEverywhere: Bool {
        codec == "aac" && profile == "LC" && (1...2).contains(channels)
            && (sampleRate == 44_100 || sampleRate == 48_000)
    }

    var isLossy: Bool {
        !codec.hasPrefix("pcm_") && !["flac", "alac", "truehd", "mlp"].contains(codec)
    }
}
