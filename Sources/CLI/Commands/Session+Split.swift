import Core
import Engine
import Foundation
import Jobs
import SystemPackage

extension Session {
    /// Makes several files of one, each of them by a run of its own.
    func split(
        _ request: Request,
        _ wish: PartsWish,
        _ compressor: Compressor,
        settings: Settings,
        isQuiet: Bool,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        try check(request, wish)
        json?.begin(StartedPayload(request, output: request.destination))
        let partition = try await stoppable(json: json) { () async throws(Failure) in
            try await compressor.split(request, wish)
        }
        let requests = partition.spans.indices.map { request.part($0, of: partition) }
        try check(requests, of: request)
        tell(partition, requests, isQuiet: isQuiet, json: json)
        var reports: [Report] = []
        let room = results.isTerminal ? max(20, results.columns) : .max
        for (index, part) in requests.enumerated() {
            do throws(Failure) {
                let report = try await make(part, compressor, isQuiet: isQuiet, json: json)
                reports.append(report)
                remember(report, settings: settings)
                if !isQuiet, json == nil {
                    results.line(SplitFacts.line(report, width: room, style: results.style))
                }
            } catch {
                throw Self.ended(error, at: index, of: requests.count)
            }
        }
        if json != nil {
            finish("compress", SplitResult(partition, reports), json: json) { _, _ in "" }
        } else if !isQuiet {
            let total = SplitFacts.total(reports, partition)
            results.line(Wrapping.paragraphs(total, width: room).joined(separator: "\n"))
        }
        return 0
    }

    /// Refuses options of which one would be passed over.
    func checkParts(
        _ part: SpanOptions,
        _ way: RouteOptions,
        preview: String? = nil
    ) throws(Failure) {
        let isSplit = try part.partsWish() != nil
        let edits = way.edit != nil
        let isCloud = try way.policy().route == .cloud
        let pairs: [(String, String, Bool)] = [
            ("--preview", "--split and --parts", preview != nil && isSplit),
            ("--edit", "--split and --parts", edits && isSplit),
            ("--route cloud", "--split and --parts", isCloud && isSplit),
            ("--preview", "--edit", preview != nil && edits),
            ("--preview", "--route cloud", preview != nil && isCloud),
        ]
        guard let pair = pairs.first(where: \.2) else { return }
        throw Failure(
            .usage,
            "\(pair.0) does not go with \(pair.1)",
            why: pair.0 == "--preview"
                ? "a sample is of one file that is made here" : "parts are cut here alone",
            advice: "Leave one of them out."
        )
    }

    /// Says into which files an input would be divided.
    func planSplit(
        _ request: Request,
        _ wish: PartsWish,
        _ compressor: Compressor,
        json: JSONLines?
    ) async throws(Failure) -> Int32 {
        try check(request, wish)
        let partition = try await stoppable(json: json) { () async throws(Failure) in
            try await compressor.split(request, wish)
        }
        let requests = partition.spans.indices.map { request.part($0, of: partition) }
        let (plans, time) = try await stoppable(json: json) { () async throws(Failure) in
            await Self.plans(for: requests, of: partition, compressor)
        }
        let isWrapped = results.isTerminal
        var result = SplitPayload(partition, requests, plans)
        result.expectedSeconds = time
        finish("plan", result, json: json) { width, _ in
            let text = SplitFacts.text(partition, requests, plans, seconds: time)
            guard isWrapped else { return text }
            return Wrapping.paragraphs(text, width: max(20, width)).joined(separator: "\n")
        }
        return 0
    }

    /// The plan of each part, and what all of them will take.
    ///
    /// Nil for those after the first few, and for one that has none. The time is measured on the first part,
    /// and the others take theirs by their lengths.
    private static func plans(
        for requests: [Request],
        of partition: Partition,
        _ compressor: Compressor
    ) async -> (plans: [Plan?], seconds: Double?) {
        var plans: [Plan?] = []
        var seconds: Double?
        for request in requests {
            let isSoon = plans.count < mostPlanned && !Task.isCancelled
            let planned = isSoon ? try? await compressor.plan(request) : nil
            if plans.isEmpty, let planned, let length = partition.seconds.first, length > 0 {
                let time = try? await compressor.expectedTime(planned)
                let whole = partition.seconds.reduce(0, +)
                seconds = time.map { $0.seconds * whole / length }
            }
            plans.append(planned?.video?.1)
        }
        return (plans, seconds)
    }

    /// Each takes samples of its own.
    private static let mostPlanned = 12

