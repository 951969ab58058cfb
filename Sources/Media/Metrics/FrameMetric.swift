import CFFmpeg
package import Core

/// Measures how like frames are to those that they were made of, by a filter of libavfilter, pair by pair.
package struct FrameMetric: ~Copyable {
    /// What is measured; all of luma.
    package enum Kind: Sendable, Equatable {
        case ssim
        /// Gives mean squared errors.
        case psnr
        case xpsnr
        /// Gives nothing by itself: libvmaf writes what it finds into a file, when it is freed.
        case vmaf(log: String)

        fileprivate var filter: String {
            switch self {
            case .ssim: "ssim"
            case .psnr: "psnr"
            case .xpsnr: "xpsnr"
            case .vmaf: "libvmaf"
            }
        }

        fileprivate var key: String? {
            switch self {
            case .ssim: "lavfi.ssim.Y"
            case .psnr: "lavfi.psnr.mse.y"
            case .xpsnr: "lavfi.xpsnr.xpsnr.y"
            case .vmaf: nil
            }
        }

        fileprivate func chain(rate: Rational) -> String {
            // xpsnr divides by the frame rate, which nobody has told it otherwise.
            let fps = "fps=\(rate.numerator)/\(rate.denominator)"
            return switch self {
            case .ssim, .psnr: filter
            case .xpsnr: "\(fps)[one];[in1]\(fps)[other];[one][other]xpsnr"
            // The one that was made comes first, and the file's name is taken apart twice.
            case .vmaf(let log):
                "null[one];[in1][one]libvmaf=log_fmt=json:log_path=\(Self.escaped(Self.escaped(log)))"
            }
        }

        private static func escaped(_ text: String) -> String {
            text.map { "\\':,;[] ".contains($0) ? "\\\($0)" : "\($0)" }.joined()
        }
    }

    private let graph: FilterGraph
    private let key: String?
    private var left: Frame
    private var right: Frame
    private var measured: Frame
    private var count: Int64 = 0
    /// Of the pairs so far, but for a few that the filter still has.
    package private(set) var values: [Double] = []

    /// Whether this build of FFmpeg can measure it.
    package static func has(_ kind: Kind) -> Bool { FilterGraph.has(kind.filter) }

    /// `size`: of all frames that will be compared; 8-bit 4:2:0.
    package init(
        _ kind: Kind,
        size: PixelSize,
        rate: Rational = Rational(25, 1)
    ) throws(MediaError) {
        let like = try Frame()
        like.pointer.pointee.width = Int32(clamping: size.width)
        like.pointer.pointee.height = Int32(clamping: size.height)
        like.pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let base = av_make_q(Int32(clamping: rate.denominator), Int32(clamping: rate.numerator))
        let input = FilterGraph.Input(picture: like, timeBase: base)
        let takesBoth = kind == .ssim || kind == .psnr
        let graph = try FilterGraph(
            inputs: [input, input],
            chain: kind.chain(rate: rate),
            joinsInputs: takesBoth
        )
        let left = try Frame()
        let right = try Frame()
        let measured = try Frame()
        key = kind.key
        self.graph = graph
        self.left = left
        self.right = right
        self.measured = measured
    }

    /// Measures one pair.
    package mutating func add(
        _ original: borrowing Frame,
        _ result: borrowing Frame
    ) throws(MediaError) {
        // The filter pairs frames by their times; references leave the callers' frames as they are.
        try MediaError.check(av_frame_ref(left.pointer, original.pointer), "compare frames")
        try MediaError.check(av_frame_ref(right.pointer, result.pointer), "compare frames")
        defer {
            av_frame_unref(left.pointer)
            av_frame_unref(right.pointer)
        }
        left.pointer.pointee.pts = count
        right.pointer.pointee.pts = count
        try graph.push(left, to: 0)
        try graph.push(right, to: 1)
        count += 1
        try drain()
    }

    private mutating func drain() throws(MediaError) {
        while try graph.pull(into: &measured) {
            guard let key else { continue }
            let entry = av_dict_get(measured.pointer.pointee.metadata, key, nil, 0)
            if let entry, let value = Double(String(cString: entry.pointee.value)) {
                values.append(value)
            }
        }
    }

    /// Says that there are no more pairs: what the filter still has comes out.
    package mutating func finish() throws(MediaError) {
        try graph.finish(at: count, input: 0)
        try graph.finish(at: count, input: 1)
        try drain()
    }
}
