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

    package init(path: String, streamIndex: Int, flag: CancellationFlag) throws(MediaError) {
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
            guard pointer.pointee.pts != cinch_no_pts else { continue }
            if pointer.pointee.dts == cinch_no_pts { pointer.pointee.dts = pointer.pointee.pts }
            pointer.pointee.pts -= startTime
            pointer.pointee.dts -= startTime
            if pointer.pointee.dts <= lastDecodeTime { pointer.pointee.dts = lastDecodeTime + 1 }
            guard pointer.pointee.pts >= pointer.pointee.dts else { continue }
            lastDecodeTime = pointer.pointee.dts
            presentationEnd = max(
                presentationEnd,
                pointer.pointee.pts + max(0, pointer.pointee.duration)
            )
            byteCount += packet.byteCount
            return true
        }
        return false
    }

    /// Why reading ended before the end, where it did.
    package var endedEarly: MediaError? { demuxer.endedEarly }

    /// Decode time of the last packet.
    package var seconds: Double { inSeconds(max(0, lastDecodeTime)) }

    /// Where the picture ends.
    package var endSeconds: Double { inSeconds(presentationEnd) }

    private func inSeconds(_ time: Int64) -> Double {
        Double(time) * Double(timeBase.0) / Double(max(1, timeBase.1))
    }
}
