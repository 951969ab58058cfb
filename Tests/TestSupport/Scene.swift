import Core

/// What a synthetic clip shows.
package enum Scene: Sendable, Equatable {
    /// Textured bands that slide at different speeds under a little grain, as a camera sees a street.
    case moving
    /// Every pixel new in every frame: nothing compresses less.
    case noise
    /// Black writing on white, another page after so many frames.
    case slides(framesEach: Int)
    /// A page that stands still, and a small block that wanders over it as a mouse pointer does.
    case pointer
    /// Soft upright bars that all go sideways, eight pixels a frame.
    case bars
    /// Black, with a white block in one corner and a grey one in another: shows how it was turned.
    case marked(white: Corner, grey: Corner)

    package enum Corner: Sendable, Equatable {
        case topLeft
        case topRight
        case bottomLeft
        case bottomRight
    }
}

/// Paints the frames of a scene: planar 4:2:0, the same bytes in every run.
struct Painter {
    private let scene: Scene
    private let size: PixelSize
    // Rows are slices of these: painting costs a copy a row, also without optimisation.
    private var textures: [[UInt8]] = []
    private let slack = 4096
    // Rows of chroma, each of one shade; the one in the middle is grey.
    private let shades: [[UInt8]]

    init(_ scene: Scene, size: PixelSize) {
        self.scene = scene
        self.size = size
        shades = (0..<48).map { [UInt8](repeating: UInt8(104 + $0), count: (size.width + 1) / 2) }
        var random = Sequence64(state: 42)
        switch scene {
        case .moving:
            var level = 128
            let base = (0..<(size.width + slack)).map { _ in
                level = min(220, max(36, level + Int(random.next() % 25) - 12))
                return level
            }
            textures = (0..<8).map { _ in base.map { UInt8($0 + Int(random.next() % 9) - 4) } }
        case .noise:
            textures = [(0..<(size.width + slack * 4)).map { _ in UInt8(16 + random.next() % 220) }]
        case .slides, .pointer:
            var isInk = false
            var left = 0
            let strokes: [UInt8] = (0..<(size.width + slack)).map { _ in
                if left == 0 {
                    isInk.toggle()
                    left = 1 + Int(random.next() % 5)
                }
                left -= 1
                return isInk ? 30 : 230
            }
            textures = [strokes, [UInt8](repeating: 230, count: size.width)]
        case .bars:
            textures = [(0..<(size.width + slack)).map { UInt8(40 + abs($0 % 64 - 32) * 5) }]
        case .marked:
            textures = [[UInt8](repeating: 16, count: size.width)]
        }
    }

    /// Luma, then both chroma planes.
    func frame(_ index: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        let chroma = PixelSize(width: (size.width + 1) / 2, height: (size.height + 1) / 2)
        bytes.reserveCapacity(size.pixels + 2 * chroma.pixels)
        for row in 0..<size.height { appendRow(row, of: index, to: &bytes) }
        for plane in 0..<2 {
            for row in 0..<chroma.height {
                bytes += shades[isColourful ? row / 8 * (5 + plane * 6) % 48 : 24]
            }
        }
        return bytes
    }

    private var isColourful: Bool {
        if case .moving = scene { return true }
        return false
    }

    private func appendRow(_ row: Int, of index: Int, to bytes: inout [UInt8]) {
        switch scene {
        case .moving:
            let start = (index * (1 + row / 24 % 3) + row / 12 * 97) % slack
            bytes += textures[Int(mixed(index, row) % 8)][start..<(start + size.width)]
        case .bars:
            let start = index * 8 % 64
            bytes += textures[0][start..<(start + size.width)]
        case .noise:
            let start = Int(mixed(index, row) % UInt64(slack * 4))
            bytes += textures[0][start..<(start + size.width)]
        case .slides(let framesEach):
            bytes += writing(row, onPage: index / framesEach)
        case .pointer:
            var line = writing(row, onPage: 0)
            let top = index * 2 % size.height
            let left = index * 3 % max(1, size.width - 8)
            if (top..<(top + 6)).contains(row) {
                line.replaceSubrange(left..<(left + 6), with: repeatElement(120, count: 6))
            }
            bytes += line
        case .marked(let white, let grey):
            var line = textures[0]
            for (corner, shade) in [(white, UInt8(235)), (grey, 60)] where covers(corner, row) {
                let left = corner == .topLeft || corner == .bottomLeft
                let start = left ? 0 : size.width - size.width / 2
                for column in start..<(start + size.width / 2) { line[column] = shade }
            }
            bytes += line
        }
    }

    /// A line of writing is 8 rows of ink over 6 of paper.
    private func writing(_ row: Int, onPage page: Int) -> [UInt8] {
        let isPaper = row % 14 >= 8
        let start = isPaper ? 0 : Int(mixed(page, row / 14) % UInt64(slack))
        return Array(textures[isPaper ? 1 : 0][start..<(start + size.width)])
    }

    private func covers(_ corner: Scene.Corner, _ row: Int) -> Bool {
        switch corner {
        case .topLeft, .topRight: row < size.height / 2
        case .bottomLeft, .bottomRight: row >= size.height - size.height / 2
        }
    }

    private func mixed(_ one: Int, _ other: Int) -> UInt64 {
        var random = Sequence64(state: UInt64(one) << 32 | UInt64(other))
        return random.next()
    }
}

/// Random numbers that are the same in every run (SplitMix64).
package struct Sequence64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) {
        self.state = state
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
