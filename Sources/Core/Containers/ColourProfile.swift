#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What an ICC profile says of a picture's colours, as far as it takes to know its gamut.
package enum ColourProfile: Sendable, Equatable {
    /// The usual one, which goes without saying.
    case sRGB
    /// sRGB's curve with wider primaries, in libav's names: `smpte432` or `bt2020`.
    case wide(primaries: String)
    /// Anything else of red, green and blue; the profile itself must go with the picture.
    case otherRGB
    case grey
    /// Inks: pixels of red, green and blue are no longer what it speaks of.
    case otherSpace

    /// Reads a profile (ICC.1:2022); nil for what is none.
    package init?(_ bytes: [UInt8]) {
        let block = ByteBlock(bytes[...])
        guard block.has("acsp", at: 36), let space = block.name(16) else { return nil }
        switch space {
        case "RGB ": self = Self.ofRGB(block)
        case "GRAY": self = .grey
        default: self = .otherSpace
        }
    }

    // Red, green and blue in XYZ under D50, as profiles have them.
    private static let known: [(ColourProfile, [Double])] = [
        (.sRGB, [0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141]),
        (
            .wide(primaries: "smpte432"),
            [0.5151, 0.2412, -0.0011, 0.2920, 0.6922, 0.0419, 0.1571, 0.0666, 0.7841]
        ),
        (
            .wide(primaries: "bt2020"),
            [0.6735, 0.2790, -0.0019, 0.1657, 0.6753, 0.0300, 0.1251, 0.0456, 0.7969]
        ),
    ]

    private static func ofRGB(_ block: ByteBlock) -> ColourProfile {
        var tags: [String: (offset: Int, length: Int)] = [:]
        for index in 0..<min(100, block.long(128) ?? 0) {
            let entry = 132 + index * 12
            guard let name = block.name(entry), let offset = block.long(entry + 4),
                let length = block.long(entry + 8)
            else { break }
            tags[name] = (offset, length)
        }
        var primaries: [Double] = []
        for name in ["rXYZ", "gXYZ", "bXYZ"] {
            guard let place = tags[name] else { return .otherRGB }
            for index in 0..<3 {
                guard let value = fixed(block, place.offset + 8 + index * 4) else {
                    return .otherRGB
                }
                primaries.append(value)
            }
        }
        // sRGB's curve is at 0.214 in the middle.
        guard let place = tags["gTRC"], let middle = middle(of: block, at: place.offset),
            abs(middle - 0.214) < 0.015
        else { return .otherRGB }
        let found = known.first { _, values in
            zip(values, primaries).allSatisfy { abs($0 - $1) < 0.006 }
        }
        return found?.0 ?? .otherRGB
    }

    /// A number of sixteen bits before the point and sixteen after it.
    private static func fixed(_ block: ByteBlock, _ offset: Int) -> Double? {
        block.long(offset).map { Double(Int32(truncatingIfNeeded: $0)) / 65_536 }
    }

    /// What a curve makes of one half.
    private static func middle(of block: ByteBlock, at offset: Int) -> Double? {
        switch block.name(offset) {
        case "curv":
            guard let count = block.long(offset + 8) else { return nil }
            if count == 0 { return 0.5 }
            if count == 1 {
                return block.short(offset + 12).map { pow(0.5, Double($0) / 256) }
            }
            return block.short(offset + 12 + (count / 2) * 2).map { Double($0) / 65_535 }
        case "para":
            guard let kind = block.short(offset + 8), kind <= 4 else { return nil }
            let values = (0..<7).map { fixed(block, offset + 12 + $0 * 4) ?? 0 }
            let gamma = values[0]
            guard kind > 0 else { return pow(0.5, gamma) }
            let inner = max(0, values[1] * 0.5 + values[2])
            let added = kind == 2 ? values[3] : kind == 4 ? values[5] : 0
            return pow(inner, gamma) + added
        default: return nil
        }
    }
}
