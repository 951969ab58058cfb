import ArgumentParser
import Core
import Engine
import Jobs

/// `cinch compare A B [-o sheet.png]`: says how like B is to A.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say how like a result is to its original, and where it differs most.",
        usage: "cinch compare ORIGINAL RESULT [-o sheet.png] [--json]",
        discussion: """
            B is shown at A's size, and frames are matched by the time at which they are shown. SSIM \
            and PSNR are of luma; XPSNR and VMAF come along where the linked FFmpeg has them. The \
            picture has both over time, and the worst moments side by side: A left, B right.
            """
    )

    @Argument(help: "A, the original.", completion: .file())
    var original: String?

    @Argument(help: "B, what was made of it.", completion: .file())
    var result: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A PNG of the plot and the worst moments.", valueName: "file"),
        completion: .file(extensions: ["png"])
    )
    var output: String?

    @Flag(help: "Replace the picture if it exists.")
    var force = false

    @Flag(help: "JSON lines on standard output, described in JSON.md.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @OptionGroup var limit: LimitOptions

    /// What the options ask for.
    func request() throws(Failure) -> ComparisonRequest {
        guard let original, let result else {
            throw Failure(
                .usage,
                original == nil ? "Two videos are missing" : "The second video is missing",
                why: "a result is compared with its original",
                advice: "Try: cinch compare holiday.mov holiday-8MB.mp4"
            )
        }
        for name in [original, result, output ?? ""] where name == "-" {
            throw Failure(
                .usage,
                "Standard input and output cannot be compared",
                why: "videos are read from files here",
                advice: "Name two files, and with -o a third."
            )
        }
        return ComparisonRequest(
            original: try Reading.path(original, name: "ORIGINAL"),
            result: try Reading.path(result, name: "RESULT"),
            picture: try output.map { text throws(Failure) in
                try Reading.path(text, name: "--output")
            },
            overwrites: force
        )
    }
}

/// What a comparison says to a person.
enum ComparisonFacts {
    static func text(_ comparison: Comparison, width: Int, style: Style = .plain) -> String {
        let width = min(100, width)
        var columns = Columns()
        columns.add(
            "A",
            "\(comparison.size), \(ByteSize.text(comparison.originalBytes)), "
                + comparison.original.withoutControls
        )
        columns.add(
            "B",
            "\(comparison.resultSize), \(ByteSize.text(comparison.resultBytes)), "
                + comparison.result.withoutControls
        )
        columns.add(
            "Frames",
            "\(ByteSize.grouped(comparison.frames)) at \(Phrase.frameRate(comparison.frameRate)), "
                + durationText(comparison.durationSeconds)
        )
        for score in comparison.scores {
            let text = { (value: Double) in Self.text(value, of: score.metric) }
            columns.add(
                score.metric.rawValue.uppercased(),
                text(score.mean) + ", worst second " + text(score.worst)
                    + " at \(Clock.text(Double(score.worstSecond)))"
            )
        }
        for (index, moment) in comparison.moments.enumerated() {
            columns.add(
                index == 0 ? "Worst" : "",
                "at \(time(moment.seconds)): SSIM \(text(moment.ssim, of: .ssim)), PSNR "
                    + text(moment.psnr, of: .psnr)
            )
        }
        if let picture = comparison.picture {
            columns.add("Picture", picture.withoutControls)
        }
        for (index, note) in comparison.notes.enumerated() {
            columns.add(index == 0 ? "Notes" : "", note.withoutControls)
        }
        var lines = columns.lines(width: width, style: style)
        for score in comparison.scores.prefix(2) {
            lines.append("")
            lines += plot(score, width: width, style: style)
        }
        return lines.joined(separator: "\n")
    }

