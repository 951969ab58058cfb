import Core
import Foundation
import Media
import SystemPackage

/// One run on this machine, from the plan to the file in its place.
///
/// Blocking; on one thread.
///
/// To a size: sound first, because its bytes are then known; one sweep that decodes, keeps the
/// prepared frames and runs pass 1 at half size; the container's bytes from pass 1's packets; pass 2
/// from the kept frames; a corrected pass 2 where the file missed; verify; rename.
struct LocalRun {
    private let source: Source
    private var plan: Plan
    private let request: Request
    private let limits: Compressor.Limits
    private let flag: CancellationFlag
    private var meter: Meter
    private var attempts: [Attempt] = []
    private var notes: [String] = []
    private var keeping: FrameKeeping?
    private var keptBytes = 0
    private var secondPassRuns = 0
    private var stoppedAtCeiling = false

    init(
        source: Source,
        plan: Plan,
        request: Request,
        limits: Compressor.Limits,
        flag: CancellationFlag,
        events: @escaping @Sendable (Event) -> Void
    ) {
        self.source = source
        self.plan = plan
        self.request = request
        self.limits = limits
        self.flag = flag
        meter = Meter(events: events)
    }

    /// Makes the file and puts it in its place.
    mutating func perform(in workspace: borrowing Workspace) throws(Failure) -> Report {
        do {
            try checkRoom(in: workspace)
            return try make(in: workspace)
        } catch let failure as Failure {
            throw flag.isRaised ? .interrupted : failure
        } catch let error as MediaError {
            // x264 does not say that it could not write its log; the disk does.
            throw Failure(
                error,
                input: source.path,
                flag: flag,
                isDiskFull: workspace.isFull
            )
        } catch {
            throw flag.isRaised
                ? .interrupted
                : Failure(
                    .storage,
                    "Cannot work beside \(request.destination.string)",
                    why: "\(error)",
                    advice: "Check the disk; nothing was left behind."
                )
        }
    }

    private mutating func make(in workspace: borrowing Workspace) throws -> Report {
        switch plan.method {
        case .remux:
            if let report = try remux(in: workspace) { return report }
            plan = try Plan.make(for: source, request: request, mayRemux: false)
            meter.send(.planned(plan))
        case .constantQuality:
            if let report = try constantQuality(in: workspace) { return report }
        case .fit:
            break
        }
        return try fit(in: workspace)
    }

    // MARK: - To a size

    private mutating func fit(in workspace: borrowing Workspace) throws -> Report {
        var sound = try makeSound(in: workspace)
        let keeping = chooseKeeping(in: workspace)
        self.keeping = keeping
        meter.send(.keepingFrames(keeping))
        var prepared = try PreparedFrames(
            source: source,
            picture: plan.picture,
            keeping: keeping,
            frames: plan.frames,
            file: workspace.file("frames"),
            flag: flag
        )

        meter.begin(.analysing, until: 0.36)
        let expected = Double(max(1, plan.frames))
        let sweep = try Sweep.run(
            &prepared,
            sound: &sound,
            settings: settings,
            log: workspace.file("pass.log"),
            flag: flag
        ) { meter.update(Double($0) / expected, frames: $0) }
        keptBytes = prepared.keptBytes
        // A file that is longer than it said may have passed the limits after all.
        self.keeping?.place = prepared.place
        try checkWhole(prepared, soundSeconds: sound?.durationSeconds ?? 0)

        let fixed = (sound?.byteCount ?? 0) + sweep.containerBytes
        guard plan.limitBytes - fixed > 0 else {
            throw unreachable(smallest: fixed + plan.smallestBytes)
        }
        try suitSize(to: sweep, room: plan.limitBytes - fixed, &prepared)
        if let encoded = try ceiling(&prepared, &sound, sweep, fixed, in: workspace) {
            return try publish(encoded, &prepared, &sound, in: workspace)
        }
        var landing = Landing(
            sweep: sweep,
            settings: settings,
            limitBytes: plan.limitBytes,
            fixedBytes: fixed,
            log: workspace.file("pass.log"),
            flag: flag
        )
        meter.begin(.encoding, until: 0.94, attempt: attempts.count + 1)
        let (landed, smallest) = try landing.run(&prepared, sound: &sound, in: workspace) {
            meter.update($0, frames: $1, projectedBytes: $2, attempt: attempts.count + $3)
        }
        secondPassRuns = landing.secondPassRuns
        for attempt in landing.attempts { add(attempt) }
        guard let landed else { throw unreachable(smallest: smallest) }
        return try publish(
            Encoded(
                name: landed.name,
                frames: sweep.frames,
                fileBytes: landed.fileBytes,
                pictureBytes: landed.pictureBytes
            ),
            &prepared,
            &sound,
            in: workspace
        )
    }

