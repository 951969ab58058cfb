import CFFmpeg
package import Core
package import SystemPackage

/// A finished track: packets in a file, their times in memory, and what a container must know of them.
///
/// Sound is finished before the picture is budgeted, so its bytes are known; the picture waits here
/// until its size is right, so that a correction need not touch what has landed.
package struct Track: ~Copyable {
    private struct Entry {
        var decodeTime: Int64
        var presentationTime: Int64
        var duration: Int64
        var size: Int32
        var flags: Int32
    }

    private let file: FileDescriptor
    private let parameters: Owned<AVCodecParameters>
    private var entries: [Entry] = []
    private var offset: Int64 = 0
    private var cursor = 0
    private var cursorOffset: Int64 = 0
    private var others: [Other] = []
    private var ownBytes = 0
    private var heldUntil: Int64?
    /// The language and the name that the container states of it.
    var language: String?
    var title: String?
    let timeBase: AVRational
    let frameRate: AVRational
    /// Payload bytes, of those that go along too.
    package var byteCount: Int { others.reduce(ownBytes) { $0 + $1.track.byteCount } }
    /// What of the source could not be decoded on the way here.
    package internal(set) var loss = Damage.Loss()

    package var packetCount: Int { entries.count }

    /// Seconds from time zero to the end of the last packet.
    package var durationSeconds: Double {
        others.reduce(ownDurationSeconds) { max($0, $1.track.durationSeconds) }
    }

    /// Seconds up to which the source is known to be there.
    ///
    /// A line of text says where it will end when it begins: that shows nothing of what follows.
    package var reachedSeconds: Double {
        let own =
            isSound ? nil : entries.last.map { Double($0.presentationTime) * av_q2d(timeBase) }
        return others.reduce(own ?? ownDurationSeconds) { max($0, $1.track.reachedSeconds) }
    }

    private var ownDurationSeconds: Double {
        // The last to be decoded is not the last to be shown.
        let end = entries.suffix(32).map { $0.presentationTime + $0.duration }.max() ?? 0
        return Double(end) * av_q2d(timeBase)
    }

    /// A track that goes along with another; an array cannot hold what cannot be copied.
    private final class Other {
        var track: Track

        init(_ track: consuming Track) {
            self.track = track
        }
    }

    /// Lets the last packet that is shown last until a time, if that is later; as players hold the
    /// last picture while the sound goes on.
    package mutating func hold(untilSeconds seconds: Double) {
        let ticks = seconds * Double(timeBase.den) / Double(max(1, timeBase.num))
        heldUntil = Int64(min(1e15, max(0, ticks.isFinite ? ticks : 0)).rounded())
    }

    /// How long a packet lasts, which for the last ones is until `heldUntil`.
    private func duration(of index: Int) -> Int64 {
        let entry = entries[index]
        guard let heldUntil, index >= entries.count - 32 else { return entry.duration }
        let last = entries.suffix(32).map(\.presentationTime).max() ?? 0
        // The last to be decoded tells the muxer how long the track is, the last to be shown how long it shows.
        guard entry.presentationTime == last || index == entries.count - 1 else {
            return entry.duration
        }
        return max(entry.duration, heldUntil - entry.presentationTime)
    }

    /// Whether it is sound; subtitles stand in its place where there is none.
    package var isSound: Bool {
        parameters.pointer.pointee.codec_type == AVMEDIA_TYPE_AUDIO
    }

    /// Payload bytes of what is heard.
    package var soundByteCount: Int {
        others.reduce(isSound ? ownBytes : 0) { $0 + $1.track.soundByteCount }
    }

    /// How many tracks it is with those that go along.
    package var trackCount: Int { others.reduce(1) { $0 + $1.track.trackCount } }

    /// Lets another track go along: its packets come in turn with this one's, under stream numbers of their own.
    package mutating func join(_ other: consuming Track) {
        others.append(Other(other))
    }

    /// Lets a track go along with what is there, or be the first.
    package static func join(_ track: consuming Track, to all: inout Track?) {
        if var main = all.take() {
            main.join(track)
            all = consume main
        } else {
            all = consume track
        }
    }

    /// A track for what an encoder makes; its packets go into a new file.
    package init(path: FilePath, of encoder: borrowing VideoEncoder) throws(MediaError) {
        let parameters = try Owned(avcodec_parameters_alloc(), freedBy: avcodec_parameters_free)
        try encoder.copyParameters(to: parameters.pointer)
        try self.init(
            path: path,
            parameters: parameters,
            timeBase: encoder.timeBase,
            frameRate: encoder.frameRate
        )
    }

    init(
        path: FilePath,
        parameters: consuming Owned<AVCodecParameters>,
        timeBase: AVRational,
        frameRate: AVRational = AVRational(num: 0, den: 1)
    ) throws(MediaError) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.openNew(path)
        } catch {
            throw MediaError(error, doing: "keep a track")
        }
        self.file = file
        self.parameters = parameters
        self.timeBase = timeBase
        self.frameRate = frameRate
    }

    deinit { try? file.close() }

    /// H.264's level times ten, from the sequence parameter set (ISO/IEC 14496-10, 7.3.2.1.1).
    package var level: Int? {
        let parameters = parameters.pointer.pointee
        guard let data = parameters.extradata else { return nil }
        let bytes = UnsafeBufferPointer(start: data, count: Int(parameters.extradata_size))
        // After a start code: the type in five bits, the profile, the constraints, the level.
        let start = bytes.indices.dropLast(6).first {
            bytes[$0] == 0 && bytes[$0 + 1] == 0 && bytes[$0 + 2] == 1 && bytes[$0 + 3] & 31 == 7
        }
        return start.map { Int(bytes[$0 + 6]) }
    }

    /// Whether the packets of an encoder can follow in this track: its headers are the same bytes.
    package func isContinued(by encoder: borrowing VideoEncoder) throws(MediaError) -> Bool {
        let other = try Owned(avcodec_parameters_alloc(), freedBy: avcodec_parameters_free)
        try encoder.copyParameters(to: other.pointer)
        let one = parameters.pointer.pointee
        let two = other.pointer.pointee
        guard one.extradata_size == two.extradata_size, one.codec_id == two.codec_id else {
            return false
        }
        guard let left = one.extradata, let right = two.extradata else { return true }
        return memcmp(left, right, Int(one.extradata_size)) == 0
    }

    /// Adds a packet at the end, its times moved by `shift`.
    package mutating func append(
        _ packet: borrowing Packet,
        shift: Int = 0
    ) throws(MediaError) {
        let pointer = packet.pointer
        guard let data = pointer.pointee.data, pointer.pointee.size > 0 else { return }
        let bytes = UnsafeRawBufferPointer(start: data, count: Int(pointer.pointee.size))
        do {
            _ = try file.writeAll(toAbsoluteOffset: offset, bytes)
        } catch {
            throw MediaError(error, doing: "keep a track")
        }
        offset += Int64(bytes.count)
        ownBytes += bytes.count
        entries.append(
            Entry(
                decodeTime: pointer.pointee.dts + Int64(shift),
                presentationTime: pointer.pointee.pts + Int64(shift),
                duration: pointer.pointee.duration,
                size: pointer.pointee.size,
                flags: pointer.pointee.flags
            )
        )
    }

    /// Adds packets of nothing, for a muxer that is only asked how much it would add.
    mutating func appendBlank(_ count: Int, duration: Int64) {
        for index in 0..<Int64(count) {
            let time = (index - 1) * duration
            entries.append(
                Entry(
                    decodeTime: time,
                    presentationTime: time,
                    duration: duration,
                    size: 1,
                    flags: AV_PKT_FLAG_KEY
                )
            )
        }
    }

    /// Takes off what was added after so many packets.
    package mutating func removeLast(after count: Int) {
        let removed = entries[count...].reduce(0) { $0 + Int($1.size) }
        entries.removeSubrange(count...)
        offset -= Int64(removed)
        ownBytes -= removed
        rewind()
    }

    /// Starts handing out packets from the first again.
    package mutating func rewind() {
        cursor = 0
        cursorOffset = 0
        for other in others { other.track.rewind() }
    }

    /// The last keyframe up to a packet, both by their numbers; 0 where there is none.
    func keyframe(upTo index: Int) -> Int {
        entries[...index].lastIndex { $0.flags & AV_PKT_FLAG_KEY != 0 } ?? 0
    }

    /// Hands out packets from this one on.
    mutating func go(to index: Int) {
        cursor = index
        cursorOffset = entries[..<index].reduce(0) { $0 + Int64($1.size) }
    }

    /// Drops all packets, and gives their room on the disk back.
    mutating func discard() {
        removeLast(after: 0)
        try? file.resize(to: 0)
    }

    /// Decode time of the packet that comes next, in seconds; nil at the end.
    package var nextSeconds: Double? {
        others.reduce(ownNextSeconds) { first, other in
            guard let next = other.track.nextSeconds else { return first }
            return min(first ?? next, next)
        }
    }

    private var ownNextSeconds: Double? {
        cursor < entries.count ? Double(entries[cursor].decodeTime) * av_q2d(timeBase) : nil
    }

    /// The next packet, of this track or of one that goes along; false at the end.
    ///
    /// With `isEmpty` its payload is a few bytes of nothing, for a muxer that is only asked
    /// how much it would add.
    package mutating func next(
        into packet: inout Packet,
        isEmpty: Bool = false
    ) throws(MediaError) -> Bool {
        let next = nextSeconds
        if let index = others.firstIndex(where: { $0.track.nextSeconds == next }),
            next != ownNextSeconds
        {
            guard try others[index].track.next(into: &packet, isEmpty: isEmpty) else {
                return false
            }
            // It may have some of its own that go along.
            let before = others[..<index].reduce(1) { $0 + $1.track.trackCount }
            packet.pointer.pointee.stream_index += Int32(clamping: before)
            return true
        }
        guard cursor < entries.count else { return false }
        let entry = entries[cursor]
        av_packet_unref(packet.pointer)
        let size = isEmpty ? 4 + Int32(cursor % 2) : entry.size
        try MediaError.check(av_new_packet(packet.pointer, size), "write the file")
        if isEmpty {
            memset(packet.pointer.pointee.data, 0, Int(size))
        } else {
            let target = UnsafeMutableRawBufferPointer(
                start: packet.pointer.pointee.data,
                count: Int(size)
            )
            do {
                var done = 0
                while done < target.count {
                    let part = try file.read(
                        fromAbsoluteOffset: cursorOffset + Int64(done),
                        into: UnsafeMutableRawBufferPointer(rebasing: target[done...])
                    )
                    guard part > 0 else { throw Errno.ioError }
                    done += part
                }
            } catch {
                throw MediaError(error, doing: "read a kept track")
            }
        }
        packet.pointer.pointee.stream_index = 0
        packet.pointer.pointee.dts = entry.decodeTime
        packet.pointer.pointee.pts = entry.presentationTime
        packet.pointer.pointee.duration = duration(of: cursor)
        packet.pointer.pointee.flags = entry.flags
        cursorOffset += Int64(entry.size)
        cursor += 1
        return true
    }

    /// A stream of an output for this track, and one for each that goes along; their time bases.
    func addStreams(
        to context: UnsafeMutablePointer<AVFormatContext>
    ) throws(MediaError) -> [AVRational] {
        guard let stream = avformat_new_stream(context, nil) else {
            throw MediaError(.memory, doing: "set up the MP4")
        }
        try copyParameters(to: stream.pointee.codecpar)
        stream.pointee.time_base = timeBase
        if let language { av_dict_set(&stream.pointee.metadata, "language", language, 0) }
        if let title { av_dict_set(&stream.pointee.metadata, "title", title, 0) }
        var bases = [timeBase]
        for other in others { bases += try other.track.addStreams(to: context) }
        return bases
    }

    func copyParameters(
        to target: UnsafeMutablePointer<AVCodecParameters>
    ) throws(MediaError) {
        try MediaError.check(
            avcodec_parameters_copy(target, parameters.pointer),
            "describe a track"
        )
    }
}
