import CFFmpeg
package import Core
package import SystemPackage

/// Sound under a budget of bytes.
extension SoundTrack {
    /// An encode to a budget.
    package struct Fitted: ~Copyable {
        /// Nil where there was not a sample, and where it was given up.
        package var track: Track?
        /// The payload; what it would have become where it was given up.
        package var byteCount: Int
        package var packetCount: Int
    }

    /// Packets that so much sound takes: each block, and the one that primes the decoder.
    package static func packetCount(seconds: Double, sampleRate: Int) -> Int {
        let samples = (max(0, seconds) * Double(sampleRate)).rounded()
        guard samples < 1e15 else { return .max }
        return (Int(samples) + 1023) / 1024 + 1
    }

    /// Encodes AAC-LC and steers it, so that it weighs what the budget says and not more.
    ///
    /// Parameters:
    ///   - sound: an encode or a mix.
    ///   - steering: its budget; given up as soon as it is passed.
    ///   - isFast: with a search that costs less and is as good at high rates.
    ///   - title: what the track is called, to tell it from others.
    ///   - path: a new file for the packets.
    ///   - onProgress: seconds of sound done, and their bytes; called often.
    package static func fitted(
        _ sound: Sound,
        source: some Recording,
        steering: SoundSteering,
        isFast: Bool,
        title: String? = nil,
        path: FilePath,
        flag: CancellationFlag,
        onProgress: (Double, Int) -> Void
    ) throws(MediaError) -> Fitted {
        guard let shape = sound.shape else {
            throw .nothingToEncode
        }
        var steering = steering
        let encoder = try AudioEncoder(
            shape,
            bitsPerSecond: steering.bitsPerSecond,
            search: isFast ? .fast : nil
        )
        var track = try encoder.track(at: path)
        track.language = source.audio.first { $0.streamIndex == sound.streamIndex }?.language
        track.title = title
        var reader = try SoundMix(
            shape,
            of: source,
            blockSize: encoder.blockSize,
            flag: flag
        )
        var frame = try Frame()
        var packet = try Packet()
        var samples = 0
        while try reader.next(into: &frame) {
            samples += frame.sampleCount
            try encoder.send(frame)
            while try encoder.receive(into: &packet) {
                try track.append(packet)
                steering.add(bytes: packet.byteCount)
            }
            if steering.isLost { break }
            encoder.steer(to: steering.nextBitsPerSecond)
            onProgress(track.durationSeconds, track.byteCount)
            if flag.isRaised { throw MediaError(.other, doing: "encode the sound") }
        }
        guard samples > 0 else {
            return Fitted(track: nil, byteCount: 0, packetCount: 0)
        }
        if steering.isLost {
            // Given up. Where it is longer than it was said to be, the next encode must know.
            if track.packetCount >= steering.packets {
                while try reader.next(into: &frame) { samples += frame.sampleCount }
            }
            let packets = max(steering.packets, (samples + 1023) / 1024 + 1)
            let each = Double(track.byteCount) / Double(max(1, track.packetCount))
            return Fitted(
                track: nil,
                byteCount: Int(min(1e15, each * Double(packets))),
                packetCount: packets
            )
        }
        try encoder.finish()
        while try encoder.receive(into: &packet) { try track.append(packet) }
        track.loss = reader.loss
        track.rewind()
        let (bytes, packets) = (track.byteCount, track.packetCount)
        return Fitted(track: track, byteCount: bytes, packetCount: packets)
    }

    /// The rate from which on libavcodec's quick search sounds as good as its thorough one.
    package static func isFastEnough(_ sound: Sound, bitsPerSecond: Int) -> Bool {
        bitsPerSecond >= 40_000 * (sound.shape?.channels ?? 2)
    }

    /// What an M4A has beside so many packets of these sounds, in bytes, asked of the muxer.
    ///
    /// `path`: a new file, which stays empty.
    package static func containerBytes(
        _ sounds: [Sound],
        source: some Recording,
        packets: [Int],
        trimmings: Trimmings,
        path: FilePath
    ) throws(MediaError) -> Int {
        var all: Track?
        var payload = 0
        for (index, sound) in sounds.enumerated() {
            guard let shape = sound.shape else { continue }
            let encoder = try AudioEncoder(shape, bitsPerSecond: sound.bitsPerSecond)
            var track = try encoder.track(at: path)
            let info = source.audio.first { $0.streamIndex == sound.streamIndex }
            track.language = info?.language
            if sounds.count > 1 { track.title = info?.title }
            track.appendBlank(packets[index], duration: 1024)
            payload += Int(
                Double(sound.bitsPerSecond) / 8 * Double(packets[index]) / sound.packetsPerSecond
            )
            Track.join(track, to: &all)
        }
        guard var track = all.take() else { return 0 }
        // The table of chunks grows with what is in them: one for each megabyte.
        return try SoundMuxer.containerBytes(&track, trimmings: trimmings)
            + (payload / 1_000_000 + 1) * 16
    }

    /// Encodes the first seconds for nobody, to see how long it takes.
    package static func rehearse(
        _ sound: Sound,
        source: some Recording,
        isFast: Bool,
        seconds: Double,
        path: FilePath,
        flag: CancellationFlag
    ) throws(MediaError) -> Double {
        var done = 0.0
        let rate = max(8000, sound.bitsPerSecond)
        // A budget that ends where the rehearsal does.
        let steering = SoundSteering(
            budgetBytes: Int(Double(rate) / 8 * seconds),
            limitBytes: Int(Double(rate) / 8 * seconds * 0.9),
            packets: Int(sound.packetsPerSecond * seconds),
            bitsPerSecond: rate,
            packetsPerSecond: sound.packetsPerSecond
        )
        _ = try fitted(
            sound,
            source: source,
            steering: steering,
            isFast: isFast,
            path: path,
            flag: flag
        ) { seconds, _ in done = seconds }
        return done
    }
}
