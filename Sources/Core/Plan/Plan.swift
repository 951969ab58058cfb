/// How the limit is divided, before anything is measured.
package struct Budget: Hashable, Codable, Sendable {
    package var limitBytes: Int
    package var audioBytes: Int
    package var containerBytes: Int
    package var videoBytes: Int
    package var videoBitsPerSecond: Int
}

/// What will be done, decided before the first frame is decoded; running decides nothing but rates.
package struct Plan: Hashable, Codable, Sendable {
    package enum Method: String, Codable, Sendable {
        /// Packets are copied into a fresh MP4.
        case remux
        /// One pass, no limit but the source's own size.
        case constantQuality
        /// Two passes to `limitBytes`.
        case fit
    }

    package var method: Method
    /// What the file may weigh: the target, or the source's own size where that is less.
    package var limitBytes: Int
    /// What the person asked for; nil without `--to`.
    package var targetBytes: Int?
    package var picture: Picture
    package var sound: Sound
    /// Further tracks, where all are kept.
    package var furtherSounds: [Sound]
    package var metadata: KeptMetadata
    package var speed: Speed
    /// The longest distance between keyframes.
    package var keyframeIntervalFrames: Int
    /// Frames that pass 1 makes keyframes, so that pass 2 can be divided there (`SizeController`).
    package var landingKeyframes: [Int]
    package var budget: Budget
    package var expectedBytes: Int
    /// The smallest size that this clip can be asked for.
    package var smallestBytes: Int
    /// Frames expected; the sweep counts them.
    package var frames: Int
    /// What samples showed of the picture, where a size had to be chosen.
    package var content: Content?
    /// What the samples let expect of the chosen size.
    package var prospect: Content.Prospect?
    /// Why it is done this way, in sentences for a person.
    package var reasons: [String]
}

extension Plan {
    /// Constant quality for sharing: transparent to most eyes at arm's length, half of a phone's own rate.
    package static let sharingQuality = 23.0
    /// Below this rate factor nobody sees a difference; bytes beyond it are left over.
    package static let ceilingQuality = 17.0
    /// Mean quantizer about which a picture at constant quality lands for CRF 23; for the estimate only.
    private static let sharingBitsPerPixel = 0.075

