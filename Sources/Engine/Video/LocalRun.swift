import Core
import Media
import SystemPackage

/// A run on a video.
///
/// To a size: sound first, because its bytes are then known; one sweep that decodes, keeps the
/// prepared frames and runs pass 1 on a small copy; the container's bytes from pass 1's packets; pass 2
/// from the kept frames; a corrected pass 2 where the file missed; verify; rename.
struct LocalRun: Run {
    let source: Source
    var plan: Plan
    let request: Request
    let limits: Compressor.Limits
    let flag: CancellationFlag
    var record: RunRecord
    var trimmings = Trimmings()

    mutating func make(in workspace: Workspace) throws -> Report {
        try room.check(in: workspace)
        try record.begin(source, request)
        switch plan.method {
        case .remux:
            if let report = try remux(in: workspace) { return report }
            plan = try Planned.plan(source, request, mayRemux: false, flag: flag)
            record.meter.send(.planned(plan))
        case .constantQuality:
            if let report = try constantQuality(in: workspace) { return report }
        case .fit:
            break
        }
        while true {
            if let report = try fit(in: workspace) { return report }
        }
    }

    // MARK: - To a size

    /// Two passes; nil where the plan was changed because the source's own bytes were too few.
    private mutating func fit(in workspace: Workspace) throws -> Report? {
        var sound = try makeSound(in: workspace)
        let keeping = room.keeping(in: workspace)
        record.keeping = keeping
        record.meter.send(.keepingFrames(keeping))
        var prepared = try prepare(keeping, in: workspace)

        record.meter.begin(.analysing, until: 0.36)
        var sweep = try sweep(&prepared, &sound, in: workspace)
        record.keptBytes = prepared.keptBytes
        // A file that is longer than it said may have passed the limits.
        record.keeping?.place = prepared.place
        try judge(prepared, sound)

        var fixed = (sound?.byteCount ?? 0) + sweep.containerBytes
        guard plan.limitBytes - fixed > 0 else {
            throw Failure.unreachable(plan, smallest: fixed + plan.smallestBytes)
        }
        if try suitSize(to: sweep, room: plan.limitBytes - fixed, &prepared),
            prepared.place != .decodeAgain
        {
            // What pass 1 saw at another size misleads pass 2 (film trailer at 360 lines: 3 VMAF).
            try prepared.rewind()
            sweep = try self.sweep(&prepared, &sound, in: workspace)
            record.keptBytes = prepared.keptBytes
            fixed = (sound?.byteCount ?? 0) + sweep.containerBytes
        }
        if let encoded = try ceiling(&prepared, &sound, sweep, fixed, in: workspace) {
            return try publish(encoded, &prepared, &sound, in: workspace)
        }
        var landing = Landing(
            sweep: sweep,
            settings: settings,
            limitBytes: plan.limitBytes,
            fixedBytes: fixed,
            trimmings: trimmings,
            log: workspace.file("pass.log"),
            flag: flag
        )
        record.meter.begin(.encoding, until: 0.94, attempt: record.attempts.count + 1)
        let (landed, smallest) = try landing.run(&prepared, sound: &sound, in: workspace) {
            record.meter.update(
                $0,
                frames: $1,
                projectedBytes: $2,
                attempt: record.attempts.count + $3
            )
        }
        record.secondPassRuns = landing.secondPassRuns
        for attempt in landing.attempts { record.add(attempt) }
        guard let landed else {
            guard let target = plan.targetBytes, plan.limitBytes < target else {
                throw Failure.unreachable(plan, smallest: smallest)
            }
            // The source is smaller than H.264 can make it, and more was allowed.
            record.note("H.264 needs more than the source's \(ByteSize.text(plan.limitBytes))")
            plan = try Planned.plan(
                source,
                request,
                mayRemux: false,
                leastBytes: max(smallest, plan.limitBytes * 2),
                flag: flag
            )
            record.meter.send(.planned(plan))
            return nil
        }
        return try publish(landed, &prepared, &sound, in: workspace)
    }