    /// Steps the frame size down where the picture at this one would fall apart.
    private mutating func suitSize(
        to sweep: Sweep,
        room: Int,
        _ prepared: inout PreparedFrames
    ) throws {
        let size = plan.picture.size
        let suited = Plan.frameSize(within: size, log: sweep.log, videoBytes: room)
        guard suited != size else { return }
        plan.picture.size = suited
        note("so few bytes look better at \(suited) than at \(size)")
        try prepared.scale(to: suited)
    }

    /// A finished file in the workspace.
    private struct Encoded {
        var name: String
        var frames: Int
        var fileBytes: Int
        var pictureBytes: Int
    }

    /// Where the bytes allow more than anyone can see, one pass at constant quality, and the rest of them left over.
    ///
    /// Nil where pass 1 foretells that it would not fit, and where it did not fit after all.
    private mutating func ceiling(
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        _ sweep: Sweep,
        _ fixed: Int,
        in workspace: borrowing Workspace
    ) throws -> Encoded? {
        let shift = Plan.ceilingQuality - VideoEncoder.firstPassQuality
        let needed =
            sweep.log.bits(atQuantizerShift: shift, pixels: plan.picture.size.pixels) / 8
        let room = plan.limitBytes - fixed
        // Pass 1 at half size may foretell a third too little. Close to the limit both ways look
        // alike, and filling it is what was asked.
        guard needed < Double(room) * 0.65 else { return nil }
        let encoding = Encoding(
            settings: settings,
            mode: .constantQuality(Plan.ceilingQuality),
            frames: 0..<sweep.frames,
            byteLimit: room,
            expectedShares: sweep.log.shares(atQuantizerShift: shift)
        )
        try prepared.rewind()
        let encoded = try encode(
            encoding,
            fixed: fixed,
            until: 0.92,
            &prepared,
            &sound,
            in: workspace
        )
        stoppedAtCeiling = encoded != nil
        add(
            Attempt(
                number: 0,
                mode: .onePassConstantQuality,
                bytes: encoded?.fileBytes,
                isAccepted: encoded != nil,
                reason: encoded != nil
                    ? "as good as it gets: more bytes could not be seen"
                    : "constant quality needs more than the limit: two passes instead"
            )
        )
        return encoded
    }

    /// One pass over the whole clip, put together with the sound; nil where the file passes the limit.
    private mutating func encode(
        _ encoding: Encoding,
        fixed: Int,
        until end: Double,
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        in workspace: borrowing Workspace
    ) throws -> Encoded? {
        meter.begin(.encoding, until: end, attempt: attempts.count + 1)
        let total = Double(max(1, plan.frames))
        var output = try encoding.run(
            &prepared,
            to: workspace.file("picture"),
            flag: flag
        ) { packets, bytes in
            let share = encoding.share(after: packets)
            meter.update(
                Double(packets) / total,
                frames: packets,
                projectedBytes: share > 0.05 ? Int(Double(bytes) / share) + fixed : nil
            )
        }
        guard output.result.isComplete, output.track.packetCount > 0 else { return nil }
        var nothing: Track?
        let bytes = try Assembly.write(
            body: &nothing,
            end: &output.track,
            sound: &sound,
            to: workspace.file("quality.mp4"),
            flag: flag
        )
        guard bytes <= plan.limitBytes else { return nil }
        return Encoded(
            name: "quality.mp4",
            frames: output.track.packetCount,
            fileBytes: bytes,
            pictureBytes: output.track.byteCount
        )
    }

    // MARK: - Without a size

    /// One pass at constant quality; nil where that would be larger than the source.
    private mutating func constantQuality(in workspace: borrowing Workspace) throws -> Report? {
        var sound = try makeSound(in: workspace)
        let keeping = FrameKeeping(
            place: .decodeAgain,
            memoryLimitBytes: 0,
            fileLimitBytes: 0,
            estimatedBytes: 0
        )
        var prepared = try PreparedFrames(
            source: source,
            picture: plan.picture,
            keeping: keeping,
            frames: plan.frames,
            file: workspace.file("frames"),
            flag: flag
        )
        let fixed = (sound?.byteCount ?? 0) + plan.budget.containerBytes
        let encoding = Encoding(
            settings: settings,
            mode: .constantQuality(Plan.sharingQuality),
            frames: 0..<Int.max,
            byteLimit: plan.limitBytes - fixed
        )
        let encoded = try encode(
            encoding,
            fixed: fixed,
            until: 0.93,
            &prepared,
            &sound,
            in: workspace
        )
        add(
            Attempt(
                number: 0,
                mode: .onePassConstantQuality,
                bytes: encoded?.fileBytes,
                isAccepted: encoded != nil,
                reason: encoded != nil
                    ? "constant quality" : "larger than the source at this quality"
            )
        )
        if let encoded {
            try checkWhole(prepared, soundSeconds: sound?.durationSeconds ?? 0)
            return try publish(encoded, &prepared, &sound, in: workspace)
        }
        guard prepared.count > 0 else { throw MediaError.noPicture }
        var remuxRequest = request
        remuxRequest.target = ByteSize(bytes: source.bytes)
        if let remuxPlan = Plan.remuxPlan(for: source, request: remuxRequest) {
            plan = remuxPlan
            plan.targetBytes = nil
            if let report = try remux(in: workspace) { return report }
        }
        plan = try Plan.make(for: source, request: remuxRequest, mayRemux: false)
        plan.targetBytes = nil
        meter.send(.planned(plan))
        return nil
    }

