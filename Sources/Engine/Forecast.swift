import Core
import Media

/// How long a plan would take here, measured on the clip's first moments.
enum Forecast {
    /// Enough frames to fill the encoder's lookahead, few enough to answer within a second or two.
    private static let most = 72

    /// Seconds of wall time.
    static func seconds(_ planned: Planned, flag: CancellationFlag) throws(Failure) -> Double {
        switch planned {
        case .video(let source, let plan, _):
            try seconds(source: source, plan: plan, flag: flag)
        case .sound(let source, let plan, _):
            try SoundRun.expectedSeconds(source: source, plan: plan, flag: flag)
        case .still(let source, let plan, _):
            StillRun.expectedSeconds(source: source, plan: plan)
        }
    }

    private static func seconds(
        source: Source,
        plan: Plan,
        flag: CancellationFlag
    ) throws(Failure) -> Double {
        // Copying runs at the disk's pace; 100 MB a second is a slow one.
        if plan.method == .remux { return 0.2 + Double(source.bytes) / 100_000_000 }
        do {
            return try measure(source: source, plan: plan, flag: flag)
        } catch let error as MediaError {
            throw Failure(error, input: source.path, flag: flag)
        } catch {
            throw Failure(.defect, "Cannot foretell the time", why: "\(error)")
        }
    }

    private static func measure(
        source: Source,
        plan: Plan,
        flag: CancellationFlag
    ) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var reader = try PictureReader(source: source, picture: plan.picture, flag: flag)
        var frame = try Frame()
        var store = try FrameStore(
            size: plan.picture.size,
            memoryLimit: plan.picture.size.pixels * 3 / 2 * most,
            fileLimit: 0,
            path: nil
        )
        while store.count < most, try reader.next(into: &frame) { try store.append(frame) }
        let count = store.count
        guard count > 0 else { throw MediaError.noPicture }
        let prepared = clock.now
        var encoder = try VideoEncoder(
            VideoEncoder.Settings(plan),
            mode: .constantQuality(Plan.sharingQuality)
        )
        var packet = try Packet()
        for index in 0..<count {
            try store.read(index, into: &frame)
            try encoder.send(frame)
            while try encoder.receive(into: &packet) {}
        }
        try encoder.finish()
        while try encoder.receive(into: &packet) {}
        let encoded = clock.now
        let scale = Double(plan.frames) / Double(count)
        let preparing = start.duration(to: prepared).inSeconds * scale
        let encoding = prepared.duration(to: encoded).inSeconds * scale
        // Pass 1 on a small copy costs about a tenth of pass 2 (measured: 4.1 of 35 to 53 CPU s),
        // reading back a twentieth.
        return preparing + encoding * (plan.method == .fit ? 1.18 : 1.05)
    }
}
