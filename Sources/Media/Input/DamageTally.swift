import CFFmpeg
import Core
import Synchronization

/// Counts what a decoder could not read or had to make up, and where.
///
/// A decoder tells of damage in three ways, none of them complete: an error for the packet, a flag on
/// the frame, and a line in the log. Under frame threads the flag is lost in older versions of FFmpeg, and
/// HEVC's decoder has nothing but the line.
struct DamageTally {
    private var places = Damage.Loss()
    private let log: DecoderLog
    private var linesSeen = 0
    // The same picture may be told of in two ways.
    private var flagged = 0
    private var logged = 0
    /// Presentation time of the packet that went in last, in seconds of the container's time.
    private var seconds = 0.0
    /// The earliest time of a packet that should be shown, before there was a frame.
    private var firstPacket: Double?
    private var firstFrame: Double?

    init(_ log: DecoderLog) { self.log = log }

    /// A packet goes into the decoder.
    mutating func take(_ packet: borrowing Packet, _ base: AVRational) {
        let pointer = packet.pointer
        let time = pointer.pointee.pts == cinch_no_pts ? pointer.pointee.dts : pointer.pointee.pts
        guard time != cinch_no_pts else { return }
        seconds = Double(time) * av_q2d(base)
        // What an edit list hides is decoded, and not shown.
        guard firstFrame == nil, pointer.pointee.flags & AV_PKT_FLAG_DISCARD == 0,
            pointer.pointee.pts != cinch_no_pts
        else { return }
        firstPacket = min(firstPacket ?? seconds, seconds)
    }

    /// A frame comes out.
    mutating func take(_ frame: borrowing Frame, _ base: AVRational) {
        let time = frame.pointer.pointee.pts
        let own = time == cinch_no_pts ? seconds : Double(time) * av_q2d(base)
        if firstFrame == nil { firstFrame = own }
        if cinch_frame_is_damaged(frame.pointer) != 0 {
            flagged += 1
            places.add(atSeconds: own)
        }
        look(at: own)
    }

    /// What was read so far belongs to nothing that is shown.
    mutating func forget() {
        places = Damage.Loss()
        (flagged, logged, linesSeen) = (0, 0, log.lineCount)
        (firstPacket, firstFrame) = (nil, nil)
    }

    /// Nothing comes any more.
    mutating func finish() { look(at: seconds) }

    /// Looks for new lines in the log; a picture that goes in is ahead of the one that comes out.
    private mutating func look(at time: Double) {
        let lines = log.lineCount
        guard lines > linesSeen else { return }
        logged += log.isOnePerFrame ? lines - linesSeen : 1
        linesSeen = lines
        places.add(atSeconds: min(time, seconds))
    }

    /// What was lost so far, in the container's time.
    var loss: Damage.Loss {
        var loss = places
        loss.concealed = max(flagged, logged)
        return loss
    }

    /// The decoder refused what went in.
    mutating func refuse() {
        places.undecoded += 1
        places.add(atSeconds: seconds)
    }

    /// How much later than the first packet the first frame is, in seconds.
    var lateSeconds: Double {
        guard let firstPacket, let firstFrame else { return 0 }
        return max(0, firstFrame - firstPacket)
    }
}

/// Lines in libav's log that tell of damage in one decoder's pictures.
final class DecoderLog: Sendable {
    private let lines = Atomic(0)
    private let hasOthers = Atomic(false)

    var lineCount: Int { lines.load(ordering: .relaxed) }

    /// Whether each line so far stands for one picture.
    var isOnePerFrame: Bool { !hasOthers.load(ordering: .relaxed) }

    /// Lets a decoder's lines be counted here, from before it is opened; its threads inherit that.
    ///
    /// The decoder keeps this alive until `release`.
    func attach(to context: UnsafeMutablePointer<AVCodecContext>) {
        context.pointee.opaque = Unmanaged.passRetained(self).toOpaque()
    }

    /// Frees a decoder and lets go of what counts its lines, which it does to its last breath.
    static func free(_ context: UnsafeMutablePointer<UnsafeMutablePointer<AVCodecContext>?>?) {
        let opaque = context?.pointee?.pointee.opaque
        avcodec_free_context(context)
        if let opaque { Unmanaged<DecoderLog>.fromOpaque(opaque).release() }
    }

    /// Looks at what libav says; called from its own threads.
    ///
    /// `context`: begins with a pointer to the class of whoever speaks.
    static func hear(
        _ context: UnsafeMutableRawPointer?,
        _ format: UnsafePointer<CChar>
    ) {
        // Each picture that lost macroblocks has one such line (libavcodec/error_resilience.c).
        let isConcealing = strncmp(format, "concealing ", 11) == 0
        // HEVC shows a picture without its slices or references, and no flag tells.
        let isOther =
            strncmp(format, "Error parsing NAL unit", 22) == 0
            || strncmp(format, "Could not find ref with POC", 27) == 0
        guard isConcealing || isOther, let context,
            context.assumingMemoryBound(to: UnsafePointer<AVClass>?.self).pointee
                == avcodec_get_class(),
            let opaque = context.assumingMemoryBound(to: AVCodecContext.self).pointee.opaque
        else { return }
        let log = Unmanaged<DecoderLog>.fromOpaque(opaque).takeUnretainedValue()
        if isOther { log.hasOthers.store(true, ordering: .relaxed) }
        log.lines.wrappingAdd(1, ordering: .relaxed)
    }
}
