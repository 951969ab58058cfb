import Core
import SystemPackage
import Testing

/// What is decided about sound alone before the first sample.
@Suite struct SoundPlanTests {
    private func song(
        seconds: Double = 200,
        bytes: Int? = nil,
        codec: String = "mp3",
        profile: String? = nil,
        channels: Int = 2,
        sampleRate: Int = 44_100,
        bitsPerSecond: Int? = 320_000,
        container: String = "mp3",
        metadata: Metadata = Metadata()
    ) -> SoundSource {
        SoundSource(
            path: "/music/song.\(container)",
            bytes: bytes ?? Int(seconds * Double(bitsPerSecond ?? 1_411_200) / 8),
            container: container,
            durationSeconds: seconds,
            audio: [
                phoneAudio(
                    codec: codec,
                    profile: profile,
                    channels: channels,
                    sampleRate: sampleRate,
                    bitsPerSecond: bitsPerSecond
                )
            ],
            metadata: metadata
        )
    }

    private func wave(
        seconds: Double,
        channels: Int = 2,
        sampleRate: Int = 48_000
    ) -> SoundSource {
        song(
            seconds: seconds,
            codec: "pcm_s16le",
            channels: channels,
            sampleRate: sampleRate,
            bitsPerSecond: channels * sampleRate * 16,
            container: "wav"
        )
    }

    private func shape(_ plan: SoundPlan) -> (rate: Int, channels: Int, sampleRate: Int)? {
        guard case .encode(_, let rate, let channels, let samples)? = plan.sounds.first else {
            return nil
        }
        return (rate, channels, samples)
    }

    @Test(
        "the rate is what the target leaves beside the container",
        arguments: [300_000, 1_000_000, 2_000_000, 4_000_000]
    )
    func rate(_ target: Int) throws {
        let plan = try SoundPlan.make(for: song(), request: request(to: target))
        let payload = Double(plan.bitsPerSecond) / 8 * 200
        #expect(plan.method == .fit)
        #expect(plan.limitBytes == target)
        #expect(abs(payload + Double(plan.containerBytes) - Double(target)) < 2000)
    }

    @Test(
        "few bytes are given to one channel and to fewer samples a second",
        arguments: [
            (8_000_000, 2, 48_000), (2_000_000, 2, 48_000), (900_000, 1, 48_000),
            (500_000, 1, 24_000), (350_000, 1, 16_000), (280_000, 1, 12_000),
        ]
    )
    func steps(_ target: Int, _ channels: Int, _ sampleRate: Int) throws {
        let plan = try SoundPlan.make(for: wave(seconds: 200), request: request(to: target))
        let found = try #require(shape(plan))
        #expect(found.channels == channels)
        #expect(found.sampleRate == sampleRate)
    }

    @Test(
        "samples are never more than the source has, and stay in its family",
        arguments: [
            (8000, 8000), (11_025, 11_025), (16_000, 16_000), (22_050, 22_050), (32_000, 32_000),
            (37_800, 48_000), (44_100, 44_100), (88_200, 44_100), (96_000, 48_000),
            (192_000, 48_000),
        ]
    )
    func family(_ own: Int, _ expected: Int) throws {
        let source = wave(seconds: 60, sampleRate: own)
        let plan = try SoundPlan.make(for: source, request: request(to: 900_000))
        #expect(shape(plan)?.sampleRate == expected)
    }

    @Test("beyond 256 kbit/s for two channels the bytes are left over, and that is said")
    func ceiling() throws {
        let plan = try SoundPlan.make(
            for: wave(seconds: 60),
            request: request(to: 9_000_000)
        )
        #expect(plan.bitsPerSecond == 256_000)
        #expect(plan.stopsAtCeiling)
        #expect(plan.expectedBytes < 2_000_000)
        #expect(plan.reasons.contains { $0.contains("256 kbit/s") })
        let mono = try SoundPlan.make(
            for: wave(seconds: 60, channels: 1, sampleRate: 8000),
            request: request(to: 900_000)
        )
        #expect(mono.bitsPerSecond == 24_000)
    }

    @Test("what a lossy source left out is not paid for again")
    func lossy() throws {
        let plan = try SoundPlan.make(
            for: song(bitsPerSecond: 96_000),
            request: request(to: 5_000_000)
        )
        #expect(plan.bitsPerSecond <= 96_000)
        #expect(plan.limitBytes <= 2_500_000)
        // Opus needs fewer bits than AAC-LC for the same.
        let opus = try SoundPlan.make(
            for: song(codec: "opus", bitsPerSecond: 64_000, container: "ogg"),
            request: request(to: 5_000_000)
        )
        #expect((90_000...110_000).contains(opus.bitsPerSecond))
    }

    @Test("without a target the rate is a usual one, and never makes it larger than the source")
    func usual() throws {
        let wave = try SoundPlan.make(for: wave(seconds: 60), request: request())
        #expect(wave.method == .constantQuality)
        #expect(wave.bitsPerSecond == 128_000)
        #expect(wave.targetBytes == nil)
        let small = try SoundPlan.make(for: song(bitsPerSecond: 64_000), request: request())
        #expect(small.limitBytes == 1_600_000)
        #expect(small.bitsPerSecond < 64_000)
        let voice = try SoundPlan.make(
            for: self.wave(seconds: 60, channels: 1),
            request: request()
        )
        #expect(voice.bitsPerSecond == 64_000)
    }

