import Core
import Foundation
import Media
import SystemPackage

/// What the one sweep over the source found out: everything that pass 2 needs to know.
struct Sweep {
    var log: PassLog
    /// The log as x264 wrote it; what pass 2 reads is tuned to its rate.
    var logText: [UInt8]
    var frames: Int
    /// What an MP4 with these packets and this sound adds to their payload.
    var containerBytes: Int
    /// The size of the pictures that the log is about.
    var size: PixelSize
    /// x264's macroblock tree, as it wrote it beside the log.
    var tree: Data

    /// The size of the pictures that pass 1 sees: three eighths in each direction, or half of small ones.
    ///
    /// Very small ones are analysed as they are: quick anyway, and a quarter of them says too little.
    /// A part is not only quicker but better than the whole. VMAF at equal bytes of a game, a film
    /// trailer and an animation at 720 lines: 76.4, 93.9, 73.4 at three eighths; 76.1, 94.3, 73.8 at
    /// a half, which takes 2 % more time in all; 75.9, 92.9, 73.0 by `ffmpeg`'s pass 1 of the whole. A
    /// third loses 0.6 on the game.
    static func analysedSize(of full: PixelSize) -> PixelSize {
        switch full.shortSide {
        case ..<288: full
        case ..<480: full.fitted(shortSide: full.shortSide / 2)
        default: full.fitted(shortSide: full.shortSide * 3 / 8)
        }
    }

    /// Decodes once: each prepared frame is kept by `prepared`, and its small copy goes through pass 1.
    ///
    /// Parameters:
    ///   - settings: of the encoder that pass 2 will be, at full size.
    ///   - keyframes: frames that are made keyframes, whatever they show.
    ///   - log: where x264 writes its statistics, and `<log>.mbtree` beside it.
    ///   - onFrame: called with the number of frames done.
    static func run(
        _ prepared: inout PreparedFrames,
        sound: inout Track?,
        trimmings: Trimmings,
        settings: VideoEncoder.Settings,
        keyframes: [Int],
        log: FilePath,
        flag: CancellationFlag,
        onFrame: (Int) -> Void
    ) throws -> Sweep {
        let size = analysedSize(of: settings.size)
        var small = settings
        small.size = size
        let (timings, containerBytes) = try analyse(
            &prepared,
            sound: &sound,
            trimmings: trimmings,
            from: settings.size,
            settings: small,
            keyframes: keyframes,
            log: log,
            flag: flag,
            onFrame: onFrame
        )
        // x264 completed its log when the encoder was closed, at the end of that call.
        let text = (try? Data(contentsOf: URL(fileURLWithPath: log.string))) ?? Data()
        guard let parsed = PassLog(parsing: [UInt8](text), pixels: size.pixels),
            parsed.frames.count == timings.count
        else {
            throw MediaError.incompleteLog
        }
        return Sweep(
            log: parsed,
            logText: [UInt8](text),
            frames: timings.count,
            containerBytes: containerBytes,
            size: size,
            tree: (try? Data(contentsOf: URL(fileURLWithPath: log.string + ".mbtree"))) ?? Data()
        )
    }

    private static func analyse(
        _ prepared: inout PreparedFrames,
        sound: inout Track?,
        trimmings: Trimmings,
        from full: PixelSize,
        settings: VideoEncoder.Settings,
        keyframes: [Int],
        log: FilePath,
        flag: CancellationFlag,
        onFrame: (Int) -> Void
    ) throws -> (timings: [PacketTiming], containerBytes: Int) {
        let shrinker = try Shrinker(from: full, to: settings.size, flags: "area")
        var encoder = try VideoEncoder(settings, mode: .firstPass(log: log))
        var frame = try Frame()
        var small = try Frame()
        var packet = try Packet()
        var timings: [PacketTiming] = []
        var count = 0
        while try prepared.next(into: &frame) {
            if flag.isRaised { throw Failure.interrupted }
            try shrinker.shrink(frame, into: &small)
            small.startsGroup = keyframes.contains(count)
            count += 1
            try encoder.send(small)
            while try encoder.receive(into: &packet) { timings.append(packet.timing) }
            onFrame(count)
        }
        guard count > 0 else { throw MediaError.noPicture }
        try encoder.finish()
        while try encoder.receive(into: &packet) { timings.append(packet.timing) }
        let container = try Muxer.containerBytes(
            video: encoder,
            packets: timings,
            sound: &sound,
            trimmings: trimmings
        )
        return (timings, container)
    }
}
