import Core
import Testing

/// What becomes of the sound.
@Suite struct SoundTests {
    /// Uncompressed, so that its own rate sets no limit.
    static let recorded = phoneClip(
        audio: [phoneAudio(codec: "pcm_s16le", profile: nil, bitsPerSecond: 1_536_000)])

    private func encoding(_ bitsPerSecond: Int, _ channels: Int) -> Sound {
        .encode(
            streamIndex: 1,
            bitsPerSecond: bitsPerSecond,
            channels: channels,
            sampleRate: 48_000
        )
    }

    @Test(
        "the sound steps down with the bytes, and takes an eighth of them at most",
        arguments: [
            (8_000_000, 128_000, 2), (1_024_000, 128_000, 2), (1_023_999, 96_000, 2),
            (768_000, 96_000, 2), (767_999, 64_000, 2), (512_000, 64_000, 2), (511_999, 48_000, 2),
            (384_000, 48_000, 2), (383_999, 32_000, 1), (256_000, 32_000, 1), (255_999, 24_000, 1),
            (192_000, 24_000, 1), (50_000, 24_000, 1), (0, 24_000, 1),
        ]
    )
    func ladder(_ total: Int, _ rate: Int, _ channels: Int) {
        let sound = Sound.choose(for: Self.recorded, wish: .automatic, totalBitsPerSecond: total)
        #expect(sound == encoding(rate, channels))
    }

    @Test("channels that say the same are one, and what nobody hears gets the least")
    func character() {
        func encoded(_ character: SoundCharacter?, _ wish: AudioWish) -> [Int] {
            var source = Self.recorded
            source.audio[0].character = character
            let sound = Sound.choose(for: source, wish: wish, totalBitsPerSecond: 9_000_000)
            guard case .encode(_, let rate, let channels, _) = sound else { return [] }
            return [rate, channels]
        }
        #expect(encoded(nil, .automatic) == [128_000, 2])
        #expect(encoded(.mono, .automatic) == [64_000, 1])
        #expect(encoded(.silent, .automatic) == [24_000, 1])
        #expect(encoded(.empty, .automatic) == [4000, 1])
        // There is enough for the room around a voice.
        #expect(encoded(.voice, .automatic) == [128_000, 2])
        #expect(encoded(.monoVoice, .automatic) == [64_000, 1])
        // Who names a rate gets it, as it is.
        #expect(encoded(.voice, .bitsPerSecond(32_000)) == [32_000, 1])
        #expect(encoded(.mono, .bitsPerSecond(96_000)) == [96_000, 2])
    }

