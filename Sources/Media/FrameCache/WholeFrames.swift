import CFFmpeg
import Core

/// Some of a picture's frames as they are before they are shrunk to what is encoded, to compare the result with.
///
/// They are taken on the way, from the frames that are decoded anyway.
struct WholeFrames: ~Copyable {
    private let stride: Int
    private var shape: FrameShape
    private var store: FrameStore
    // Taken, but another may be shown at its place.
    private var pending: Frame
    private var pendingIndex: Int?
    private var shaped: Frame
    private var next = 0
    // Which frame of the result shows each of them.
    private(set) var indices: [Int] = []

    /// Takes one frame in `stride`, at `size`.
    init(
        _ size: PixelSize,
        of source: VideoTrack,
        as picture: Picture,
        stride: Int,
        memoryBytes: Int
    ) throws(MediaError) {
        let store = try FrameStore(
            size: size,
            memoryLimit: memoryBytes,
            fileLimit: 0,
            path: nil
        )
        let pending = try Frame()
        let shaped = try Frame()
        var picture = picture
        picture.size = size
        shape = FrameShape(picture, of: source)
        self.stride = max(1, stride)
        self.store = store
        self.pending = pending
        self.shaped = shaped
    }

    /// Looks at a decoded frame that the result shows at `index`, unless one comes after it that it shows there too.
    mutating func consider(
        _ frame: borrowing Frame,
        at index: Int,
        timeBase: AVRational
    ) throws(MediaError) {
        if let pendingIndex, index > pendingIndex { try settle(timeBase) }
        guard index >= next, store.isComplete else { return }
        try pending.refer(to: frame, doing: "keep a frame")
        pendingIndex = index
    }

    /// Takes the one that is pending: no other has its place.
    mutating func settle(_ timeBase: AVRational) throws(MediaError) {
        guard let index = pendingIndex else { return }
        pendingIndex = nil
        next = (index / stride + 1) * stride
        try shape.push(pending, timeBase: timeBase)
        pending.clear()
        guard try shape.pull(into: &shaped) else { return }
        try store.append(shaped)
        if store.isComplete { indices.append(index) }
    }

    /// Puts the one that the result shows at `index` into `frame`; false where it was not taken.
    mutating func read(_ index: Int, into frame: inout Frame) throws(MediaError) -> Bool {
        guard store.isComplete, let place = indices.firstIndex(of: index) else { return false }
        try store.read(place, into: &frame)
        return true
    }
}