    /// Reads the picture for pass 1.
    private mutating func sweep(
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        in workspace: Workspace
    ) throws -> Sweep {
        let expected = Double(max(1, plan.frames))
        return try Sweep.run(
            &prepared,
            sound: &sound,
            trimmings: trimmings,
            settings: settings,
            keyframes: plan.landingKeyframes,
            log: workspace.file("pass.log"),
            flag: flag
        ) { record.meter.update(Double($0) / expected, frames: $0) }
    }

    /// Steps the frame size down where the picture at this one would fall apart; whether it did.
    private mutating func suitSize(
        to sweep: Sweep,
        room: Int,
        _ prepared: inout PreparedFrames
    ) throws -> Bool {
        guard !request.heightCap.isExact else { return false }
        let size = plan.picture.size
        let suited = plan.frameSize(log: sweep.log, videoBytes: room)
        guard suited != size else { return false }
        plan.picture.size = suited
        record.note("so few bytes look better at \(suited) than at \(size)")
        try prepared.scale(to: suited)
        return true
    }

    /// Where the bytes allow more than anyone can see, one pass at constant quality, and the rest of them left over.
    ///
    /// Nil where pass 1 foretells that it would not fit, and where it did not fit after all.
    private mutating func ceiling(
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        _ sweep: Sweep,
        _ fixed: Int,
        in workspace: Workspace
    ) throws -> Finished? {
        let shift = Plan.ceilingQuality - VideoEncoder.firstPassQuality
        let needed =
            sweep.log.bits(atQuantizerShift: shift, pixels: plan.picture.size.pixels) / 8
        let room = plan.limitBytes - fixed
        // Pass 1 on a small copy may foretell a third too little. Close to the limit both ways look
        // alike, and filling it is what was asked.
        guard needed < Double(room) * 0.65 else { return nil }
        try prepared.rewind()
        let pass = OnePass(
            settings: settings,
            quality: Plan.ceilingQuality,
            frames: 0..<sweep.frames,
            expectedFrames: sweep.frames,
            expectedShares: sweep.log.shares(atQuantizerShift: shift),
            limitBytes: plan.limitBytes,
            fixedBytes: fixed,
            trimmings: trimmings,
            success: "as good as it gets: more bytes could not be seen",
            failure: "constant quality needs more than the limit: two passes instead"
        )
        let encoded = try pass.run(&prepared, &sound, &record, in: workspace, flag: flag)
        record.stoppedAtCeiling = encoded != nil
        return encoded
    }

    // MARK: - Without a size

    /// One pass at constant quality; nil where that would be larger than the source.
    private mutating func constantQuality(in workspace: Workspace) throws -> Report? {
        var sound = try makeSound(in: workspace)
        let keeping = FrameKeeping(
            place: .decodeAgain,
            memoryLimitBytes: 0,
            fileLimitBytes: 0,
            estimatedBytes: 0
        )
        var prepared = try prepare(keeping, in: workspace)
        let fixed = (sound?.byteCount ?? 0) + plan.budget.containerBytes
        let pass = OnePass(
            settings: settings,
            quality: Plan.sharingQuality,
            // The end is where the source ends.
            frames: 0..<Int.max,
            expectedFrames: plan.frames,
            expectedShares: [],
            limitBytes: plan.limitBytes,
            fixedBytes: fixed,
            trimmings: trimmings,
            success: "constant quality",
            failure: "larger than the source at this quality"
        )
        let encoded = try pass.run(&prepared, &sound, &record, in: workspace, flag: flag)
        if let encoded {
            try judge(prepared, sound)
            return try publish(encoded, &prepared, &sound, in: workspace)
        }
        guard prepared.count > 0 else { throw MediaError.noPicture }
        var remuxRequest = request
        remuxRequest.target = ByteSize(bytes: plan.limitBytes)
        if let remuxPlan = Plan.remuxPlan(for: source, request: remuxRequest) {
            plan = remuxPlan
            plan.targetBytes = nil
            if let report = try remux(in: workspace) { return report }
        }
        plan = try Planned.plan(source, remuxRequest, mayRemux: false, flag: flag)
        plan.targetBytes = nil
        record.meter.send(.planned(plan))
        return nil
    }

    // MARK: - Parts of every run

    mutating func makeSound(in workspace: Workspace) throws -> Track? {
        trimmings = try Trimmings(plan.metadata, of: source, flag: flag)
        trimmings.isFragmented = request.isFragmented
        let sound = try record.makeSound(
            of: source,
            plan: plan,
            request: request,
            path: workspace.file("sound"),
            flag: flag
        )
        try record.judge(sound: sound, of: source, request)
        return sound
    }

