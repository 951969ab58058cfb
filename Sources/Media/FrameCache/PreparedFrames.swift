package import Core
package import SystemPackage

/// The picture of a file, prepared once and read as often as needed.
///
/// The first reading decodes and keeps; later ones take what was kept, or decode again where it was
/// too much. Both yield the same frames.
package struct PreparedFrames: ~Copyable {
    private var reader: PictureReader?
    private var store: FrameStore
    // In the place of the store, where frames are kept in coded form.
    private var coded: CodedFrames?
    // To compare with: prepared ones, or where those are smaller, others from before the shrinking.
    private var samples: FrameStore
    private var whole: WholeFrames?
    private let source: Source
    private let picture: Picture
    private let flag: CancellationFlag
    private var scaler: Shrinker?
    // What the scaler made, where memory has room: several passes read it.
    private var scaled: FrameStore?
    private let memoryLimit: Int
    private var large: Frame
    private var cursor = 0
    private var isFirstReading = true
    /// Frames counted by the first reading.
    package private(set) var count = 0
    /// What the first reading found damaged.
    package private(set) var loss = Damage.Loss()
    /// Seconds at the beginning for which there was no picture that could be decoded.
    package private(set) var lateSeconds = 0.0
    /// Why the first reading ended before the file's end, where it did.
    package private(set) var endedEarly: MediaError?
    /// Every so many frames one is kept for comparing with the result.
    package let sampleStride: Int
    /// The size in which it is kept, which is what a person could have had.
    package let comparedSize: PixelSize

    /// Memory for the frames that the result is compared with.
    private static let sampleBytes = 96 << 20

    /// Opens the picture of a file; nothing is decoded yet.
    ///
    /// Parameters:
    ///   - keeping: how much may be kept, and whether to keep at all.
    ///   - frames: how many are expected.
    ///   - file: where frames go that memory does not hold.
    ///   - full: the size in which the result is compared with the source; nil for that of `picture`.
    package init(
        source: Source,
        picture: Picture,
        keeping: FrameKeeping,
        frames: Int,
        file: FilePath,
        flag: CancellationFlag,
        comparedAt full: PixelSize? = nil
    ) throws(MediaError) {
        let keeps = keeping.place != .decodeAgain
        let isRaw = keeps && keeping.place != .coded
        let store = try FrameStore(
            size: picture.size,
            memoryLimit: isRaw ? keeping.memoryLimitBytes : 0,
            fileLimit: isRaw ? keeping.fileLimitBytes : 0,
            path: file
        )
        var coded: CodedFrames?
        if keeping.place == .coded {
            coded = .some(
                try CodedFrames(of: picture, fileLimit: keeping.fileLimitBytes, path: file)
            )
        }
        // One by one, frames cannot be deinterlaced.
        let compared = picture.deinterlaces ? picture.size : full ?? picture.size
        let most = min(48, max(4, Self.sampleBytes / max(1, compared.pixels * 3 / 2)))
        let stride = max(1, (frames + most - 1) / most)
        let samples = try FrameStore(
            size: picture.size,
            memoryLimit: compared == picture.size ? Self.sampleBytes * 2 : 0,
            fileLimit: 0,
            path: nil
        )
        let reader = try PictureReader(
            source: source,
            picture: picture,
            flag: flag,
            samples: compared == picture.size
                ? nil
                : PictureReader.Samples(
                    size: compared,
                    stride: stride,
                    memoryBytes: Self.sampleBytes * 2
                )
        )
        let large = try Frame()
        sampleStride = stride
        comparedSize = compared
        memoryLimit = keeps ? keeping.memoryLimitBytes : 0
        self.large = large
        self.store = store
        self.coded = coded
        self.samples = samples
        self.reader = consume reader
        self.source = source
        self.picture = picture
        self.flag = flag
    }

    /// From now on, frames are handed out in another size than they are kept in.
    package mutating func scale(to size: PixelSize) throws(MediaError) {
        scaled = nil
        scaler = nil
        guard size != picture.size else { return }
        scaler = .some(try Shrinker(from: picture.size, to: size, flags: "bicubic"))
        // Where frames are decoded again, the reader has to see each of them.
        guard isKept else { return }
        scaled = .some(
            try FrameStore(
                size: size,
                memoryLimit: max(0, memoryLimit - store.memoryBytes),
                fileLimit: 0,
                path: nil
            )
        )
    }

    /// The next frame, its time counted in frames from 0; false at the end.
    package mutating func next(into frame: inout Frame) throws(MediaError) -> Bool {
        guard scaler != nil else { return try nextKept(into: &frame) }
        let index = cursor
        if let count = scaled?.count, index < count, !isFirstReading {
            try scaled?.read(index, into: &frame)
            cursor += 1
            return true
        }
        var kept = try Frame()
        swap(&kept, &large)
        defer { swap(&kept, &large) }
        guard try nextKept(into: &kept) else { return false }
        try scaler?.shrink(kept, into: &frame)
        if scaled?.count == index { try scaled?.append(frame) }
        return true
    }

    private mutating func nextKept(into frame: inout Frame) throws(MediaError) -> Bool {
        if isFirstReading {
            guard try reader?.next(into: &frame) == true else {
                endedEarly = reader?.endedEarly
                if let found = reader?.loss { (loss, lateSeconds) = found }
                try coded?.finish()
                whole = reader?.takeSamples() ?? nil
                return false
            }
            guard count < flag.limits.frames else {
                throw MediaError.tooManyFrames(flag.limits)
            }
            try store.append(frame)
            try coded?.append(frame)
            if count % sampleStride == 0 { try samples.append(frame) }
            count += 1
            return true
        }
        guard cursor < count else { return false }
        if store.isComplete {
            try store.read(cursor, into: &frame)
        } else if isKept {
            try coded?.read(cursor, into: &frame)
        } else {
            guard try reader?.next(into: &frame) == true else { return false }
        }
        cursor += 1
        return true
    }

    /// Goes back to a frame; where nothing was kept, by decoding again from the beginning.
    package mutating func rewind(to index: Int = 0) throws(MediaError) {
        if isFirstReading { try coded?.finish() }
        let goesOn = !isFirstReading && !isKept && reader != nil && cursor == index
        isFirstReading = false
        if goesOn { return }
        cursor = index
        reader = nil
        if !isKept {
            reader = try PictureReader(source: source, picture: picture, flag: flag)
            var skipped = try Frame()
            for _ in 0..<index { guard try reader?.next(into: &skipped) == true else { return } }
        }
    }

    /// One of the frames kept for comparing, at `comparedSize`, by its number; false where that one was not kept.
    package mutating func sample(
        _ index: Int,
        into frame: inout Frame
    ) throws(MediaError) -> Bool {
        if comparedSize != picture.size { return try whole?.read(index, into: &frame) ?? false }
        let place = index / sampleStride
        guard samples.isComplete, index % sampleStride == 0, place < samples.count else {
            return false
        }
        try samples.read(place, into: &frame)
        return true
    }

    /// Where the frames are now.
    package var place: FrameKeeping.Place {
        if store.isComplete { return store.fileBytes > 0 ? .memoryAndFile : .memory }
        return isKept ? .coded : .decodeAgain
    }

    private var isKept: Bool {
        switch coded {
        case .some(let coded): return coded.isComplete
        case .none: return store.isComplete
        }
    }

    private var codedBytes: Int {
        switch coded {
        case .some(let coded): return coded.byteCount
        case .none: return 0
        }
    }

    /// Bytes that are kept, in memory and in the file.
    package var keptBytes: Int {
        let whole = store.memoryBytes + store.fileBytes + codedBytes
        switch scaled {
        case .some(let scaled): return whole + scaled.memoryBytes
        case .none: return whole
        }
    }
}
