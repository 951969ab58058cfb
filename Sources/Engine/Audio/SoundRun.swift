import Core
import Media
import SystemPackage

/// A run on sound alone.
///
/// To a size: the container's bytes are asked of the muxer, the encoder is steered to what is left over
/// (`SoundSteering`), and where that missed it is done again, a few times at the most (`SoundLanding`).
struct SoundRun: Run {
    let source: SoundSource
    var plan: SoundPlan
    let request: Request
    let flag: CancellationFlag
    var record: RunRecord
    var trimmings = Trimmings()

    mutating func make(in workspace: Workspace) throws -> Report {
        try workspace.checkRoom(
            for: 2 * min(plan.limitBytes, plan.expectedBytes),
            beside: request.destination
        )
        try record.begin(source, request)
        trimmings = try Trimmings(plan.metadata, of: source, flag: flag)
        noteTracks()
        if plan.method == .remux {
            if let report = try copy(in: workspace) { return report }
            plan = try SoundPlan.make(for: source, request: request, mayRemux: false)
            trimmings = try Trimmings(plan.metadata, of: source, flag: flag)
            record.meter.send(.plannedSound(plan))
        }
        return try encode(in: workspace)
    }

    // MARK: - Copied

    /// Packs the source's packets into a fresh M4A; nil where the result is larger than the limit after all.
    private mutating func copy(in workspace: Workspace) throws -> Report? {
        record.meter.begin(.encoding, until: 0.6)
        let total = max(0.1, source.durationSeconds)
        var copied = try SoundTrack.make(
            plan.sounds,
            source: named,
            path: workspace.file("sound"),
            flag: flag
        ) { record.meter.update($0 / total, frames: 0) }
        guard var track = copied.take() else { throw MediaError.noSound }
        try record.judge(only: track, of: source, request)
        let file = try assemble(&track, as: "copy.m4a", in: workspace)
        guard file.fileBytes <= plan.limitBytes else { return nil }
        record.addCopy(bytes: file.fileBytes)
        return try publish(file, in: workspace)
    }

    // MARK: - Encoded

    private mutating func encode(in workspace: Workspace) throws -> Report {
        var packets = plan.sounds.map { sound in
            SoundTrack.packetCount(
                seconds: source.durationSeconds,
                sampleRate: Int((sound.packetsPerSecond * 1024).rounded())
            )
        }
        var room = max(1, plan.limitBytes - (try containerBytes(packets, in: workspace)))
        var landing = SoundLanding(
            roomBytes: room,
            bitsPerSecond: plan.bitsPerSecond,
            ceilingBitsPerSecond: ceiling
        )
        var action = landing.start(packets: packets.reduce(0, +))
        var attempts: [Attempt] = []
        var best: Assembled?
        while case .encode(let budget, let rate) = action {
            let number = attempts.count + 1
            record.meter.begin(
                .encoding,
                until: min(0.9, 0.7 + 0.05 * Double(number)),
                attempt: number
            )
            // At the ceiling what is left over stays left over.
            let most = Int(Double(ceiling) / 8 * plan.durationSeconds) + 2000
            var result = try encode(
                min(budget, most),
                limit: room,
                bitsPerSecond: rate,
                packets: packets,
                in: workspace
            )
            packets = result.packets
            var file: Assembled?
            if var track = result.track.take() {
                try record.judge(only: track, of: source, request)
                file = try assemble(&track, as: "attempt-\(number).m4a", in: workspace)
                file?.attempt = attempts.count
            } else if result.bytes == 0 {
                throw MediaError.noSound
            }
            if let file { room = max(1, plan.limitBytes - (file.fileBytes - result.bytes)) }
            // The gate: the size on disk, whatever was foretold.
            let fits = file.map { $0.fileBytes <= plan.limitBytes } ?? false
            action = landing.record(bytes: result.bytes, roomBytes: room, fits: fits)
            if fits, let file, file.fileBytes > best?.fileBytes ?? 0 { best = file }
            attempts.append(
                Attempt(
                    number: number,
                    mode: .averageRate,
                    audioBitsPerSecond: rate,
                    bytes: file?.fileBytes,
                    // The one that wins is marked at the end.
                    isAccepted: false,
                    reason: file != nil && plan.targetBytes == nil
                        ? "at a usual rate"
                        : Attempt.reason(file?.fileBytes, limitBytes: plan.limitBytes)
                )
            )
        }
        let lastRate = attempts.last?.audioBitsPerSecond ?? 0
        if let best { attempts[best.attempt].isAccepted = true }
        for attempt in attempts { record.add(attempt) }
        guard let best else {
            throw Failure.unreachable(plan, smallest: plan.limitBytes - room + plan.smallestBytes)
        }
        let isShort = Double(best.fileBytes) < Double(plan.targetBytes ?? 0) * 0.99
        record.stoppedAtCeiling = isShort && (plan.stopsAtCeiling || lastRate >= ceiling)
        return try publish(best, in: workspace)
    }

    private func containerBytes(
        _ packets: [Int],
        in workspace: Workspace
    ) throws -> Int {
        try SoundTrack.containerBytes(
            plan.sounds,
            source: named,
            packets: packets,
            trimmings: trimmings,
            path: workspace.file("count")
        )
    }