    /// Copies the packets into a fresh MP4; nil where the result is larger than the limit after all.
    private mutating func remux(in workspace: borrowing Workspace) throws -> Report? {
        var sound = try makeSound(in: workspace)
        meter.begin(.encoding, until: 0.6)
        var copying = Remux(source: source, plan: plan)
        let path = workspace.file("copy.mp4")
        let result = try copying.run(sound: &sound, to: path, flag: flag) {
            meter.update($0, frames: 0)
        }
        guard result.fileBytes <= plan.limitBytes else { return nil }
        add(
            Attempt(
                number: 0,
                mode: .remux,
                bytes: result.fileBytes,
                isAccepted: true,
                reason: "packets copied, nothing encoded"
            )
        )
        let verifier = Verifier(
            limitBytes: plan.limitBytes,
            size: source.video.codedSize,
            frames: nil,
            durationSeconds: result.durationSeconds,
            frameSeconds: 1 / max(1, source.video.frameRate.value),
            hasSound: sound?.packetCount ?? 0 > 0
        )
        meter.begin(.verifying, until: 1)
        let total = Double(max(1, plan.frames))
        let finding = try verifier.check(
            path,
            bytes: result.fileBytes,
            flag: flag,
            original: { _, _ in false },
            onFrame: { meter.update(Double($0) / total, frames: $0) }
        )
        try workspace.place(
            "copy.mp4",
            at: request.destination,
            overwrites: request.overwrites
        )
        return report(
            Encoded(
                name: "copy.mp4",
                frames: finding.frames,
                fileBytes: result.fileBytes,
                pictureBytes: result.pictureBytes
            ),
            finding: finding,
            soundBytes: sound?.byteCount ?? 0
        )
    }

    // MARK: - Parts of every run

    private mutating func makeSound(in workspace: borrowing Workspace) throws -> Track? {
        meter.begin(.audio, until: 0.03)
        let total = max(0.1, source.durationSeconds)
        let sound = try SoundTrack.make(
            plan.sound,
            source: source,
            path: workspace.file("sound"),
            flag: flag
        ) { meter.update($0 / total, frames: 0) }
        if source.audio.count > 1, plan.sound != .none {
            note("the source has \(source.audio.count) sound tracks: the main one is kept")
        }
        if !source.audio.isEmpty, plan.sound == .none, request.audio != .none {
            note("the sound cannot be decoded here and is left out")
        }
        return sound
    }

    private mutating func publish(
        _ encoded: Encoded,
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        in workspace: borrowing Workspace
    ) throws -> Report {
        let rate = plan.picture.frameRate.value
        let soundSeconds = sound?.durationSeconds
        let verifier = Verifier(
            limitBytes: plan.limitBytes,
            size: plan.picture.size,
            frames: encoded.frames,
            durationSeconds: max(Double(encoded.frames) / rate, soundSeconds ?? 0),
            frameSeconds: 1 / rate,
            hasSound: soundSeconds != nil
        )
        meter.begin(.verifying, until: 1)
        let total = Double(max(1, encoded.frames))
        let finding = try verifier.check(
            workspace.file(encoded.name),
            bytes: encoded.fileBytes,
            flag: flag,
            original: { try prepared.sample($0, into: &$1) },
            onFrame: { meter.update(Double($0) / total, frames: $0) }
        )
        if prepared.damagedCount > 0 {
            note("\(prepared.damagedCount) damaged pictures in the source were concealed")
        }
        try workspace.place(
            encoded.name,
            at: request.destination,
            overwrites: request.overwrites
        )
        return report(encoded, finding: finding, soundBytes: sound?.byteCount ?? 0)
    }

