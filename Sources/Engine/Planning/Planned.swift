package import Core
import Media
package import SystemPackage

/// What an input is and what would be done with it, for each kind.
///
/// The request is the one that was made, its format and its output settled.
package enum Planned: Codable, Sendable, Equatable {
    case video(Source, Plan, Request)
    case sound(SoundSource, SoundPlan, Request)
    case still(StillSource, StillPlan, Request)

    /// Plans for an input.
    ///
    /// Throws: what `Plan.make` and its like throw.
    init(
        _ material: Material,
        _ request: Request,
        flag: CancellationFlag
    ) throws(Failure) {
        switch try material.part(request.span).measuringPart(flag: flag) {
        case .video(let source) where request.format == .m4a:
            guard !source.audio.isEmpty else {
                throw Failure(
                    .usage,
                    "Cannot make M4A of \(source.path)",
                    why: "it has no sound",
                    advice: "Leave --format out to make MP4 of its picture."
                )
            }
            let sound = SoundSource(of: source).listened(for: request, flag: flag)
            self = .sound(sound, try SoundPlan.make(for: sound, request: request), request)
        case .video(let source):
            let source = source.listened(for: request, flag: flag)
            self = .video(source, try Self.plan(source, request, flag: flag), request)
        case .sound(let source):
            let source = source.listened(for: request, flag: flag)
            self = .sound(source, try SoundPlan.make(for: source, request: request), request)
        case .still(let source):
            self = .still(source, StillPlan.make(for: source, request: request), request)
        }
        if let limit = request.namedLimit { self = mindful(of: limit) }
    }

    /// The same with the limit that was named as the first of its reasons.
    ///
    /// What that place does not take for other reasons is told too.
    func mindful(of limit: NamedLimit) -> Planned {
        func reasons(_ others: [String], seconds: Double?) -> [String] {
            let objection = seconds.flatMap(limit.objection(toSeconds:))
            return ["the size is for \(limit.summary)"] + (objection.map { [$0] } ?? []) + others
        }
        switch self {
        case .video(let source, var plan, let request):
            plan.reasons = reasons(plan.reasons, seconds: source.durationSeconds)
            return .video(source, plan, request)
        case .sound(let source, var plan, let request):
            plan.reasons = reasons(plan.reasons, seconds: source.durationSeconds)
            return .sound(source, plan, request)
        case .still(let source, var plan, let request):
            plan.reasons = reasons(plan.reasons, seconds: nil)
            return .still(source, plan, request)
        }
    }

    /// Plans for a video, its frame size by what samples of it show.
    static func plan(
        _ source: Source,
        _ request: Request,
        mayRemux: Bool = true,
        leastBytes: Int = 0,
        flag: CancellationFlag
    ) throws(Failure) -> Plan {
        let plan = try Plan.make(
            for: source,
            request: request,
            mayRemux: mayRemux,
            leastBytes: leastBytes
        )
        guard plan.method == .fit else { return plan }
        do {
            let content = try ContentStudy.content(of: source, plan: plan, request, flag: flag)
            guard let content else { return plan }
            return try Plan.make(
                for: source,
                request: request,
                content: content,
                mayRemux: mayRemux,
                leastBytes: leastBytes
            )
        } catch let failure as Failure {
            throw failure
        } catch {
            // What samples cannot show, the run will find out or tell of.
            if flag.isRaised { throw .interrupted }
            return plan
        }
    }

    package var request: Request {
        switch self {
        case .video(_, _, let request), .sound(_, _, let request), .still(_, _, let request):
            request
        }
    }

    /// The same of an input that a person names otherwise, such as standard input.
    package func named(input: FilePath, output: FilePath?) -> Planned {
        var request = request
        (request.input, request.output) = (input, output ?? "-")
        switch self {
        case .video(var source, let plan, _):
            source.path = input.string
            return .video(source, plan, request)
        case .sound(var source, let plan, _):
            source.path = input.string
            return .sound(source, plan, request)
        case .still(var source, let plan, _):
            source.path = input.string
            return .still(source, plan, request)
        }
    }

    /// Why it is not to be made, where it would look worse than the request allows.
    var tooPoor: Failure? {
        guard case .video(let source, let plan, let request) = self,
            let least = request.leastSimilarity
        else { return nil }
        return plan.objection(least: least, source: source, request: request)
    }

    /// Whether measuring the time of it takes a file.
    var isMeasuredOnDisk: Bool {
        if case .sound(_, let plan, _) = self { plan.method != .remux } else { false }
    }

    /// A video and its plan; nil for other kinds.
    package var video: (source: Source, plan: Plan)? {
        if case .video(let source, let plan, _) = self { (source, plan) } else { nil }
    }

    /// What is told of it at the start of a run.
    var event: Event {
        switch self {
        case .video(_, let plan, _): .planned(plan)
        case .sound(_, let plan, _): .plannedSound(plan)
        case .still(_, let plan, _): .plannedStill(plan)
        }
    }
}

extension Source {
    /// The same, having listened to what would be encoded.
    fileprivate func listened(for request: Request, flag: CancellationFlag) -> Source {
        // What is copied needs no ear; what would be refused may be small enough once it is heard.
        (try? Plan.make(for: self, request: request))?.method == .remux
            ? self : hearing(request, flag: flag)
    }
}

extension SoundSource {
    /// The same, having listened to what would be encoded.
    fileprivate func listened(for request: Request, flag: CancellationFlag) -> SoundSource {
        (try? SoundPlan.make(for: self, request: request))?.method == .remux
            ? self : hearing(request, flag: flag)
    }
}

extension Recording {
    /// The same with what the tracks are like that the request takes, where they are not mixed.
    fileprivate func hearing(_ request: Request, flag: CancellationFlag) -> Self {
        let tracks = audio.indices.filter { audio[$0].isDecodable }
        let taken =
            switch request.audioTrack {
            case _ where request.audio == .none || request.target == nil: [] as [Int]
            case .number(let number): tracks.filter { audio[$0].number == number }
            case .keep: tracks
            case .mixed: tracks.count > 1 ? [] : tracks
            case .automatic: Array(tracks.prefix(1))
            }
        var result = self
        for index in taken {
            // What cannot be heard is encoded as ever; a run tells of what cannot be read.
            let character = try? SoundSamples.character(
                of: self,
                streamIndex: audio[index].streamIndex,
                flag: flag
            )
            // One channel is nothing to tell of where there is one.
            result.audio[index].character =
                audio[index].channels == 1 && character == .mono ? nil : character
        }
        return result
    }
}

extension Material {
    /// The same with the bytes of its part, where that is one and its container knows them.
    fileprivate func measuringPart(flag: CancellationFlag) -> Material {
        // What cannot be measured is estimated; a run tells of what cannot be read.
        switch self {
        case .video(let source): .video((try? source.measuringPart(flag: flag)) ?? source)
        case .sound(let source): .sound((try? source.measuringPart(flag: flag)) ?? source)
        case .still: self
        }
    }
}
