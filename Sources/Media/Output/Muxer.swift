import CFFmpeg
import Core
package import SystemPackage

/// An MP4 being written: one picture track, the sound and what goes along with it, the index in front.
package struct Muxer: ~Copyable {
    private var output: OutputFile

    /// Writes a file (`avformat_write_header` with `movflags=+faststart`).
    package init(
        path: FilePath,
        video: borrowing VideoEncoder,
        sound: borrowing Track?,
        trimmings: Trimmings = Trimmings(),
        seconds: Double = 0
    ) throws(MediaError) {
        try self.init(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: seconds,
            timeBase: video.timeBase
        ) { (stream) throws(MediaError) in
            try video.copyParameters(to: stream.pointee.codecpar)
            stream.pointee.avg_frame_rate = video.frameRate
        }
    }

    /// Writes a file of finished tracks.
    package init(
        path: FilePath,
        picture: borrowing Track,
        sound: borrowing Track?,
        trimmings: Trimmings = Trimmings()
    ) throws(MediaError) {
        try self.init(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: max(picture.durationSeconds, Self.seconds(of: sound)),
            timeBase: picture.timeBase
        ) { (stream) throws(MediaError) in
            try picture.copyParameters(to: stream.pointee.codecpar)
            stream.pointee.avg_frame_rate = picture.frameRate
        }
    }

    /// Writes a file with the source's own picture packets, turned as the source says.
    package init(
        path: FilePath,
        copying demuxer: borrowing Demuxer,
        videoStream index: Int,
        sound: borrowing Track?,
        trimmings: Trimmings,
        seconds: Double
    ) throws(MediaError) {
        guard let source = demuxer.stream(index) else {
            throw MediaError(.invalid, doing: "find the picture")
        }
        try self.init(
            path: path,
            sound: sound,
            trimmings: trimmings,
            seconds: seconds,
            timeBase: source.pointee.time_base
        ) { (stream) throws(MediaError) in
            try MediaError.check(
                avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar),
                "describe the picture"
            )
            stream.pointee.codecpar.pointee.codec_tag = 0
            stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
            cinch_copy_display_matrix(stream, source)
        }
    }

    /// Path nil: into memory, for counting.
    ///
    /// The stream's description is filled in by `describe`.
    private init(
        path: FilePath?,
        sound: borrowing Track?,
        trimmings: Trimmings,
        seconds: Double,
        timeBase: AVRational,
        describe: (UnsafeMutablePointer<AVStream>) throws(MediaError) -> Void
    ) throws(MediaError) {
        var output = try OutputFile(path: path, as: .mp4)
        try describe(try output.addStream(timeBase: timeBase))
        switch sound {
        case .some(let sound): try output.addStreams(for: sound)
        case .none: break
        }
        try output.begin(trimmings, seconds: seconds)
        self.output = output
    }

    /// Writes a packet of the picture; it must come in decode order.
    package mutating func writePicture(_ packet: inout Packet) throws(MediaError) {
        try output.write(&packet, stream: 0)
    }

    /// Writes a packet of the sound, or of what goes along with it.
    package mutating func writeSound(_ packet: inout Packet) throws(MediaError) {
        try output.write(&packet, stream: packet.streamIndex + 1)
    }

    /// Completes the file and moves its index to the front (`av_write_trailer`).
    package consuming func finish() throws(MediaError) {
        try output.finish()
    }

    /// What the container adds to these packets, in bytes, by writing it for once without their payload.
    ///
    /// The index depends on how many packets there are and on their times, not on what is in them,
    /// so pass 1's packets tell what pass 2's will cost.
    package static func containerBytes(
        video: borrowing VideoEncoder,
        packets: [PacketTiming],
        sound: inout Track?,
        trimmings: Trimmings = Trimmings()
    ) throws(MediaError) -> Int {
        let seconds = Double(packets.count) * av_q2d(video.timeBase)
        var muxer = try Muxer(
            path: nil,
            sound: sound,
            trimmings: trimmings,
            seconds: max(seconds, Self.seconds(of: sound)),
            timeBase: video.timeBase
        ) { (stream) throws(MediaError) in
            try video.copyParameters(to: stream.pointee.codecpar)
            stream.pointee.avg_frame_rate = video.frameRate
        }
        var packet = try Packet()
        sound?.rewind()
        let frameSeconds = av_q2d(video.timeBase)
        let isHeld = holds(lastPictureAt: seconds, until: Self.seconds(of: sound))
        for (index, timing) in packets.enumerated() {
            while let next = sound?.nextSeconds, next <= Double(timing.decodeTime) * frameSeconds {
                guard try sound?.next(into: &packet, isEmpty: true) == true else { break }
                try muxer.writeSound(&packet)
            }
            av_packet_unref(packet.pointer)
            // A length-prefixed NAL unit of one or two bytes; equal sizes would be stored shorter.
            let size = Int32(5 + index % 2)
            try MediaError.check(av_new_packet(packet.pointer, size), "count the container")
            guard let data = packet.pointer.pointee.data else { continue }
            memset(data, 0xFF, Int(size))
            for (place, byte) in [0, 0, 0, 1].enumerated() { data[place] = UInt8(byte) }
            packet.pointer.pointee.dts = Int64(timing.decodeTime)
            packet.pointer.pointee.pts = Int64(timing.presentationTime)
            packet.pointer.pointee.duration =
                isHeld && index == packets.count - 1
                ? Int64(Self.seconds(of: sound) / frameSeconds) - Int64(timing.presentationTime) : 1
            packet.pointer.pointee.flags = timing.isKeyframe ? AV_PKT_FLAG_KEY : 0
            try muxer.writePicture(&packet)
        }
        while try sound?.next(into: &packet, isEmpty: true) == true {
            try muxer.writeSound(&packet)
        }
        sound?.rewind()
        return try muxer.output.containerBytes()
    }

    /// Whether the last picture stays until the sound ends, because that is much later.
    ///
    /// A few samples more are no reason to say in the index that the last picture is not like the others.
    package static func holds(lastPictureAt end: Double, until soundEnd: Double) -> Bool {
        soundEnd - end > 0.5
    }

    private static func seconds(of track: borrowing Track?) -> Double {
        switch track {
        case .some(let track): return track.durationSeconds
        case .none: return 0
        }
    }
}
