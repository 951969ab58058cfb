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
    let log: FilePath
    let flag: CancellationFlag

    /// Where the last stretch begins; 0 for a clip in one piece.
    private var cut = 0
    private var shares: [Double] = []
    private(set) var bodyRuns = 0
    private(set) var endRuns = 0
    private(set) var attempts: [Attempt] = []

    init(
        sweep: Sweep,
        settings: VideoEncoder.Settings,
        limitBytes: Int,
        fixedBytes: Int,
        log: FilePath,
        flag: CancellationFlag
    ) {
        self.sweep = sweep
        self.settings = settings
        self.limitBytes = limitBytes
        self.fixedBytes = fixedBytes
        self.log = log
        self.flag = flag
    }

    /// Runs of pass 2 over the clip (or over all but its last stretch).
    var secondPassRuns: Int { cut > 0 ? bodyRuns : endRuns }

    private var room: Int { limitBytes - fixedBytes }

    /// Makes the file in the workspace; nil where nothing fits, with the smallest size that came out.
    ///
    /// `onProgress`: the share of this encode that is done, frames, the projected size of
    ///   the file, and the number of the attempt.
    mutating func run(
        _ prepared: inout PreparedFrames,
        sound: inout Track?,
        in workspace: borrowing Workspace,
        onProgress: (Double, Int, Int?, Int) -> Void
    ) throws -> (landed: Finished?, smallestBytes: Int) {
        let shift = sweep.log.quantizerShift(
            forBits: Double(room) * 8,
            pixels: settings.size.pixels
        )
        shares = sweep.log.shares(atQuantizerShift: shift)
        let start = sweep.log.tailStart(shares: shares)
        cut = start ?? 0
        var controller = SizeController(
            limitBytes: limitBytes,
            fixedBytes: fixedBytes,
            endShare: start.map { 1 - shares[$0 - 1] }
        )

        var body: Track?
        var best: (name: String, bytes: Int, picture: Int, attempt: Int)?
        var action = controller.start()
        while true {
            switch action {
            case .encodeBody(let bytes):
                bodyRuns += 1
                let output = try encode(
                    0..<cut,
                    asking: bytes,
                    limit: room,
                    "body",
                    &prepared,
                    in: workspace,
                    fixed: fixedBytes,
                    onProgress
                )
                let result = output.result
                action = controller.recordBody(
                    videoBytes: result.bytes,
                    isSaturated: isSaturated(result, asked: bytes)
                )
                if result.isComplete {
                    body = .some(output.track)
                } else {
                    body = nil
                }
                var isUsed = false
                if case .encodeEnd = action { isUsed = true }
                record(
                    .secondPass,
                    0..<cut,
                    asked: bytes,
                    result,
                    isUsed
                        ? "the rest goes to the last stretch"
                        : "too far off for the last stretch to make up"
                )
            case .encodeEnd(let bytes):
                endRuns += 1
                let bodyBytes = body?.byteCount ?? 0
                var output = try encode(
                    cut..<sweep.frames,
                    asking: bytes,
                    // What is nearly done is finished even where it does not fit: its exact size lands the next.
                    limit: Int(Double(room - bodyBytes) * (cut > 0 ? 2 : 1.08)),
                    "end\(endRuns)",
                    &prepared,
                    in: workspace,
                    fixed: fixedBytes + bodyBytes,
                    onProgress
                )
                let result = output.result
                var fits = result.isComplete
                var fileBytes = bodyBytes + result.bytes + fixedBytes
                if fits {
                    guard body?.isContinued(by: output.track) ?? (cut == 0) else {
                        throw Failure(.defect, "The two stretches do not continue each other")
                    }
                    let name = "attempt-\(endRuns).mp4"
                    fileBytes = try Assembly.write(
                        body: &body,
                        end: &output.track,
                        sound: &sound,
                        to: workspace.file(name),
                        flag: flag
                    )
                    // The gate: the size on disk, whatever was foretold.
                    fits = fileBytes <= limitBytes
                    if fits, fileBytes > best?.bytes ?? 0 {
                        best = (name, fileBytes, bodyBytes + output.track.byteCount, attempts.count)
                    }
                }
                action = controller.recordEnd(
                    videoBytes: result.bytes,
                    fits: fits,
                    isSaturated: isSaturated(result, asked: bytes)
                )
                record(
                    cut > 0 ? .lastStretch : .secondPass,
                    cut..<sweep.frames,
                    asked: bytes,
                    result,
                    fileBytes: result.isComplete ? fileBytes : nil,
                    reason(fileBytes, isComplete: result.isComplete)
                )
            case .accept:
                guard let best else {
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
                return (nil, smallest)
            }
        }
    }

    private func isSaturated(_ result: Encoding.Result, asked: Int) -> Bool {
        result.isComplete && Double(result.bytes) < Double(asked) * 0.9
            && result.averageQuantizer <= Plan.ceilingQuality
    }

    private mutating func encode(
        _ frames: Range<Int>,
        asking bytes: Int,
        limit: Int,
        _ name: String,
        _ prepared: inout PreparedFrames,
        in workspace: borrowing Workspace,
        fixed: Int,
        _ onProgress: (Double, Int, Int?, Int) -> Void
    ) throws -> Encoding.Output {
        let seconds = Double(frames.count) / settings.frameRate.value
        let tuned = try writeLog(frames, bitsPerSecond: Int(Double(bytes) * 8 / seconds))
        // Shares of the whole clip become shares of the stretch.
        let before = frames.lowerBound == 0 ? 0 : shares[frames.lowerBound - 1]
        let span = max(1e-9, shares[frames.upperBound - 1] - before)
        let encoding = Encoding(
            settings: settings,
            mode: .secondPass(log: log, bitsPerSecond: tuned),
            frames: frames,
            byteLimit: limit,
            expectedShares: shares[frames].map { ($0 - before) / span }
        )
        try prepared.rewind(to: frames.lowerBound)
        let number = attempts.count + 1
        let done = Double(sweep.frames)
        return try encoding.run(&prepared, to: workspace.file(name), flag: flag) { packets, size in
            let share = encoding.share(after: packets)
            let rest = 1 - span
            let projected = Double(size) / max(1e-9, share)
            // The body's projection assumes that the end comes out as foretold.
            let other = frames.lowerBound == 0 ? projected / span * rest : 0
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
        try Data(tuned.text).write(to: URL(fileURLWithPath: log.string))
        // The macroblock tree has a record for each frame that others refer to, in coding order.
        let blocks = (sweep.size.width + 15) / 16 * ((sweep.size.height + 15) / 16)
        let record = 1 + 2 * blocks
        let skipped = PassLogText.referenceCount(sweep.logText, before: frames.lowerBound)
        let tree = sweep.tree.dropFirst(min(sweep.tree.count, skipped * record))
        try Data(tree).write(to: URL(fileURLWithPath: log.string + ".mbtree"))
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

    private func reason(_ bytes: Int, isComplete: Bool) -> String {
        if !isComplete { return "over the limit before its end: given up there" }
        return bytes > limitBytes
            ? "\(ByteSize.grouped(bytes - limitBytes)) bytes over the limit"
            : "\(ByteSize.grouped(limitBytes - bytes)) bytes below the limit"
    }
}
