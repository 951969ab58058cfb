import CFFmpeg
package import Core

/// A file's picture as the encoder gets it: decoded, upright, scaled, at a constant frame rate from time zero on.
///
/// Two readers of the same file with the same `Picture` yield the same frames, bit for bit: pass 2
/// may decode again and still match pass 1's log.
package struct PictureReader: ~Copyable {
    private var decoder: Decoder
    private let picture: Picture
    private let source: VideoTrack
    private let limitSeconds: Double
    // Where the file says that it ends.
    private let endTicks: Int64
    // Where the part ends that is wanted of it.
    private let partEndTicks: Int64
    private let startTicks: Int64
    // Where the file begins, by a timeline on which the part begins at 0.
    private let firstTicks: Int64
    private let startMicroseconds: Int
    // Rebuilt where a stream changes its frame size or format in the middle; pacing goes on.
    private var shape: ShapeGraph?
    private var whole: WholeFrames?
    private let pace: FilterGraph
    private var decoded: Frame
    // The last frame that begins before the part, and may still be seen when it begins.
    private var early: Frame
    private var hasEarly = false
    private var shaped: Frame
    private var shapedTimeBase = AVRational(num: 1, den: 1)
    private var stage = Stage.reading
    private var lastTime: Int64?
    private var lastLength: Int64 = 1
    private var timeShift: Int64 = 0
    package private(set) var frameCount = 0

    /// Frames to take on the way, one in `stride`.
    package struct Samples: Sendable {
        package var size: PixelSize
        package var stride: Int
        package var memoryBytes: Int
    }

    private enum Stage {
        case reading
        case drainingShape
        case drainingPace
    }

    private struct ShapeGraph: ~Copyable {
        let graph: FilterGraph
        let input: FilterGraph.Input
    }

    /// Opens the picture of a file.
    ///
    /// Parameters:
    ///   - source: the file, as probed.
    ///   - picture: what becomes of each frame.
    ///   - samples: frames to take on the way before they are shrunk; none where they are deinterlaced,
    ///     which one by one they cannot be.
    package init(
        source: Source,
        picture: Picture,
        flag: CancellationFlag,
        samples: Samples? = nil
    ) throws(MediaError) {
        let decoder = try Decoder.opened(source, stream: source.video.streamIndex, flag: flag)
        let base = decoder.timeBase
        let decoded = try Frame()
        let early = try Frame()
        let shaped = try Frame()
        // The pace graph sees frames of one kind only: what the shape graph puts out.
        shaped.pointer.pointee.width = Int32(clamping: picture.size.width)
        shaped.pointer.pointee.height = Int32(clamping: picture.size.height)
        shaped.pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let pace = try FilterGraph(
            inputs: [FilterGraph.Input(picture: shaped, timeBase: base)],
            chain:
                "fps=fps=\(picture.frameRate.numerator)/\(picture.frameRate.denominator):start_time=0:round=near"
        )
        if let samples, !picture.deinterlaces {
            whole = .some(
                try WholeFrames(
                    samples.size,
                    of: source.video,
                    as: picture,
                    stride: samples.stride,
                    memoryBytes: samples.memoryBytes
                )
            )
        } else {
            whole = nil
        }
        startTicks = decoder.ticks(microseconds: source.startMicroseconds)
        startMicroseconds = source.startMicroseconds
        endTicks =
            source.durationIsEstimated
            ? 0 : decoder.ticks(microseconds: Int(min(1e9, source.durationSeconds) * 1_000_000))
        let part = source.part
        firstTicks = decoder.ticks(microseconds: -(part?.startMicroseconds ?? 0))
        partEndTicks =
            part?.lengthMicroseconds.map { decoder.ticks(microseconds: $0) } ?? .max
        self.decoder = decoder
        self.early = early
        self.picture = picture
        self.source = source.video
        // No honest gap between two frames is longer than the whole file.
        limitSeconds = max(60, source.part?.wholeSeconds ?? 0, source.durationSeconds)
        self.decoded = decoded
        self.shaped = shaped
        self.pace = pace
    }

    /// What was lost of the picture so far, and how many seconds of it at the beginning.
    package var loss: (Damage.Loss, lateSeconds: Double) {
        (decoder.loss(sinceMicroseconds: startMicroseconds), decoder.lateSeconds)
    }
    /// Why reading ended before the end, where it did.
    package var endedEarly: MediaError? { decoder.endedEarly }

    /// The next prepared frame, its time counted in frames from 0; false at the end.
    package mutating func next(into frame: inout Frame) throws(MediaError) -> Bool {
        while true {
            if try pace.pull(into: &frame) {
                frame.presentationTime = frameCount
                frame.pointer.pointee.pict_type = AV_PICTURE_TYPE_NONE
                frameCount += 1
                return true
            }
            if case .drainingPace = stage { return false }
            try advance()
        }
    }

    private mutating func advance() throws(MediaError) {
        switch stage {
        case .reading:
            if try shape?.graph.pull(into: &shaped) == true {
                try pushShaped()
                return
            }
            guard try decoder.next(into: &decoded), isInPart() else {
                try showEarly()
                try whole?.settle(decoder.timeBase)
                try shape?.graph.finish(at: end)
                stage = .drainingShape
                return
            }
            if decoded.pointer.pointee.pts < 0 {
                swap(&early, &decoded)
                hasEarly = true
                return
            }
            try showEarly()
            try show()
        case .drainingShape:
            if try shape?.graph.pull(into: &shaped) == true {
                try pushShaped()
                return
            }
            try pace.finish(at: end)
            stage = .drainingPace
        case .drainingPace:
            return
        }
    }

    /// Hands a shaped frame on, its time in the stream's time base again (a deinterlacer halves the ticks).
    private func pushShaped() throws(MediaError) {
        if shaped.pointer.pointee.pts != cinch_no_pts {
            shaped.pointer.pointee.pts = av_rescale_q(
                shaped.pointer.pointee.pts,
                shapedTimeBase,
                decoder.timeBase
            )
        }
        try pace.push(shaped)
    }

    /// Which of the result's frames the decoded one is shown as (libavfilter's `fps`, `round=near`).
    private var shownIndex: Int {
        let rate = av_make_q(
            Int32(clamping: picture.frameRate.denominator),
            Int32(clamping: picture.frameRate.numerator)
        )
        // What is seen when a part begins may have begun before it.
        return max(0, Int(av_rescale_q(decoded.pointer.pointee.pts, decoder.timeBase, rate)))
    }

    /// Gives away the frames taken on the way; nil where none were asked for.
    mutating func takeSamples() -> WholeFrames? {
        var samples: WholeFrames?
        swap(&samples, &whole)
        return samples
    }

    private var end: Int64 { min(partEndTicks, (lastTime ?? 0) + lastLength) }

    /// Puts the frame in its place; whether that is before the end of the part.
    private mutating func isInPart() -> Bool {
        place()
        return decoded.pointer.pointee.pts < partEndTicks
    }

    /// Lets go of the frame that is seen when the part begins, before the first that begins in it.
    private mutating func showEarly() throws(MediaError) {
        guard hasEarly else { return }
        hasEarly = false
        decoder.forgetLoss()
        swap(&early, &decoded)
        try show()
        swap(&early, &decoded)
    }

    private mutating func show() throws(MediaError) {
        let index = shownIndex
        try whole?.consider(decoded, at: index, timeBase: decoder.timeBase)
        let input = FilterGraph.Input(picture: decoded, timeBase: decoder.timeBase)
        if shape == nil || shape?.input != input {
            try rebuildShape(for: input)
        }
        try shape?.graph.push(decoded)
    }

    private mutating func rebuildShape(for input: FilterGraph.Input) throws(MediaError) {
        // A deinterlacer still holds a frame.
        try shape?.graph.finish(at: end)
        while try shape?.graph.pull(into: &shaped) == true { try pushShaped() }
        let chain = PictureChain(
            picture: picture,
            source: source,
            format: input.format,
            stored: PixelSize(width: Int(input.width), height: Int(input.height))
        )
        let graph = try FilterGraph(inputs: [input], chain: chain.text)
        shapedTimeBase = graph.outputTimeBase
        shape = ShapeGraph(graph: graph, input: input)
    }

    /// Puts the frame on a timeline that begins at 0 and only goes forward.
    ///
    /// Times in files jump, repeat and are missing; a jump that no honest file has would make the
    /// pacing filter repeat one picture for hours.
    private mutating func place() {
        let base = decoder.timeBase
        let pointer = decoded.pointer
        let nominal = max(
            1,
            av_rescale_q(
                1,
                av_make_q(
                    Int32(clamping: source.frameRate.denominator),
                    Int32(clamping: source.frameRate.numerator)
                ),
                base
            )
        )
        var time = pointer.pointee.pts
        if time == cinch_no_pts || time > Int64.max / 4 || time < Int64.min / 4 {
            time = lastTime.map { $0 + nominal } ?? firstTicks
        } else {
            time = time &- startTicks &+ timeShift
            let limit = Int64(limitSeconds * Double(base.den) / Double(max(1, base.num)))
            if let last = lastTime {
                if time - last > limit || last - time > limit {
                    timeShift += last + nominal - time
                    time = last + nominal
                } else if time <= last {
                    time = last + 1
                }
            } else if time > limit || time < firstTicks {
                // A frame before time zero is shown at zero.
                if time > limit || time < firstTicks - limit { timeShift += firstTicks - time }
                time = firstTicks
            }
        }
        let length = cinch_frame_duration(pointer)
        // A screen that stood still to the end has a last frame of minutes; damaged ones have hours.
        let isHonest = length > 0 && (length < nominal * 100 || length <= endTicks - time)
        lastLength = isHonest ? length : nominal
        lastTime = time
        pointer.pointee.pts = time
        pointer.pointee.sample_aspect_ratio = av_make_q(1, 1)
    }

    /// Whether this build can turn HDR into SDR (it needs libzimg).
    package static var canToneMap: Bool {
        PictureChain.hasConverter
    }
}

