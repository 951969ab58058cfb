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
    /// Rate factors.
    ///
    /// Mean quantizers come out above them: 30 to 44 of a game, 25 to 39 of slow traffic. The expected SSIM is 0.0057 off
    /// over 22 encodes with ample bytes and 0.0027 over 18 with few; with three steps coarser 0.0070 and 0.0029, with
    /// three finer 0.0054 and 0.0036.
    private static let (fine, coarse, middle) = (22.0, 36.0, 30.0)
    /// For the frames that are looked at: six runs at 1080 lines, two at 2160, none at 4320.
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
        var settings = VideoEncoder.Settings(
            size: full,
            frameRate: picture.frameRate,
            matrix: picture.matrix,
            preset: preset,
            keyframeIntervalFrames: 250
        )
        settings.lookaheadFrames = length
        var samples = try Samples(size: full, flag: flag)
        var fine = try Trial(settings, size: trialSizes(full).small, quality: fine)
        var coarse = try Trial(settings, size: trialSizes(full).small, quality: coarse)
        var large = try Trial(settings, size: trialSizes(full).large, quality: middle)
        let toSmall = try Shrinker(from: full, to: trialSizes(full).small, flags: "bicubic")
        let toLarge = try Shrinker(from: full, to: trialSizes(full).large, flags: "bicubic")
        var frames = try SampledFrames(
            source: source,
            picture: picture,
            places: places,
            length: length,
            flag: flag
        )
        var frame = try Frame()
        var shrunk = try Frame()
        // All three at once, while the next frame is decoded: nothing has to be kept for them, and no core waits.
        while try frames.next(into: &frame) {
            try samples.take(frame)
            try toSmall.shrink(frame, into: &shrunk)
            try fine.take(&shrunk, of: &samples)
            try coarse.take(&shrunk, of: &samples)
            try toLarge.shrink(frame, into: &shrunk)
            try large.take(&shrunk, of: &samples)
        }
        guard samples.canBeCompared else { return nil }
        return Content(
            full: full,
            shrunk: try shares.map { try samples.shrunk(to: size(full, $0)) },
            fine: try fine.result(of: &samples, keyframeShare: keyframeShare),
            coarse: try coarse.result(of: &samples, keyframeShare: keyframeShare),
            large: try large.result(of: &samples, keyframeShare: keyframeShare),
            frames: samples.places.count
        ).scaled(by: complexity(elsewhere: frames.complexityElsewhere))
    }

    /// How much more the clip costs than its samples.
    ///
    /// Samples of a trailer may be of its titles; there is no more than a hint in this, though.
    private static func complexity(elsewhere: Double?) -> Double {
        min(2.5, max(0.4, elsewhere ?? 1))
    }

    /// How many runs the clip's length asks for, time allows, and memory has room for.
    ///
    /// They are a fifth of the clip's frames at most, where the least of them are not more: at 12.5
    /// frames a second they would be two thirds of half a minute. Two say too little of traffic that
    /// comes and goes; more of them cost little where the frames are small. Half as many let expect an SSIM
    /// 0.018 off on average instead of 0.005 (18 targets of six clips), and a film of a third more lines.
    static func places(seconds: Double, frames: Int, full: PixelSize) -> Int {
        // The encoders look ahead over that many frames, of each of which they keep smaller copies too.
        let trials = 2 * trialSizes(full).small.pixels + trialSizes(full).large.pixels
        let room = memoryBytes - length * trials * 3
        return min(
            6,
            max(2, Int(min(60, seconds) / 4)),
            max(full.shortSide <= smallLines ? 4 : 2, frames / (5 * length)),
            max(0, room) / max(1, 2 * full.pixels * 3 / 2)
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

/// The sampled frames: where each is, and a few of them whole to compare with.
private struct Samples: ~Copyable {
    private let size: PixelSize
    private var whole: FrameStore
    /// Where each frame is in its run.
    private(set) var places: [Int] = []
    /// Which of them are kept whole.
    private(set) var kept: [Int] = []
    private let flag: CancellationFlag

    /// Whether a run was long enough for a frame to compare with.
    var canBeCompared: Bool { !kept.isEmpty }

    init(size: PixelSize, flag: CancellationFlag) throws(MediaError) {
        whole = try FrameStore(size: size, memoryLimit: .max, fileLimit: 0, path: nil)
        self.size = size
        self.flag = flag
    }

    /// Counts the next frame, and keeps it where it is one to compare with.
    mutating func take(_ frame: borrowing Frame) throws {
        if flag.isRaised { throw Failure.interrupted }
        let place = frame.startsGroup ? 0 : (places.last ?? -1) + 1
        if place == ContentStudy.settled + 2 || place == ContentStudy.length - 4 {
            kept.append(places.count)
            try whole.append(frame)
        }
        places.append(place)
    }

    /// One of those kept, by its number among them.
    mutating func read(_ number: Int, into frame: inout Frame) throws(MediaError) {
        try whole.read(number, into: &frame)
    }

    /// Whether a frame's run has settled, so that its bits say what a whole clip's would.
    func isSettled(_ index: Int) -> Bool {
        places.indices.contains(index) && places[index] >= ContentStudy.settled
    }

    /// What going to a size and back loses.
    mutating func shrunk(to size: PixelSize) throws -> Content.Shrunk {
        let shrinker = try Shrinker(from: self.size, to: size, flags: "bicubic")
        let enlarger = try Shrinker(from: size, to: self.size, flags: "bicubic")
        var similarity = try Similarity(size: self.size)
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
        return Content.Shrunk(lines: size.shortSide, loss: Trial.rounded(loss))
    }
}

/// A trial encode of the samples at a size and a rate factor, and what comes out compared with the whole frames.
private struct Trial: ~Copyable {
    private let size: PixelSize
    private let quality: Double
    private var encoder: VideoEncoder
    private var decoder: PacketDecoder
    private let enlarger: Shrinker
    private var similarity: Similarity
    private var packet: Packet
    private var decoded: Frame
    private var large: Frame
    private var before: Frame
    private var sent = 0
    // Of the frames kept whole, how many were compared.
    private var compared = 0
    private var key = (bytes: 0, packets: 0)
    private var other = (bytes: 0, packets: 0, quantizers: 0.0)

    /// Opens a trial; `settings.size` is that of the samples.
    init(
        _ settings: VideoEncoder.Settings,
        size: PixelSize,
        quality: Double
    ) throws(MediaError) {
        let full = settings.size
        var settings = settings
        settings.size = size
        // As the result would be told at such a quantizer.
        settings.perception = Perception(quantizer: quality)
        let encoder = try VideoEncoder(settings, mode: .constantQuality(quality))
        let decoder = try PacketDecoder(of: encoder)
        let enlarger = try Shrinker(from: size, to: full, flags: "bicubic")
        let similarity = try Similarity(size: full)
        let packet = try Packet()
        let decoded = try Frame()
        let large = try Frame()
        let before = try Frame()
        self.encoder = encoder
        self.decoder = decoder
        self.enlarger = enlarger
        self.similarity = similarity
        self.packet = packet
        self.decoded = decoded
        self.large = large
        self.before = before
        self.size = size
        self.quality = quality
    }

    /// Encodes the sample that was counted last, shrunk to this size.
    mutating func take(_ frame: inout Frame, of samples: inout Samples) throws {
        frame.presentationTime = sent
        frame.startsGroup = samples.places[sent] == 0
        sent += 1
        try encoder.send(frame)
        try drain(&samples)
    }

    /// What it came to.
    ///
    /// `keyframeShare`: of the result's frames; the samples have more.
    consuming func result(
        of samples: inout Samples,
        keyframeShare: Double
    ) throws -> Content.Coded {
        try finish(&samples)
        let perKey = Double(key.bytes * 8) / Double(max(1, key.packets))
        let perOther = Double(other.bytes * 8) / Double(max(1, other.packets))
        var coded = Content.Coded(
            lines: size.shortSide,
            // Of the same frames as the bits: the first of a run, on which the others build, are finer.
            quantizer: other.packets == 0
                ? encoder.averageQuantizer ?? quality
                : other.quantizers / Double(other.packets),
            bitsPerFrame: perKey * keyframeShare + perOther * (1 - keyframeShare),
            loss: 0
        )
        coded.loss = Self.rounded(1 - (try similarity.mean() ?? 1))
        return coded
    }

    private mutating func finish(_ samples: inout Samples) throws {
        try encoder.finish()
        try drain(&samples)
        decoder.finish()
        try compare(&samples)
    }

    private mutating func drain(_ samples: inout Samples) throws {
        while try encoder.receive(into: &packet) {
            let index = packet.timing.presentationTime
            if packet.timing.isKeyframe {
                key = (key.bytes + packet.byteCount, key.packets + 1)
            } else if samples.isSettled(index) {
                other.bytes += packet.byteCount
                other.packets += 1
                other.quantizers += packet.quantizer ?? quality
            }
            try decoder.send(packet, isWanted: samples.kept.contains(index))
            try compare(&samples)
        }
    }

    /// Brings what was decoded back to full size, and compares it with the frames kept whole.
    private mutating func compare(_ samples: inout Samples) throws(MediaError) {
        while try decoder.receive(into: &decoded) {
            guard compared < samples.kept.count,
                samples.kept[compared] == decoded.presentationTime
            else { continue }
            try samples.read(compared, into: &before)
            try enlarger.shrink(decoded, into: &large)
            try similarity.add(before, large)
            compared += 1
        }
    }

    // The filter's threads add up in any order. libx264 164 is not quite steady either: its assembly for
    // macroblock trees with B-frames reads memory that nothing was written to.
    static func rounded(_ loss: Double) -> Double {
        (loss * 100_000).rounded() / 100_000
    }
}
