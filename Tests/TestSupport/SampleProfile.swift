/// A colour profile put together by hand: three primaries and one curve.
package struct SampleProfile: Sendable {
    package var space = "RGB "
    /// Red, green and blue in XYZ under D50.
    package var primaries: [Double]
    package var gamma = 2.2

    package static let sRGB = SampleProfile(primaries: [
        0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.71410,
    ])
    package static let displayP3 = SampleProfile(primaries: [
        0.51512, 0.24120, -0.00105, 0.29198, 0.69225, 0.04189, 0.15710, 0.06657, 0.78407,
    ])
    package static let adobeRGB = SampleProfile(primaries: [
        0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457,
    ])

    package var bytes: [UInt8] {
        var names: [(String, [UInt8])] = []
        for (index, name) in ["rXYZ", "gXYZ", "bXYZ"].enumerated() {
            let numbers = primaries[index * 3..<index * 3 + 3]
                .flatMap { big(Int(($0 * 65_536).rounded()), 4) }
            names.append((name, Array("XYZ ".utf8) + big(0, 4) + numbers))
        }
        let curve =
            Array("curv".utf8) + big(0, 4) + big(1, 4) + big(Int((gamma * 256).rounded()), 2)
            + [0, 0]
        for name in ["rTRC", "gTRC", "bTRC"] { names.append((name, curve)) }
        // The white that all is relative to.
        let white = [0.9642, 1, 0.8249].flatMap { big(Int($0 * 65_536), 4) }
        names.append(("wtpt", Array("XYZ ".utf8) + big(0, 4) + white))
        var table = big(names.count, 4)
        var values: [UInt8] = []
        let start = 128 + 4 + names.count * 12
        for (name, value) in names {
            table += Array(name.utf8) + big(start + values.count, 4) + big(value.count, 4)
            values += value
        }
        let total = start + values.count
        var head = big(total, 4) + big(0, 4) + big(0x0210_0000, 4) + Array("mntr".utf8)
        head += Array(space.utf8) + Array("XYZ ".utf8) + big(0, 12) + Array("acsp".utf8)
        head += big(0, 28) + [0.9642, 1, 0.8249].flatMap { big(Int($0 * 65_536), 4) }
        head += [UInt8](repeating: 0, count: 128 - head.count)
        return head + table + values
    }

    private func big(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (min(63, (bytes - 1 - $0) * 8))) }
    }
}
