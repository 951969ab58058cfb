package import Core
import Foundation
import Media
import SystemPackage

extension Compressor {
    /// Compares a video's picture with the one that it was made of, frame by frame.
    ///
    /// The result is scaled to the original's size, both upright and in ordinary colours as they would be
    /// encoded. Frames are matched by the time at which they are shown, at the lower of the two rates.
    ///
    /// `events`: progress, as in a run.
    /// Throws: `Failure`, of kind `.unreadable` where one of them is no video; then no picture appears.
    package func compare(
        _ request: ComparisonRequest,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Comparison {
        try Comparing.checkPicture(request)
        // What is wrong with an input is a better reason than what is wrong with the folder.
        for input in [request.original, request.result] { _ = try InputFile.check(input) }
        // Without a picture, for what libvmaf writes.
        let workspace = try Workspace(beside: request.picture ?? Self.temporaryName)
        defer { workspace.remove() }
        let comparison: Comparison
        if let worker {
            let job = Job(.compare(request, workspace.location), limits)
            comparison = try await worker.perform(job, events: events)
        } else {
            comparison = try await Self.compare(request, limits, in: workspace, events: events)
        }
        if let picture = request.picture {
            var sheet = workspace.submitted
            if sheet == nil { sheet = try workspace.candidate(Comparing.sheetName) }
            if let sheet {
                try workspace.publish(sheet, at: picture, overwrites: request.overwrites)
            }
        }
        return comparison
    }

    static func compare(
        _ request: ComparisonRequest,
        _ limits: Limits,
        in workspace: Workspace,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) -> Comparison {
        try await offload(request.original.string, limits.input) { flag in
            Result { () throws(Failure) in
                var comparing = try Comparing(request, flag: flag, events: events)
                return try comparing.perform(in: workspace)
            }
        }
    }
}

/// Two videos while they are compared.
private struct Comparing {
    private let request: ComparisonRequest
    private let flag: CancellationFlag
    private let held: (original: HeldInput, result: HeldInput)
    private let original: Source
    private let result: Source
    private let picture: Picture
    private let frames: Int
    private var meter: Meter
    private var notes: [String] = []

    /// Moments in the picture.
    private static let momentCount = 4
    static let sheetName = "sheet.png"

    init(
        _ request: ComparisonRequest,
        flag: CancellationFlag,
        events: @escaping @Sendable (Event) -> Void
    ) throws(Failure) {
        meter = Meter(events: events)
        meter.begin(.probing, until: 0.01)
        held = (
            try HeldInput(request.original, flag: flag), try HeldInput(request.result, flag: flag)
        )
        original = try Self.source(request.original, flag: flag)
        result = try Self.source(request.result, flag: flag)
        var picture = try Self.ownPicture(of: original)
        let other = try Self.ownPicture(of: result)
        if other.frameRate.value < picture.frameRate.value * 0.99 {
            picture.frameRate = other.frameRate
            notes.append(
                "compared at \(Self.rateText(other.frameRate)) frames a second, as B has no more"
            )
        }
        let seconds = min(original.durationSeconds, result.durationSeconds)
        if abs(original.durationSeconds - result.durationSeconds) > 0.5 {
            notes.append(
                "A lasts \(durationText(original.durationSeconds)) and B "
                    + "\(durationText(result.durationSeconds)): the first \(durationText(seconds)) are compared"
            )
        }
        let shapes = [picture.size, other.size].map { Double($0.width) / Double($0.height) }
        if abs(shapes[0] / shapes[1] - 1) > 0.02 {
            notes.append("B has another shape than A, \(other.size), and is stretched to it")
        }
        self.request = request
        self.flag = flag
        self.picture = picture
        frames = max(1, Int(seconds * picture.frameRate.value))
    }

    // MARK: - What there is

    private static func source(
        _ path: FilePath,
        flag: CancellationFlag
    ) throws(Failure) -> Source {
        guard case .video(let source) = try Compressor.material(path, flag: flag) else {
            throw .noVideo(path.string)
        }
        return source
    }

    /// The picture as it would be encoded at its own size and rate.
    private static func ownPicture(of source: Source) throws(Failure) -> Picture {
        try Plan.make(
            for: source,
            request: Request(
                input: FilePath(source.path),
                heightCap: .source,
                frameRateCap: .source,
                audio: .none
            )
        ).picture
    }

