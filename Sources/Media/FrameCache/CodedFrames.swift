import CFFmpeg
package import Core
package import SystemPackage

/// Prepared frames in coded form, kept in a file so that pass 2 need not decode the source again.
///
/// libx264 codes them without any loss: they come back bit for bit. A picture that is repeated is coded
/// once. Milliseconds of one core for a frame, to write and to read it, and its size against raw:
///
///     640x360     animation         film              screen            game
///     raw         0.3   0.0         0.2   0.0         0.1   0.0         0.1   0.0
///     ffvhuff     0.6   1.7   0.44  0.7   1.1   0.34  0.4   0.7   0.33  0.5   1.3   0.50
///     Ut Video    1.1   1.2   0.41  0.9   1.1   0.28  0.6   0.6   0.21  1.0   1.2   0.45
///     libx264     1.2   0.5   0.04  1.7   1.7   0.18  0.4   0.2   0.01  2.3   2.4   0.33
///     FFV1        5.7   6.5   0.30  4.5   3.4   0.17  1.3   1.1   0.08  5.3   6.5   0.34
///     1280x720
///     raw         0.6   0.1         0.7   0.1         0.6   0.1         0.5   0.1
///     ffvhuff     2.4   4.5   0.39  2.0   4.5   0.32  1.3   2.5   0.31  2.4   5.0   0.43
///     Ut Video    4.0   4.5   0.35  3.5   4.2   0.24  2.3   2.2   0.19  3.5   4.5   0.39
///     libx264     4.0   1.7   0.03  6.7   4.9   0.14  2.3   0.6   0.01  8.1   9.2   0.27
///     FFV1       17.6  17.6   0.22 13.5  12.5   0.13  5.5   3.4   0.06 19.1  19.7   0.26
///
/// (Measured once through libavcodec; `scripts/bench --table store` makes such a table with the `ffmpeg`
/// program. libx264 with the preset ultrafast and a keyframe every 60 frames; every 250 saves a tenth of animation.
/// The screen is square.) Raw costs least, and of the quick ones libx264 needs the least room: what is too
/// much raw goes that way, where that is less than decoding the source again (`FrameKeeping.Costs`).
package struct CodedFrames: ~Copyable {
    private let settings: VideoEncoder.Settings
    private let limit: Int
    private let path: FilePath
    private var encoder: VideoEncoder?
    private var track: Track?
    private var decoder: PacketDecoder?
    private var packet: Packet
    // Which picture in the file each frame is.
    private var pictures: [Int32] = []
    private var codedCount = 0
    // What was coded last.
    private var last: Frame
    private var decoded: Frame
    // Which picture `decoded` is.
    private var position: Int?
    private var isFinished = false
    /// False once the limit was passed or the disk was full: what was kept is dropped, and pass 2
    /// decodes the source again.
    package private(set) var isComplete = true

    /// Frames from one keyframe to the next: so many may have to be decoded for one in their middle.
    private static let keyframeInterval = 60

    /// Makes an empty store.
    ///
    /// Parameters:
    ///   - picture: what the frames are.
    ///   - fileLimit: bytes that the file may have.
    ///   - path: of the file, made when it is first needed.
    package init(of picture: Picture, fileLimit: Int, path: FilePath) throws(MediaError) {
        let packet = try Packet()
        let last = try Frame()
        let decoded = try Frame()
        settings = VideoEncoder.Settings(
            size: picture.size,
            frameRate: picture.frameRate,
            matrix: picture.matrix,
            preset: "ultrafast",
            keyframeIntervalFrames: Self.keyframeInterval
        )
        limit = fileLimit
        self.path = path
        self.packet = packet
        self.last = last
        self.decoded = decoded
    }

    package var count: Int { pictures.count }

    /// Bytes in the file.
    package var byteCount: Int {
        switch track {
        case .some(let track): return track.byteCount
        case .none: return 0
        }
    }

    /// Keeps the next frame, or drops everything when the limit is passed.
    package mutating func append(_ frame: borrowing Frame) throws(MediaError) {
        guard isComplete, !isFinished else { return }
        if !frame.refers(toPictureOf: last) {
            try orDrop { (frames) throws(MediaError) in try frames.code(frame) }
        }
        if isComplete { pictures.append(Int32(clamping: codedCount - 1)) }
    }

    /// Says that no frame follows.
    package mutating func finish() throws(MediaError) {
        guard isComplete, !isFinished else { return }
        isFinished = true
        last.clear()
        try orDrop { (frames) throws(MediaError) in
            try frames.encoder?.finish()
            try frames.drain()
        }
        encoder = nil
    }

    /// Hands out a frame again, its time counted in frames; in order it costs least.
    package mutating func read(_ index: Int, into frame: inout Frame) throws(MediaError) {
        try finish()
        let picture = Int(pictures[index])
        if position != picture { try decode(picture) }
        try frame.refer(to: decoded, doing: "read a kept frame")
        // How it was coded here says nothing about how it is to be coded.
        frame.startsGroup = false
        frame.presentationTime = index
    }

    private mutating func code(_ frame: borrowing Frame) throws(MediaError) {
        try last.refer(to: frame, doing: "keep a frame")
        last.presentationTime = codedCount
        last.startsGroup = false
        if codedCount == 0 {
            let opened = try VideoEncoder(settings, mode: .lossless)
            track = .some(try Track(path: path, of: opened))
            encoder = .some(opened)
        }
        try encoder?.send(last)
        codedCount += 1
        try drain()
    }

    private mutating func drain() throws(MediaError) {
        while try encoder?.receive(into: &packet) == true {
            guard byteCount + packet.byteCount <= limit else {
                drop()
                return
            }
            try track?.append(packet)
        }
    }

    /// Decodes on to a picture, from a keyframe where that is nearer.
    private mutating func decode(_ picture: Int) throws(MediaError) {
        let keyframe = track?.keyframe(upTo: picture) ?? 0
        if decoder == nil, let opened = try openDecoder() { decoder = .some(opened) }
        if position.map({ $0 > picture || $0 + 1 < keyframe }) ?? true {
            track?.go(to: keyframe)
            decoder?.flush()
        }
        var isAtEnd = false
        while true {
            if try decoder?.receive(into: &decoded) == true {
                position = decoded.presentationTime
                if position == picture { return }
            } else if try track?.next(into: &packet) == true {
                try decoder?.send(packet, isWanted: true)
            } else if !isAtEnd {
                isAtEnd = true
                decoder?.finish()
            } else {
                throw MediaError(.inputOutput, doing: "read a kept frame", words: "it is missing")
            }
        }
    }

    private func openDecoder() throws(MediaError) -> PacketDecoder? {
        switch track {
        case .some(let track): return try PacketDecoder(of: track)
        case .none: return nil
        }
    }

    /// A disk that fills up, or a picture that the encoder does not take, is no reason to stop:
    /// decoding the source again needs neither.
    private mutating func orDrop(
        _ work: (inout CodedFrames) throws(MediaError) -> Void
    ) throws(MediaError) {
        do {
            try work(&self)
        } catch {
            guard [.diskFull, .encoder, .unsupported].contains(error.kind) else { throw error }
            drop()
        }
    }

    private mutating func drop() {
        // Room on the disk is given back at once; the workspace takes the empty file away.
        track?.discard()
        track = nil
        encoder = nil
        decoder = nil
        pictures = []
        last.clear()
        isComplete = false
    }
}
