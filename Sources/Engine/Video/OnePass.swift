import Core
import Media
import SystemPackage

/// One pass over the whole picture at constant quality, given up where it passes the limit.
struct OnePass {
    var settings: VideoEncoder.Settings
    /// x264's rate factor: 17 is beyond what anyone can see, 23 is right for sharing.
    var quality: Double
    var frames: Range<Int>
    var expectedFrames: Int
    /// What of the bytes is out after so many packets, where pass 1 can tell.
    var expectedShares: [Double]
    var limitBytes: Int
    /// Sound and container.
    var fixedBytes: Int
    var trimmings: Trimmings
    /// What the record says of it when it fits, and when it does not.
    var success: String
    var failure: String

    /// Encodes, puts picture and sound together, and records the attempt; nil where it does not fit.
    func run(
        _ prepared: inout PreparedFrames,
        _ sound: inout Track?,
        _ record: inout RunRecord,
        in workspace: Workspace,
        flag: CancellationFlag
    ) throws -> Finished? {
        let encoding = Encoding(
            settings: settings,
            mode: .constantQuality(quality),
            frames: frames,
            byteLimit: limitBytes - fixedBytes,
            expectedShares: expectedShares
        )
        var meter = record.meter
        meter.begin(.encoding, until: 0.92, attempt: record.attempts.count + 1)
        let total = Double(max(1, expectedFrames))
        var picture: Track?
        let result = try encoding.run(
            &prepared,
            into: &picture,
            at: workspace.file("picture"),
            flag: flag
        ) { packets, bytes in
            // Without a forecast, the bytes so far stand for the whole in proportion to the frames.
            let share =
                expectedShares.isEmpty
                ? Double(packets) / total : encoding.share(after: packets)
            meter.update(
                Double(packets) / total,
                frames: packets,
                projectedBytes: share > 0.05 ? Int(Double(bytes) / share) + fixedBytes : nil
            )
        }
        record.meter = meter
        var finished: Finished?
        if result.isComplete, let frames = picture?.packetCount, frames > 0 {
            let name = "quality.mp4"
            let bytes = try Assembly.write(
                picture: &picture,
                sound: &sound,
                trimmings: trimmings,
                to: workspace.file(name),
                flag: flag
            )
            if bytes <= limitBytes {
                finished = Finished(
                    name: name,
                    frames: frames,
                    fileBytes: bytes,
                    pictureBytes: result.bytes
                )
            }
        }
        record.add(
            Attempt(
                number: 0,
                mode: .onePassConstantQuality,
                bytes: finished?.fileBytes,
                averageQuantizer: result.averageQuantizer,
                isAccepted: finished != nil,
                reason: finished != nil ? success : failure
            )
        )
        return finished
    }
}