    /// All tracks, encoded one after the other, the budget shared by their rates.
    private mutating func encode(
        _ budget: Int,
        limit: Int,
        bitsPerSecond: Int,
        packets: [Int],
        in workspace: Workspace
    ) throws -> EncodedSound {
        var result = EncodedSound(packets: packets)
        let total = max(0.1, source.durationSeconds) * Double(plan.sounds.count)
        let share = max(4000, bitsPerSecond / plan.sounds.count)
        for (index, sound) in plan.sounds.enumerated() {
            // What one left over goes to the next.
            let left = (budget - result.bytes) / (plan.sounds.count - index)
            let done = Double(index) * source.durationSeconds
            let isFast =
                plan.speed == .fast
                || plan.speed == .balanced
                    && SoundTrack.isFastEnough(sound, bitsPerSecond: share)
            let bytesBefore = result.bytes
            let fitted = try SoundTrack.fitted(
                sound,
                source: named,
                steering: SoundSteering(
                    budgetBytes: max(1, left),
                    limitBytes: limit - bytesBefore,
                    packets: packets[index],
                    bitsPerSecond: share,
                    packetsPerSecond: sound.packetsPerSecond
                ),
                isFast: isFast,
                title: title(of: sound),
                path: workspace.file("sound-\(index)"),
                flag: flag
            ) { seconds, bytes in
                record.meter.update(
                    (done + seconds) / total,
                    frames: 0,
                    projectedBytes: seconds > 1
                        ? Int(
                            Double(bytesBefore + bytes) * total / max(0.1, done + seconds)
                        ) + plan.containerBytes : nil
                )
            }
            result.add(fitted, index: index)
            if !result.isComplete { return result }
        }
        return result
    }

    private func title(of sound: Sound) -> String? {
        guard plan.sounds.count > 1 else { return nil }
        return named.audio.first { $0.streamIndex == sound.streamIndex }?.title
    }

    // MARK: - Parts of every run

    /// A complete file in the workspace, not yet checked.
    private struct Assembled {
        var name: String
        var fileBytes: Int
        var soundBytes: Int
        var durationSeconds: Double
        var trackCount: Int
        var attempt = 0
    }

    private func assemble(
        _ track: inout Track,
        as name: String,
        in workspace: Workspace
    ) throws -> Assembled {
        let path = workspace.file(name)
        try SoundMuxer.write(&track, trimmings: trimmings, to: path, flag: flag)
        return Assembled(
            name: name,
            fileBytes: try FileSize.of(path),
            soundBytes: track.byteCount,
            durationSeconds: track.durationSeconds,
            trackCount: track.trackCount
        )
    }

    private mutating func publish(
        _ file: Assembled,
        in workspace: Workspace
    ) throws -> Report {
        record.meter.begin(.verifying, until: 1)
        let total = max(0.1, file.durationSeconds) * Double(file.trackCount)
        let candidate = try workspace.candidate(file.name)
        let finding = try SoundVerifier(
            limitBytes: plan.limitBytes,
            durationSeconds: file.durationSeconds,
            trackCount: file.trackCount,
            isCopied: plan.method == .remux
        ).check(candidate.path, bytes: file.fileBytes, flag: flag) {
            record.meter.update($0 / total, frames: 0)
        }
        try workspace.submit(candidate)
        let seconds = max(0.001, finding.durationSeconds)
        var report = receipt(
            .sound,
            inputBytes: source.fileBytes,
            bytes: file.fileBytes,
            limitBytes: plan.limitBytes,
            method: plan.method,
            metadata: plan.metadata
        )
        report.part = source.part
        report.channels = finding.channels
        report.sampleRate = finding.sampleRate
        report.durationSeconds = finding.durationSeconds
        report.audioBytes = file.soundBytes
        report.containerBytes = max(0, file.fileBytes - file.soundBytes)
        report.audioBitsPerSecond = Int(Double(file.soundBytes) * 8 / seconds)
        return report
    }

    private var named: SoundSource {
        plan.metadata.policy == .none ? source.withoutTrackNames : source
    }

    /// More is never asked of the encoder.
    private var ceiling: Int {
        if plan.stopsAtCeiling || plan.targetBytes == nil { return plan.bitsPerSecond }
        return plan.sounds.reduce(0) { sum, sound in
            let track = source.audio.first { $0.streamIndex == sound.streamIndex }
            return sum + (track?.ceilingBitsPerSecond ?? 256_000)
        }
    }

    private mutating func noteTracks() {
        guard source.audio.count > 1 else { return }
        let main = source.audio.first { $0.streamIndex == plan.sounds[0].streamIndex }
        record.note(
            request.audioTrack.outcome(
                kept: plan.sounds.count,
                of: source.audio.count,
                main: AudioTrackWish.name(of: main)
            )
        )
    }
}

extension Failure {
    /// Nothing that fits came out, although the plan thought it could.
    fileprivate static func unreachable(_ plan: SoundPlan, smallest: Int) -> Failure {
        let enough = max(smallest, plan.limitBytes) / 10 * 11
        return Failure(
            .unreachable,
            "\(ByteSize.text(plan.limitBytes)) is too small for this sound",
            why: "nothing that fits came out of the encoder",
            advice: "Ask for \(ByteSize.text(enough)) or more, or cut it.",
            smallestBytes: enough
        )
    }
}
