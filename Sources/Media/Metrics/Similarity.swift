package import Core

/// Compares pictures by structural similarity of luma (libavfilter's `ssim`), frame by frame.
package struct Similarity: ~Copyable {
    private var metric: FrameMetric
    /// Pairs compared so far.
    package private(set) var count = 0

    /// `size`: of all frames that will be compared; 8-bit 4:2:0.
    package init(size: PixelSize) throws(MediaError) {
        metric = try FrameMetric(.ssim, size: size)
    }

    /// Compares one pair.
    package mutating func add(
        _ one: borrowing Frame,
        _ other: borrowing Frame
    ) throws(MediaError) {
        try metric.add(one, other)
        count += 1
    }

    /// The mean over all pairs, 0 to 1; nil where there was none.
    package consuming func mean() throws(MediaError) -> Double? {
        guard count > 0 else { return nil }
        try metric.finish()
        return metric.values.reduce(0, +) / Double(count)
    }
}