    private func report(
        _ result: Encoded,
        finding: Verifier.Finding,
        soundBytes: Int
    ) -> Report {
        let seconds = max(0.001, finding.durationSeconds)
        let size =
            plan.method == .remux ? source.video.displaySize : plan.picture.size
        return Report(
            input: source.path,
            output: request.destination.string,
            inputBytes: source.bytes,
            bytes: result.fileBytes,
            limitBytes: plan.limitBytes,
            targetBytes: request.target?.bytes,
            method: plan.method,
            stoppedAtQualityCeiling: stoppedAtCeiling,
            width: size.width,
            height: size.height,
            frameRate: plan.picture.frameRate.value,
            frames: finding.frames,
            durationSeconds: seconds,
            videoBytes: result.pictureBytes,
            audioBytes: soundBytes,
            containerBytes: max(0, result.fileBytes - result.pictureBytes - soundBytes),
            videoBitsPerSecond: Int(Double(result.pictureBytes) * 8 / seconds),
            audioBitsPerSecond: Int(Double(soundBytes) * 8 / seconds),
            secondPassRuns: secondPassRuns,
            attempts: attempts,
            keeping: keeping,
            keptFrameBytes: keptBytes,
            ssim: finding.similarity,
            ssimFrames: finding.comparedFrames,
            elapsedSeconds: meter.elapsedSeconds,
            notes: notes
        )
    }

    private var settings: VideoEncoder.Settings {
        VideoEncoder.Settings(
            size: plan.picture.size,
            frameRate: plan.picture.frameRate,
            matrix: plan.picture.matrix,
            preset: plan.speed.preset,
            keyframeIntervalFrames: plan.keyframeIntervalFrames
        )
    }

    private mutating func note(_ text: String) {
        guard !notes.contains(text) else { return }
        notes.append(text)
        meter.send(.noted(text))
    }

    /// Numbers an attempt, keeps it for the report and tells of it.
    private mutating func add(_ attempt: Attempt) {
        var attempt = attempt
        attempt.number = attempts.count + 1
        attempts.append(attempt)
        meter.send(.attempted(attempt))
    }

    // MARK: - Refusals

    /// A cut-off file reads as a shorter one; publishing half a video would lose the other half silently.
    private func checkWhole(
        _ prepared: borrowing PreparedFrames,
        soundSeconds: Double
    ) throws(Failure) {
        guard !source.durationIsEstimated else { return }
        let reached = max(
            Double(prepared.count) / plan.picture.frameRate.value,
            soundSeconds
        )
        guard source.durationSeconds - reached > max(1, source.durationSeconds * 0.05) else {
            return
        }
        let words = prepared.endedEarly.map { " (\($0.words))" } ?? ""
        throw Failure(
            .unreadable,
            "\(source.path) is cut off or damaged",
            why:
                "it says \(durationText(source.durationSeconds)), and can be read up to \(durationText(reached))\(words)",
            advice: "If it was downloaded, download it again."
        )
    }

    private func unreachable(smallest: Int) -> Failure {
        Failure(
            .unreachable,
            "\(ByteSize.text(plan.limitBytes)) is too small for this clip at \(plan.picture.size)",
            why: "the smallest file that came out has about \(ByteSize.text(smallest))",
            advice:
                "Ask for \(ByteSize.text(smallest * 11 / 10)) or more, lower the picture with --max-height, or cut the clip.",
            smallestBytes: smallest * 11 / 10
        )
    }

    // MARK: - Room

    private func checkRoom(in workspace: borrowing Workspace) throws(Failure) {
        guard let free = workspace.freeBytes, free < leastRoom else { return }
        throw Failure(
            .storage,
            "Cannot write beside \(request.destination.string)",
            why:
                "the disk has \(ByteSize.text(free)) free, and this run needs about \(ByteSize.text(leastRoom))",
            advice: "Free some space, or name another place with -o."
        )
    }

    /// The result, the sound, and x264's two logs.
    private var leastRoom: Int {
        let expected = plan.method == .constantQuality ? plan.expectedBytes : plan.limitBytes
        let blocks = Sweep.analysedSize(of: plan.picture.size).pixels / 256
        let logs = plan.method == .fit ? plan.frames * (160 + blocks) : 0
        return min(expected, source.bytes) + plan.budget.audioBytes + logs
    }

    private func chooseKeeping(in workspace: borrowing Workspace) -> FrameKeeping {
        let spare = max(0, (workspace.freeBytes ?? 0) - leastRoom)
        return FrameKeeping.choose(
            frameBytes: plan.picture.size.pixels * 3 / 2,
            // What the container says is sometimes short.
            frames: plan.frames + plan.frames / 50 + 8,
            memoryLimitBytes: limits.memoryBytes,
            fileLimitBytes: min(limits.diskBytes ?? 16_000_000_000, spare * 4 / 5)
        )
    }
}

extension Workspace {
    /// Whether the disk has no room for even a little more.
    fileprivate var isFull: Bool { (freeBytes ?? .max) < 64 << 10 }
}
