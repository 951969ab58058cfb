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

    /// Where pass 2 is divided: the first frames of the stretches after the body, at keyframes.
    ///
    /// A middle and an end of a few hundredths where there are keyframes for both; else an end
    /// alone; none for a clip in one piece.
    package func cuts(shares: [Double]) -> [Int] {
        let candidates = frames.indices.dropFirst()
            .filter { frames[$0].isKeyframe && frames.count - $0 >= 20 }
            .map { (frame: $0, rest: 1 - shares[$0 - 1]) }
        func nearest(_ wanted: Double, _ range: ClosedRange<Double>) -> Int? {
            candidates.filter { range.contains($0.rest) }
                .min { abs($0.rest - wanted) < abs($1.rest - wanted) }?.frame
        }
        if let end = nearest(0.03, 0.012...0.06), let middle = nearest(0.15, 0.09...0.35) {
            return [middle, end]
        }
        return nearest(0.06, 0.03...0.5).map { [$0] } ?? []
    }

    /// How much of all bits is out after each frame, in coding order, 0 to 1.
    package func shares(atQuantizerShift shift: Double) -> [Double] {
        var sum = 0.0
        let running = frames.map { frame in
            sum += PassLog(frames: [frame], pixels: pixels).bits(
                atQuantizerShift: shift,
                pixels: pixels
            )
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
