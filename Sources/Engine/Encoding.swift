import Core
import Foundation
import Media
import SystemPackage

/// One encode of the prepared picture into an MP4, with the finished sound beside it.
struct Encoding {
    var settings: VideoEncoder.Settings
    var mode: VideoEncoder.Mode
    /// The file is given up as soon as the picture has more bytes than this.
    var videoLimitBytes: Int
    /// What of the picture's bytes is out after so many packets, 0 to 1, where pass 1 can tell.
    var expectedShares: [Double]
    /// Sound and container.
    var fixedBytes: Int
    /// The encoder's own note in the first packet, which its rate control does not count.
    var headerBytes: Int
    var frames: Int

    enum Outcome {
        case finished(Result)
        /// It would have become about so large.
        case abandoned(projectedBytes: Int, projectedVideoBytes: Int)
    }

    struct Result {
        var fileBytes: Int
        /// The whole payload of the picture track.
        var payloadBytes: Int
        /// What of it the rate control counts.
        var videoBytes: Int
        var averageQuantizer: Double
    }

    /// Encodes every frame, interleaves the sound, and completes the file at `path`.
    ///
    /// - Parameter onPacket: called with packets written and the projected size of the file.
    func run(
        _ prepared: inout PreparedFrames, sound: inout SoundTrack?, to path: FilePath,
        flag: CancellationFlag, onPacket: (Int, Int?) -> Void
    ) throws -> Outcome {
        var encoder = try VideoEncoder(settings, mode: mode)
        var muxer = try Muxer(path: path, video: encoder, sound: sound)
        var frame = try Frame()
        var packet = try Packet()
        sound?.rewind()

        /// Writes the packets that are ready; false when the file has become too large.
        func drain(
            _ encoder: inout VideoEncoder, _ muxer: inout Muxer, _ sound: inout SoundTrack?
        ) throws -> Bool {
            while try encoder.receive(into: &packet) {
                let seconds = Double(packet.timing.decodeTime) / settings.frameRate.value
                try muxer.writeSound(from: &sound, until: seconds)
                try muxer.writePicture(&packet)
                onPacket(encoder.packetCount, projectedBytes(encoder))
                if encoder.byteCount - headerBytes > videoLimitBytes { return false }
            }
            return true
        }

        var fits = true
        while fits, try prepared.next(into: &frame) {
            if flag.isRaised { throw Failure.interrupted }
            try encoder.send(frame)
            fits = try drain(&encoder, &muxer, &sound)
        }
        if fits {
            try encoder.finish()
            fits = try drain(&encoder, &muxer, &sound)
        }
        guard fits else {
            let share = share(after: encoder.packetCount)
            let video = max(
                videoLimitBytes + 1, Int(Double(encoder.byteCount) / max(0.05, share)))
            return .abandoned(
                projectedBytes: video + headerBytes + fixedBytes, projectedVideoBytes: video)
        }
        try muxer.writeSound(from: &sound, until: .infinity)
        try muxer.finish()
        return .finished(
            Result(
                fileBytes: try FileSize.of(path),
                payloadBytes: encoder.byteCount,
                videoBytes: max(1, encoder.byteCount - headerBytes),
                averageQuantizer: encoder.averageQuantizer ?? 0
            ))
    }

    private func share(after packets: Int) -> Double {
        if expectedShares.isEmpty { return Double(packets) / Double(max(1, frames)) }
        return expectedShares[min(max(0, packets - 1), expectedShares.count - 1)]
    }

    private func projectedBytes(_ encoder: borrowing VideoEncoder) -> Int? {
        let share = share(after: encoder.packetCount)
        guard share > 0.05 else { return nil }
        return Int(Double(encoder.byteCount) / share) + fixedBytes
    }
}

extension Muxer {
    /// Writes the sound that belongs before a moment of the picture.
    mutating func writeSound(
        from sound: inout SoundTrack?, until seconds: Double
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
