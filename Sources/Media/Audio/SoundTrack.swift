import CFFmpeg
package import Core
package import SystemPackage

/// Makes the sound of the result: the source's own AAC packets, or new ones.
package enum SoundTrack {
    /// Makes the tracks as planned, those after the first going along with it; nil where there are none.
    package static func make(
        _ sounds: [Sound],
        source: some Recording,
        path: FilePath,
        flag: CancellationFlag,
        onProgress: (Double) -> Void
    ) throws(MediaError) -> Track? {
        var first: Track?
        for (index, sound) in sounds.enumerated() {
            var made = try make(
                sound,
                source: source,
                path: FilePath(path.string + (index == 0 ? "" : "-\(index)")),
                flag: flag,
                onProgress: onProgress
            )
            guard var track = made.take() else { continue }
            if sounds.count > 1 {
                // Several are told apart by their names.
                track.title = source.audio.first { $0.streamIndex == sound.streamIndex }?.title
            }
            Track.join(track, to: &first)
        }
        return first
    }

    /// Makes the track as planned; nil where the plan has no sound or the source's track is empty.
    ///
    /// Parameters:
    ///   - path: a new file for the packets.
    ///   - onProgress: seconds of sound done; called often.
    package static func make(
        _ sound: Sound,
        source: some Recording,
        path: FilePath,
        flag: CancellationFlag,
        onProgress: (Double) -> Void
    ) throws(MediaError) -> Track? {
        var track: Track
        switch sound {
        case .none: return nil
        case .copy(let stream, _, _):
            track = try copied(
                stream: stream,
                source: source,
                path: path,
                flag: flag,
                onProgress: onProgress
            )
        case .encode, .mix:
            track = try encoded(
                sound,
                source: source,
                path: path,
                flag: flag,
                onProgress: onProgress
            )
        }
        if track.packetCount == 0 { return nil }
        track.language = source.audio.first { $0.streamIndex == sound.streamIndex }?.language
        track.rewind()
        return consume track
    }

    /// Copies the source's packets as they are; their times move by the file's start.
    private static func copied(
        stream index: Int,
        source: some Recording,
        path: FilePath,
        flag: CancellationFlag,
        onProgress: (Double) -> Void
    ) throws(MediaError) -> Track {
        var demuxer = try Demuxer(path: source.path, flag: flag)
        guard let stream = demuxer.stream(index) else {
            throw MediaError(.invalid, doing: "find the sound")
        }
        let base = stream.pointee.time_base
        let start = Demuxer.ticks(microseconds: demuxer.startMicroseconds, base)
        let parameters = try Owned(
            avcodec_parameters_alloc(),
            freedBy: avcodec_parameters_free
        )
        try MediaError.check(
            avcodec_parameters_copy(parameters.pointer, stream.pointee.codecpar),
            "copy the sound"
        )
        parameters.pointer.pointee.codec_tag = 0
        var track = try Track(path: path, parameters: parameters, timeBase: base)
        demuxer.keepOnly(stream: index)
        var packet = try Packet()
        var last = Int64.min
        while try demuxer.read(into: &packet) {
            let pointer = packet.pointer
            guard pointer.pointee.pts != cinch_no_pts || pointer.pointee.dts != cinch_no_pts else {
                continue
            }
            if pointer.pointee.pts == cinch_no_pts { pointer.pointee.pts = pointer.pointee.dts }
            pointer.pointee.pts -= start
            // AAC has no reordering; a muxer insists on times that only go forward.
            guard pointer.pointee.pts > last else { continue }
            last = pointer.pointee.pts
            pointer.pointee.dts = last
            try track.append(packet)
            onProgress(track.durationSeconds)
            if flag.isRaised { throw MediaError(.other, doing: "copy the sound") }
        }
        return track
    }

    /// Decodes, mixes to stereo or mono, fills gaps with silence, and encodes AAC-LC.
    private static func encoded(
        _ sound: Sound,
        source: some Recording,
        path: FilePath,
        flag: CancellationFlag,
        onProgress: (Double) -> Void
    ) throws(MediaError) -> Track {
        guard let shape = sound.shape else { throw .nothingToEncode }
        let encoder = try AudioEncoder(shape, bitsPerSecond: sound.bitsPerSecond)
        var track = try encoder.track(at: path)
        var reader = try SoundMix(
            shape,
            of: source,
            blockSize: encoder.blockSize,
            flag: flag
        )
        var frame = try Frame()
        var packet = try Packet()
        while try reader.next(into: &frame) {
            try encoder.send(frame)
            while try encoder.receive(into: &packet) { try track.append(packet) }
            onProgress(track.durationSeconds)
            if flag.isRaised { throw MediaError(.other, doing: "encode the sound") }
        }
        if reader.sampleCount > 0 {
            try encoder.finish()
            while try encoder.receive(into: &packet) { try track.append(packet) }
        }
        track.loss = reader.loss
        return track
    }
}