    @Test("AAC that fits is copied; what does not fit or is none is encoded")
    func copies() throws {
        let m4a = song(
            codec: "aac",
            profile: "LC",
            bitsPerSecond: 128_000,
            container: "mov,mp4,m4a,3gp,3g2,mj2"
        )
        #expect(try SoundPlan.make(for: m4a, request: request(to: 4_000_000)).method == .remux)
        #expect(try SoundPlan.make(for: m4a, request: request(to: 3_000_000)).method == .fit)
        #expect(try SoundPlan.make(for: m4a, request: request()).method == .remux)
        let asked = request(to: 4_000_000, audio: .bitsPerSecond(64_000))
        #expect(try SoundPlan.make(for: m4a, request: asked).method == .fit)
        #expect(try SoundPlan.make(for: song(), request: request(to: 9_000_000)).method == .fit)
        let large = song(
            codec: "aac",
            profile: "LC",
            bitsPerSecond: 320_000,
            container: "mov,mp4,m4a,3gp,3g2,mj2"
        )
        #expect(try SoundPlan.make(for: large, request: request()).method == .constantQuality)
    }

    @Test("a size that is too small is refused with one that is not, and that one is possible")
    func unreachable() throws {
        let source = wave(seconds: 3600)
        let failure = #expect(throws: Failure.self) {
            try SoundPlan.make(for: source, request: request(to: 1_000_000))
        }
        #expect(failure?.kind == .unreachable)
        let smallest = try #require(failure?.smallestBytes)
        #expect((3_600_000...4_200_000).contains(smallest))
        let plan = try SoundPlan.make(for: source, request: request(to: smallest))
        #expect(plan.bitsPerSecond >= SoundPlan.leastBitsPerSecond)
        #expect(plan.smallestBytes == smallest)
    }

    @Test("without its sound there is nothing to make")
    func none() {
        let failure = #expect(throws: Failure.self) {
            try SoundPlan.make(for: song(), request: request(to: 900_000, audio: .none))
        }
        #expect(failure?.kind == .usage)
    }

    @Test("a song keeps its name and its cover; where it was made and with what goes")
    func metadata() throws {
        let metadata = Metadata(
            tags: [
                .init("title", "Song"), .init("artist", "Band"), .init("album", "Record"),
                .init("track", "3/12"), .init("date", "1999"), .init("encoder", "LAME3.100"),
                .init("comment", "from a friend"), .init("location", "+48+002/"),
                .init("id3v2_priv.X", "id"),
            ],
            cover: .init(streamIndex: 1, codec: "mjpeg", bytes: 60_000)
        )
        let source = song(metadata: metadata)
        func kept(_ policy: Metadata.Policy, _ target: Int) throws -> KeptMetadata {
            var ask = request(to: target)
            ask.metadata = policy
            return try SoundPlan.make(for: source, request: ask).metadata
        }
        let usual = try kept(.private, 2_000_000)
        #expect(Set(usual.tags.map(\.key)) == ["title", "artist", "album", "track", "date"])
        #expect(usual.cover != nil)
        #expect(!usual.needsFreeNames)
        #expect(usual.removed.contains("location"))
        let short = try kept(.private, 500_000)
        #expect(short.cover == nil)
        #expect(short.removed.contains { $0.contains("cover for want of room") })
        #expect(try kept(.keep, 2_000_000).tags.contains { $0.key == "comment" })
        let none = try kept(.none, 2_000_000)
        #expect(none.tags.isEmpty && none.cover == nil)
    }

    @Test("tracks are kept one by one, or mixed")
    func tracks() throws {
        var source = wave(seconds: 60)
        var second = source.audio[0]
        second.streamIndex = 4
        second.number = 2
        source.audio.append(second)
        var ask = request(to: 900_000)
        ask.audioTrack = .keep
        let kept = try SoundPlan.make(for: source, request: ask)
        #expect(kept.sounds.count == 2)
        #expect(abs(kept.bitsPerSecond - 118_000) < 3000)
        ask.audioTrack = .mixed
        let mixed = try SoundPlan.make(for: source, request: ask)
        guard case .mix(let indexes, _, _, _)? = mixed.sounds.first else {
            Issue.record("they are not mixed")
            return
        }
        #expect(indexes == [1, 4])
        ask.audioTrack = .number(2)
        #expect(try SoundPlan.make(for: source, request: ask).sounds[0].streamIndex == 4)
    }

    @Test("of a file that is cut off the plan says how much is there, film or sound")
    func cutOff() throws {
        let cut = Source.Cut(
            statedSeconds: 100,
            statedBytes: 20_000_000,
            pictureSeconds: 60
        )
        let reason = "the file is cut off: of 1 min 40 s it says it has, 1 min are there"
        var sound = wave(seconds: 60)
        sound.cut = cut
        let plan = try SoundPlan.make(for: sound, request: request(to: 900_000))
        #expect(plan.reasons.contains(reason))
        var film = phoneClip()
        film.cut = cut
        let other = try Plan.make(for: film, request: request(to: 8_000_000))
        #expect(other.reasons.contains(reason))
        sound.cut = nil
        let whole = try SoundPlan.make(for: sound, request: request(to: 900_000))
        #expect(!whole.reasons.contains { $0.contains("cut off") })
    }

    @Test(
        "of sound alone, channels that say the same are one, and those that cancel each other two"
    )
    func channels() throws {
        func planned(_ character: SoundCharacter?, to bytes: Int) throws -> (Int, [String]) {
            var source = wave(seconds: 60)
            source.audio[0].character = character
            let plan = try SoundPlan.make(for: source, request: request(to: bytes))
            guard case .encode(_, _, let channels, _) = plan.sounds[0] else { return (0, []) }
            return (channels, plan.reasons)
        }
        #expect(try planned(nil, to: 500_000).0 == 2)
        #expect(try planned(nil, to: 200_000).0 == 1)
        #expect(try planned(.opposed, to: 200_000).0 == 2)
        let same = try planned(.mono, to: 500_000)
        #expect(same.0 == 1 && same.1.contains { $0.contains("say the same") })
    }
}
