import Core
import Foundation
import Media
import SystemPackage

/// Pass 2, until the size lands: performs what `SizeController` says, from the kept frames and one log.
struct Landing {
    let sweep: Sweep
    let settings: VideoEncoder.Settings
    let limitBytes: Int
    /// Sound and container.
    let fixedBytes: Int
    let trimmings: Trimmings
    let log: FilePath
    let flag: CancellationFlag

    /// Frames of the stretches: one for a clip in one piece.
    private var stretches: [Range<Int>] = []
    private var shares: [Double] = []
    private var firstRuns = 0
    private var endRuns = 0
    private(set) var attempts: [Attempt] = []

    init(
        sweep: Sweep,
        settings: VideoEncoder.Settings,
        limitBytes: Int,
        fixedBytes: Int,
        trimmings: Trimmings,
        log: FilePath,
        flag: CancellationFlag
    ) {
        self.sweep = sweep
        self.settings = settings
        self.limitBytes = limitBytes
        self.fixedBytes = fixedBytes
        self.trimmings = trimmings
        self.log = log
        self.flag = flag
    }

    /// Runs of pass 2 over the clip (or over the body, its first stretch).
    var secondPassRuns: Int { isDivided ? firstRuns : firstRuns + endRuns }

    private var isDivided: Bool { stretches.count > 1 }

    private var room: Int { limitBytes - fixedBytes }

    /// Makes the file in the workspace; nil where nothing fits, with the smallest size that came out.
    ///
    /// `onProgress`: the share of this encode that is done, frames, the projected size of
    ///   the file, and the number of the attempt.
    mutating func run(
        _ prepared: inout PreparedFrames,
        sound: inout Track?,
        in workspace: Workspace,
        onProgress: (Double, Int, Int?, Int) -> Void
    ) throws -> (landed: Finished?, smallestBytes: Int) {
        do {
            return try land(&prepared, &sound, in: workspace, onProgress)
        } catch let error as MediaError where error.kind == .tooFewBits {
            return (nil, limitBytes)
        }
    }