    /// Decides everything about a run.
    ///
    /// Parameters:
    ///   - content: what samples showed; the frame size is chosen by it.
    ///   - mayRemux: false after a copy turned out larger than the limit.
    ///   - leastBytes: what the result needs, though its source has less; within the target.
    /// Throws: `Failure` of kind `.unreachable` where the target is below what the clip can be
    ///   made, with that size and what would help.
    package static func make(
        for source: Source,
        request: Request,
        content: Content? = nil,
        mayRemux: Bool = true,
        leastBytes: Int = 0
    ) throws(Failure) -> Plan {
        let source = try source.selecting(request.audioTrack)
        var reasons: [String] = []
        let target = request.target?.bytes
        let video = source.video
        if let part = source.whatIsCutOut { reasons.append(part) }
        if let loss = source.whatIsCutOff { reasons.append(loss) }

        if mayRemux, let remux = remuxPlan(for: source, request: request) { return remux }

        let cap = request.heightCap.lines
        var rate = request.frameRateCap.kept(of: video.frameRate)
        if request.frameRateCap == .automatic, let target, let content, content.isNearlyStill {
            rate = sparing(
                rate,
                seconds: source.durationSeconds,
                bytes: min(target, source.mostBytes)
            )
        }
        let frames = max(1, Int((source.durationSeconds * rate.value).rounded()))
        let isStill = Keyframes.isStill(source, rate: rate)
        let full = request.heightCap.fitted(video.displaySize)
        let seconds = max(0.04, source.durationSeconds)

        let smallest = smallestBytes(
            source: source,
            request: request,
            rate: rate,
            full: full,
            frames: frames
        )
        if let target, target < smallest {
            throw unreachable(
                target: target,
                smallest: smallest,
                source: source,
                full: full
            )
        }
        let most = source.mostBytes
        var limit = target ?? most
        if let target, target > most {
            // A better codec than H.264 may have made the source smaller than H.264 ever can.
            limit = max(most, min(target, max(smallest, leastBytes)))
            reasons.append(
                limit == most
                    ? "the source is smaller than the target: the result will not be larger than the source"
                    : "the source's \(video.codec) is too small for H.264 to match: the result may be larger, but stays within the target"
            )
        }

        let totalRate = Int(Double(limit) * 8 / seconds)
        let sounds = Sound.chooseAll(
            for: source,
            request: request,
            totalBitsPerSecond: totalRate
        )
        if let reason = sounds.first?.reason(
            of: source,
            wish: request.audio,
            totalBitsPerSecond: totalRate
        ) {
            reasons.append(reason)
        }
        let metadata = KeptMetadata.choose(
            from: source,
            policy: request.metadata,
            limitBytes: limit
        )
        let container =
            containerBytes(
                frames: frames,
                seconds: seconds,
                audioPacketsPerSecond: sounds.packetsPerSecond
            ) + metadata.estimatedBytes
        let audioBytes = Int(Double(sounds.bitsPerSecond) / 8 * seconds)
        let videoBytes = max(1, limit - container - audioBytes)
        let videoRate = Int(Double(videoBytes) * 8 / seconds)

        let prospect =
            target == nil
            ? nil
            : request.heightCap.isExact
                ? content?.prospect(at: full, bitsPerFrame: Double(videoBytes) * 8 / Double(frames))
                : content?.best(
                    within: frameSize(
                        within: full,
                        videoBitsPerSecond: videoRate,
                        frameRate: rate,
                        leastBitsPerPixel: Content.leastBitsPerPixel
                    ),
                    bitsPerFrame: Double(videoBytes) * 8 / Double(frames)
                )
        if let target, limit < target, let prospect,
            prospect.quantizer > worstQuantizer
        {
            return try make(
                for: source,
                request: request,
                content: content,
                mayRemux: false,
                leastBytes: limit * 2
            )
        }
        let fitting =
            target == nil || request.heightCap.isExact
            ? full
            : prospect?.size
                ?? frameSize(within: full, videoBitsPerSecond: videoRate, frameRate: rate)
        let picture = Picture(
            size: fitting,
            frameRate: rate,
            orientation: video.orientation,
            deinterlaces: video.isInterlaced,
            toneMaps: video.colour.isHighDynamicRange,
            matrix: matrix(for: video)
        )
        reasons += pictureReasons(
            video: video,
            picture: picture,
            full: full,
            cap: cap,
            isExact: request.heightCap.isExact,
            frameRateCap: request.frameRateCap
        )

        let sharing = Int(
            Double(fitting.pixels) * rate.value * sharingBitsPerPixel * seconds / 8
        )
        return Plan(
            method: target == nil ? .constantQuality : .fit,
            limitBytes: limit,
            targetBytes: target,
            picture: picture,
            sound: sounds.first ?? .none,
            furtherSounds: Array(sounds.dropFirst()),
            metadata: metadata,
            speed: request.speed,
            keyframeIntervalFrames: Keyframes.interval(rate: rate, isStill: isStill),
            landingKeyframes: Keyframes.landing(frames: frames, rate: rate, isStill: isStill),
            budget: Budget(
                limitBytes: limit,
                audioBytes: audioBytes,
                containerBytes: container,
                videoBytes: videoBytes,
                videoBitsPerSecond: videoRate
            ),
            expectedBytes: target == nil
                ? min(limit, sharing + audioBytes + container)
                : Int(Double(limit) * 0.998),
            smallestBytes: smallest,
            frames: frames,
            content: content,
            prospect: prospect,
            reasons: reasons
        )
    }

    /// A whole fraction of a rate at which a nearly still picture does not spend its bytes on saying
    /// that nothing changes.
    ///
    /// Each frame costs the container 13.5 bytes. Below a tenth of the whole nobody would give motion
    /// for them: 2 190 frames of a screen are 4 % of 700 kB.
    static func sparing(_ rate: Rational, seconds: Double, bytes: Int) -> Rational {
        var divisor = 1
        while seconds * rate.value / Double(divisor) * 13.5 > Double(bytes) / 10,
            rate.value / Double(divisor + 1) >= leastSparingRate
        {
            divisor += 1
        }
        return Rational(rate.numerator, rate.denominator * divisor)
    }

    /// A pointer that moves is still followed by the eye.
    private static let leastSparingRate = 10.0

    /// MP4 without faststart's copy: about 1.5 kB, and 13.5 B a packet with B-frames (measured: 12 to 15).
    ///
    /// For the plan only: a run counts the packets of pass 1 and asks the muxer itself.
    package static func containerBytes(
        frames: Int,
        seconds: Double,
        audioPacketsPerSecond: Double
    ) -> Int {
        1500 + Int((Double(frames) + seconds * audioPacketsPerSecond) * 13.5)
    }

    /// The frame sizes that a picture steps down through.
    package static let ladder = [2160, 1440, 1080, 720, 540, 432, 360, 270, 216, 180, 144]

    /// Bits for each pixel of each frame below which even a still picture wants a smaller
    /// frame (best sizes of moving ones lay between 0.016 and 0.065).
    ///
    /// What lies above is decided by pass 1, which knows the content:
    /// `frameSize(within:log:videoBytes:)`.
    package static let leastBitsPerPixel = 0.003

