import CFFmpeg
import Core

/// Single frames as a result would show them, whatever size and format they come in.
///
/// For frames that are looked at here and there; `PictureReader` shapes those that follow each other.
struct FrameShape: ~Copyable {
    private let picture: Picture
    private let source: VideoTrack
    // Rebuilt where a stream changes its frame size or format in the middle.
    private var graph: FilterGraph?
    private var input: FilterGraph.Input?

    init(_ picture: Picture, of source: VideoTrack) {
        self.picture = picture
        self.source = source
    }

    /// Hands a decoded frame in.
    mutating func push(
        _ frame: borrowing Frame,
        timeBase: AVRational
    ) throws(MediaError) {
        let own = FilterGraph.Input(picture: frame, timeBase: timeBase)
        if graph == nil || input != own {
            let chain = PictureChain(
                picture: picture,
                source: source,
                format: own.format,
                stored: PixelSize(width: Int(own.width), height: Int(own.height))
            )
            graph = try FilterGraph(inputs: [own], chain: chain.text)
            input = own
        }
        try graph?.push(frame)
    }

    /// The next shaped frame; false where more have to be handed in.
    mutating func pull(into frame: inout Frame) throws(MediaError) -> Bool {
        try graph?.pull(into: &frame) ?? false
    }

    /// Forgets what filters remember: the next frame does not follow the last.
    mutating func reset() {
        graph = nil
        input = nil
    }
}