    private mutating func land(
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        in workspace: Workspace,
        _ onProgress: (Double, Int, Int?, Int) -> Void
    ) throws -> (landed: Finished?, smallestBytes: Int) {
        let shift = sweep.log.quantizerShift(
            forBits: Double(room) * 8,
            pixels: settings.size.pixels
        )
        shares = sweep.log.shares(atQuantizerShift: shift)
        let edges = [0] + sweep.log.cuts(shares: shares) + [sweep.frames]
        stretches = zip(edges, edges.dropFirst()).map { $0..<$1 }
        var controller = SizeController(
            limitBytes: limitBytes,
            fixedBytes: fixedBytes,
            shares: allotments()
        )

        // The stretches that are done.
        var picture: Track?
        // Of the stretch before the end: where it begins, and how it came out.
        var last = (packets: 0, bytes: 0, quantizer: 0.0)
        // Stretches that the controller no longer counts.
        var settled = 0
        var spare: (name: String, bytes: Int, picture: Int, attempt: Int)?
        var best: (name: String, bytes: Int, picture: Int, attempt: Int)?
        var action = controller.start()
        while true {
            switch action {
            case .encode(let counted, let bytes):
                let stretch = counted + settled
                if stretch == 0 { firstRuns += 1 }
                let before = picture?.packetCount ?? 0
                let result = try encode(
                    stretches[stretch],
                    asking: bytes,
                    limit: room - (picture?.byteCount ?? 0),
                    &picture,
                    &prepared,
                    in: workspace,
                    onProgress
                )
                action = controller.record(
                    videoBytes: result.bytes,
                    isSaturated: isSaturated(result, asked: bytes)
                )
                var isUsed = result.isComplete
                if case .encode(counted, _) = action { isUsed = false }
                last = (before, result.bytes, result.averageQuantizer)
                if !isUsed { picture?.removeLast(after: before) }
                record(
                    stretch == 0 ? .secondPass : .middleStretch,
                    stretches[stretch],
                    asked: bytes,
                    result,
                    isUsed
                        ? "the rest goes to the frames that follow"
                        : "too far off for what follows to make up"
                )
            case .encodeEnd(let bytes):
                endRuns += 1
                let before = picture?.packetCount ?? 0
                let bytesBefore = picture?.byteCount ?? 0
                let frames = stretches[stretches.count - 1]
                let result = try encode(
                    frames,
                    asking: bytes,
                    // What is nearly done is finished even where it does not fit: its exact size lands the next.
                    limit: Int(Double(room - bytesBefore) * (isDivided ? 2 : 1.08)),
                    &picture,
                    &prepared,
                    in: workspace,
                    onProgress
                )
                var fits = result.isComplete
                var fileBytes = bytesBefore + result.bytes + fixedBytes
                if fits {
                    let name = "attempt-\(endRuns).mp4"
                    fileBytes = try Assembly.write(
                        picture: &picture,
                        sound: &sound,
                        trimmings: trimmings,
                        to: workspace.file(name),
                        flag: flag
                    )
                    // The gate: the size on disk, whatever was foretold.
                    fits = fileBytes <= limitBytes
                    if fits, fileBytes > best?.bytes ?? 0 {
                        best = (name, fileBytes, bytesBefore + result.bytes, attempts.count)
                    }
                }
                picture?.removeLast(after: before)
                let share =
                    endRuns == 1 && stretches.count == 3
                    ? SizeController.endShare(
                        before: (last.bytes, last.quantizer),
                        end: (result.bytes, result.averageQuantizer)
                    ) : nil
                if let share {
                    picture?.removeLast(after: last.packets)
                    settled = stretches.count - 2
                    (spare, best) = (best, nil)
                    controller = SizeController(
                        limitBytes: limitBytes,
                        fixedBytes: fixedBytes + (picture?.byteCount ?? 0),
                        shares: [1 - share, share]
                    )
                    action = controller.start()
                } else {
                    action = controller.recordEnd(
                        videoBytes: result.bytes,
                        fits: fits,
                        isSaturated: isSaturated(result, asked: bytes)
                    )
                }
                record(
                    isDivided ? .lastStretch : .secondPass,
                    frames,
                    asked: bytes,
                    result,
                    fileBytes: result.isComplete ? fileBytes : nil,
                    share == nil
                        ? Attempt.reason(
                            result.isComplete ? fileBytes : nil,
                            limitBytes: limitBytes
                        ) : "coarser than what comes before: both are made again"
                )
            case .accept:
                guard let best = best ?? spare else {
                    throw Failure(.defect, "The accepted attempt has no file")
                }
                attempts[best.attempt].isAccepted = true
                let landed = Finished(
                    name: best.name,
                    frames: sweep.frames,
                    fileBytes: best.bytes,
                    pictureBytes: best.picture
                )
                return (landed, best.bytes)
            case .refuse(let smallest):
                if spare != nil {
                    action = .accept(end: 0)
                } else if isDivided {
                    // A body that x264 cannot steer, as of two seconds with a cut: the whole at once.
                    picture?.removeLast(after: 0)
                    stretches = [0..<sweep.frames]
                    controller = SizeController(limitBytes: limitBytes, fixedBytes: fixedBytes)
                    action = controller.start()
                } else {
                    return (nil, smallest)
                }
            }
        }
    }

    /// The shares of the picture's bytes that the stretches are given, together 1.
    ///
    /// Where only the end follows the body, it has nothing before it to take from, and begins with a
    /// keyframe that x264 makes larger than pass 1 foretold: it is given more. What it does not need makes it
    /// finer by a step or two, and what it lacks made a page of text unreadable (41 against 51).
    private func allotments() -> [Double] {
        let all = stretches.map(allotment)
        guard all.count == 2 else { return all }
        let isStill =
            Double(settings.keyframeIntervalFrames) > settings.frameRate.value * 15
        let end = min(0.5, all[1] * (isStill ? 1.4 : 1.15))
        return [1 - end, end]
    }

    /// The share of the picture's bytes that a stretch would be given by itself.
    ///
    /// A tenth of it by its length: pass 1 foretells too little for what is quiet, such as credits,
    /// and the last to be served would pay for that.
    private func allotment(_ frames: Range<Int>) -> Double {
        0.9 * share(frames) + 0.1 * Double(frames.count) / Double(max(1, sweep.frames))
    }

