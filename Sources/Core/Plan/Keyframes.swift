/// Where groups of pictures begin, apart from scene cuts, which x264 finds itself.
enum Keyframes {
    /// 10 s, and 20 s for almost static pictures, where keyframes are most of the bytes.
    static func interval(rate: Rational, isStill: Bool) -> Int {
        max(1, Int((rate.value * (isStill ? 20 : 10)).rounded(.down)))
    }

    /// Two near the end; one where a keyframe is dear, and none in a clip of a few seconds, where one
    /// more costs more than it lands.
    static func landing(frames: Int, rate: Rational, isStill: Bool) -> [Int] {
        let seconds = Double(frames) / max(1, rate.value)
        if seconds < 8 { return [] }
        if seconds < 30 || isStill { return [frames * 94 / 100] }
        return [frames * 85 / 100, frames * 97 / 100]
    }

    /// Whether almost nothing moves, judged by what the source spends on a pixel.
    static func isStill(_ source: Source, rate: Rational) -> Bool {
        let pixels = Double(source.video.codedSize.pixels)
        return Double(source.bytes) * 8
            / max(1, source.durationSeconds * rate.value * pixels) < 0.008
    }
}
