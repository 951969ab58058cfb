#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a still picture is written as.
package enum StillFormat: String, Codable, Sendable, CaseIterable {
    case jpeg
    case webp

    /// What a file's name ends with.
    package var fileExtension: String { self == .jpeg ? "jpg" : "webp" }
    package var name: String { self == .jpeg ? "JPEG" : "WebP" }

    /// The quality above which nobody sees more.
    package var ceiling: Double { 95 }

    /// The quality of a picture that is sent to somebody: no difference is seen without looking for it.
    package var sharing: Double { 82 }

    /// The quality below which a smaller frame looks better than this one.
    ///
    /// Below it blocks and rings are seen before missing detail is.
    package var floor: Double { self == .jpeg ? 45 : 40 }

    /// The quality that is aimed at once the frame has to be smaller anyway.
    package var knee: Double { 55 }

    /// Nothing is recognised below.
    package var least: Double { 10 }

    /// The most pixels of a side that the form can hold.
    package var longestSide: Int { self == .jpeg ? 65_500 : 16_383 }

    /// How coarse a quality is, on a scale on which the logarithm of the bytes is about a straight line.
    package func coarseness(_ quality: Double) -> Double {
        switch self {
        case .jpeg: log(JPEGTables.scale(quality: quality))
        case .webp:
            // libwebp, src/enc/quant_enc.c, QualityToCompression: the quantizer's index of 0 to 127.
            { (value: Double) in
                let linear = value < 0.75 ? value * 2 / 3 : 2 * value - 1
                return (1 - pow(max(0, linear), 1.0 / 3)) * 4
            }(quality / 100)
        }
    }

    /// The quality of a coarseness, 1 to 100.
    package func quality(coarseness: Double) -> Double {
        switch self {
        case .jpeg:
            let scale = exp(coarseness)
            return min(100, max(1, scale > 1 ? 50 / scale : 100 - 50 * scale))
        case .webp:
            let linear = pow(max(0, 1 - coarseness / 4), 3)
            return min(100, max(1, 100 * (linear < 0.5 ? linear * 1.5 : (linear + 1) / 2)))
        }
    }
}

/// One way to code a picture.
package struct StillCoding: Hashable, Codable, Sendable {
    package var format: StillFormat
    /// 1 to 100, on libjpeg's scale for JPEG and libwebp's for WebP; fractions count.
    package var quality: Double
    /// Whether the encoder may take its time.
    package var isThorough: Bool

    package init(format: StillFormat, quality: Double, isThorough: Bool = true) {
        self.format = format
        self.quality = quality
        self.isThorough = isThorough
    }
}

/// JPEG's tables of quantizers, by quality.
package enum JPEGTables {
    /// ITU-T T.81, table K.1.
    private static let luma = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
        14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ]

    /// ITU-T T.81, table K.2.
    private static let chroma: [Int] = {
        let corner = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]
        return (0..<64).map { index in
            let (row, column) = (index / 8, index % 8)
            return row < 4 && column < 4 ? corner[row][column] : 99
        }
    }()

    /// libjpeg's scale of quality as a factor: 1 at 50, 2 at 25, a tenth at 95; fractions of a step count.
    package static func scale(quality: Double) -> Double {
        let quality = min(99.9, max(1, quality))
        return quality < 50 ? 50 / quality : 2 - quality / 50
    }

    /// The quantizers in rows.
    ///
    /// Each is rounded by itself, so that a small step of quality is a step of some of them: libjpeg's
    /// own steps of whole numbers are 1 to 5 % of the bytes each.
    package static func make(quality: Double) -> (luma: [UInt16], chroma: [UInt16]) {
        let scale = scale(quality: quality)
        func scaled(_ table: [Int]) -> [UInt16] {
            table.map { UInt16(min(255, max(1, (Double($0) * scale).rounded()))) }
        }
        return (scaled(luma), scaled(chroma))
    }
}
