import CFFmpeg
package import Core

/// Short runs of frames from places all over a clip, prepared as `PictureReader` prepares them.
///
/// Each run begins at a keyframe, so nothing is decoded that is not handed out. Where the container
/// cannot seek, or has few keyframes, the runs follow each other from where decoding stands.
package struct SampledFrames: ~Copyable {
    private var decoder: Decoder
    private let source: Source
    private let places: Int
    private let length: Int
    // Decoded frames for each one that the result will have.
    private let stride: Int
    private let stretches: [Decoder.Stretch]
    // One a place; empty where places go by the clock.
    private let chosen: [Decoder.Stretch]
    private var place = -1
    private var taken = 0
    private var lastTime: Int?
    private var shape: FrameShape
    private var decoded: Frame
    private var hasEnded = false
    // The part of the file that is looked at, in its own time.
    private let startTicks: Int
    private let endTicks: Int

    /// Opens the picture of a file.
    ///
    /// Parameters:
    ///   - picture: what becomes of each frame; its rate says how many are skipped between two.
    ///   - places: runs, evenly spread over the clip.
    ///   - length: frames of each.
    package init(
        source: Source,
        picture: Picture,
        places: Int,
        length: Int,
        flag: CancellationFlag
    ) throws(MediaError) {
        let decoder = try Decoder.opened(source, stream: source.video.streamIndex, flag: flag)
        let decoded = try Frame()
        let start = source.startMicroseconds
        let partStart = source.part == nil ? Int.min : Int(decoder.ticks(microseconds: start))
        let partEnd =
            source.part?.lengthMicroseconds.map {
                Int(decoder.ticks(microseconds: start + $0))
            } ?? .max
        (startTicks, endTicks) = (partStart, partEnd)
        let ratio = source.video.frameRate.value / max(1, picture.frameRate.value)
        stretches = decoder.stretches(ofAtLeast: length).filter {
            (partStart..<partEnd).contains(Int($0.time))
        }
        chosen = Self.choose(places, of: stretches)
        stride = ratio.isFinite ? min(8, max(1, Int(ratio.rounded()))) : 1
        self.decoder = decoder
        shape = FrameShape(picture, of: source.video)
        self.source = source
        self.places = places
        self.length = length
        self.decoded = decoded
    }

    /// The next frame; false at the end.
    ///
    /// The first frame of each run `startsGroup`, as the encoder's groups of pictures must not reach
    /// from one place to another.
    package mutating func next(into frame: inout Frame) throws(MediaError) -> Bool {
        while !hasEnded {
            if place < 0 || taken == length {
                guard try moveOn() else { break }
            }
            if try prepare(into: &frame) {
                frame.startsGroup = taken == 0
                taken += 1
                return true
            }
            // The clip ends within this run; there may be others before it in a file cut in pieces.
            taken = length
        }
        return false
    }

    /// How much more the rest of the clip costs than what was handed out (`Decoder.complexityElsewhere`).
    ///
    /// Above 1 where what was read is simpler than the rest, by the bytes of the source's own packets
    /// between keyframes; nil where the container has no index of all packets.
    package var complexityElsewhere: Double? {
        let (packets, bytes) = stretches.reduce((0, 0)) { ($0.0 + $1.between, $0.1 + $1.bytes) }
        guard packets > 0, bytes > 0, let own = decoder.meanBytesBetween, own > 0 else {
            return nil
        }
        return Double(bytes) / Double(packets) / own
    }

    private mutating func moveOn() throws(MediaError) -> Bool {
        place += 1
        taken = 0
        guard place < places else {
            hasEnded = true
            return false
        }
        guard places > 1, goTo(place) else { return place == 0 || lastTime != nil }
        shape.reset()
        return true
    }

    private mutating func goTo(_ place: Int) -> Bool {
        if place < chosen.count {
            let isSame = place > 0 && chosen[place - 1].time == chosen[place].time
            return !isSame && decoder.seek(to: chosen[place])
        }
        let seconds = source.durationSeconds * (Double(place) + 0.5) / Double(places)
        let before = Double(source.part?.startMicroseconds ?? 0) / 1_000_000
        return decoder.seek(toSeconds: before + seconds)
    }

    /// Stretches as simple and as complex as the clip is, in its own proportions.
    ///
    /// A few places by the clock alone may well fall on a film's titles.
    private static func choose(_ places: Int, of stretches: [Decoder.Stretch]) -> [Decoder.Stretch]
    {
        guard stretches.count > 1 else { return [] }
        let ordered = stretches.sorted { $0.complexity < $1.complexity }
        let total = ordered.reduce(0) { $0 + $1.packets }
        var chosen: [Decoder.Stretch] = []
        var passed = 0
        for stretch in ordered {
            passed += stretch.packets
            // A long one stands for several: the runs then follow each other.
            while chosen.count < places, passed > total * (2 * chosen.count + 1) / (2 * places) {
                chosen.append(stretch)
            }
        }
        return chosen.sorted { $0.time < $1.time }
    }

    private mutating func prepare(into frame: inout Frame) throws(MediaError) -> Bool {
        while true {
            if try shape.pull(into: &frame) { return true }
            for step in 0..<stride {
                guard try decode() else { return false }
                // A keyframe that was seen before stands for two places: go on from where it ends.
                let time = decoded.presentationTime
                if taken == 0, step == 0, let time, let lastTime, time <= lastTime {
                    return try skip(past: lastTime, into: &frame)
                }
            }
            if let time = decoded.presentationTime { lastTime = max(lastTime ?? time, time) }
            try push()
            if try shape.pull(into: &frame) { return true }
        }
    }

    /// Decodes on to the first frame that no run has had yet.
    private mutating func skip(
        past time: Int,
        into frame: inout Frame
    ) throws(MediaError) -> Bool {
        while let own = decoded.presentationTime, own <= time {
            guard try decode() else { return false }
        }
        lastTime = decoded.presentationTime ?? time
        try push()
        if try shape.pull(into: &frame) { return true }
        return try prepare(into: &frame)
    }

    /// The next frame of the part; false at its end.
    private mutating func decode() throws(MediaError) -> Bool {
        while try decoder.next(into: &decoded) {
            guard let time = decoded.presentationTime, time < startTicks else {
                return (decoded.presentationTime ?? startTicks) < endTicks
            }
        }
        return false
    }

    private mutating func push() throws(MediaError) {
        decoded.pointer.pointee.sample_aspect_ratio = av_make_q(1, 1)
        try shape.push(decoded, timeBase: decoder.timeBase)
    }
}

