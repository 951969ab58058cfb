/// Changes to the text of x264's pass log, so that pass 2 does what its options cannot say.
package enum PassLogText {
    /// The log of a stretch of frames that begins at a keyframe, numbered from 0 again.
    ///
    /// With closed GOPs the frames from a keyframe on are the same ones in coding and display order.
    package static func slice(_ text: [UInt8], frames: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if line.first == UInt8(ascii: "#") {
                result += line
                result.append(UInt8(ascii: "\n"))
                continue
            }
            defer { index += 1 }
            guard frames.contains(index) else { continue }
            for field in line.split(separator: UInt8(ascii: " ")) {
                if let moved = renumbered(field, by: frames.lowerBound) {
                    result += moved
                } else {
                    result += field
                }
                result.append(UInt8(ascii: " "))
            }
            result.append(UInt8(ascii: "\n"))
        }
        return result
    }

    /// Frames before `index`, in coding order, that others refer to: each has a record in the
    /// macroblock-tree file.
    package static func referenceCount(_ text: [UInt8], before index: Int) -> Int {
        let marker = Array("type:b".utf8)
        var count = 0
        var line = 0
        for bytes in text.split(separator: UInt8(ascii: "\n"))
        where bytes.first != UInt8(ascii: "#") {
            guard line < index else { break }
            line += 1
            let fields = bytes.split(separator: UInt8(ascii: " "), maxSplits: 3)
            if fields.count > 2, !fields[2].elementsEqual(marker) { count += 1 }
        }
        return count
    }

    private static func renumbered(_ field: ArraySlice<UInt8>, by base: Int) -> [UInt8]? {
        for name in ["in:", "out:"] where field.starts(with: Array(name.utf8)) {
            let digits = field.dropFirst(name.utf8.count)
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            return Array("\(name)\(number - base)".utf8)
        }
        return nil
    }

    /// The text of a log that makes x264 spend exactly the wanted rate, with the rate to give it.
    ///
    /// x264 takes its rate in whole kilobits a second, 1 % of a small target, and multiplies it by
    /// the durations in the log. So the rate is rounded down and durations are drawn out to make up
    /// for it: those of B-frames, whose quantizers follow their neighbours' and not their own length.
    ///
    /// Parameters:
    ///   - text: the log as x264 wrote it.
    ///   - bitsPerSecond: the wanted rate.
    package static func tuned(
        _ text: [UInt8],
        for bitsPerSecond: Int
    ) -> (text: [UInt8], bitsPerSecond: Int) {
        // libx264 refuses a rate of 1 kbit/s and less.
        let whole = max(2, bitsPerSecond / 1000) * 1000
        guard whole < bitsPerSecond else { return (text, whole) }
        let marker = Array("type:b dur:".utf8)
        // Where the digits of a B-frame's duration are, and all durations together.
        var places: [Range<Int>] = []
        var total = 0
        var line = text.startIndex
        while line < text.endIndex {
            let end = text[line...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
            if let digits = durationDigits(in: text[line..<end]) {
                total += Int(String(decoding: text[digits], as: UTF8.self)) ?? 0
                if text[..<digits.lowerBound].suffix(marker.count).elementsEqual(marker) {
                    places.append(digits)
                }
            }
            line = end + 1
        }
        let extra = Int(
            (Double(total) * (Double(bitsPerSecond) / Double(whole) - 1)).rounded(.down)
        )
        // A clip without B-frames keeps its rounding.
        guard extra > 0, !places.isEmpty else { return (text, whole) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + 2 * places.count)
        var copied = text.startIndex
        for (index, digits) in places.enumerated() {
            // Evenly spread: the share of this one is what the running sum grows by.
            let share = extra * (index + 1) / places.count - extra * index / places.count
            guard share > 0 else { continue }
            let own = Int(String(decoding: text[digits], as: UTF8.self)) ?? 0
            result += text[copied..<digits.lowerBound]
            result += Array(String(own + share).utf8)
            copied = digits.upperBound
        }
        result += text[copied...]
        return (result, whole)
    }

    private static func durationDigits(in line: ArraySlice<UInt8>) -> Range<Int>? {
        // `in:0 out:0 type:I dur:2 cpbdur:2 …`: the fourth field.
        guard line.first == UInt8(ascii: "i") else { return nil }
        var index = line.startIndex
        for _ in 0..<3 {
            guard let space = line[index...].firstIndex(of: UInt8(ascii: " ")) else { return nil }
            index = space + 1
        }
        let field = Array("dur:".utf8)
        guard line[index...].starts(with: field) else { return nil }
        let start = index + field.count
        let end = line[start...].firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
        return start..<end
    }
}