    private static func rateText(_ rate: Rational) -> String {
        let hundredths = Int((min(rate.value, 1e6) * 100).rounded())
        return hundredths % 100 == 0
            ? "\(hundredths / 100)"
            : "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    static func checkPicture(_ request: ComparisonRequest) throws(Failure) {
        guard let picture = request.picture else { return }
        guard picture.extension?.lowercased() == "png" else {
            throw Failure(
                .usage,
                "Cannot make \(picture.string)",
                why: "the picture of a comparison is a PNG",
                advice: "Name it with .png at its end, as in -o sheet.png."
            )
        }
        for input in [request.original, request.result] {
            try Compressor.checkDestination(
                Request(input: input, output: picture, overwrites: request.overwrites)
            )
        }
    }

    // MARK: - The work

    mutating func perform(in workspace: Workspace) throws(Failure) -> Comparison {
        do throws(Failure) {
            return try compare(in: workspace)
        } catch {
            for input in [held.original, held.result] {
                let better = input.explain(error)
                if better != error { throw better }
            }
            throw error
        }
    }

    private mutating func compare(in workspace: Workspace) throws(Failure) -> Comparison {
        // One of the two was being read when something went wrong.
        var reading = request.original.string
        do {
            return try measured(in: workspace, reading: &reading)
        } catch let error as MediaError {
            throw Failure(error, input: reading, flag: flag)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .storage,
                "Cannot write \(request.picture?.string ?? "a file")",
                why: "\(error)",
                advice: "Free some space, or name another place with -o."
            )
        }
    }

    private mutating func measured(
        in workspace: Workspace,
        reading: inout String
    ) throws -> Comparison {
        let size = picture.size
        var resultPicture = try Self.ownPicture(of: result)
        (resultPicture.size, resultPicture.frameRate) = (size, picture.frameRate)
        resultPicture.matrix = picture.matrix
        var one = try PictureReader(source: original, picture: picture, flag: flag)
        reading = request.result.string
        var other = try PictureReader(source: result, picture: resultPicture, flag: flag)

        let rate = picture.frameRate
        var ssim = try FrameMetric(.ssim, size: size, rate: rate)
        var psnr = try FrameMetric(.psnr, size: size, rate: rate)
        var xpsnr: FrameMetric?
        if FrameMetric.has(.xpsnr) {
            xpsnr = .some(try FrameMetric(.xpsnr, size: size, rate: rate))
        }
        let log = workspace.file("vmaf.json")
        var vmaf: FrameMetric?
        if FrameMetric.has(.vmaf(log: "")) {
            vmaf = .some(try FrameMetric(.vmaf(log: log.string), size: size, rate: rate))
        }
        var sheet = try ComparisonSheet(size: size, matrix: picture.matrix)
        var worst = WorstMoments(
            wanted: Self.momentCount,
            apart: max(frames / (2 * Self.momentCount), Int(rate.value / 2))
        )
        var tiles: [(ComparisonSheet.Tile, ComparisonSheet.Tile)] = []
        var left = try Frame()
        var right = try Frame()
        var index = 0
        meter.begin(.comparing, until: 0.99)
        while true {
            if flag.isRaised { throw Failure.interrupted }
            guard index < flag.limits.frames else {
                throw MediaError.tooManyFrames(flag.limits)
            }
            reading = request.original.string
            guard try one.next(into: &left) else { break }
            reading = request.result.string
            guard try other.next(into: &right) else { break }
            try ssim.add(left, right)
            try psnr.add(left, right)
            try xpsnr?.add(left, right)
            try vmaf?.add(left, right)
            // The filter answers at once; where it does not, the frame has gone by.
            if ssim.values.count == index + 1,
                let place = worst.consider(index, value: ssim.values[index]),
                request.picture != nil
            {
                let pair = (try sheet.tile(of: left), try sheet.tile(of: right))
                if place < tiles.count { tiles[place] = pair } else { tiles.append(pair) }
            }
            index += 1
            meter.update(Double(index) / Double(frames), frames: index)
        }
        try ssim.finish()
        try psnr.finish()
        try xpsnr?.finish()
        try vmaf?.finish()
        let errors = psnr.values
        let likeness = ssim.values
        guard index > 0, likeness.count == index, errors.count == index else {
            throw Failure(
                .unreadable,
                "There is nothing to compare",
                why: "no frame of one was shown at the time of one of the other"
            )
        }
        let losses = [one.loss.0, other.loss.0]
        note(
            one.endedEarly ?? other.endedEarly,
            damaged: losses.map { $0.undecoded + $0.concealed }.reduce(0, +)
        )

        var scores = [
            Comparison.Score(.ssim, frames: likeness, rate: rate.value),
            Comparison.Score(.psnr, frames: errors, rate: rate.value),
        ]
        let weighted = (xpsnr?.values ?? []).map { min(100, $0) }
        if !weighted.isEmpty {
            scores.append(Comparison.Score(.xpsnr, frames: weighted, rate: rate.value))
        }
        // Freed, it writes its file.
        vmaf = nil
        let fused = Self.vmafValues(in: log)
        if !fused.isEmpty {
            scores.append(Comparison.Score(.vmaf, frames: fused, rate: rate.value))
        }
        let ranked = worst.ranked
        let moments = ranked.map { place in
            let frame = worst.entries[place].index
            return Comparison.Moment(
                seconds: Double(frame) / rate.value,
                ssim: likeness[frame],
                psnr: Comparison.decibels(meanSquaredError: errors[frame])
            )
        }
        let comparison = Comparison(
            original: request.original.string,
            result: request.result.string,
            originalBytes: original.bytes,
            resultBytes: result.bytes,
            size: size,
            resultSize: result.video.displaySize,
            frameRate: rate.value,
            frames: index,
            durationSeconds: Double(index) / rate.value,
            scores: scores,
            moments: moments,
            picture: request.picture?.string,
            notes: notes
        )
        if request.picture != nil {
            let pairs = zip(ranked, moments).compactMap { place, moment in
                place < tiles.count
                    ? ComparisonSheet.Pair(
                        words: moment.words,
                        original: tiles[place].0,
                        result: tiles[place].1
                    ) : nil
            }
            let curves = [
                ComparisonSheet.Curve(scores[0], values: likeness, colour: 0x5AA9FF),
                ComparisonSheet.Curve(
                    scores[1],
                    values: errors.map(Comparison.decibels(meanSquaredError:)),
                    colour: 0xFFB454
                ),
            ]
            let png = try sheet.png(
                curves: curves,
                times: ("0:00", Comparison.Moment.clock(comparison.durationSeconds, tenths: false)),
                pairs: pairs
            )
            try workspace.file(Self.sheetName).writeNew(png)
            try held.original.check()
            try held.result.check()
            if flag.isRaised { throw Failure.interrupted }
            try workspace.submit(try workspace.candidate(Self.sheetName))
        }
        return comparison
    }

