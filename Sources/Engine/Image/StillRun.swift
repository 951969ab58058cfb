import Core
import Foundation
import Media
import SystemPackage

/// A run on a still picture.
///
/// Decode once, then encode until the size lands (`StillSearch`), each time at
/// the frame size that it says; reopen; rename. What fits already is copied, or only loses what it says of itself.
struct StillRun: Run {
    let source: StillSource
    let plan: StillPlan
    let request: Request
    let flag: CancellationFlag
    var record: RunRecord
    /// All encodes so far, in order.
    var made: [(done: StillTry, bytes: Int)] = []

    mutating func make(in workspace: Workspace) throws -> Report {
        record.meter.begin(.analysing, until: 0.15)
        let bytes = try StillReader.bytes(of: source.path, flag: flag)
        let file = StillFile(bytes)
        if let untouched = untouched(bytes, file), untouched.count <= plan.limitBytes {
            return try publish(untouched: untouched, in: workspace)
        }
        let picture = try StillReader.decode(path: source.path, flag: flag)
        try record.judge(picture, of: file, request)
        var studio = try StillStudio(
            source: source,
            plan: plan,
            file: file,
            picture: picture
        )
        for note in studio.notes { record.note(note) }
        record.meter.begin(.encoding, until: 0.9)
        let found = try search(&studio)
        if let own = notWorthIt(found, bytes, file) {
            tell(of: nil)
            record.stoppedAtCeiling = false
            return try publish(untouched: own, in: workspace)
        }
        tell(of: found)
        if found.bytes.count > source.bytes {
            record.note(
                "\(plan.format.name) cannot match so small a source: it is larger than that"
            )
        }
        return try publish(found, &studio, in: workspace)
    }

    /// What libav's error means, said of a picture.
    func failure(of error: MediaError, isDiskFull: Bool) -> Failure {
        var failure = Failure(error, input: source.path, flag: flag)
        guard failure.kind == .unreadable, error.kind == .invalid || error.kind == .other else {
            return failure
        }
        failure.what = "Cannot read \(source.path) as a picture"
        failure.advice =
            "If it was downloaded, download it again; if it shows elsewhere, export it as JPEG or PNG."
        return failure
    }

    /// The source's own coded picture, where nobody asked for a size and coding it again would save next
    /// to nothing.
    private func notWorthIt(
        _ made: StillStudio.Made,
        _ bytes: [UInt8],
        _ file: StillFile
    ) -> [UInt8]? {
        guard plan.targetBytes == nil, plan.canBeCopied,
            Double(made.bytes.count) > Double(source.bytes) * 0.9
        else { return nil }
        return plan.words.keepsAll ? bytes : StillStudio.stripped(file, words: plan.words)
    }

    /// Seconds that a run takes here, roughly: a dozen encodes at the worst.
    static func expectedTime(source: StillSource, plan: StillPlan) -> ExpectedTime {
        guard plan.method == .encode else { return ExpectedTime(preparingSeconds: 0.1) }
        let secondsPerPixel = plan.format == .jpeg ? 1.2e-8 : 1.5e-7
        return ExpectedTime(
            preparingSeconds: 0.1 + Double(source.codedSize.pixels) * (3e-8 + 6 * secondsPerPixel)
        )
    }

    /// The source's own coded picture, as it is or without what has to go; nil where it has to be coded.
    private func untouched(_ bytes: [UInt8], _ file: StillFile) -> [UInt8]? {
        switch plan.method {
        case .copy: return bytes
        case .strip: return StillStudio.stripped(file, words: plan.words)
        case .encode: return nil
        }
    }

    // MARK: - To a size

    /// The best picture below the limit; first below the source's own size, where that is worth keeping to.
    private mutating func search(_ studio: inout StillStudio) throws -> StillStudio.Made {
        if let lossless = try studio.lossless(), lossless.bytes.count <= plan.preferredBytes {
            made.append((lossless.done, lossless.bytes.count))
            return lossless
        }
        if Double(plan.limitBytes) < Double(plan.size.pixels) * Self.dearShare {
            studio.reduceColour()
        }
        let best = try best(&studio)
        // All of the colour is for pictures that can afford it.
        let isDear = best.map { $0.done.size != plan.size || $0.done.quality < Self.dearQuality }
        if studio.hasFullColour, isDear != false {
            studio.reduceColour()
            if let reduced = try self.best(&studio) { return reduced }
        }
        guard let best else { throw plan.unreachable(smallest: studio.smallestBytes) }
        return best
    }

    /// Below this quality all of the colour costs more than it shows.
    private static let dearQuality = 70.0
    /// Bytes a pixel with which that quality is out of reach.
    private static let dearShare = 0.03

    private mutating func best(_ studio: inout StillStudio) throws -> StillStudio.Made? {
        if plan.preferredBytes < plan.limitBytes {
            let found = try attempt(&studio, limit: plan.preferredBytes)
            if let found, found.done.size == plan.size,
                found.done.quality >= StillPlan.fairQuality || source.codec == "mjpeg"
            {
                return found
            }
        }
        return try attempt(&studio, limit: plan.limitBytes)
    }

