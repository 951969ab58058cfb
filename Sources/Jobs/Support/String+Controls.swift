extension Unicode.Scalar {
    /// Whether a terminal does something at it instead of showing it: controls of both kinds (U+009B
    /// begins a sequence as ESC [ does), other line breaks, and marks that turn the direction of all
    /// that follows, which make `gpj.exe` of a name that ends in `exe.jpg`.
    package var isObeyed: Bool {
        switch value {
        case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension String {
    /// The text without what a terminal would obey: names of files may contain anything.
    package var withoutControls: String {
        var clean = ""
        for scalar in unicodeScalars {
            clean.unicodeScalars.append(scalar.isObeyed ? "\u{FFFD}" : scalar)
        }
        return clean
    }
}
