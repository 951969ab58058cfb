import Core
import Media
import SystemPackage
import TestSupport
import Testing

/// A picture that is stored turned comes out upright: judged by where its marks end up.
@Suite struct OrientationTests {
    struct Turn: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// `a b c d` of the display matrix.
        var matrix: [Int]
        var clockwise: Int
        var isMirrored: Bool
    }

    static let turns = [
        Turn(testDescription: "as stored", matrix: [1, 0, 0, 1], clockwise: 0, isMirrored: false),
        Turn(testDescription: "90°", matrix: [0, 1, -1, 0], clockwise: 90, isMirrored: false),
        Turn(testDescription: "180°", matrix: [-1, 0, 0, -1], clockwise: 180, isMirrored: false),
        Turn(testDescription: "270°", matrix: [0, -1, 1, 0], clockwise: 270, isMirrored: false),
        Turn(testDescription: "mirrored", matrix: [-1, 0, 0, 1], clockwise: 0, isMirrored: true),
        Turn(
            testDescription: "upside down",
            matrix: [1, 0, 0, -1],
            clockwise: 180,
            isMirrored: true
        ),
        Turn(testDescription: "transposed", matrix: [0, 1, 1, 0], clockwise: 90, isMirrored: true),
        Turn(
            testDescription: "transposed across",
            matrix: [0, -1, -1, 0],
            clockwise: 270,
            isMirrored: true
        ),
    ]

    @Test("a turned clip becomes upright", arguments: turns)
    func upright(_ turn: Turn) throws {
        let folder = try Folder()
        let path = folder.file("stored.mp4")
        try Clip(.marked(white: .topLeft, grey: .topRight), width: 128, height: 64, frames: 5)
            .write(to: path, quality: 10)
        try MP4.setMatrix(turn.matrix, of: path)

        let source = try Studio.probe(path)
        #expect(source.video.orientation.clockwiseDegrees == turn.clockwise)
        #expect(source.video.orientation.isMirrored == turn.isMirrored)
        let swaps = turn.matrix[0] == 0
        let size = swaps ? PixelSize(width: 64, height: 128) : PixelSize(width: 128, height: 64)
        #expect(source.video.displaySize == size)

        // Where the matrix itself puts the two marks, painted there without any turning.
        let expected = folder.file("expected.y4m")
        let scene = Scene.marked(
            white: corner(-1, -1, turn.matrix),
            grey: corner(1, -1, turn.matrix)
        )
        try Clip(scene, width: size.width, height: size.height, frames: 5).writeRaw(to: expected)
        #expect(try similarity(source, try Studio.probe(expected)) > 0.97)

        // And nowhere else: the marks exchanged look different.
        let exchanged = folder.file("exchanged.y4m")
        let other = Scene.marked(
            white: corner(1, -1, turn.matrix),
            grey: corner(-1, -1, turn.matrix)
        )
        try Clip(other, width: size.width, height: size.height, frames: 5).writeRaw(to: exchanged)
        #expect(try similarity(source, try Studio.probe(exchanged)) < 0.95)
    }

    @Test("turning and scaling go together")
    func turnedAndScaled() throws {
        let folder = try Folder()
        let path = folder.file("stored.mp4")
        try Clip(.marked(white: .topLeft, grey: .topRight), width: 256, height: 128, frames: 3)
            .write(to: path, quality: 10)
        try MP4.setMatrix([0, 1, -1, 0], of: path)
        let source = try Studio.probe(path)
        var picture = try Studio.picture(of: source)
        picture.size = PixelSize(width: 64, height: 128)
        let expected = folder.file("expected.y4m")
        try Clip(
            .marked(white: .topRight, grey: .bottomRight),
            width: 64,
            height: 128,
            frames: 3
        ).writeRaw(to: expected)
        #expect(try similarity(source, try Studio.probe(expected), picture: picture) > 0.95)
    }

    /// Where a corner goes: coordinates of -1 and 1, the second downward.
    private func corner(_ x: Int, _ y: Int, _ matrix: [Int]) -> Scene.Corner {
        let isRight = matrix[0] * x + matrix[2] * y > 0
        let isBottom = matrix[1] * x + matrix[3] * y > 0
        return isBottom
            ? (isRight ? .bottomRight : .bottomLeft) : (isRight ? .topRight : .topLeft)
    }

    private func similarity(
        _ one: Source,
        _ other: Source,
        picture: Picture? = nil
    ) throws -> Double {
        let picture = try picture ?? Studio.picture(of: one)
        var left = try PictureReader(source: one, picture: picture, flag: CancellationFlag())
        var right = try PictureReader(
            source: other,
            picture: try Studio.picture(of: other),
            flag: CancellationFlag()
        )
        var similarity = try Similarity(size: picture.size)
        var first = try Frame()
        var second = try Frame()
        while try left.next(into: &first), try right.next(into: &second) {
            try similarity.add(first, second)
        }
        return try #require(try similarity.mean())
    }
}