    private mutating func attempt(
        _ studio: inout StillStudio,
        limit: Int
    ) throws -> StillStudio.Made? {
        var search = StillSearch(
            limitBytes: limit,
            full: plan.size,
            format: plan.format,
            ceiling: plan.ceiling
        )
        var tries: [StillStudio.Made?] = []
        var action = search.start()
        while true {
            switch action {
            case .encode(let next):
                if flag.isRaised { throw Failure.interrupted }
                let result = try studio.make(next)
                let count = result.bytes.count
                // What does not fit is only measured.
                tries.append(count <= limit ? result : nil)
                action = search.record(next, bytes: count)
                made.append((next, count))
                record.meter.update(
                    Double(tries.count) / Double(StillSearch.mostTries),
                    frames: 0,
                    projectedBytes: count,
                    attempt: tries.count
                )
            case .accept(let index):
                guard tries.indices.contains(index) else { return nil }
                record.stoppedAtCeiling =
                    tries[index].map {
                        $0.done.quality >= plan.ceiling - 0.01 && $0.done.size == plan.size
                    } ?? false
                return tries[index]
            case .refuse: return nil
            }
        }
    }

    private func words(_ done: StillTry) -> String {
        let tenths = Int((done.quality * 10).rounded())
        return "quality \(tenths / 10).\(tenths % 10) at \(done.size)"
    }

    /// Tells of all encodes, once it is known which one the file ends with; nil: none of them.
    private mutating func tell(of chosen: StillStudio.Made?) {
        let last = made.lastIndex { $0.done == chosen?.done && $0.bytes == chosen?.bytes.count }
        for (index, one) in made.enumerated() {
            let isLossless = chosen?.isLossless == true
            add(
                one.bytes,
                isLossless ? "nothing lost" : words(one.done),
                quality: isLossless ? nil : one.done.quality,
                isAccepted: index == last
            )
        }
    }

    private mutating func add(
        _ bytes: Int,
        _ reason: String,
        mode: Attempt.Mode = .quality,
        quality: Double? = nil,
        isAccepted: Bool
    ) {
        record.add(
            Attempt(
                number: 0,
                mode: mode,
                quality: quality,
                bytes: bytes,
                isAccepted: isAccepted,
                reason: reason
            )
        )
    }

    // MARK: - Into its place

    /// Checks and publishes a file whose coded picture is the source's own.
    private mutating func publish(
        untouched bytes: [UInt8],
        in workspace: Workspace
    ) throws -> Report {
        add(bytes.count, "the picture as it is, nothing encoded", mode: .remux, isAccepted: true)
        record.meter.begin(.verifying, until: 1)
        try write(bytes, to: workspace.file(name))
        let candidate = try workspace.candidate(name)
        _ = try checked(candidate.path, bytes: bytes.count, size: source.codedSize)
        try workspace.submit(candidate)
        return report(bytes: bytes.count, coded: bytes.count, size: source.displaySize)
    }

    /// Checks and publishes a file of our own making.
    private mutating func publish(
        _ made: StillStudio.Made,
        _ studio: inout StillStudio,
        in workspace: Workspace
    ) throws -> Report {
        record.meter.begin(.verifying, until: 1)
        try write(made.bytes, to: workspace.file(name))
        let candidate = try workspace.candidate(name)
        let result = try checked(candidate.path, bytes: made.bytes.count, size: made.done.size)
        let likeness = try studio.likeness(to: result, at: made.done.size)
        try workspace.submit(candidate)
        return report(
            bytes: made.bytes.count,
            coded: made.codedBytes,
            size: made.done.size,
            quality: made.isLossless ? nil : made.done.quality,
            ssim: likeness
        )
    }

    private var name: String { "still." + plan.format.fileExtension }

    private func write(_ bytes: [UInt8], to path: FilePath) throws {
        try path.writeNew(bytes)
    }

    /// Reopens the file and decodes it.
    ///
    /// Throws: `Failure` of kind `.defect` where it is not what it should be.
    private func checked(
        _ path: FilePath,
        bytes: Int,
        size: PixelSize
    ) throws(Failure) -> StillPicture {
        try readBack(flag) { (flag) throws in
            let written = try StillReader.bytes(of: path.string, flag: flag)
            guard written.count == bytes, bytes <= plan.limitBytes else {
                throw Failure.failedCheck(
                    "it has \(written.count) bytes, and \(plan.limitBytes) are allowed"
                )
            }
            let picture = try StillReader.decode(path: path.string, flag: flag)
            guard picture.size == size, !picture.isDamaged else {
                throw Failure.failedCheck(
                    "its picture is \(picture.size), not \(size), or does not decode"
                )
            }
            return picture
        }
    }

    private func report(
        bytes: Int,
        coded: Int,
        size: PixelSize,
        quality: Double? = nil,
        ssim: Double? = nil
    ) -> Report {
        var report = receipt(
            .still,
            inputBytes: source.bytes,
            bytes: bytes,
            limitBytes: plan.limitBytes,
            method: plan.method == .encode
                ? (plan.targetBytes == nil ? .constantQuality : .fit) : .remux,
            metadata: plan.words.metadata
        )
        report.stoppedAtQualityCeiling = record.stoppedAtCeiling && plan.targetBytes != nil
        (report.width, report.height) = (size.width, size.height)
        report.frames = 1
        report.format = request.format
        report.quality = quality
        report.containerBytes = bytes - coded
        report.ssim = ssim
        report.ssimFrames = ssim == nil ? 0 : 1
        return report
    }
}
