import Core
import Engine
import Foundation
import Jobs
import Synchronization
import SystemPackage

/// The stream of `--json`: one object a line, as `JSON.md` promises.
final class JSONLines: Sendable {
    private let output: Output
    private let isFirst = Locked(true)
    /// The first line of a run, as long as it is not known where the result will be.
    private let beginning = Locked<StartedPayload?>(nil)
    /// The stream that these lines are a part of, and the number of the file that they are about.
    private let whole: (lines: JSONLines, number: Int)?

    init(_ output: Output) {
        self.output = output
        whole = nil
    }

    /// The lines about one file of several: each has its number.
    init(_ lines: JSONLines, number: Int) {
        output = lines.output
        whole = (lines, number)
    }

    /// Writes the first line of a run as soon as it is known where the result will be.
    func begin(_ started: StartedPayload) {
        beginning.withLock { $0 = started }
        if started.output != nil { finishBeginning() }
    }

    /// Writes one line of that type.
    func write(_ type: LineType, _ payload: some Encodable) {
        if let whole {
            return whole.lines.write(type, NumberedPayload(number: whole.number, payload: payload))
        }
        finishBeginning()
        output.write(text(type, payload))
    }

    private func finishBeginning(output path: String? = nil) {
        guard var started = beginning.withLock({ $0.take() }) else { return }
        if let path { started.output = path }
        output.write(text(.started, started))
    }

    /// Writes the last words of a process that cannot wait.
    func writeIfPossible(_ type: LineType, _ payload: some Encodable) {
        output.writeIfPossible(text(type, payload))
    }

    /// Writes what a run tells; with `isQuiet` the first line alone.
    func write(_ event: Event, isQuiet: Bool = false) {
        if case .identified(_, let path) = event { return finishBeginning(output: path) }
        // That reading has begun is said by the first line, which waits for its end.
        if isQuiet || beginning.withLock({ $0 != nil }) { return }
        switch event {
        case .identified: break
        case .planned(let plan): write(.plan, PlanPayload(plan))
        case .plannedSound(let plan): write(.plan, SoundPlanPayload(plan))
        case .plannedStill(let plan): write(.plan, StillPlanPayload(plan))
        case .keepingFrames(let keeping): write(.keeping, keeping)
        case .progress(let progress): write(.progress, progress)
        case .attempted(let attempt): write(.attempt, attempt)
        case .noted(let text): write(.note, NotePayload(text: text))
        }
    }

    private func text(_ type: LineType, _ payload: some Encodable) -> String {
        let isFirst = isFirst.withLock { first in
            defer { first = false }
            return first
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // No number of ours is one of these; a line must come out all the same.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        let line = JSONLine(type: type, version: isFirst ? 1 : nil, payload: payload)
        guard let data = try? encoder.encode(line) else {
            return "{\"type\":\"\(type.rawValue)\"}\n"
        }
        return Self.escaped(String(decoding: data, as: UTF8.self)) + "\n"
    }

    /// JSON allows raw what some terminals obey; it stands in strings alone, where an escape says the same.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isObeyed) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar.isObeyed {
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// What a line of JSON is about.
enum LineType: String, Encodable {
    case understood
    case started
    case preview
    case plan
    case route
    case split
    case keeping
    case progress
    // A file of a batch.
    case watching
    case begun
    case finished
    case attempt
    case note
    // The cloud.
    case listening
    case connecting
    case ready
    case session
    case waiting
    case upload
    case uploaded
    case sent
    case working
    case stillWorking
    case recovering
    case inDoubt
    case changedMeanwhile
    case text
    case suggestion
    case changed
    case timeline
    case render
    case download
    case reply
    case credits
    case state
    case subtitles
    case exported
    // The last line.
    case result
    case error
}

/// A payload's own keys with the number of the file that it is about.
private struct NumberedPayload<Payload: Encodable>: Encodable {
    var number: Int
    var payload: Payload

    enum CodingKeys: CodingKey { case number }

    func encode(to encoder: any Encoder) throws {
        try payload.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
    }
}

/// A payload's own keys with `type`, and on the first line `version`, beside them.
private struct JSONLine<Payload: Encodable>: Encodable {
    var type: LineType
    var version: Int?
    var payload: Payload

    enum CodingKeys: CodingKey {
        case type
        case version
    }

    func encode(to encoder: any Encoder) throws {
        try payload.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type, forKey: .type)
        try container.encodeIfPresent(version, forKey: .version)
    }
}

/// The first line of a run.
struct StartedPayload: Encodable {
    var program = "cinch"
    var programVersion: String
    var input: String
    /// Nil where the run ended before the input was known.
    var output: String?
    var targetBytes: Int?
    var limitName: String?

