/// Rates of AAC-LC that are worth their bytes where sound is all there is.
extension AudioTrack {
    /// Beyond this nobody hears a difference: 256 kbit/s for two channels.
    package var ceilingBitsPerSecond: Int {
        worthwhileChannels * min(128_000, naturalSampleRate * 3)
    }

    /// What most people take for the original in a chat or on the way: 128 kbit/s for two channels.
    var usualBitsPerSecond: Int {
        worthwhileChannels * min(64_000, naturalSampleRate * 3 / 2)
    }

    private var worthwhileChannels: Int {
        character?.isOneChannel == true ? 1 : min(2, max(1, channels))
    }

    /// The rate beyond which nothing is gained: the ceiling, or what the source's own codec left.
    func usefulBitsPerSecond(in source: SoundSource) -> Int {
        var own = bitsPerSecond ?? 0
        if own <= 0, source.audio.count == 1 {
            own = Int(min(1e9, Double(source.bytes) * 8 / max(0.001, source.durationSeconds)))
        }
        guard isLossy, own > 0 else { return ceilingBitsPerSecond }
        // Codecs that need fewer bits than AAC-LC for the same sound.
        let factor: Double =
            switch codec {
            case "opus": 1.6
            case "vorbis": 1.25
            case "aac": profile == "LC" ? 1 : 2
            case "amr_nb", "amr_wb", "speex", "gsm", "ilbc": 2.5
            default: 1
            }
        let least = SoundPlan.leastBitsPerSecond
        return min(ceilingBitsPerSecond, max(least, Int(Double(own) * factor)))
    }

    /// The sample rate that loses nothing anyone hears, of those that every player takes.
    var naturalSampleRate: Int {
        let family = Self.family(of: sampleRate)
        return family.last { $0 >= sampleRate } ?? family[0]
    }

    /// How it is encoded at such a rate: with few bits in one channel, and at fewer samples a second.
    ///
    /// `seconds`: where there is next to nothing, other samples would be nothing.
    func encoding(bitsPerSecond: Int, seconds: Double) -> Sound {
        // One channel with all its heights sounds better than two without.
        let isScant = bitsPerSecond < 48_000 && character != .opposed
        let count = isScant ? 1 : worthwhileChannels
        let allowed =
            switch bitsPerSecond / count {
            case _ where seconds < 0.5: 48_000
            case 24_000...: 48_000
            case 16_000...: 24_000
            case 11_000...: 16_000
            default: 12_000
            }
        let most = min(allowed, naturalSampleRate)
        let family = Self.family(of: sampleRate)
        return .encode(
            streamIndex: streamIndex,
            bitsPerSecond: bitsPerSecond,
            channels: count,
            sampleRate: family.first { $0 <= most } ?? family[family.count - 1]
        )
    }

    /// Sample rates that a whole number of samples leads to, the highest first.
    private static func family(of sampleRate: Int) -> [Int] {
        sampleRate > 0 && sampleRate % 11_025 == 0
            ? [44_100, 22_050, 11_025] : [48_000, 32_000, 24_000, 16_000, 12_000, 8000]
    }
}
