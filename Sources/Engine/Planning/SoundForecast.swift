import Core
import Foundation
import Media
import SystemPackage

extension SoundRun {
    /// How long a plan would take here, measured on the first moments.
    static func expectedTime(
        source: SoundSource,
        plan: SoundPlan,
        in workspace: Workspace?,
        flag: CancellationFlag
    ) throws(Failure) -> ExpectedTime {
        guard plan.method != .remux, let workspace else {
            return ExpectedTime(preparingSeconds: 0.2 + Double(source.bytes) / 50_000_000)
        }
        let clock = ContinuousClock()
        let start = clock.now
        do throws(MediaError) {
            let done = try SoundTrack.rehearse(
                plan.sounds[0],
                source: source,
                isFast: plan.speed != .best,
                seconds: 20,
                path: workspace.file("rehearsal"),
                flag: flag
            )
            let took = start.duration(to: clock.now).inSeconds
            // Reading the result back costs about a quarter of making it.
            return ExpectedTime(
                preparingSeconds: 0.1 + took / max(0.1, done) * plan.durationSeconds
                    * Double(plan.sounds.count) * 1.3
            )
        } catch {
            throw Failure(error, input: source.path, flag: flag)
        }
    }
}

/// An encode of all tracks of a sound, those after the first going along with it.
struct EncodedSound: ~Copyable {
    var track: Track?
    var bytes = 0
    var packets: [Int]
    var isComplete = true

    init(packets: [Int]) { self.packets = packets }

    mutating func add(_ fitted: consuming SoundTrack.Fitted, index: Int) {
        bytes += fitted.byteCount
        packets[index] = max(1, fitted.packetCount)
        guard let made = fitted.track.take() else {
            track = nil
            isComplete = false
            return
        }
        Track.join(made, to: &track)
    }
}
