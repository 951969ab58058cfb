package import Core
import Media
import SystemPackage

extension Compressor {
    /// Decides into which files a video is divided, each of which a run of its own makes (`Request.part`).
    ///
    /// Throws: `Failure` of kind `.usage` where that cannot be done of it, and what a plan throws.
    package func split(_ request: Request, _ wish: PartsWish) async throws(Failure) -> Partition {
        if let worker {
            _ = try InputFile.check(request.input)
            return try await worker.perform(Job(.split(request, wish), limits))
        }
        return try await offload(request.input.string, limits.input) { flag in
            Result { () throws(Failure) in
                let material = try Self.material(request.input, flag: flag)
                guard case .video(let source) = material else {
                    throw Failure(
                        .usage,
                        "Cannot split \(request.input.string)",
                        why: "it is \(material.kind.words), and only videos are split",
                        advice: "Leave --split out."
                    )
                }
                let request = try request.settled(for: .video)
                return try Splitting(source: try source.part(request.span), flag: flag)
                    .partition(request, wish)
            }
        }
    }
}

/// Finds out how many files there have to be, and where one ends and the next begins.
private struct Splitting {
    let source: Source
    let flag: CancellationFlag

    func partition(_ request: Request, _ wish: PartsWish) throws(Failure) -> Partition {
        let plan = try plan(request)
        var (count, similarity) = (1, nil as Double?)
        switch wish {
        case .count(let asked): count = asked
        case .fewest:
            (count, similarity) = Partition.fewest(plan, limitBytes: request.target?.bytes ?? .max)
        }
        let rate = plan.picture.frameRate
        guard source.durationSeconds >= Double(count) * Partition.leastSeconds else {
            throw Failure(
                .usage,
                "Cannot split \(source.path) into \(count) files",
                why: "it lasts \(durationText(source.durationSeconds))",
                advice: "Ask for fewer with --parts."
            )
        }
        let windows = Partition.windows(frames: plan.frames, count: count, rate: rate)
        var cuts: [Int] = []
        for window in windows {
            if flag.isRaised { throw .interrupted }
            cuts.append(Partition.cut(in: window, scores: scores(window, plan)))
        }
        let (spans, seconds) = Partition.spans(of: source, cuts: cuts, rate: rate)
        return Partition(
            spans: spans,
            seconds: seconds,
            quality: similarity.map { Quality(similarity: $0) },
            reasons: reasons(wish, count: count, similarity)
        )
    }

    /// A plan for the whole, with so many bytes that there is one.
    private func plan(_ request: Request) throws(Failure) -> Plan {
        guard let target = request.target else {
            return try Plan.make(for: source, request: request)
        }
        do throws(Failure) {
            return try Planned.plan(source, request, flag: flag)
        } catch {
            guard error.kind == .unreachable, let smallest = error.smallestBytes else {
                throw error
            }
            var larger = request
            larger.target = ByteSize(bytes: max(target.bytes, smallest * 2))
            return try Planned.plan(source, larger, flag: flag)
        }
    }

    /// How much the picture changes in a window; nothing is known where that cannot be read.
    private func scores(_ window: Range<Int>, _ plan: Plan) -> [Double] {
        let rate = plan.picture.frameRate
        guard window.count > 2, SceneChanges.areSeen else { return [] }
        let (spans, _) = Partition.spans(
            of: source,
            cuts: [window.lowerBound, window.upperBound],
            rate: rate
        )
        var whole = source
        if let part = source.part {
            // Spans are of the whole file.
            whole.part = nil
            whole.startMicroseconds -= part.startMicroseconds
            whole.durationSeconds = part.wholeSeconds
        }
        guard let stretch = try? whole.part(spans[1]) else { return [] }
        let scores = try? SceneChanges.scores(
            of: stretch,
            picture: plan.picture,
            frames: window.count,
            flag: flag
        )
        return scores ?? []
    }

    private func reasons(_ wish: PartsWish, count: Int, _ similarity: Double?) -> [String] {
        switch wish {
        case .count: return []
        case .fewest:
            guard let similarity else {
                return count == 1 ? ["all of it fits into one file"] : []
            }
            let quality = Quality(similarity: similarity)
            let measure =
                "SSIM \((similarity * 1000).rounded() / 1000) expected by samples of the clip"
            return [
                quality >= .good
                    ? "the fewest files in which it looks \(quality.rawValue): \(measure)"
                    : "more files would not make it look better than \(quality.rawValue): \(measure)"
            ]
        }
    }
}