    private mutating func judge(
        _ prepared: borrowing PreparedFrames,
        _ sound: borrowing Track?
    ) throws(Failure) {
        let rate = plan.picture.frameRate
        try record.judge(prepared, sound: sound, of: source, rate: rate, request)
    }

    private mutating func publish(
        _ encoded: Finished,
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        in workspace: Workspace
    ) throws -> Report {
        let rate = plan.picture.frameRate.value
        let soundSeconds = sound?.durationSeconds
        let verifier = Verifier(
            limitBytes: plan.limitBytes,
            size: plan.picture.size,
            comparedSize: prepared.comparedSize,
            frames: encoded.frames,
            durationSeconds: max(Double(encoded.frames) / rate, soundSeconds ?? 0),
            frameSeconds: 1 / rate,
            hasSound: sound?.isSound == true
        )
        record.meter.begin(.verifying, until: 1)
        let total = Double(max(1, encoded.frames))
        let candidate = try workspace.candidate(encoded.name)
        let finding = try verifier.check(
            candidate.path,
            bytes: encoded.fileBytes,
            flag: flag,
            original: { try prepared.sample($0, into: &$1) },
            onFrame: { record.meter.update(Double($0) / total, frames: $0) }
        )
        return try submit(
            candidate,
            of: encoded,
            finding,
            soundBytes: sound?.soundByteCount ?? 0,
            in: workspace
        )
    }

    /// Makes the checked file the result, and writes the receipt.
    mutating func submit(
        _ candidate: Workspace.Candidate,
        of file: Finished,
        _ finding: Verifier.Finding,
        soundBytes: Int,
        in workspace: Workspace
    ) throws -> Report {
        try record.judge(finding, of: source, request)
        if let least = request.leastSimilarity, let similarity = finding.similarity,
            similarity < least
        {
            throw plan.disappointment(similarity: similarity, least: least)
        }
        try workspace.submit(candidate)
        if let similarity = finding.similarity, Quality(similarity: similarity) < .good,
            let advice = plan.lengthAdvice(for: source)
        {
            record.note(advice)
        }
        return report(of: file, finding, soundBytes: soundBytes)
    }

    private func report(
        of file: Finished,
        _ finding: Verifier.Finding,
        soundBytes: Int
    ) -> Report {
        let seconds = max(0.001, finding.durationSeconds)
        let size = plan.method == .remux ? source.video.displaySize : plan.picture.size
        var report = receipt(
            .video,
            inputBytes: source.fileBytes,
            bytes: file.fileBytes,
            limitBytes: plan.limitBytes,
            method: plan.method,
            metadata: plan.metadata
        )
        (report.width, report.height) = (size.width, size.height)
        report.frameRate = plan.picture.frameRate.value
        report.frames = finding.frames
        report.durationSeconds = seconds
        report.videoBytes = file.pictureBytes
        report.audioBytes = soundBytes
        report.containerBytes = max(0, file.fileBytes - file.pictureBytes - soundBytes)
        report.videoBitsPerSecond = Int(Double(file.pictureBytes) * 8 / seconds)
        report.audioBitsPerSecond = Int(Double(soundBytes) * 8 / seconds)
        report.secondPassRuns = record.secondPassRuns
        report.keeping = record.keeping
        report.keptFrameBytes = record.keptBytes
        report.part = source.part
        report.ssim = finding.similarity
        report.ssimFrames = finding.comparedFrames
        report.ssimSize = finding.comparedSize
        return report
    }

    private func prepare(
        _ keeping: FrameKeeping,
        in workspace: Workspace
    ) throws -> PreparedFrames {
        try PreparedFrames(
            source: source,
            picture: plan.picture,
            keeping: keeping,
            frames: plan.frames,
            file: workspace.file("frames"),
            flag: flag,
            comparedAt: request.heightCap.compared(source.video.displaySize)
        )
    }

    private var room: Room {
        Room(source: source, plan: plan, limits: limits, destination: request.destination)
    }

    private var settings: VideoEncoder.Settings { VideoEncoder.Settings(plan) }
}
