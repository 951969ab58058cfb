/// What would fit: a frame size, what it would look like in the bytes there are, and what it would need to look good.
package struct Outlook: Hashable, Codable, Sendable {
    package var size: PixelSize
    /// SSIM of luma at full size that is expected.
    package var similarity: Double
    package var quality: Quality
    /// Of the whole file; below the limit where more bytes could not be seen.
    package var expectedBytes: Int
    /// From so many bytes on the whole clip looks good at this size; nil where it never does.
    package var goodBytes: Int?
    /// So many seconds of it would look good in the bytes there are; nil where none do.
    package var goodSeconds: Double?
    /// Whether an encoder can get this size into the bytes at all.
    package var isFeasible: Bool
    /// Whether it is the plan's.
    package var isChosen: Bool
}

extension Plan {
    /// What the frame sizes of the ladder would come to, from large to small, the chosen one among them.
    ///
    /// Empty where no samples were taken.
    package var outlooks: [Outlook] {
        guard let content, method == .fit else { return [] }
        let full = content.full
        let chosen = picture.size
        let others = Self.ladder.map { full.fitted(shortSide: $0) }.filter {
            // Beside the chosen one its neighbours would say nothing new.
            abs(Double($0.shortSide) / Double(chosen.shortSide) - 1) > 0.04
                && $0.shortSide >= Self.leastOutlookLines
        }
        var sizes: [PixelSize] = []
        for size in (others + [full, chosen]).sorted(by: { $0.pixels > $1.pixels })
        where sizes.last != size {
            sizes.append(size)
        }
        return sizes.map { outlook(at: $0, content) }
    }

    /// Smaller frames than this are told of only where they are chosen.
    private static let leastOutlookLines = 240

    /// How much of the clip the length of the bytes would do at a size, and how little of the bytes.
    private func outlook(at size: PixelSize, _ content: Content) -> Outlook {
        let prospect = content.prospect(
            at: size,
            bitsPerFrame: Double(budget.videoBytes) * 8 / Double(max(1, frames))
        )
        let others = budget.audioBytes + budget.containerBytes
        func bytes(_ bitsPerFrame: Double) -> Int {
            others + Int(min(1e15, bitsPerFrame * Double(frames) / 8))
        }
        let good = content.bitsPerFrame(at: size, similarity: Quality.good.leastSimilarity)
            .map(bytes)
        let ceiling = bytes(content.bitsPerFrame(at: size, quantizer: Self.ceilingQuality))
        let seconds = Double(frames) / picture.frameRate.value
        return Outlook(
            size: size,
            similarity: prospect.similarity,
            quality: Quality(similarity: prospect.similarity),
            expectedBytes: min(ceiling, Int(Double(limitBytes) * 0.998)),
            goodBytes: good,
            goodSeconds: good.map { seconds * Double(limitBytes) / Double(max(1, $0)) },
            isFeasible: prospect.quantizer <= Content.mostQuantizer,
            isChosen: size == picture.size
        )
    }
}

/// How long a run will take on this machine, in seconds of wall time.
package struct ExpectedTime: Hashable, Codable, Sendable {
    /// What the source takes, whatever is made of it: reading, decoding, its samples.
    package var preparingSeconds: Double
    /// What goes with the frame size that is encoded.
    package var encodingSeconds: Double

    package init(preparingSeconds: Double, encodingSeconds: Double = 0) {
        self.preparingSeconds = preparingSeconds
        self.encodingSeconds = encodingSeconds
    }

    package var seconds: Double { preparingSeconds + encodingSeconds }

    /// The same run with frames of another size than its plan's.
    package func seconds(at size: PixelSize, insteadOf planned: PixelSize) -> Double {
        preparingSeconds + encodingSeconds * Double(size.pixels) / Double(max(1, planned.pixels))
    }
}
