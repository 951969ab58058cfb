import CFFmpeg
import Core

/// The sound of one track or of several heard at once, in blocks of one AAC frame.
///
/// Each track is padded and resampled by itself, so that all begin at zero; a limiter keeps their
/// sum from clipping.
struct SoundMix: ~Copyable {
    /// A track that is read; an array cannot hold what cannot be copied.
    private final class Voice {
        var reader: SoundReader
        var frame: Frame
        var isOver = false

        init(_ reader: consuming SoundReader) throws(MediaError) {
            frame = try Frame()
            self.reader = reader
        }
    }

    private let voices: [Voice]
    private let blockSize: Int
    private var graph: FilterGraph?
    private var mixedCount = 0

    init(
        _ shape: SoundShape,
        of source: some Recording,
        blockSize: Int,
        flag: CancellationFlag
    ) throws(MediaError) {
        var voices: [Voice] = []
        for index in shape.streamIndexes {
            let reader = try SoundReader(
                source: source,
                streamIndex: index,
                channels: shape.channels,
                sampleRate: shape.sampleRate,
                blockSize: blockSize,
                flag: flag
            )
            voices.append(try Voice(reader))
        }
        self.voices = voices
        self.blockSize = blockSize
    }

    var sampleCount: Int { voices.reduce(0) { max($0, $1.reader.sampleCount) } }
    /// What was lost of all of them so far.
    var loss: Damage.Loss {
        voices.reduce(into: Damage.Loss()) { $0.add($1.reader.loss) }
    }

    /// The next block; false at the end, which is that of the longest track.
    mutating func next(into frame: inout Frame) throws(MediaError) -> Bool {
        if voices.count == 1 { return try voices[0].reader.next(into: &frame) }
        while true {
            if try graph?.pull(into: &frame) == true {
                frame.pointer.pointee.pts = Int64(mixedCount)
                mixedCount += Int(frame.pointer.pointee.nb_samples)
                return true
            }
            if voices.allSatisfy(\.isOver) { return false }
            for (index, voice) in voices.enumerated() where !voice.isOver {
                try advance(voice, input: index)
            }
        }
    }

    private mutating func advance(_ voice: Voice, input: Int) throws(MediaError) {
        guard try voice.reader.next(into: &voice.frame) else {
            voice.isOver = true
            try graph?.finish(at: Int64(voice.reader.sampleCount), input: input)
            return
        }
        if graph == nil {
            let rate = voice.frame.pointer.pointee.sample_rate
            let one = FilterGraph.Input(sound: voice.frame, timeBase: av_make_q(1, rate))
            graph = try FilterGraph(
                inputs: voices.map { _ in one },
                chain: "amix=inputs=\(voices.count):duration=longest:normalize=0,"
                    + SoundReader.limiter
            )
            graph?.setBlockSize(blockSize)
            // Tracks that were over before there was a graph to tell.
            for (index, other) in voices.enumerated() where other.isOver {
                try graph?.finish(at: 0, input: index)
            }
        }
        try graph?.push(voice.frame, to: input)
    }
}
