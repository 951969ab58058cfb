import CFFmpeg
package import Core

/// Listens to a track, to all of a short one and to places all over a long one.
package enum SoundSamples {
    /// Decoding a minute takes a tenth of a second.
    private static let wholeSeconds = 60.0
    private static let (places, placeSeconds) = (40, 1.0)

    /// What the sound is like; nil for ordinary sound, and where nothing decodes.
    package static func character(
        of source: some Recording,
        streamIndex: Int,
        flag: CancellationFlag
    ) throws(MediaError) -> SoundCharacter? {
        var decoder = try Decoder.opened(source, stream: streamIndex, isSound: true, flag: flag)
        let seconds = source.durationSeconds
        let isWhole = seconds <= wholeSeconds
        let before = Double(source.part?.startMicroseconds ?? 0) / 1_000_000
        var listener = try Listener()
        for place in 0..<(isWhole ? 1 : places) {
            if !isWhole {
                let start = before + seconds * (Double(place) + 0.5) / Double(places)
                // Where nothing can be sought, the beginning would stand for all.
                guard decoder.seek(toSeconds: start) else { return nil }
            }
            try listener.listen(
                to: &decoder,
                seconds: isWhole ? seconds + 1 : placeSeconds,
                flag: flag
            )
        }
        guard listener.count > 0 else { return nil }
        listener.levels.skip()
        let character = listener.levels.character
        // What was not heard may be more than nothing.
        return character == .empty && !isWhole ? .silent : character
    }
}

/// Sums and differences of the first two channels, or of what a player makes of more (`astats`).
private struct Listener: ~Copyable {
    /// Pieces are as long in any codec, whatever its packets hold.
    private static func chain(sampleRate: Int32) -> String {
        let samples = max(1, Int(sampleRate) * SoundLevels.pieceSamples / 48_000)
        return "aformat=sample_fmts=fltp:channel_layouts=stereo,"
            + "pan=stereo|c0=0.5*c0+0.5*c1|c1=0.5*c0-0.5*c1,asetnsamples=n=\(samples):p=0,"
            + "astats=metadata=1:reset=1:measure_overall=none:measure_perchannel=RMS_level+Peak_level"
    }

    private var decoded: Frame
    private var measured: Frame
    private var graph: FilterGraph?
    private var input: FilterGraph.Input?
    var levels = SoundLevels()
    private(set) var count = 0

    init() throws(MediaError) {
        let decoded = try Frame()
        let measured = try Frame()
        self.decoded = decoded
        self.measured = measured
    }

    mutating func listen(
        to decoder: inout Decoder,
        seconds: Double,
        flag: CancellationFlag
    ) throws(MediaError) {
        var heard = 0.0
        levels.skip()
        while heard < seconds, try decoder.next(into: &decoded) {
            if flag.isRaised { throw MediaError(.other, doing: "listen to the sound") }
            let rate = Double(max(1, decoded.pointer.pointee.sample_rate))
            heard += Double(decoded.sampleCount) / rate
            let own = FilterGraph.Input(sound: decoded, timeBase: decoder.timeBase)
            if graph == nil || input != own {
                graph = try FilterGraph(
                    inputs: [own],
                    chain: Self.chain(sampleRate: own.sampleRate)
                )
                input = own
            }
            try graph?.push(decoded)
            while try graph?.pull(into: &measured) == true {
                levels.add(
                    peak: max(level("1.Peak_level"), level("2.Peak_level")),
                    sum: level("1.RMS_level"),
                    difference: level("2.RMS_level")
                )
                count += 1
            }
        }
    }

    private func level(_ name: String) -> Double {
        let entry = av_dict_get(measured.pointer.pointee.metadata, "lavfi.astats." + name, nil, 0)
        return entry.flatMap { Double(String(cString: $0.pointee.value)) } ?? -.infinity
    }
}
