import Core
import Media

/// Looks at samples of a clip: what shrinking and quantizing would cost it (`Content`).
enum ContentStudy {
    /// Frames of each sample: as far as libx264 looks ahead, for it gives more to what stays longer
    /// (samples of 16 frames let expect a quantizer 7 too fine for an animation that moves little).
    static let length = 40
    /// What comes before lives on the keyframe's bits, of which a whole clip has few.
    static let settled = 20
    /// Frames of fewer lines are hardly ever better still smaller, and the trials too small to tell.
    private static let leastLines = 288
    /// Up to here frames are small enough to look at more of them.
    private static let smallLines = 576
    /// What the small trial size is of the full one, and its least lines; the large one is half as large again.
    private static let (smallShare, leastTrialLines) = (0.33, 144)
    /// Sizes to which frames are shrunk and back.
    private static let shares = [0.84, 0.667, 0.5, 0.36, 0.25]
    /// Quick, but made to look as far ahead as the slower ones.
    private static let preset = "veryfast"
    private static let (fine, coarse, middle) = (25.0, 39.0, 33.0)
    /// For the sampled frames: six runs at 1080 lines, two at 2160, none at 4320.
    private static let memoryBytes = 512_000_000

    /// Samples the picture as a plan would show it at its largest.
    ///
    /// Nil where the clip is too small or too short for there to be a choice, or nothing decodes.
    static func content(
        of source: Source,
        plan: Plan,
        _ request: Request,
        flag: CancellationFlag
    ) throws -> Content? {
        var picture = plan.picture
        let full = request.heightCap.compared(source.video.displaySize)
        picture.size = full
        let interval = Double(max(1, plan.keyframeIntervalFrames))
        let keyframeShare = min(1, 1 / interval + 1 / Double(max(1, plan.frames)))
        guard full.shortSide >= leastLines, source.durationSeconds > 0.3 else { return nil }
        let places = places(
            seconds: source.durationSeconds,
            frames: plan.frames,
            full: full
        )
        guard places > 0 else { return nil }
        var samples = try Samples(
            source: source,
            picture: picture,
            small: trialSizes(full).small,
            large: trialSizes(full).large,
            places: places,
            flag: flag
        )
        guard samples.canBeCompared else { return nil }
        var settings = VideoEncoder.Settings(
            size: full,
            frameRate: picture.frameRate,
            matrix: picture.matrix,
            preset: preset,
            keyframeIntervalFrames: 250
        )
        settings.lookaheadFrames = length
        let fine = try samples.encode(settings, .small, quality: fine, keyframeShare)
        let coarse = try samples.encode(settings, .small, quality: coarse, keyframeShare)
        let large = try samples.encode(settings, .large, quality: middle, keyframeShare)
        var shrunk: [Content.Shrunk] = []
        for share in shares {
            shrunk.append(try samples.shrunk(to: size(full, share)))
        }
        return Content(
            full: full,
            shrunk: shrunk,
            fine: fine,
            coarse: coarse,
            large: large,
            frames: samples.count
        ).scaled(by: samples.complexity)
    }

    /// How many runs the clip's length asks for, time allows, and memory has room for.
    ///
    /// They are a fifth of the clip's frames at most, where the least of them are not more: at 12.5
    /// frames a second they would be two thirds of half a minute. Two say too little of traffic that
    /// comes and goes; more of them cost little where the frames are small.
    static func places(seconds: Double, frames: Int, full: PixelSize) -> Int {
        let trials = trialSizes(full).small.pixels + trialSizes(full).large.pixels
        let runBytes = (length * trials + 2 * full.pixels) * 3 / 2
        return min(
            6,
            max(2, Int(min(60, seconds) / 4)),
            max(full.shortSide <= smallLines ? 4 : 2, frames / (5 * length)),
            memoryBytes / max(1, runBytes)
        )
    }

    private static func trialSizes(_ full: PixelSize) -> (small: PixelSize, large: PixelSize) {
        let lines = max(leastTrialLines, Int(Double(full.shortSide) * smallShare))
        return (full.fitted(shortSide: lines), full.fitted(shortSide: lines * 3 / 2))
    }

    private static func size(_ full: PixelSize, _ share: Double) -> PixelSize {
        full.fitted(shortSide: max(48, Int(Double(full.shortSide) * share)))
    }
}

/// The sampled frames, at two sizes for the trial encodes and a few whole to compare with.
private struct Samples: ~Copyable {
    enum Kind {
        case small
        case large
    }

    private let full: PixelSize
    private let sizes: (small: PixelSize, large: PixelSize)
    private var small: FrameStore
    private var large: FrameStore
    private var whole: FrameStore
    // Where each frame is in its run, and which of them are kept whole.
    private var places: [Int] = []
    private var kept: [Int] = []
    private let flag: CancellationFlag
    /// How much more the clip costs than its samples.
    let complexity: Double

    var count: Int { places.count }
    /// Whether a run was long enough for a frame to compare with.
    var canBeCompared: Bool { !kept.isEmpty }

