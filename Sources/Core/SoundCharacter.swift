/// What a track holds less of than it could.
package enum SoundCharacter: String, Sendable, Codable {
    /// Nothing at all, from beginning to end.
    case empty
    /// Nothing that anybody would hear.
    case silent
    /// The same in all channels.
    case mono

    /// Why such sound gets fewer bytes.
    var reason: String {
        switch self {
        case .empty: "the sound is silence from beginning to end"
        case .silent: "the sound is too soft to be heard, and gets the least"
        case .mono: "all channels of the sound say the same: one of them is enough"
        }
    }
}

/// How loud the sum and the difference of two channels are, over pieces of a track.
package struct SoundLevels: Sendable, Equatable {
    /// The loudest sample of the sum, and of the difference.
    private var peak = -Double.infinity
    private var isSame = true

    package init() {}

    /// Takes a piece; in decibels of full scale, −∞ for nothing at all.
    package mutating func add(peak: Double, sum: Double, difference: Double) {
        self.peak = max(self.peak, peak)
        if difference > max(sum - Self.unheardBeside, Self.unheard) { isSame = false }
    }

    /// Nil for ordinary sound.
    package var character: SoundCharacter? {
        if peak <= Self.lastBit { return .empty }
        if peak <= Self.silence { return .silent }
        return isSame ? .mono : nil
    }

    // What is 60 dB below full scale is the noise of a room; what is 40 dB below the rest is masked by it.
    // What never leaves the last of 16 bits is nothing.
    private static let lastBit = -90.0
    private static let (silence, unheardBeside, unheard) = (-60.0, 40.0, -70.0)
}
