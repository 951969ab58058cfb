package import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What shall be compared: a video with what was made of it.
package struct ComparisonRequest: Sendable, Equatable, Codable {
    package var original: FilePath
    package var result: FilePath
    /// Where the plot and the worst moments go, a PNG; nil for numbers alone.
    package var picture: FilePath?
    package var overwrites: Bool

    package init(
        original: FilePath,
        result: FilePath,
        picture: FilePath? = nil,
        overwrites: Bool = false
    ) {
        self.original = original
        self.result = result
        self.picture = picture
        self.overwrites = overwrites
    }
}

/// How like a video's picture is to the one that it was made of.
package struct Comparison: Sendable, Equatable, Codable {
    /// A number for the likeness of two frames, of luma alone.
    package enum Metric: String, Sendable, Codable {
        /// Structural similarity, 0 to 1.
        case ssim
        /// Of the mean squared error, in decibels; 100 where frames are the same.
        case psnr
        /// The same weighted by what eyes see, in decibels.
        case xpsnr
        /// 0 to 100.
        case vmaf
    }

    /// One metric over a whole clip.
    package struct Score: Sendable, Equatable, Codable {
        package var metric: Metric
        package var mean: Double
        /// Of each second; the last stands for what is left of the clip too.
        package var seconds: [Double]

        /// The second with the lowest value, by its number from 0.
        package var worstSecond: Int {
            seconds.indices.min { seconds[$0] < seconds[$1] } ?? 0
        }

        /// The lowest value of a second.
        package var worst: Double { seconds.min() ?? mean }

        /// Brings the values of frames together.
        ///
        /// Parameters:
        ///   - frames: of each frame; mean squared errors for `.psnr`. Not empty.
        ///   - rate: frames a second.
        package init(_ metric: Metric, frames: [Double], rate: Double) {
            self.metric = metric
            let perSecond = max(1, rate)
            var buckets: [ArraySlice<Double>] = []
            var start = 0
            while start < frames.count {
                let end = min(frames.count, Int((Double(buckets.count + 1) * perSecond).rounded()))
                let bucket = frames[start..<max(end, start + 1)]
                if let last = buckets.last, Double(bucket.count) < perSecond / 2 {
                    // A few frames at the end are no second.
                    buckets[buckets.count - 1] = frames[last.startIndex..<bucket.endIndex]
                } else {
                    buckets.append(bucket)
                }
                start = bucket.endIndex
            }
            func value(_ frames: ArraySlice<Double>) -> Double {
                let mean = frames.reduce(0, +) / Double(max(1, frames.count))
                return metric == .psnr ? Comparison.decibels(meanSquaredError: mean) : mean
            }
            mean = value(frames[...])
            seconds = buckets.map(value)
        }
    }

    /// A frame among those that differ most.
    package struct Moment: Sendable, Equatable, Codable {
        package var seconds: Double
        package var ssim: Double
        package var psnr: Double

        package init(seconds: Double, ssim: Double, psnr: Double) {
            self.seconds = seconds
            self.ssim = ssim
            self.psnr = psnr
        }
    }

    package var original: String
    package var result: String
    package var originalBytes: Int
    package var resultBytes: Int
    /// The size at which they were compared, the original's.
    package var size: PixelSize
    package var resultSize: PixelSize
    package var frameRate: Double
    package var frames: Int
    package var durationSeconds: Double
    package var scores: [Score]
    /// The worst first.
    package var moments: [Moment]
    /// Where the picture went; nil where none was asked for.
    package var picture: String?
    package var notes: [String]

    package init(
        original: String,
        result: String,
        originalBytes: Int,
        resultBytes: Int,
        size: PixelSize,
        resultSize: PixelSize,
        frameRate: Double,
        frames: Int,
        durationSeconds: Double,
        scores: [Score],
        moments: [Moment],
        picture: String?,
        notes: [String]
    ) {
        self.original = original
        self.result = result
        self.originalBytes = originalBytes
        self.resultBytes = resultBytes
        self.size = size
        self.resultSize = resultSize
        self.frameRate = frameRate
        self.frames = frames
        self.durationSeconds = durationSeconds
        self.scores = scores
        self.moments = moments
        self.picture = picture
        self.notes = notes
    }

    /// PSNR of 8-bit samples; 100 for none of it, where the true answer is infinite.
    package static func decibels(meanSquaredError error: Double) -> Double {
        guard error > 0 else { return 100 }
        return min(100, max(0, 10 * log10(255 * 255 / error)))
    }
}

/// Finds the frames that differ most, not all of them in one place, while they go by.
package struct WorstMoments: Sendable {
    package struct Entry: Sendable, Equatable {
        package var index: Int
        package var value: Double
        /// Where the stretch begins of which this is the worst.
        fileprivate var start: Int
    }

    /// In the places that `consider` gave out.
    package private(set) var entries: [Entry] = []
    private let wanted: Int
    private let apart: Int

    /// Nothing found yet.
    ///
    /// Parameters:
    ///   - wanted: how many moments.
    ///   - apart: frames of a stretch that has one of them at the most.
    package init(wanted: Int, apart: Int) {
        self.wanted = wanted
        self.apart = max(1, apart)
    }

    /// The place, from 0 to twice as many as are wanted, that a frame takes; nil where it is none of the worst.
    ///
    /// What was in that place is forgotten.
    package mutating func consider(_ index: Int, value: Double) -> Int? {
        // A stretch ends where it does, or a clip that gets worse and worse would have one moment.
        if let own = entries.firstIndex(where: { index - $0.start < apart }) {
            guard value < entries[own].value else { return nil }
            entries[own].index = index
            entries[own].value = value
            return own
        }
        let entry = Entry(index: index, value: value, start: index)
        // Neighbours across the border of two stretches are sorted out at the end: hence some to spare.
        if entries.count < wanted * 2 {
            entries.append(entry)
            return entries.count - 1
        }
        guard let best = entries.indices.max(by: { entries[$0].value < entries[$1].value }),
            value < entries[best].value
        else { return nil }
        entries[best] = entry
        return best
    }

    /// The places of the moments, those of the lowest values first.
    package var ranked: [Int] {
        var chosen: [Int] = []
        for place in entries.indices.sorted(by: { entries[$0].value < entries[$1].value }) {
            let isNear = chosen.contains {
                abs(entries[$0].index - entries[place].index) < apart / 2
            }
            if !isNear { chosen.append(place) }
        }
        return Array(chosen.prefix(wanted))
    }
}
