import Core
import Foundation
import Media
import SystemPackage

/// One encode of a stretch of the prepared picture into a track.
struct Encoding {
    var settings: VideoEncoder.Settings
    var mode: VideoEncoder.Mode
    /// Which frames; a stretch begins at a keyframe.
    ///
    /// The end may lie beyond the clip's.
    var frames: Range<Int>
    /// It is given up as soon as it has more bytes than this.
    var byteLimit: Int
    /// What of these bytes is out after so many packets, 0 to 1, where pass 1 can tell.
    var expectedShares: [Double] = []

    /// What came out.
    struct Output: ~Copyable {
        var track: Track
        let result: Result
    }

    struct Result {
        var isComplete: Bool
        /// The payload; where it was given up, what it would have become.
        var bytes: Int
        var averageQuantizer: Double
    }

    /// Encodes the frames into a new track at `path`.
    ///
    /// `onPacket`: called with packets written and their bytes.
    func run(
        _ prepared: inout PreparedFrames,
        to path: FilePath,
        flag: CancellationFlag,
        onPacket: (_ packets: Int, _ bytes: Int) -> Void
    ) throws -> Output {
        var encoder = try VideoEncoder(settings, mode: mode)
        var track = try Track(path: path, of: encoder)
        var frame = try Frame()
        var packet = try Packet()

        /// Keeps the packets that are ready; false when there are too many bytes.
        func drain(_ encoder: inout VideoEncoder, _ track: inout Track) throws -> Bool {
            while try encoder.receive(into: &packet) {
                try track.append(packet, shift: frames.lowerBound)
                onPacket(track.packetCount, track.byteCount)
                if track.byteCount > byteLimit { return false }
            }
            return true
        }

        var fits = true
        var next = frames.lowerBound
        while fits, next < frames.upperBound, try prepared.next(into: &frame) {
            if flag.isRaised { throw Failure.interrupted }
            // Each encoder counts from 0: its log does.
            frame.presentationTime = next - frames.lowerBound
            next += 1
            try encoder.send(frame)
            fits = try drain(&encoder, &track)
        }
        if fits {
            try encoder.finish()
            fits = try drain(&encoder, &track)
        }
        let quantizer = encoder.averageQuantizer ?? 0
        var bytes = track.byteCount
        if !fits {
            let share = share(after: track.packetCount)
            bytes = max(byteLimit + 1, Int(Double(bytes) / max(0.05, share)))
        }
        return Output(
            track: track,
            result: Result(isComplete: fits, bytes: bytes, averageQuantizer: quantizer)
        )
    }

    /// How much of the stretch's bytes should be out after so many packets.
    func share(after packets: Int) -> Double {
        if expectedShares.isEmpty { return Double(packets) / Double(max(1, frames.count)) }
        return expectedShares[min(max(0, packets - 1), expectedShares.count - 1)]
    }
}

/// The finished tracks put together: an MP4 with its index in front.
enum Assembly {
    /// Writes the file, the picture in one stretch or two, and returns its size.
    static func write(
        body: inout Track?,
        end: inout Track,
        sound: inout Track?,
        to path: FilePath,
        flag: CancellationFlag
    ) throws -> Int {
        end.rewind()
        body?.rewind()
        sound?.rewind()
        var muxer = try Muxer(path: path, picture: end, sound: sound)
        var packet = try Packet()
        while let seconds = body?.nextSeconds {
            if flag.isRaised { throw Failure.interrupted }
            try muxer.writeSound(from: &sound, until: seconds)
            guard try body?.next(into: &packet) == true else { break }
            try muxer.writePicture(&packet)
        }
        while let seconds = end.nextSeconds {
            if flag.isRaised { throw Failure.interrupted }
            try muxer.writeSound(from: &sound, until: seconds)
            guard try end.next(into: &packet) else { break }
            try muxer.writePicture(&packet)
        }
        try muxer.writeSound(from: &sound, until: .infinity)
        try muxer.finish()
        return try FileSize.of(path)
    }

    /// Puts a whole picture and the sound together; nil where the picture was given up, or the file
    /// passes the limit after all.
    static func finish(
        _ output: inout Encoding.Output,
        sound: inout Track?,
        name: String,
        limitBytes: Int,
        in workspace: borrowing Workspace,
        flag: CancellationFlag
    ) throws -> Finished? {
        guard output.result.isComplete, output.track.packetCount > 0 else { return nil }
        var nothing: Track?
        let bytes = try write(
            body: &nothing,
            end: &output.track,
            sound: &sound,
            to: workspace.file(name),
            flag: flag
        )
        guard bytes <= limitBytes else { return nil }
        return Finished(
            name: name,
            frames: output.track.packetCount,
            fileBytes: bytes,
            pictureBytes: output.track.byteCount
        )
    }
}

extension Muxer {
    /// Writes the sound that belongs before a moment of the picture.
    mutating func writeSound(
        from sound: inout Track?,
        until seconds: Double
    ) throws(MediaError) {
        guard let next = sound?.nextSeconds, next <= seconds else { return }
        var packet = try Packet()
        while let next = sound?.nextSeconds, next <= seconds {
            guard try sound?.next(into: &packet) == true else { return }
            try writeSound(&packet)
        }
    }
}

enum FileSize {
    /// The size of a file that was just written.
    static func of(_ path: FilePath) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }
}

extension VideoEncoder.Settings {
    /// What the encoder needs to know of a plan.
    init(_ plan: Plan) {
        self.init(
            size: plan.picture.size,
            frameRate: plan.picture.frameRate,
            matrix: plan.picture.matrix,
            preset: plan.speed.preset,
            keyframeIntervalFrames: plan.keyframeIntervalFrames
        )
    }
}
