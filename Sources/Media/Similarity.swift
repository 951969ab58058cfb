import CFFmpeg
package import Core

/// Compares pictures by structural similarity of luma (libavfilter's `ssim`), frame by frame.
package struct Similarity: ~Copyable {
    private let graph: FilterGraph
    private var left: Frame
    private var right: Frame
    private var result: Frame
    private var sum = 0.0
    /// Pairs compared so far.
    package private(set) var count = 0

    /// `size`: of all frames that will be compared; 8-bit 4:2:0.
    package init(size: PixelSize) throws(MediaError) {
        let like = try Frame()
        like.pointer.pointee.width = Int32(clamping: size.width)
        like.pointer.pointee.height = Int32(clamping: size.height)
        like.pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let input = FilterGraph.Input(picture: like, timeBase: av_make_q(1, 1000))
        let graph = try FilterGraph(inputs: [input, input], chain: "ssim")
        let left = try Frame()
        let right = try Frame()
        let result = try Frame()
        self.graph = graph
        self.left = left
        self.right = right
        self.result = result
    }

    /// Compares one pair.
    package mutating func add(
        _ one: borrowing Frame,
        _ other: borrowing Frame
    ) throws(MediaError) {
        // The filter pairs frames by their times; references leave the callers' frames as they are.
        let time = Int64(count)
        try MediaError.check(av_frame_ref(left.pointer, one.pointer), "compare frames")
        try MediaError.check(av_frame_ref(right.pointer, other.pointer), "compare frames")
        defer {
            av_frame_unref(left.pointer)
            av_frame_unref(right.pointer)
        }
        left.pointer.pointee.pts = time
        right.pointer.pointee.pts = time
        try graph.push(left, to: 0)
        try graph.push(right, to: 1)
        count += 1
        try drain()
    }

    private mutating func drain() throws(MediaError) {
        while try graph.pull(into: &result) {
            let entry = av_dict_get(result.pointer.pointee.metadata, "lavfi.ssim.Y", nil, 0)
            if let entry, let value = Double(String(cString: entry.pointee.value)) { sum += value }
        }
    }

    /// The mean over all pairs, 0 to 1; nil where there was none.
    package consuming func mean() throws(MediaError) -> Double? {
        guard count > 0 else { return nil }
        try graph.finish(at: Int64(count), input: 0)
        try graph.finish(at: Int64(count), input: 1)
        try drain()
        return sum / Double(count)
    }
}
