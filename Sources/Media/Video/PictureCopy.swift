import CFFmpeg
package import SystemPackage

/// A file's own picture packets, their times moved so that the file begins at zero.
package struct PictureCopy: ~Copyable {
    private var demuxer: Demuxer
    private let streamIndex: Int
    private let timeBase: (Int32, Int32)
    private let startTime: Int64
    private var lastDecodeTime = Int64.min
    private var presentationEnd: Int64 = 0
    /// Payload so far.
    package private(set) var byteCount = 0
    /// Whether the first packet needs no other.
    package private(set) var beginsWithKeyframe = true

    // Decode times of the first packets, where the file does not say them.
    private var firstTimes: [Int64]
    // Packets that come at no time that a file could hold.
    private var droppedCount = 0

    package init(path: String, streamIndex: Int, flag: CancellationFlag) throws(MediaError) {
        let firstTimes = try Self.firstTimes(path: path, streamIndex: streamIndex, flag: flag)
        var demuxer = try Demuxer(path: path, flag: flag)
        guard let stream = demuxer.stream(streamIndex) else {
            throw MediaError(.invalid, doing: "find the picture")
        }
        let base = stream.pointee.time_base
        startTime = Demuxer.ticks(microseconds: demuxer.startMicroseconds, base)
        timeBase = (base.num, base.den)
        demuxer.keepOnly(stream: streamIndex)
        self.demuxer = demuxer
        self.streamIndex = streamIndex
        self.firstTimes = firstTimes
    }

    /// Matroska has presentation times alone: the decode times of the packets before the first that can
    /// be told from them are counted back from it.
    private static func firstTimes(
        path: String,
        streamIndex: Int,
        flag: CancellationFlag
    ) throws(MediaError) -> [Int64] {
        var demuxer = try Demuxer(path: path, flag: flag)
        guard let stream = demuxer.stream(streamIndex) else { return [] }
        let rate = stream.pointee.avg_frame_rate
        let step =
            rate.num > 0 && rate.den > 0
            ? max(1, av_rescale_q(1, av_make_q(rate.den, rate.num), stream.pointee.time_base)) : 1
        demuxer.keepOnly(stream: streamIndex)
        var packet = try Packet()
        var count = 0
        // Nothing is reordered by more than 16 pictures.
        while count <= 16, try demuxer.read(into: &packet) {
            let time = packet.pointer.pointee.dts
            if time != cinch_no_pts {
                return (0..<count).map { time - Int64(count - $0) * step }
            }
            count += 1
        }
        return []
    }

    /// An MP4 that takes these packets; `seconds` is how long it will be.
    package func muxer(
        to path: FilePath,
        sound: borrowing Track?,
        trimmings: Trimmings,
        seconds: Double
    ) throws(MediaError) -> Muxer {
        try Muxer(
            path: path,
            copying: demuxer,
            videoStream: streamIndex,
            sound: sound,
            trimmings: trimmings,
            seconds: seconds
        )
    }

    /// The next packet, in decode order; false at the end.
    package mutating func next(into packet: inout Packet) throws(MediaError) -> Bool {
        while try demuxer.read(into: &packet) {
            let pointer = packet.pointer
            if pointer.pointee.dts == cinch_no_pts, !firstTimes.isEmpty {
                pointer.pointee.dts = firstTimes.removeFirst()
            } else {
                firstTimes = []
            }
            guard pointer.pointee.pts != cinch_no_pts else {
                droppedCount += 1
                continue
            }
            if pointer.pointee.dts == cinch_no_pts { pointer.pointee.dts = pointer.pointee.pts }
            pointer.pointee.pts -= startTime
            pointer.pointee.dts -= startTime
            if pointer.pointee.dts <= lastDecodeTime { pointer.pointee.dts = lastDecodeTime + 1 }
            guard pointer.pointee.pts >= pointer.pointee.dts else {
                droppedCount += 1
                continue
            }
            lastDecodeTime = pointer.pointee.dts
            presentationEnd = max(
                presentationEnd,
                pointer.pointee.pts + max(0, pointer.pointee.duration)
            )
            if byteCount == 0 {
                beginsWithKeyframe = pointer.pointee.flags & AV_PKT_FLAG_KEY != 0
            }
            byteCount += packet.byteCount
            return true
        }
        return false
    }

    /// Why reading ended before the end, where it did.
    package var endedEarly: MediaError? { demuxer.endedEarly }

    /// Packets that could not be read.
    package var lostPackets: Int { demuxer.lostPackets + droppedCount }

    /// Decode time of the last packet.
    package var seconds: Double { inSeconds(max(0, lastDecodeTime)) }

    /// Where the picture ends.
    package var endSeconds: Double { inSeconds(presentationEnd) }

    private func inSeconds(_ time: Int64) -> Double {
        Double(time) * Double(timeBase.0) / Double(max(1, timeBase.1))
    }
}
