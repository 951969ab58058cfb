import Core
import Engine
import Jobs
import SystemPackage

/// What a run ends with: the keys that have a meaning for what was made.
struct ReportResult: Encodable {
    private let report: Report

    init(_ report: Report) { self.report = report }

    private enum CodingKeys: String, CodingKey {
        case kind, input, output, inputBytes, bytes, targetBytes, limitName, limitBytes, method
        case stoppedAtQualityCeiling, width, height, frameRate, frames, channels, sampleRate
        case durationSeconds, videoBytes, audioBytes, containerBytes
        case videoBitsPerSecond, audioBitsPerSecond, secondPassRuns, attempts, keeping
        case format, quality
        case keptFrameBytes, ssim, ssimFrames, ssimWidth, ssimHeight, pictureQuality,
            elapsedSeconds, phases, notes, metadata, damage, part
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(report.kind, forKey: .kind)
        try keys.encode(report.input, forKey: .input)
        try keys.encode(report.output, forKey: .output)
        try keys.encode(report.inputBytes, forKey: .inputBytes)
        try keys.encode(report.bytes, forKey: .bytes)
        try keys.encodeIfPresent(report.targetBytes, forKey: .targetBytes)
        try keys.encodeIfPresent(report.namedLimit?.name, forKey: .limitName)
        try keys.encode(report.limitBytes, forKey: .limitBytes)
        try keys.encode(report.method, forKey: .method)
        try keys.encode(report.stoppedAtQualityCeiling, forKey: .stoppedAtQualityCeiling)
        try keys.encode(report.attempts, forKey: .attempts)
        try keys.encode(report.elapsedSeconds, forKey: .elapsedSeconds)
        try keys.encode(report.phases, forKey: .phases)
        try keys.encode(report.notes, forKey: .notes)
        try keys.encodeIfPresent(report.metadata, forKey: .metadata)
        try keys.encodeIfPresent(report.damage, forKey: .damage)
        try keys.encodeIfPresent(report.part, forKey: .part)
        if report.kind != .sound {
            try keys.encode(report.width, forKey: .width)
            try keys.encode(report.height, forKey: .height)
            try keys.encodeIfPresent(report.ssim, forKey: .ssim)
        }
        if report.kind != .still {
            try keys.encode(report.durationSeconds, forKey: .durationSeconds)
            try keys.encode(report.audioBytes, forKey: .audioBytes)
            try keys.encode(report.audioBitsPerSecond, forKey: .audioBitsPerSecond)
            try keys.encode(report.containerBytes, forKey: .containerBytes)
        }
        switch report.kind {
        case .video:
            try keys.encode(report.frameRate, forKey: .frameRate)
            try keys.encode(report.frames, forKey: .frames)
            try keys.encode(report.videoBytes, forKey: .videoBytes)
            try keys.encode(report.videoBitsPerSecond, forKey: .videoBitsPerSecond)
            try keys.encode(report.secondPassRuns, forKey: .secondPassRuns)
            try keys.encodeIfPresent(report.keeping, forKey: .keeping)
            try keys.encode(report.keptFrameBytes, forKey: .keptFrameBytes)
            try keys.encode(report.ssimFrames, forKey: .ssimFrames)
            try keys.encodeIfPresent(report.ssimSize?.width, forKey: .ssimWidth)
            try keys.encodeIfPresent(report.ssimSize?.height, forKey: .ssimHeight)
            let quality = report.ssim.map(Quality.init(similarity:))
            try keys.encodeIfPresent(quality, forKey: .pictureQuality)
        case .sound:
            try keys.encode(report.channels, forKey: .channels)
            try keys.encode(report.sampleRate, forKey: .sampleRate)
        case .still:
            try keys.encodeIfPresent(report.format, forKey: .format)
            try keys.encodeIfPresent(report.quality, forKey: .quality)
        }
    }
}

/// What `probe` ends with: the facts of each kind, and which it is.
struct ProbeResult: Encodable {
    private let material: Material

    init(_ material: Material) { self.material = material }

