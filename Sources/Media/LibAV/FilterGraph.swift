import CFFmpeg

/// A chain of libavfilter filters with one input or several and one output.
struct FilterGraph: ~Copyable {
    private let handle: Owned<AVFilterGraph>
    // Owned by the graph.
    private let sources: [UnsafeMutablePointer<AVFilterContext>]
    private let sink: UnsafeMutablePointer<AVFilterContext>

    /// What a source of pictures or samples hands in: fixed for the life of a graph.
    struct Input: Equatable {
        var isVideo = true
        var width: Int32 = 0
        var height: Int32 = 0
        /// `AVPixelFormat` or `AVSampleFormat`.
        var format: Int32 = -1
        var timeBase: (Int32, Int32)
        var sampleRate: Int32 = 0
        var layout = ""

        static func == (left: Input, right: Input) -> Bool {
            left.isVideo == right.isVideo && left.width == right.width
                && left.height == right.height && left.format == right.format
                && left.timeBase == right.timeBase && left.sampleRate == right.sampleRate
                && left.layout == right.layout
        }

        init(picture frame: borrowing Frame, timeBase: AVRational) {
            self.timeBase = (timeBase.num, timeBase.den)
            width = frame.pointer.pointee.width
            height = frame.pointer.pointee.height
            format = frame.pointer.pointee.format
        }

        init(sound frame: borrowing Frame, timeBase: AVRational) {
            self.timeBase = (timeBase.num, timeBase.den)
            isVideo = false
            format = frame.pointer.pointee.format
            sampleRate = frame.pointer.pointee.sample_rate
            var name = [CChar](repeating: 0, count: 128)
            // Streams that name no layout get the usual one for their number of channels.
            if frame.pointer.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
                av_channel_layout_default(
                    &frame.pointer.pointee.ch_layout,
                    frame.pointer.pointee.ch_layout.nb_channels
                )
            }
            av_channel_layout_describe(&frame.pointer.pointee.ch_layout, &name, name.count)
            let end = name.firstIndex(of: 0) ?? 0
            layout = String(decoding: name[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
        }

        fileprivate var arguments: String {
            let base = "time_base=\(timeBase.0)/\(timeBase.1)"
            return isVideo
                ? "video_size=\(width)x\(height):pix_fmt=\(format):pixel_aspect=1/1:\(base)"
                : "sample_rate=\(sampleRate):sample_fmt=\(format):channel_layout=\(layout):\(base)"
        }
    }

    /// Builds `chain` between the inputs and the output (`avfilter_graph_parse_ptr`).
    ///
    /// Parameters:
    ///   - inputs: one, or more for a filter that compares or composes (labels `in0`, `in1`, …).
    ///   - chain: libavfilter's own language; the last filter's output is the result.
    ///   - joinsInputs: whether the first filter takes all inputs; otherwise it takes the first, and
    ///     the chain names the others.
    init(inputs: [Input], chain: String, joinsInputs: Bool = true) throws(MediaError) {
        LibraryLog.install()
        let handle = try Owned(avfilter_graph_alloc(), freedBy: avfilter_graph_free)
        let graph = handle.pointer
        // Slices of one picture gain nothing beside a decoder and an encoder that fill all cores.
        graph.pointee.nb_threads = 1

        func make(
            _ name: String,
            _ label: String,
            _ arguments: String?
        ) throws(MediaError) -> UnsafeMutablePointer<AVFilterContext> {
            guard let filter = avfilter_get_by_name(name) else {
                throw MediaError(
                    .unsupported,
                    doing: "set up the filters",
                    words: "this build of FFmpeg has no '\(name)' filter"
                )
            }
            var context: UnsafeMutablePointer<AVFilterContext>?
            try MediaError.check(
                avfilter_graph_create_filter(&context, filter, label, arguments, nil, graph),
                "set up the filters"
            )
            guard let context else { throw MediaError(.memory, doing: "set up the filters") }
            return context
        }

        var sources: [UnsafeMutablePointer<AVFilterContext>] = []
        // avfilter_graph_parse_ptr takes the lists over and frees them.
        var outputs: UnsafeMutablePointer<AVFilterInOut>?
        var sinkInput: UnsafeMutablePointer<AVFilterInOut>?
        defer {
            avfilter_inout_free(&outputs)
            avfilter_inout_free(&sinkInput)
        }
        for (index, input) in inputs.enumerated().reversed() {
            let source = try make(
                input.isVideo ? "buffer" : "abuffer",
                "in\(index)",
                input.arguments
            )
            sources.insert(source, at: 0)
            guard let entry = avfilter_inout_alloc() else {
                throw MediaError(.memory, doing: "set up the filters")
            }
            entry.pointee.name = av_strdup("in\(index)")
            entry.pointee.filter_ctx = source
            entry.pointee.pad_idx = 0
            entry.pointee.next = outputs
            outputs = entry
        }
        let sink = try make(
            inputs.first?.isVideo == false ? "abuffersink" : "buffersink",
            "out",
            nil
        )
        guard let entry = avfilter_inout_alloc() else {
            throw MediaError(.memory, doing: "set up the filters")
        }
        entry.pointee.name = av_strdup("out")
        entry.pointee.filter_ctx = sink
        entry.pointee.pad_idx = 0
        sinkInput = entry

        let labels = (joinsInputs ? inputs.indices : 0..<1).map { "[in\($0)]" }.joined()
        try MediaError.check(
            avfilter_graph_parse_ptr(graph, labels + chain + "[out]", &sinkInput, &outputs, nil),
            "set up the filters"
        )
        try MediaError.check(avfilter_graph_config(graph, nil), "set up the filters")
        self.handle = handle
        self.sources = sources
        self.sink = sink
    }

    /// Whether a filter of that name is in the library that runs.
    static func has(_ name: String) -> Bool {
        avfilter_get_by_name(name) != nil
    }

    /// Hands a frame in; the graph takes a reference and the frame stays the caller's.
    func push(_ frame: borrowing Frame, to input: Int = 0) throws(MediaError) {
        try MediaError.check(
            av_buffersrc_add_frame_flags(
                sources[input],
                frame.pointer,
                Int32(AV_BUFFERSRC_FLAG_KEEP_REF)
            ),
            "filter a frame"
        )
    }

    /// Says that the input ended at a time in its time base, so that the last frame keeps its length.
    func finish(at time: Int64, input: Int = 0) throws(MediaError) {
        try MediaError.check(av_buffersrc_close(sources[input], time, 0), "filter the last frame")
    }

    /// Takes the next finished frame; false when more input is needed, or at the end.
    func pull(into frame: inout Frame) throws(MediaError) -> Bool {
        av_frame_unref(frame.pointer)
        let status = av_buffersink_get_frame(sink, frame.pointer)
        if status == cinch_error_again || status == cinch_error_eof { return false }
        try MediaError.check(status, "filter a frame")
        return true
    }

    /// Samples come out in blocks of so many (`av_buffersink_set_frame_size`).
    func setBlockSize(_ samples: Int) {
        av_buffersink_set_frame_size(sink, UInt32(clamping: samples))
    }

    var outputTimeBase: AVRational { av_buffersink_get_time_base(sink) }
}