    /// The curve of a metric in one line of blocks, with its ends below it.
    static func plot(_ score: Comparison.Score, width: Int, style: Style) -> [String] {
        let low = score.seconds.min() ?? 0
        let high = score.seconds.max() ?? 1
        let room = max(8, width - 3)
        let blocks = Array(style.usesUnicode ? "▁▂▃▄▅▆▇█" : "_.-=+*#@")
        let count = min(room, score.seconds.count)
        var line = ""
        for column in 0..<count {
            // Several seconds in one column: the worst of them, which is what one looks for.
            let start = column * score.seconds.count / count
            let end = max(start + 1, (column + 1) * score.seconds.count / count)
            let value = score.seconds[start..<end].min() ?? low
            let share = high > low ? (value - low) / (high - low) : 1
            line.append(blocks[min(blocks.count - 1, Int(share * Double(blocks.count)))])
        }
        let range =
            high > low
            ? "each second, \(text(low, of: score.metric)) to \(text(high, of: score.metric))"
            : "each second, \(text(high, of: score.metric))"
        return Wrapping.lines(score.metric.rawValue.uppercased() + " " + range, width: room)
            .map { "  " + style.dim($0) } + ["  " + style.cyan(line)]
    }

    private static func text(_ value: Double, of metric: Comparison.Metric) -> String {
        switch metric {
        case .ssim: Phrase.decimals(value, 4)
        case .psnr, .xpsnr: Phrase.decimals(value, 2) + " dB"
        case .vmaf: Phrase.decimals(value, 1)
        }
    }

    /// `1:02.5`.
    private static func time(_ seconds: Double) -> String {
        let tenths = Int((min(seconds, 1e8) * 10).rounded())
        let rest = tenths / 10 % 60
        return "\(tenths / 600):\(rest < 10 ? "0" : "")\(rest).\(tenths % 10)"
    }
}

/// What `compare` ends with.
struct ComparisonResult: Encodable {
    struct ScorePayload: Encodable {
        var metric: Comparison.Metric
        var mean: Double
        var worst: Double
        var worstSecond: Int
        var perSecond: [Double]
    }

    var original: String
    var result: String
    var originalBytes: Int
    var resultBytes: Int
    var width: Int
    var height: Int
    var frameRate: Double
    var frames: Int
    var durationSeconds: Double
    var scores: [ScorePayload]
    var moments: [Comparison.Moment]
    var output: String?
    var notes: [String]

    init(_ comparison: Comparison) {
        original = comparison.original
        result = comparison.result
        originalBytes = comparison.originalBytes
        resultBytes = comparison.resultBytes
        width = comparison.size.width
        height = comparison.size.height
        frameRate = comparison.frameRate
        frames = comparison.frames
        durationSeconds = comparison.durationSeconds
        scores = comparison.scores.map {
            ScorePayload(
                metric: $0.metric,
                mean: $0.mean,
                worst: $0.worst,
                worstSecond: $0.worstSecond,
                perSecond: $0.seconds
            )
        }
        moments = comparison.moments
        output = comparison.picture
        notes = comparison.notes
    }
}

extension Session {
    func compare(_ command: CompareCommand, json: JSONLines?) async throws(Failure) {
        let request = try command.request()
        let compressor = Compressor(limits: .init(input: try command.limit.limits()))
        let renderer = json == nil && !command.quiet ? Renderer(messages, showsNotes: false) : nil
        renderer?.begin(targetBytes: nil)
        defer { renderer?.end() }
        let isQuiet = command.quiet
        let screen = Screen(restore: { renderer?.restoreNow() }, pause: { renderer?.pause() })
        let comparison = try await stoppable(screen, json: json) { () async throws(Failure) in
            try await compressor.compare(request) { event in
                renderer?.show(event)
                json?.write(event, isQuiet: isQuiet)
            }
        }
        renderer?.end()
        if json != nil || !command.quiet {
            finish("compare", ComparisonResult(comparison), json: json) {
                ComparisonFacts.text(comparison, width: $0, style: $1)
            }
        }
    }
}