    private enum CodingKeys: String, CodingKey {
        case kind, misnomer
    }

    func encode(to encoder: any Encoder) throws {
        switch material {
        case .video(let source): try source.encode(to: encoder)
        case .sound(let source): try source.encode(to: encoder)
        case .still(let source): try source.encode(to: encoder)
        }
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(material.kind, forKey: .kind)
        try keys.encodeIfPresent(material.misnomer, forKey: .misnomer)
    }
}

/// What `plan` ends with.
struct PlanResult: Encodable {
    private let planned: Planned
    private let expectedTime: ExpectedTime
    private let route: RouteDecision?

    init(_ planned: Planned, expectedTime: ExpectedTime, route: RouteDecision? = nil) {
        self.planned = planned
        self.expectedTime = expectedTime
        self.route = route
    }

    private enum CodingKeys: String, CodingKey {
        case kind, source, output, limitName, plan, outlook, advice, expectedSeconds, route
    }

    func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        switch planned {
        case .video(let source, let plan, _):
            try keys.encode(Material.Kind.video, forKey: .kind)
            try keys.encode(source, forKey: .source)
            try keys.encode(PlanPayload(plan), forKey: .plan)
            try keys.encode(
                plan.outlooks.map { OutlookPayload($0, of: plan, time: expectedTime) },
                forKey: .outlook
            )
            try keys.encodeIfPresent(plan.lengthAdvice(for: source), forKey: .advice)
        case .sound(let source, let plan, _):
            try keys.encode(Material.Kind.sound, forKey: .kind)
            try keys.encode(source, forKey: .source)
            try keys.encode(SoundPlanPayload(plan), forKey: .plan)
        case .still(let source, let plan, _):
            try keys.encode(Material.Kind.still, forKey: .kind)
            try keys.encode(source, forKey: .source)
            try keys.encode(StillPlanPayload(plan), forKey: .plan)
        }
        try keys.encode(planned.request.destination.string, forKey: .output)
        try keys.encodeIfPresent(planned.request.namedLimit?.name, forKey: .limitName)
        try keys.encode(expectedTime.seconds, forKey: .expectedSeconds)
        try keys.encodeIfPresent(route.map(RoutePayload.init), forKey: .route)
    }
}

/// A plan for sound alone, without the shapes that only Swift needs.
struct SoundPlanPayload: Encodable {
    var kind = Material.Kind.sound
    var method: Plan.Method
    var targetBytes: Int?
    var limitBytes: Int
    var expectedBytes: Int
    var smallestBytes: Int
    var speed: Speed
    var durationSeconds: Double
    var sound: PlanPayload.SoundPayload?
    /// Where all tracks are kept.
    var furtherSounds: [PlanPayload.SoundPayload]?
    var audioBytes: Int
    var containerBytes: Int
    var reasons: [String]

    init(_ plan: SoundPlan) {
        let sounds = plan.sounds.map(PlanPayload.SoundPayload.init)
        method = plan.method
        targetBytes = plan.targetBytes
        limitBytes = plan.limitBytes
        expectedBytes = plan.expectedBytes
        smallestBytes = plan.smallestBytes
        speed = plan.speed
        durationSeconds = plan.durationSeconds
        sound = sounds.first
        furtherSounds = sounds.count > 1 ? Array(sounds.dropFirst()) : nil
        audioBytes = plan.audioBytes
        containerBytes = plan.containerBytes
        reasons = plan.reasons
    }
}

/// A plan for a picture.
struct StillPlanPayload: Encodable {
    var kind = Material.Kind.still
    var method: StillPlan.Method
    var format: StillFormat
    var targetBytes: Int?
    var limitBytes: Int
    /// The largest frame that may be made.
    var width: Int
    var height: Int
    var reasons: [String]

    init(_ plan: StillPlan) {
        method = plan.method
        format = plan.format
        targetBytes = plan.targetBytes
        limitBytes = plan.limitBytes
        width = plan.size.width
        height = plan.size.height
        reasons = plan.reasons
    }
}
