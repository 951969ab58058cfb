/// Where each block of sound belongs, by what the file says of it and by what came before it.
///
/// Times in files tremble: by a millisecond in Matroska, by tens of them in recordings of screens. Followed to
/// the letter, each tremble would be a click. What stays off for a while is none: a gap, an overlap, or
/// a clock that goes wrong, and the lips would no longer be with the voice.
struct SoundClock {
    /// A jump that is followed at once.
    static let jumpSeconds = 0.1
    /// What nobody sees or hears.
    static let toleranceSeconds = 0.008
    /// How long a smaller deviation must last.
    static let patienceSeconds = 0.2
    /// A longer jump is damage, and would be filled with silence.
    static let mostSeconds = 3600.0

    /// Where the next block begins if nothing is missing before it.
    private(set) var endSeconds: Double
    private var isRunning = false
    /// The smallest deviation of those that followed one another to the same side.
    private var leastSeconds = 0.0
    private var waitedSeconds = 0.0

    init(startSeconds: Double = 0) { endSeconds = startSeconds }

    /// The place of the next block, in seconds.
    ///
    /// Parameters:
    ///   - stated: the file's own time for it; nil where it has none.
    ///   - length: how long it is heard.
    mutating func place(_ stated: Double?, lasting length: Double) -> Double {
        var place = endSeconds
        if let stated {
            let deviation = stated - endSeconds
            if abs(deviation) > Self.mostSeconds {
                forget()
            } else if !isRunning || abs(deviation) >= Self.jumpSeconds {
                place = stated
                forget()
            } else if abs(deviation) < Self.toleranceSeconds || deviation * leastSeconds < 0 {
                forget()
            } else {
                let isSmaller = waitedSeconds == 0 || abs(deviation) < abs(leastSeconds)
                if isSmaller { leastSeconds = deviation }
                waitedSeconds += length
                if waitedSeconds >= Self.patienceSeconds {
                    place += leastSeconds
                    forget()
                }
            }
        }
        isRunning = true
        endSeconds = place + length
        return place
    }

    private mutating func forget() {
        leastSeconds = 0
        waitedSeconds = 0
    }
}