    /// Foretold share of the picture's bytes.
    private func share(_ frames: Range<Int>) -> Double {
        guard frames.upperBound > 0, frames.upperBound <= shares.count else { return 1 }
        return shares[frames.upperBound - 1]
            - (frames.lowerBound == 0 ? 0 : shares[frames.lowerBound - 1])
    }

    private func isSaturated(_ result: Encoding.Result, asked: Int) -> Bool {
        result.isComplete && Double(result.bytes) < Double(asked) * 0.9
            && result.averageQuantizer <= Plan.ceilingQuality
    }

    private mutating func encode(
        _ frames: Range<Int>,
        asking bytes: Int,
        limit: Int,
        _ picture: inout Track?,
        _ prepared: inout PreparedFrames,
        in workspace: Workspace,
        _ onProgress: (Double, Int, Int?, Int) -> Void
    ) throws -> Encoding.Result {
        let seconds = Double(frames.count) / settings.frameRate.value
        let tuned = try writeLog(frames, bitsPerSecond: Int(Double(bytes) * 8 / seconds))
        // Shares of the whole clip become shares of the stretch.
        let before = frames.lowerBound == 0 ? 0 : shares[frames.lowerBound - 1]
        let span = max(1e-9, share(frames))
        let encoding = Encoding(
            settings: settings,
            mode: .secondPass(
                log: log,
                bitsPerSecond: tuned,
                tolerance: isDivided
                    ? VideoEncoder.rateTolerance : VideoEncoder.shortClipRateTolerance
            ),
            frames: frames,
            byteLimit: limit,
            expectedShares: shares[frames].map { ($0 - before) / span }
        )
        try prepared.rewind(to: frames.lowerBound)
        let number = attempts.count + 1
        let done = Double(sweep.frames)
        let fixed = fixedBytes + (picture?.byteCount ?? 0)
        return try encoding.run(
            &prepared,
            into: &picture,
            at: workspace.file("picture"),
            flag: flag
        ) { packets, size in
            let share = encoding.share(after: packets)
            let rest = max(0, 1 - before - span)
            let projected = Double(size) / max(1e-9, share)
            // The projection assumes that what follows comes out as foretold.
            let other = projected / span * rest
            onProgress(
                Double(frames.lowerBound + packets) / done,
                frames.lowerBound + packets,
                share > 0.05 ? Int(projected + other) + fixed : nil,
                number
            )
        }
    }

    /// Writes the log that pass 2 over these frames reads; the rate in whole kilobits to ask for.
    private func writeLog(_ frames: Range<Int>, bitsPerSecond: Int) throws -> Int {
        let whole = frames == 0..<sweep.frames
        let text = whole ? sweep.logText : PassLogText.slice(sweep.logText, frames: frames)
        let tuned = PassLogText.tuned(text, for: bitsPerSecond)
        try log.writeNew(tuned.text)
        // The macroblock tree has a record for each frame that others refer to, in coding order.
        let blocks = (sweep.size.width + 15) / 16 * ((sweep.size.height + 15) / 16)
        let record = 1 + 2 * blocks
        let skipped = PassLogText.referenceCount(sweep.logText, before: frames.lowerBound)
        let tree = sweep.tree.dropFirst(min(sweep.tree.count, skipped * record))
        try FilePath(log.string + ".mbtree").writeNew(tree)
        return tuned.bitsPerSecond
    }

    private mutating func record(
        _ mode: Attempt.Mode,
        _ frames: Range<Int>,
        asked: Int,
        _ result: Encoding.Result,
        fileBytes: Int? = nil,
        _ reason: String
    ) {
        let seconds = Double(frames.count) / settings.frameRate.value
        attempts.append(
            Attempt(
                number: attempts.count + 1,
                mode: mode,
                videoBitsPerSecond: Int(Double(asked) * 8 / seconds),
                bytes: fileBytes,
                averageQuantizer: result.averageQuantizer,
                // The one that wins is marked at the end.
                isAccepted: false,
                reason: reason
            )
        )
    }
}
