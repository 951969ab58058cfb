import CFFmpeg
package import Core

/// Looks into a picture for the combs that two woven fields make (libavfilter's `idet`).
///
/// Flags lie both ways: cameras mark progressive pictures as interlaced, and converters store woven
/// ones as progressive. Deinterlacing the first costs sharpness, keeping the second shows combs.
package enum FieldCheck {
    /// What a sample of frames showed.
    package struct Count: Equatable, Sendable {
        package var topFirst = 0
        package var bottomFirst = 0
        package var progressive = 0

        package init(topFirst: Int = 0, bottomFirst: Int = 0, progressive: Int = 0) {
            self.topFirst = topFirst
            self.bottomFirst = bottomFirst
            self.progressive = progressive
        }

        fileprivate static func + (left: Count, right: Count) -> Count {
            Count(
                topFirst: left.topFirst + right.topFirst,
                bottomFirst: left.bottomFirst + right.bottomFirst,
                progressive: left.progressive + right.progressive
            )
        }
    }

    /// The track as its picture shows it to be: `isInterlaced` and `fieldOrder` put right.
    ///
    /// Only tracks whose flags or sizes make it possible are looked at; a few frames of each are
    /// decoded, at the beginning and in the middle. What cannot be decoded stays as it is said to be.
    ///
    /// Throws: `MediaError` only where the flag is raised.
    package static func examined(
        _ source: Source,
        flag: CancellationFlag
    ) throws(MediaError) -> VideoTrack {
        let video = source.video
        guard isWorthLooking(at: video) else { return video }
        do {
            let beginning = try count(source, at: nil, flag: flag)
            let middle = try count(source, at: 0.4, flag: flag)
            return judged(video, by: beginning + middle)
        } catch {
            if flag.isRaised { throw error }
            return video
        }
    }

    /// What a track is taken for after a count: clear evidence beats a flag, and a still picture
    /// gives none.
    package static func judged(_ video: VideoTrack, by count: Count) -> VideoTrack {
        var video = video
        let woven = max(count.topFirst, count.bottomFirst)
        let other = min(count.topFirst, count.bottomFirst)
        if woven >= 8, woven >= 4 * (count.progressive + other) {
            video.isInterlaced = true
            video.fieldOrder = count.topFirst >= count.bottomFirst ? .topFirst : .bottomFirst
        } else if count.progressive >= 12, woven * 8 <= count.progressive {
            video.isInterlaced = false
        }
        return video
    }

    /// Fields come from television: its numbers of lines and rates, and codecs of its time.
    private static func isWorthLooking(at video: VideoTrack) -> Bool {
        guard video.codedSize.shortSide >= 32 else { return false }
        if video.isInterlaced { return true }
        let lines = [480, 486, 576, 608, 1080, 1088]
        let rates = [25, 30_000.0 / 1001, 30]
        let modern = ["hevc", "av1", "vp9", "vp8", "vvc", "gif", "apng", "png", "webp"]
        return lines.contains(video.codedSize.height)
            && video.codedSize.width > video.codedSize.height
            && rates.contains { abs($0 - video.frameRate.value) < 0.01 }
            && !video.isRGB && !modern.contains(video.codec)
    }

    /// Frames looked at in each place: enough to be sure, few enough not to be felt.
    private static let sample = 16

    /// Counts among the frames from a share of the length on; nil from the beginning.
    private static func count(
        _ source: Source,
        at share: Double?,
        flag: CancellationFlag
    ) throws(MediaError) -> Count {
        var decoder = try Decoder(
            path: source.path,
            streamIndex: source.video.streamIndex,
            flag: flag
        )
        if let share {
            guard source.durationSeconds > 2,
                decoder.seek(toSeconds: source.durationSeconds * share)
            else { return Count() }
        }
        var frame = try Frame()
        var result = try Frame()
        var graph: FilterGraph?
        var input: FilterGraph.Input?
        var count = Count()
        for index in 0..<sample {
            guard try decoder.next(into: &frame) else { break }
            let own = FilterGraph.Input(picture: frame, timeBase: av_make_q(1, 25))
            if input == nil {
                // Only luma is looked at.
                graph = try FilterGraph(inputs: [own], chain: "format=gray,idet")
                input = own
            }
            guard own == input else { break }
            frame.pointer.pointee.pts = Int64(index)
            try graph?.push(frame)
            while try graph?.pull(into: &result) == true { count = Self.count(in: result) }
        }
        return count
    }

    /// The filter's running sums, as it writes them on each frame.
    private static func count(in frame: borrowing Frame) -> Count {
        func number(_ key: String) -> Int {
            guard let entry = av_dict_get(frame.pointer.pointee.metadata, key, nil, 0) else {
                return 0
            }
            return Int(Double(String(cString: entry.pointee.value)) ?? 0)
        }
        return Count(
            topFirst: number("lavfi.idet.multiple.tff"),
            bottomFirst: number("lavfi.idet.multiple.bff"),
            progressive: number("lavfi.idet.multiple.progressive")
        )
    }
}