    init(_ request: Request, output: FilePath?) {
        programVersion = CLI.programVersion
        input = request.input.string
        self.output = output?.string
        targetBytes = request.target?.bytes
        limitName = request.namedLimit?.name
    }
}

/// A sentence for a person.
struct NotePayload: Encodable {
    var text: String
}

/// Why a command did not do what was asked.
struct ErrorPayload: Encodable {
    var kind: Failure.Kind
    var exitCode: Int32
    var what: String
    var why: String
    var advice: String
    var smallestBytes: Int?

    init(_ failure: Failure) {
        kind = failure.kind
        exitCode = failure.kind.exitCode
        what = failure.what
        why = failure.why
        advice = failure.advice
        smallestBytes = failure.smallestBytes
    }
}

/// A plan without the shapes that only Swift needs.
struct PlanPayload: Encodable {
    /// What becomes of the sound.
    struct SoundPayload: Encodable {
        var action: String
        var bitsPerSecond: Int
        var sampleRate: Int?
        var channels: Int?

        init(_ sound: Sound) {
            bitsPerSecond = sound.bitsPerSecond
            switch sound {
            case .none: action = "none"
            case .copy(_, _, let samples):
                action = "copy"
                sampleRate = samples
            case .encode(_, _, let count, let samples):
                action = "encode"
                sampleRate = samples
                channels = count
            case .mix(_, _, let count, let samples):
                action = "mix"
                sampleRate = samples
                channels = count
            }
        }
    }

    var kind = Material.Kind.video
    var method: Plan.Method
    var targetBytes: Int?
    var limitBytes: Int
    var expectedBytes: Int
    var smallestBytes: Int
    var width: Int
    var height: Int
    var frameRate: Double
    var frames: Int
    var deinterlaces: Bool
    var toneMaps: Bool
    var speed: Speed
    var keyframeIntervalFrames: Int
    var sound: SoundPayload
    /// Where all tracks are kept.
    var furtherSounds: [SoundPayload]?
    var videoBytes: Int
    var videoBitsPerSecond: Int
    var audioBytes: Int
    var containerBytes: Int
    /// Where samples chose the frame size.
    var expectedSSIM: Double?
    var expectedQuality: Quality?
    var expectedQuantizer: Double?
    var reasons: [String]

    init(_ plan: Plan) {
        method = plan.method
        targetBytes = plan.targetBytes
        limitBytes = plan.limitBytes
        expectedBytes = plan.expectedBytes
        smallestBytes = plan.smallestBytes
        width = plan.picture.size.width
        height = plan.picture.size.height
        frameRate = plan.picture.frameRate.value
        frames = plan.frames
        deinterlaces = plan.picture.deinterlaces
        toneMaps = plan.picture.toneMaps
        speed = plan.speed
        keyframeIntervalFrames = plan.keyframeIntervalFrames
        sound = SoundPayload(plan.sound)
        furtherSounds = plan.furtherSounds.isEmpty ? nil : plan.furtherSounds.map(SoundPayload.init)
        videoBytes = plan.budget.videoBytes
        videoBitsPerSecond = plan.budget.videoBitsPerSecond
        audioBytes = plan.budget.audioBytes
        containerBytes = plan.budget.containerBytes
        expectedSSIM = plan.prospect?.similarity
        expectedQuantizer = plan.prospect?.quantizer
        expectedQuality = expectedSSIM.map(Quality.init(similarity:))
        reasons = plan.reasons
    }
}

/// What a command ends with, its own keys beside `command`.
struct ResultPayload<Body: Encodable>: Encodable {
    var command: String
    var body: Body

    enum CodingKeys: CodingKey {
        case command
    }

    func encode(to encoder: any Encoder) throws {
        try body.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(command, forKey: .command)
    }
}

/// What `doctor` ends with.
struct DoctorResult: Encodable {
    var isReady: Bool
    var machine: Doctor
    var cloud: CloudPayload
}

/// What `doctor` says of the cloud route; nothing is sent for it.
struct CloudPayload: Encodable {
    var libcurl: String
    /// Nil where NEMO_API_URL is no address that may be used.
    var status: StatusPayload?
}