    /// The mean quantizer above which a smaller frame looks better.
    ///
    /// Measured best sizes came out at 27 to 37 for natural pictures and at up to 40 for sharp
    /// ones; one step too small costs those more than one step too large costs the others.
    package static let worstQuantizer = 40.0

    /// The frame size that suits so many bytes of this very picture, as samples and pass 1 found it.
    ///
    /// The size that samples chose stands unless another is clearly better: pass 1 knows the bits
    /// of all frames, and going down again costs sharpness.
    package func frameSize(log: PassLog, videoBytes: Int) -> PixelSize {
        guard let content else {
            return Plan.frameSize(within: picture.size, log: log, videoBytes: videoBytes)
        }
        func prospect(_ size: PixelSize) -> Content.Prospect {
            let shift = log.quantizerShift(forBits: Double(videoBytes) * 8, pixels: size.pixels)
            return content.prospect(
                at: size,
                quantizer: max(0, log.averageQuantizer + shift)
            )
        }
        let best = content.best(within: picture.size, prospect)
        let gain = best.similarity - prospect(picture.size).similarity
        return gain > Content.clearGain ? best.size : picture.size
    }

    /// The frame size that suits so many bytes, as pass 1 alone found it.
    package static func frameSize(
        within full: PixelSize,
        log: PassLog,
        videoBytes: Int
    ) -> PixelSize {
        var size = full
        for lines in ladder where lines < full.shortSide {
            let shift = log.quantizerShift(forBits: Double(videoBytes) * 8, pixels: size.pixels)
            if log.averageQuantizer + shift <= worstQuantizer { return size }
            size = full.fitted(shortSide: lines)
        }
        return size
    }

    /// The frame size within `full` that suits so many bits.
    private static func frameSize(
        within full: PixelSize,
        videoBitsPerSecond: Int,
        frameRate: Rational,
        leastBitsPerPixel: Double = leastBitsPerPixel
    ) -> PixelSize {
        // Frames above 30 a second resemble each other more, so each needs less.
        let frames = min(frameRate.value, 30) + max(0, frameRate.value - 30) / 2
        func suits(_ size: PixelSize) -> Bool {
            Double(videoBitsPerSecond) >= Double(size.pixels) * frames * leastBitsPerPixel
        }
        if suits(full) { return full }
        for lines in ladder where lines < full.shortSide {
            let size = full.fitted(shortSide: lines)
            if suits(size) { return size }
        }
        return full.fitted(shortSide: ladder.last ?? 144)
    }

    /// Below this many bits a pixel even the smallest frame falls apart.
    private static let floorBitsPerPixel = 0.004

    private static func smallestBytes(
        source: Source,
        request: Request,
        rate: Rational,
        full: PixelSize,
        frames: Int
    ) -> Int {
        let seconds = max(0.04, source.durationSeconds)
        let sounds = Sound.chooseAll(for: source, request: request, totalBitsPerSecond: 0)
        let size = full.fitted(shortSide: ladder.last ?? 144)
        let video = Double(size.pixels) * Double(frames) * floorBitsPerPixel / 8 + 700
        return containerBytes(
            frames: frames,
            seconds: seconds,
            audioPacketsPerSecond: sounds.packetsPerSecond
        )
            + Int(Double(sounds.bitsPerSecond) / 8 * seconds) + Int(video)
    }

    private static func unreachable(
        target: Int,
        smallest: Int,
        source: Source,
        full: PixelSize
    ) -> Failure {
        let seconds = source.durationSeconds * Double(target) / Double(max(1, smallest))
        var advice =
            "Ask for \(ByteSize.text(roundedUp(smallest))) or more"
        if seconds >= 1 {
            advice += ", or cut the clip to \(durationText(seconds)) or less"
        }
        if !source.audio.isEmpty {
            advice += ", or leave the sound out with --audio none"
        }
        return Failure(
            .unreachable,
            "\(ByteSize.text(target)) is too small for \(durationText(source.durationSeconds)) of video",
            why:
                "even at \(full.fitted(shortSide: ladder.last ?? 144).description) pixels it needs about \(ByteSize.text(smallest))",
            advice: advice + ".",
            smallestBytes: smallest
        )
    }

    /// Two significant digits upward, so that the advice itself is never too small.
    static func roundedUp(_ bytes: Int) -> Int {
        var step = 1
        while bytes / step >= 100 { step *= 10 }
        return (bytes + step - 1) / step * step
    }
}

/// `48 s`, `3 min 20 s`, `1 h 12 min`.
package func durationText(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    if seconds < 9.95 {
        let tenths = Int((seconds * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 {
        return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
    }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
}
