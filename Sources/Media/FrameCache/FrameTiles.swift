import CFFmpeg
import Core

/// The tiles of an 8-bit 4:2:0 frame, to tell those that changed since the frame before.
///
/// Of a screen recording (a terminal and a browser at 1080 lines) they are four in a hundred.
struct FrameTiles {
    // Wide enough for whole vectors, and small enough that what moves marks little around it.
    private static let (width, height) = (64, 16)

    private let size: PixelSize
    private let columns: Int
    private let count: Int

    init(of size: PixelSize) {
        self.size = size
        columns = (size.width + Self.width - 1) / Self.width
        count = columns * ((size.height + Self.height - 1) / Self.height)
    }

    /// Which tiles differ between two frames of this size, in order.
    func changed(
        _ frame: UnsafeMutablePointer<AVFrame>,
        since before: UnsafeMutablePointer<AVFrame>
    ) -> [Int32] {
        (0..<Int32(clamping: count)).filter { tile in
            (0...2).contains { plane in
                let lines = place(of: tile, in: plane)
                return (0..<lines.height).contains {
                    guard let new = lines.start(of: $0, in: frame),
                        let old = lines.start(of: $0, in: before)
                    else { return true }
                    return memcmp(new, old, lines.width) != 0
                }
            }
        }
    }

    /// The pixels of some tiles, one tile after the other.
    func pack(_ tiles: [Int32], of frame: UnsafeMutablePointer<AVFrame>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount(tiles)) { buffer, count in
            for tile in tiles {
                for plane in 0...2 {
                    let lines = place(of: tile, in: plane)
                    for line in 0..<lines.height {
                        guard let start = lines.start(of: line, in: frame),
                            let base = buffer.baseAddress
                        else { continue }
                        memcpy(base + count, start, lines.width)
                        count += lines.width
                    }
                }
            }
        }
    }

    /// Puts packed tiles in their places; the frame is writable.
    func unpack(_ tiles: [Int32], _ bytes: [UInt8], into frame: UnsafeMutablePointer<AVFrame>) {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, buffer.count == byteCount(tiles) else { return }
            var count = 0
            for tile in tiles {
                for plane in 0...2 {
                    let lines = place(of: tile, in: plane)
                    for line in 0..<lines.height {
                        guard let start = lines.start(of: line, in: frame) else { continue }
                        memcpy(start, base + count, lines.width)
                        count += lines.width
                    }
                }
            }
        }
    }

    /// Bytes of some tiles when they are packed.
    func byteCount(_ tiles: [Int32]) -> Int {
        tiles.reduce(0) { sum, tile in
            (0...2).reduce(sum) {
                let lines = place(of: tile, in: $1)
                return $0 + lines.width * lines.height
            }
        }
    }

    private func place(of tile: Int32, in plane: Int) -> Lines {
        let x = Int(tile) % columns * Self.width
        let y = Int(tile) / columns * Self.height
        let (width, height) = (min(Self.width, size.width - x), min(Self.height, size.height - y))
        if plane == 0 { return Lines(plane: 0, x: x, y: y, width: width, height: height) }
        return Lines(
            plane: plane,
            x: x / 2,
            y: y / 2,
            width: (width + 1) / 2,
            height: (height + 1) / 2
        )
    }
}

/// Where a tile is in one plane.
private struct Lines {
    var plane: Int
    var x: Int
    var y: Int
    var width: Int
    var height: Int

    /// Where one of its lines begins.
    func start(
        of line: Int,
        in frame: UnsafeMutablePointer<AVFrame>
    ) -> UnsafeMutablePointer<UInt8>? {
        let (data, stride) =
            switch plane {
            case 0: (frame.pointee.data.0, frame.pointee.linesize.0)
            case 1: (frame.pointee.data.1, frame.pointee.linesize.1)
            default: (frame.pointee.data.2, frame.pointee.linesize.2)
            }
        return data.map { $0 + (y + line) * Int(stride) + x }
    }
}
