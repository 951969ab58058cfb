import Core
import Media

/// How long a plan would take here, measured on parts of the clip.
enum Forecast {
    /// Enough frames to fill the encoder's lookahead, few enough to answer within a second or two.
    private static let most = 72
    /// Runs that they come from, and the frames of a clip that has none to spare.
    private static let (places, fewest) = (3, 24)

    /// What the run will take.
    static func time(_ planned: Planned, flag: CancellationFlag) throws(Failure) -> ExpectedTime {
        switch planned {
        case .video(let source, let plan, _):
            try time(source: source, plan: plan, flag: flag)
        case .sound(let source, let plan, _):
            try SoundRun.expectedTime(source: source, plan: plan, flag: flag)
        case .still(let source, let plan, _):
            StillRun.expectedTime(source: source, plan: plan)
        }
    }

    private static func time(
        source: Source,
        plan: Plan,
        flag: CancellationFlag
    ) throws(Failure) -> ExpectedTime {
        // Copying runs at the disk's pace; 100 MB a second is a slow one.
        if plan.method == .remux {
            return ExpectedTime(preparingSeconds: 0.2 + Double(source.bytes) / 100_000_000)
        }
        do {
            return try measure(source: source, plan: plan, flag: flag)
        } catch let error as MediaError {
            throw Failure(error, input: source.path, flag: flag)
        } catch {
            throw Failure(.defect, "Cannot foretell the time", why: "\(error)")
        }
    }

    /// The child process, opening, planning, renaming.
    private static let startingSeconds = 0.3

    /// The samples that the run takes first: they are decoded, and encoded at three rates with a preset
    /// that takes a quarter of the time.
    ///
    /// `preparing`, `encoding`: seconds for a frame of the plan's.
    private static func studySeconds(
        _ plan: Plan,
        preparing: Double,
        encoding: Double
    ) -> Double {
        guard let content = plan.content else { return 0 }
        let pixels = Double(content.full.pixels) / Double(max(1, plan.picture.size.pixels))
        // Two small trials and a larger one, each with what comparing it costs, and at the end listening
        // and probing: 0.16, 0.36, 0.4 s and 1.3 came nearest to what runs took.
        let trials = encoding * 0.25 * pixels * (2 * 0.16 + 0.36)
        return 0.4 + Double(content.frames) * (preparing + trials) * 1.3
    }

    /// What the sound takes, by the pace of libavcodec's AAC.
    private static func soundSeconds(source: Source, plan: Plan) -> Double {
        let isEncoded = ([plan.sound] + plan.furtherSounds).contains { sound in
            switch sound {
            case .encode, .mix: true
            case .copy, .none: false
            }
        }
        return isEncoded ? 0.2 + 0.006 * source.durationSeconds : 0
    }

    /// What passes 1 and 2 and reading back take, of what a trial of constant quality takes.
    ///
    /// Measured on six clips from 432 to 2160 lines: pass 1 goes with the area that it sees. Pass 2 has
    /// pass 1's log instead of a lookahead, which saves the more the larger the frame is; reading
    /// back takes an eighth. With these the time came out within a tenth of each run's.
    private static func encodingShare(_ plan: Plan) -> Double {
        let readingBack = 0.135
        guard plan.method == .fit else { return 1 + readingBack }
        let size = plan.picture.size
        let first = Double(Sweep.analysedSize(of: size).pixels) / Double(max(1, size.pixels))
        let second = max(0.45, 0.9 - 0.3 * Double(size.pixels) / 1_000_000)
        return first + second + readingBack
    }

    /// Decoding on the way is a little quicker than in places that are sought.
    private static let onTheWay = 0.8

    private static func measure(
        source: Source,
        plan: Plan,
        flag: CancellationFlag
    ) throws -> ExpectedTime {
        let clock = ContinuousClock()
        let start = clock.now
        let wanted = min(most, max(fewest, plan.frames / 4))
        var frames = try SampledFrames(
            source: source,
            picture: plan.picture,
            places: plan.frames > most * places ? places : 1,
            length: plan.frames > most * places ? wanted / places : wanted,
            flag: flag
        )
        var frame = try Frame()
        var store = try FrameStore(
            size: plan.picture.size,
            memoryLimit: plan.picture.size.pixels * 2 * most,
            fileLimit: 0,
            path: nil
        )
        var groups: [Int] = []
        while store.count < most, try frames.next(into: &frame) {
            if frame.startsGroup { groups.append(store.count) }
            try store.append(frame)
        }
        let count = store.count
        guard count > 0, store.isComplete else { throw MediaError.noPicture }
        let prepared = clock.now
        // The coarser the quantizer, the less there is to do.
        let quality = plan.prospect.map { min(45, max(Plan.ceilingQuality, $0.quantizer - 2)) }
        var encoder = try VideoEncoder(
            VideoEncoder.Settings(plan),
            mode: .constantQuality(quality ?? Plan.sharingQuality)
        )
        var packet = try Packet()
        var begun: ContinuousClock.Instant?
        for index in 0..<count {
            try store.read(index, into: &frame)
            frame.startsGroup = groups.contains(index)
            try encoder.send(frame)
            while try encoder.receive(into: &packet) { begun = begun ?? clock.now }
        }
        try encoder.finish()
        while try encoder.receive(into: &packet) {}
        let encoded = clock.now
        let scale = Double(plan.frames) / Double(count)
        let preparing = start.duration(to: prepared).inSeconds * scale
        // Until the first packet libx264 only looks ahead, with half of the cores idle; a whole clip has
        // that once.
        let looking = prepared.duration(to: begun ?? prepared).inSeconds
        let encoding = (prepared.duration(to: encoded).inSeconds - looking / 2) * scale
        return ExpectedTime(
            preparingSeconds: startingSeconds + preparing * onTheWay
                + soundSeconds(source: source, plan: plan)
                + studySeconds(
                    plan,
                    preparing: preparing / Double(max(1, plan.frames)),
                    encoding: encoding / Double(max(1, plan.frames))
                ),
            encodingSeconds: encoding * encodingShare(plan)
        )
    }
}
