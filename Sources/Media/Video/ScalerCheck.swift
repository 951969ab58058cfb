import CFFmpeg
import Core
import Synchronization

/// Whether libzimg scales right: it is tried on waves first, and has to come to what libswscale comes to.
///
/// libzimg 3.0.4 gets every sixteenth column wrong where it shrinks to a little less than half (1280 to 622) on
/// processors with AVX-512. What other versions do on others is found out like this too. It costs what two strips
/// of a picture cost, scaled by both, once for each pair of sizes.
enum ScalerCheck {
    private struct Sides: Hashable {
        var from: Int
        var to: Int
        var isUpright: Bool
    }

    private static let known = Locked<[Sides: Bool]>([:])
    /// Of the side that is not scaled.
    private static let breadth = 32
    // Where chroma lies between luma is not the same in both: up to 9 levels. What is wrong is wrong by 60 and more.
    private static let mostDifference = 24

    /// Whether both scalers make the same of waves along each side.
    static func agrees(from: PixelSize, to size: PixelSize) -> Bool {
        agrees(Sides(from: from.width, to: size.width, isUpright: false))
            && agrees(Sides(from: from.height, to: size.height, isUpright: true))
    }

    private static func agrees(_ sides: Sides) -> Bool {
        if sides.from == sides.to { return true }
        if let answer = known.withLock({ $0[sides] }) { return answer }
        // What cannot be tried is not used.
        let answer = (try? compare(sides)) ?? false
        known.withLock { $0[sides] = answer }
        return answer
    }

    private static func compare(_ sides: Sides) throws(MediaError) -> Bool {
        func size(_ length: Int) -> PixelSize {
            sides.isUpright
                ? PixelSize(width: breadth, height: length)
                : PixelSize(width: length, height: breadth)
        }
        let waves = waves(size(sides.from), isUpright: sides.isUpright)
        let new = try scaled(waves, size(sides.from), PictureChain.byZimg(to: size(sides.to)))
        let old = try scaled(waves, size(sides.from), PictureChain.bySwscale(to: size(sides.to)))
        return new.count == old.count
            && zip(new, old).allSatisfy { abs(Int($0) - Int($1)) <= mostDifference }
    }

    /// A tight 8-bit 4:2:0 picture; no wave is a whole number of vectors long, so that one taken for another shows.
    private static func waves(_ size: PixelSize, isUpright: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        let chroma = PixelSize(width: size.width / 2, height: size.height / 2)
        for (plane, period) in [(size, 44.0), (chroma, 92), (chroma, 92)] {
            let wave = (0..<max(plane.width, plane.height)).map {
                UInt8(128 + 100 * sin(Double($0) / period * 2 * .pi))
            }
            for row in 0..<plane.height {
                bytes +=
                    isUpright
                    ? [UInt8](repeating: wave[row], count: plane.width)
                    : Array(wave[..<plane.width])
            }
        }
        return bytes
    }

    private static func scaled(
        _ bytes: [UInt8],
        _ size: PixelSize,
        _ chain: String
    ) throws(MediaError) -> [UInt8] {
        var frame = try Frame()
        frame.pointer.pointee.width = Int32(clamping: size.width)
        frame.pointer.pointee.height = Int32(clamping: size.height)
        frame.pointer.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        let pointer = frame.pointer
        try MediaError.check(av_frame_get_buffer(pointer, 0), "try the scaler")
        let filled = bytes.withUnsafeBufferPointer { cinch_unpack_planes(pointer, $0.baseAddress) }
        try MediaError.check(filled, "try the scaler")
        let input = FilterGraph.Input(picture: frame, timeBase: av_make_q(1, 1000))
        let graph = try FilterGraph(inputs: [input], chain: chain)
        try graph.push(frame)
        guard try graph.pull(into: &frame) else { return [] }
        let result = frame.pointer
        var packed = [UInt8](repeating: 0, count: frame.width * frame.height * 3 / 2)
        let status = packed.withUnsafeMutableBufferPointer {
            cinch_pack_planes(result, $0.baseAddress, Int32(clamping: $0.count))
        }
        try MediaError.check(status, "try the scaler")
        return packed
    }
}