    private mutating func note(_ early: MediaError?, damaged: Int) {
        if early != nil { notes.append("one of the two ends before its own index says") }
        if damaged > 0 {
            notes.append("\(damaged) pictures are damaged, and were compared as shown")
        }
    }

    /// What libvmaf wrote of each frame; none where it did not.
    private static func vmafValues(in log: FilePath) -> [Double] {
        struct Log: Decodable {
            struct Entry: Decodable { var metrics: [String: Double] }
            var frames: [Entry]
        }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: log.string)),
            let found = try? JSONDecoder().decode(Log.self, from: data)
        else { return [] }
        return found.frames.compactMap { $0.metrics["vmaf"] }
    }
}

extension ComparisonSheet.Curve {
    /// What is written above it are its mean and the lowest and highest of it.
    fileprivate init(_ score: Comparison.Score, values: [Double], colour: UInt32) {
        let digits = score.metric == .ssim ? 3 : 1
        func text(_ value: Double) -> String { String(format: "%.\(digits)f", value) }
        self.init(
            words: score.metric.rawValue.uppercased() + "  mean " + text(score.mean) + ", "
                + text(values.min() ?? 0) + " - " + text(values.max() ?? 0),
            values: values,
            colour: colour
        )
    }
}

extension Comparison.Moment {
    fileprivate var words: String {
        Self.clock(seconds, tenths: true) + "  SSIM " + String(format: "%.3f", ssim) + "  PSNR "
            + String(format: "%.1f", psnr)
    }

    /// `1:02.5`, `0:30`.
    fileprivate static func clock(_ seconds: Double, tenths: Bool) -> String {
        let whole = Int((min(seconds, 1e8) * (tenths ? 10 : 1)).rounded())
        let rest = tenths ? whole / 10 : whole
        let text = "\(rest / 60):" + (rest % 60 < 10 ? "0" : "") + "\(rest % 60)"
        return tenths ? text + ".\(whole % 10)" : text
    }
}