    @Test(
        "where bytes are few a voice gets one channel and two thirds, and leaves the rest to the picture",
        arguments: [
            (768_000, 96_000, 2), (767_999, 48_000, 1), (576_000, 48_000, 1), (575_999, 32_000, 1),
            (384_000, 32_000, 1), (383_999, 24_000, 1), (50_000, 24_000, 1),
        ]
    )
    func voice(_ total: Int, _ rate: Int, _ channels: Int) {
        var source = Self.recorded
        source.audio[0].character = .voice
        let sound = Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: total)
        #expect(sound == encoding(rate, channels))
        let why = sound.reason(of: source, wish: .automatic, totalBitsPerSecond: total)
        let differs = total < 768_000 && total >= 256_000
        #expect((why?.contains("is a voice") ?? false) == differs)
    }

    @Test("speech is told from music by its pauses, and only where it comes from the middle")
    func pauses() {
        func character(soft: Int, side: Double, seconds: Int = 10) -> SoundCharacter? {
            var levels = SoundLevels()
            for piece in 0..<(seconds * 47) {
                let sum = piece % 47 < soft ? -40.0 : -20
                levels.add(peak: -6, sum: sum, difference: sum + side)
            }
            return levels.character
        }
        #expect(character(soft: 16, side: -100) == .monoVoice)
        #expect(character(soft: 16, side: -15) == .voice)
        #expect(character(soft: 16, side: -8) == nil)
        #expect(character(soft: 8, side: -15) == nil)
        #expect(character(soft: 8, side: -100) == .mono)
        #expect(character(soft: 16, side: 12) == .opposed)
        #expect(character(soft: 8, side: 0) == nil)
        // Three seconds are no speech.
        #expect(character(soft: 16, side: -15, seconds: 3) == nil)
    }

    @Test("channels that cancel each other stay two however few the bytes")
    func opposed() throws {
        var source = Self.recorded
        source.audio[0].character = .opposed
        for wish in [AudioWish.automatic, .bitsPerSecond(24_000)] {
            let sound = Sound.choose(for: source, wish: wish, totalBitsPerSecond: 0)
            guard case .encode(_, 24_000, 2, _) = sound else {
                Issue.record("\(sound)")
                continue
            }
            let why = sound.reason(of: source, wish: wish, totalBitsPerSecond: 0)
            #expect(why?.contains("cancel each other") == true)
        }
    }

    @Test("one channel instead of two, and sound that is not copied as asked, have their reasons")
    func told() {
        let few = Sound.choose(for: Self.recorded, wish: .automatic, totalBitsPerSecond: 200_000)
        let why = few.reason(of: Self.recorded, wish: .automatic, totalBitsPerSecond: 200_000)
        #expect(why?.contains("in one channel") == true)
        let copy = Sound.choose(for: Self.recorded, wish: .copy, totalBitsPerSecond: 2_000_000)
        let not = copy.reason(of: Self.recorded, wish: .copy, totalBitsPerSecond: 2_000_000)
        #expect(not?.contains("pcm_s16le does not play") == true)
        let ample = Sound.choose(
            for: Self.recorded,
            wish: .automatic,
            totalBitsPerSecond: 2_000_000
        )
        #expect(
            ample.reason(of: Self.recorded, wish: .automatic, totalBitsPerSecond: 2_000_000) == nil
        )
    }

    @Test("a plan says why the sound gets fewer bytes than it could")
    func reasons() throws {
        var source = Self.recorded
        for (character, words) in [
            (SoundCharacter.mono, "say the same"), (.silent, "too soft"), (.empty, "is silence"),
        ] {
            source.audio[0].character = character
            let plan = try Plan.make(for: source, request: request(to: 5_000_000))
            #expect(plan.reasons.contains { $0.contains(words) })
        }
    }

    @Test("a single channel stays one and takes 64 kbit/s at most")
    func mono() {
        let source = phoneClip(
            audio: [phoneAudio(codec: "pcm_s16le", channels: 1, bitsPerSecond: 768_000)])
        #expect(
            Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 9_000_000)
                == .encode(
                    streamIndex: 1,
                    bitsPerSecond: 64_000,
                    channels: 1,
                    sampleRate: 48_000
                )
        )
    }

    @Test("surround sound becomes stereo")
    func surround() {
        let source = phoneClip(
            audio: [phoneAudio(codec: "ac3", profile: nil, channels: 6, bitsPerSecond: 448_000)])
        #expect(
            Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 9_000_000)
                == .encode(
                    streamIndex: 1,
                    bitsPerSecond: 128_000,
                    channels: 2,
                    sampleRate: 48_000
                )
        )
    }

    @Test(
        "a sample rate that divides 44.1 kHz becomes 44.1 kHz, any other 48 kHz",
        arguments: [
            (44_100, 44_100), (22_050, 44_100), (11_025, 44_100), (48_000, 48_000),
            (8000, 48_000), (96_000, 48_000), (32_000, 48_000),
        ]
    )
    func sampleRates(_ own: Int, _ expected: Int) throws {
        let source = phoneClip(
            audio: [phoneAudio(codec: "pcm_s16le", profile: nil, sampleRate: own)])
        let sound = Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 9_000_000)
        guard case .encode(_, _, _, let rate) = sound else {
            Issue.record("\(sound)")
            return
        }
        #expect(rate == expected)
    }

    @Test("good AAC that fits its share is copied")
    func copies() {
        let source = phoneClip(audio: [phoneAudio(bitsPerSecond: 130_000)])
        #expect(
            Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 8_000_000)
                == .copy(streamIndex: 1, bitsPerSecond: 130_000, sampleRate: 48_000)
        )
    }

    @Test("AAC with more bits than its share is encoded again")
    func encodesLargeAAC() {
        let sound = Sound.choose(
            for: phoneClip(audio: [phoneAudio(bitsPerSecond: 256_000)]),
            wish: .automatic,
            totalBitsPerSecond: 600_000
        )
        #expect(
            sound
                == .encode(
                    streamIndex: 1,
                    bitsPerSecond: 64_000,
                    channels: 2,
                    sampleRate: 48_000
                )
        )
    }

    @Test("a lossy track is not given more bits than it has")
    func notInflated() {
        let source = phoneClip(
            audio: [phoneAudio(codec: "opus", profile: nil, bitsPerSecond: 40_000)])
        let sound = Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 9_000_000)
        #expect(sound.bitsPerSecond == 48_000)
    }

    @Test("a wish is a wish", arguments: [8000, 24_000, 96_000, 320_000])
    func wishes(_ rate: Int) {
        let sound = Sound.choose(
            for: Self.recorded,
            wish: .bitsPerSecond(rate),
            totalBitsPerSecond: 100_000
        )
        #expect(
            sound
                == .encode(
                    streamIndex: 1,
                    bitsPerSecond: rate,
                    channels: rate < 40_000 ? 1 : 2,
                    sampleRate: 48_000
                )
        )
    }

    @Test("copying keeps AAC of any rate, and encodes what players do not take")
    func copyWish() {
        let large = phoneClip(audio: [phoneAudio(bitsPerSecond: 512_000)])
        #expect(
            Sound.choose(for: large, wish: .copy, totalBitsPerSecond: 100_000)
                == .copy(streamIndex: 1, bitsPerSecond: 512_000, sampleRate: 48_000)
        )
        let foreign = Sound.choose(
            for: Self.recorded,
            wish: .copy,
            totalBitsPerSecond: 9_000_000
        )
        #expect(foreign.bitsPerSecond == 128_000)
        guard case .encode = foreign else {
            Issue.record("\(foreign)")
            return
        }
    }

    @Test("without a track, without a decoder and without the wish there is no sound")
    func none() {
        #expect(
            Sound.choose(for: phoneClip(audio: []), wish: .automatic, totalBitsPerSecond: 9_000_000)
                == .none
        )
        let broken = phoneClip(audio: [phoneAudio(isDecodable: false)])
        #expect(Sound.choose(for: broken, wish: .automatic, totalBitsPerSecond: 9_000_000) == .none)
        #expect(Sound.choose(for: phoneClip(), wish: .none, totalBitsPerSecond: 9_000_000) == .none)
    }

    @Test("a track that cannot be decoded gives way to the next one")
    func nextTrack() {
        var second = phoneAudio(bitsPerSecond: 128_000)
        second.streamIndex = 2
        let source = phoneClip(audio: [phoneAudio(isDecodable: false), second])
        #expect(
            Sound.choose(for: source, wish: .automatic, totalBitsPerSecond: 9_000_000)
                == .copy(streamIndex: 2, bitsPerSecond: 128_000, sampleRate: 48_000)
        )
    }

    @Test("sound is counted in packets of 1024 samples")
    func packets() {
        #expect(Sound.none.packetsPerSecond == 0)
        #expect(Sound.none.bitsPerSecond == 0)
        let copy = Sound.copy(streamIndex: 1, bitsPerSecond: 96_000, sampleRate: 48_000)
        #expect(copy.packetsPerSecond == 46.875)
        #expect(copy.bitsPerSecond == 96_000)
    }

    private static func track(
        _ number: Int,
        _ language: String? = nil,
        isDefault: Bool = false,
        isSecondary: Bool = false
    ) -> AudioTrack {
        AudioTrack(
            streamIndex: number,
            codec: "aac",
            channels: 2,
            sampleRate: 48_000,
            language: language,
            number: number,
            isDefault: isDefault,
            isSecondary: isSecondary
        )
    }

    @Test("the file's default comes first, then the user's language, then libav's best")
    func preference() {
        func order(_ tracks: [AudioTrack], _ languages: [String] = []) -> [Int] {
            AudioTrack.inOrderOfPreference(tracks, best: 3, languages: languages).map(\.number)
        }
        let plain = [Self.track(1, "fre"), Self.track(2, "ger"), Self.track(3, "eng")]
        #expect(order(plain) == [3, 1, 2])
        #expect(order(plain, ["de_DE.UTF-8"]) == [2, 3, 1])
        #expect(order(plain, ["fr", "en"]) == [1, 3, 2])
        var marked = plain
        marked[0].isDefault = true
        #expect(order(marked, ["de"]) == [1, 2, 3])
        marked[0].isSecondary = true
        #expect(order(marked) == [3, 2, 1])
        var broken = plain
        broken[2].isDecodable = false
        #expect(order(broken) == [1, 2, 3])
    }

    @Test(
        "what follows --audio-track",
        arguments: [
            ("auto", true), ("2", true), ("all-mixed", true),
            ("KEEP", true), ("0", false), ("-1", false), ("", false), ("main", false),
        ]
    )
    func trackWish(_ text: String, _ isOne: Bool) {
        #expect((AudioTrackWish(parsing: text) != nil) == isOne)
    }

    @Test("tracks that are all kept share what one would have")
    func furtherTracks() throws {
        var source = phoneClip(audio: [Self.track(1), Self.track(2)])
        source.audio[1].codec = "pcm_s16le"
        var ask = request(to: 5_000_000)
        let one = try Plan.make(for: source, request: ask)
        #expect(one.furtherSounds.isEmpty)
        ask.audioTrack = .keep
        let both = try Plan.make(for: source, request: ask)
        #expect(both.furtherSounds.count == 1)
        #expect(both.smallestBytes > one.smallestBytes)
        #expect(both.budget.audioBytes <= one.budget.audioBytes * 3 / 2)
        ask.audioTrack = .mixed
        let mixed = try Plan.make(for: source, request: ask)
        guard case .mix(let streams, _, _, _) = mixed.sound else {
            Issue.record("\(mixed.sound)")
            return
        }
        #expect(streams == [1, 2])
        #expect(mixed.furtherSounds.isEmpty)
    }
}