/// Shrinks prepared frames, for pass 1 and for comparing.
package struct Shrinker: ~Copyable {
    private let graph: FilterGraph
    package let size: PixelSize

    /// A shrinker from one size to another.
    ///
    /// Parameters:
    ///   - from, to: both 8-bit 4:2:0.
    ///   - flags: libswscale's name of the filter: `area` for halving, `bicubic` for the result.
    package init(
        from: PixelSize,
        to size: PixelSize,
        flags: String
    ) throws(MediaError) {
        let like = try Frame()
        like.pointer.pointee.width = Int32(clamping: from.width)
        like.pointer.pointee.height = Int32(clamping: from.height)
        like.pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let scaling = flags == "bicubic" ? PictureChain.scaling(from: from, to: size) : nil
        graph = try FilterGraph(
            inputs: [FilterGraph.Input(picture: like, timeBase: av_make_q(1, 1000))],
            chain: scaling ?? PictureChain.bySwscale(to: size, flags: flags)
        )
        self.size = size
    }

    package func shrink(
        _ frame: borrowing Frame,
        into small: inout Frame
    ) throws(MediaError) {
        try graph.push(frame)
        guard try graph.pull(into: &small) else {
            throw MediaError(.other, doing: "shrink a frame", words: "the filter kept it")
        }
        small.pointer.pointee.pts = frame.pointer.pointee.pts
    }
}