/// Decodes packets as they leave an encoder, to see what became of the frames that went in.
package struct PacketDecoder: ~Copyable {
    private let handle: Owned<AVCodecContext>
    private var isDraining = false

    /// Opens a decoder for what an encoder makes (`avcodec_open2`).
    package init(of encoder: borrowing VideoEncoder) throws(MediaError) {
        let parameters = try Owned(avcodec_parameters_alloc(), freedBy: avcodec_parameters_free)
        try encoder.copyParameters(to: parameters.pointer)
        try self.init(parameters)
    }

    /// Opens a decoder for what an encoder made, and a track keeps.
    init(of track: borrowing Track) throws(MediaError) {
        let parameters = try Owned(avcodec_parameters_alloc(), freedBy: avcodec_parameters_free)
        try track.copyParameters(to: parameters.pointer)
        try self.init(parameters)
    }

    private init(_ parameters: borrowing Owned<AVCodecParameters>) throws(MediaError) {
        let codec = avcodec_find_decoder(AV_CODEC_ID_H264)
        guard let codec else {
            throw MediaError(.unsupported, doing: "decode H.264", words: "no decoder for it")
        }
        let handle = try Owned(avcodec_alloc_context3(codec), freedBy: avcodec_free_context)
        try MediaError.check(
            avcodec_parameters_to_context(handle.pointer, parameters.pointer),
            "set up the decoder"
        )
        handle.pointer.pointee.thread_count = Threads.count
        try MediaError.check(avcodec_open2(handle.pointer, codec, nil), "open the decoder")
        self.handle = handle
    }

    /// Hands a packet in (`avcodec_send_packet`).
    ///
    /// `isWanted`: its frame is to come out; others may not, where no frame is made from them.
    package mutating func send(
        _ packet: borrowing Packet,
        isWanted: Bool
    ) throws(MediaError) {
        handle.pointer.pointee.skip_frame = isWanted ? AVDISCARD_DEFAULT : AVDISCARD_NONREF
        try MediaError.check(
            avcodec_send_packet(handle.pointer, packet.pointer),
            "decode what was encoded"
        )
    }

    /// Says that no packet follows: `receive` yields what is left.
    package mutating func finish() {
        guard !isDraining else { return }
        isDraining = true
        avcodec_send_packet(handle.pointer, nil)
    }

    /// Forgets what came before: a packet from another place, which is a keyframe, may follow.
    mutating func flush() {
        avcodec_flush_buffers(handle.pointer)
        isDraining = false
    }

    /// Takes the next frame in presentation order; false when more packets are needed, or at the end.
    package mutating func receive(into frame: inout Frame) throws(MediaError) -> Bool {
        av_frame_unref(frame.pointer)
        let status = avcodec_receive_frame(handle.pointer, frame.pointer)
        if status == cinch_error_again || status == cinch_error_eof { return false }
        try MediaError.check(status, "decode what was encoded")
        return true
    }
}
