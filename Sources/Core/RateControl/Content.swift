// libm's functions alone: pure arithmetic, which the standard library does not have.
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What samples of a clip showed: what its picture loses by shrinking and by quantizing, and what it costs in bits.
///
/// Losses are 1 − SSIM of luma against the picture at full size, whatever size was encoded. Two of
/// them make up what a frame size and a number of bits will look like: that of the shrinking alone,
/// and that of the quantizer, which weighs more the smaller the frame is. `scripts/calibrate` makes
/// the table by which the formulas were chosen, `Fixtures/calibration.csv`.
package struct Content: Hashable, Codable, Sendable {
    /// A frame size and what is lost by going to it and back.
    package struct Shrunk: Hashable, Codable, Sendable {
        /// Of the short side.
        package var lines: Int
        package var loss: Double

        package init(lines: Int, loss: Double) {
            self.lines = lines
            self.loss = loss
        }
    }

    /// A trial encode.
    package struct Coded: Hashable, Codable, Sendable {
        /// Of the short side.
        package var lines: Int
        /// The mean over all frames.
        package var quantizer: Double
        package var bitsPerFrame: Double
        /// Of shrinking and quantizing together.
        package var loss: Double

        package init(lines: Int, quantizer: Double, bitsPerFrame: Double, loss: Double) {
            self.lines = lines
            self.quantizer = quantizer
            self.bitsPerFrame = bitsPerFrame
            self.loss = loss
        }
    }

    /// The largest size, against which all is compared.
    package var full: PixelSize
    /// From large to small.
    package var shrunk: [Shrunk]
    /// At a small size finely and coarsely quantized, and once at a larger size.
    package var fine: Coded
    package var coarse: Coded
    package var large: Coded
    /// How many frames were looked at.
    package var frames: Int

    package init(
        full: PixelSize,
        shrunk: [Shrunk],
        fine: Coded,
        coarse: Coded,
        large: Coded,
        frames: Int
    ) {
        self.full = full
        self.shrunk = shrunk.sorted { $0.lines > $1.lines }
        self.fine = fine
        self.coarse = coarse
        self.large = large
        self.frames = frames
    }

    /// The same for a whole clip, whose source spends so many times the bytes of its samples.
    ///
    /// A source's bytes are no more than a hint of what few bits will look like: over 33 encodes of
    /// eleven clips these powers left a mean error of 0.009 in SSIM, the bytes as they are 0.012. A clip
    /// costs more than frames from the middle of short runs, for it has cuts within.
    package func scaled(by complexity: Double) -> Content {
        let (costing, losing) = (1.15 * pow(complexity, 0.25), pow(complexity, 0.4))
        func scaled(_ coded: Coded) -> Coded {
            var coded = coded
            coded.bitsPerFrame *= costing
            coded.loss = min(0.9, coded.loss * losing)
            return coded
        }
        var content = self
        content.shrunk = shrunk.map { Shrunk(lines: $0.lines, loss: min(0.9, $0.loss * losing)) }
        content.fine = scaled(fine)
        content.coarse = scaled(coarse)
        content.large = scaled(large)
        return content
    }

    /// What a frame size and a number of bits will look like.
    package struct Prospect: Hashable, Codable, Sendable {
        package var size: PixelSize
        package var quantizer: Double
        /// Luma, at full size: 1 is the same picture.
        package var similarity: Double
        /// What frame sizes are chosen by; it orders them as people do, and is no measure of anything.
        ///
        /// Of two sizes that lose as much by SSIM the one looks better of which less is lost by shrinking,
        /// unless its quantizer is coarse: from 32 on what it does is seen more than SSIM says. Two small
        /// losses are less than a great one. By these weights the measured size chosen for 53 rates of eleven
        /// clips (`Fixtures/calibration.csv`) is 0.49 points of VMAF from the best one on average, and within
        /// 0.7 for 79 %; by SSIM alone it is 0.63 and 74 %. (With trials as small as those of samples it is 0.67
        /// and 72 % of the eight clips of 720 lines and more, and by SSIM alone 0.74 and 59 %.) They were weighed
        /// by that table and by eleven whole runs at every size (`scripts/bench --table ladder`): weights that do
        /// best on the table alone, whose clips of three seconds are a keyframe to a tenth, take too few lines in
        /// whole runs.
        package var visibleLoss: Double
    }

    /// Whether most frames say little more than that nothing changes: slides, a screen.
    var isNearlyStill: Bool {
        let width = Double(full.width) / Double(max(1, full.height)) * Double(coarse.lines)
        return coarse.bitsPerFrame < 0.004 * width * Double(coarse.lines)
    }

    /// A difference in similarity that is seen.
    static let clearGain = 0.006

    /// What a size would look like at so many bits a frame.
    package func prospect(at size: PixelSize, bitsPerFrame: Double) -> Prospect {
        let lines = Double(size.shortSide)
        // A size takes more bits as a power of its area that the two trial sizes give.
        let moved = log(max(1, bitsPerFrame)) - 2 * areaPower * log(lines / Double(fine.lines))
        // Beyond 51 there is none: the size does not fit the bits, and looks the worse the less it does.
        let quantizer = max(0, self.quantizer(logBits: moved))
        var prospect = prospect(at: size, quantizer: quantizer)
        prospect.similarity = Self.wholeSimilarity(prospect.similarity)
        return prospect
    }

    /// What a whole run comes to, where its samples at a steady quantizer would have a similarity.
    ///
    /// A run that must land on its bytes spreads them less evenly than a steady quantizer does: in eighteen runs of six
    /// clips (`scripts/bench --table default`) it lost 1.3 times as much in the median, and where much is lost no
    /// more. Of each clip, weighed by the other five alone, it brings the forecast nearer: from 0.0059 to 0.0024 on
    /// average. It is weighed a little less than that: with ample bytes a run loses less than it says already.
    package static func wholeSimilarity(_ similarity: Double) -> Double {
        let kept = min(1, max(0, similarity))
        return 1 - (1 - kept) * (1 + 0.28 * pow(kept, 6))
    }

    /// What a size would look like with all quantizers known.
    package func prospect(at size: PixelSize, quantizer: Double) -> Prospect {
        let lines = Double(size.shortSide)
        let shrinkLoss = self.shrinkLoss(lines: lines)
        let quantizing =
            quantizingLoss(quantizer)
            * pow(Double(fine.lines) / lines, finesse(quantizer, lines: lines))
        return Prospect(
            size: size,
            quantizer: quantizer,
            similarity: max(0, 1 - shrinkLoss - quantizing),
            visibleLoss: pow(2.5 * shrinkLoss, 1.25)
                + pow(Self.seen(quantizing, quantizer), 1.25)
        )
    }

    /// What is seen of a quantizer's loss: more than SSIM says where it is coarse, less where all is lost anyway.
    private static func seen(_ loss: Double, _ quantizer: Double) -> Double {
        let seen = loss * exp(0.035 * max(0, min(51, quantizer) - 32))
        return seen / (1 + seen)
    }

    /// The size within `most` that will look best at so many bits a frame.
    ///
    /// Sizes go down in steps of about a twentieth.
    package func best(within most: PixelSize, bitsPerFrame: Double) -> Prospect {
        best(within: most) { prospect(at: $0, bitsPerFrame: bitsPerFrame) }
    }

    /// Below this libx264 has not even the bits to say that nothing changes: a still picture of 1484×834
    /// at 30 frames a second took 0.0006 at the coarsest quantizer.
    static let leastBitsPerPixel = 0.001

    /// A size that would need a coarser quantizer does not land: 51 is the end.
    static let mostQuantizer = 46.0

    func best(within most: PixelSize, _ prospect: (PixelSize) -> Prospect) -> Prospect {
        var smallest = prospect(most)
        var all = [smallest]
        var lines = Double(most.shortSide)
        while true {
            lines *= 0.95
            let size = most.fitted(shortSide: Int(lines))
            guard size.shortSide >= Self.leastLines else { break }
            smallest = prospect(size)
            all.append(smallest)
        }
        all.removeAll { $0.quantizer > Self.mostQuantizer }
        if let fine = all.first, fine.quantizer <= Self.fineQuantizer { return fine }
        let least = all.reduce(Double.infinity) { min($0, $1.visibleLoss) }
        let band = least * Self.alikeShare
        // Where next to nothing is lost the largest; else the middle of what cannot be told apart.
        guard band > Self.alike else {
            return all.first {
                $0.visibleLoss <= least + Self.alike || $0.quantizer <= Self.fineQuantizer
            } ?? smallest
        }
        let alike = all.filter { $0.visibleLoss <= least + band }
        return alike.isEmpty ? smallest : alike[alike.count / 2]
    }

    /// So fine a quantizer leaves nothing to be gained by fewer lines; libx264's own choice is about this.
    private static let fineQuantizer = 24.0

    /// A difference in `visibleLoss` that says nothing about two frame sizes, and as a share of it.
    ///
    /// The losses of sizes next to the best are so much alike that a small error of the samples moves the least of
    /// them by a third of the lines; the middle of them stays where it is. Over `Fixtures/calibration.csv`, with VMAF
    /// between the measured sizes straight with the log of the lines, it loses 0.56 points on average, at most
    /// 2.9, and no more than 0.7 in 74 % of 53 rates.
    private static let (alike, alikeShare) = (0.00003, 0.02)

    /// No picture is made smaller than this because of its bytes.
    static let leastLines = 144

    /// What a frame of a size costs at a quantizer.
    package func bitsPerFrame(at size: PixelSize, quantizer: Double) -> Double {
        exp(
            logBits(quantizer)
                + 2 * areaPower * log(Double(size.shortSide) / Double(fine.lines))
        )
    }

    /// What a frame of a size must cost to look so good; nil where shrinking alone loses too much.
    package func bitsPerFrame(at size: PixelSize, similarity: Double) -> Double? {
        var (below, above) = (0.0, 51.0)
        func isEnough(_ quantizer: Double) -> Bool {
            Self.wholeSimilarity(prospect(at: size, quantizer: quantizer).similarity) >= similarity
        }
        guard isEnough(below) else { return nil }
        while above - below > 0.05 {
            let middle = (below + above) / 2
            if isEnough(middle) {
                below = middle
            } else {
                above = middle
            }
        }
        return bitsPerFrame(at: size, quantizer: below)
    }

    // MARK: - Formulas

    /// Beyond the coarse trial bits fall at least so fast with the quantizer, of all that was measured.
    ///
    /// Of a screen the trials see little but the keyframe, whose bits fall slowly until there is nothing left in it
    /// but its edges. Of others it is 0.09 to 0.12 anyway: six steps halve the bits.
    private static let leastSlope = 0.09

    /// Bits at the small size are nearly a power of the quantizer.
    private func quantizer(logBits: Double) -> Double {
        let (left, right) = (log(max(1, fine.bitsPerFrame)), log(max(1, coarse.bitsPerFrame)))
        // A picture that costs next to nothing at any quantizer costs nothing at the finest.
        guard left - right > 0.05 else { return logBits >= right ? fine.quantizer : 51 }
        let slope = (left - right) / max(1, coarse.quantizer - fine.quantizer)
        return logBits < right
            ? coarse.quantizer + (right - logBits) / max(slope, Self.leastSlope)
            : fine.quantizer + (left - logBits) / slope
    }

    private func logBits(_ quantizer: Double) -> Double {
        let (left, right) = (log(max(1, fine.bitsPerFrame)), log(max(1, coarse.bitsPerFrame)))
        let slope = (left - right) / max(1, coarse.quantizer - fine.quantizer)
        return quantizer > coarse.quantizer
            ? right - (quantizer - coarse.quantizer) * max(slope, Self.leastSlope)
            : left - slope * (quantizer - fine.quantizer)
    }

    /// What quantizing loses at the small size: the log-odds of it, of the most it can lose, go straight with the quantizer.
    ///
    /// Light and dark stay in their places however coarse the quantizer, so that the most is not all. Taken for all, the
    /// loss of a game at 24 Mbit/s was expected three times too great.
    private func quantizingLoss(_ quantizer: Double) -> Double {
        let own = shrinkLoss(lines: Double(fine.lines))
        let most = min(1, max(Self.mostQuantizingLoss, 1.25 * (coarse.loss - own)))
        func odds(_ coded: Coded) -> Double {
            let loss = min(0.95 * most, max(1e-5, coded.loss - own))
            return log(loss / (most - loss))
        }
        let span = max(1, coarse.quantizer - fine.quantizer)
        let slope = (odds(coarse) - odds(fine)) / span
        return most / (1 + exp(-(odds(fine) + slope * (quantizer - fine.quantizer))))
    }

    /// More only where the coarse trial lost four fifths of this already.
    ///
    /// By eighteen whole runs at 0.005 to 0.012 bits per pixel and 22 of short parts at up to twenty times as many it and
    /// `finer` bring expected and real SSIM near.
    private static let mostQuantizingLoss = 0.4

    /// How much less a quantizer costs in a larger frame, as a power of its lines.
    private func finesse(_ quantizer: Double, lines: Double) -> Double {
        let ratio = Double(large.lines) / Double(fine.lines)
        guard ratio > 1.1 else { return 0.35 }
        let own = max(1e-5, large.loss - shrinkLoss(lines: Double(large.lines)))
        let tried = log(quantizingLoss(large.quantizer) / own) / log(ratio)
        let power = min(1, max(0.1, tried))
        guard lines > Double(fine.lines) else { return power }
        return min(1.4, max(0, power + Self.finer * (large.quantizer - quantizer)))
    }

    /// So much more for each step of a finer quantizer.
    ///
    /// What a coarse one leaves of a large frame is as little as of a small one, and a fine one keeps of it what the small
    /// one never had: between a game's 360 and 1080 lines the power is 0.1 at a quantizer of 44, 0.4 at 36 and 0.6 at 28
    /// (`Fixtures/calibration.csv`).
    private static let finer = 0.015

    private var areaPower: Double {
        let ratio = Double(large.lines) / Double(fine.lines)
        guard ratio > 1.1 else { return 0.7 }
        let power = (log(max(1, large.bitsPerFrame)) - logBits(large.quantizer)) / (2 * log(ratio))
        return min(1, max(0.5, power))
    }

    /// Between two sizes that were tried; the log of the loss goes nearly straight with the log of the size.
    private func shrinkLoss(lines: Double) -> Double {
        guard lines < Double(full.shortSide), let last = shrunk.last else { return 0 }
        var above = Shrunk(lines: full.shortSide, loss: 1e-5)
        for below in shrunk {
            if lines >= Double(below.lines) || below == last {
                return Self.between(below, above, lines)
            }
            above = below
        }
        return last.loss
    }

    private static func between(_ below: Shrunk, _ above: Shrunk, _ lines: Double) -> Double {
        let (low, high) = (log(Double(below.lines)), log(Double(above.lines)))
        guard high - low > 1e-9 else { return below.loss }
        // From full size on the loss begins at nothing: straight there, a power elsewhere.
        let share = (log(lines) - low) / (high - low)
        if above.loss <= 1e-5 { return max(0, below.loss * (1 - share)) }
        let (left, right) = (log(max(1e-6, below.loss)), log(max(1e-6, above.loss)))
        return min(1, exp(left + (right - left) * share))
    }
}