/// A file's sound as the encoder gets it: from time zero on, gaps filled, in blocks of one AAC frame.
struct SoundReader: ~Copyable {
    private var decoder: Decoder
    private var graph: FilterGraph?
    private var decoded: Frame
    private var input: FilterGraph.Input?
    private let channels: Int
    private let blockSize: Int
    private var isDraining = false
    private var clock: SoundClock
    private let part: Part?
    private var isBeforePart = true
    /// In samples of the source's rate.
    private var end: Int64 = 0
    private(set) var sampleCount = 0
    private let sampleRate: Int
    private let startTicks: Int64
    private let startMicroseconds: Int

    init(
        source: some Recording,
        streamIndex: Int,
        channels: Int,
        sampleRate: Int,
        blockSize: Int,
        flag: CancellationFlag
    ) throws(MediaError) {
        let decoder = try Decoder.opened(source, stream: streamIndex, isSound: true, flag: flag)
        let decoded = try Frame()
        part = source.part
        let early = decoder.hasEntered ? 0 : part?.startMicroseconds ?? 0
        clock = SoundClock(startSeconds: Double(early) / -1_000_000)
        startTicks = decoder.ticks(microseconds: source.startMicroseconds)
        startMicroseconds = source.startMicroseconds
        self.decoder = decoder
        self.decoded = decoded
        self.channels = channels
        self.blockSize = blockSize
        self.sampleRate = sampleRate
    }

    var loss: Damage.Loss { decoder.loss(sinceMicroseconds: startMicroseconds) }

    /// Holds peaks just below full scale, with room for what AAC adds; nothing else is changed.
    static let limiter =
        "alimiter=limit=0.9:level=0:latency=1,aformat=sample_fmts=fltp"

    /// The filters for an input of so many channels.
    private func chain(from inputChannels: Int, at inputRate: Int32) -> String {
        let layout = channels == 1 ? "mono" : "stereo"
        var chain = ""
        if part != nil {
            chain = "atrim=start_pts=0"
            if let end = partEnd(at: inputRate) { chain += ":end_pts=\(end)" }
            chain += ","
        }
        // Gaps are filled and overlaps trimmed as the clock puts them, first_pts=0 pads a late start.
        chain += "aresample=\(sampleRate):async=1:min_hard_comp=0.001:first_pts=0"
        // Two channels that say the same must not add up to more than full scale.
        if inputChannels == 2, channels == 1 { chain += ":rematrix_maxval=1" }
        chain += ",aformat=sample_fmts=fltp:sample_rates=\(sampleRate):channel_layouts=\(layout)"
        // Six channels may add up to 8 dB above full scale. Lowering all would make films too quiet.
        if inputChannels > 2 { chain += "," + Self.limiter }
        return chain
    }

    /// The first sample that no longer belongs to the part; nil where it goes on to the file's end.
    private func partEnd(at rate: Int32) -> Int64? {
        part?.lengthMicroseconds.map {
            av_rescale_q(Int64($0), av_make_q(1, 1_000_000), av_make_q(1, rate))
        }
    }

    mutating func next(into frame: inout Frame) throws(MediaError) -> Bool {
        while true {
            if try graph?.pull(into: &frame) == true {
                frame.pointer.pointee.pts = Int64(sampleCount)
                sampleCount += Int(frame.pointer.pointee.nb_samples)
                return true
            }
            if isDraining { return false }
            guard try decoder.next(into: &decoded) else {
                isDraining = true
                try graph?.finish(at: end)
                continue
            }
            let pointer = decoded.pointer
            guard pointer.pointee.sample_rate > 0, pointer.pointee.nb_samples > 0 else { continue }
            let rate = pointer.pointee.sample_rate
            let base = av_make_q(1, rate)
            let hasTime = pointer.pointee.pts != cinch_no_pts
            let stated = Double(pointer.pointee.pts) - Double(startTicks)
            let place = clock.place(
                hasTime ? stated * av_q2d(decoder.timeBase) : nil,
                lasting: Double(pointer.pointee.nb_samples) / Double(rate)
            )
            pointer.pointee.pts = Int64((place * Double(rate)).rounded())
            if let last = partEnd(at: rate), pointer.pointee.pts >= last {
                isDraining = true
                try graph?.finish(at: end)
                continue
            }
            end = pointer.pointee.pts + Int64(pointer.pointee.nb_samples)
            if part != nil, isBeforePart {
                if end <= 0 { continue }
                isBeforePart = false
                decoder.forgetLoss()
            }
            let input = FilterGraph.Input(sound: decoded, timeBase: base)
            if self.input != input {
                // A track that changes its layout midway goes on in a new graph; the old one's
                // last samples, less than a block, are let go.
                graph = try FilterGraph(
                    inputs: [input],
                    chain: chain(from: Int(pointer.pointee.ch_layout.nb_channels), at: rate)
                )
                graph?.setBlockSize(blockSize)
                self.input = input
            }
            try graph?.push(decoded)
        }
    }
}
