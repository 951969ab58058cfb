import Core
import Media

/// How long a plan would take here, measured on parts of the clip.
enum Forecast {
    /// Few enough frames to answer within a second or two.
    private static let most = 72
    /// Runs that they come from, and the frames of a clip that has none to spare.
    private static let (places, fewest) = (3, 24)
    /// More than any preset of libx264 looks ahead.
    private static let mostAhead = 400

    /// What the run will take.
    static func time(
        _ planned: Planned,
        in workspace: Workspace?,
        flag: CancellationFlag
    ) throws(Failure) -> ExpectedTime {
        switch planned {
        case .video(let source, let plan, _):
            try time(source: source, plan: plan, flag: flag)
        case .sound(let source, let plan, _):
            try SoundRun.expectedTime(source: source, plan: plan, in: workspace, flag: flag)
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
    private static let startingSeconds = 0.1

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
        // and probing: 0.16, 0.36, 0.25 s and 1.3 came nearest to what runs took.
        let trials = encoding * 0.25 * pixels * (2 * 0.16 + 0.36)
        return 0.25 + Double(content.frames) * (preparing + trials) * 1.3
    }

    /// What the sound takes, by the pace of libavcodec's AAC.
    private static func soundSeconds(source: Source, plan: Plan) -> Double {
        let isEncoded = ([plan.sound] + plan.furtherSounds).contains { sound in
            switch sound {
            case .encode, .mix: true
            case .copy, .none: false
            }
        }
        return isEncoded ? 0.05 + 0.008 * source.durationSeconds : 0
    }

    /// What passes 1 and 2 and reading back take, of what a trial of constant quality takes.
    ///
    /// Fitted to 18 runs of six clips from 432 to 2160 lines. Pass 1 goes with the area that it sees, of which
    /// it sees all more closely. Pass 2 has pass 1's log instead of a lookahead, which saves the more the
    /// larger the frame is, and of a small one the further tries at the end weigh more; reading back takes
    /// an eighth.
    private static func encodingShare(_ plan: Plan) -> Double {
        let readingBack = 0.135
        guard plan.method == .fit else { return 1 + readingBack }
        let size = plan.picture.size
        let area = Double(Sweep.analysedSize(of: size).pixels) / Double(max(1, size.pixels))
        let second = max(0.5, 1.2 - 0.45 * Double(size.pixels) / 1_000_000)
        return min(1, 1.8 * area) + second + readingBack
    }

    /// Decoding on the way is quicker than in places that are sought, and in memory that is fresh.
    private static let onTheWay = 0.7

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
        var sent = 0
        // Over and over, as one clip; whether a packet came out.
        func send() throws -> Bool {
            let index = sent % count
            try store.read(index, into: &frame)
            frame.startsGroup = groups.contains(index)
            frame.presentationTime = sent
            sent += 1
            try encoder.send(frame)
            var came = false
            while try encoder.receive(into: &packet) { came = true }
            return came
        }
        // Until the first packet libx264 only looks ahead, and takes fresh memory, which may be slow: a whole
        // clip has that once, and it doubled what a few frames took.
        while try !send(), sent < mostAhead {}
        let filled = clock.now
        for _ in 0..<count { _ = try send() }
        let encoded = clock.now
        let scale = Double(plan.frames) / Double(count)
        let preparing = start.duration(to: prepared).inSeconds * scale
        let encoding = filled.duration(to: encoded).inSeconds * scale
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