    init(
        source: Source,
        picture: Picture,
        small smallSize: PixelSize,
        large largeSize: PixelSize,
        places: Int,
        flag: CancellationFlag
    ) throws {
        let full = picture.size
        let (length, settled) = (ContentStudy.length, ContentStudy.settled)
        func store(_ size: PixelSize, _ frames: Int) throws(MediaError) -> FrameStore {
            try FrameStore(
                size: size,
                memoryLimit: (size.pixels + size.width + size.height + 2) * 2 * (frames + 1),
                fileLimit: 0,
                path: nil
            )
        }
        var small = try store(smallSize, places * length)
        var large = try store(largeSize, places * length)
        var whole = try store(full, places * 2)
        let toSmall = try Shrinker(from: full, to: smallSize, flags: "bicubic")
        let toLarge = try Shrinker(from: full, to: largeSize, flags: "bicubic")
        var frames = try SampledFrames(
            source: source,
            picture: picture,
            places: places,
            length: length,
            flag: flag
        )
        var frame = try Frame()
        var shrunk = try Frame()
        var place = 0
        while try frames.next(into: &frame) {
            if flag.isRaised { throw Failure.interrupted }
            place = frame.startsGroup ? 0 : place + 1
            if place == settled + 2 || place == length - 4 {
                kept.append(self.places.count)
                try whole.append(frame)
            }
            self.places.append(place)
            try toSmall.shrink(frame, into: &shrunk)
            try small.append(shrunk)
            try toLarge.shrink(frame, into: &shrunk)
            try large.append(shrunk)
        }
        // Samples of a trailer may be of its titles; there is no more than a hint in this, though.
        complexity = min(2.5, max(0.4, frames.complexityElsewhere ?? 1))
        self.full = full
        sizes = (smallSize, largeSize)
        self.small = small
        self.large = large
        self.whole = whole
        self.flag = flag
    }

    /// Encodes all samples at a rate factor, and compares what comes out with the whole frames.
    ///
    /// `keyframeShare`: of the result's frames; the samples have more.
    mutating func encode(
        _ settings: VideoEncoder.Settings,
        _ kind: Kind,
        quality: Double,
        _ keyframeShare: Double
    ) throws -> Content.Coded {
        var settings = settings
        settings.size = kind == .small ? sizes.small : sizes.large
        var encoder = try VideoEncoder(settings, mode: .constantQuality(quality))
        var decoder = try PacketDecoder(of: encoder)
        var comparison = try TrialComparison(from: settings.size, to: full)
        var frame = try Frame()
        var packet = try Packet()
        var bytes = (key: 0, other: 0)
        var (keyframes, others) = (0, 0)
        for index in 0...count {
            if flag.isRaised { throw Failure.interrupted }
            if index < count {
                switch kind {
                case .small: try small.read(index, into: &frame)
                case .large: try large.read(index, into: &frame)
                }
                frame.startsGroup = places[index] == 0
                try encoder.send(frame)
            } else {
                try encoder.finish()
            }
            while try encoder.receive(into: &packet) {
                if packet.timing.isKeyframe {
                    bytes.key += packet.byteCount
                    keyframes += 1
                } else if isSettled(packet) {
                    bytes.other += packet.byteCount
                    others += 1
                }
                let index = packet.timing.presentationTime
                try decoder.send(packet, isWanted: kept.contains(index))
                try comparison.take(&decoder, kept, &whole)
            }
        }
        decoder.finish()
        try comparison.take(&decoder, kept, &whole)
        let perKey = Double(bytes.key * 8) / Double(max(1, keyframes))
        let perOther = Double(bytes.other * 8) / Double(max(1, others))
        let similarity = try comparison.mean()
        return Content.Coded(
            lines: settings.size.shortSide,
            quantizer: encoder.averageQuantizer ?? quality,
            bitsPerFrame: perKey * keyframeShare + perOther * (1 - keyframeShare),
            loss: Self.rounded(1 - (similarity ?? 1))
        )
    }

    // The filter's threads add up in any order. libx264 164 is not quite steady either: its assembly for
    // macroblock trees with B-frames reads memory that nothing was written to.
    private static func rounded(_ loss: Double) -> Double {
        (loss * 100_000).rounded() / 100_000
    }

    private func isSettled(_ packet: borrowing Packet) -> Bool {
        let index = packet.timing.presentationTime
        return places.indices.contains(index) && places[index] >= ContentStudy.settled
    }

    /// What going to a size and back loses.
    mutating func shrunk(to size: PixelSize) throws -> Content.Shrunk {
        let shrinker = try Shrinker(from: full, to: size, flags: "bicubic")
        let enlarger = try Shrinker(from: size, to: full, flags: "bicubic")
        var similarity = try Similarity(size: full)
        var before = try Frame()
        var small = try Frame()
        var after = try Frame()
        // One of each place is enough.
        for index in stride(from: 0, to: whole.count, by: 2) {
            if flag.isRaised { throw Failure.interrupted }
            try whole.read(index, into: &before)
            try shrinker.shrink(before, into: &small)
            try enlarger.shrink(small, into: &after)
            try similarity.add(before, after)
        }
        let loss = 1 - (try similarity.mean() ?? 1)
        return Content.Shrunk(lines: size.shortSide, loss: Self.rounded(loss))
    }
}

/// Decoded frames brought back to full size and compared with those kept whole.
private struct TrialComparison: ~Copyable {
    private let enlarger: Shrinker
    private var similarity: Similarity
    private var decoded: Frame
    private var large: Frame
    private var before: Frame
    private var next = 0

    init(from size: PixelSize, to full: PixelSize) throws(MediaError) {
        let enlarger = try Shrinker(from: size, to: full, flags: "bicubic")
        let similarity = try Similarity(size: full)
        let decoded = try Frame()
        let large = try Frame()
        let before = try Frame()
        self.enlarger = enlarger
        self.similarity = similarity
        self.decoded = decoded
        self.large = large
        self.before = before
    }

    mutating func take(
        _ decoder: inout PacketDecoder,
        _ kept: [Int],
        _ whole: inout FrameStore
    ) throws(MediaError) {
        while try decoder.receive(into: &decoded) {
            guard next < kept.count, kept[next] == decoded.presentationTime else { continue }
            try whole.read(next, into: &before)
            try enlarger.shrink(decoded, into: &large)
            try similarity.add(before, large)
            next += 1
        }
    }

    consuming func mean() throws(MediaError) -> Double? { try similarity.mean() }
}
