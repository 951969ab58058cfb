import CFFmpeg

/// Letters of five by seven dots, for a picture that no font is at hand for.
enum SmallLetters {
    /// Each row's dots, from the left, as five bits.
    private static let dots: [Character: [UInt8]] = [
        "0": [14, 17, 19, 21, 25, 17, 14], "1": [4, 12, 4, 4, 4, 4, 14],
        "2": [14, 17, 1, 2, 4, 8, 31], "3": [31, 2, 4, 2, 1, 17, 14],
        "4": [2, 6, 10, 18, 31, 2, 2], "5": [31, 16, 30, 1, 1, 17, 14],
        "6": [6, 8, 16, 30, 17, 17, 14], "7": [31, 1, 2, 4, 8, 8, 8],
        "8": [14, 17, 17, 14, 17, 17, 14], "9": [14, 17, 17, 15, 1, 2, 12],
        ":": [0, 12, 12, 0, 12, 12, 0], ".": [0, 0, 0, 0, 0, 12, 12],
        ",": [0, 0, 0, 0, 12, 4, 8], "-": [0, 0, 0, 31, 0, 0, 0],
        "A": [14, 17, 17, 17, 31, 17, 17], "B": [30, 17, 17, 30, 17, 17, 30],
        "C": [14, 17, 16, 16, 16, 17, 14], "D": [28, 18, 17, 17, 17, 18, 28],
        "E": [31, 16, 16, 30, 16, 16, 31], "F": [31, 16, 16, 30, 16, 16, 16],
        "H": [17, 17, 17, 31, 17, 17, 17], "I": [14, 4, 4, 4, 4, 4, 14],
        "M": [17, 27, 21, 21, 17, 17, 17], "N": [17, 17, 25, 21, 19, 17, 17],
        "O": [14, 17, 17, 17, 17, 17, 14], "P": [30, 17, 17, 30, 16, 16, 16],
        "R": [30, 17, 17, 30, 20, 18, 17], "S": [15, 16, 16, 14, 1, 1, 30],
        "T": [31, 4, 4, 4, 4, 4, 4], "V": [17, 17, 17, 17, 17, 10, 4],
        "X": [17, 17, 10, 4, 10, 17, 17],
    ]

    /// Writes in white and capitals on an RGB picture; letters that are not known are blanks.
    static func draw(_ text: String, x: Int, y: Int, on frame: borrowing Frame) {
        guard let data = frame.pointer.pointee.data.0 else { return }
        let stride = Int(frame.pointer.pointee.linesize.0)
        let scale = 2
        for (place, letter) in text.uppercased().enumerated() {
            for (row, bits) in (dots[letter] ?? []).enumerated() {
                for column in 0..<(5 * scale) where bits >> (4 - column / scale) & 1 == 1 {
                    let left = x + place * 6 * scale + column
                    for line in 0..<scale {
                        let top = y + row * scale + line
                        guard left < frame.width, top < frame.height else { continue }
                        (data + top * stride + left * 3).update(repeating: 255, count: 3)
                    }
                }
            }
        }
    }
}
