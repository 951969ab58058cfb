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
    struct Result {
        var isComplete: Bool
        /// The payload; where it was given up, what it would have become.
        var bytes: Int
        var averageQuantizer: Double
    }

    /// Encodes the frames onto the end of a track, or into a new one at `path` where there is none.
    ///
    /// `onPacket`: called with packets written and their bytes.
    func run(
        _ prepared: inout PreparedFrames,
        into picture: inout Track?,
        at path: FilePath,
        flag: CancellationFlag,
        onPacket: (_ packets: Int, _ bytes: Int) -> Void
    ) throws -> Result {
        // libx264 would choose the level by the rate, and what follows asks for another rate.
        var settings = settings
        settings.level = picture?.level
        var encoder = try VideoEncoder(settings, mode: mode)
        if picture?.packetCount == nil {
            picture = .some(try Track(path: path, of: encoder))
        } else if try picture?.isContinued(by: encoder) == false {
            throw Failure(.defect, "The stretches do not continue each other")
        }
        let packetsBefore = picture?.packetCount ?? 0
        let bytesBefore = picture?.byteCount ?? 0
        var packets: Int { (picture?.packetCount ?? 0) - packetsBefore }
        var bytes: Int { (picture?.byteCount ?? 0) - bytesBefore }
        var frame = try Frame()
        var packet = try Packet()

        /// Keeps the packets that are ready; false when there are too many bytes.
        func drain(_ encoder: inout VideoEncoder) throws -> Bool {
            while try encoder.receive(into: &packet) {
                try picture?.append(packet, shift: frames.lowerBound)
                onPacket(packets, bytes)
                if bytes > byteLimit { return false }
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
            fits = try drain(&encoder)
        }
        if fits {
            try encoder.finish()
            fits = try drain(&encoder)
        }
        var total = bytes
        if !fits {
            total = max(byteLimit + 1, Int(Double(total) / max(0.05, share(after: packets))))
        }
        return Result(
            isComplete: fits,
            bytes: total,
            averageQuantizer: encoder.averageQuantizer ?? 0
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
    /// Writes the file and returns its size.
    static func write(
        picture: inout Track?,
        sound: inout Track?,
        trimmings: Trimmings,
        to path: FilePath,
        flag: CancellationFlag
    ) throws -> Int {
        picture?.rewind()
        sound?.rewind()
        if let length = picture?.durationSeconds, let until = sound?.durationSeconds,
            Muxer.holds(lastPictureAt: length, until: until)
        {
            picture?.hold(untilSeconds: until)
        }
        var muxer = try muxer(path, &picture, sound, trimmings)
        var packet = try Packet()
        while let seconds = picture?.nextSeconds {
            if flag.isRaised { throw Failure.interrupted }
            try muxer.writeSound(from: &sound, until: seconds)
            guard try picture?.next(into: &packet) == true else { break }
            try muxer.writePicture(&packet)
        }
        try muxer.writeSound(from: &sound, until: .infinity)
        try muxer.finish()
        return try FileSize.of(path)
    }

    private static func muxer(
        _ path: FilePath,
        _ picture: inout Track?,
        _ sound: borrowing Track?,
        _ trimmings: Trimmings
    ) throws -> Muxer {
        switch picture {
        case .some(let picture):
            return try Muxer(path: path, picture: picture, sound: sound, trimmings: trimmings)
        case .none: throw Failure(.defect, "There is no picture to write")
        }
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
        perception = Perception(quantizer: plan.prospect?.quantizer)
    }
}
