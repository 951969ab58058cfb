// libm's `pow` alone: pure arithmetic, which the standard library does not have.
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What libx264 wrote down in pass 1, read to foretell bits before pass 2 spends time on them.
///
/// The format and the two formulas are x264's own (`encoder/ratecontrol.c`: the `in:… out:…` lines,
/// `qscale2bits`, and the 0.7 power of the area with which a log of another frame size is scaled).
package struct PassLog: Sendable, Equatable {
    /// One frame's line.
    package struct Frame: Sendable, Equatable {
        package var isKeyframe: Bool
        package var quantizer: Double
        package var textureBits: Int
        package var motionBits: Int
        package var otherBits: Int
    }

    package var frames: [Frame]
    /// Pixels of a frame in the log.
    package var pixels: Int

    package init(frames: [Frame], pixels: Int) {
        self.frames = frames
        self.pixels = pixels
    }

    /// Reads the text of a stats file; nil where a line is cut short, as after a full disk.
    ///
    /// - Parameters:
    ///   - text: the file's bytes.
    ///   - pixels: width × height of the pictures that pass 1 saw.
    package init?(parsing text: [UInt8], pixels: Int) {
        self.pixels = pixels
        frames = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if line.first == UInt8(ascii: "#") { continue }
            guard line.last == UInt8(ascii: ";"), let frame = Frame(parsing: line) else {
                return nil
            }
            frames.append(frame)
        }
    }

    /// Video bits that a frame of `pixels` pixels would need over the whole clip if every quantizer moved by `shift`.
    package func bits(atQuantizerShift shift: Double, pixels other: Int) -> Double {
        let areaFactor = pow(Double(other) / Double(max(1, pixels)), 0.7)
        return frames.reduce(0) { sum, frame in
            // Quantizers end at 0 and 51: what is there already moves no further.
            let moved = min(51, max(0, frame.quantizer + shift))
            let ratio = pow(2, (frame.quantizer - moved) / 6)
            return sum
                + ((Double(frame.textureBits) + 0.1) * pow(ratio, 1.1)
                    + Double(frame.motionBits) * pow(ratio, 0.5)) * areaFactor
                + Double(frame.otherBits)
        }
    }

    /// The shift of all quantizers at which the clip would need `bits`, within ±51.
    package func quantizerShift(forBits bits: Double, pixels: Int) -> Double {
        var low = -51.0
        var high = 51.0
        for _ in 0..<24 {
            let middle = (low + high) / 2
            if self.bits(atQuantizerShift: middle, pixels: pixels) > bits {
                low = middle
            } else {
                high = middle
            }
        }
        return (low + high) / 2
    }

    /// The text of a log that makes x264 spend exactly the wanted rate, with the rate to give it.
    ///
    /// x264 takes its rate in whole kilobits a second, 1 % of a small target, and multiplies it by
    /// the durations in the log. So the rate is rounded down and durations are drawn out to make up
    /// for it: those of B-frames, whose quantizers follow their neighbours' and not their own length.
    ///
    /// - Parameters:
    ///   - text: the log as x264 wrote it.
    ///   - bitsPerSecond: the wanted rate.
    package static func tuned(
        _ text: [UInt8], for bitsPerSecond: Int
    ) -> (text: [UInt8], bitsPerSecond: Int) {
        let whole = max(1, bitsPerSecond / 1000) * 1000
        guard whole < bitsPerSecond else { return (text, max(1000, bitsPerSecond)) }
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
            (Double(total) * (Double(bitsPerSecond) / Double(whole) - 1)).rounded(.down))
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

    /// How much of all bits is out after each frame, in coding order, 0 to 1.
    package func shares(atQuantizerShift shift: Double) -> [Double] {
        var sum = 0.0
        let running = frames.map { frame in
            sum += PassLog(frames: [frame], pixels: pixels).bits(
                atQuantizerShift: shift, pixels: pixels)
            return sum
        }
        return sum > 0 ? running.map { $0 / sum } : running
    }

    /// All bits that pass 1 itself produced.
    package var bits: Int {
        frames.reduce(0) { $0 + $1.textureBits + $1.motionBits + $1.otherBits }
    }

    package var averageQuantizer: Double {
        frames.isEmpty ? 0 : frames.reduce(0) { $0 + $1.quantizer } / Double(frames.count)
    }
}

extension PassLog.Frame {
    /// Reads `in:0 out:0 type:I dur:2 cpbdur:2 q:21.16 aq:15.93 tex:28541 mv:2421 misc:78 …`.
    fileprivate init?(parsing line: ArraySlice<UInt8>) {
        var type: UInt8?
        var quantizer: Double?
        var texture: Int?
        var motion: Int?
        var other: Int?
        for field in line.split(separator: UInt8(ascii: " ")) {
            guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let value = field[(colon + 1)...]
            switch String(decoding: field[..<colon], as: UTF8.self) {
            case "type": type = value.first
            case "q": quantizer = Double(String(decoding: value, as: UTF8.self))
            case "tex": texture = Int(String(decoding: value, as: UTF8.self))
            case "mv": motion = Int(String(decoding: value, as: UTF8.self))
            case "misc": other = Int(String(decoding: value, as: UTF8.self))
            default: continue
            }
            if other != nil { break }
        }
        guard let type, let quantizer, let texture, let motion, let other else { return nil }
        self.init(
            isKeyframe: type == UInt8(ascii: "I"),
            quantizer: quantizer,
            textureBits: texture,
            motionBits: motion,
            otherBits: other
        )
    }
}
