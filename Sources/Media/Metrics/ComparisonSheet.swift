import CFFmpeg
package import Core

/// The picture of a comparison: curves over time, and below them moments side by side.
///
/// Drawn by libavfilter (`drawgraph`, `xstack`, `drawtext`) and written as PNG by libavcodec.
package struct ComparisonSheet: ~Copyable {
    /// Red, green and blue, row by row.
    package struct Tile: Sendable {
        package var size: PixelSize
        package var rgb: [UInt8]

        package init(size: PixelSize, rgb: [UInt8]) {
            self.size = size
            self.rgb = rgb
        }
    }

    /// One metric over time.
    package struct Curve: Sendable {
        /// What is written above it.
        package var words: String
        package var values: [Double]
        package var colour: UInt32

        package init(words: String, values: [Double], colour: UInt32) {
            self.words = words
            self.values = values
            self.colour = colour
        }
    }

    /// Two frames of the same time.
    package struct Pair: Sendable {
        package var words: String
        package var original: Tile
        package var result: Tile

        package init(words: String, original: Tile, result: Tile) {
            self.words = words
            self.original = original
            self.result = result
        }
    }

    /// Who draws the letters.
    package enum Lettering: Sendable {
        case drawtext
        /// For builds without FreeType and machines without fonts.
        case own
    }

    /// Of a frame in the picture: as large as two beside each other may be.
    private let tileSize: PixelSize
    private let shrinker: FilterGraph
    private var shrunk: Frame

    private static let margin = 16
    private static let lineHeight = 26
    private static let curveHeight = 120
    private static let background = 0x1B1D21

    /// `size`, `matrix`: of the frames that are compared; 8-bit 4:2:0.
    package init(size: PixelSize, matrix: Picture.Matrix) throws(MediaError) {
        let tile = Self.tileSize(of: size)
        let like = try Frame()
        like.pointer.pointee.width = Int32(clamping: size.width)
        like.pointer.pointee.height = Int32(clamping: size.height)
        like.pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let flags = tile.width > size.width ? "neighbor" : "area"
        let shrinker = try FilterGraph(
            inputs: [FilterGraph.Input(picture: like, timeBase: av_make_q(1, 1000))],
            chain: "scale=w=\(tile.width):h=\(tile.height):flags=\(flags)+full_chroma_int"
                + ":in_color_matrix=\(matrix.rawValue):in_range=tv:out_range=pc,format=rgb24"
        )
        let shrunk = try Frame()
        self.shrinker = shrinker
        self.shrunk = shrunk
        tileSize = tile
    }

    /// Half of a screen's width at the most; small frames several times as large, so that they can be seen.
    package static func tileSize(of size: PixelSize) -> PixelSize {
        if size.longSide < 480 {
            let factor = (479 + size.longSide) / max(1, size.longSide)
            return PixelSize(width: size.width * factor, height: size.height * factor)
        }
        let scale = min(1, 960 / Double(size.width), 720 / Double(size.height))
        func scaled(_ side: Int) -> Int { max(2, Int((Double(side) * scale / 2).rounded()) * 2) }
        return PixelSize(width: scaled(size.width), height: scaled(size.height))
    }

    /// A frame as it will be shown.
    package mutating func tile(of frame: borrowing Frame) throws(MediaError) -> Tile {
        try shrinker.push(frame)
        guard try shrinker.pull(into: &shrunk) else {
            throw MediaError(.other, doing: "shrink a frame", words: "the filter kept it")
        }
        return Self.tile(from: shrunk)
    }

    /// The PNG's bytes.
    ///
    /// `times`: what is written at the left and right ends of the curves.
    package func png(
        curves: [Curve],
        times: (String, String),
        pairs: [Pair],
        lettering: Lettering? = nil
    ) throws(MediaError) -> [UInt8] {
        let margin = Self.margin
        let width = max(360, tileSize.width * 2 + margin * 3)
        var tiles: [(Tile, x: Int, y: Int)] = []
        var words: [(String, x: Int, y: Int)] = []
        var y = margin / 2
        for curve in curves {
            words.append((curve.words, margin, y))
            y += Self.lineHeight
            let size = PixelSize(width: width - 2 * margin, height: Self.curveHeight)
            tiles.append((try Self.drawn(curve, size), margin, y))
            y += Self.curveHeight + margin / 2
        }
        words.append((times.0, margin, y - 4))
        // Digits are about 10 wide.
        words.append((times.1, width - margin - times.1.count * 10, y - 4))
        y += Self.lineHeight
        for pair in pairs {
            // Beside each other only where the letters have room.
            let isNarrow = tileSize.width < 400
            words.append((isNarrow ? pair.words : "A  " + pair.words, margin, y))
            if isNarrow {
                y += Self.lineHeight
                words.append(("A", margin, y))
            }
            words.append(("B", margin * 2 + tileSize.width, y))
            y += Self.lineHeight
            tiles.append((pair.original, margin, y))
            tiles.append((pair.result, margin * 2 + tileSize.width, y))
            y += tileSize.height + margin
        }
        let size = PixelSize(width: width, height: y)
        if lettering != .own, FilterGraph.has("drawtext") {
            // A library that can draw letters may find no font.
            if let frame = try? Self.composed(tiles, size, words) { return try Self.coded(frame) }
        }
        let frame = try Self.composed(tiles, size, [])
        for (text, x, y) in words { SmallLetters.draw(text, x: x, y: y + 4, on: frame) }
        return try Self.coded(frame)
    }

    // MARK: - By filters

    /// The tiles in their places on a dark ground, and the words.
    private static func composed(
        _ tiles: [(Tile, x: Int, y: Int)],
        _ size: PixelSize,
        _ words: [(String, x: Int, y: Int)]
    ) throws(MediaError) -> Frame {
        let base = av_make_q(1, 1)
        var inputs: [FilterGraph.Input] = []
        for (tile, _, _) in tiles {
            inputs.append(FilterGraph.Input(picture: try frame(of: tile), timeBase: base))
        }
        let colour = "0x" + String(background, radix: 16)
        var chain =
            "xstack=inputs=\(tiles.count):fill=\(colour):layout="
            + tiles.map { "\($0.x)_\($0.y)" }.joined(separator: "|")
            + ",pad=w=\(size.width):h=\(size.height):color=\(colour),format=rgb24"
        for (text, x, y) in words {
            let text = text.replacing(":", with: "\\:")
            chain +=
                ",drawtext=text='\(text)':expansion=none:x=\(x):y=\(y)+4:fontsize=17:fontcolor=white"
        }
        let graph = try FilterGraph(inputs: inputs, chain: chain)
        for (index, (tile, _, _)) in tiles.enumerated() {
            try graph.push(try frame(of: tile), to: index)
        }
        for index in tiles.indices { try graph.finish(at: 1, input: index) }
        var result = try Frame()
        guard try graph.pull(into: &result) else {
            throw MediaError(.other, doing: "draw the picture", words: "the filter kept it")
        }
        return result
    }

    /// A curve between its own lowest and highest value, one column of pixels after the other.
    private static func drawn(_ curve: Curve, _ size: PixelSize) throws(MediaError) -> Tile {
        let low = curve.values.min() ?? 0
        let high = max(curve.values.max() ?? 1, low + 0.001)
        let like = try blank(PixelSize(width: 16, height: 16), AV_PIX_FMT_RGB24)
        // The filter's colours are written as alpha, blue, green, red.
        let red = curve.colour >> 16 & 255
        let blue = curve.colour & 255
        let line = 0xFF00_0000 | blue << 16 | curve.colour & 0xFF00 | red
        let quarter = "drawbox=w=iw:h=1:c=white@0.15:t=fill"
        let graph = try FilterGraph(
            inputs: [FilterGraph.Input(picture: like, timeBase: av_make_q(1, 1))],
            chain: "drawgraph=m1=cinch.value:mode=line:slide=frame"
                + ":min=\(low - (high - low) * 0.04):max=\(high + (high - low) * 0.04)"
                + ":fg1=0x\(String(line, radix: 16)):bg=0x26292F"
                + ":size=\(size.width)x\(size.height),format=rgb24"
                + ",\(quarter):y=ih/4,\(quarter):y=ih/2,\(quarter):y=ih*3/4"
        )
        var drawn = try Frame()
        var result: Tile?
        for column in 0..<size.width {
            // More frames than columns: their mean; fewer: each several times.
            let count = curve.values.count
            let start = min(count - 1, column * count / size.width)
            let end = max(start + 1, min(count, (column + 1) * count / size.width))
            let value = curve.values[start..<end].reduce(0, +) / Double(end - start)
            like.pointer.pointee.pts = Int64(column)
            av_dict_set(&like.pointer.pointee.metadata, "cinch.value", "\(value)", 0)
            try graph.push(like)
            while try graph.pull(into: &drawn) {
                if column == size.width - 1 { result = tile(from: drawn) }
            }
        }
        guard let result else {
            throw MediaError(.other, doing: "draw the curve", words: "the filter kept it")
        }
        return result
    }

    // MARK: - Pixels

    private static func blank(
        _ size: PixelSize,
        _ format: AVPixelFormat
    ) throws(MediaError) -> Frame {
        let frame = try Frame()
        frame.pointer.pointee.width = Int32(clamping: size.width)
        frame.pointer.pointee.height = Int32(clamping: size.height)
        frame.pointer.pointee.format = format.rawValue
        frame.pointer.pointee.pts = 0
        frame.pointer.pointee.sample_aspect_ratio = av_make_q(1, 1)
        try MediaError.check(av_frame_get_buffer(frame.pointer, 0), "get memory")
        return frame
    }

    private static func frame(of tile: Tile) throws(MediaError) -> Frame {
        let frame = try blank(tile.size, AV_PIX_FMT_RGB24)
        guard let data = frame.pointer.pointee.data.0 else { return frame }
        let stride = Int(frame.pointer.pointee.linesize.0)
        let row = tile.size.width * 3
        tile.rgb.withUnsafeBufferPointer { pixels in
            guard let start = pixels.baseAddress, pixels.count >= row * tile.size.height else {
                return
            }
            for y in 0..<tile.size.height {
                (data + y * stride).update(from: start + y * row, count: row)
            }
        }
        return frame
    }

    private static func tile(from frame: borrowing Frame) -> Tile {
        let size = PixelSize(width: frame.width, height: frame.height)
        var rgb: [UInt8] = []
        rgb.reserveCapacity(size.pixels * 3)
        if let data = frame.pointer.pointee.data.0 {
            let stride = Int(frame.pointer.pointee.linesize.0)
            for y in 0..<size.height {
                rgb += UnsafeBufferPointer(start: data + y * stride, count: size.width * 3)
            }
        }
        return Tile(size: size, rgb: rgb)
    }

    private static func coded(_ frame: borrowing Frame) throws(MediaError) -> [UInt8] {
        guard let codec = avcodec_find_encoder(AV_CODEC_ID_PNG) else {
            throw MediaError(
                .unsupported,
                doing: "write PNG",
                words: "this build of FFmpeg has no encoder for it"
            )
        }
        let handle = try Owned(avcodec_alloc_context3(codec), freedBy: avcodec_free_context)
        let context = handle.pointer
        context.pointee.width = frame.pointer.pointee.width
        context.pointee.height = frame.pointer.pointee.height
        context.pointee.pix_fmt = AV_PIX_FMT_RGB24
        context.pointee.time_base = av_make_q(1, 1)
        try MediaError.check(
            avcodec_open2(context, codec, nil),
            "set up the PNG encoder",
            as: .encoder
        )
        try MediaError.check(
            avcodec_send_frame(context, frame.pointer),
            "write PNG",
            as: .encoder
        )
        avcodec_send_frame(context, nil)
        let packet = try Packet()
        try MediaError.check(
            avcodec_receive_packet(context, packet.pointer),
            "write PNG",
            as: .encoder
        )
        guard let data = packet.pointer.pointee.data else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: packet.byteCount))
    }
}
