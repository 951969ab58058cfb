/// How good a picture looks, in a word.
///
/// By SSIM of luma at full size. Over the clips, sizes and rates of `Fixtures/calibration.csv` the
/// least of each is where the median VMAF is 88, 68 and 43.
package enum Quality: String, Sendable, Codable, CaseIterable, Comparable {
    case poor
    case fair
    case good
    case excellent

    /// The word for a similarity from 0 to 1.
    package init(similarity: Double) {
        self = Self.allCases.last { similarity >= $0.leastSimilarity } ?? .poor
    }

    /// From here on a picture is called so.
    package var leastSimilarity: Double {
        switch self {
        case .poor: 0
        case .fair: 0.92
        case .good: 0.96
        case .excellent: 0.985
        }
    }

    package static func < (one: Quality, other: Quality) -> Bool {
        one.leastSimilarity < other.leastSimilarity
    }
}
