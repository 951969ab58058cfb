import CFFmpeg
package import Core

/// How much each picture of a stretch differs from the one before it (`scdet`).
package enum SceneChanges {
    /// One score a frame, 0 to 100, in the order of the frames that a result would have.
    ///
    /// Parameters:
    ///   - source: the stretch, as a part.
    ///   - picture: of the result; looked at in a small size.
    ///   - frames: at most so many.
    package static func scores(
        of source: Source,
        picture: Picture,
        frames: Int,
        flag: CancellationFlag
    ) throws(MediaError) -> [Double] {
        var small = picture
        small.size = picture.size.fitted(shortSide: min(picture.size.shortSide, lines))
        var reader = try PictureReader(source: source, picture: small, flag: flag)
        var frame = try Frame()
        var looked = try Frame()
        var graph: FilterGraph?
        var scores: [Double] = []
        while scores.count < frames, try reader.next(into: &frame) {
            if graph == nil {
                graph = try FilterGraph(
                    inputs: [FilterGraph.Input(picture: frame, timeBase: av_make_q(1, 1000))],
                    chain: "scdet=threshold=100"
                )
            }
            try graph?.push(frame)
            while try graph?.pull(into: &looked) == true {
                let entry = av_dict_get(
                    looked.pointer.pointee.metadata,
                    "lavfi.scd.score",
                    nil,
                    0
                )
                scores.append(entry.flatMap { Double(String(cString: $0.pointee.value)) } ?? 0)
            }
        }
        return scores
    }

    private static let lines = 90

    /// Whether the library that runs has the filter.
    package static var areSeen: Bool { FilterGraph.has("scdet") }
}