    private func check(_ request: Request, _ wish: PartsWish) throws(Failure) {
        if let stream = [request.input, request.output].compactMap(\.self).first(
            where: \.isStandardStream
        ) {
            throw Failure(
                .usage,
                "Cannot split \(stream == request.input ? "standard input" : "into standard output")",
                why: "each file needs its place, and the input is read more than once",
                advice: "Name files."
            )
        }
        if case .fewest = wish, request.target == nil {
            throw Failure(
                .usage,
                "--split needs a size",
                why: "as few files as fit are made",
                advice: "Say how large each may be, as in --split --to 8MB, or how many: --parts 3."
            )
        }
    }

    /// Refuses before any work what would stop it in the middle.
    private func check(_ requests: [Request], of whole: Request) throws(Failure) {
        guard !whole.overwrites else { return }
        for request in requests
        where FileManager.default.fileExists(atPath: request.destination.string) {
            throw Failure.exists(request.destination)
        }
    }

    private func tell(
        _ partition: Partition,
        _ requests: [Request],
        isQuiet: Bool,
        json: JSONLines?
    ) {
        if isQuiet { return }
        if let json {
            json.write(.split, SplitPayload(partition, requests))
        } else {
            let count = partition.spans.count
            let why = partition.reasons.first.map { ": " + $0 } ?? ""
            messages.line(
                Wrapping.note("\(count) \(count == 1 ? "file" : "files")\(why)", messages)
            )
        }
    }

    private static func ended(_ error: Failure, at index: Int, of count: Int) -> Failure {
        var failure = error
        guard index > 0 else { return failure }
        failure.advice +=
            (failure.advice.isEmpty ? "" : "\n")
            + "The first \(index) of \(count) files are written and whole."
        return failure
    }
}

/// What a person reads of files that belong together.
enum SplitFacts {
    static func line(_ report: Report, width: Int = .max, style: Style) -> String {
        let name = FilePath(report.output).lastComponent?.string ?? report.output
        var text =
            name.withoutControls + "  " + durationText(report.durationSeconds) + ", "
            + ByteSize.text(report.bytes)
        if report.width > 0 { text += ", \(report.width)×\(report.height)" }
        if let ssim = report.ssim {
            text += ", \(Quality(similarity: ssim).rawValue)"
        }
        let lines = Wrapping.lines(text, width: width == .max ? .max : width - 2, hang: 2)
        let mark = style.green(style.usesUnicode ? "✓" : "*")
        return mark + " " + lines.joined(separator: "\n  ")
    }

    static func text(
        _ partition: Partition,
        _ requests: [Request],
        _ plans: [Plan?],
        seconds: Double?
    ) -> String {
        let count = requests.count
        let time = seconds.map { ", in about \(durationText($0)) on this machine" } ?? ""
        var lines = ["\(count) \(count == 1 ? "file" : "files")\(time)"]
        for (index, request) in requests.enumerated() {
            let name = request.destination.lastComponent?.string ?? ""
            var line = "  \(name.withoutControls)  \(durationText(partition.seconds[index]))"
            if let plan = plans[index] {
                line += ", about \(ByteSize.text(plan.expectedBytes)), \(plan.picture.size)"
            }
            lines.append(line)
        }
        return (lines + partition.reasons.map { "  " + $0 }).joined(separator: "\n")
    }

    static func total(_ reports: [Report], _ partition: Partition) -> String {
        let bytes = reports.reduce(0) { $0 + $1.bytes }
        let seconds = reports.reduce(0) { $0 + $1.durationSeconds }
        let elapsed = reports.reduce(0) { $0 + $1.elapsedSeconds }
        return
            "  \(reports.count) \(reports.count == 1 ? "file" : "files"), \(durationText(seconds)), "
            + "\(ByteSize.text(bytes)) together, made in \(durationText(elapsed))"
    }
}

/// Into which files an input will be divided.
struct SplitPayload: Encodable {
    struct Part: Encodable {
        var output: String
        var durationSeconds: Double
        /// These three of a plan alone.
        var expectedBytes: Int?
        var width: Int?
        var height: Int?
    }

    var parts: [Part]
    var quality: Quality?
    var reasons: [String]
    /// Of all of them; of a plan alone.
    var expectedSeconds: Double?

    init(_ partition: Partition, _ requests: [Request], _ plans: [Plan?] = []) {
        parts = requests.enumerated().map { index, request in
            let plan = index < plans.count ? plans[index] : nil
            return Part(
                output: request.destination.string,
                durationSeconds: partition.seconds[index],
                expectedBytes: plan?.expectedBytes,
                width: plan?.picture.size.width,
                height: plan?.picture.size.height
            )
        }
        (quality, reasons) = (partition.quality, partition.reasons)
    }
}

/// What a run ends with that makes several files.
struct SplitResult: Encodable {
    var parts: [ReportResult]
    var bytes: Int
    var reasons: [String]

    init(_ partition: Partition, _ reports: [Report]) {
        parts = reports.map(ReportResult.init)
        bytes = reports.reduce(0) { $0 + $1.bytes }
        reasons = partition.reasons
    }
}
